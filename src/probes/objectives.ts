/**
 * Objectives: what was measured of each, and the verdict on it.
 *
 * One run, so the verdict is on the point; intervals come from several runs and are judged elsewhere. A metric that
 * is undefined (a percentile of no requests) is `no data`, never met by default. The one exception is a recovery
 * that has not come by the horizon: it takes at least as long as was watched, and where even that breaks the limit
 * the objective is missed.
 */
import { LatencyHistogram } from '../engine/latency-histogram.ts';
import type { Happening, ObjectivePlan, Plan } from '../model/plan.ts';
import { check } from '../units/check.ts';
import type { TimelineId } from '../units/ids.ts';
import { between, inSeconds, type Instant } from '../units/time.ts';
import type { Recovery } from './fault-story.ts';
import type { InstanceCounts, InstanceTally } from './instance-tally.ts';
import { latenciesOf, statistic } from './latencies.ts';
import { metricNamed } from './metrics.ts';
import type { RequestCounts, RequestTally } from './request-tally.ts';
import type { KmsSummary, ObjectiveSummary, Verdict } from './results.ts';

/** What metrics are read from, once a run is over. */
export interface Readings {
  readonly plan: Plan;
  readonly requests: RequestTally;
  readonly instances: InstanceTally;
  readonly kms: readonly KmsSummary[];
  /** Per timeline entry. */
  readonly recoveries: readonly Recovery[];
}

/** A metric's value in its own unit; null where it is undefined, then perhaps known to be no less than `atLeast`. */
export interface Measured {
  readonly value: number | null;
  readonly atLeast: number | null;
}

/** Whether a value keeps to a limit. */
export function judge(
  value: number | null,
  comparison: ObjectivePlan['comparison'],
  limit: number,
): Extract<Verdict, 'met' | 'missed' | 'no data'> {
  if (value === null || Number.isNaN(value)) return 'no data';
  return holds(value, comparison, limit) ? 'met' : 'missed';
}

export function judgeObjectives(readings: Readings): ObjectiveSummary[] {
  const { plan } = readings;
  return plan.objectives.map((objective) => {
    const { metric, service, during, comparison, limit } = objective;
    const { value, atLeast } = measure(readings, objective);
    return {
      expect: objective.expect,
      service: service === null ? null : plan.services[service].name,
      during: during === null ? null : plan.timeline[during].name,
      severity: objective.severity,
      value,
      low: null,
      high: null,
      unit: metricNamed(metric)?.unit ?? '',
      limit,
      verdict:
        value === null && atLeast !== null
          ? judgeBound(atLeast, comparison, limit)
          : judge(value, comparison, limit),
      one_run: true,
    };
  });
}

/** The value of the metric that an objective names, for its service and its window. */
export function measure(readings: Readings, objective: ObjectivePlan): Measured {
  const { metric, service, during } = objective;
  const dot = metric.indexOf('.');
  const subject = dot < 0 ? metric : metric.slice(0, dot);
  const detail = dot < 0 ? '' : metric.slice(dot + 1);
  const ofRequests = during === null ? readings.requests.totals : readings.requests.during(during);
  const requests = service === null ? ofRequests : [ofRequests[service]];
  switch (subject) {
    case 'e2e_latencies':
      return exactly(statistic(latenciesOf(requests).e2e, detail));
    case 'request_latencies':
      return exactly(statistic(latenciesOf(requests).execution, detail));
    case 'pending':
      return exactly(statistic(latenciesOf(requests).pending, detail));
    case 'startup_latencies': {
      const starts = new LatencyHistogram();
      for (const each of instancesOf(readings, service)) starts.add(each.startup);
      return exactly(statistic(starts, detail));
    }
    case 'error_ratio': {
      const failed = sum(requests, (each) => each.failed);
      const answered = failed + sum(requests, (each) => each.served);
      return exactly(answered === 0 ? null : failed / answered);
    }
    case 'requests':
      return exactly(requestCount(requests, detail));
    case 'instances':
      return exactly(instanceFigure(readings, service, detail));
    case 'kms':
      return exactly(kmsFigure(readings.kms, detail));
    case 'faults':
      return recovery(readings, during);
    default:
      return noSuchMetric(metric);
  }
}

