/**
 * What happens inside one Cloud KMS call on an external key: its attempts at the external key manager, their time-outs, and
 * how far away the external key manager is. In the plain shop a key call takes 100 ms; a start asks at 11 s for its first
 * decrypt, and is ready 1 s after the second.
 */
import { describe, expect, test } from 'vitest';
import { tell } from '../support/story.ts';

const silent = (more = '', timeline = 'for: 10m, ') => `
  timeline: [{name: down, at: 0s, ${timeline}ekmUnreachable: {key: shop, error: UNREACHABLE_NETWORK}}]
  assumptions: {keyRetry: {initial: 60s, factor: 1, max: 60s, jitter: none}${more}}
`;

/** When the first call was answered, s, after how many attempts, and how. */
const firstAnswer = (yaml: string) => {
  const story = tell(yaml, { arrivals: [10] });
  const [call] = story.calls;
  return [call.answeredAt / 1e9, call.ekmAttempts, call.failure?.ekmError ?? 'ok'];
};

describe('One Cloud KMS call', () => {
  test('makes one attempt unless more are assumed', () => {
    expect(firstAnswer(silent())).toEqual([12, 1, 'UNREACHABLE_NETWORK']);
  });

  test('makes the next attempt as soon as one has timed out, and is one operation all the same', () => {
    expect(firstAnswer(silent(', ekmAttempts: 3'))).toEqual([14, 3, 'UNREACHABLE_NETWORK']);
    const story = tell(silent(', ekmAttempts: 3'), { arrivals: [10] });
    expect(story.calls[0]).toMatchObject({ cost: 1, attempt: 0 });
    const before60 = story.rows('kms-quota.csv').filter((row) => (row.time_s as number) < 60);
    expect(before60.reduce((sum, row) => sum + (row.usage as number), 0)).toBe(1);
  });

  test('bridges an outage that is over before its attempts are used up: nothing holds', () => {
    // Attempts at 11 and 12 s meet the outage, that at 13 s does not.
    const short = silent(', ekmAttempts: 3', 'for: 12500ms, ');
    expect(firstAnswer(short)).toEqual([13.1, 3, 'ok']);
    const story = tell(short, { arrivals: [10] });
    expect(story.summary.faults).toMatchObject([{ starts_held: 0, detected_s: null }]);
    expect(story.rows('cold-starts.csv')).toMatchObject([
      { key_ms: 2200, key_attempts: 2, outcome: 'ready' },
    ]);
    // With one attempt it does hold, for the minute of the retry.
    const held = tell(silent('', 'for: 12500ms, '), { arrivals: [10] });
    expect(held.rows('cold-starts.csv')).toMatchObject([{ key_ms: 61_200, key_attempts: 3 }]);
  });

  test('ends when its total time is over, in the middle of an attempt if need be', () => {
    expect(firstAnswer(silent(', ekmAttempts: 100'))).toEqual([21, 10, 'UNREACHABLE_NETWORK']);
    const long = silent(', ekmAttempts: 100, ekmAttemptTimeout: 3s');
    expect(firstAnswer(long)).toEqual([21, 4, 'UNREACHABLE_NETWORK']);
    expect(firstAnswer(silent(', ekmTotalTimeout: 500ms'))).toEqual([11.5, 1, 'UNREACHABLE_NETWORK']);
  });

  test('does not try again what cannot be retried', () => {
    const yaml = `
      timeline: [{at: 0s, ekmUnreachable: {key: shop, error: TLS_CERT}}]
      assumptions: {ekmAttempts: 5}
    `;
    expect(firstAnswer(yaml)).toEqual([11.1, 1, 'TLS_CERT']);
  });

  test('tries again at once what was answered promptly', () => {
    const yaml = `
      timeline: [{at: 0s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM}}]
      assumptions: {ekmAttempts: 3}
    `;
    expect(firstAnswer(yaml)).toEqual([11.3, 3, 'OVERLOADED_EKM']);
  });

  test('on a key that is not external has no attempts and no time-out', () => {
    const story = tell('keys: [{protectionLevel: HSM, latency: 20s}]', { arrivals: [10] });
    expect(story.calls[0]).toMatchObject({ outcome: 'ok', ekmAttempts: 0, answeredAt: 31e9 });
  });
});

