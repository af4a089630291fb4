import { describe, expect, test } from 'vitest';
import type { KnativeSettings } from '../../../src/model/plan.ts';
import {
  excessBurstCapacity,
  panicMemory,
  recommendKnative,
  type PanicMemory,
} from '../../../src/model/run/deciders/knative-recommendation.ts';
import { knativeRule, type KnativeRule } from '../../../src/model/run/deciders/knative-rule.ts';
import { at, DEFAULTS, ruleWith, seconds } from './knative-fixture.ts';

describe('the target', () => {
  const CASES: readonly (readonly [
    title: string,
    settings: Partial<KnativeSettings>,
    maxConcurrency: number,
    total: number,
    target: number,
  ])[] = [
    ['is 70 % of the container concurrency', {}, 80, 80, 56],
    ['is 70 of 100 where that is unlimited', {}, 0, 100, 70],
    ['of the revision replaces the default', { target: 20 }, 0, 20, 14],
    ['of the revision counts where it is lower', { target: 20 }, 80, 20, 14],
    ['is never above the container concurrency', { target: 200 }, 80, 80, 56],
    ['for rps is 70 % of 200', { metric: 'rps' }, 80, 200, 140],
    ['for rps is not limited by concurrency', { metric: 'rps', target: 500 }, 10, 500, 350],
    ['is at least 0.01', { target: 0.01, targetUtilization: 0.5 }, 80, 0.01, 0.01],
    ['follows the utilisation', { targetUtilization: 0.25 }, 8, 8, 2],
  ];
  test.each(CASES)('%s', (_, settings, maxConcurrency, total, target) => {
    const rule = knativeRule({ ...DEFAULTS, ...settings }, { maxConcurrency, minimum: 0, maximum: 0 });
    expect(rule.total).toBe(total);
    expect(rule.target).toBeCloseTo(target, 12);
  });
});

interface Row {
  readonly at: number;
  readonly stable: number;
  readonly panic?: number;
  readonly ready: number;
  readonly reachable?: boolean;
  readonly instances: number;
  readonly panicking?: boolean;
  readonly excess?: number;
}
interface Table {
  readonly title: string;
  /** Changes to the rule: target 10 per pod, everything else as by default, no burst. */
  readonly rule?: Partial<KnativeRule>;
  /** Pods ready when the scaler is made, at 0 s. */
  readonly found?: number;
  readonly rows: readonly Row[];
}

/** Readings in, answers out; where `panic` is left out both windows read the same. */
function play({ rule: changes, found = 0, rows }: Table): void {
  const rule = ruleWith(changes);
  let memory: PanicMemory = panicMemory(at(0), found);
  for (const row of rows) {
    const { stable, panic = stable, ready, reachable = true } = row;
    const answer = recommendKnative({ stable, panic, ready, reachable }, rule, memory, at(row.at));
    memory = answer.memory;
    expect(answer.instances, `instances at ${row.at} s: ${answer.because}`).toBe(row.instances);
    if (row.panicking !== undefined) {
      expect(memory.panicSince !== null, `panic at ${row.at} s`).toBe(row.panicking);
    }
    if (row.excess !== undefined)
      expect(answer.excessBurstCapacity, `excess at ${row.at} s`).toBe(row.excess);
  }
}

const STEADY: readonly Table[] = [
  {
    title: 'the stable window decides: load over target, rounded up',
    // 35 / 10 = 3.5 -> 4; 30 / 10 = 3; 30.000001 / 10 -> 4
    rows: [
      { at: 0, stable: 35, ready: 4, instances: 4, panicking: false },
      { at: 2, stable: 30, ready: 4, instances: 3 },
      { at: 4, stable: 30.000001, ready: 3, instances: 4 },
    ],
  },
  {
    title: 'a whole number of targets is not rounded up by a last binary digit',
    rule: { target: 3 * 0.7 },
    // 21 / 2.1 = 10, which in binary is 10.000000000000002
    rows: [{ at: 0, stable: 21, ready: 10, instances: 10 }],
  },
  {
    title: 'the least load above 0 needs a pod, none needs none',
    // 0.000001 / 10 > 0 -> 1; 0 -> 0, and floor(1 / 2) = 0 does not hold it up
    rows: [
      { at: 0, stable: 0.000001, ready: 1, instances: 1 },
      { at: 2, stable: 0, ready: 1, instances: 0 },
    ],
  },
  {
    title: 'outside panic the panic window decides nothing',
    // stable 40 / 10 = 4; panic 70 / 10 = 7, 7 / 4 = 1.75 < 2
    rows: [{ at: 0, stable: 40, panic: 70, ready: 4, instances: 4, panicking: false }],
  },
];

