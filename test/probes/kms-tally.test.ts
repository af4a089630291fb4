import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { Table } from '../../src/probes/results.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import { aCall, aFailure, aKey, aLimit, aPlan, HandmadeWorld, lasting, pool, s } from './fixture.ts';
import type { KeyId } from '../../src/units/ids.ts';

const watched = (changes: Partial<Plan> = {}) => {
  const plan = aPlan(changes);
  const watchers = new Watchers(plan);
  const world = new HandmadeWorld(plan, watchers);
  /** A call of ours, granted or denied at once, answered after 50 ms. */
  const call = (at: number, changes: Parameters<typeof aCall>[0] = {}) => {
    const answered = at + 0.05;
    const made = aCall({ issuedAt: s(at), answeredAt: s(answered), ...changes });
    if (made.outcome !== 'exceeded' && made.pool !== null) {
      world.now = s(at);
      watchers.quotaTaken(made.pool, true, s(at), 1);
    }
    watchers.keyCalled(made);
  };
  return { watchers, world, plan, call };
};

const records = ({ columns, rows }: Table) =>
  rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));

const exceeded = { outcome: 'exceeded', failure: aFailure('quota-exceeded') } as const;
const failed = { outcome: 'failed', failure: aFailure('ekm-unreachable') } as const;

describe('quota per protection level', () => {
  test('operations are all calls, usage the granted ones, and a granted call that fails has cost quota', () => {
    const { watchers, world, call } = watched();
    call(1);
    call(2, failed);
    call(3, exceeded);
    world.finish();
    expect(watchers.kms.summary).toEqual([
      {
        project_id: 'kms-prod',
        location: 'europe-west3',
        protection_level: 'HSM',
        operations: 3,
        usage: 2,
        exceeded: 1,
        other_usage: 0,
        peak_per_second: 1,
        peak_per_minute: 2,
        limit_per_minute: 600,
      },
    ]);
  });

  test('a software key uses none, has no limit, and shows its peak all the same', () => {
    const { watchers, world, call } = watched({
      keys: [aKey('SOFTWARE', null)],
      quotas: { policy: 'hard-per-second', limits: [] },
    });
    // Told in the order of the answers, which is not that of the calls.
    call(5.5, { pool: null, answeredAt: s(5.6) });
    call(5.0, { pool: null, answeredAt: s(7) });
    world.finish();
    const [row] = records(watchers.kms.quotaTable);
    expect(row).toMatchObject({ operations: 2, usage: 0, peak_per_second: 2, limit_per_minute: null });
    expect(watchers.kms.summary[0]).toMatchObject({ usage: 0, peak_per_second: 2, limit_per_minute: null });
  });

  test('EXTERNAL and EXTERNAL_VPC keys have rows of their own and share limit, peak and other usage', () => {
    const { watchers, world, call } = watched({
      keys: [aKey('EXTERNAL', 0), aKey('EXTERNAL_VPC', 0)],
      quotas: { policy: 'hard-per-second', limits: [aLimit('EXTERNAL', 6000)] },
    });
    call(1.0);
    call(1.2, { key: 1 as KeyId });
    watchers.quotaTaken(pool(0), false, s(1.3), 1);
    world.finish();
    const rows = records(watchers.kms.quotaTable).slice(0, 2);
    expect(rows.map((row) => [row.protection_level, row.usage])).toEqual([
      ['EXTERNAL', 1],
      ['EXTERNAL_VPC', 1],
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ peak_per_second: 3, other_usage: 1, limit_per_minute: 6000 });
    }
  });

  test('the peak is over any second, wherever it is cut, that ends in the interval', () => {
    const { watchers, world, call } = watched();
    for (const at of [9.5, 9.9, 10.2, 10.4, 10.6]) call(at);
    world.finish();
    const peaks = records(watchers.kms.quotaTable).map((row) => row.peak_per_second);
    // (9.4, 10.4] has four; 9.5 is out of (9.6, 10.6], which has four too. Only two are before 10.
    expect(peaks).toEqual([2, 4, 0, 0, 0, 0]);
  });

  test('a second that ends at the border ends in the interval that begins there', () => {
    const { watchers, world, call } = watched();
    call(9.000000001);
    call(29);
    world.finish();
    const peaks = records(watchers.kms.quotaTable).map((row) => row.peak_per_second);
    // (9, 10] holds the first call; (29, 30] does not hold the second, which was made at 29 sharp.
    expect(peaks).toEqual([1, 1, 1, 0, 0, 0]);
  });

  test('a call before time 0 is in no interval', () => {
    const { watchers, world, call } = watched();
    call(-5);
    world.finish();
    expect(watchers.kms.summary[0]).toMatchObject({ operations: 0, peak_per_second: 0 });
    expect(watchers.kms.operationsTable.rows).toEqual([]);
  });

  test('a limit that changes shows from the next point of the grid on', () => {
    const { watchers, world } = watched();
    world.at(25).pools[0].perMinute = 60;
    world.finish();
    const limits = records(watchers.kms.quotaTable).map((row) => row.limit_per_minute);
    expect(limits).toEqual([600, 600, 600, 60, 60, 60]);
  });

  test('a call belongs where it was made, though it is told when it is answered', () => {
    const { watchers, world, call } = watched({ warmUp: lasting(20) });
    call(19.99, { answeredAt: s(20.5) });
    call(20, { answeredAt: s(31) });
    world.finish();
    expect(records(watchers.kms.quotaTable).map((row) => row.usage)).toEqual([0, 1, 1, 0, 0, 0]);
    expect(watchers.kms.summary[0]).toMatchObject({ operations: 1, usage: 1, peak_per_second: 1 });
  });

  test('a call that is granted without quota being taken is a defect', () => {
    const { watchers, world } = watched();
    world.at(1);
    watchers.keyCalled(aCall({ issuedAt: s(1), answeredAt: s(1) }));
    expect(() => world.finish()).toThrow('takes quota when it is granted');
  });
});

describe('who used a key, and for what', () => {
  test('one row per interval, key, version, service and reason, only where something was called', () => {
    const { watchers, world, call } = watched();
    call(1, { use: 'data-key-decrypt' });
    call(2);
    call(2.5, { ...failed, attempt: 1 });
    call(3, exceeded);
    call(4, { version: 2 });
    call(31, { use: 'check-encrypt' });
    world.finish();
    const rows = records(watchers.kms.operationsTable);
    expect(
      rows.map((row) => [
        row.time_s,
        row.version,
        row.method,
        row.granted,
        row.exceeded,
        row.failed,
        row.retries,
      ]),
    ).toEqual([
      [0, 1, 'Decrypt', 2, 1, 1, 1],
      [0, 1, 'Decrypt', 1, 0, 0, 0],
      [0, 2, 'Decrypt', 1, 0, 0, 0],
      [30, 1, 'Encrypt', 1, 0, 0, 0],
    ]);
    expect(rows[0].caller_context).toBe('Decrypting CMEK-encrypted layer during container clone start.');
    expect(rows[0].latency_p50_ms).toBe(50);
  });

  test('latencies are those of granted calls, by nearest rank', () => {
    const { watchers, world, call } = watched();
    for (const ms of [30, 10, 20]) call(1, { answeredAt: s(1 + ms / 1000) });
    call(1, exceeded);
    call(12, exceeded);
    world.finish();
    const rows = records(watchers.kms.operationsTable);
    expect([rows[0].latency_p50_ms, rows[0].latency_p99_ms]).toEqual([20, 30]);
    expect([rows[1].latency_p50_ms, rows[1].latency_p99_ms]).toEqual([null, null]);
  });
});