describe('While a share of the calls fails', () => {
  test('as many calls fail as have no attempt that succeeds', () => {
    // Checks every 2 s for two hours: an encrypt each, and a decrypt where it succeeds. An encrypt fails with 0.5^3.
    const story = tell(`
      duration: 2h
      sampleInterval: 1h
      keys: [{check: {interval: 2s}}]
      services: [{scaling: {minInstanceCount: 1}}]
      timeline: [{at: 0s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM, share: 50%}}]
      assumptions: {ekmAttempts: 3}
    `);
    const failed = story.calls.filter(({ outcome }) => outcome === 'failed').length;
    const all = story.calls.length;
    expect(all).toBeGreaterThan(6000);
    expect(Math.abs(failed - all / 8)).toBeLessThan(4 * Math.sqrt((all * 7) / 64));
    // 1 with 1/2, 2 with 1/4, else 3: 1.75 on average, standard deviation 0.83.
    const attempts = story.calls.reduce((sum, call) => sum + call.ekmAttempts, 0);
    expect(Math.abs(attempts / all - 1.75)).toBeLessThan((4 * 0.83) / Math.sqrt(all));
  });
});

describe('A brown-out', () => {
  const slow = (factor: number, attempts: number) => `
    timeline: [{name: slow, at: 0s, for: 12500ms, kmsLatency: {key: shop, factor: ${factor}}}]
    assumptions: {ekmAttempts: ${attempts}, keyRetry: {initial: 60s, factor: 1, max: 60s, jitter: none}}
  `;

  test('that keeps calls below the time-out makes starts slow, no more', () => {
    expect(firstAnswer(slow(10, 1))).toEqual([12, 1, 'ok']);
  });

  test('that takes them above it is TIMEOUT, which holds starts', () => {
    expect(firstAnswer(slow(11, 1))).toEqual([12, 1, 'TIMEOUT']);
    const story = tell(slow(11, 1), { arrivals: [10] });
    expect(story.summary.faults).toMatchObject([{ name: 'slow', starts_held: 1 }]);
    expect(story.texts('ERROR')).toContain('TIMEOUT: The external key manager did not answer in time.');
  });

  test('is tried again within the call', () => {
    expect(firstAnswer(slow(11, 3))).toEqual([13.1, 3, 'ok']);
  });
});

describe('The distance of an external key manager', () => {
  const far = (roundTripTime: string, more = '') => `
    ekmConnections: [{name: hq, roundTripTime: ${roundTripTime}${more}}]
    keys: [{ekmConnection: hq}]
  `;

  test('is on top of each call', () => {
    const keyTime = (yaml: string) => tell(yaml, { arrivals: [10] }).rows('cold-starts.csv')[0].key_ms;
    expect(keyTime(far('0s'))).toBe(200);
    expect(keyTime(far('12ms'))).toBe(224);
    expect(keyTime(far('12ms', ', latency: 50ms'))).toBe(324);
  });

  test('takes a call beyond the time-out where the external key manager is too far away', () => {
    expect(firstAnswer(far('900ms'))).toEqual([12, 1, 'ok']);
    expect(firstAnswer(far('901ms'))).toEqual([12, 1, 'TIMEOUT']);
  });
});

describe('A denial by the external key manager', () => {
  const denied = (more: string) => `
    timeline: [{at: 0s, for: 30s, ekmUnreachable: {key: shop, error: EXTERNAL_PERMISSION_DENIED${more}}}]
    services: [{pendingTimeout: 5m}]
  `;

  test('of the key itself disables its version: it stays lost', () => {
    const story = tell(denied(''), { arrivals: [10] });
    expect(story.requests().served).toBe(0);
    expect(story.calls.at(-1)?.failure?.cause).toBe('key-disabled');
  });

  test('of something else is over when it is granted again', () => {
    const story = tell(denied(', disablesKeyVersion: false'), { arrivals: [10] });
    expect(story.requests().served).toBe(1);
    expect(new Set(story.calls.map(({ failure }) => failure?.cause))).toEqual(
      new Set(['ekm-not-retryable', undefined]),
    );
  });
});
