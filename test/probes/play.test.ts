import { DEFAULT_STARTUP_PROBE } from '../../src/rules/startup-probe.ts';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { play } from '../../src/probes/play.ts';
import type { Cell, Results, Table } from '../../src/probes/results.ts';
import { MILLISECOND, type Instant } from '../../src/units/time.ts';
import {
  aKey,
  aLimit,
  anEntry,
  anObjective,
  anOutage,
  aPlan,
  aRevision,
  aService,
  entry,
  lasting,
  pool,
  revision,
  s,
  service,
} from './fixture.ts';

const lognormal = (p50: number, p99: number) =>
  ({ kind: 'lognormal', p50: p50 * MILLISECOND, p99: p99 * MILLISECOND }) as const;

const busy = (name: string, of: number, perSecond: number) =>
  aService(name, {
    minInstanceCount: 1,
    maxInstanceCount: 20,
    load: { arrivals: { kind: 'poisson' }, rate: [{ at: s(0), perSecond }], sinusoid: null },
    requests: { duration: lognormal(200, 900), firstDuration: null, cpuTime: null },
    traffic: [{ revision: revision(of), percent: 100 }],
    idleTimeout: { kind: 'constant', value: lasting(10) },
  });

const starting = (name: string, of: number, key: number): Plan['revisions'][number] => ({
  ...aRevision(name, of, key),
  maxInstanceRequestConcurrency: 4,
  startup: {
    scheduling: { kind: 'constant', value: 50 * MILLISECOND },
    imageImport: lognormal(300, 900),
    layerDecrypts: 1,
    dataKeyDecrypts: 1,
    containerStart: lognormal(500, 1500),
    decrypts: 'sequential',
    dataKeyCache: null,
    containerFactor: 1,
    probe: DEFAULT_STARTUP_PROBE,
  },
});

const keyOf = (level: Parameters<typeof aKey>[0], of: number, latency: number) => ({
  ...aKey(level, of),
  name: `projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/${level.toLowerCase()}`,
  latency: lognormal(latency, 3 * latency),
  check: { interval: lasting(20), per: 'revision' as const },
});

/** Two services, one on a tight HSM quota and one whose external key manager goes away for a while. */
const PLAN = aPlan({
  duration: lasting(120),
  services: [busy('hsm-service', 0, 60), busy('ekm-service', 1, 40)],
  revisions: [starting('hsm-service-1', 0, 0), starting('ekm-service-1', 1, 1)],
  keys: [keyOf('HSM', 0, 20), keyOf('EXTERNAL_VPC', 1, 45)],
  quotas: {
    policy: 'hard-per-second',
    limits: [{ ...aLimit('HSM', 240), otherUsage: [{ at: 0 as Instant, perSecond: 1 }] }, aLimit('EXTERNAL')],
  },
  timeline: [
    { ...anOutage('ekm-down', 1, 40), what: { ...anOutage('', 0, 0).what, keys: [1] } as never },
    anEntry('squeeze', 60, 90, { kind: 'quotaLimit', pool: pool(0), perMinute: 60 }),
    anEntry('crash', 70, null, { kind: 'instanceCrash', service: service(0), share: 0.5 }),
  ],
  objectives: [
    anObjective('error_ratio', '<', 0.5),
    anObjective('e2e_latencies.p99', '<', 60_000, { service: service(1), during: entry(0) }),
  ],
});

const column = ({ columns, rows }: Table, name: string): Cell[] =>
  rows.map((row) => row[columns.indexOf(name)]);
const total = (cells: readonly Cell[]): number =>
  cells.reduce<number>((sum, cell) => sum + (cell as number), 0);

