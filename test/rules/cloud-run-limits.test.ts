import { describe, expect, test } from 'vitest';
import { CLOUD_RUN_AUTOSCALER } from '../../src/rules/autoscaling.ts';
import { ASSUMPTIONS } from '../../src/rules/assumptions.ts';
import {
  boostedCpu,
  CLOUD_RUN_LIMITS,
  defaultOf,
  effectiveConcurrency,
  HTTP_OUTCOMES,
  httpOutcome,
  limitOf,
  pendingTimeout,
  startMessage,
  TERMINATION_GRACE_PERIOD,
} from '../../src/rules/cloud-run-limits.ts';
import { SECOND } from '../../src/units/time.ts';

describe('how long a request waits for an instance', () => {
  test('is 10 s while starts are quick, and before there was one', () => {
    expect(pendingTimeout(null)).toBe(10 * SECOND);
    expect(pendingTimeout(0)).toBe(10 * SECOND);
    expect(pendingTimeout(2 * SECOND)).toBe(10 * SECOND);
  });

  test('is three and a half times the mean start-up time when that is longer', () => {
    expect(pendingTimeout(4 * SECOND)).toBe(14 * SECOND);
    expect(pendingTimeout(30 * SECOND)).toBe(105 * SECOND);
  });

  test('is a whole number of nanoseconds', () => {
    expect(pendingTimeout(3_000_000_001)).toBe(10_500_000_004);
    expect(Number.isInteger(pendingTimeout(10_000_000_000 / 3))).toBe(true);
  });
});

test('the limits are those of the documentation', () => {
  const rows = (
    ['maxInstanceRequestConcurrency', 'timeout', 'maxInstanceCount', 'minInstanceCount'] as const
  ).map((name) => [name, defaultOf(name), limitOf(name).max]);
  expect(rows).toEqual([
    ['maxInstanceRequestConcurrency', 80, 1000],
    ['timeout', 300 * SECOND, 3600 * SECOND],
    ['maxInstanceCount', 100, null],
    ['minInstanceCount', 0, null],
  ]);
  expect(limitOf('cpuTarget')).toMatchObject({ default: 0.6, min: 0.1, max: 0.9 });
  expect(limitOf('concurrencyTarget')).toMatchObject({ default: 0.6, min: 0.1, max: 0.95 });
  expect(limitOf('startupCeiling').max).toBe(240 * SECOND);
  expect(TERMINATION_GRACE_PERIOD).toBe(10 * SECOND);
  for (const row of CLOUD_RUN_LIMITS) {
    expect(row.default).toBeGreaterThanOrEqual(row.min);
    if (row.max !== null) expect(row.default).toBeLessThanOrEqual(row.max);
  }
});

test('below one vCPU an instance serves one request at a time', () => {
  expect(effectiveConcurrency(0.5, 80)).toBe(1);
  expect(effectiveConcurrency(1, 80)).toBe(80);
});

test('startup CPU boost doubles small instances and stops at 8 vCPU', () => {
  expect([1, 2, 4, 6, 8].map(boostedCpu)).toEqual([2, 4, 8, 8, 8]);
  expect(boostedCpu(0.5)).toBe(2);
  // Beyond the last row nothing is boosted.
  expect(boostedCpu(16)).toBe(16);
});

describe('what a client is told', () => {
  test('when no instance came is the same sentence with 429 at the maximum and 500 below it', () => {
    const sentence = 'The request was aborted because there was no available instance.';
    expect(httpOutcome('no-available-instance-at-maximum')).toMatchObject({
      code: 429,
      severity: 'WARNING',
      message: sentence,
    });
    expect(httpOutcome('no-available-instance')).toMatchObject({
      code: 500,
      severity: 'ERROR',
      message: sentence,
    });
  });

  test('when a start failed, an instance went or time ran out is another', () => {
    expect(httpOutcome('could-not-start')).toMatchObject({
      code: 500,
      message: 'The request failed because the instance could not start successfully.',
    });
    expect(httpOutcome('instance-gone').code).toBe(503);
    expect(httpOutcome('timed-out').code).toBe(504);
    expect(httpOutcome('client-gave-up').code).toBe(499);
    expect(new Set(HTTP_OUTCOMES.map((row) => row.outcome)).size).toBe(HTTP_OUTCOMES.length);
  });
});

test('a start is logged with its reason, in the words of Cloud Run', () => {
  expect(startMessage('AUTOSCALING')).toBe(
    'Starting new instance. Reason: AUTOSCALING - Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic.',
  );
  expect(startMessage('DEPLOYMENT_ROLLOUT')).toBe(
    'Starting new instance. Reason: DEPLOYMENT_ROLLOUT - Instance started due to traffic shifting between revisions due to deployment, traffic split adjustment, or deployment health check.',
  );
  expect(startMessage('MANUAL_OR_CUSTOMER_MIN_INSTANCE')).toBe(
    'Starting new instance. Reason: MANUAL_OR_CUSTOMER_MIN_INSTANCE - Instance started because of customer-configured min-instances or manual scaling.',
  );
});

test('where an autoscaler constant is an assumption, the two tables agree on its value', () => {
  const value = (name: string) => ASSUMPTIONS.find((row) => row.name === name)?.value;
  const constant = (name: string) => CLOUD_RUN_AUTOSCALER.find((row) => row.name === name)!;
  expect(constant('interval').value).toBe(value('autoscalerInterval'));
  expect(constant('tolerance').value).toBe(value('autoscalerTolerance'));
  expect(constant('concurrencyTarget').value).toBe(defaultOf('concurrencyTarget'));
  expect(constant('cpuTarget').value).toBe(defaultOf('cpuTarget'));
});
