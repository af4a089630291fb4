/**
 * O8. One instance, any service: M/G/1 (F. Pollaczek 1930, A. Khinchine 1932).
 *
 * A request waits for what is left of the one in service, E[S^2]/(2 E[S]) with probability rho, and for the whole of
 * those in front, lambda E[W] of them: E[W] = lambda E[S^2]/2 + rho E[W], so E[W] = lambda E[S^2]/(2 (1 - rho)).
 * By hand, lambda = 1/2, S = 1 (E[S^2] = 1): 1/2; exponential (E[S^2] = 2): 1.
 */
import type { Case, Oracle } from './oracle.ts';
import { moments, pollaczekKhinchine } from './queues.ts';
import {
  FEW,
  fleet,
  gamma,
  lognormal,
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
  rate: number,
  cv: number,
  duration: unknown,
  replications = REPLICATIONS,
  precision = 0.03,
): Case => ({
  name,
  scenario: scenario({
    rate,
    until: (8000 / rate) * lengths,
    warmUp: 100,
    service: { ...fleet(1), requests: { duration } },
  }),
  replications,
  precision,
  claims: [mean(`mean wait, cv ${cv}, s`, pollaczekKhinchine(rate, moments(1, cv)), pending('mean'))],
});

const CONSTANT = 'requests of constant length wait as long as theory says';
const LITTLE = 'so do requests that vary little';
const MUCH = 'so do requests that vary much';

export const anyService: Oracle = {
  id: 'O8',
  title: 'one instance, any service (M/G/1)',
  source: 'Pollaczek-Khinchine: L. Kleinrock, Queueing Systems I, 5.6',
  byHand: [
    { what: 'constant service', ours: pollaczekKhinchine(0.5, moments(1, 0)), known: 0.5, within: 1e-12 },
    { what: 'exponential service', ours: pollaczekKhinchine(0.5, moments(1, 1)), known: 1, within: 1e-12 },
  ],
  cases: (size) => {
    const precision = size === 'small' ? 0.015 : QUARTER_PERCENT;
    return [
      single(CONSTANT, times(size, 13), 0.6, 0, '1s', REPLICATIONS, precision),
      single(LITTLE, times(size, 14), 0.6, 0.5, gamma(1, 0.5), REPLICATIONS, precision),
      // A mean wait hangs on the third and fourth moments of service: twice the requests would be needed.
      single(
        MUCH,
        times(size, 26),
        0.5,
        1.5,
        lognormal(1, 1.5),
        REPLICATIONS,
        size === 'small' ? 0.03 : 0.005,
      ),
    ];
  },
  defects: () => [
    { name: 'constant service that takes 4 % longer', wrong: single(CONSTANT, 1, 0.6, 0, '1.04s', FEW) },
    {
      name: 'varying service that takes 4 % longer',
      wrong: single(LITTLE, 1, 0.6, 0.5, gamma(1.04, 0.5), FEW),
    },
  ],
};