describe('a play', () => {
  let results: Results;
  const once = () => (results ??= play(PLAN, 1));

  test('is a function of plan and replication', () => {
    expect(JSON.stringify(play(PLAN, 1))).toBe(JSON.stringify(once()));
    expect(play(PLAN, 2).summary.engine.fingerprint).not.toBe(once().summary.engine.fingerprint);
  });

  test('has something to tell: starts that are held, refused and crash, and calls that are denied', () => {
    const { services, kms, faults } = once().summary;
    expect(services[0].instances.refused['quota-exceeded']).toBeGreaterThan(0);
    expect(kms[0].exceeded).toBeGreaterThan(0);
    expect(faults[0].starts_held).toBeGreaterThan(0);
    expect(faults[1].starts_refused).toBeGreaterThan(0);
    expect(faults[2].ready_min).toBeLessThan(faults[2].ready_before as number);
  });

  test('the curve adds up to the summary, and every request that arrived is accounted for', () => {
    const { summary, tables } = once();
    const names = column(tables['requests.csv'], 'service_name');
    for (const { service_name, requests } of summary.services) {
      const of = (name: string) =>
        total(column(tables['requests.csv'], name).filter((_, row) => names[row] === service_name));
      expect(of('arrived')).toBe(requests.arrived);
      expect(of('code_2xx')).toBe(requests.served);
      const { served, code_429, code_499, code_500, code_503, code_504, in_flight } = requests;
      const ends = [served, code_429, code_499, code_500, code_503, code_504, in_flight];
      expect(total(ends as number[])).toBe(requests.arrived);
    }
  });

  test('calls are the same in the summary, over time, by use and in the audit log', () => {
    const { summary, tables, logs } = once();
    const operations = total(summary.kms.map((each) => each.operations as number));
    expect(total(column(tables['kms-quota.csv'], 'operations'))).toBe(operations);
    const uses = tables['kms-operations.csv'];
    expect(total(column(uses, 'granted')) + total(column(uses, 'exceeded'))).toBe(operations);
    expect(logs['audit-log.jsonl']).toHaveLength(operations);
  });

  test('no second has more granted calls than a hard limit allows, and the peak covers all of ours', () => {
    const { summary, logs } = once();
    const calls = logs['audit-log.jsonl'].map((line) => JSON.parse(line));
    for (const [index, limit] of [4, 10].entries()) {
      const { protection_level, peak_per_second } = summary.kms[index];
      const granted = calls
        .filter((call) => call.protoPayload.status.code !== 8)
        .filter((call) => call.resource.labels.crypto_key_id === (protection_level as string).toLowerCase())
        .map((call) => Math.round(call.simulated_s * 1e9));
      expect(granted.length).toBeGreaterThan(10);
      const most = Math.max(
        ...granted.map((end) => granted.filter((at) => at > end - 1e9 && at <= end).length),
      );
      expect(most).toBeLessThanOrEqual(peak_per_second as number);
      expect(peak_per_second).toBeLessThanOrEqual(limit);
    }
  });

  test('each start has a row and an entry in the service log', () => {
    const { summary, tables, logs } = once();
    const starts = tables['cold-starts.csv'].rows.length;
    expect(starts).toBe(total(summary.services.map((each) => each.instances.started as number)));
    const logged = logs['service-log.jsonl'].filter((line) => line.includes('Starting new instance.'));
    expect(logged).toHaveLength(starts);
  });

  test('has no number that is not one', () => {
    const { summary, tables } = once();
    const look = (value: unknown): void => {
      if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      else if (value !== null && typeof value === 'object') Object.values(value).forEach(look);
      else expect(value).not.toBeUndefined();
    };
    look(summary);
    look(tables);
  });

  test('tells how far it has come, which changes nothing', () => {
    const heard: Instant[] = [];
    const watched = play(PLAN, 1, { onProgress: (simulated) => heard.push(simulated) });
    expect(heard.at(-1)).toBe(PLAN.duration);
    expect(JSON.stringify(watched)).toBe(JSON.stringify(once()));
  });

  test('without logs has the same summary and tables', () => {
    const quiet = play(PLAN, 1, { logs: false });
    expect(quiet.summary).toEqual(once().summary);
    expect(quiet.tables).toEqual(once().tables);
    expect(Object.values(quiet.logs).flat()).toEqual([]);
  });

  test('that begins before time 0, in the middle of an incident, has curves from 0 on', () => {
    const before = { ...PLAN.timeline[0], at: s(-30) };
    const { tables, summary } = play({ ...PLAN, timeline: [before] }, 1);
    expect(column(tables['kms-quota.csv'], 'time_s')[0]).toBe(0);
    expect(summary.faults[0].at_s).toBe(-30);
    expect(summary.faults[0].ready_before).toBe(1);
  });

  test('after a warm-up counts what comes later', () => {
    const { summary, tables } = play({ ...PLAN, warmUp: lasting(60) }, 1);
    const times = column(tables['requests.csv'], 'time_s');
    const arrived = column(tables['requests.csv'], 'arrived').filter(
      (_, row) => (times[row] as number) >= 60,
    );
    expect(total(summary.services.map((each) => each.requests.arrived as number))).toBe(total(arrived));
  });
});