function requestCount(requests: readonly RequestCounts[], name: string): number {
  switch (name) {
    case 'arrived':
      return sum(requests, (each) => each.arrived);
    case 'served':
      return sum(requests, (each) => each.served);
    case 'failed':
      return sum(requests, (each) => each.failed);
    case 'cold':
      return sum(requests, (each) => each.cold);
    default:
      return sum(requests, (each) => each.answeredWith(name.replace('code_', '')));
  }
}

function instanceFigure(readings: Readings, service: number | null, name: string): number | null {
  const counts = instancesOf(readings, service);
  switch (name) {
    case 'mean':
      return sumOrNull(counts.map((each) => each.mean));
    case 'mean_active':
      return sumOrNull(counts.map((each) => each.meanActive));
    case 'max':
      // The most of all services at one time, which is not the sum of their own peaks.
      return service === null ? readings.instances.together.most : counts[0].most;
    case 'started':
      return sum(counts, (each) => each.started);
    case 'ready':
      return sum(counts, (each) => each.ready);
    case 'refused':
      return sum(counts, (each) => sum([...each.refused.values()], (count) => count));
    case 'evicted':
      return sum(counts, (each) => sum([...each.evicted.values()], (count) => count));
    default:
      return noSuchMetric(`instances.${name}`);
  }
}

/** Over all pools. EXTERNAL and EXTERNAL_VPC rows share one peak, so peaks are compared, never added. */
function kmsFigure(pools: readonly KmsSummary[], name: string): number {
  switch (name) {
    case 'operations':
    case 'usage':
    case 'exceeded':
      return sum(pools, (pool) => pool[name] as number);
    case 'peak_per_second':
      return pools.reduce((most, pool) => Math.max(most, pool.peak_per_second as number), 0);
    default:
      return noSuchMetric(`kms.${name}`);
  }
}

/** What is done on purpose is no fault: nobody waits for a service to recover from it, unless it is named. */
const INTENDED: readonly Happening['kind'][] = [
  'keyRotation',
  'deploy',
  'scaling',
  'traffic',
  'trafficShift',
];

/** From the end of a timeline entry until recovered, s; without an entry, the longest of all faults. */
function recovery(readings: Readings, during: TimelineId | null): Measured {
  const { plan, recoveries } = readings;
  let longest: number | null = null;
  let atLeast: number | null = null;
  recoveries.forEach(({ endedAt, recoveredAt }, entry) => {
    if (during === null ? INTENDED.includes(plan.timeline[entry].what.kind) : entry !== during) return;
    if (endedAt === null || endedAt >= plan.duration) return;
    if (recoveredAt !== null) longest = Math.max(longest ?? 0, inSeconds(between(endedAt, recoveredAt)));
    else atLeast = Math.max(atLeast ?? 0, inSeconds(between(endedAt, plan.duration as number as Instant)));
  });
  return { value: atLeast === null ? longest : null, atLeast };
}

const instancesOf = (readings: Readings, service: number | null): readonly InstanceCounts[] =>
  service === null ? readings.instances.services : [readings.instances.services[service]];

const exactly = (value: number | null): Measured => ({ value, atLeast: null });

function sum<T>(parts: readonly T[], of: (part: T) => number): number {
  let total = 0;
  for (const part of parts) total += of(part);
  return total;
}

function sumOrNull(parts: readonly (number | null)[]): number | null {
  let total = 0;
  for (const part of parts) {
    if (part === null) return null;
    total += part;
  }
  return total;
}

function holds(value: number, comparison: ObjectivePlan['comparison'], limit: number): boolean {
  switch (comparison) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}

/** Of a value that is only known to be greater than a bound. */
function judgeBound(
  bound: number,
  comparison: ObjectivePlan['comparison'],
  limit: number,
): 'met' | 'missed' | 'no data' {
  if (bound < limit) return 'no data';
  return comparison === '>' || comparison === '>=' || comparison === '!=' ? 'met' : 'missed';
}

function noSuchMetric(name: string): never {
  check(false, () => `an objective names a metric that there is, not ${name}`);
}
