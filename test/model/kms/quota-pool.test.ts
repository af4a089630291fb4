/** A quota pool by itself: what is granted, what others take of it, and how its limit changes. */
import { describe, expect, test } from 'vitest';
import { Streams } from '../../../src/engine/streams.ts';
import { QuotaPool } from '../../../src/model/kms/quota-pool.ts';
import type { Plan, QuotaLimitPlan } from '../../../src/model/plan.ts';
import type { Probe, QuotaAdjustmentRecord } from '../../../src/model/probe.ts';
import { defaultAssumptions, type AssumptionValues } from '../../../src/rules/assumptions.ts';
import type { PoolId } from '../../../src/units/ids.ts';
import { MINUTE, SECOND, type Duration, type Instant } from '../../../src/units/time.ts';

const at = (ns: number): Instant => ns as Instant;

/** What a probe was told: who called when, and whether that was granted. */
interface Told {
  readonly at: number;
  readonly ours: boolean;
  readonly cost: number | 'denied';
}

function poolOf(
  limit: Partial<QuotaLimitPlan> = {},
  assumptions: Partial<AssumptionValues> = {},
  start = 0,
): { readonly pool: QuotaPool; readonly told: Told[]; readonly adjusted: QuotaAdjustmentRecord[] } {
  const told: Told[] = [];
  const adjusted: QuotaAdjustmentRecord[] = [];
  const probe = {
    quotaTaken: (_: PoolId, ours: boolean, when: Instant, cost: number) =>
      told.push({ at: when, ours, cost }),
    quotaDenied: (_: PoolId, ours: boolean, when: Instant) => told.push({ at: when, ours, cost: 'denied' }),
    quotaAdjusted: (record: QuotaAdjustmentRecord) => adjusted.push(record),
  } as unknown as Probe;
  const plan = {
    quotas: {
      policy: 'hard-per-second',
      limits: [
        {
          name: 'p/l/HSM',
          project: 'p',
          location: 'l',
          protectionLevel: 'HSM',
          perMinute: 180,
          otherUsage: [],
          window: 'sliding',
          enforcement: 'hard',
          stated: true,
          ...limit,
        },
      ],
    },
    assumptions: { ...defaultAssumptions(), ...assumptions },
  } as unknown as Plan;
  return {
    pool: new QuotaPool(0 as PoolId, plan, new Streams('42', 0), probe, at(start)),
    told,
    adjusted,
  };
}

const take = (pool: QuotaPool, times: readonly number[], cost = 1): boolean[] =>
  times.map((time) => pool.take(at(time), cost));

const others = (told: readonly Told[]): readonly Told[] => told.filter(({ ours }) => !ours);

const oftenOthers = { otherUsage: [{ at: 0 as Instant, perSecond: 10 }] } as const;

const ADJUSTED = {
  quotaAdjuster: true,
  quotaAdjusterShare: 0.8,
  quotaAdjusterPeriod: MINUTE,
  quotaAdjusterDelay: (90 * SECOND) as Duration,
  quotaAdjusterFactor: 2,
};

describe('A pool with a hard limit', () => {
  test('grants a minute’s limit second by second, and tells what was granted and denied', () => {
    const { pool, told } = poolOf();
    expect(take(pool, [0, 0, 0, 0, SECOND - 1, SECOND])).toEqual([true, true, true, false, false, true]);
    expect(told.map(({ cost }) => cost)).toEqual([1, 1, 1, 'denied', 'denied', 1]);
    expect(told.every(({ ours }) => ours)).toBe(true);
  });

  test.each([
    // Three at 0.9 s; then at 1.1 s, and one at 1.9 s.
    ['sliding', [false, false, false, true]],
    ['calendar-second', [true, true, true, false]],
    ['token-bucket', [false, false, false, true]],
  ] as const)('cuts its seconds as its window says: %s', (window, expected) => {
    const { pool } = poolOf({ window });
    take(pool, [0.9 * SECOND, 0.9 * SECOND, 0.9 * SECOND]);
    expect(take(pool, [1.1 * SECOND, 1.1 * SECOND, 1.1 * SECOND, 1.9 * SECOND])).toEqual(expected);
  });

  test('refills a bucket before a sliding second has gone by', () => {
    const third = SECOND / 3 + 1;
    for (const [window, expected] of [
      ['sliding', false],
      ['token-bucket', true],
    ] as const) {
      const { pool } = poolOf({ window });
      take(pool, [0, 0, 0]);
      expect(take(pool, [third])).toEqual([expected]);
    }
  });

  test('grants a call of several tokens as a whole or not at all', () => {
    const { pool, told } = poolOf();
    expect([pool.take(at(0), 2), pool.take(at(0), 2), pool.take(at(0), 1)]).toEqual([true, false, true]);
    expect(told.map(({ cost }) => cost)).toEqual([2, 'denied', 1]);
  });

  test('follows a new limit at once', () => {
    const { pool } = poolOf();
    take(pool, [0, 0, 0]);
    pool.setLimit(300, at(1));
    expect(pool.perMinute).toBe(300);
    expect(take(pool, [1, 1, 1])).toEqual([true, true, false]);
  });
});

