/**
 * One instance that goes when it has idled and comes back when it is needed: a cold start as a queue sees it.
 *
 * At most one instance, one request at a time, and nothing that keeps it (the concurrency driver of the autoscaler is
 * disabled, so it recommends none): it leaves `idleTimeout` after its last request, and the next arrival causes a start
 * and waits for it, with all that come meanwhile behind it in order.
 */
import { describe, expect, test } from 'vitest';
import { moments, scaleToZero, type Moments } from '../../src/experiment/oracles/queues.ts';
import { agree, disagree, pending, scenario, share, startUp, stay } from './replications.ts';

/**
 * M/G/1 with an exceptional first service. A busy period begins with an arrival at an idle server; the server has gone
 * with probability p = e^(-lambda T), and then the first service is S + U instead of S. With e1 = p E[U], e2 = p E[U^2]
 * a cycle holds (1 + lambda e1)/(1 - rho) requests on average, of which p are cold: P(cold) = p (1 - rho)/(1 + lambda e1).
 * The delay of the first is a vacation as far as the others can tell; Welch's transform gives
 * E[W] = lambda E[S^2]/(2 (1 - rho)) + (2 e1 + lambda e2)/(2 (1 + lambda e1)).
 * By hand, lambda = 1/2, S and U exponential with means 1 and 2, T = 0: 1 + (4 + 4)/(2 x 2) = 3, so that with the service
 * E[T] = 1/(mu - lambda) + E[U] = 2 + 2 = 4, the known answer for exponential set-up times; cold is 1/2 over 2, 1/4.
 */
describe('one instance that scales to zero (M/G/1 with exceptional first service)', () => {
  const rate = 0.5;
  const ms = (seconds: number) => `${seconds * 1000}ms`;
  const starts = { scheduling: '0s', imageImport: '0s', containerStart: '0s' };
  const single = (idle: number, startup: unknown, duration: unknown, autoscaler = 'cloud-run') =>
    scenario({
      rate,
      until: 5000,
      warmUp: 100,
      service: {
        autoscaler,
        scaling: { maxInstanceCount: 1 },
        template: { scaling: { concurrencyTarget: 'disabled' } },
        maxInstanceRequestConcurrency: 1,
        idleTimeout: ms(idle),
        startup,
        requests: { duration },
      },
    });
  const claims = (service: Moments, idle: number, start: Moments) => {
    const { meanWait, cold } = scaleToZero(rate, service, idle, start);
    return {
      'mean wait': { is: meanWait, of: pending('mean') },
      'mean stay': { is: meanWait + service.mean, of: stay('mean') },
      'cold share': { is: cold, of: share('cold') },
    };
  };
  const exponential = (mean: number) => ({ exponential: { mean: ms(mean) } });

  test('the formula gives what was worked out by hand', () => {
    const { meanWait, cold } = scaleToZero(0.5, moments(1, 1), 0, moments(2, 1));
    expect(meanWait).toBeCloseTo(3, 12);
    expect(cold).toBeCloseTo(1 / 4, 12);
  });

  // Three steps of a start: constant, uniform on [0, 1], exponential. Their sum has mean 2.5, variance 1/12 + 1.
  const startup = {
    scheduling: '1s',
    imageImport: { uniform: { min: '0s', max: '1s' } },
    containerStart: exponential(1),
  };
  const steps = { mean: 2.5, second: 2.5 * 2.5 + 1 / 12 + 1 };
  const gamma = (mean: number) => ({ gamma: { mean: ms(mean), cv: 0.5 } });

  test('requests wait for starts, and behind those who do, as long as Welch says', () =>
    agree(single(1.5, startup, gamma(1)), 40, {
      ...claims(moments(1, 0.5), 1.5, steps),
      'mean start': { is: 2.5, of: startUp },
    }));

  test('an instance that leaves at once makes every busy period begin with a start', () =>
    agree(
      single(0, { ...starts, containerStart: exponential(2) }, exponential(1)),
      40,
      claims(moments(1, 1), 0, moments(2, 1)),
      0.02,
    ));

  test('starts that take 10 % longer, and an idle timeout 10 % longer, are noticed', () => {
    const slower = { ...startup, scheduling: '1250ms' };
    disagree(single(1.5, slower, gamma(1)), 40, claims(moments(1, 0.5), 1.5, steps), 'mean wait');
    disagree(single(1.65, startup, gamma(1)), 40, claims(moments(1, 0.5), 1.5, steps), 'cold share');
  });
});
