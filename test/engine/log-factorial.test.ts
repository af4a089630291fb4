import { describe, expect, it } from 'vitest';
import { binomial } from '../../src/engine/binomial.ts';
import { stirlingRest } from '../../src/engine/log-factorial.ts';
import { poisson } from '../../src/engine/poisson.ts';
import { Streams } from '../../src/engine/streams.ts';

describe("What Stirling's formula leaves over", () => {
  it('is what is missing to the logarithm of the factorial', () => {
    let lnFactorial = 0;
    for (let k = 0; k <= 60; k++) {
      if (k > 0) lnFactorial += Math.log(k);
      const formula = (k + 0.5) * Math.log(k + 1) - (k + 1) + 0.5 * Math.log(2 * Math.PI);
      // Exact for the first ten; beyond, the series is off by less than its next term. The rest is for this sum.
      const next = k < 10 ? 0 : 1 / (1680 * (k + 1) ** 7);
      expect(Math.abs(stirlingRest(k) - (lnFactorial - formula)), `${k}!`).toBeLessThan(next + 5e-13);
    }
  });
});

describe('The largest counts', () => {
  const stream = () => new Streams('counts', 0).stream('arrivals', 'largest');

  it('are those below 2^52', () => {
    expect(poisson(2 ** 52 - 1, stream()) / 2 ** 52).toBeCloseTo(1, 6);
    expect(binomial(2 ** 52 - 1, 0.5, stream()) / 2 ** 52).toBeCloseTo(0.5, 6);
    expect(() => poisson(2 ** 52, stream())).toThrow('2^52');
    expect(() => binomial(2 ** 52, 0.5, stream())).toThrow('2^52');
    expect(() => binomial(5, NaN, stream())).toThrow('at NaN');
  });
});
