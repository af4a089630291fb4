import { describe, expect, it } from 'vitest';
import { binomial } from '../../src/engine/binomial.ts';
import { Streams } from '../../src/engine/streams.ts';
import { chiSquareTooLarge, momentsOf } from './counts.ts';

const stream = (name: string) => new Streams('binomial', 0).stream('crowd-work', name);

/** Probabilities of 0 to n successes, by their ratios. */
function shares(n: number, p: number): number[] {
  const all = [1];
  for (let k = 0; k < n; k++) all.push((all[k] * (n - k) * p) / ((k + 1) * (1 - p)));
  const total = all.reduce((sum, one) => sum + one, 0);
  return all.map((one) => one / total);
}

describe('Counts of successes', () => {
  it.each([
    [7, 0.3],
    [40, 0.1],
    [40, 0.5],
    [60, 0.9],
    [300, 0.05],
    [1000, 0.4],
  ])('follow the binomial distribution: %i trials at %f', (n, p) => {
    const luck = stream(`chi ${n} ${p}`);
    expect(chiSquareTooLarge(() => binomial(n, p, luck), shares(n, p), 60_000)).toBe(false);
  });

  it.each([
    [1_000_000, 0.3],
    [100_000_000, 1e-7],
    [1_000_000_000, 0.017],
    [100_000, 0.999],
  ])('have the mean and variance of the binomial distribution: %i trials at %f', (n, p) => {
    const luck = stream(`moments ${n} ${p}`);
    const count = 50_000;
    const { z, ratio } = momentsOf(() => binomial(n, p, luck), n * p, n * p * (1 - p), count);
    expect(Math.abs(z)).toBeLessThan(4);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.04);
  });

  it('are certain where chance has no say', () => {
    const luck = stream('certain');
    expect([binomial(0, 0.5, luck), binomial(9, 0, luck), binomial(9, 1, luck)]).toEqual([0, 0, 9]);
    expect([binomial(9, -1e-18, luck), binomial(9, 1 + 1e-15, luck)]).toEqual([0, 9]);
  });

  it('do not accept what is no number of trials', () => {
    expect(() => binomial(-1, 0.5, stream('negative'))).toThrow('trials');
    expect(() => binomial(5, NaN, stream('nan'))).toThrow('trials');
  });
});
