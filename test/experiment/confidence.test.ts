import { describe, expect, it } from 'vitest';
import {
  differenceInterval,
  holm,
  interval,
  narrowEnough,
  probabilityOfNoEffect,
  ratioValues,
  tQuantile,
  verdictOf,
} from '../../src/experiment/confidence.ts';

describe("Student's t", () => {
  // Two-sided 90 %, 95 % and 99 % points: published tables give three digits; here to ten, from the closed forms
  // for 1, 2 and 4 degrees of freedom and from the regularised incomplete beta function elsewhere.
  it.each([
    [0.95, 1, 6.313751514675],
    [0.975, 1, 12.706204736175],
    [0.995, 1, 63.65674116287],
    [0.975, 2, 4.302652729749],
    [0.975, 3, 3.182446305284],
    [0.975, 4, 2.776445105198],
    [0.95, 5, 2.015048373333],
    [0.975, 9, 2.262157162798],
    [0.995, 9, 3.249835541592],
    [0.975, 29, 2.045229642133],
    [0.975, 99, 1.984216951568],
    [0.995, 199, 2.600760216031],
  ])('at %d with %d degrees of freedom is %d', (probability, degrees, expected) => {
    expect(Math.abs(tQuantile(probability, degrees) - expected)).toBeLessThan(1e-8);
  });

  it('agrees with its closed form for two degrees of freedom everywhere', () => {
    for (const p of [0.51, 0.6, 0.75, 0.9, 0.99, 0.9999]) {
      const exact = (2 * p - 1) / Math.sqrt(2 * p * (1 - p));
      expect(Math.abs(tQuantile(p, 2) / exact - 1)).toBeLessThan(1e-10);
    }
  });

  it('is 0 in the middle', () => {
    expect(tQuantile(0.5, 7)).toBe(0);
    expect(tQuantile(0.5000001, 7)).toBeGreaterThan(0);
  });

  it('comes down to the normal quantile with many degrees of freedom', () => {
    expect(Math.abs(tQuantile(0.975, 100_000) - 1.959963984540054)).toBeLessThan(3e-5);
  });
});

describe('an interval over replications', () => {
  it('is the mean and t times the standard error to each side', () => {
    const { mean, low, high } = interval([10, 12, 14, 16, 18], 0.95)!;
    // s = sqrt(10), t(0.975, 4) = 2.7764451, half = 2.7764451 x sqrt(10 / 5)
    expect(mean).toBe(14);
    expect(high - mean).toBeCloseTo(3.926486, 5);
    expect(mean - low).toBeCloseTo(3.926486, 5);
  });

  it('does not exist over one value, or none', () => {
    expect(interval([5], 0.95)).toBeNull();
    expect(interval([], 0.95)).toBeNull();
  });

  it('is a point where all replications agree', () => {
    expect(interval([0.1, 0.1, 0.1], 0.95)).toEqual({ mean: 0.1, low: 0.1, high: 0.1 });
  });

  it('does not reach below zero for what is never negative, and does for what is', () => {
    expect(interval([0, 0, 9], 0.95)!.low).toBe(0);
    expect(interval([-1, 0, 9], 0.95)!.low).toBeLessThan(-1);
  });

  it('covers the true mean about as often as it says', () => {
    // 2,000 experiments of ten uniform numbers from Park and Miller's generator; the mean is 1/2.
    let state = 20_26;
    const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    let covered = 0;
    for (let experiment = 0; experiment < 2000; experiment++) {
      const { low, high } = interval(
        Array.from({ length: 10 }, () => next()),
        0.95,
      )!;
      if (low <= 0.5 && 0.5 <= high) covered++;
    }
    expect(covered / 2000).toBeGreaterThan(0.935);
    expect(covered / 2000).toBeLessThan(0.965);
  });
});

