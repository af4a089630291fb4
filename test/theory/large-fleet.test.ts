/**
 * A fleet so large that nobody waits: the number of busy instances is the number of requests in flight.
 *
 * Instances take one request each, so `active` in scale-out.csv is the N(t) of theory at each point of the grid.
 */
import { describe, expect, test } from 'vitest';
import { goodnessOfFit, reading } from '../../src/experiment/oracles/gates.ts';
import {
  inFlightExponential,
  inFlightSinusoid,
  inFlightUniform,
  poisson,
} from '../../src/experiment/oracles/many-instances.ts';
import { agree, column, disagree, fleet, replicate, scenario, share, type Claims } from './replications.ts';

const active = (at: number) => (results: Parameters<typeof column>[0]) =>
  column(results, 'scale-out.csv', 'active')[at] as number;

/**
 * M/G/inf. A request that came at s is still there at t with probability P(S > t - s); thinning a Poisson process by
 * luck that depends on s alone leaves a Poisson number with mean lambda int_0^t P(S > u) du, which is lambda E[S] once
 * t exceeds the longest service. By hand, S uniform on [0, 2], lambda = 20: 20 (1 - 1/4) = 15 at t = 1, and 20 from
 * t = 2 on. As no service lasts longer than 2 s, numbers 2 s apart share no request: they are independent.
 */
describe('a fleet that is never short (M/G/inf)', () => {
  const rate = 20;
  const crowd = (given: { until: number; every: number; longest?: number; load?: unknown }) =>
    scenario({
      rate,
      until: given.until,
      after: 1,
      every: given.every,
      service: {
        ...fleet(70),
        requests: { duration: { uniform: { min: '0s', max: `${given.longest ?? 2}s` } } },
        ...(given.load === undefined ? {} : { load: given.load }),
      },
    });
  const beginning: Claims = Object.fromEntries(
    [1, 2, 3, 4].map((k) => [
      `in flight at ${k / 2} s`,
      { is: inFlightUniform(k / 2, rate, 2), of: active(k) },
    ]),
  );

  test('the formulas give what was worked out by hand', () => {
    expect(inFlightUniform(1, 20, 2)).toBe(15);
    expect(inFlightUniform(5, 20, 2)).toBe(20);
    expect(inFlightExponential(Math.LN2, 3, 1)).toBeCloseTo(1.5, 12);
    expect(poisson(1, 2)[2]).toBeCloseTo(1 / (2 * Math.E), 12);
  });

  test('it fills from empty as theory says', () =>
    agree(crowd({ until: 2.5, every: 0.5 }), 400, beginning, 0.02));

  /** Mean and variance in each replication, and how well the numbers of all replications follow the Poisson law. */
  function law(yaml: string, count: number) {
    const observed = new Array<number>(71).fill(0);
    const of = replicate(yaml, count, (results) => {
      const numbers = column(results, 'scale-out.csv', 'active').slice(1, 201) as number[];
      for (const number of numbers) observed[number]++;
      const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
      const squares = numbers.reduce((sum, number) => sum + (number - mean) * (number - mean), 0);
      return { mean, variance: squares / (numbers.length - 1) };
    });
    const expected = poisson(rate, 70).map((share) => share * count * 200);
    return {
      mean: reading(
        of.map(({ mean }) => mean),
        rate,
      ),
      variance: reading(
        of.map(({ variance }) => variance),
        rate,
      ),
      fit: goodnessOfFit(observed, expected),
    };
  }

  test('once full, the number in flight is Poisson: mean, variance and law', () => {
    const { mean, variance, fit } = law(crowd({ until: 400.5, every: 2 }), 40);
    expect(Math.abs(mean.z)).toBeLessThanOrEqual(4);
    expect(mean.relativeError).toBeLessThan(0.005);
    expect(Math.abs(variance.z)).toBeLessThanOrEqual(4);
    expect(variance.relativeError).toBeLessThan(0.02);
    expect(fit).toBeLessThanOrEqual(4);
  });

  test('requests that are 4 % longer are noticed', () => {
    const { mean, fit } = law(crowd({ until: 400.5, every: 2, longest: 2.08 }), 20);
    expect(mean.z).toBeGreaterThan(4);
    expect(fit).toBeGreaterThan(4);
  });

  test('requests that come too evenly have the right mean, and the wrong variance and law', () => {
    const even = { arrivals: { interarrival: { gamma: { mean: '50ms', cv: 0.7 } } } };
    const { mean, variance, fit } = law(crowd({ until: 400.5, every: 2, load: even }), 20);
    expect(Math.abs(mean.z)).toBeLessThanOrEqual(4);
    expect(variance.z).toBeLessThan(-4);
    expect(fit).toBeGreaterThan(4);
  });
});

