/** The quota adjuster by itself: 80 % of the limit in each of two minutes, granted three minutes later, half as much again. */
import { describe, expect, test } from 'vitest';
import { QuotaAdjuster } from '../../../src/model/kms/quota-adjuster.ts';
import { MINUTE, type Duration, type Instant } from '../../../src/units/time.ts';

const settings = {
  quotaAdjusterShare: 0.8,
  quotaAdjusterPeriod: (2 * MINUTE) as Duration,
  quotaAdjusterDelay: (3 * MINUTE) as Duration,
  quotaAdjusterFactor: 1.5,
};

/** Limits at the ends of minutes of this usage; `undefined`: somebody else sets the limit to 100 during that minute. */
function limitsAfter(
  usage: readonly (number | undefined)[],
  changes: Partial<typeof settings> = {},
): number[] {
  const adjuster = new QuotaAdjuster({ ...settings, ...changes }, 0 as Instant);
  let limit = 100;
  return usage.map((used, minute) => {
    if (used === undefined) {
      limit = 100;
      adjuster.startAfresh();
    } else adjuster.used(used);
    const end = (minute + 1) * MINUTE;
    while (adjuster.next <= end) limit = adjuster.act(limit)?.to ?? limit;
    return limit;
  });
}

describe('The quota adjuster', () => {
  test('raises the limit when its request is granted, after as many minutes of high usage as the period has', () => {
    expect(limitsAfter([90, 80, 0, 0, 0, 0])).toEqual([100, 100, 100, 100, 150, 150]);
  });

  test('does not where one minute of the period was lower', () => {
    expect(limitsAfter([90, 79, 90, 0, 90, 0, 0, 0])).toEqual(Array(8).fill(100));
  });

  test('looks at usage under the new limit before it asks again', () => {
    // High in every minute: asked at 2, granted at 5; of the raised limit, high at 6 and 7, granted at 10.
    expect(limitsAfter(Array<number>(11).fill(200))).toEqual([
      100, 100, 100, 100, 150, 150, 150, 150, 150, 225, 225,
    ]);
    expect(limitsAfter(Array<number>(11).fill(100)).at(-1)).toBe(150);
  });

  test('forgets what it has asked for when somebody else sets the limit', () => {
    expect(limitsAfter([90, 90, undefined, 0, 0, 0])).toEqual(Array(6).fill(100));
  });

  test('asks for nothing where nothing is used, though a limit of 0 is reached by that', () => {
    const adjuster = new QuotaAdjuster(settings, 0 as Instant);
    for (let minute = 0; minute < 9; minute++) expect(adjuster.act(0)).toBeNull();
  });

  test('rounds the period up to full minutes, and raises by one at least', () => {
    const short = { quotaAdjusterPeriod: 1 as Duration, quotaAdjusterDelay: 0 as Duration };
    expect(limitsAfter([90], short)).toEqual([150]);
    expect(limitsAfter([90], { ...short, quotaAdjusterFactor: 1.001 })).toEqual([101]);
  });

  test('begins with the minute in which time begins, be it before time 0', () => {
    const adjuster = new QuotaAdjuster(settings, -90e9 as Instant);
    expect(adjuster.next).toBe(-60e9);
  });

  test('says what it has seen', () => {
    const adjuster = new QuotaAdjuster({ ...settings, quotaAdjusterDelay: 0 as Duration }, 0 as Instant);
    adjuster.used(95);
    expect(adjuster.act(100)).toBe(null);
    adjuster.used(85);
    expect(adjuster.act(100)).toBe(null);
    expect(adjuster.act(100)).toEqual({
      to: 150,
      usage: 85,
      because:
        'usage was at least 80% of the limit in each of the 2 minutes before 120 s, when more was requested',
    });
  });
});
