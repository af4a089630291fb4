/**
 * Cloud Run's own numbers and answers, as far as they are documented: defaults and limits of a revision, how long
 * a request may wait, what an instance gets when it goes, and the texts of what clients and logs are told.
 */
import { MINUTE, SECOND, type Duration } from '../units/time.ts';
import {
  assumed,
  AUTOSCALING_PAGE,
  CONCURRENCY_PAGE,
  CONTAINER_CONTRACT,
  CPU_PAGE,
  HEALTH_CHECKS_PAGE,
  MAX_INSTANCES_PAGE,
  MIN_INSTANCES_PAGE,
  RUN_LOGGING,
  RUN_TROUBLESHOOTING,
  SCALING_CONTROLS_PAGE,
  section,
  TIMEOUT_PAGE,
} from './sources.ts';

const PENDING = section(AUTOSCALING_PAGE, 'Request queueing');

/** Defaults and limits; times in ns, a `max` of null: none documented. */
// prettier-ignore
export const CLOUD_RUN_LIMITS = [
  { name: 'maxInstanceRequestConcurrency', default: 80, min: 1, max: 1000, unit: 'requests', text: 'Requests one instance serves at a time. gcloud and Terraform may set 80 x vCPU for new services.', source: CONCURRENCY_PAGE },
  { name: 'timeout', default: 300 * SECOND, min: SECOND, max: 3600 * SECOND, unit: 'ns', text: 'A response must arrive within it, the wait for an instance included; then 504. The instance is not shut down.', source: TIMEOUT_PAGE },
  { name: 'maxInstanceCount', default: 100, min: 1, max: null, unit: 'instances', text: 'The most instances of a revision. A ceiling, not a promise.', source: MAX_INSTANCES_PAGE },
  { name: 'minInstanceCount', default: 0, min: 0, max: null, unit: 'instances', text: 'Instances kept ready without requests.', source: MIN_INSTANCES_PAGE },
  { name: 'cpu', default: 1, min: 0.08, max: 8, unit: 'vCPU', text: 'CPU of an instance. Below 1 vCPU the concurrency is 1.', source: CPU_PAGE },
  { name: 'memory', default: 512 * 1024 * 1024, min: 128 * 1024 * 1024, max: 32 * 1024 * 1024 * 1024, unit: 'bytes', text: 'Memory of an instance.', source: 'Cloud Run, Configure memory limits (docs.cloud.google.com/run/docs/configuring/services/memory-limits)' },
  { name: 'idleTimeout', default: 15 * MINUTE, min: 0, max: 15 * MINUTE, unit: 'ns', text: 'An instance without requests may be kept for up to 15 minutes.', source: AUTOSCALING_PAGE },
  { name: 'pendingTimeout', default: 10 * SECOND, min: 10 * SECOND, max: null, unit: 'ns', text: 'A request waits for an instance for up to the greater of 10 s and 3.5 times the average start-up time.', source: PENDING },
  { name: 'terminationGracePeriod', default: 10 * SECOND, min: 10 * SECOND, max: 10 * SECOND, unit: 'ns', text: 'An instance that is shut down gets SIGTERM, and SIGKILL 10 s later.', source: section(CONTAINER_CONTRACT, 'Instance shutdown') },
  { name: 'startupCeiling', default: 240 * SECOND, min: 0, max: 240 * SECOND, unit: 'ns', text: 'A container has to listen within 4 minutes.', source: HEALTH_CHECKS_PAGE },
  { name: 'cpuTarget', default: 0.6, min: 0.1, max: 0.9, unit: 'ratio', text: 'Share of the CPU that the autoscaler aims at.', source: SCALING_CONTROLS_PAGE },
  { name: 'concurrencyTarget', default: 0.6, min: 0.1, max: 0.95, unit: 'ratio', text: 'Share of the concurrency that the autoscaler aims at.', source: SCALING_CONTROLS_PAGE },
] as const satisfies readonly {
  readonly name: string;
  readonly default: number;
  readonly min: number;
  readonly max: number | null;
  readonly unit: string;
  readonly text: string;
  readonly source: string;
}[];

/** CPU of an instance during its start (and 10 s longer) with startup CPU boost, vCPU. */
// prettier-ignore
export const STARTUP_CPU_BOOST = [
  { cpu: 1, boosted: 2, source: section(CPU_PAGE, 'Startup CPU boost') },
  { cpu: 2, boosted: 4, source: section(CPU_PAGE, 'Startup CPU boost') },
  { cpu: 4, boosted: 8, source: section(CPU_PAGE, 'Startup CPU boost') },
  { cpu: 6, boosted: 8, source: section(CPU_PAGE, 'Startup CPU boost') },
  { cpu: 8, boosted: 8, source: section(CPU_PAGE, 'Startup CPU boost') },
] as const satisfies readonly { readonly cpu: number; readonly boosted: number; readonly source: string }[];

/** How long after the start the boost goes on. */
export const STARTUP_CPU_BOOST_TAIL: Duration = (10 * SECOND) as Duration;