/**
 * M_t/M/inf under the rate l + A sin wt. m' = l + A sin wt - mu m, whose lasting solution is
 * l/mu + A (mu sin wt - w cos wt)/(mu^2 + w^2): the crowd follows the rate late, by arctan(w/mu)/w, and flattened.
 * By hand, l = 20, A = 12, mu = 1/2, period 16 (w = 0.3927): at t = 0, 40 - 12 x 0.3927/0.4042 = 28.342.
 */
describe('traffic that comes in waves (M_t/M/inf)', () => {
  const wave = { mean: 20, amplitude: 12, period: 16 };
  const [first, last] = [2, 15];
  const claims: Claims = Object.fromEntries(
    Array.from({ length: 8 }, (_, phase) => [
      `in flight at ${phase}/8 of the period`,
      {
        is: inFlightSinusoid(2 * phase, wave, 0.5),
        of: (results) => {
          const numbers = column(results, 'scale-out.csv', 'active') as number[];
          let sum = 0;
          for (let period = first; period < last; period++) sum += numbers[8 * period + phase];
          return sum / (last - first);
        },
      },
    ]),
  );
  const waves = (service: string, period = '16s') =>
    scenario({
      until: 16 * last,
      after: 0,
      every: 2,
      service: {
        ...fleet(120),
        load: { sinusoid: { mean: '20/s', amplitude: '12/s', period } },
        requests: { duration: { exponential: { mean: service } } },
      },
    });

  test('the formula gives what was worked out by hand', () =>
    expect(inFlightSinusoid(0, wave, 0.5)).toBeCloseTo(28.342, 3));

  test('the crowd follows the rate, late and flattened, at eight phases', () =>
    agree(waves('2s'), 40, claims));

  test('service that takes 8 % longer, and a period 1 % longer, are noticed', () => {
    disagree(waves('2150ms'), 10, claims, 'in flight at 3/8 of the period');
    disagree(waves('2s', '16160ms'), 10, claims, 'in flight at 2/8 of the period');
  });
});

/**
 * Deadlines. Where nobody waits a request is cut off if its service alone outlasts the limit: P(S > tau) = e^(-mu tau). By
 * hand, tau = 2, mu = 1: 0.13534.
 */
describe('limits of a request on an instance', () => {
  const limited = (limit: Record<string, unknown>, service = '1s') =>
    scenario({
      rate: 20,
      until: 100,
      service: { ...fleet(90), ...limit, requests: { duration: { exponential: { mean: service } } } },
    });
  const cut = (code: 'code_504' | 'code_499') => ({ [code]: { is: Math.exp(-2), of: share(code) } });

  test('a timeout is answered 504, and clients that leave are counted 499, as often as service outlasts them', () => {
    agree(limited({ timeout: '2s' }), 40, cut('code_504'));
    agree(limited({ clients: { timeout: '2s' } }), 40, cut('code_499'));
  });

  test('service that takes 5 % longer is noticed', () =>
    disagree(limited({ timeout: '2s' }, '1050ms'), 40, cut('code_504')));
});
