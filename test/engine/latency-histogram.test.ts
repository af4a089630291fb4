import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Distribution } from '../../src/engine/distributions.ts';
import { LatencyHistogram } from '../../src/engine/latency-histogram.ts';
import { Streams } from '../../src/engine/streams.ts';

fc.configureGlobal({ seed: 1, numRuns: 40 });

const LARGEST = 2 ** 53;
const PRECISION = 1 / 1024;

const histogramOf = (values: readonly number[]): LatencyHistogram => {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

/** Any length of time, all octaves as likely as each other, their ends most of all. */
const length = fc
  .tuple(fc.nat(53), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0, -1, 1))
  .map(([octave, within, off]) =>
    Math.min(Math.max(Math.floor(2 ** octave * (1 + within)) + off, 0), LARGEST),
  );

const lengths = fc.array(length, { maxLength: 12 });

const sample = (n: number, entity: string): number[] => {
  const stream = new Streams('histogram', 0).stream('service-time', entity);
  const distribution = new Distribution({ kind: 'lognormal', p50: 80e6, p99: 900e6 });
  return Array.from({ length: n }, () => distribution.draw(stream));
};

describe('A quantile', () => {
  it('is within 1/1024 of the truth for any length of time', () => {
    fc.assert(
      fc.property(length, (value) => {
        // The two others keep the range wide, so that it cannot help.
        const got = histogramOf([0, value, LARGEST]).quantile(0.5);
        expect(Math.abs(got - value)).toBeLessThanOrEqual(value * PRECISION);
        expect(Number.isInteger(got)).toBe(true);
        if (value < 1024) expect(got).toBe(value);
      }),
      { numRuns: 3000 },
    );
  });

  it('is within 1/1024 of the truth at both ends of every cell', () => {
    const histogram = new LatencyHistogram();
    for (let octave = 9; octave < 53; octave++) {
      for (let cell = 0; cell < 512; cell += 73) {
        const width = 2 ** (octave - 9);
        const low = (512 + cell) * width;
        for (const value of [low, low + width - 1]) {
          histogram.clear();
          for (const each of [0, value, LARGEST]) histogram.record(each);
          expect(Math.abs(histogram.quantile(0.5) - value)).toBeLessThanOrEqual(value * PRECISION);
        }
      }
    }
  });

  it('is the nearest rank: the smallest value that at least the share does not exceed', () => {
    const values = sample(10_000, 'ranks');
    const histogram = histogramOf(values);
    const sorted = values.toSorted((a, b) => a - b);
    for (const p of [0.0001, 0.05, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999]) {
      const truth = sorted[Math.ceil(p * 10_000 - 1e-6) - 1];
      expect(Math.abs(histogram.quantile(p) / truth - 1)).toBeLessThanOrEqual(PRECISION);
    }
  });

  it('takes its share as the decimal it was written as', () => {
    // 0.07 x 100 is 7.000000000000001 in doubles; the 7th of 1 … 100 is 7.
    const histogram = histogramOf(Array.from({ length: 100 }, (_, i) => i + 1));
    for (let percent = 1; percent <= 100; percent++) expect(histogram.quantile(percent / 100)).toBe(percent);
    expect(histogram.quantile(0.071)).toBe(8);
    expect(histogram.quantile(0)).toBe(1);
  });

  it('never lies outside of what was recorded', () => {
    const histogram = histogramOf([2_000_003, 2_000_004]);
    expect([0, 0.5, 0.75, 1].map((p) => histogram.quantile(p))).toEqual([
      2_000_003, 2_000_003, 2_000_004, 2_000_004,
    ]);
  });

  it('of nothing is not a number, and of a share above one is refused', () => {
    const empty = new LatencyHistogram();
    expect([empty.quantile(0.5), empty.mean(), empty.min, empty.max, empty.count]).toEqual([
      NaN,
      NaN,
      NaN,
      NaN,
      0,
    ]);
    expect(() => empty.quantile(99)).toThrow('from 0 to 1');
    expect(() => empty.quantile(-0.1)).toThrow('from 0 to 1');
    expect(() => empty.quantile(NaN)).toThrow('from 0 to 1');
    expect(() => empty.quantiles([0.9, 0.1])).toThrow('ascend');
  });
});