describe('The calls of others', () => {
  test('take quota like ours, one unit each, in the order of time, and may be denied like ours', () => {
    const { pool, told } = poolOf(oftenOthers);
    // About 100 in ten seconds, of which 3 a second are granted.
    pool.take(at(10 * SECOND), 1);
    const theirs = others(told);
    expect(theirs.length).toBeGreaterThan(70);
    expect(theirs.length).toBeLessThan(130);
    expect(theirs.map((one) => one.at)).toEqual(theirs.map((one) => one.at).toSorted((a, b) => a - b));
    const granted = theirs.filter(({ cost }) => cost === 1);
    expect(granted.length).toBeGreaterThan(20);
    expect(granted.length).toBeLessThanOrEqual(30);
    expect(theirs.filter(({ cost }) => cost === 'denied')).toHaveLength(theirs.length - granted.length);
    expect(told.at(-1)!.ours).toBe(true);
  });

  test('are made up to and including an instant, and each once', () => {
    const { pool, told } = poolOf(oftenOthers);
    pool.catchUp(at(10 * SECOND));
    const first = others(told)[0].at;
    const again = poolOf(oftenOthers);
    again.pool.catchUp(at(first - 1));
    expect(again.told).toEqual([]);
    again.pool.catchUp(at(first));
    expect(again.told).toHaveLength(1);
    again.pool.catchUp(at(first));
    expect(again.told).toHaveLength(1);
  });

  test('at the instant of a look come after it', () => {
    const { pool, told } = poolOf(oftenOthers);
    pool.catchUp(at(10 * SECOND));
    const first = others(told)[0].at;
    const looked = poolOf(oftenOthers);
    looked.pool.observe(at(first));
    expect(looked.told).toEqual([]);
    looked.pool.observe(at(first + 1));
    expect(looked.told).toHaveLength(1);
  });

  test('that were made before a new limit were made under the old one', () => {
    const { pool, told } = poolOf(oftenOthers);
    pool.setLimit(0, at(10 * SECOND));
    expect(told.filter(({ cost }) => cost === 1).length).toBeGreaterThan(20);
    const before = told.length;
    pool.catchUp(at(20 * SECOND));
    expect(told.slice(before).every(({ cost }) => cost === 'denied')).toBe(true);
    expect(told.length).toBeGreaterThan(before);
  });

  test('do not exist where the scenario names none', () => {
    const { pool, told } = poolOf();
    pool.catchUp(at(100 * MINUTE));
    expect(told).toEqual([]);
  });
});

