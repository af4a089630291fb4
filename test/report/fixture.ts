/**
 * Results of an incident that never ran, plausible enough to look at: two services share an HSM pool, one also
 * uses an external key, the external key manager is away for 90 s at the peak, and a key is disabled later.
 * Made by code from fixed numbers, so that it is the same on every machine.
 */
import type { Cell, Results, Table } from '../../src/probes/results.ts';

const STEP = 10;
const END = 1800;

/** Park and Miller's generator: any sequence of numbers does here, as long as it is always the same. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const table = (columns: string, rows: Cell[][]): Table => ({ columns: columns.split(','), rows });

const inOutage = (t: number): boolean => t >= 720 && t < 820;
const load = (t: number): number =>
  40 + (t < 300 ? t / 6 : t < 900 ? 90 : 60) + (t > 700 && t < 1000 ? 130 : 0);

/** What befell the first service and not the second. */
const counts = (index: number, cause: string, count: number): Record<string, number> =>
  index === 0 ? { [cause]: count } : {};

/** Of the half hour. */
const BILL = {
  cloud_run: 0.75,
  cloud_run_idle_minimum: 0.011,
  cloud_run_awaiting_key: 0.02,
  cloud_kms: 0.116675,
  cloud_kms_operations: 0.113937,
  cloud_kms_key_versions: 0.002738,
};

interface Overrides {
  readonly summary?: Partial<Results['summary']>;
}

