import { describe, expect, it } from 'vitest';
import { poisson } from '../../src/engine/poisson.ts';
import { Streams } from '../../src/engine/streams.ts';
import { chiSquareTooLarge, momentsOf } from './counts.ts';

const stream = (name: string) => new Streams('poisson', 0).stream('crowd-arrivals', name);

function shares(mean: number): number[] {
  const all = [1];
  for (let k = 0; k < mean + 12 * Math.sqrt(mean) + 20; k++) all.push((all[k] * mean) / (k + 1));
  const total = all.reduce((sum, one) => sum + one, 0);
  return all.map((one) => one / total);
}

describe('Counts of independent events', () => {
  it.each([0.2, 3, 9.99, 10, 37, 200])('follow the Poisson distribution with mean %f', (mean) => {
    const luck = stream(`chi ${mean}`);
    expect(chiSquareTooLarge(() => poisson(mean, luck), shares(mean), 60_000)).toBe(false);
  });

  it.each([1e4, 1e6, 1e9])('have the mean as their variance: %f', (mean) => {
    const luck = stream(`moments ${mean}`);
    const { z, ratio } = momentsOf(() => poisson(mean, luck), mean, mean, 50_000);
    expect(Math.abs(z)).toBeLessThan(4);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.04);
  });

  it('are 0 where nothing is expected, and refuse what is no mean', () => {
    expect(poisson(0, stream('none'))).toBe(0);
    expect(() => poisson(-1, stream('negative'))).toThrow('mean');
    expect(() => poisson(NaN, stream('nan'))).toThrow('mean');
  });
});
