/**
 * O18. Arrivals that are not Poisson: GI/M/1, MMPP/M/1 and Kingman's bound (L. Kleinrock, Queueing Systems I, 6.4;
 * J. F. C. Kingman 1962).
 *
 * GI/M/1. What an arrival finds is geometric with sigma, the root below 1 of sigma = E[e^(-mu (1 - sigma) A)], so
 * E[W] = sigma/(mu (1 - sigma)). Poisson arrivals give sigma = rho. By hand for regular ones, lambda = 1/2:
 * sigma = e^(-2 (1 - sigma)), 0.2032, E[W] = 0.2550.
 *
 * MMPP/M/1. (state of the traffic, requests present) is a Markov chain, cut off where nobody gets in the long run; by
 * Little E[W] = E[(N - 1)+] over the mean rate. Here 0.2 a second for 20 s and 1.4 for 10 s on average: 0.6.
 *
 * GI/G/1, Kingman. With U = S - A, W' = max(0, W + U) and the idle time I = max(0, -(W + U)), the squares of
 * W' - I = W + U give E[W] = E[U^2]/(-2 E[U]) - E[I^2]/(2 E[I]) <= lambda (var A + var S)/(2 (1 - rho)). By hand, M/M/1
 * with rho = 1/2: (1/2)(4 + 1)/(2 (1/2)) = 2.5, above the true 1.
 */
import { exp } from '../../engine/portable-math.ts';
import { average, stationary } from './markov-chain.ts';
import type { Case, Claim, Oracle } from './oracle.ts';
import { anyArrivals as gim1, kingmanBound, moments } from './queues.ts';
import {
  exponential,
  FEW,
  fleet,
  gamma,
  mean,
  pending,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  times,
} from './worlds.ts';

const single = (
  name: string,
  lengths: number,
  load: unknown,
  duration: unknown,
  claims: readonly Claim[],
  replications = REPLICATIONS,
  precision = 0.04,
): Case => ({
  name,
  scenario: scenario({
    until: 10_000 * lengths,
    after: 0,
    warmUp: 100,
    service: { ...fleet(1), load, requests: { duration } },
  }),
  replications,
  precision,
  claims,
});

const REGULAR = { arrivals: 'regular', startRate: '0.7/s' };
const regularWait = mean(
  'mean wait behind regular arrivals, s',
  gim1((s) => exp(-s / 0.7), 1),
  pending('mean'),
);

// One gap in five is long: rates 1.7 and 0.25 give a mean of 0.8/1.7 + 0.2/0.25 = 1.2706 s.
const BURSTS = {
  arrivals: {
    interarrival: {
      mixture: [
        { weight: 8, of: exponential(1 / 1.7) },
        { weight: 2, of: exponential(4) },
      ],
    },
  },
};
const burstsWait = mean(
  'mean wait behind bursts, s',
  gim1((s) => (0.8 * 1.7) / (1.7 + s) + (0.2 * 0.25) / (0.25 + s), 1),
  pending('mean'),
);

const RATES = [0.2, 1.4];
const STAYS = [20, 10];
const jumps = (stay: string) => ({
  arrivals: { mmpp: { rates: RATES.map((rate) => `${rate}/s`), stay: ['20s', stay] } },
});
function jumpsWait(): Claim {
  const law = stationary([0, 0], ([phase, n]) => [
    { to: [1 - phase, n], rate: 1 / STAYS[phase] },
    ...(n < 150 ? [{ to: [phase, n + 1], rate: RATES[phase] }] : []),
    ...(n > 0 ? [{ to: [phase, n - 1], rate: 1 }] : []),
  ]);
  const is = average(law, ([, n]) => Math.max(0, n - 1)) / 0.6;
  return mean('mean wait behind traffic that jumps, s', is, pending('mean'));
}

const bounded = (lengths: number, cv: number): Case =>
  single(
    'nobody waits longer than Kingman allows, unless service varies more than stated',
    lengths,
    { arrivals: { interarrival: gamma(1 / 0.8, 0.6) } },
    gamma(1, cv),
    [
      {
        kind: 'bound',
        name: "mean wait against Kingman's bound, s",
        is: kingmanBound(moments(1 / 0.8, 0.6), moments(1, 1.2)),
        of: pending('mean'),
      },
    ],
    FEW,
  );

const BEHIND_REGULAR = 'behind regular arrivals requests wait less';
const BEHIND_BURSTS = 'behind bursts they wait longer';
const BEHIND_JUMPS = 'behind traffic that jumps between two rates they wait as the exact chain says';

export const anyArrivals: Oracle = {
  id: 'O18',
  title: 'arrivals that are not Poisson (GI/M/1, MMPP/M/1, Kingman)',
  source: 'L. Kleinrock, Queueing Systems I, 6.4; J. F. C. Kingman 1962',
  byHand: [
    { what: 'Poisson arrivals, load 0.6', ours: gim1((s) => 0.6 / (0.6 + s), 1), known: 1.5, within: 1e-9 },
    { what: 'regular arrivals, load 0.5', ours: gim1((s) => exp(-2 * s), 1), known: 0.255, within: 1e-3 },
    {
      what: 'Kingman, M/M/1, load 0.5',
      ours: kingmanBound(moments(2, 1), moments(1, 1)),
      known: 2.5,
      within: 1e-12,
    },
  ],
  cases: (size) => {
    const full = size === 'full';
    return [
      single(
        BEHIND_REGULAR,
        times(size, 28),
        REGULAR,
        exponential(1),
        [regularWait],
        REPLICATIONS,
        full ? QUARTER_PERCENT : 0.025,
      ),
      single(
        BEHIND_BURSTS,
        times(size, 32),
        BURSTS,
        exponential(1),
        [burstsWait],
        REPLICATIONS,
        full ? 0.006 : 0.035,
      ),
      // Every change of the rate is felt for minutes.
      single(
        BEHIND_JUMPS,
        times(size, 18),
        jumps('10s'),
        exponential(1),
        [jumpsWait()],
        REPLICATIONS,
        full ? 0.007 : 0.04,
      ),
      bounded(times(size, 4), 1.2),
    ];
  },
  defects: () => [
    {
      name: 'service that takes 4 % longer',
      wrong: single(BEHIND_REGULAR, 1, REGULAR, exponential(1.04), [regularWait], FEW),
    },
    {
      name: 'a busy phase that lasts 20 % longer',
      wrong: single(BEHIND_JUMPS, 1, jumps('12s'), exponential(1), [jumpsWait()]),
    },
    { name: 'service that varies more than Kingman was told', wrong: bounded(1, 1.8) },
  ],
};