/** The incident; `overrides` replace members of its summary. */
export function incident({ summary }: Overrides = {}): Results {
  const random = chance(42);
  const scaleOut: Cell[][] = [];
  const requests: Cell[][] = [];
  const quota: Cell[][] = [];
  const operations: Cell[][] = [];
  const starts: Cell[][] = [];
  const serviceLog: string[] = [];
  const auditLog: string[] = [];
  const decisions: string[] = [];
  let pending = 0;
  for (let t = 0; t < END; t += STEP) {
    for (const service of ['checkout', 'catalogue']) {
      const share = service === 'checkout' ? 1 : 0.3;
      const rate = load(t) * share * (0.9 + 0.2 * random());
      const wanted = Math.ceil(rate / 6);
      const held = service === 'checkout' && inOutage(t) ? Math.min(18, Math.round((t - 715) / 5)) : 0;
      const active = Math.max(0, Math.round(rate / 8) - held);
      const idle = service === 'checkout' && t > 1000 ? 12 : Math.max(0, wanted - active - held);
      const starting = held > 0 ? 0 : Math.round(random() * 2);
      pending =
        service === 'checkout'
          ? held > 0
            ? pending + Math.round(30 + 20 * random())
            : Math.max(0, pending - 220)
          : 0;
      scaleOut.push([
        t,
        service,
        `${service}-00001-abc`,
        starting,
        held,
        active,
        idle,
        t > 900 && t < 930 ? 3 : 0,
        wanted,
        pending,
      ]);
      if (service === 'checkout' && t >= 1300)
        scaleOut.push([t, service, 'checkout-00002-xyz', 0, 0, 2, 1, 0, 3, 0]);
      const arrived = Math.round(rate * STEP);
      const late = held > 4 ? Math.round(arrived * 0.07) : 0;
      const unanswered = service === 'checkout' && t >= 780 && t < 850 ? Math.round(arrived * 0.2) : 0;
      const slow = held > 0 ? 9000 + 400 * held : 300 + 200 * random();
      requests.push([
        t,
        service,
        arrived,
        arrived - late - unanswered,
        late,
        0,
        unanswered,
        t === 840 ? 6 : 0,
        0,
        82 + 4 * random(),
        190 + 40 * random() + slow / 10,
        slow,
        slow * 1.6,
      ]);
    }
    const attempts = Math.round((inOutage(t) ? 46 : 18) * STEP * (0.8 + 0.4 * random()));
    const denied = inOutage(t) ? Math.round(attempts * 0.22) : 0;
    const peak = Math.min(50, Math.round((attempts / STEP) * 1.7));
    quota.push([
      t,
      'kms-prod',
      'europe-west3',
      'HSM',
      attempts,
      attempts - denied,
      denied,
      2 * STEP,
      peak,
      3000,
    ]);
    quota.push([
      t,
      'kms-prod',
      'europe-west3',
      'EXTERNAL_VPC',
      inOutage(t) ? 60 : 8,
      inOutage(t) ? 60 : 8,
      0,
      0,
      inOutage(t) ? 12 : 3,
      6000,
    ]);
    operations.push([
      t,
      'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/checkout',
      1,
      'HSM',
      'checkout',
      'decrypt image layer',
      'Decrypt',
      attempts - denied,
      denied,
      0,
      0,
      11.5,
      48.25,
    ]);
  }
  for (let index = 0; index < 160; index++) {
    const t = Math.round((index * END) / 160 + random() * 3);
    const service = index % 4 === 0 ? 'catalogue' : 'checkout';
    const refused = service === 'checkout' && inOutage(t) && index % 2 === 0;
    starts.push([
      t,
      service,
      `${service}-00001-abc`,
      index,
      index % 3 === 0 ? 'request' : 'autoscaler',
      50,
      refused ? null : 500 + Math.round(random() * 1800),
      inOutage(t) ? 4000 + Math.round(random() * 30_000) : 90 + Math.round(random() * 60),
      inOutage(t) ? 9 : 2,
      refused ? null : 900 + Math.round(random() * 2400),
      refused ? 'quota-exceeded' : 'ready',
    ]);
    if (refused) {
      serviceLog.push(
        JSON.stringify({
          simulated_s: t + 0.123456789,
          severity: 'ERROR',
          textPayload: 'The request failed because the Cloud KMS quota was exceeded.',
          jsonPayload: { status: 'RESOURCE_EXHAUSTED' },
          labels: { service_name: service },
        }),
      );
      auditLog.push(JSON.stringify({ time_s: t, methodName: 'Decrypt', status: { code: 8 } }));
    }
    decisions.push(JSON.stringify({ time_s: t, service_name: service, desired: 10 }));
  }
  serviceLog.push(
    JSON.stringify({
      simulated_s: 1400.000000001,
      severity: 'ERROR',
      textPayload: "<script>alert('no')</script> The customer-managed encryption key is disabled.",
      labels: { service_name: 'checkout' },
    }),
  );

  const results: Results = {
    summary: {
      tool: { name: 'cmeksim', version: '0.1.0' },
      scenario: {
        name: 'ekm-outage-at-peak',
        description:
          'What a 90 s outage of the external key manager does to a flash sale, and what a disabled key does afterwards.',
        hash: '9f3c5b1e0d7a44e2b1c69c0b5d7a3f11',
        seed: '42',
        replications: 1,
        quotaPolicy: 'hard-per-second',
        duration_s: END,
        warm_up_s: 0,
        sample_interval_s: STEP,
        starts_at: '2026-11-27T02:47:00Z',
      },
      services: ['checkout', 'catalogue'].map((service_name, index) => ({
        service_name,
        autoscaler: 'cloud-run',
        routing: 'least-loaded',
        requests: {
          arrived: 241_880 - index * 170_000,
          served: 233_905 - index * 162_030,
          code_429: index === 0 ? 4410 : 0,
          code_499: 0,
          code_500: index === 0 ? 3541 : 0,
          code_503: index === 0 ? 6 : 0,
          code_504: 0,
          in_flight: index === 0 ? 18 : 5,
          cold: 1841 - index * 1700,
          retries: 0,
          rejected_at_front_end: 0,
        },
        logical: { offered: 241_880, succeeded: 233_905, failed: 7957 },
        error_ratio: index === 0 ? 0.0329 : 0,
        e2e_latencies_ms: {
          mean: 305.4,
          p50: 84.2,
          p90: 201,
          p95: 320.7,
          p99: 9412.55,
          p99_9: 15_310,
          max: 27_114.2,
        },
        request_latencies_ms: { mean: 110.3, p50: 82.1, p95: 260.2, p99: 901.4 },
        pending_ms: { mean: 195.1, p99: 9200.4, max: 10_000 },
        startup_latencies_ms: { mean: 3511, p50: 2310, p95: 12_800, p99: 33_102, max: 36_400 },
        instances: {
          mean: 21.33,
          mean_active: 15.01,
          max: 47,
          started: 120,
          ready: 111,
          refused: counts(index, 'quota-exceeded', 9),
          evicted: counts(index, 'key-disabled', 22),
        },
      })),
      kms: [
        {
          project_id: 'kms-prod',
          location: 'europe-west3',
          protection_level: 'HSM',
          operations: 36_110,
          usage: 35_009,
          exceeded: 1101,
          other_usage: 3600,
          peak_per_second: 50,
          peak_per_minute: 2210,
          limit_per_minute: 3000,
        },
        {
          project_id: 'kms-prod',
          location: 'europe-west3',
          protection_level: 'EXTERNAL_VPC',
          operations: 1960,
          usage: 1960,
          exceeded: 0,
          other_usage: 0,
          peak_per_second: 12,
          peak_per_minute: 360,
          limit_per_minute: 6000,
        },
      ],
      faults: [
        {
          name: 'ekm-down',
          kind: 'ekmUnreachable',
          at_s: 720,
          until_s: 810,
          detected_s: 721.4,
          starts_held: 18,
          starts_refused: 9,
          requests_failed: 7957,
          ready_before: 28,
          ready_min: 11,
          first_ready_after_s: 831.2,
          recovered_s: 851,
          next_eviction_s: null,
        },
        {
          name: 'slow-hsm',
          kind: 'kmsLatency',
          at_s: 760,
          until_s: 1000,
          detected_s: 761,
          starts_held: 0,
          starts_refused: 0,
          requests_failed: 0,
          ready_before: 24,
          ready_min: 11,
          first_ready_after_s: 1001,
          recovered_s: null,
          next_eviction_s: null,
        },
        {
          name: 'key-disabled',
          kind: 'keyState',
          at_s: 1400,
          until_s: null,
          detected_s: 1500,
          starts_held: 0,
          starts_refused: 2,
          requests_failed: 0,
          ready_before: 25,
          ready_min: 3,
          first_ready_after_s: null,
          recovered_s: null,
          next_eviction_s: null,
        },
      ],
      deployments: [
        {
          service_name: 'checkout',
          revision_name: 'checkout-00002-xyz',
          at_s: 1300,
          outcome: 'serving',
          message: '',
        },
        {
          service_name: 'catalogue',
          revision_name: 'catalogue-00002-bad',
          at_s: 1450,
          outcome: 'failed',
          message: 'The key is not enabled.',
        },
      ],
      cost: {
        currency: 'USD',
        tier: 1,
        free_tier: false,
        ...BILL,
        per_month: {
          cloud_run: 1095.75,
          cloud_run_idle_minimum: 16.0713,
          cloud_run_awaiting_key: 29.22,
          cloud_kms: 170.4612,
          cloud_kms_operations: 166.4612,
          cloud_kms_key_versions: 4,
        },
        services: [
          {
            service_name: 'checkout',
            billing: 'request-based',
            billed_instance_s: 22_400.3,
            cpu: 0.5376,
            memory: 0.028,
            requests: 0.0959,
            idle_minimum: 0.011,
            awaiting_key: 0.02,
            cloud_run: 0.6725,
            cloud_run_per_month: 982.52,
          },
          {
            service_name: 'catalogue',
            billing: 'instance-based',
            billed_instance_s: 4079,
            cpu: 0.0734,
            memory: 0.0041,
            requests: 0,
            idle_minimum: 0,
            awaiting_key: 0,
            cloud_run: 0.0775,
            cloud_run_per_month: 113.23,
          },
        ],
      },
      objectives: [
        {
          expect: 'e2e_latencies.p99 < 2s',
          service: 'checkout',
          during: null,
          severity: 'error',
          value: 9412.55,
          low: null,
          high: null,
          unit: 'ms',
          limit: 2000,
          verdict: 'missed',
          one_run: true,
        },
        {
          expect: 'error_ratio < 5%',
          service: null,
          during: 'ekm-down',
          severity: 'error',
          value: 0.0329,
          low: null,
          high: null,
          unit: 'ratio',
          limit: 0.05,
          verdict: 'met',
          one_run: true,
        },
        {
          expect: 'kms.exceeded == 0',
          service: null,
          during: null,
          severity: 'warn',
          value: 1101,
          low: null,
          high: null,
          unit: 'count',
          limit: 0,
          verdict: 'missed',
          one_run: true,
        },
        {
          expect: 'faults.recovery < 60s',
          service: null,
          during: 'slow-hsm',
          severity: 'error',
          value: null,
          low: null,
          high: null,
          unit: 's',
          limit: 60,
          verdict: 'no data',
          one_run: true,
        },
      ],
      other_policy: null,
      assumptions: [
        {
          name: 'keyStatePropagation',
          value: '20 s',
          why: 'Cloud KMS says that disabling a key version takes effect within one minute in most cases.',
          overridden: false,
        },
        {
          name: 'ekmWaitingPeriod',
          value: '30 min',
          why: 'The documentation names a waiting period without its length.',
          overridden: true,
        },
      ],
      not_simulated: [
        'checkout: run.googleapis.com/startup-cpu-boost changes nothing but the start-up times as measured',
      ],
      engine: { events: 1_204_331, fingerprint: '5fd1c0de' },
      ...summary,
    },
    tables: {
      'scale-out.csv': table(
        'time_s,service_name,revision_name,starting,awaiting_key,active,idle,draining,recommended,pending_requests',
        scaleOut,
      ),
      'requests.csv': table(
        'time_s,service_name,arrived,code_2xx,code_429,code_499,code_500,code_503,code_504,e2e_p50_ms,e2e_p95_ms,e2e_p99_ms,e2e_max_ms',
        requests,
      ),
      'kms-quota.csv': table(
        'time_s,project_id,location,protection_level,operations,usage,exceeded,other_usage,peak_per_second,limit_per_minute',
        quota,
      ),
      'kms-operations.csv': table(
        'time_s,key,version,protection_level,service_name,caller_context,method,granted,exceeded,failed,retries,latency_p50_ms,latency_p99_ms',
        operations,
      ),
      'cold-starts.csv': table(
        'start_s,service_name,revision_name,instance,reason,scheduling_ms,import_ms,key_ms,key_attempts,container_ms,outcome',
        starts,
      ),
    },
    logs: { 'service-log.jsonl': serviceLog, 'audit-log.jsonl': auditLog, 'decisions.jsonl': decisions },
  };
  return results;
}

