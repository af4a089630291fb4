/**
 * A plan of one service and results of it that never ran: replication n has n x 100 requests and a mean of n x
 * 10 ms, so that what is made of several can be worked out by hand.
 */
import type { ObjectivePlan, Plan } from '../../src/model/plan.ts';
import type { Results, Summary } from '../../src/probes/results.ts';

export const planOf = (over: {
  readonly name?: string;
  readonly replications?: Partial<Plan['experiment']['replications']>;
  readonly objectives?: readonly ObjectivePlan[];
}): Plan =>
  ({
    name: over.name ?? 'peak',
    seed: '42',
    duration: 60e9,
    services: [
      {
        name: 'checkout',
        load: { arrivals: { kind: 'poisson' }, rate: [{ at: 0, perSecond: 10 }], sinusoid: null },
        // With a CPU that is shared nothing is said of load.
        requests: { cpuTime: { kind: 'constant', value: 1 } },
      },
    ],
    objectives: over.objectives ?? [],
    experiment: {
      horizon: 'terminating',
      replications: { min: 1, max: 1, relativeHalfWidth: null, confidence: 0.95, ...over.replications },
    },
  }) as unknown as Plan;

export const objective = (expect: string, limit: number): ObjectivePlan => ({
  expect,
  metric: 'e2e_latencies.mean',
  comparison: '<',
  limit,
  service: null,
  during: null,
  severity: 'error',
});

export function resultsOf(plan: Plan, replication: number, mean: number | null = replication * 10): Results {
  const summary = {
    tool: { name: 'cmeksim', version: '0' },
    scenario: { name: plan.name, replications: 1, duration_s: 60 },
    services: [
      {
        service_name: 'checkout',
        autoscaler: 'cloud-run',
        requests: { arrived: replication * 100, served: replication * 100 },
        e2e_latencies_ms: { mean, p99: replication === 2 ? 7 : null },
        instances: { mean: 5, refused: replication === 1 ? {} : { 'quota-exceeded': 3 }, evicted: {} },
      },
    ],
    kms: [{ project_id: 'p', location: 'l', protection_level: 'HSM', exceeded: 0, limit_per_minute: 600 }],
    faults: [{ name: 'ekm-down', at_s: 30, until_s: null, recovered_s: null }],
    deployments: [],
    objectives: plan.objectives.map(({ expect, limit }) => ({
      expect,
      service: null,
      during: null,
      severity: 'error',
      value: mean,
      low: null,
      high: null,
      unit: 'ms',
      limit,
      verdict: mean === null ? 'no data' : mean < limit ? 'met' : 'missed',
      one_run: true,
    })),
    assumptions: [],
    not_simulated: [],
    engine: { events: replication, fingerprint: `000000000000000${replication}` },
  } as unknown as Summary;
  return { summary, tables: {}, logs: {} } as unknown as Results;
}
