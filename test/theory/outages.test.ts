/**
 * Keys that cannot be reached now and then, and calls that are tried again: what starts lose to it on average.
 *
 * Under the per-request autoscaler, with no idle timeout and requests that take no time, every request starts an
 * instance of its own and leaves nothing behind, so starts are a Poisson stream that knows nothing of outages.
 */
import { describe, expect, test } from 'vitest';
import {
  heldByConstantOutages,
  heldByExponentialOutages,
  retriesOf,
  waitedUntilSuccess,
} from '../../src/experiment/oracles/faults.ts';
import { agree, disagree, scenario, service, startUp, stay } from './replications.ts';

const KEY = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/shop';

/** Starts at a rate, each one key call that takes no time; whatever else takes time is what a test is about. */
const starts = (given: {
  rate: number;
  until: number;
  outage: unknown;
  assumptions: Record<string, unknown>;
  clients?: unknown;
  warmUp?: number;
}) =>
  scenario({
    rate: given.rate,
    until: given.until,
    warmUp: given.warmUp ?? 0,
    service: {
      autoscaler: 'per-request',
      maxInstanceRequestConcurrency: 1,
      idleTimeout: '0s',
      encryptionKey: KEY,
      startup: {
        scheduling: '0s',
        imageImport: '0s',
        layerDecrypts: 0,
        dataKeyDecrypts: 1,
        containerStart: '0s',
      },
      requests: { duration: '0s' },
      ...(given.clients === undefined ? {} : { clients: given.clients }),
    },
    world: {
      keys: [{ name: KEY, protectionLevel: 'EXTERNAL', latency: '0s', check: { interval: '100d' } }],
      quotas: {
        limits: [
          {
            project: 'kms-prod',
            location: 'europe-west3',
            protectionLevel: 'EXTERNAL',
            limit: '60000000/min',
          },
        ],
      },
      // Nothing here is decided by averages.
      assumptions: { autoscalerInterval: '1h', ...given.assumptions },
      timeline: [given.outage],
    },
  });

/**
 * Outages and inspection. Up and down times alternate; a start meets an outage with probability d/(u + d), at a moment
 * spread evenly over it, so that what is left of it has mean E[D^2]/(2 d): E[wait] = E[D^2]/(2 (u + d)), for a start that
 * hears of the end at once. One that asks every h seconds hears of it late, and may meet the next outage by then.
 *
 * Exponential outages: up and down is a Markov chain, down after h given down with p = pi + (1 - pi) e^(-h/u - h/d),
 * pi = d/(u + d), so the calls that fail are geometric: E[wait] = pi h/(1 - p). Outages of constant length d, a multiple
 * of h: the call after the end comes O late, O even on [0, h], so that the wait so far is (d + h)/2 on average; each
 * outage that begins within O, h/(2 u) of them on average, costs another d, and O shrinks by as much as it came late:
 * E[wait] = pi ((d + h)/2 + d h/(2 u)). Both become E[D^2]/(2 (u + d)) as h becomes 0.
 * By hand, u = 20, d = 5, h = 1/2: 0.2 x 0.5/(0.8 (1 - e^(-1/8))) = 1.06380; 0.2 (2.75 + 0.0625) = 0.5625.
 */
describe('an external key manager that comes and goes', () => {
  const again = (seconds: number) => ({
    keyRetry: { initial: `${seconds}s`, factor: 1, max: `${seconds}s`, jitter: 'none' },
  });
  const coming = (down: unknown, retry = 0.5) =>
    starts({
      rate: 0.05,
      until: 20_000,
      warmUp: 400,
      assumptions: again(retry),
      outage: {
        at: '0s',
        repeat: { up: { exponential: { mean: '20s' } }, down },
        ekmUnreachable: { key: 'shop', error: 'OVERLOADED_EKM' },
      },
    });
  const exponential = heldByExponentialOutages(20, 5, 0.5);
  const constant = heldByConstantOutages(20, 5, 0.5);
  const figures = (is: number) => ({
    'mean start': { is, of: startUp },
    'mean stay': { is, of: stay('mean') },
  });

  test('the formulas give what was worked out by hand', () => {
    expect(exponential).toBeCloseTo(1.0638, 4);
    expect(constant).toBeCloseTo(0.5625, 12);
    expect(heldByExponentialOutages(20, 5, 1e-6)).toBeCloseTo(50 / 50, 5);
    expect(heldByConstantOutages(20, 5, 1e-6)).toBeCloseTo(25 / 50, 5);
  });

  test('starts lose what inspection theory says to outages of any length', () =>
    agree(coming({ exponential: { mean: '5s' } }), 40, figures(exponential), 0.03));

  test('and to outages of one length', () => agree(coming('5s'), 40, figures(constant), 0.02));

  test('outages that are 10 % longer are noticed', () => {
    disagree(coming({ exponential: { mean: '5500ms' } }), 20, figures(exponential));
    disagree(coming('5500ms'), 20, figures(constant));
  });
});

