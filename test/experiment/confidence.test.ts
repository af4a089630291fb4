import { describe, expect, it } from 'vitest';
import { interval, narrowEnough, tQuantile, verdictOf } from '../../src/experiment/confidence.ts';

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
  });
});