const RATES: readonly Table[] = [
  {
    title: 'one decision halves a revision at most',
    // down = floor(9 / 2) = 4; then floor(4 / 2) = 2, 1, and floor(1 / 2) = 0
    rows: [
      { at: 0, stable: 0, ready: 9, instances: 4 },
      { at: 2, stable: 0, ready: 4, instances: 2 },
      { at: 4, stable: 0, ready: 2, instances: 1 },
      { at: 6, stable: 0, ready: 1, instances: 0 },
    ],
  },
  {
    title: 'a larger rate lets it shrink faster',
    rule: { maxScaleDownRate: 5 },
    // floor(9 / 5) = 1; 20 / 10 = 2 is above that
    rows: [
      { at: 0, stable: 0, ready: 9, instances: 1 },
      { at: 2, stable: 20, ready: 9, instances: 2 },
    ],
  },
  {
    title: 'the least count is rounded down by what divides exactly, not by a binary digit',
    rule: { maxScaleDownRate: 1.1 },
    // floor(33 / 1.1) = 30
    rows: [{ at: 0, stable: 0, ready: 33, instances: 30 }],
  },
  {
    title: 'a revision that is not reachable shrinks at any rate',
    rows: [{ at: 0, stable: 0, ready: 9, reachable: false, instances: 0 }],
  },
  {
    title: 'growth is limited to the rate, per ready pod, in either window',
    rule: { maxScaleUpRate: 3 },
    // up = ceil(3 x 2) = 6; stable wants 100, panic 200: both 6; 200 / 2 >= 2 is panic
    rows: [
      { at: 0, stable: 1000, panic: 2000, ready: 2, instances: 6, panicking: true },
      { at: 2, stable: 1000, panic: 2000, ready: 6, instances: 18 },
    ],
  },
  {
    title: 'a small rate still lets one pod come',
    rule: { maxScaleUpRate: 1.1, panicThreshold: 10 },
    // up = ceil(1.1 x 2) = ceil(2.2) = 3; 1.1 x 10 = 11 (in binary a little more, which is not 12)
    rows: [
      { at: 0, stable: 1000, panic: 0, ready: 2, instances: 3 },
      { at: 2, stable: 1000, panic: 0, ready: 10, instances: 11 },
    ],
  },
  {
    title: 'without a ready pod it counts as one',
    rule: { maxScaleUpRate: 10 },
    // r = max(1, 0) = 1: up = ceil(10 x 1) = 10, want 30
    rows: [{ at: 0, stable: 300, ready: 0, instances: 10, panicking: true }],
  },
  {
    title: 'the activation scale lifts any want above 0',
    rule: { activationScale: 5 },
    // 1 / 10 -> 1, lifted to 5; 120 / 10 = 12 is above it (12 / 7 < 2: no panic)
    rows: [
      { at: 0, stable: 1, ready: 1, instances: 5, panicking: false },
      { at: 2, stable: 120, ready: 7, instances: 12 },
    ],
  },
  {
    title: 'the activation scale does not keep pods that no load wants',
    rule: { activationScale: 5 },
    // want 0; down = floor(4 / 2) = 2 is not lifted to 5, nor floor(2 / 2) = 1
    rows: [
      { at: 0, stable: 0, ready: 4, instances: 2 },
      { at: 2, stable: 0, ready: 2, instances: 1 },
    ],
  },
  {
    title: 'the activation scale may exceed the rate of growth',
    rule: { activationScale: 5, maxScaleUpRate: 2 },
    // 100 / 10 = 10, up = ceil(2 x 1) = 2, lifted to 5; 10 / 1 is panic
    rows: [{ at: 0, stable: 100, ready: 1, instances: 5 }],
  },
];

