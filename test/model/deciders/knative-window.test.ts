import { describe, expect, test } from 'vitest';
import {
  collected,
  KnativeMetrics,
  MetricWindow,
  panicWindowOf,
  podSampleSize,
  smoothingCoefficient,
} from '../../../src/model/run/deciders/knative-window.ts';
import { at, seconds } from './knative-fixture.ts';

type Write = readonly [second: number, value: number];
interface Table {
  readonly title: string;
  readonly window: number;
  readonly writes: readonly Write[];
  /** Second asked at, average, and (where stated) whether there is nothing to decide from. */
  readonly expect: readonly (readonly [second: number, average: number, empty?: boolean])[];
}

const TABLES: readonly Table[] = [
  {
    title: 'a window nobody wrote to is empty',
    window: 6,
    writes: [],
    expect: [[100, 0, true]],
  },
  {
    title: 'a full window is the sum over its length',
    window: 6,
    writes: [1, 2, 3, 4, 5, 6].map((second) => [second, second * 10]),
    // (10 + 20 + 30 + 40 + 50 + 60) / 6 = 210 / 6
    expect: [[6, 35, false]],
  },
  {
    title: 'the oldest second leaves when a new one comes',
    window: 3,
    writes: [
      [1, 9],
      [2, 3],
      [3, 6],
      [4, 12],
    ],
    // seconds 2, 3, 4: (3 + 6 + 12) / 3
    expect: [[4, 7]],
  },
  {
    title: 'a young service is averaged over its life',
    window: 60,
    writes: [
      [10, 4],
      [11, 8],
    ],
    // two seconds of life: (4 + 8) / 2, not / 60
    expect: [[11, 6]],
  },
  {
    title: 'all writes of a second add up, as pods and activator do',
    window: 6,
    writes: [
      [1.1, 5],
      [1.9, 2],
      [2, 3],
    ],
    // seconds 1 and 2: (7 + 3) / 2
    expect: [[2.5, 5]],
  },
  {
    title: 'seconds without data at the end shorten the divisor',
    window: 6,
    writes: [0, 1, 2, 3, 4, 5].map((second) => [second, (second + 1) * 6]),
    // Asked at 7 the window is 2..7, with data in 2..5: (18 + 24 + 30 + 36) / 4 = 108 / 4
    // at 9 it is 4..9, with data in 4 and 5: (30 + 36) / 2; at 10 it is 5..10, with 36 in second 5 alone
    expect: [
      [5, 21],
      [7, 27],
      [9, 33],
      [10, 36],
    ],
  },
  {
    title: 'a young service that falls silent keeps its short divisor',
    window: 60,
    writes: [
      [0, 10],
      [1, 20],
      [2, 30],
      [3, 40],
    ],
    // at 30 all four seconds still count: 100 / 4; at 61 the window is 2..61: (30 + 40) / 2
    expect: [
      [30, 25],
      [61, 35],
    ],
  },
  {
    title: 'a hole inside counts as 0',
    window: 6,
    writes: [
      [1, 12],
      [4, 12],
    ],
    // seconds 1 to 4, two of them without a write: (12 + 0 + 0 + 12) / 4
    expect: [[4, 6]],
  },
  {
    title: 'a hole clears what an earlier round left in its buckets',
    window: 3,
    writes: [
      [0, 30],
      [1, 60],
      [2, 90],
      [4, 3],
    ],
    // seconds 2, 3, 4: (90 + 0 + 3) / 3
    expect: [[4, 31]],
  },
  {
    title: 'after a whole window of silence the value is 0, a second later there is no data',
    window: 6,
    writes: [[10, 50]],
    // 15 - 10 = 5 < 6: 50 / 1; 16 - 10 = 6: 0, but not yet empty; 17 - 10 = 7 > 6: empty
    expect: [
      [15, 50, false],
      [16, 0, false],
      [17, 0, true],
    ],
  },
  {
    title: 'a write after a whole window of silence begins a new life',
    window: 6,
    writes: [
      [0, 60],
      [1, 60],
      [7, 10],
      [8, 20],
    ],
    // 7 - 1 = 6 is a whole window: first write is now 7. (10 + 20) / 2
    expect: [[8, 15]],
  },
  {
    title: 'a write one second earlier does not',
    window: 6,
    writes: [
      [0, 60],
      [1, 60],
      [6, 10],
    ],
    // 6 - 1 = 5 < 6: seconds 1 to 6: (60 + 0 + 0 + 0 + 0 + 10) / 6 = 70 / 6 = 11.666666…
    expect: [[6, 11.666667]],
  },
  {
    title: 'late records inside the window count, in their own second',
    window: 3,
    writes: [
      [1, 3],
      [2, 3],
      [3, 3],
      [1, 9],
    ],
    // (12 + 3 + 3) / 3 = 6; once second 1 has left: at 4, (3 + 3) / 2
    expect: [
      [3, 6],
      [4, 3],
    ],
  },
  {
    title: 'a late record before the first write lengthens the life',
    window: 6,
    writes: [
      [5, 8],
      [3, 4],
    ],
    // seconds 3 to 5: (4 + 0 + 8) / 3
    expect: [[5, 4]],
  },
  {
    title: 'old records are dropped',
    window: 3,
    writes: [
      [10, 6],
      [7, 99],
    ],
    // 7 is a window behind 10: only (6) / 1
    expect: [[10, 6]],
  },
  {
    title: 'a window asked for an instant before its last write answers as of that write',
    window: 3,
    writes: [
      [2, 90],
      [3, 2],
      [4, 4],
      [5, 6],
    ],
    // (2 + 4 + 6) / 3
    expect: [[3, 4]],
  },
  {
    title: 'averages are rounded to 6 digits',
    window: 60,
    writes: [
      [0, 1],
      [1, 1],
      [2, 0],
    ],
    // 2 / 3 = 0.6666666…
    expect: [[2, 0.666667]],
  },
  {
    title: 'and so are small ones, to 0 where nothing is left',
    window: 3600,
    writes: [
      [0, 0.0000004],
      [0, 0],
    ],
    // 4e-7 rounds to 0
    expect: [[0, 0]],
  },
];

