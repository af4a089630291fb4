/**
 * O3. A fixed fleet with one queue in front: M/M/c (A. K. Erlang 1917; L. Kleinrock, Queueing Systems I, 3.5).
 *
 * With manual scaling all instances are there from the beginning, so n instances of k slots are c = n k servers. Births
 * lambda, deaths min(n, c) mu give p_n ~ a^n/n! up to c and p_c (a/c)^(n-c) above. An arrival sees these (PASTA), waits
 * with probability C = P(n >= c), and then for n-c+1 departures at rate c mu, a geometric number of exponentials:
 * exponential with rate c mu - lambda. So E[W] = C/(c mu - lambda), P(W > t) = C e^(-(c mu - lambda) t).
 * By hand, c = 2, a = 1: p_0 (1 + 1 + 1/2 + 1/4 ...) = 1, p_0 = 1/3, C = 1 - 2/3 = 1/3, E[W] = 1/3, and the wait's
 * p99 = ln(100/3) = 3.5066. Its p50 is 0, as two in three do not wait.
 */
import type { Case, Oracle } from './oracle.ts';
import { erlangC, ManyServers } from './queues.ts';
import {
  exponential,
  FEW,
  fleet,
  mean,
  pending,
  quantile,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  stay,
  times,
} from './worlds.ts';

const LAMBDA = 2.8;
const theory = new ManyServers(4, LAMBDA, 1);

const queue = (lengths: number, service: number, replications = REPLICATIONS, precision = 0.03): Case => ({
  name: 'requests wait, and stay, as long as Erlang C says',
  scenario: scenario({
    rate: LAMBDA,
    until: 3500 * lengths,
    warmUp: 50,
    service: { ...fleet(2, 2), requests: { duration: exponential(service) } },
  }),
  replications,
  precision,
  claims: [
    mean('mean wait, s', theory.meanWait, pending('mean')),
    // One request in a hundred waits longer: it takes more of them.
    {
      ...quantile('p99 of the wait, s', theory.waitQuantile(0.99), pending('p99')),
      precision: 1.6 * precision,
    },
    mean('mean stay, s', theory.meanWait + 1, stay('mean')),
    quantile('p50 of the stay, s', theory.sojournQuantile(0.5), stay('p50')),
    quantile('p95 of the stay, s', theory.sojournQuantile(0.95), stay('p95')),
    quantile('p99 of the stay, s', theory.sojournQuantile(0.99), stay('p99')),
  ],
});

const two = new ManyServers(2, 1, 1);

export const fixedFleet: Oracle = {
  id: 'O3',
  title: 'a fixed fleet with a queue in front (M/M/4, load 0.7)',
  source: 'Erlang C: L. Kleinrock, Queueing Systems I, 3.5',
  byHand: [
    { what: 'C(2, 1)', ours: erlangC(2, 1), known: 1 / 3, within: 1e-12 },
    { what: 'E[W] of M/M/2, a = 1', ours: two.meanWait, known: 1 / 3, within: 1e-12 },
    { what: 'its p99', ours: two.waitQuantile(0.99), known: 3.5066, within: 1e-4 },
    { what: 'its p50', ours: two.waitQuantile(0.5), known: 0, within: 0 },
    // M/M/1: the stay is exponential with rate mu - lambda.
    {
      what: 'p50 of the stay, M/M/1, a = 1/2',
      ours: new ManyServers(1, 0.5, 1).sojournQuantile(0.5),
      known: 1.3862943611,
      within: 1e-9,
    },
  ],
  cases: (size) => [queue(times(size, 42), 1, REPLICATIONS, size === 'small' ? 0.03 : QUARTER_PERCENT)],
  defects: () => [
    {
      name: 'service that takes 4 % longer',
      wrong: queue(1, 1.04, FEW),
      noticedBy: ['mean wait, s', 'mean stay, s', 'p50 of the stay, s'],
    },
  ],
};
