import { describe, expect, test } from 'vitest';
import {
  DEFAULT_REVOCATION_ACTION,
  parseRevocationAction,
  parseShutdownHours,
  REVOCATION_ACTIONS,
  shutdownDurationProblem,
} from '../../src/rules/revocation-actions.ts';
import { HOUR, MINUTE, SECOND, type Duration } from '../../src/units/time.ts';

const hours = (count: number) => (count * HOUR) as Duration;

describe('the key revocation action', () => {
  test('is understood as the API writes it and as gcloud and YAML do', () => {
    expect(parseRevocationAction('PREVENT_NEW')).toBe('PREVENT_NEW');
    expect(parseRevocationAction('prevent-new')).toBe('PREVENT_NEW');
    expect(parseRevocationAction('SHUTDOWN')).toBe('SHUTDOWN');
    expect(parseRevocationAction('shut-down')).toBe('SHUTDOWN');
  });

  test.each(['', 'shutdown', 'SHUT_DOWN', 'Prevent-New', 'prevent_new', 'constructor'])(
    'is not guessed from %j',
    (text) => {
      expect(parseRevocationAction(text)).toBeNull();
    },
  );

  test('keeps running instances unless it says otherwise', () => {
    expect(DEFAULT_REVOCATION_ACTION).toBe('PREVENT_NEW');
    expect(REVOCATION_ACTIONS.map((row) => [row.action, row.running])).toEqual([
      ['PREVENT_NEW', 'kept'],
      ['SHUTDOWN', 'shut-down'],
    ]);
    expect(REVOCATION_ACTIONS.every((row) => row.newInstances === 'not-started')).toBe(true);
  });
});

describe('the shutdown duration', () => {
  test('is a whole number of hours, at least one', () => {
    expect(shutdownDurationProblem('SHUTDOWN', hours(1))).toBeNull();
    expect(shutdownDurationProblem('SHUTDOWN', (3600 * SECOND) as Duration)).toBeNull();
    expect(shutdownDurationProblem('SHUTDOWN', hours(72))).toBeNull();
    expect(shutdownDurationProblem('SHUTDOWN', MINUTE)).toMatch(/at least 1 hour/);
    expect(shutdownDurationProblem('SHUTDOWN', 0 as Duration)).toMatch(/at least 1 hour/);
    expect(shutdownDurationProblem('SHUTDOWN', hours(1.5))).toMatch(/whole number of hours/);
  });

  test('goes with SHUTDOWN only', () => {
    expect(shutdownDurationProblem('PREVENT_NEW', hours(1))).toMatch(/only valid with/);
  });

  test('is a number of hours in an annotation', () => {
    expect(parseShutdownHours('1')).toBe(HOUR);
    expect(parseShutdownHours('24')).toBe(24 * HOUR);
    for (const bad of ['0', '', '1.5', '-1', '01', '1h', ' 1', '1e3', '999999']) {
      expect(parseShutdownHours(bad)).toBeNull();
    }
  });
});
