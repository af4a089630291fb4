import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  ASSUMPTION_NAMES,
  assumptionRow,
  ASSUMPTIONS,
  assumptionText,
  defaultAssumptions,
  durationText,
  type AssumptionValues,
  type Backoff,
  type LognormalParameters,
} from '../../src/rules/assumptions.ts';
import { HOUR, MILLISECOND, MINUTE, SECOND, type Duration } from '../../src/units/time.ts';

describe('the assumptions', () => {
  test('are each named once and give a reason', () => {
    expect(new Set(ASSUMPTION_NAMES).size).toBe(ASSUMPTIONS.length);
    for (const row of ASSUMPTIONS) expect(row.why).toMatch(/^[A-Z0-9].{30,}\.$/);
  });

  test('have these defaults', () => {
    expect(defaultAssumptions()).toMatchObject({
      ekmWaitingPeriod: HOUR,
      keyStatePropagation: 20 * SECOND,
      keyAccessPropagation: 7 * SECOND,
      keyCheckInterval: 5 * MINUTE,
      checkDecryptVersion: 'revision',
      keyRetry: { initial: 100 * MILLISECOND, factor: 1.3, max: 60 * SECOND, jitter: 'full' },
      failedStartBackoff: { initial: SECOND, factor: 2, max: 60 * SECOND, jitter: 'none' },
      ekmAttemptTimeout: SECOND,
      ekmTotalTimeout: 10 * SECOND,
      ekmAttempts: 1,
      encryptTokens: 1,
      decryptTokens: 1,
      systemOverloadProbability: 0,
      quotaAdjuster: false,
      idleTimeout: { min: 5 * MINUTE, max: 15 * MINUTE },
      startScheduling: 50 * MILLISECOND,
      layerDecrypts: 1,
      dataKeyDecrypts: 1,
      encryptsPerDeploy: 1,
      timedOutRequestFreesSlot: true,
      autoscalerInterval: 5 * SECOND,
      autoscalerTolerance: 0.1,
      hsmLimitPerMinute: 30_000,
      externalLimitPerMinute: 6_000,
    });
  });

  test('are whole nanoseconds, and a p50 is below its p99', () => {
    for (const row of ASSUMPTIONS) {
      if (row.kind === 'duration') expect(Number.isInteger(row.value)).toBe(true);
      if (row.kind === 'lognormal') expect(row.value.p50).toBeLessThan(row.value.p99);
      if (row.kind === 'uniform') expect(row.value.min).toBeLessThan(row.value.max);
      if (row.kind === 'choice') expect(row.choices).toContain(row.value);
    }
  });

  test('can be changed in one run without changing the next', () => {
    const mine = defaultAssumptions() as unknown as Record<string, { p50: number }>;
    mine.requestDuration.p50 = 1;
    expect(defaultAssumptions().requestDuration.p50).toBe(80 * MILLISECOND);
    expect(assumptionRow('requestDuration')?.value).toEqual({
      p50: 80 * MILLISECOND,
      p99: 900 * MILLISECOND,
    });
  });

  test('have the type of their kind', () => {
    expectTypeOf<AssumptionValues['ekmWaitingPeriod']>().toEqualTypeOf<Duration>();
    expectTypeOf<AssumptionValues['keyRetry']>().toEqualTypeOf<Backoff>();
    expectTypeOf<AssumptionValues['requestDuration']>().toEqualTypeOf<LognormalParameters>();
    expectTypeOf<AssumptionValues['checkDecryptVersion']>().toEqualTypeOf<'revision' | 'primary'>();
    expectTypeOf<AssumptionValues['timedOutRequestFreesSlot']>().toEqualTypeOf<boolean>();
    expect(assumptionRow('noSuchThing')).toBeUndefined();
  });
});

describe('in a report', () => {
  const values = defaultAssumptions();

  test('an assumption is written as a scenario would write it', () => {
    expect(assumptionText('ekmWaitingPeriod', values.ekmWaitingPeriod)).toBe('1h');
    expect(assumptionText('autoscalerTolerance', values.autoscalerTolerance)).toBe('10%');
    expect(assumptionText('autoscalerTolerance', 0.07)).toBe('7%');
    expect(assumptionText('hsmLimitPerMinute', values.hsmLimitPerMinute)).toBe('30000');
    expect(assumptionText('timedOutRequestFreesSlot', false)).toBe('false');
    expect(assumptionText('idleTimeout', values.idleTimeout)).toBe('{uniform: {min: 5m, max: 15m}}');
    expect(assumptionText('kmsLatencyHsm', values.kmsLatencyHsm)).toBe(
      '{lognormal: {p50: 20ms, p99: 100ms}}',
    );
    expect(assumptionText('keyRetry', values.keyRetry)).toBe(
      '{initial: 100ms, factor: 1.3, max: 1m, jitter: full}',
    );
  });

  test('a length of time is written in the largest unit that leaves no fraction', () => {
    const times = [0, 500_000, 250 * MILLISECOND, 90 * SECOND, 2 * HOUR, 48 * HOUR];
    expect(times.map((time) => durationText(time as Duration))).toEqual([
      '0s',
      '0.5ms',
      '250ms',
      '90s',
      '2h',
      '2d',
    ]);
  });
});