describe('A pool with a soft limit', () => {
  const soft = { enforcement: 'soft', perMinute: 60 } as const;

  test('serves whatever comes while Cloud KMS has capacity', () => {
    const { pool } = poolOf(soft);
    expect(take(pool, Array<number>(200).fill(0)).every(Boolean)).toBe(true);
  });

  test('of an overloaded Cloud KMS serves the limit of any minute, and denies what is above it', () => {
    const { pool } = poolOf(soft, { systemOverloadProbability: 1 });
    expect(take(pool, Array<number>(60).fill(5)).every(Boolean)).toBe(true);
    expect(take(pool, [5, MINUTE + 4, MINUTE + 5])).toEqual([false, false, true]);
    expect([pool.take(at(MINUTE + 5), 60), pool.take(at(MINUTE + 5), 59)]).toEqual([false, true]);
  });

  test('denies a share of the calls above it as large as the chance of an overload', () => {
    const { pool } = poolOf(soft, { systemOverloadProbability: 0.25 });
    take(pool, Array<number>(60).fill(0));
    const denied = take(pool, Array<number>(2000).fill(0)).filter((granted) => !granted).length;
    // 2,000 x 0.25 = 500, with a standard deviation of 19.
    expect(Math.abs(denied - 500)).toBeLessThan(80);
  });

  test('gives our calls the same luck whether others call or not', () => {
    const overloaded = { systemOverloadProbability: 0.5 };
    const alone = poolOf({ ...soft, perMinute: 0 }, overloaded);
    const among = poolOf({ ...soft, perMinute: 0, ...oftenOthers }, overloaded);
    const times = Array.from({ length: 40 }, (_, i) => i * SECOND);
    const luck = take(alone.pool, times);
    expect(take(among.pool, times)).toEqual(luck);
    expect(new Set(luck).size).toBe(2);
    expect(others(among.told).some(({ cost }) => cost === 'denied')).toBe(true);
  });
});

describe('A pool with the quota adjuster', () => {
  /** 150 of 180 calls in the first minute, evenly: 83 %. */
  const busyMinute = Array.from({ length: 150 }, (_, i) => i * 0.4 * SECOND);

  test('has its limit raised once the request is granted, and tells from what to what, and when', () => {
    const { pool, adjusted } = poolOf({}, ADJUSTED);
    expect(take(pool, busyMinute).every(Boolean)).toBe(true);
    // Seen at 60 s, granted 90 s later.
    pool.catchUp(at(150 * SECOND - 1));
    expect([pool.perMinute, adjusted]).toEqual([180, []]);
    pool.catchUp(at(150 * SECOND));
    expect(pool.perMinute).toBe(360);
    expect(adjusted).toHaveLength(1);
    expect(adjusted[0]).toMatchObject({ at: 150 * SECOND, pool: 0, from: 180, to: 360, usage: 150 });
    expect(take(pool, Array<number>(7).fill(200 * SECOND))).toEqual([...Array(6).fill(true), false]);
  });

  test('shows a raise to whoever looks at the instant of the raise', () => {
    const { pool } = poolOf({}, ADJUSTED);
    take(pool, busyMinute);
    pool.observe(at(150 * SECOND - 1));
    expect(pool.perMinute).toBe(180);
    pool.observe(at(150 * SECOND));
    expect(pool.perMinute).toBe(360);
  });

  test('counts usage of others and of several tokens, but nothing that was denied', () => {
    const triple = poolOf({}, ADJUSTED);
    take(
      triple.pool,
      busyMinute.filter((_, i) => i % 3 === 0),
      3,
    );
    triple.pool.catchUp(at(150 * SECOND));
    expect(triple.adjusted[0].usage).toBe(150);

    const { pool, adjusted } = poolOf({ perMinute: 60 }, ADJUSTED);
    take(pool, Array<number>(100).fill(30 * SECOND));
    pool.catchUp(at(200 * SECOND));
    expect(adjusted).toEqual([]);

    const busy = poolOf({ otherUsage: [{ at: at(0), perSecond: 30 }] }, ADJUSTED);
    busy.pool.catchUp(at(150 * SECOND));
    expect(busy.adjusted).toHaveLength(1);
  });

  test('forgets a request that was made under a limit that somebody else has replaced', () => {
    const { pool, adjusted } = poolOf({}, ADJUSTED);
    take(pool, busyMinute);
    pool.setLimit(240, at(100 * SECOND));
    pool.catchUp(at(200 * SECOND));
    expect([pool.perMinute, adjusted]).toEqual([240, []]);
  });

  test('is not there where the project has not enabled it', () => {
    const { pool, adjusted } = poolOf({}, { ...ADJUSTED, quotaAdjuster: false });
    take(pool, busyMinute);
    pool.observe(at(600 * SECOND));
    expect([pool.perMinute, adjusted]).toEqual([180, []]);
  });

  test('begins when the world does, be it before time 0', () => {
    const { pool, adjusted } = poolOf({}, ADJUSTED, -MINUTE);
    take(
      pool,
      busyMinute.map((time) => time - MINUTE),
    );
    pool.catchUp(at(90 * SECOND));
    expect(adjusted[0].at).toBe(90 * SECOND);
  });
});
