/**
 * O15. Calls that are tried again: geometric sums.
 *
 * Key calls. If each fails with probability q, the i-th delay is waited with probability q^i:
 * E[wait] = sum q^i min(max, b f^(i-1)), half of that with full jitter, and a start makes 1/(1 - q) calls. By hand,
 * q = 1/2, b = 1, f = 1: 1/2 + 1/4 + ... = 1; with f = 4, max 4: 1/2 + 4 (1/4 + 1/8 + ...) = 2.5.
 *
 * Clients. A start that is refused fails its request; if each fails with probability q and a client tries m times more,
 * it makes q + q^2 + ... + q^m retries on average, and q^(m+1) of all users get nothing. By hand, q = 1/2, m = 2: 3/4
 * and 1/8. (The wait of a revision after a failed start is made a nanosecond, or attempts would not be independent.)
 */
import { retriesOf, waitedUntilSuccess } from './faults.ts';
import type { Case, Oracle } from './oracle.ts';
import { starts } from './outages.ts';
import {
  FEW,
  instances,
  mean,
  NO_BACK_OFF,
  plain,
  REPLICATIONS,
  requests,
  service,
  startUp,
  times,
} from './worlds.ts';

const WAIT = waitedUntilSuccess(0.4, { initial: 0.1, factor: 2, max: 1 });

const failing = (
  name: string,
  lengths: number,
  given: { share?: string; jitter: string; factor?: number },
  waited: number,
  replications = REPLICATIONS,
  precision = 0.02,
): Case => ({
  name,
  scenario: starts({
    rate: 1,
    until: 1200 * lengths,
    assumptions: {
      keyRetry: { initial: '100ms', factor: given.factor ?? 2, max: '1s', jitter: given.jitter },
    },
    outage: {
      at: '0s',
      ekmUnreachable: { key: 'shop', error: 'OVERLOADED_EKM', share: given.share ?? '40%' },
    },
  }),
  replications,
  precision,
  claims: [
    mean('mean start, s', waited, startUp),
    mean(
      'calls a start',
      1 / 0.6,
      (seen) => plain(seen.summary.kms[0].operations) / instances('started')(seen),
    ),
  ],
});

const { retries, givenUp } = retriesOf(0.3, 2);

const refusing = (
  lengths: number,
  share: string,
  most = 2,
  replications = REPLICATIONS,
  precision = 0.03,
): Case => {
  const logical = (name: 'failed' | 'succeeded') => (seen: Parameters<typeof service>[0]) =>
    plain(service(seen).logical[name]) / plain(service(seen).logical.offered);
  return {
    name: 'as many clients try again, and as many get nothing, as independent attempts would have it',
    scenario: starts({
      rate: 1,
      until: 2000 * lengths,
      assumptions: NO_BACK_OFF,
      clients: { retries: most, backoff: { initial: '100ms', factor: 2, max: '10s', jitter: 'full' } },
      outage: { at: '0s', ekmUnreachable: { key: 'shop', error: 'TLS_CERT', share } },
    }),
    replications,
    precision,
    claims: [
      mean(
        'retries a user',
        retries,
        (seen) => requests('retries')(seen) / plain(service(seen).logical.offered),
      ),
      mean('share of users that gets nothing', givenUp, logical('failed')),
      mean('share of users that is served', 1 - givenUp, logical('succeeded')),
    ],
  };
};

const PLAIN = 'a start waits for the sum of its delays';
const JITTER = 'with full jitter, for half of it';

export const attempts: Oracle = {
  id: 'O15',
  title: 'calls that are tried again (geometric sums)',
  source: 'geometric sums; worked in the first paragraph of the oracle',
  byHand: [
    {
      what: 'q = 1/2, constant delays',
      ours: waitedUntilSuccess(0.5, { initial: 1, factor: 1, max: 9 }),
      known: 1,
      within: 1e-12,
    },
    {
      what: 'q = 1/2, delays 1, 4, 4 …',
      ours: waitedUntilSuccess(0.5, { initial: 1, factor: 4, max: 4 }),
      known: 2.5,
      within: 1e-12,
    },
    { what: 'retries, q = 1/2, m = 2', ours: retriesOf(0.5, 2).retries, known: 0.75, within: 0 },
    { what: 'given up', ours: retriesOf(0.5, 2).givenUp, known: 0.125, within: 0 },
  ],
  cases: (size) => {
    // Every observation is a start, which costs ten times what a request does to simulate.
    const precision = size === 'small' ? 0.02 : 0.006;
    return [
      failing(PLAIN, times(size, 12), { jitter: 'none' }, WAIT, REPLICATIONS, precision),
      failing(JITTER, times(size, 14), { jitter: 'full' }, WAIT / 2, REPLICATIONS, precision),
      // Three in a hundred users get nothing: their share is the hardest to know.
      refusing(times(size, 10), '30%', 2, REPLICATIONS, size === 'small' ? 0.03 : 0.01),
    ];
  },
  defects: () => [
    { name: 'a share 5 % higher', wrong: failing(PLAIN, 1, { share: '42%', jitter: 'none' }, WAIT, 30) },
    {
      name: 'delays that grow faster',
      wrong: failing(PLAIN, 1, { jitter: 'none', factor: 2.5 }, WAIT, FEW),
      noticedBy: ['mean start, s'],
    },
    {
      name: 'a share of refusals 10 % higher',
      wrong: refusing(1, '33%', 2, FEW),
      noticedBy: ['retries a user'],
    },
    { name: 'one retry more', wrong: refusing(1, '30%', 3, 10) },
  ],
};
