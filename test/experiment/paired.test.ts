/** One figure on two sides, worked out by hand: its pairs, its ratio and what the common luck has gained. */
import { describe, expect, it } from 'vitest';
import { paired } from '../../src/experiment/paired.ts';
import type { SideFigure } from '../../src/experiment/side.ts';

const figure = (values: readonly (number | null)[], below: readonly number[] | null = null): SideFigure =>
  ({ values, below }) as unknown as SideFigure;

describe('A figure on two sides', () => {
  it('has the means, their difference and their ratio', () => {
    const both = paired(figure([10, 20]), figure([16, 24]), 0.95);
    expect(both).toMatchObject({ pairs: 2, a: 15, b: 20, difference: 5, same: false });
    // Differences 6 and 4: s = sqrt(2), half = 12.7062 x sqrt(2) / sqrt(2).
    expect(both.low).toBeCloseTo(5 - 12.706204736, 6);
    expect(both.high).toBeCloseTo(5 + 12.706204736, 6);
    // Jackknife: 2 x 40/30 - 24/20 and 2 x 40/30 - 16/10; their mean is 1.266667, and 1.4667 - 1.0667 = 0.4.
    expect(both.ratio).toBeCloseTo(8 / 3 - 1.4, 12);
    expect(both.ratio_low).toBe(0);
    expect(both.ratio_high).toBeCloseTo(8 / 3 - 1.4 + 12.706204736 * 0.2, 6);
    // Variances 50 and 32 apart, 2 together.
    expect(both.variance_reduction).toBeCloseTo(41, 12);
  });

  it('has a ratio whose interval is its own where it stays above 0', () => {
    const both = paired(figure([10, 10, 10]), figure([20, 21, 22]), 0.95);
    expect(both.ratio).toBeCloseTo(2.1, 12);
    // Values 2, 2.1, 2.2: s = 0.1, t(0.975, 2) = 4.302653.
    expect(both.ratio_low).toBeCloseTo(2.1 - (4.302652729749 * 0.1) / Math.sqrt(3), 9);
  });

  it('is left without ends, ratio ends and probability with one pair', () => {
    expect(paired(figure([4]), figure([6]), 0.95)).toEqual({
      pairs: 1,
      a: 4,
      b: 6,
      difference: 2,
      low: null,
      high: null,
      ratio: 1.5,
      ratio_low: null,
      ratio_high: null,
      probability: null,
      variance_reduction: null,
      same: false,
    });
  });

  it('has no ratio to nothing, and no gain where all differences are alike', () => {
    expect(paired(figure([0, 0]), figure([3, 3]), 0.95)).toMatchObject({
      difference: 3,
      ratio: null,
      ratio_low: null,
      ratio_high: null,
      variance_reduction: null,
      same: false,
    });
  });

  it('is the same where every pair is equal', () => {
    expect(paired(figure([3, 9]), figure([3, 9]), 0.95)).toMatchObject({
      difference: 0,
      low: 0,
      high: 0,
      same: true,
      probability: 1,
    });
    expect(paired(figure([3, 9]), figure([3, 8]), 0.95).same).toBe(false);
  });

  it('leaves out a replication in which either side has no value', () => {
    const both = paired(figure([1, null, 5, 7]), figure([2, 8, null, 9]), 0.95);
    expect(both).toMatchObject({ pairs: 2, a: 4, b: 5.5 });
  });

  it('says nothing without a pair, or where the totals below the line are 0', () => {
    const nothing = {
      pairs: 0,
      a: null,
      b: null,
      difference: null,
      low: null,
      high: null,
      ratio: null,
      ratio_low: null,
      ratio_high: null,
      probability: null,
      variance_reduction: null,
      same: false,
    };
    expect(paired(figure([null]), figure([1]), 0.95)).toEqual(nothing);
    expect(paired(figure([1, 1], [0, 0]), figure([1, 1]), 0.95)).toEqual(nothing);
    expect(paired(figure([1, 1]), figure([1, 1], [0, 0]), 0.95)).toEqual(nothing);
  });

  it('of totals over totals takes the parts of the replications that pair', () => {
    // Where both have a value, 3 of 10 and 5 of 10: 8 of 20, by the jackknife 0.3 and 0.5.
    const share = figure([3, null, 5], [10, 99, 10]);
    expect(paired(share, figure([1, 1, 1]), 0.95).a).toBeCloseTo(0.4, 12);
  });
});
