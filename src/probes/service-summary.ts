/** A service in numbers: its requests, latencies and instances, as summary.json has them. */
import type { Plan } from '../model/plan.ts';
import { UNAVAILABILITY_CAUSE_IDS } from '../rules/key-unavailability.ts';
import type { InstanceCounts } from './instance-tally.ts';
import { latenciesOf, statistics } from './latencies.ts';
import type { RequestCounts } from './request-tally.ts';
import type { ServiceSummary } from './results.ts';

export function serviceSummary(
  service: Plan['services'][number],
  requests: RequestCounts,
  instances: InstanceCounts,
): ServiceSummary {
  const { e2e, execution, pending } = latenciesOf([requests]);
  return {
    service_name: service.name,
    autoscaler: service.autoscaler,
    routing: service.routing,
    requests: {
      arrived: requests.arrived,
      served: requests.served,
      code_429: requests.answeredWith('429'),
      code_499: requests.answeredWith('499'),
      code_500: requests.answeredWith('500'),
      code_503: requests.answeredWith('503'),
      code_504: requests.answeredWith('504'),
      in_flight: requests.inFlight,
      cold: requests.cold,
      retries: requests.retries,
      rejected_at_front_end: requests.unplaced,
    },
    // What users wanted: first attempts; a failure is final when no retry is left.
    logical: {
      offered: requests.arrived - requests.retries,
      succeeded: requests.served,
      failed: requests.givenUp,
    },
    error_ratio: requests.errorRatio,
    e2e_latencies_ms: statistics(e2e, ['mean', 'p50', 'p90', 'p95', 'p99', 'p99_9', 'max']),
    request_latencies_ms: statistics(execution, ['mean', 'p50', 'p95', 'p99']),
    pending_ms: statistics(pending, ['mean', 'p99', 'max']),
    startup_latencies_ms: statistics(instances.startup, ['mean', 'p50', 'p95', 'p99', 'max']),
    instances: {
      mean: instances.mean,
      mean_active: instances.meanActive,
      max: instances.most,
      started: instances.started,
      ready: instances.ready,
      refused: byCause(instances.refused),
      evicted: byCause(instances.evicted),
    },
  };
}

/** Causes that occurred, in the order of their table. */
const byCause = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(
    UNAVAILABILITY_CAUSE_IDS.flatMap((cause) => {
      const count = counts.get(cause);
      return count === undefined ? [] : [[cause, count]];
    }),
  );
