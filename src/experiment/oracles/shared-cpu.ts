/**
 * O11. Requests that share one CPU: M/G/1 with processor sharing (L. Kleinrock, Queueing Systems II, 4.4).
 *
 * The number present is geometric with rho whatever the law of service (the chain is reversible in its phases), so
 * E[N] = rho/(1 - rho), and by Little E[T] = E[S]/(1 - rho). By hand: rho = 1/2 doubles the stay. The law itself would
 * show in a queue that is served in turn: with cv 1.5 the mean would be 1.7 times as long.
 *
 * Two vCPU, each request on one at most: n requests are finished at the rate min(n, 2) mu, as in M/M/2, so the stay has
 * the same mean. What a request does besides, without CPU, is M/G/inf behind it and adds its own mean: with a duration
 * of 3 s in all and S exponential, E[max(0, 3 - S)] = 3 - 1 + e^-3.
 */
import { exp } from '../../engine/portable-math.ts';
import type { Case, Oracle } from './oracle.ts';
import { ManyServers, processorSharing } from './queues.ts';
import {
  execution,
  exponential,
  FEW,
  fleet,
  lognormal,
  mean,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  stay,
  times,
} from './worlds.ts';

const shared = (
  name: string,
  lengths: number,
  cpuTime: unknown,
  replications = REPLICATIONS,
  precision = 0.02,
): Case => ({
  name,
  scenario: scenario({
    rate: 0.6,
    until: 9000 * lengths,
    warmUp: 100,
    service: { ...fleet(1, 1000), cpu: 1, requests: { duration: '0s', cpuTime } },
  }),
  replications,
  precision,
  claims: [
    mean('mean stay, s', processorSharing(0.6, 1), stay('mean')),
    mean('mean execution, s', processorSharing(0.6, 1), execution),
  ],
});

const two = (lengths: number, work: number, replications = REPLICATIONS, precision = 0.015): Case => ({
  name: 'on two vCPU it takes as long as with two servers, and the rest of a request comes on top',
  scenario: scenario({
    rate: 1.2,
    until: 4000 * lengths,
    warmUp: 100,
    service: { ...fleet(1, 1000), cpu: 2, requests: { duration: '3s', cpuTime: exponential(work) } },
  }),
  replications,
  precision,
  claims: [
    mean('mean stay on two vCPU, s', new ManyServers(2, 1.2, 1).meanWait + 1 + 2 + exp(-3), stay('mean')),
  ],
});

const EXPONENTIAL = 'exponential work takes 1/(1 - load) times as long';
const LOGNORMAL = 'so does lognormal work';

export const sharedCpu: Oracle = {
  id: 'O11',
  title: 'requests that share the CPU (M/G/1-PS, M/M/2-PS)',
  source: 'L. Kleinrock, Queueing Systems II, 4.4',
  byHand: [
    { what: 'stay at load 1/2', ours: processorSharing(0.5, 1), known: 2, within: 0 },
    // M/M/2 with a = 1.2: C = 0.45, E[W] = 0.45/0.8.
    {
      what: 'E[W] of M/M/2, a = 1.2',
      ours: new ManyServers(2, 1.2, 1).meanWait,
      known: 0.5625,
      within: 1e-12,
    },
  ],
  cases: (size) => {
    const precision = size === 'small' ? 0.015 : QUARTER_PERCENT;
    return [
      shared(EXPONENTIAL, times(size, 19), exponential(1), REPLICATIONS, precision),
      shared(LOGNORMAL, times(size, 28), lognormal(1, 1.5), REPLICATIONS, precision),
      two(times(size, 2.4), 1, REPLICATIONS, precision),
    ];
  },
  defects: () => [
    { name: 'work that is 4 % more', wrong: shared(EXPONENTIAL, 1, exponential(1.04), FEW) },
    { name: 'work on two vCPU that is 5 % more', wrong: two(1, 1.05, FEW) },
  ],
};
