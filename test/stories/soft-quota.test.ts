/**
 * The quota policy soft-2026: tokens, of which an operation may take several; hardware keys that are served above their
 * quota of a minute unless Cloud KMS is overloaded; external keys that are held second by second; and the quota
 * adjuster, which raises a limit that usage stays near to.
 */
import { describe, expect, test } from 'vitest';
import { problemsOf } from '../support/plans.ts';
import { tell, type Story } from '../support/story.ts';

const pool = (level: string, limit: string, more = '') =>
  `limits: [{name: q, project: kms-prod, location: europe-west3, protectionLevel: ${level}, limit: ${limit}${more}}]`;

/** Calls by what was decided, at their times in whole nanoseconds. */
const decisionsOf = (story: Story) =>
  story.calls
    .map(({ issuedAt, outcome }) => ({ at: issuedAt as number, granted: outcome !== 'exceeded' }))
    .sort((a, b) => a.at - b.at);

/** How many were granted in the minute that ends with, and leaves out, each call. */
function before(calls: readonly { at: number; granted: boolean }[]): number[] {
  return calls.map(
    ({ at }, i) => calls.slice(0, i).filter((one) => one.granted && one.at > at - 60e9).length,
  );
}

describe('A hardware key whose soft quota is 12 tokens a minute', () => {
  const churning = (probability: string, limit = '12/min') =>
    tell(`
      duration: 10m
      quotas: {policy: soft-2026, ${pool('HSM', limit)}}
      assumptions: {systemOverloadProbability: ${probability}}
      keys: [{protectionLevel: HSM, latency: {lognormal: {p50: 20ms, p99: 100ms}}}]
      services:
        - startup: {imageImport: {lognormal: {p50: 600ms, p99: 2500ms}}}
          requests: {duration: {exponential: {mean: 5s}}}
          idleTimeout: 5s
          load: 1/s
    `);

  test('is served above it while Cloud KMS has capacity, which it always has unless stated', () => {
    const story = churning('0%');
    const calls = decisionsOf(story);
    expect(calls.every(({ granted }) => granted)).toBe(true);
    expect(Math.max(...before(calls))).toBeGreaterThan(24);
    expect(story.summary.kms).toMatchObject([{ exceeded: 0, usage: calls.length, limit_per_minute: 12 }]);
  });

  test('is held to it in any minute, however it is cut, while Cloud KMS is overloaded all the time', () => {
    const calls = decisionsOf(churning('100%'));
    const earlier = before(calls);
    expect(calls.filter(({ granted }) => granted).length).toBeGreaterThan(40);
    calls.forEach(({ granted }, i) => expect(granted).toBe(earlier[i] < 12));
  });

  test('is denied part of what is above it where Cloud KMS is overloaded part of the time, and nothing else', () => {
    const calls = decisionsOf(churning('30%'));
    const earlier = before(calls);
    const above = calls.filter((_, i) => earlier[i] >= 12);
    const denied = above.filter(({ granted }) => !granted).length;
    expect(calls.filter((_, i) => earlier[i] < 12).every(({ granted }) => granted)).toBe(true);
    // Binomial, four standard deviations.
    expect(above.length).toBeGreaterThan(100);
    const apart = Math.abs(denied - 0.3 * above.length);
    expect(apart).toBeLessThan(4 * Math.sqrt(0.3 * 0.7 * above.length));
  });

  test('draws its luck once a call, so a larger quota denies a subset of the same calls', () => {
    // Poisson calls of others alone: nothing they are told changes when they come.
    const others = (limit: string) =>
      tell(`
        duration: 20m
        quotas: {policy: soft-2026, ${pool('HSM', limit, ', otherUsage: 1/s')}}
        assumptions: {systemOverloadProbability: 50%}
        keys: [{protectionLevel: HSM}]
      `).granted;
    const large = new Set(others('50/min'));
    const small = others('40/min');
    expect(small.length).toBeLessThan(large.size);
    expect(small.filter((at) => !large.has(at)).length).toBe(0);
  });
});

describe('A denied call names the quota of the policy in force', () => {
  const metadataOf = (level: string) => {
    const story = tell(
      `
      duration: 20s
      quotas: {policy: soft-2026, ${pool(level, '0/min')}}
      assumptions: {systemOverloadProbability: 100%}
      keys: [{protectionLevel: ${level}}]
      `,
      { arrivals: [1] },
    );
    const [{ protoPayload }] = story.log('audit-log.jsonl');
    const [{ jsonPayload }] = story
      .log('service-log.jsonl')
      .filter((entry) => entry.jsonPayload?.status === 'RESOURCE_EXHAUSTED');
    expect(jsonPayload.error.details).toEqual(protoPayload.status.details);
    expect(protoPayload.status.code).toBe(8);
    return protoPayload.status;
  };

  test('hsm_usage for hardware keys', () => {
    const { message, details } = metadataOf('HSM');
    expect(message).toMatch(
      /^Quota exceeded for quota metric 'HSM usage' and limit 'HSM tokens usage per minute/,
    );
    expect(details[0]).toMatchObject({
      reason: 'RATE_LIMIT_EXCEEDED',
      metadata: {
        quota_metric: 'cloudkms.googleapis.com/hsm_usage',
        quota_limit: 'HsmTokensUsagePerMinutePerProjectPerRegion',
        quota_limit_value: '0',
        quota_location: 'europe-west3',
      },
    });
    expect(details[1]['@type']).toBe('type.googleapis.com/google.rpc.Help');
  });

  test('external_kms_usage for external keys', () => {
    expect(metadataOf('EXTERNAL').details[0].metadata).toMatchObject({
      quota_metric: 'cloudkms.googleapis.com/external_kms_usage',
      quota_limit: 'ExternalTokensUsagePerMinutePerProjectPerRegion',
    });
  });
});

