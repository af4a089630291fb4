/**
 * What a reader should know about the numbers before relying on them: percentiles over too few requests, and runs that
 * are short for their load. A caution changes no verdict.
 */
import type { Plan } from '../model/plan.ts';
import { measure, type Readings } from './objectives.ts';
import type { Figure, Summary } from './results.ts';

/** Observations that should lie beyond a percentile: fewer, and it leans to one side as well as being uncertain. */
const BEYOND = 100;

/** Of objectives that name a percentile of fewer observations than it needs: 100/(1 - p), 10 000 for a p99. */
export function percentileCautions(readings: Readings): readonly string[] {
  return readings.plan.objectives.flatMap((objective) => {
    const [, subject, whole, part = ''] = /^(\w+)\.p(\d\d)(?:_(\d))?$/.exec(objective.metric) ?? [];
    if (subject === undefined) return [];
    const share = Number(`0.${whole}${part}`);
    const needed = Math.round(BEYOND / (1 - share));
    const starts = subject === 'startup_latencies';
    const { value } = measure(readings, {
      ...objective,
      metric: starts ? 'instances.ready' : 'requests.served',
    });
    if (value === null || value === 0 || value >= needed) return [];
    const { plan } = readings;
    const where = [
      ...(objective.service === null ? [] : [plan.services[objective.service].name]),
      ...(objective.during === null ? [] : [`during ${plan.timeline[objective.during].name}`]),
    ];
    return [
      `${objective.expect}${where.length === 0 ? '' : ` [${where.join(', ')}]`}: a percentile of ${value} ` +
        `${starts ? 'starts' : 'requests'} a run, and it needs ${needed} to be free of bias; make the run longer, or ` +
        'ask for a lower percentile',
    ];
  });
}

/** From here on a service counts as heavily loaded, and needs 400/(1 - load)^2 requests for an interval that covers. */
const HIGH_LOAD = 0.85;
const REQUESTS_AT_NO_LOAD = 400;

/**
 * Of services that are so busy that what happens early in a run is still felt at its end: intervals over such runs cover
 * the truth less often than they say (the growth with 1/(1 - load)^2 is that of W. Whitt, Management Science 35, 1989).
 */
export function loadCautions(plan: Plan, summary: Summary): readonly string[] {
  const seconds = (plan.duration - plan.warmUp) / 1e9;
  return summary.services.flatMap((service, id) => {
    // With a CPU that is shared, slots say nothing about load.
    if (plan.services[id].requests.cpuTime !== null) return [];
    const served = middle(service.requests.served);
    const execution = middle(service.request_latencies_ms.mean);
    const instances = middle(service.instances.mean);
    const slots = plan.revisions.reduce(
      (most, { service: owner, maxInstanceRequestConcurrency }) =>
        owner === id ? Math.max(most, maxInstanceRequestConcurrency) : most,
      1,
    );
    if (!served || !execution || !instances) return [];
    const load = (served * execution) / 1000 / (seconds * instances * slots);
    const free = 1 - Math.min(0.999, load);
    const needed = Math.round(REQUESTS_AT_NO_LOAD / (free * free));
    if (load < HIGH_LOAD || served >= needed) return [];
    return [
      `${service.service_name}: its instances are ${Math.round(100 * Math.min(1, load))} % busy and a replication has ` +
        `${Math.round(served)} requests; at this load intervals cover less often than they say with fewer than ` +
        `${needed}: make the run longer`,
    ];
  });
}

const middle = (figure: Figure): number | null =>
  figure === null || typeof figure === 'number' ? figure : figure.mean;