const PANIC: readonly Table[] = [
  {
    title: 'panic begins when the panic window wants twice what is ready',
    // 80 / 10 = 8 = 2.0 x 4: panic; stable wants 5, panic 8
    rows: [{ at: 0, stable: 50, panic: 80, ready: 4, instances: 8, panicking: true }],
  },
  {
    title: 'and not just below',
    // 70 / 10 = 7, 7 / 4 = 1.75
    rows: [{ at: 0, stable: 50, panic: 70, ready: 4, instances: 5, panicking: false }],
  },
  {
    title: 'the threshold looks at whole pods: 70.1 is 8 of them',
    rows: [{ at: 0, stable: 50, panic: 70.1, ready: 4, instances: 8, panicking: true }],
  },
  {
    title: 'another threshold begins it elsewhere',
    rule: { panicThreshold: 1.1 },
    // 11 / 10 = 1.1: panic; 10 / 10 = 1 is not
    rows: [
      { at: 0, stable: 10, panic: 100, ready: 10, instances: 5, panicking: false },
      { at: 2, stable: 10, panic: 110, ready: 10, instances: 11, panicking: true },
    ],
  },
  {
    title: 'the threshold looks at what is wanted before the rates cut it',
    rule: { maxScaleUpRate: 1.5 },
    // want 40 of 4 ready: 10 >= 2 is panic, though up = ceil(1.5 x 4) = 6 is not twice 4
    rows: [{ at: 0, stable: 50, panic: 400, ready: 4, instances: 6, panicking: true }],
  },
  {
    title: 'with no pod ready, two wanted are panic and one is not',
    rows: [
      { at: 0, stable: 10, panic: 10, ready: 0, instances: 1, panicking: false },
      { at: 2, stable: 10, panic: 11, ready: 0, instances: 2, panicking: true },
    ],
  },
  {
    title: 'in panic the larger of the two windows is followed',
    // both in panic: 90 / 10 = 9 by the panic window; then the stable one wants 12, more than 8
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9, panicking: true },
      { at: 2, stable: 120, panic: 80, ready: 9, instances: 12 },
    ],
  },
  {
    title: 'in panic nothing shrinks',
    // 9 at 0; later wants of 2 and 0 leave it at 9
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 2, stable: 20, panic: 10, ready: 9, instances: 9, panicking: true },
      { at: 4, stable: 0, panic: 0, ready: 9, instances: 9, panicking: true },
    ],
  },
  {
    title: 'panic ends after a stable window below the threshold, strictly',
    // 0 + 60 is not before 60, but before 62; then stable 20 / 10 = 2, down = floor(9 / 2) = 4
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 60, stable: 20, panic: 10, ready: 9, instances: 9, panicking: true },
      { at: 62, stable: 20, panic: 10, ready: 9, instances: 4, panicking: false },
    ],
  },
  {
    title: 'one nanosecond after the stable window is after it',
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 60.000000001, stable: 20, panic: 10, ready: 9, instances: 4, panicking: false },
    ],
  },
  {
    title: 'reaching the threshold again extends it',
    // over again at 40 (180 / 10 = 18 = 2 x 9): it lasts to 100, and is over at 102: floor(18 / 2) = 9
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 40, stable: 20, panic: 180, ready: 9, instances: 18 },
      { at: 62, stable: 20, panic: 10, ready: 18, instances: 18, panicking: true },
      { at: 100, stable: 20, panic: 10, ready: 18, instances: 18, panicking: true },
      { at: 102, stable: 20, panic: 10, ready: 18, instances: 9, panicking: false },
    ],
  },
  {
    title: 'more pods below the threshold do not extend it',
    // 120 / 10 = 12, 12 / 9 < 2: 12 pods, but the panic of 0 still ends after 60
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 40, stable: 20, panic: 120, ready: 9, instances: 12, panicking: true },
      { at: 62, stable: 110, panic: 110, ready: 12, instances: 11, panicking: false },
    ],
  },
  {
    title: 'the largest answer is forgotten with the panic',
    // a second panic at 70 begins from 4, not from 9: 20 / 10 = 2 = 2 x 1, down = 0
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 62, stable: 10, panic: 10, ready: 2, instances: 1, panicking: false },
      { at: 70, stable: 10, panic: 20, ready: 1, instances: 2, panicking: true },
    ],
  },
  {
    title: 'reaching the threshold after the window is over goes on with the same panic',
    // at 62 it is over (20 / 10 = 2 = 2 x 1): extended, not ended, so the 9 stay
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 62, stable: 10, panic: 20, ready: 1, instances: 9, panicking: true },
    ],
  },
  {
    title: 'a scaler that finds more than one pod begins in panic, with that many',
    found: 5,
    // 10 / 10 = 1, but 5 stay to 60; then floor(5 / 2) = 2
    rows: [
      { at: 2, stable: 10, ready: 5, instances: 5, panicking: true },
      { at: 60, stable: 10, ready: 5, instances: 5, panicking: true },
      { at: 62, stable: 10, ready: 5, instances: 2, panicking: false },
    ],
  },
  {
    title: 'a scaler that finds one pod does not',
    found: 1,
    rows: [{ at: 2, stable: 0, ready: 1, instances: 0, panicking: false }],
  },
];

