import { describe, expect, test } from 'vitest';
import { isoTime, timeFields, timestamp } from '../../src/probes/timestamp.ts';
import type { Instant } from '../../src/units/time.ts';

const NOVEMBER = Date.UTC(2026, 10, 27, 2, 47);

describe('time labels', () => {
  test('a log entry has nine decimals', () => {
    expect(timestamp(NOVEMBER, 0 as Instant)).toBe('2026-11-27T02:47:00.000000000Z');
    expect(timestamp(NOVEMBER, 1 as Instant)).toBe('2026-11-27T02:47:00.000000001Z');
    expect(timestamp(NOVEMBER + 999, 1_000_001 as Instant)).toBe('2026-11-27T02:47:01.000000001Z');
  });

  test('a scenario that does not say when it is has no labels, only its own time', () => {
    expect(timestamp(null, 5 as Instant)).toBeNull();
    expect(timeFields(null, 1_500_000_000 as Instant)).toEqual({ simulated_s: 1.5 });
  });

  test('leap days, turns of years and of centuries are those of the calendar', () => {
    const day = 86_400_000;
    for (const start of [
      Date.UTC(1999, 11, 30),
      Date.UTC(2000, 1, 27),
      Date.UTC(2024, 1, 27),
      Date.UTC(2100, 1, 27),
      Date.UTC(1969, 11, 29),
      Date.UTC(2400, 1, 27),
    ]) {
      for (let days = 0; days < 5; days++) {
        const ms = start + days * day + 12_345_678;
        expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      }
    }
  });

  test('every day of 800 years has its date', () => {
    for (let day = -150_000; day < 150_000; day += 13) {
      const ms = day * 86_400_000;
      expect(isoTime(ms)).toBe(new Date(ms).toISOString().replace('.000', ''));
    }
  });
});
