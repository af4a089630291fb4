/**
 * O4. A fixed fleet without a queue: M/G/c/c, Erlang B (A. K. Erlang 1917; B. A. Sevastyanov 1957).
 *
 * Without a queue p_n ~ a^n/n! for n <= c, and an arrival is lost with p_c; the law of service does not matter beyond
 * its mean (insensitivity). By hand, c = 2, a = 1: (1/2)/(1 + 1 + 1/2) = 1/5.
 */
import type { Case, Oracle } from './oracle.ts';
import { erlangB } from './queues.ts';
import {
  exponential,
  FEW,
  fleet,
  lognormal,
  mean,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  share,
  times,
} from './worlds.ts';

const loss = (
  name: string,
  lengths: number,
  duration: unknown,
  replications = REPLICATIONS,
  precision = 0.015,
): Case => ({
  name,
  scenario: scenario({
    rate: 4,
    until: 1500 * lengths,
    warmUp: 50,
    service: { ...fleet(1, 5), pendingLimit: 0, requests: { duration } },
  }),
  replications,
  precision,
  claims: [mean('share of 429', erlangB(5, 4), share('code_429'))],
});

const EXPONENTIAL = 'exponential requests are refused as often as Erlang B says';
const LOGNORMAL = 'so are lognormal ones, which vary twice as much';

export const lossSystem: Oracle = {
  id: 'O4',
  title: 'a fixed fleet without a queue (M/G/5/5, a = 4)',
  source: 'Erlang B; insensitivity: B. A. Sevastyanov, Theory of Probability 2 (1957)',
  byHand: [{ what: 'B(2, 1)', ours: erlangB(2, 1), known: 1 / 5, within: 1e-12 }],
  cases: (size) => {
    const precision = size === 'small' ? 0.015 : QUARTER_PERCENT;
    return [
      loss(EXPONENTIAL, times(size, 10), exponential(1), REPLICATIONS, precision),
      loss(LOGNORMAL, times(size, 13), lognormal(1, 2), REPLICATIONS, precision),
    ];
  },
  defects: () => [
    {
      name: 'exponential service that takes 5 % longer',
      wrong: loss(EXPONENTIAL, 1, exponential(1.05), FEW),
    },
    { name: 'lognormal service that takes 5 % longer', wrong: loss(LOGNORMAL, 1, lognormal(1.05, 2), FEW) },
  ],
};