/** A run in which nothing happened: no request, no instance, no key. */
export function silence(): Results {
  const full = incident();
  const empty = (name: keyof Results['tables']): Table => ({ columns: full.tables[name].columns, rows: [] });
  const nothing = (group: Readonly<Record<string, unknown>>): never =>
    Object.fromEntries(Object.keys(group).map((key) => [key, null])) as never;
  const [service] = full.summary.services;
  return {
    summary: {
      ...full.summary,
      services: [
        {
          ...service,
          requests: Object.fromEntries(Object.keys(service.requests).map((key) => [key, 0])) as never,
          logical: { offered: 0, succeeded: 0, failed: 0 },
          error_ratio: null,
          e2e_latencies_ms: nothing(service.e2e_latencies_ms),
          request_latencies_ms: nothing(service.request_latencies_ms),
          pending_ms: nothing(service.pending_ms),
          startup_latencies_ms: nothing(service.startup_latencies_ms),
          instances: { mean: 0, mean_active: 0, max: 0, started: 0, ready: 0, refused: {}, evicted: {} },
        },
      ],
      faults: [],
      deployments: [],
      objectives: [],
      other_policy: null,
      assumptions: [],
      not_simulated: [],
    },
    tables: {
      'scale-out.csv': empty('scale-out.csv'),
      'requests.csv': empty('requests.csv'),
      'kms-quota.csv': empty('kms-quota.csv'),
      'kms-operations.csv': empty('kms-operations.csv'),
      'cold-starts.csv': empty('cold-starts.csv'),
    },
    logs: { 'service-log.jsonl': [], 'audit-log.jsonl': [], 'decisions.jsonl': [] },
  };
}
