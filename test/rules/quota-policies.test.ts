import { describe, expect, test } from 'vitest';
import { defaultAssumptions } from '../../src/rules/assumptions.ts';
import {
  costOf,
  DEFAULT_QUOTA_POLICY,
  defaultLimitPerMinute,
  QUOTA_POLICIES,
  QUOTA_POLICY_IDS,
  quotaExceededError,
  quotaPolicyRow,
  windowOf,
} from '../../src/rules/quota-policies.ts';
import { SECOND } from '../../src/units/time.ts';

describe('a limit per minute, held per second', () => {
  test('of a whole number of calls a second is that many in any second', () => {
    expect(windowOf(30_000)).toEqual({ calls: 500, span: SECOND });
    expect(windowOf(6_000)).toEqual({ calls: 100, span: SECOND });
    expect(windowOf(60)).toEqual({ calls: 1, span: SECOND });
  });

  test('below one call a second is one call in a longer time: 30/min is one in 2 s', () => {
    expect(windowOf(30)).toEqual({ calls: 1, span: 2 * SECOND });
    expect(windowOf(1)).toEqual({ calls: 1, span: 60 * SECOND });
  });

  test('of a broken number of calls a second is stretched to whole calls: 90/min is 2 in 4/3 s', () => {
    expect(windowOf(90)).toEqual({ calls: 2, span: 1_333_333_333 });
    expect(windowOf(100)).toEqual({ calls: 2, span: 1_200_000_000 });
  });

  test('lets through the limit in the long run, to a billionth', () => {
    for (let perMinute = 1; perMinute <= 5000; perMinute += 7) {
      const { calls, span } = windowOf(perMinute);
      expect(Number.isInteger(calls) && Number.isInteger(span)).toBe(true);
      expect(span).toBeGreaterThanOrEqual(SECOND);
      expect(Math.abs((calls / span) * 60 * SECOND - perMinute) / perMinute).toBeLessThan(1e-9);
    }
  });

  test('of nothing grants nothing', () => {
    expect(windowOf(0).calls).toBe(0);
  });
});

describe('the two policies', () => {
  test('are hard-per-second, the default, and soft-2026', () => {
    expect(DEFAULT_QUOTA_POLICY).toBe('hard-per-second');
    expect(QUOTA_POLICY_IDS).toEqual([...new Set(QUOTA_POLICIES.map((row) => row.policy))]);
    for (const policy of QUOTA_POLICY_IDS) {
      for (const level of ['HSM', 'EXTERNAL'] as const) {
        expect(quotaPolicyRow(policy, level)).toMatchObject({ policy, level });
      }
    }
  });

  test('differ in the hardware keys only: soft-2026 serves them above their quota', () => {
    const enforcement = QUOTA_POLICIES.map((row) => [row.policy, row.level, row.enforcement]);
    expect(enforcement).toEqual([
      ['hard-per-second', 'HSM', 'hard'],
      ['hard-per-second', 'EXTERNAL', 'hard'],
      ['soft-2026', 'HSM', 'soft'],
      ['soft-2026', 'EXTERNAL', 'hard'],
    ]);
  });

  test('have a default limit of 500 hardware and 100 external calls a second', () => {
    expect(windowOf(defaultLimitPerMinute('hard-per-second', 'HSM')).calls).toBe(500);
    expect(windowOf(defaultLimitPerMinute('hard-per-second', 'EXTERNAL')).calls).toBe(100);
  });
});

describe('what an operation takes of a quota', () => {
  const mine = { ...defaultAssumptions(), encryptTokens: 3, decryptTokens: 5 };

  test('is one request, or one token unless more are assumed', () => {
    for (const policy of QUOTA_POLICY_IDS)
      expect([
        costOf(policy, 'Encrypt', defaultAssumptions()),
        costOf(policy, 'Decrypt', defaultAssumptions()),
      ]).toEqual([1, 1]);
  });

  test('is as many tokens as assumed under soft-2026, and one request all the same under hard-per-second', () => {
    expect([costOf('soft-2026', 'Encrypt', mine), costOf('soft-2026', 'Decrypt', mine)]).toEqual([3, 5]);
    expect(costOf('hard-per-second', 'Decrypt', mine)).toBe(1);
  });
});

describe('the error of a denied call', () => {
  const exceeded = {
    policy: 'hard-per-second',
    level: 'HSM',
    project: 'kms-prod',
    location: 'europe-west3',
    perMinute: 30_000,
  } as const;

  test('is RESOURCE_EXHAUSTED with the documented sentence', () => {
    const error = quotaExceededError({ ...exceeded, projectNumber: '123456789012' });
    expect([error.code, error.status]).toEqual([8, 'RESOURCE_EXHAUSTED']);
    expect(error.message).toBe(
      "Quota exceeded for quota metric 'HSM symmetric cryptographic requests per region' and limit " +
        "'HSM symmetric cryptographic requests per minute per region' of service 'cloudkms.googleapis.com' " +
        "for consumer 'project_number:123456789012'.",
    );
  });

  test('carries an ErrorInfo that says which quota, where, and of whom', () => {
    const [info] = quotaExceededError({ ...exceeded, projectNumber: '123456789012' }).details;
    expect(info).toEqual({
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'RATE_LIMIT_EXCEEDED',
      domain: 'googleapis.com',
      metadata: {
        consumer: 'projects/123456789012',
        quota_limit: 'HsmSymmetricRequestsPerMinutePerProjectPerRegion',
        quota_limit_value: '30000',
        quota_location: 'europe-west3',
        quota_metric: 'cloudkms.googleapis.com/hsm_symmetric_requests',
        service: 'cloudkms.googleapis.com',
      },
    });
  });

  test('and a Help that says where to ask for more', () => {
    expect(quotaExceededError(exceeded).details[1]).toEqual({
      '@type': 'type.googleapis.com/google.rpc.Help',
      links: [
        {
          description: 'Request a higher quota limit.',
          url: 'https://cloud.google.com/docs/quotas/help/request_increase',
        },
      ],
    });
  });

  test('names the project by its id where its number is not known', () => {
    const error = quotaExceededError({ ...exceeded, policy: 'soft-2026', level: 'EXTERNAL' });
    expect(error.message).toMatch(/for consumer 'projects\/kms-prod'\.$/);
    expect(error.details[0].metadata).toMatchObject({
      consumer: 'projects/kms-prod',
      quota_metric: 'cloudkms.googleapis.com/external_kms_usage',
      quota_limit: 'ExternalTokensUsagePerMinutePerProjectPerRegion',
    });
  });
});