describe('a verdict over replications', () => {
  const verdict = (comparison: '<' | '<=' | '>' | '>=' | '==' | '!=', limit: number, values: number[]) =>
    verdictOf(values, { comparison, limit }, 0.95);

  // The interval of 10, 12, 14 is [7.03, 16.97].
  it.each([
    ['<', 17, 'met'],
    ['<', 15, 'inconclusive'],
    ['<', 7, 'missed'],
    ['<=', 17, 'met'],
    ['<=', 7, 'missed'],
    ['>', 7, 'met'],
    ['>', 12, 'inconclusive'],
    ['>', 17, 'missed'],
    ['>=', 7, 'met'],
    ['>=', 17, 'missed'],
    ['==', 12, 'inconclusive'],
    ['==', 17, 'missed'],
    ['!=', 17, 'met'],
    ['!=', 12, 'inconclusive'],
  ] as const)('needs the whole interval on one side: %s %d is %s', (comparison, limit, expected) => {
    expect(verdict(comparison, limit, [10, 12, 14])).toBe(expected);
  });

  it('is on the safe side at the very limit', () => {
    expect(verdict('<', 5, [5, 5])).toBe('missed');
    expect(verdict('<=', 5, [5, 5])).toBe('met');
    expect(verdict('>', 5, [5, 5])).toBe('missed');
    expect(verdict('>=', 5, [5, 5])).toBe('met');
    expect(verdict('==', 5, [5, 5])).toBe('met');
    expect(verdict('!=', 5, [5, 5])).toBe('missed');
  });

  it('on "never" is missed by a single occurrence, however wide the interval', () => {
    expect(verdict('==', 0, [0, 0, 0, 1])).toBe('missed');
    expect(verdict('<=', 0, [0, 0, 0, 1])).toBe('missed');
    expect(verdict('>', 0, [0, 0, 0, 1])).toBe('met');
    expect(verdict('==', 0, [0, 0, 0, 0])).toBe('met');
  });

  it('on "never" is decided by occurrences only, and only where there is one', () => {
    // 0 in each replication is not above 0; a value below 0 makes the mean uncertain again.
    expect(verdict('<', 0, [0, 0, 0, 1])).toBe('missed');
    expect(verdict('!=', 0, [0, 0, 0, 1])).toBe('met');
    expect(verdict('!=', 0, [0, 0, 0, 0])).toBe('missed');
    expect(verdict('>=', 0, [0, 0, 0, 1])).toBe('met');
    expect(verdict('<=', 0, [0, 0, 0])).toBe('met');
    expect(verdict('==', 0, [-1, 0, 0, 1])).toBe('inconclusive');
    expect(verdict('==', 1, [0, 0, 0, 1])).toBe('inconclusive');
    expect(verdict('==', 0, [-1, -1.1, -0.9])).toBe('missed');
  });

  it.each([
    // Points: the interval is the value itself.
    ['<', 4, 5, 'missed'],
    ['<', 6, 5, 'met'],
    ['<=', 4, 5, 'missed'],
    ['>', 4, 5, 'met'],
    ['>=', 6, 5, 'missed'],
    ['==', 4, 5, 'missed'],
    ['==', 6, 5, 'missed'],
    ['!=', 4, 5, 'met'],
    ['!=', 6, 5, 'met'],
  ] as const)(
    'of a figure that never varies is plain: %s %d for %d is %s',
    (comparison, limit, value, said) => {
      expect(verdict(comparison, limit, [value, value])).toBe(said);
    },
  );

  it.each(['<', '<=', '>', '>=', '==', '!='] as const)(
    'is undecided for %s where an end of the interval meets the limit from the wrong side',
    (comparison) => {
      const { low, high } = interval([10, 12, 14], 0.95)!;
      const strict = comparison === '<' || comparison === '>';
      const said = (limit: number) => verdict(comparison, limit, [10, 12, 14]);
      const met = comparison === '<' || comparison === '<=' ? high : low;
      const missed = met === high ? low : high;
      if (comparison === '==' || comparison === '!=') {
        expect([said(low), said(high)]).toEqual(['inconclusive', 'inconclusive']);
      } else {
        expect(said(met)).toBe(strict ? 'inconclusive' : 'met');
        expect(said(missed)).toBe(strict ? 'missed' : 'inconclusive');
      }
    },
  );

  it('is "no data" without a value, and undecided with one', () => {
    expect(verdict('<', 5, [])).toBe('no data');
    expect(verdict('<', 5, [1])).toBe('inconclusive');
  });
});

describe('precise enough', () => {
  it('is a half-width of g/(1+g) of the mean', () => {
    // Half-width 3.92648 of a mean of 14: 28.05 %, which is g/(1+g) for g = 38.98 %.
    expect(narrowEnough([10, 12, 14, 16, 18], 0.39, 0.95)).toBe(true);
    expect(narrowEnough([10, 12, 14, 16, 18], 0.389, 0.95)).toBe(false);
  });

  it('is what never varies, zero included', () => {
    expect(narrowEnough([0, 0, 0], 0.05, 0.95)).toBe(true);
    expect(narrowEnough([3], 0.05, 0.95)).toBe(false);
    expect(narrowEnough([], 0.05, 0.95)).toBe(true);
  });

  it('is held against the size of the mean, whatever its sign', () => {
    expect(narrowEnough([-100, -101, -99], 0.05, 0.95)).toBe(true);
    expect(narrowEnough([-100, -140, -60], 0.05, 0.95)).toBe(false);
  });
});

