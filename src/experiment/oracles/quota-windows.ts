/**
 * O12. What a Cloud KMS quota grants to calls that come at random, counted by calendar seconds or in any second.
 *
 * The calls are those of others on the limit (`otherUsage`), a Poisson stream that is held to it like ours; a key
 * nobody uses makes the limit appear in the summary.
 *
 * Calendar seconds. Of N ~ Poisson(m) calls in a second min(N, Q) are granted, and sum_{k > Q} (k - Q) P(N = k) denied.
 * By hand, Q = 1: granted 1 - e^-m; m = 1: 0.63212.
 *
 * Any second. A call is granted if fewer than n were granted in the span before it: each granted call holds one of n
 * places for exactly one span, and who finds none is lost. That is M/D/n/n, and as the law of service does not matter
 * Erlang B has the answer. By hand, n = 1: after each grant a dead time of one span, 1/(1 + m) granted; m = 1: 1/2.
 * A limit of 90/min is 2 in any 4/3 s, so m = 2 calls a second are 8/3 a span.
 *
 * Starts of ours beside calls of others: two Poisson streams are one, and each loses the share that their sum loses. A
 * start makes one key call here, leaves nothing behind, and a denied one fails its request.
 */
import { poisson } from './many-instances.ts';
import type { Case, Oracle } from './oracle.ts';
import { calendarWindowGrants, slidingWindowGrants } from './quotas.ts';
import {
  KEY,
  key,
  limit,
  mean,
  NO_BACK_OFF,
  oneKeyCall,
  plain,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  service,
  share,
  times,
} from './worlds.ts';

const WARM_UP = 20;

/** Calls of others on a limit. */
export const limited = (
  name: string,
  lengths: number,
  quota: { window: string; perMinute: number; others: number },
  grants: number,
  replications = REPLICATIONS,
  precision = 0.015,
): Case => {
  const until = 600 * lengths;
  return {
    name,
    scenario: scenario({
      until,
      after: 0,
      warmUp: WARM_UP,
      service: { load: '0/s' },
      world: {
        keys: [{ name: KEY.replace(/shop$/, 'spare'), protectionLevel: 'HSM' }],
        quotas: {
          limits: [
            limit('HSM', {
              limit: `${quota.perMinute}/min`,
              window: quota.window,
              otherUsage: `${quota.others}/s`,
            }),
          ],
        },
      },
    }),
    replications,
    precision,
    claims: [
      mean(
        `granted per second, ${quota.window}, ${quota.perMinute}/min`,
        grants,
        ({ summary }) => plain(summary.kms[0].other_usage) / (until - WARM_UP),
      ),
    ],
  };
};

const sharing = (lengths: number, others: number, precision = 0.015): Case => {
  const denied = 1 - slidingWindowGrants(8, 9);
  return {
    name: 'starts that share a limit with others are denied as often as Erlang B says of both together',
    scenario: scenario({
      rate: 4,
      until: 250 * lengths,
      after: 1,
      warmUp: 10,
      service: {
        autoscaler: 'per-request',
        idleTimeout: '0s',
        encryptionKey: KEY,
        startup: oneKeyCall,
        requests: { duration: '0s' },
      },
      world: {
        keys: [key('HSM')],
        quotas: { limits: [limit('HSM', { limit: '480/min', otherUsage: `${others}/s` })] },
        assumptions: NO_BACK_OFF,
      },
    }),
    replications: REPLICATIONS,
    precision,
    claims: [
      mean(
        'share of calls denied',
        denied,
        ({ summary }) => plain(summary.kms[0].exceeded) / plain(summary.kms[0].operations),
      ),
      mean('share of starts refused', denied, (seen) => {
        const { refused, started } = service(seen).instances;
        return plain(refused['quota-exceeded']) / plain(started);
      }),
      mean('share of requests failed', denied, share('code_500')),
    ],
  };
};

const CALENDAR = 'by calendar seconds, what is above the limit is denied second by second';
const SLIDING = 'in any second, as often as Erlang B says';
const calendar = (lengths: number, precision?: number) =>
  limited(
    CALENDAR,
    lengths,
    { window: 'calendar-second', perMinute: 600, others: 9 },
    9 * calendarWindowGrants(10, 9),
    REPLICATIONS,
    precision,
  );
const sliding = (lengths: number, precision?: number) =>
  limited(
    SLIDING,
    lengths,
    { window: 'sliding', perMinute: 600, others: 9 },
    9 * slidingWindowGrants(10, 9),
    REPLICATIONS,
    precision,
  );

export const quotaWindows: Oracle = {
  id: 'O12',
  title: 'a quota held second by second (Poisson excess; M/D/n/n)',
  source: 'Poisson excess; Erlang B: B. A. Sevastyanov, Theory of Probability 2 (1957)',
  byHand: [
    {
      what: 'calendar, Q = 1, m = 1',
      ours: calendarWindowGrants(1, 1),
      known: 0.6321205588286,
      within: 1e-12,
    },
    {
      what: 'granted and denied make all',
      ours: 9 * (1 - calendarWindowGrants(10, 9)),
      known: poisson(9, 60).reduce((sum, p, k) => sum + Math.max(0, k - 10) * p, 0),
      within: 1e-9,
    },
    { what: 'any second, n = 1, m = 1', ours: slidingWindowGrants(1, 1), known: 1 / 2, within: 1e-12 },
  ],
  cases: (size) => {
    const precision = size === 'small' ? 0.015 : QUARTER_PERCENT;
    return [
      calendar(times(size, 4), precision),
      sliding(times(size, 4), precision),
      limited(
        'with a limit below one a second too',
        times(size, 8),
        { window: 'sliding', perMinute: 90, others: 2 },
        2 * slidingWindowGrants(2, 8 / 3),
        REPLICATIONS,
        precision,
      ),
      sharing(times(size, 16), 5, precision),
    ];
  },
  defects: () => {
    const is = 9 * calendarWindowGrants(10, 9);
    const any = 9 * slidingWindowGrants(10, 9);
    const at = (window: string, others: number, perMinute = 600) => ({ window, perMinute, others });
    return [
      {
        name: '4 % more calls, by calendar seconds',
        wrong: limited(CALENDAR, 1, at('calendar-second', 9.36), is, 20),
      },
      { name: 'a limit of 11', wrong: limited(CALENDAR, 1, at('calendar-second', 9, 660), is, 10) },
      { name: '4 % more calls, in any second', wrong: limited(SLIDING, 1, at('sliding', 9.36), any, 20) },
      {
        name: 'calendar seconds instead of any',
        wrong: limited(SLIDING, 1, at('calendar-second', 9), any, 10),
      },
      {
        name: 'a token bucket instead of any second',
        wrong: limited(SLIDING, 1, at('token-bucket', 9), any, 10),
      },
      { name: 'others that call 8 % more often', wrong: sharing(1, 5.4) },
    ];
  },
};
