/** What becomes of each kind of entry of the summary when several replications are made into one. */
import { describe, expect, it } from 'vitest';
import {
  combine,
  enough,
  labelOf,
  replicationRows,
  replicationsCsv,
} from '../../src/experiment/replicate.ts';
import type { Summary } from '../../src/probes/results.ts';
import { objective, planOf, resultsOf } from './fixture.ts';

const plan = planOf({ objectives: [objective('e2e_latencies.mean < 25ms', 25)] });

/** The summary of one replication, with these parts instead of its own. */
const summaryOf = (replication: number, over: object = {}): Summary =>
  ({ ...resultsOf(plan, replication).summary, ...over }) as Summary;

const combined = (over: (replication: number) => object, count = 3): Summary =>
  combine(
    plan,
    Array.from({ length: count }, (_, index) => summaryOf(index + 1, over(index + 1))),
  );

describe('The summary of several replications', () => {
  it('has a bill of means where there is one, and none where there is none', () => {
    const { cost } = combined((replication) => ({
      cost: { total: replication, services: [{ cloud_run: 2 * replication, tier: 1 }] },
    })) as unknown as { cost: { total: object; services: { cloud_run: object; tier: number }[] } };
    expect(cost.total).toMatchObject({ mean: 2 });
    expect(cost.services[0].cloud_run).toMatchObject({ mean: 4 });
    expect(cost.services[0].tier).toBe(1);
    expect('cost' in combined(() => ({}))).toBe(false);
  });

  it('keeps the cautions of its replications', () => {
    const caution = 'A caution.';
    expect(combined(() => ({ cautions: [caution] })).cautions).toEqual([caution]);
    expect('cautions' in combined(() => ({}))).toBe(false);
  });

  it('warns of a service that is so busy that the intervals are too narrow', () => {
    // 290 requests of a second on five instances of one slot, in 60 s: 97 % busy.
    const busy = {
      ...plan,
      warmUp: 0,
      services: [{ ...plan.services[0], requests: { cpuTime: null } }],
      revisions: [{ service: 0, maxInstanceRequestConcurrency: 1 }],
    } as unknown as typeof plan;
    const [service] = summaryOf(1).services;
    const each = {
      services: [{ ...service, requests: { served: 290 }, request_latencies_ms: { mean: 1000 } }],
      cautions: ['A caution.'],
    };
    const { cautions } = combine(busy, [summaryOf(1, each), summaryOf(2, each)]);
    expect(cautions).toHaveLength(2);
    expect(cautions![0]).toBe('A caution.');
    expect(cautions![1]).toMatch(/^checkout: its instances are 97 % busy/);
  });

  it('has its entries in the order in which each replication has them', () => {
    const keys = (summary: Summary) => Object.keys(summary.services[0]);
    expect(keys(combined(() => ({})))).toEqual(keys(summaryOf(1)));
  });

  it('says of how many replications it is, of all of their pools, and that no verdict is of one run', () => {
    const summary = combined(() => ({}));
    expect(summary.scenario).toEqual({ ...summaryOf(1).scenario, replications: 3 });
    expect(summary.kms[0]).toMatchObject({ project_id: 'p', limit_per_minute: { mean: 600 } });
    expect(summary.objectives[0].one_run).toBe(false);
    expect(summary.engine.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    const other = combine(
      plan,
      [1, 3, 2].map((replication) => summaryOf(replication)),
    );
    expect(other.engine.fingerprint).not.toBe(summary.engine.fingerprint);
  });

  it('may meet an objective that a single replication missed', () => {
    const [known] = summaryOf(1).objectives;
    const values = [...Array<number>(30).fill(10), 26];
    const summary = combined((replication) => {
      const value = values[replication - 1];
      return { objectives: [{ ...known, value, verdict: value < 25 ? 'met' : 'missed' }] };
    }, 31);
    expect(summary.objectives[0].verdict).toBe('met');
  });

  it('lists causes in the order of the alphabet, whoever met them first', () => {
    const summary = combined((replication) => {
      const [service] = resultsOf(plan, replication).summary.services;
      const refused = replication === 1 ? { 'quota-exceeded': 3 } : { 'ekm-unreachable': 6 };
      return { services: [{ ...service, instances: { ...service.instances, refused } }] };
    });
    const { refused } = summary.services[0].instances;
    expect(Object.keys(refused)).toEqual(['ekm-unreachable', 'quota-exceeded']);
    expect(refused['quota-exceeded']).toMatchObject({ mean: 1 });
    expect(refused['ekm-unreachable']).toMatchObject({ mean: 4 });
    const evicted = combined((replication) => {
      const [service] = resultsOf(plan, replication).summary.services;
      const causes = replication === 2 ? { 'key-disabled': 9 } : {};
      return { services: [{ ...service, instances: { ...service.instances, evicted: causes } }] };
    });
    expect(evicted.services[0].instances.evicted['key-disabled']).toMatchObject({ mean: 3 });
  });

  it('has a mean over the replications that know a number, and nothing where none does', () => {
    const fault = (recovered: number | null) => ({ name: 'ekm-down', at_s: 30, recovered_s: recovered });
    const over = (values: readonly (number | null)[]) =>
      combined((replication) => ({ faults: [fault(values[replication - 1])] })).faults[0];
    expect(over([null, 4, 8])).toMatchObject({ at_s: 30, recovered_s: { mean: 6 } });
    expect(over([null, null, 8])).toMatchObject({ recovered_s: 8 });
    expect(over([null, null, null])).toMatchObject({ recovered_s: null });
  });

  it('has the value of an objective that only one replication knows, without an interval', () => {
    const objectives = (value: number | null) => [
      { ...summaryOf(1).objectives[0], value, verdict: value === null ? 'no data' : 'met' },
    ];
    const over = (values: readonly (number | null)[]) =>
      combined((replication) => ({ objectives: objectives(values[replication - 1]) })).objectives[0];
    expect(over([null, 7, null])).toMatchObject({ value: 7, low: null, high: null, verdict: 'inconclusive' });
    expect(over([null, null, null])).toMatchObject({
      value: null,
      low: null,
      high: null,
      verdict: 'no data',
    });
    const all = over([7, 8, 9]);
    expect(all.value).toBe(8);
    // t(0.975, 2) x 1 / sqrt(3)
    expect(all.low).toBeCloseTo(8 - 2.484138, 5);
    expect(all.high).toBeCloseTo(8 + 2.484138, 5);
  });

  it('counts events, and is told apart by what its replications did', () => {
    expect(combined(() => ({})).engine.events).toMatchObject({ mean: 2 });
  });
});

describe('The number of replications', () => {
  it('suffices at once where no precision is asked for', () => {
    expect(
      enough(
        planOf({}),
        [1, 2].map((n) => resultsOf(planOf({}), n).summary),
      ),
    ).toBe(true);
  });

  it('suffices only when every objective is known precisely', () => {
    const two = planOf({
      objectives: [objective('a < 25', 25), objective('b < 25', 25)],
      replications: { max: 100, relativeHalfWidth: 0.05 },
    });
    const known = (other: (n: number) => number | null) =>
      [1, 2, 3].map((n) => {
        const [each] = resultsOf(two, n, 20).summary.objectives;
        return summaryOf(n, { objectives: [each, { ...each, value: other(n) }] });
      });
    expect(
      enough(
        two,
        known(() => 5),
      ),
    ).toBe(true);
    expect(
      enough(
        two,
        known((n) => 5 * n),
      ),
    ).toBe(false);
    // One that has no value in any replication asks for no more of them; one that had a single one does.
    expect(
      enough(
        two,
        known(() => null),
      ),
    ).toBe(true);
    expect(
      enough(
        two,
        known((n) => (n === 1 ? 5 : null)),
      ),
    ).toBe(false);
    expect(
      enough(
        two,
        known((n) => (n === 1 ? null : 5)),
      ),
    ).toBe(true);
  });

  it('suffices, without objectives, when the mean wait of every service is known precisely', () => {
    const none = planOf({ replications: { max: 100, relativeHalfWidth: 0.05 } });
    const over = (mean: (n: number) => unknown) =>
      [1, 2, 3].map((n) => {
        const [service] = resultsOf(none, n).summary.services;
        return summaryOf(n, { services: [{ ...service, e2e_latencies_ms: { mean: mean(n) } }] });
      });
    expect(
      enough(
        none,
        over(() => 20),
      ),
    ).toBe(true);
    expect(
      enough(
        none,
        over((n) => 20 * n),
      ),
    ).toBe(false);
    expect(
      enough(
        none,
        over(() => ({ mean: 20, low: 1, high: 90 })),
      ),
    ).toBe(true);
    expect(
      enough(
        none,
        over((n) => ({ mean: 20 * n, low: 1, high: 90 })),
      ),
    ).toBe(false);
    expect(
      enough(
        none,
        over(() => null),
      ),
    ).toBe(true);
  });
});

describe('The rows of replications.csv', () => {
  it('name objectives by what they are about', () => {
    const one = { expect: 'error_ratio < 1%', service: null, during: null };
    expect(labelOf(one)).toBe('error_ratio < 1%');
    expect(labelOf({ ...one, service: 'checkout' })).toBe('error_ratio < 1%, service checkout');
    expect(labelOf({ ...one, during: 'ekm-down' })).toBe('error_ratio < 1%, during ekm-down');
    expect(labelOf({ ...one, service: 'checkout', during: 'ekm-down' })).toBe(
      'error_ratio < 1%, service checkout, during ekm-down',
    );
  });

  it('put names into quotes that have a comma, a quote or a new line in them', () => {
    const csv = (name: string): string =>
      replicationsCsv([summaryOf(1, { faults: [{ name, recovered_s: 3 }], services: [], kms: [] })]);
    expect(csv('plain')).toContain('\n1,faults.plain.recovered_s,3\n');
    expect(csv('a,b')).toContain('\n1,"faults.a,b.recovered_s",3\n');
    expect(csv('a"b"')).toContain('\n1,"faults.a""b"".recovered_s",3\n');
    expect(csv('a\nb')).toContain('\n1,"faults.a\nb.recovered_s",3\n');
  });

  it('have the bill, and leave out what the scenario gives', () => {
    const rows = replicationRows([
      summaryOf(1, { cost: { total: 5, tier: 1, services: [{ cloud_run: 2 }] } }),
      summaryOf(2, { cost: { total: 6, tier: 1, services: [{ cloud_run: null }] } }),
    ]).filter(({ metric }) => metric.startsWith('cost'));
    expect(rows).toEqual([
      { replication: 1, metric: 'cost.total', value: 5 },
      { replication: 1, metric: 'cost.services.0.cloud_run', value: 2 },
      { replication: 2, metric: 'cost.total', value: 6 },
      { replication: 2, metric: 'cost.services.0.cloud_run', value: null },
    ]);
  });

  it('have texts nowhere, and the events of each replication', () => {
    const rows = replicationRows([summaryOf(1), summaryOf(2)]);
    expect(rows.every(({ value }) => value === null || typeof value === 'number')).toBe(true);
    expect(rows.some(({ metric }) => metric.includes('service_name'))).toBe(false);
    expect(rows.filter(({ metric }) => metric === 'engine.events').map(({ value }) => value)).toEqual([1, 2]);
  });
});
