import { describe, expect, it } from 'vitest';
import { Distribution } from '../../src/engine/distributions.ts';
import { StratifiedDraws } from '../../src/engine/stratified-draws.ts';
import { Streams } from '../../src/engine/streams.ts';
import { MILLISECOND } from '../../src/units/time.ts';

const BLOCK = 4096;
const second = 1000 * MILLISECOND;
const uniform = { kind: 'uniform', min: 0, max: second } as never;
const draws = (seed = '1'): StratifiedDraws =>
  new StratifiedDraws(new Distribution(uniform), new Streams(seed, 0).stream('sampled-cpu', 'a'));
const take = (from: StratifiedDraws, n: number): number[] => Array.from({ length: n }, () => from.next());

describe('Stratified draws', () => {
  it('have one draw in each stratum of a block, in no order', () => {
    const block = take(draws(), BLOCK);
    const strata = block.map((draw) => Math.floor((draw / second) * BLOCK));
    expect(new Set(strata).size).toBe(BLOCK);
    const rising = strata.filter((stratum, at) => at > 0 && stratum > strata[at - 1]).length;
    expect(Math.abs(rising / BLOCK - 0.5)).toBeLessThan(0.05);
  });

  it('are as good as independent where few are taken in a row', () => {
    const all = draws();
    // Sums of ten uniform ones: variance 10/12, which strata in order would bring to nearly 0.
    const sums = Array.from({ length: 2000 }, () =>
      take(all, 10).reduce((sum, one) => sum + one / second, 0),
    );
    const mean = sums.reduce((sum, one) => sum + one, 0) / sums.length;
    const variance = sums.reduce((sum, one) => sum + (one - mean) * (one - mean), 0) / sums.length;
    expect(Math.abs(variance / (10 / 12) - 1)).toBeLessThan(0.12);
  });

  it('are the same for the same seed', () => {
    expect(take(draws(), 5000)).toEqual(take(draws(), 5000));
    expect(take(draws('2'), 10)).not.toEqual(take(draws(), 10));
  });
});