describe('a metric window', () => {
  test.each(TABLES)('$title', ({ window, writes, expect: rows }) => {
    const metric = new MetricWindow(seconds(window));
    for (const [second, value] of writes) metric.record(at(second), value);
    for (const [second, average, empty] of rows) {
      expect(metric.average(at(second)), `at ${second}`).toBe(average);
      if (empty !== undefined) expect(metric.isEmpty(at(second)), `empty at ${second}`).toBe(empty);
    }
  });

  test('refuses what is no number', () => {
    expect(() => new MetricWindow(seconds(6)).record(at(0), NaN)).toThrow('a measurement is a number');
  });

  test('agrees with the plain sum, whatever is written when', () => {
    // Whole numbers in pseudo-random seconds that never go back by a window; the plain way keeps every write.
    const window = 7;
    const metric = new MetricWindow(seconds(window));
    const writes: Write[] = [];
    let lives = 0;
    let now = 0;
    for (let step = 1; step <= 400; step++) {
      const chance = (step * 7919) % 31;
      now += chance % 3 === 0 ? 1 : chance === 17 ? 9 : 0;
      const last = Math.max(-Infinity, ...writes.map(([second]) => second));
      if (now - last >= window) {
        writes.length = 0;
        lives++;
      }
      metric.record(at(now), chance);
      writes.push([now, chance]);
      const asked = now + (chance % 5);
      const first = Math.min(...writes.map(([second]) => second));
      const from = Math.max(first, asked - window + 1);
      const counted = writes.filter(([second]) => second >= from).map(([, value]) => value);
      const sum = counted.reduce((total, value) => total + value, 0);
      expect(metric.average(at(asked))).toBe(Math.round((sum / (now - from + 1)) * 1e6) / 1e6);
    }
    expect(lives).toBeGreaterThan(5);
  });
});