describe('Where a decrypt operation takes two tokens', () => {
  // Three starts ask at 11 s; those that are granted ask for their data keys at 11.1 s.
  const heavy = (policy: string) =>
    tell(
      `
      duration: 12s
      quotas: {policy: ${policy}, ${pool('EXTERNAL', '4/s')}}
      assumptions: {decryptTokens: 2}
      `,
      { arrivals: [10, 10, 10] },
    );

  test('half as many fit into a second, and usage is in tokens', () => {
    const story = heavy('soft-2026');
    expect(story.timeline('key').map((line) => line.replace(/ v1/, ''))).toEqual([
      '11s layer-decrypt #3 quota-exceeded',
      '11.1s layer-decrypt #1 ok',
      '11.1s layer-decrypt #2 ok',
      '11.1s data-key-decrypt #1 quota-exceeded',
      '11.1s data-key-decrypt #2 quota-exceeded',
    ]);
    expect(story.summary.kms).toMatchObject([
      { operations: 5, usage: 4, exceeded: 3, peak_per_second: 4, limit_per_minute: 240 },
    ]);
    const usage = story.rows('kms-quota.csv').map((row) => row.usage as number);
    expect(usage.reduce((sum, one) => sum + one, 0)).toBe(4);
  });

  test('a soft quota of a minute is held in tokens, too, while Cloud KMS is overloaded', () => {
    // Three at 11 s would be six tokens of five a minute, so the third is denied; so are the data keys at 11.1 s.
    const story = tell(
      `
      duration: 12s
      quotas: {policy: soft-2026, ${pool('HSM', '5/min')}}
      assumptions: {decryptTokens: 2, systemOverloadProbability: 100%}
      keys: [{protectionLevel: HSM}]
      `,
      { arrivals: [10, 10, 10] },
    );
    expect(story.summary.kms).toMatchObject([{ operations: 5, usage: 4, exceeded: 3, peak_per_minute: 4 }]);
  });

  test('they are requests, one each, under hard-per-second', () => {
    expect(heavy('hard-per-second').summary.kms).toMatchObject([{ operations: 6, usage: 4, exceeded: 2 }]);
  });

  test('a limit below the tokens of a single start earns a warning', () => {
    const warned = (policy: string) =>
      problemsOf(`
name: small
duration: 1m
quotas: {policy: ${policy}, limits: [{project: p-one, location: europe-west3, protectionLevel: EXTERNAL, limit: 3/s}]}
assumptions: {decryptTokens: 2}
keys: [{name: projects/p-one/locations/europe-west3/keyRings/r/cryptoKeys/k, protectionLevel: EXTERNAL}]
services: [{name: a, location: europe-west3, load: 1/s, encryptionKey: projects/p-one/locations/europe-west3/keyRings/r/cryptoKeys/k}]
`).map(({ code }) => code);
    expect(warned('soft-2026')).toEqual(['W_QUOTA_BELOW_ONE_START']);
    expect(warned('hard-per-second')).toEqual([]);
  });
});

describe('The quota adjuster', () => {
  const busy = (more: string, timeline = '[]') =>
    tell(`
      duration: 16m
      sampleInterval: 1m
      quotas: {${pool('HSM', '60/min', ', otherUsage: 50/s')}}
      assumptions: {quotaAdjusterPeriod: 3m, quotaAdjusterDelay: 2m, quotaAdjusterFactor: 1.5${more}}
      keys: [{protectionLevel: HSM}]
      timeline: ${timeline}
    `);
  const limits = (story: Story) => story.rows('kms-quota.csv').map((row) => row.limit_per_minute);
  const raises = (story: Story) =>
    story.log('decisions.jsonl').filter((entry) => entry.by === 'quota-adjuster');

  test('is off unless it is enabled', () => {
    expect(new Set(limits(busy('')))).toEqual(new Set([60]));
  });

  test('raises a limit that usage has stayed near to, when its request is granted', () => {
    // Asked for at 3 min, granted at 5; near the new limit until 8, granted at 10; until 13, granted at 15.
    const story = busy(', quotaAdjuster: true');
    expect(limits(story)).toEqual([60, 60, 60, 60, 60, 90, 90, 90, 90, 90, 135, 135, 135, 135, 135, 203]);
    const others = story.rows('kms-quota.csv').map((row) => row.other_usage as number);
    expect(others[4]).toBeLessThanOrEqual(60);
    expect(others[6]).toBeGreaterThan(80);
  });

  test('says when, from what to what, and why', () => {
    const [first, ...rest] = raises(busy(', quotaAdjuster: true'));
    expect(rest).toHaveLength(2);
    expect(first).toMatchObject({
      simulated_s: 300,
      quota_limit: 'q',
      project_id: 'kms-prod',
      protection_level: 'HSM',
      readings: { limit_per_minute: 60 },
      desired: 90,
      because:
        'usage was at least 80% of the limit in each of the 3 minutes before 180 s, when more was requested',
    });
    expect(first.readings.usage_per_minute).toBeGreaterThanOrEqual(48);
  });

  test('leaves a limit alone that usage does not come near to', () => {
    expect(raises(busy(', quotaAdjuster: true, quotaAdjusterShare: 100%'))).toEqual([]);
  });

  test('begins anew when somebody else sets the limit', () => {
    // The request of 3 min is void; the new limit is near from 4 min on, asked for at 7, granted at 9.
    const story = busy(', quotaAdjuster: true', '[{at: 4m, quotaLimit: {limit: q, to: 120/min}}]');
    expect(limits(story).slice(0, 10)).toEqual([60, 60, 60, 60, 120, 120, 120, 120, 120, 180]);
  });
});
