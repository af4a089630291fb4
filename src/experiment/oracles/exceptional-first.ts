/**
 * O9. One instance that goes when it has idled and comes back when it is needed: M/G/1 with an exceptional first
 * service (P. D. Welch, Operations Research 12, 1964).
 *
 * At most one instance, one request at a time, and nothing that keeps it (the concurrency driver of the autoscaler is
 * disabled, so it recommends none): it leaves T after its last request, and the next arrival causes a start and waits
 * for it, with all that come meanwhile behind it in order. A busy period begins with an arrival at an idle server; the
 * server has gone with probability p = e^(-lambda T), and then the first service is S + U instead of S. With
 * e1 = p E[U], e2 = p E[U^2] a cycle holds (1 + lambda e1)/(1 - rho) requests on average, of which p are cold:
 * P(cold) = p (1 - rho)/(1 + lambda e1). The delay of the first is a vacation as far as the others can tell; Welch's
 * transform gives E[W] = lambda E[S^2]/(2 (1 - rho)) + (2 e1 + lambda e2)/(2 (1 + lambda e1)).
 * By hand, lambda = 1/2, S and U exponential with means 1 and 2, T = 0: 1 + (4 + 4)/(2 x 2) = 3, so that with the
 * service E[T] = 1/(mu - lambda) + E[U] = 2 + 2 = 4, the known answer for exponential set-up; cold is 1/2 over 2, 1/4.
 */
import type { Case, Oracle } from './oracle.ts';
import { moments, scaleToZero, type Moments } from './queues.ts';
import {
  exponential,
  gamma,
  mean,
  pending,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  seconds,
  share,
  startup,
  startUp,
  stay,
  times,
  uniform,
} from './worlds.ts';

const RATE = 0.5;

const single = (
  name: string,
  lengths: number,
  world: { idle: number; startup: unknown; duration: unknown },
  truth: { service: Moments; idle: number; start: Moments },
  precision = 0.02,
): Case => {
  const { meanWait, cold } = scaleToZero(RATE, truth.service, truth.idle, truth.start);
  return {
    name,
    scenario: scenario({
      rate: RATE,
      until: 5000 * lengths,
      warmUp: 100,
      service: {
        autoscaler: 'cloud-run',
        scaling: { maxInstanceCount: 1 },
        template: { scaling: { concurrencyTarget: 'disabled' } },
        maxInstanceRequestConcurrency: 1,
        idleTimeout: seconds(world.idle),
        startup: world.startup,
        requests: { duration: world.duration },
      },
    }),
    replications: REPLICATIONS,
    precision,
    claims: [
      mean('mean wait, s', meanWait, pending('mean')),
      mean('mean stay, s', meanWait + truth.service.mean, stay('mean')),
      mean('cold share', cold, share('cold')),
      mean('mean start, s', truth.start.mean, startUp),
    ],
  };
};

// Three steps of a start: constant, uniform on [0, 1], exponential. Their sum has mean 2.5, variance 1/12 + 1.
const STARTUP = { scheduling: '1s', imageImport: uniform(0, 1), containerStart: exponential(1) };
const STEPS = { mean: 2.5, second: 2.5 * 2.5 + 1 / 12 + 1 };
const TRUTH = { service: moments(1, 0.5), idle: 1.5, start: STEPS };
const WAITS = 'requests wait for starts, and behind those who do, as long as Welch says';

/** The world of the oracle; the coverage experiment plays it too. */
export const scalesToZero = (lengths: number, precision?: number): Case =>
  single(WAITS, lengths, { idle: 1.5, startup: STARTUP, duration: gamma(1, 0.5) }, TRUTH, precision);

const byHand = scaleToZero(0.5, moments(1, 1), 0, moments(2, 1));

export const exceptionalFirst: Oracle = {
  id: 'O9',
  title: 'one instance that scales to zero (M/G/1, exceptional first service)',
  source: 'P. D. Welch, Operations Research 12 (1964)',
  byHand: [
    { what: 'E[W], T = 0, exponential set-up', ours: byHand.meanWait, known: 3, within: 1e-12 },
    { what: 'its cold share', ours: byHand.cold, known: 1 / 4, within: 1e-12 },
  ],
  cases: (size) => {
    const precision = size === 'small' ? 0.02 : QUARTER_PERCENT;
    return [
      scalesToZero(times(size, 12), precision),
      single(
        'an instance that leaves at once makes every busy period begin with a start',
        times(size, 16),
        { idle: 0, startup: startup({ containerStart: exponential(2) }), duration: exponential(1) },
        { service: moments(1, 1), idle: 0, start: moments(2, 1) },
        precision,
      ),
    ];
  },
  defects: () => [
    {
      name: 'starts that take 10 % longer',
      wrong: single(
        WAITS,
        1,
        { idle: 1.5, startup: { ...STARTUP, scheduling: '1250ms' }, duration: gamma(1, 0.5) },
        TRUTH,
      ),
      noticedBy: ['mean wait, s', 'mean start, s'],
    },
    {
      name: 'an idle timeout 10 % longer',
      wrong: single(WAITS, 1, { idle: 1.65, startup: STARTUP, duration: gamma(1, 0.5) }, TRUTH),
      noticedBy: ['cold share'],
    },
  ],
};