describe('exponential weights', () => {
  test('lose at least a fifth a second, more in short windows', () => {
    // 60 buckets: 1 - 0.0001^(1/60) = 1 - 0.8577 = 0.1423, below 0.2
    expect(smoothingCoefficient(60)).toBe(0.2);
    // 2 buckets: 1 - sqrt(0.0001) = 1 - 0.01; 4: 1 - sqrt(0.01) = 0.9
    expect(smoothingCoefficient(2)).toBeCloseTo(0.99, 14);
    expect(smoothingCoefficient(4)).toBeCloseTo(0.9, 14);
    expect(smoothingCoefficient(1)).toBeCloseTo(0.9999, 14);
  });

  test('weigh the newest second most', () => {
    const metric = new MetricWindow(seconds(60), 'exponential');
    for (const [second, value] of [
      [1, 125],
      [2, 100],
      [3, 50],
    ])
      metric.record(at(second), value);
    // 50 x 0.2 + 100 x 0.2 x 0.8 + 125 x 0.2 x 0.64 = 10 + 16 + 16
    expect(metric.average(at(3))).toBeCloseTo(42, 12);
    // Two seconds of silence: everything times 0.64
    expect(metric.average(at(5))).toBeCloseTo(26.88, 12);
  });

  test('forget what left the window', () => {
    const metric = new MetricWindow(seconds(4), 'exponential');
    metric.record(at(0), 1000);
    for (const second of [1, 2, 3, 4]) metric.record(at(second), 10);
    // 10 x 0.9 x (1 + 0.1 + 0.01 + 0.001) = 9.999
    expect(metric.average(at(4))).toBeCloseTo(9.999, 12);
    expect(metric.average(at(8))).toBe(0);
  });
});

describe('what a scaler reads', () => {
  test('is both windows, and nothing once the stable one is empty', () => {
    const metrics = new KnativeMetrics(seconds(60), seconds(6));
    expect(metrics.averages(at(0))).toBeNull();
    for (let second = 1; second <= 60; second++) metrics.record(at(second), second > 54 ? 100 : 10);
    // stable: (54 x 10 + 6 x 100) / 60 = 1140 / 60; panic: 100
    expect(metrics.averages(at(60))).toEqual({ stable: 19, panic: 100 });
    // at 80 the stable window is 21..80, with data to 60: (34 x 10 + 600) / 40 = 23.5; the panic window has none
    expect(metrics.averages(at(80))).toEqual({ stable: 23.5, panic: 0 });
    expect(metrics.averages(at(120))).toEqual({ stable: 0, panic: 0 });
    expect(metrics.averages(at(121))).toBeNull();
  });

  test.each([
    [60, 10, 6],
    [60, 1, 1],
    [6, 5, 1],
    [25, 10, 3],
    [24, 10, 2],
    [3600, 100, 3600],
  ])('of a stable window of %i s and %i %%: a panic window of %i s', (stable, percentage, panic) => {
    // 60 x 0.10 = 6; 0.6 -> 1; 0.3 -> at least 1; 2.5 -> 3; 2.4 -> 2; 3600
    expect(panicWindowOf(seconds(stable), percentage)).toBe(seconds(panic));
  });

  test.each([
    [0, 0],
    [1, 1],
    [3, 3],
    [4, 4], // 4 x 15.3664 / 18.3664 = 3.35
    [5, 4], // 76.832 / 19.3664 = 3.97
    [10, 7], // 153.664 / 24.3664 = 6.31
    [100, 14], // 1536.64 / 114.3664 = 13.44
    [1000, 16], // 15366.4 / 1014.3664 = 15.15
  ])('comes of a sample of the pods: of %i, %i are asked', (pods, asked) => {
    expect(podSampleSize(pods)).toBe(asked);
  });

  test('is the mean of the sample times the pods, less what the activator counted', () => {
    // (4 + 6 + 8 + 2) / 4 = 5; 5 x 5 - 3 = 22
    expect(collected([4, 6, 8, 2], 5, 3)).toBe(22);
    expect(collected([0], 1, 0)).toBe(0);
    expect(collected([], 0, 0)).toBeNull();
  });
});
