/**
 * O5. A bounded queue: M/M/c/K (D. Gross et al., Fundamentals of Queueing Theory, 2.5).
 *
 * The chain of M/M/c, cut off at K. Lost is who finds K; who is admitted waits Lq / (lambda (1 - p_K)) by Little.
 * By hand, c = 1, K = 2, a = 1: p = 1/3 each, lost 1/3, Lq = 1/3, E[W] = (1/3)/(2/3) = 1/2.
 */
import type { Case, Oracle } from './oracle.ts';
import { boundedQueue as chain } from './queues.ts';
import {
  exponential,
  FEW,
  fleet,
  mean,
  pending,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  share,
  times,
} from './worlds.ts';

const { lost, meanWait } = chain(2, 6, 1.8, 1);

const queue = (lengths: number, service: number, replications = REPLICATIONS, precision = 0.03): Case => ({
  name: 'as many are refused, and the others wait as long, as theory says',
  scenario: scenario({
    rate: 1.8,
    until: 3000 * lengths,
    warmUp: 50,
    service: { ...fleet(2), pendingLimit: 4, requests: { duration: exponential(service) } },
  }),
  replications,
  precision,
  claims: [
    mean('share of 429', lost, share('code_429')),
    mean('mean wait of those admitted, s', meanWait, pending('mean')),
  ],
});

export const boundedQueue: Oracle = {
  id: 'O5',
  title: 'a bounded queue (M/M/2/6, load 0.9)',
  source: 'D. Gross et al., Fundamentals of Queueing Theory, 2.5',
  byHand: [
    { what: 'lost of M/M/1/2, a = 1', ours: chain(1, 2, 1, 1).lost, known: 1 / 3, within: 1e-12 },
    { what: 'its E[W]', ours: chain(1, 2, 1, 1).meanWait, known: 1 / 2, within: 1e-12 },
  ],
  cases: (size) => [queue(times(size, 40), 1, REPLICATIONS, size === 'small' ? 0.03 : QUARTER_PERCENT)],
  defects: () => [{ name: 'service that takes 4 % longer', wrong: queue(1, 1.04, FEW) }],
};
