/**
 * O10. Requests that wait no longer than `pendingTimeout`: M/M/n with patience tau (F. Baccelli and G. Hebuterne 1981;
 * S. Zeltyn and A. Mandelbaum, Queueing Systems 51, 2005).
 *
 * While all n are busy the wait an arrival would have moves like work: it has the density
 * lambda p_(n-1) e^(-(n mu - lambda) x) up to tau, beyond which nobody adds to it and it falls like e^(-n mu x). Who
 * would wait longer than tau is lost: lambda p_(n-1) e^(-(n mu - lambda) tau) / (n mu); p_(n-1) is what makes the sum
 * of everything 1. By hand, n = 1, lambda = mu = 1: p_0 (1 + tau + 1) = 1, so 1/(2 + tau) is lost; tau = 0 is Erlang B.
 *
 * Where nobody waits, a request is cut off if its service alone outlasts the limit: P(S > tau) = e^(-mu tau). By hand,
 * tau = 2, mu = 1: 0.13534. That holds for `timeout` (504) and for the patience of clients (499).
 */
import { exp } from '../../engine/portable-math.ts';
import type { Case, Oracle } from './oracle.ts';
import { erlangB, patientFor } from './queues.ts';
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

const { lost, meanWait } = patientFor(1.5, 2, 2.2, 1);

const queue = (
  lengths: number,
  service = 1,
  patience = '1500ms',
  replications = REPLICATIONS,
  precision = 0.015,
): Case => ({
  name: 'as many give up, and the others wait as long, as theory says',
  scenario: scenario({
    rate: 2.2,
    until: 3000 * lengths,
    warmUp: 50,
    service: { ...fleet(2), pendingTimeout: patience, requests: { duration: exponential(service) } },
  }),
  replications,
  precision,
  claims: [
    mean('share of 429', lost, share('code_429')),
    mean('mean wait of those served, s', meanWait, pending('mean')),
  ],
});

/** The world of the oracle; the coverage experiment plays it too. */
export const impatient = queue;

const limited = (code: 'code_504' | 'code_499', lengths: number, service = 1, precision = 0.015): Case => ({
  name:
    code === 'code_504'
      ? 'a timeout is answered 504 as often as service outlasts it'
      : 'clients that leave are counted 499 as often as service outlasts them',
  scenario: scenario({
    rate: 20,
    until: 100 * lengths,
    service: {
      ...fleet(90),
      ...(code === 'code_504' ? { timeout: '2s' } : { clients: { timeout: '2s' } }),
      requests: { duration: exponential(service) },
    },
  }),
  replications: REPLICATIONS,
  precision,
  claims: [mean(`share of ${code.slice(5)}`, exp(-2), share(code))],
});

export const patience: Oracle = {
  id: 'O10',
  title: 'requests that wait no longer than a limit (M/M/2 + D, load 1.1)',
  source: 'F. Baccelli, G. Hebuterne 1981; S. Zeltyn, A. Mandelbaum, Queueing Systems 51 (2005)',
  byHand: [
    { what: 'lost, n = 1, tau = 1.5', ours: patientFor(1.5, 1, 1, 1).lost, known: 1 / 3.5, within: 1e-12 },
    { what: 'tau = 0 is Erlang B', ours: patientFor(0, 3, 2, 1).lost, known: erlangB(3, 2), within: 1e-12 },
    { what: 'tau = 200 is Erlang C', ours: patientFor(200, 2, 1, 1).meanWait, known: 1 / 3, within: 1e-9 },
    { what: 'P(S > 2)', ours: exp(-2), known: 0.1353352832366, within: 1e-12 },
  ],
  cases: (size) => {
    const precision = size === 'small' ? 0.015 : QUARTER_PERCENT;
    return [
      queue(times(size, 10), 1, '1500ms', REPLICATIONS, precision),
      limited('code_504', times(size, 18), 1, precision),
      limited('code_499', times(size, 18), 1, precision),
    ];
  },
  defects: () => [
    {
      name: 'service that takes 4 % longer',
      wrong: queue(1, 1.04, '1500ms', FEW),
      noticedBy: ['share of 429'],
    },
    {
      name: 'a limit 5 % higher',
      wrong: queue(1, 1, '1575ms', FEW),
      noticedBy: ['mean wait of those served, s'],
    },
    { name: 'service that outlasts the timeout 5 % longer', wrong: limited('code_504', 1, 1.05) },
  ],
};
