/**
 * What a Cloud KMS quota grants to calls that come at random: the three ways of counting a second.
 *
 * The calls are those of others on the limit (`otherUsage`), a Poisson stream that is held to it like ours; a key nobody
 * uses makes the limit appear in the summary.
 */
import { describe, expect, test } from 'vitest';
import { poisson } from '../../src/experiment/oracles/many-instances.ts';
import {
  calendarWindowGrants,
  slidingWindowGrants,
  tokenBucketGrants,
} from '../../src/experiment/oracles/quotas.ts';
import type { Results } from '../../src/probes/results.ts';
import { agree, disagree, scenario, service, share } from './replications.ts';

const SECONDS = 600;
const WARM_UP = 20;

function limited(window: string, limit: string, others: number): string {
  const key = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/spare';
  return scenario({
    until: SECONDS,
    after: 0,
    warmUp: WARM_UP,
    service: { load: '0/s' },
    world: {
      keys: [{ name: key, protectionLevel: 'HSM' }],
      quotas: {
        limits: [
          {
            project: 'kms-prod',
            location: 'europe-west3',
            protectionLevel: 'HSM',
            limit,
            window,
            otherUsage: `${others}/s`,
          },
        ],
      },
    },
  });
}
const perSecond = (results: Results) => (results.summary.kms[0].other_usage as number) / (SECONDS - WARM_UP);
const granted = (is: number) => ({ 'granted per second': { is, of: perSecond } });

/**
 * Calendar seconds. Of N ~ Poisson(m) calls in a second min(N, Q) are granted, and sum_{k > Q} (k - Q) P(N = k) denied.
 * By hand, Q = 1: granted 1 - e^-m; m = 1: 0.63212.
 */
describe('calls counted by calendar seconds', () => {
  const is = 9 * calendarWindowGrants(10, 9);

  test('the formula gives what was worked out by hand', () => {
    expect(calendarWindowGrants(1, 1)).toBeCloseTo(1 - 1 / Math.E, 12);
    const denied = poisson(9, 60).reduce((sum, p, k) => sum + Math.max(0, k - 10) * p, 0);
    expect(9 * (1 - calendarWindowGrants(10, 9))).toBeCloseTo(denied, 9);
  });

  test('what is above the limit is denied, second by second', () =>
    agree(limited('calendar-second', '600/min', 9), 40, granted(is)));

  test('4 % more calls, and a limit of 11, are noticed', () => {
    disagree(limited('calendar-second', '600/min', 9.36), 20, granted(is));
    disagree(limited('calendar-second', '660/min', 9), 10, granted(is));
  });
});

/**
 * Any second. A call is granted if fewer than n were granted in the span before it: each granted call holds one of n
 * places for exactly one span, and who finds none is lost. That is M/D/n/n, and as the law of service does not matter
 * Erlang B has the answer. By hand, n = 1: after each grant a dead time of one span, 1/(1 + m) granted; m = 1: 1/2.
 * A limit of 90/min is 2 in any 4/3 s, so m = 2 calls a second are 8/3 a span.
 */
describe('calls counted in any second', () => {
  const is = 9 * slidingWindowGrants(10, 9);

  test('the formula gives what was worked out by hand', () =>
    expect(slidingWindowGrants(1, 1)).toBeCloseTo(0.5, 12));

  test('what is above the limit is denied as often as Erlang B says', () => {
    agree(limited('sliding', '600/min', 9), 40, granted(is));
    agree(limited('sliding', '90/min', 2), 40, granted(2 * slidingWindowGrants(2, 8 / 3)));
  });

  test('4 % more calls, and another way of counting, are noticed', () => {
    disagree(limited('sliding', '600/min', 9.36), 20, granted(is));
    disagree(limited('calendar-second', '600/min', 9), 10, granted(is));
    disagree(limited('token-bucket', '600/min', 9), 10, granted(is));
  });
});

/**
 * A bucket of B tokens into which they drip at the rate mu: each grant pushes the instant at which it would be full again
 * by 1/mu, and is refused if that instant would then lie more than B/mu ahead. That instant is the work in front of a
 * server with constant service: M/D/1 with room for B. Its chain at departures has pi_0 P(no arrival) etc.; in a cycle of
 * mean pi_0/lambda + 1/mu one call is served, so the share granted is 1/(pi_0 + lambda/mu).
 * By hand, B = 1: pi_0 = 1, 1/(1 + a). B = 2: pi_0 = e^-a, 1/(e^-a + a); a = 1: 0.73106.
 */
describe('calls that take tokens from a bucket', () => {
  const is = 9 * tokenBucketGrants(10, 0.9);

  test('the formula gives what was worked out by hand', () => {
    expect(tokenBucketGrants(1, 1)).toBeCloseTo(0.5, 12);
    expect(tokenBucketGrants(2, 1)).toBeCloseTo(1 / (1 / Math.E + 1), 12);
  });

  test('what finds the bucket empty is denied as often as M/D/1 with room for B refuses', () => {
    agree(limited('token-bucket', '600/min', 9), 40, granted(is));
    agree(limited('token-bucket', '90/min', 2), 40, granted(2 * tokenBucketGrants(2, 4 / 3)));
  });

  test('4 % more calls are noticed', () =>
    disagree(limited('token-bucket', '600/min', 9.36), 20, granted(is)));
});

/**
 * Starts of ours beside calls of others: two Poisson streams are one, and each loses the share that their sum loses. A start
 * makes one key call here, leaves nothing behind, and a denied one fails its request; the wait of a revision after a failed
 * start is made a nanosecond, or starts would not be Poisson.
 */
describe('starts that share a limit with others', () => {
  const key = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/shop';
  const sharing = (others: number) =>
    scenario({
      rate: 4,
      until: 250,
      after: 1,
      warmUp: 10,
      service: {
        autoscaler: 'per-request',
        idleTimeout: '0s',
        encryptionKey: key,
        startup: {
          scheduling: '0s',
          imageImport: '0s',
          layerDecrypts: 0,
          dataKeyDecrypts: 1,
          containerStart: '0s',
        },
        requests: { duration: '0s' },
      },
      world: {
        keys: [{ name: key, protectionLevel: 'HSM', latency: '0s', check: { interval: '100d' } }],
        quotas: {
          limits: [
            {
              project: 'kms-prod',
              location: 'europe-west3',
              protectionLevel: 'HSM',
              limit: '480/min',
              otherUsage: `${others}/s`,
            },
          ],
        },
        assumptions: { failedStartBackoff: { initial: '0s', factor: 1, max: '0s', jitter: 'none' } },
      },
    });
  const denied = 1 - slidingWindowGrants(8, 9);
  const claims = {
    'share of calls denied': {
      is: denied,
      of: ({ summary }: Results) =>
        (summary.kms[0].exceeded as number) / (summary.kms[0].operations as number),
    },
    'share of starts refused': {
      is: denied,
      of: (results: Results) =>
        (service(results).instances.refused['quota-exceeded'] as number) /
        (service(results).instances.started as number),
    },
    'share of requests failed': { is: denied, of: share('code_500') },
  };

  test('are denied as often as Erlang B says of both together', () => agree(sharing(5), 40, claims));

  test('others that call 8 % more often are noticed', () => disagree(sharing(5.4), 40, claims));
});
