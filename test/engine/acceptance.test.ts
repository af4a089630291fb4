/**
 * What the samplers of counts accept, pair by pair of random numbers, against the probabilities themselves.
 *
 * Rejection is right if a proposed count is accepted for exactly the v below its probability over the hat. A squeeze
 * that reaches a little too far, or a logarithm of a factorial that is a little off, moves this limit for a few pairs
 * in a thousand: no statistic of 60,000 draws shows that. So the limit itself is looked at, from just below and from
 * just above. (A squeeze that reaches less far than it could decides nothing: the exact test accepts the same.)
 */
import { describe, expect, it } from 'vitest';
import { binomial } from '../../src/engine/binomial.ts';
import { stirlingRest } from '../../src/engine/log-factorial.ts';
import { poisson } from '../../src/engine/poisson.ts';
import type { Stream } from '../../src/engine/streams.ts';

const lnFactorials = [0];
for (let k = 1; k <= 5000; k++) lnFactorials.push(lnFactorials[k - 1] + Math.log(k));

const PAIRS = 8000;

/** Whether a sampler takes the count that the pair (u, v) proposes, u between -1/2 and 1/2. */
function accepts(draw: (stream: Stream) => number, u: number, v: number): boolean {
  // The middle of the distribution is accepted at once, should the first pair not be.
  const numbers = [u + 0.5, v, 0.5, 0];
  let drawn = 0;
  draw({ next53: () => numbers[drawn++] } as unknown as Stream);
  return drawn === 2;
}

/**
 * Pairs for which a sampler does not do what it should. `limit`: how large v may be at u. The hats of the papers are
 * fitted, and at a few u lie lower than the counts they cover, which makes these too rare: by a millionth in all.
 */
function wrongOnes(draw: (stream: Stream) => number, limit: (u: number, us: number) => number): string[] {
  const wrong: string[] = [];
  let tooLow = 0;
  for (let at = 0; at < PAIRS; at++) {
    const u = (at + 0.37) / PAIRS - 0.5;
    const most = limit(u, 0.5 - Math.abs(u));
    tooLow += Math.max(0, most - 1) / PAIRS;
    const below = Math.min(1, most) * (1 - 1e-7);
    const above = most * (1 + 1e-7) + 1e-300;
    if (most > 1e-300 && !accepts(draw, u, below)) wrong.push(`${u} is not accepted below ${most}`);
    if (above < 1 && accepts(draw, u, above)) wrong.push(`${u} is accepted above ${most}`);
  }
  if (tooLow > 3e-6) wrong.push(`the hat is too low by ${tooLow}`);
  return wrong.slice(0, 5);
}

describe('A proposed count is accepted as often as it is likely', () => {
  // The proposals are those of the papers: algorithms BTRS and PTRS.
  it.each([
    [20, 0.5],
    [25, 0.41],
    [101, 0.1],
    [300, 0.05],
    [1000, 0.4],
    [5000, 0.017],
  ])('successes of %d trials at %d', (n, p) => {
    const spread = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * spread;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const alpha = (2.83 + 5.1 / b) * spread;
    const lnShare = (k: number): number =>
      lnFactorials[n] - lnFactorials[k] - lnFactorials[n - k] + k * Math.log(p) + (n - k) * Math.log(1 - p);
    const mode = lnShare(Math.floor((n + 1) * p));
    const limit = (u: number, us: number): number => {
      const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
      return k < 0 || k > n ? 0 : (Math.exp(lnShare(k) - mode) * (a / (us * us) + b)) / alpha;
    };
    expect(wrongOnes((stream) => binomial(n, p, stream), limit)).toEqual([]);
  });

  it.each([10, 11.5, 17, 40, 150, 2000])('counts with mean %d', (mean) => {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const alpha = 1.1239 + 1.1328 / (b - 3.4);
    const limit = (u: number, us: number): number => {
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (k < 0) return 0;
      return (
        (Math.exp(k * Math.log(mean) - mean - (lnFactorials[k] ?? Infinity)) * (a / (us * us) + b)) / alpha
      );
    };
    expect(wrongOnes((stream) => poisson(mean, stream), limit)).toEqual([]);
  });

  it('what Stirling leaves over is right to ten decimals, where it is looked up and where it is worked out', () => {
    expect(stirlingRest(0)).toBeCloseTo(1 - 0.5 * Math.log(2 * Math.PI), 15);
    // From ln k! = ln k + ln (k - 1)!; where it is worked out, to the first term of the series that is left out.
    for (let k = 1; k <= 300; k++) {
      const difference = (k + 0.5) * Math.log1p(1 / k) - 1;
      expect(Math.abs(stirlingRest(k - 1) - stirlingRest(k) - difference)).toBeLessThan(
        1e-13 + (k < 10 ? 0 : 1 / 1680 / Math.max(k, 11) ** 7),
      );
    }
  });
});