describe('Count, sum, mean, minimum and maximum', () => {
  it('are exact, beyond 2^53 as well', () => {
    const histogram = histogramOf([LARGEST, LARGEST - 1, 1, 0]);
    expect(histogram.sum.toString()).toBe('18014398509481984');
    expect([histogram.count, histogram.min, histogram.max, histogram.mean()]).toEqual([
      4,
      0,
      LARGEST,
      2 ** 52,
    ]);
  });

  it('do not depend on the order of recording', () => {
    fc.assert(
      fc.property(fc.array(length, { minLength: 1, maxLength: 12 }), (values) => {
        const [there, back] = [histogramOf(values), histogramOf(values.toReversed())];
        expect(there.cells()).toEqual(back.cells());
        expect(there.mean()).toBe(back.mean());
        expect([there.min, there.max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });

  it('are the same whether a value is recorded often or counted', () => {
    const counted = new LatencyHistogram();
    counted.recordMany(123_456_789, 1000);
    counted.recordMany(5, 0);
    expect(counted.cells()).toEqual(histogramOf(new Array<number>(1000).fill(123_456_789)).cells());
    fc.assert(
      fc.property(fc.array(fc.tuple(length, fc.integer({ min: 1, max: 4 })), { maxLength: 6 }), (times) => {
        const together = new LatencyHistogram();
        for (const [value, count] of times) together.recordMany(value, count);
        const single = histogramOf(times.flatMap(([value, count]) => new Array<number>(count).fill(value)));
        expect(together.cells()).toEqual(single.cells());
        expect([together.min, together.max]).toEqual([single.min, single.max]);
      }),
    );
    // 100 billion requests of a quarter of an hour.
    counted.clear();
    counted.recordMany(900e9, 1e11);
    expect(counted.mean()).toBe(900e9);
  });
});

describe('Merging', () => {
  it('the parts gives the whole, in any order and grouping', () => {
    fc.assert(
      fc.property(lengths, lengths, lengths, (a, b, c) => {
        const whole = histogramOf([...a, ...b, ...c]).cells();
        const left = histogramOf(a);
        left.add(histogramOf(b));
        left.add(histogramOf(c));
        const right = histogramOf(c);
        right.add(histogramOf(b));
        right.add(histogramOf(a));
        expect(left.cells()).toEqual(whole);
        expect(right.cells()).toEqual(whole);
      }),
    );
  });

  it('works across a thread border', () => {
    const histogram = histogramOf(sample(1000, 'threads'));
    const there = LatencyHistogram.from(structuredClone(histogram.cells()));
    expect(there.cells()).toEqual(histogram.cells());
    there.record(1);
    expect([there.count, histogram.count]).toEqual([1001, 1000]);
    const empty = LatencyHistogram.from(structuredClone(new LatencyHistogram().cells()));
    empty.record(7);
    expect([empty.min, empty.max]).toEqual([7, 7]);
  });

  it('hands over a copy, which says what is in it', () => {
    const histogram = histogramOf([7, 9000]);
    const cells = histogram.cells();
    expect([cells.count, cells.min, cells.max]).toEqual([2, 7, 9000]);
    const before = structuredClone(cells);
    histogram.recordMany(7, 3);
    expect(cells).toEqual(before);
    expect(new LatencyHistogram().cells()).toEqual({ count: 0, sum: [0, 0], min: 0, max: 0, rows: [] });
  });

  it('refuses cells that do not add up', () => {
    const cells = histogramOf([1, 2, 3]).cells();
    expect(() => LatencyHistogram.from({ ...cells, count: 4 })).toThrow('add up');
    const [row] = cells.rows;
    const withRow = (other: Partial<typeof row>) =>
      LatencyHistogram.from({ ...cells, rows: [{ ...row, ...other }] });
    expect(withRow({ row: 45 }).count).toBe(3);
    expect(() => withRow({ row: 46 })).toThrow('46 rows');
    expect(() => withRow({ row: -1 })).toThrow('46 rows');
    expect(() => withRow({ counts: row.counts.slice(1) })).toThrow('512 cells');
  });
});

describe('A histogram', () => {
  it('shows its cells: side by side, ascending, with all that was recorded in them', () => {
    const values = sample(1000, 'cells');
    let total = 0;
    let last = -1;
    histogramOf(values).each((from, to, count) => {
      expect(from).toBeGreaterThan(last);
      expect(values.filter((value) => value >= from && value <= to).length).toBe(count);
      total += count;
      last = to;
    });
    expect(total).toBe(1000);
  });

  it('is the same however many there are: kept as they are at first, in cells from the 129th on', () => {
    const values = sample(140, 'few');
    // One that is in cells from the beginning.
    const inCells = LatencyHistogram.from(new LatencyHistogram().cells());
    const kept = new LatencyHistogram();
    const shares = [0, 0.01, 0.3, 0.5, 0.95, 0.99, 1];
    for (const value of values) {
      inCells.record(value);
      kept.record(value);
      expect(shares.map((p) => kept.quantile(p))).toEqual(shares.map((p) => inCells.quantile(p)));
    }
    expect(kept.cells()).toEqual(inCells.cells());
  });

  it('takes in another one alike, whether either is kept or in cells', () => {
    for (const [few, more] of [
      [1, 127],
      [60, 69],
      [127, 2],
      [128, 128],
      [3, 200],
      [200, 3],
    ]) {
      const first = sample(few, 'first');
      const second = sample(more, 'second');
      const both = histogramOf(first);
      both.add(histogramOf(second));
      expect(both.cells()).toEqual(histogramOf([...second, ...first]).cells());
      both.clear();
      for (const value of first) both.record(value);
      expect(both.cells()).toEqual(histogramOf(first).cells());
      both.recordMany(7, 5);
      expect(both.quantile(0)).toBe(Math.min(7, ...first));
      expect(both.count).toBe(few + 5);
    }
  });

  it('taken in by itself counts all twice', () => {
    const histogram = histogramOf([5, 9]);
    histogram.add(histogram);
    expect(histogram.cells()).toEqual(histogramOf([5, 5, 9, 9]).cells());
  });

  it('that was cleared is as good as new', () => {
    const histogram = histogramOf([5, 700, 2 ** 40]);
    histogram.clear();
    expect([histogram.count, histogram.min, histogram.max, histogram.quantile(0.5)]).toEqual([
      0,
      NaN,
      NaN,
      NaN,
    ]);
    expect(histogram.cells()).toEqual(new LatencyHistogram().cells());
    histogram.record(600);
    expect([histogram.min, histogram.max, histogram.mean(), histogram.quantile(1)]).toEqual([
      600, 600, 600, 600,
    ]);
  });

  it('shows one nanosecond a cell below 1,024 ns, and then ever wider ones', () => {
    const shown = (...values: number[]): number[][] => {
      const cells: number[][] = [];
      histogramOf(values).each((from, to, count) => cells.push([from, to, count]));
      return cells;
    };
    expect(shown(0, 511, 512, 1023, 1024, 2047, 2048)).toEqual([
      [0, 0, 1],
      [511, 511, 1],
      [512, 512, 1],
      [1023, 1023, 1],
      [1024, 1025, 1],
      [2046, 2047, 1],
      [2048, 2051, 1],
    ]);
    expect(shown(2 ** 53)).toEqual([[2 ** 53, 2 ** 53 + 2 ** 44 - 1, 1]]);
  });

  it('adds nothing, and to nothing, without harm', () => {
    const histogram = histogramOf([7, 9000]);
    histogram.add(new LatencyHistogram());
    expect(histogram.cells()).toEqual(histogramOf([7, 9000]).cells());
    const empty = new LatencyHistogram();
    empty.add(histogram);
    expect(empty.cells()).toEqual(histogram.cells());
    empty.add(new LatencyHistogram());
    expect([empty.min, empty.max]).toEqual([7, 9000]);
  });

  it.each([NaN, Infinity, -1, -Infinity, 0.5, 1e16])('refuses to record %d', (ns) => {
    const histogram = new LatencyHistogram();
    expect(() => histogram.recordMany(ns, 2)).toThrow('whole number of nanoseconds');
    expect(() => histogram.record(ns)).toThrow('whole number of nanoseconds');
    expect(histogram.count).toBe(0);
  });

  it.each([-1, 0.5, 1.5, NaN])('refuses to count %d times', (count) => {
    expect(() => new LatencyHistogram().recordMany(5, count)).toThrow('whole numbers');
  });
});