/** What a client is told when a request is not served, and how it is logged. Texts word for word. */
// prettier-ignore
export const HTTP_OUTCOMES = [
  { outcome: 'no-available-instance-at-maximum', code: 429, severity: 'WARNING', message: 'The request was aborted because there was no available instance.', when: 'the wait for an instance ended with as many instances ready as the maximum allows', source: section(RUN_TROUBLESHOOTING, 'HTTP 429') },
  { outcome: 'no-available-instance', code: 500, severity: 'ERROR', message: 'The request was aborted because there was no available instance.', when: 'the wait for an instance ended below the maximum: instances did not come fast enough', source: section(RUN_TROUBLESHOOTING, 'HTTP 500') },
  { outcome: 'could-not-start', code: 500, severity: 'ERROR', message: 'The request failed because the instance could not start successfully.', when: 'the wait for an instance ended and the last start failed meanwhile', source: section(RUN_TROUBLESHOOTING, 'HTTP 500') },
  { outcome: 'saturated', code: 503, severity: 'ERROR', message: 'The Cloud Run service probably has reached its maximum container instance limit. Consider increasing this limit.', when: 'the wait for an instance ended at the maximum and the CPU of the instances, which serve several requests at a time, is saturated (assumption saturatedAtCpu; off by default)', source: section(RUN_TROUBLESHOOTING, 'HTTP 503') },
  { outcome: 'instance-gone', code: 503, severity: 'ERROR', message: 'The request failed because either the HTTP response was malformed or connection to the instance had an error.', when: 'the instance was shut down, or crashed, before the request was finished', source: section(RUN_TROUBLESHOOTING, 'HTTP 503') },
  { outcome: 'region-lost', code: 503, severity: 'ERROR', message: 'The service is not available in this region.', when: 'the region of the service is lost', source: assumed('no page says what clients of a lost region are told; the text is ours') },
  { outcome: 'timed-out', code: 504, severity: 'ERROR', message: 'The request has been terminated because it has reached the maximum request timeout. To change this limit, see https://cloud.google.com/run/docs/configuring/request-timeout', when: 'no response came within the request timeout', source: section(RUN_TROUBLESHOOTING, 'HTTP 504') },
  { outcome: 'client-gave-up', code: 499, severity: 'WARNING', message: 'The client closed the request before a response was sent.', when: 'the client stopped waiting', source: assumed('the code that proxies log for it; the text is ours') },
] as const satisfies readonly {
  readonly outcome: string;
  readonly code: 429 | 499 | 500 | 503 | 504;
  readonly severity: 'WARNING' | 'ERROR';
  readonly message: string;
  readonly when: string;
  readonly source: string;
}[];

/** Why an instance starts, as the log says it: `Starting new instance. Reason: REASON - SENTENCE`. */
// prettier-ignore
export const START_REASONS = [
  { reason: 'AUTOSCALING', sentence: 'Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic.', source: RUN_LOGGING },
  { reason: 'DEPLOYMENT_ROLLOUT', sentence: 'Instance started due to traffic shifting between revisions due to deployment, traffic split adjustment, or deployment health check.', source: RUN_LOGGING },
  { reason: 'MANUAL_OR_CUSTOMER_MIN_INSTANCE', sentence: 'Instance started because of customer-configured min-instances or manual scaling.', source: RUN_LOGGING },
] as const satisfies readonly { readonly reason: string; readonly sentence: string; readonly source: string }[];

export type CloudRunLimit = (typeof CLOUD_RUN_LIMITS)[number]['name'];
export type HttpOutcomeRow = (typeof HTTP_OUTCOMES)[number];
export type HttpOutcomeId = HttpOutcomeRow['outcome'];
export type StartReasonId = (typeof START_REASONS)[number]['reason'];

const limits: ReadonlyMap<string, (typeof CLOUD_RUN_LIMITS)[number]> = new Map(
  CLOUD_RUN_LIMITS.map((row) => [row.name, row]),
);

/** The row of a limit. */
export const limitOf = (name: CloudRunLimit): (typeof CLOUD_RUN_LIMITS)[number] => limits.get(name)!;

/** The value where nothing is set; ns where the limit is a length of time. */
export const defaultOf = (name: CloudRunLimit): number => limitOf(name).default;

export const httpOutcome = (outcome: HttpOutcomeId): HttpOutcomeRow =>
  HTTP_OUTCOMES.find((row) => row.outcome === outcome)!;

/** The log entry of a start. */
export const startMessage = (reason: StartReasonId): string =>
  `Starting new instance. Reason: ${reason} - ${START_REASONS.find((row) => row.reason === reason)!.sentence}`;

/** SIGTERM, then this long, then SIGKILL. */
export const TERMINATION_GRACE_PERIOD = defaultOf('terminationGracePeriod') as Duration;

/** A request's longest wait for an instance is at least this long. */
export const SHORTEST_PENDING_TIMEOUT = limitOf('pendingTimeout').min as Duration;

/**
 * How long a request may wait for an instance: the greater of 10 s and 3.5 times the mean start-up time, rounded
 * to a whole ns. `meanStartup` is null before the first start has completed.
 */
export function pendingTimeout(meanStartup: number | null): Duration {
  if (meanStartup === null) return SHORTEST_PENDING_TIMEOUT;
  return Math.max(SHORTEST_PENDING_TIMEOUT, Math.floor(3.5 * meanStartup + 0.5)) as Duration;
}

/** The concurrency that applies: 1 below 1 vCPU, else as set. */
export const effectiveConcurrency = (cpu: number, concurrency: number): number => (cpu < 1 ? 1 : concurrency);

/** vCPU during the start, with the boost; a size between two rows gets the larger row's. */
export function boostedCpu(cpu: number): number {
  const row = STARTUP_CPU_BOOST.find((each) => cpu <= each.cpu);
  return row === undefined ? cpu : row.boosted;
}