const DELAY: readonly Table[] = [
  {
    title: 'a lower answer waits for the delay',
    rule: { scaleDownDelay: seconds(6) },
    // cells of 2 s, three of them: the 8 of cell 0 counts in cells 0, 1, 2 and not in 3 (6 s)
    rows: [
      { at: 0, stable: 80, ready: 8, instances: 8 },
      { at: 2, stable: 60, ready: 8, instances: 8 },
      { at: 4, stable: 50, ready: 8, instances: 8 },
      { at: 6, stable: 50, ready: 8, instances: 6 },
      { at: 8, stable: 50, ready: 6, instances: 5 },
    ],
  },
  {
    title: 'a higher answer does not wait',
    rule: { scaleDownDelay: seconds(6) },
    rows: [
      { at: 0, stable: 80, ready: 8, instances: 8 },
      { at: 2, stable: 60, ready: 8, instances: 8 },
      { at: 4, stable: 90, ready: 8, instances: 9 },
    ],
  },
  {
    title: 'a part of a cell counts as one',
    rule: { scaleDownDelay: seconds(3) },
    // ceil(3 / 2) = 2 cells: the 8 of cell 0 counts in cell 1 (to 3.9 s), not in 2
    rows: [
      { at: 0, stable: 80, ready: 8, instances: 8 },
      { at: 3.9, stable: 50, ready: 8, instances: 8 },
      { at: 4, stable: 50, ready: 8, instances: 5 },
    ],
  },
  {
    title: 'of two answers in one cell the larger counts',
    rule: { scaleDownDelay: seconds(2) },
    // one cell: 5 at 1.9 s is held up by the 8 of the same cell, at 2 s by nothing
    rows: [
      { at: 0, stable: 80, ready: 8, instances: 8 },
      { at: 1.9, stable: 50, ready: 8, instances: 8 },
      { at: 2, stable: 50, ready: 8, instances: 5 },
    ],
  },
  {
    title: 'no delay has no memory, not even of the same instant',
    rows: [
      { at: 0, stable: 80, ready: 8, instances: 8 },
      { at: 0, stable: 50, ready: 8, instances: 5 },
    ],
  },
  {
    title: 'a revision that is not reachable does not wait',
    rule: { scaleDownDelay: seconds(60) },
    rows: [
      { at: 0, stable: 80, ready: 8, instances: 8 },
      { at: 2, stable: 20, ready: 8, instances: 8 },
      { at: 4, stable: 20, ready: 8, reachable: false, instances: 2 },
    ],
  },
  {
    title: 'what is delayed are answers, those of a panic included',
    rule: { scaleDownDelay: seconds(10) },
    // 9 in panic to 60 s; at 62 it is 4, which the 9 of 60 s (cell 30) holds up for 5 cells, to cell 34
    rows: [
      { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
      { at: 60, stable: 20, panic: 10, ready: 9, instances: 9 },
      { at: 62, stable: 20, panic: 10, ready: 9, instances: 9, panicking: false },
      { at: 69, stable: 20, panic: 10, ready: 9, instances: 9 },
      { at: 70, stable: 20, panic: 10, ready: 9, instances: 4 },
    ],
  },
];

const BURST: readonly Table[] = [
  {
    title: 'the excess is the room of ready pods beyond load and burst',
    rule: { targetBurstCapacity: 30 },
    // 5 x 10 - 30 - 12.5 = 7.5 -> 7; 4 x 10 - 30 - 12.5 = -2.5 -> -3
    rows: [
      { at: 0, stable: 40, panic: 12.5, ready: 5, instances: 4, excess: 7 },
      { at: 2, stable: 40, panic: 12.5, ready: 4, instances: 4, excess: -3 },
    ],
  },
  {
    title: 'it takes the total, not the target',
    rule: { targetBurstCapacity: 30, target: 7 },
    // 5 x 10 - 30 - 20 = 0, not 5 x 7 - 50
    rows: [{ at: 0, stable: 35, panic: 20, ready: 5, instances: 5, excess: 0 }],
  },
  {
    title: 'it takes the true number of ready pods',
    rule: { targetBurstCapacity: 30 },
    // none ready: 0 x 10 - 30 - 5 = -35, not 1 x 10 - 35
    rows: [{ at: 0, stable: 5, ready: 0, instances: 1, excess: -35 }],
  },
  {
    title: 'without a burst it is 0, whatever the load',
    rule: { targetBurstCapacity: 0 },
    rows: [{ at: 0, stable: 1000, ready: 1, instances: 100, excess: 0 }],
  },
  {
    title: 'a burst of -1 keeps the activator in the path',
    rule: { targetBurstCapacity: -1 },
    rows: [{ at: 0, stable: 10, ready: 100, instances: 50, excess: -1 }],
  },
  {
    title: 'Knative asks for 211 by default: four idle pods of 80 have it, two have not',
    rule: { targetBurstCapacity: 211, total: 80, target: 56 },
    // 4 x 80 - 211 = 109; 2 x 80 - 211 = -51
    rows: [
      { at: 0, stable: 0, ready: 4, instances: 2, excess: 109 },
      { at: 2, stable: 0, ready: 2, instances: 1, excess: -51 },
    ],
  },
];

describe('the Knative autoscaler at a steady load', () => {
  test.each(STEADY)('$title', play);
});
describe('the rates of the Knative autoscaler', () => {
  test.each(RATES)('$title', play);
});
describe('the panic of the Knative autoscaler', () => {
  test.each(PANIC)('$title', play);
});
describe('the scale-down delay', () => {
  test.each(DELAY)('$title', play);
});
describe('the excess burst capacity', () => {
  test.each(BURST)('$title', play);

  test('is rounded down where its parts are decimals', () => {
    // 3 x 0.1 - 0.2 - 0.1 = 0, in binary a little more or less
    expect(excessBurstCapacity({ ready: 3, panic: 0.1 }, { total: 0.1, targetBurstCapacity: 0.2 })).toBe(0);
  });
});

describe('an answer', () => {
  test('leaves the memory it was given as it was', () => {
    const rule = ruleWith({ scaleDownDelay: seconds(10) });
    const before = panicMemory(at(0), 3);
    const copy = structuredClone(before);
    recommendKnative({ stable: 90, panic: 90, ready: 3, reachable: true }, rule, before, at(2));
    expect(before).toEqual(copy);
  });

  test('says which window decided, with the numbers', () => {
    const rule = ruleWith();
    const say = (stable: number, panic: number, ready: number): string =>
      recommendKnative({ stable, panic, ready, reachable: true }, rule, panicMemory(at(0), 0), at(0)).because;
    expect(say(35, 35, 4)).toBe('stable window: 35 at 10 each needs 4');
    expect(say(0, 0, 9)).toBe('stable window: 0 at 10 each needs 0, 4 by the rates');
    expect(say(20, 90, 3)).toBe(
      'panic until 60 s at least: 90 at 10 each needs 9, the largest answer so far is 9',
    );
  });
});

describe('a Knative cluster at 20 requests/s', () => {
  // Mean ready pods as measured on a cluster, by rps target. At exactly 20/s a target of T and a utilisation of 0.7
  // need ceil(20 / 0.7 T) pods: 28.57, 14.29, 9.52, 5.71, 4.08, 2.86 rounded up. A mean over a load that scatters a
  // little around 20/s lies in the step below.
  test.each([
    [1, 29, 28.43],
    [2, 15, 14.5],
    [3, 10, 9.95],
    [5, 6, 6.0],
    [7, 5, 4.65],
    [10, 3, 3.0],
  ])('and a target of %i each has %i pods, %f measured', (target, pods, measured) => {
    const rule = knativeRule(
      { ...DEFAULTS, metric: 'rps', target },
      { maxConcurrency: 0, minimum: 0, maximum: 0 },
    );
    let memory = panicMemory(at(0), 0);
    let ready = 0;
    for (let second = 2; second <= 300; second += 2) {
      const answer = recommendKnative(
        { stable: 20, panic: 20, ready, reachable: true },
        rule,
        memory,
        at(second),
      );
      ({ memory } = answer);
      ready = answer.instances;
    }
    expect(ready).toBe(pods);
    expect(measured).toBeGreaterThan(ready - 1);
    expect(measured).toBeLessThanOrEqual(ready);
  });
});