/**
 * Independent attempts. If each call fails with probability q, the i-th delay is waited with probability q^i:
 * E[wait] = sum q^i min(max, b f^(i-1)), half of that with full jitter, and a start makes 1/(1 - q) calls. By hand,
 * q = 1/2, b = 1, f = 1: 1/2 + 1/4 + ... = 1; with f = 4, max 4: 1/2 + 4 (1/4 + 1/8 + ...) = 2.5.
 */
describe('key calls that are tried again until they succeed', () => {
  const delays = { initial: 0.1, factor: 2, max: 1 };
  const wait = waitedUntilSuccess(0.4, delays);
  const failing = (share: string, jitter: string, factor = 2) =>
    starts({
      rate: 1,
      until: 1200,
      assumptions: { keyRetry: { initial: '100ms', factor, max: '1s', jitter } },
      outage: { at: '0s', ekmUnreachable: { key: 'shop', error: 'OVERLOADED_EKM', share } },
    });
  const figures = (waited: number) => ({
    'mean start': { is: waited, of: startUp },
    'calls a start': {
      is: 1 / 0.6,
      of: (results: Parameters<typeof service>[0]) =>
        (results.summary.kms[0].operations as number) / (service(results).instances.started as number),
    },
  });

  test('the formula gives what was worked out by hand', () => {
    expect(waitedUntilSuccess(0.5, { initial: 1, factor: 1, max: 9 })).toBeCloseTo(1, 12);
    expect(waitedUntilSuccess(0.5, { initial: 1, factor: 4, max: 4 })).toBeCloseTo(2.5, 12);
  });

  test('a start waits for the sum of its delays', () =>
    agree(failing('40%', 'none'), 40, figures(wait), 0.02));

  test('with full jitter, for half of it', () => agree(failing('40%', 'full'), 40, figures(wait / 2), 0.02));

  test('a share 5 % higher, and delays that grow faster, are noticed', () => {
    disagree(failing('42%', 'none'), 30, figures(wait));
    disagree(failing('40%', 'none', 2.5), 20, figures(wait), 'mean start');
  });
});

/**
 * Clients that give up. A start that is refused fails its request; if each fails with probability q and a client tries
 * m times more, it makes q + q^2 + ... + q^m retries on average, and q^(m+1) of all users get nothing. By hand, q = 1/2,
 * m = 2: 3/4 and 1/8. (The wait of a revision after a failed start is made a nanosecond, or attempts would not be
 * independent.)
 */
describe('clients that try again so often', () => {
  const { retries, givenUp } = retriesOf(0.3, 2);
  const refusing = (share: string, most = 2) =>
    starts({
      rate: 1,
      until: 2000,
      assumptions: { failedStartBackoff: { initial: '0s', factor: 1, max: '0s', jitter: 'none' } },
      clients: { retries: most, backoff: { initial: '100ms', factor: 2, max: '10s', jitter: 'full' } },
      outage: { at: '0s', ekmUnreachable: { key: 'shop', error: 'TLS_CERT', share } },
    });
  const logical = (name: 'failed' | 'succeeded') => (results: Parameters<typeof service>[0]) =>
    (service(results).logical[name] as number) / (service(results).logical.offered as number);
  const figures = {
    'retries a user': {
      is: retries,
      of: (results: Parameters<typeof service>[0]) =>
        (service(results).requests.retries as number) / (service(results).logical.offered as number),
    },
    'share that gets nothing': { is: givenUp, of: logical('failed') },
    'share that is served': { is: 1 - givenUp, of: logical('succeeded') },
  };

  test('the formula gives what was worked out by hand', () =>
    expect(retriesOf(0.5, 2)).toEqual({ retries: 0.75, givenUp: 0.125 }));

  test('as many try again, and as many get nothing, as independent attempts would have it', () =>
    agree(refusing('30%'), 40, figures, 0.03));

  test('a share 10 % higher, and one retry more, are noticed', () => {
    disagree(refusing('33%'), 20, figures, 'retries a user');
    disagree(refusing('30%', 3), 10, figures);
  });
});