describe('the difference of two sides', () => {
  it('may be negative though it was never seen to be', () => {
    const values = [0.1, 9, 0.2, 0.1];
    expect(interval(values, 0.95)!.low).toBe(0);
    expect(differenceInterval(values, 0.95)!.low).toBeLessThan(0);
  });

  it("is by chance with the probability of Student's t", () => {
    // The mean of 10, 12, 14, 16, 18 less 8: 6, with a standard error of sqrt(2): t = 4.2426 with 4 degrees of
    // freedom, for which the closed form 1 - t (6 + t^2) / (4 + t^2)^1.5 gives 0.0132356.
    expect(probabilityOfNoEffect([2, 4, 6, 8, 10])).toBeCloseTo(0.0132356, 6);
    expect(probabilityOfNoEffect([-2, -4, -6, -8, -10])).toBe(probabilityOfNoEffect([2, 4, 6, 8, 10]));
    expect(probabilityOfNoEffect([-1, 1])).toBe(1);
    expect(probabilityOfNoEffect([0, 0, 0])).toBe(1);
    expect(probabilityOfNoEffect([2, 2, 2])).toBe(0);
    expect(probabilityOfNoEffect([2])).toBeNull();
  });

  it('is certain at 95 % just where the 95 % interval leaves 0 out', () => {
    for (let shift = -3; shift <= 3; shift += 0.01) {
      const values = [0.4, -1.1, 0.9, 2.2, -0.3].map((value) => value + shift);
      const { low, high } = differenceInterval(values, 0.95)!;
      expect(probabilityOfNoEffect(values)! < 0.05).toBe(low > 0 || high < 0);
    }
  });
});

describe('a ratio of totals', () => {
  it('is by the jackknife what it is by hand', () => {
    // All: 6/30. Without the first 5/20, the second 4/20, the third 3/20.
    const values = ratioValues([1, 2, 3], [10, 10, 10])!;
    expect(values.map((value) => value.toFixed(6))).toEqual(['0.100000', '0.200000', '0.300000']);
    // Of unequal parts: 3 x 6/33 - 2 x (5/23, 4/22, 3/21).
    const unequal = ratioValues([1, 2, 3], [10, 11, 12])!;
    const whole = (3 * 6) / 33;
    expect(unequal).toEqual([whole - (2 * 5) / 23, whole - (2 * 4) / 22, whole - (2 * 3) / 21]);
  });

  it('takes away most of the bias of the plain ratio', () => {
    // X is 0 or 2, Y is 1 or 3, independent: E[X]/E[Y] = 1/2. All 4^3 samples of three pairs are equally probable.
    const pairs = [
      [0, 1],
      [0, 3],
      [2, 1],
      [2, 3],
    ];
    let plain = 0;
    let jackknife = 0;
    for (const i of pairs) {
      for (const j of pairs) {
        for (const k of pairs) {
          const [x, y] = [
            [i[0], j[0], k[0]],
            [i[1], j[1], k[1]],
          ];
          plain += (x[0] + x[1] + x[2]) / (y[0] + y[1] + y[2]) / 64;
          jackknife += ratioValues(x, y)!.reduce((sum, value) => sum + value / 3, 0) / 64;
        }
      }
    }
    expect(plain - 0.5).toBeGreaterThan(0.03);
    expect(Math.abs(jackknife - 0.5)).toBeLessThan((plain - 0.5) / 3);
  });

  it('does not exist where there is nothing below the line', () => {
    expect(ratioValues([1], [0])).toBeNull();
    expect(ratioValues([1, 2], [0, 0])).toBeNull();
    expect(ratioValues([1, 2], [0, 5])).toBeNull();
    expect(ratioValues([1], [4])).toEqual([0.25]);
  });
});

describe('the correction after Holm', () => {
  it('is that of the worked example: 0.01, 0.04, 0.03 and 0.005 become 0.03, 0.06, 0.06 and 0.02', () => {
    const corrected = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((expected, at) => expect(corrected[at]).toBeCloseTo(expected, 12));
  });

  it('leaves one alone as it is, never passes 1, and never lets a larger one count for less', () => {
    expect(holm([0.03])).toEqual([0.03]);
    expect(holm([0.6, 0.7, 0.9])).toEqual([1, 1, 1]);
    expect(holm([])).toEqual([]);
    const corrected = holm([0.001, 0.0011, 0.5]);
    expect(corrected[1]).toBeGreaterThanOrEqual(corrected[0]);
  });
});

describe('the rule that ends a series of replications', () => {
  it('holds the half-width against g/(1+g) of the mean, not against g of it', () => {
    const [g, mean] = [0.1, 100];
    // Two values mean +- d have a half-width of t(0.975, 1) x d = 12.7062 d.
    const wide = (g * mean * 0.95) / 12.706204736175;
    const narrow = ((g / (1 + g)) * mean * 0.999) / 12.706204736175;
    expect(narrowEnough([mean - wide, mean + wide], g, 0.95)).toBe(false);
    expect(narrowEnough([mean - narrow, mean + narrow], g, 0.95)).toBe(true);
  });
});
