/**
 * What accelerated mode does not simulate: refused, with the place and the reason, instead of answered wrongly.
 *
 * It follows the requests of a revision as numbers, spread evenly over its instances, or where they share the CPU on a
 * sample of its instances. So it needs a routing that keeps instances even, requests that do not know each other, and enough
 * of them; everything about instances and keys is as in exact mode.
 */
import { Distribution } from '../engine/distributions.ts';
import type { Plan } from '../model/plan.ts';
import { LoadRate } from '../model/accelerated/load-rate.ts';
import { MILLISECOND, SECOND, type Duration } from '../units/time.ts';
import type { Findings, Path } from './findings.ts';
import { wrong } from './messages.ts';
import { formatDuration } from './quantities.ts';

/** Fewer requests at work than this, at the highest rate, are not a crowd. */
export const FEWEST_AT_WORK = 100;
/** Steps are a tenth of the service time and at least 1 ms. */
const SHORTEST_SERVICE = (10 * MILLISECOND) as Duration;
const SHORTEST_LIMIT = (100 * MILLISECOND) as Duration;

export function checkAccelerated(
  plan: Pick<Plan, 'services' | 'revisions' | 'assumptions' | 'timeline'>,
  findings: Findings,
): void {
  const { services, revisions, assumptions } = plan;
  const receives = new Set(
    plan.timeline.flatMap(({ what }) => (what.kind === 'trafficShift' ? [what.to as number] : [])),
  );
  services.forEach((service, id) => {
    const refuse = (path: Path, what: string, why: string): void =>
      findings.add(wrong.notAccelerated(what, why), ['services', id, ...path]);
    if (service.routing !== 'least-loaded') {
      refuse(
        ['routing'],
        `routing ${service.routing}`,
        'requests are spread evenly over instances, as least-loaded does',
      );
    }
    if (service.autoscaler === 'per-request') {
      refuse(['autoscaler'], 'autoscaler per-request', 'each request may start an instance of its own');
    }
    const { arrivals } = service.load;
    if (arrivals.kind !== 'poisson') {
      refuse(
        ['load', 'arrivals'],
        `arrivals of the kind ${arrivals.kind}`,
        'numbers of arrivals are Poisson',
      );
    }
    if (service.clients !== null && service.clients.retries > 0) {
      refuse(
        ['clients', 'retries'],
        'clients that retry',
        'what one request meets is not remembered for its retry',
      );
    }
    const limit = Math.min(
      service.clients?.timeout ?? Infinity,
      ...revisions.flatMap((revision) => (revision.service === id ? [revision.timeout] : [])),
    );
    if (limit < SHORTEST_LIMIT) {
      const text = formatDuration(limit as Duration);
      refuse(
        [],
        `a time limit of ${text}`,
        `it is not followed closer than ${formatDuration(SHORTEST_LIMIT)}`,
      );
    }
    if (revisions.some((revision) => revision.service === id && revision.sessionAffinity)) {
      refuse([], 'session affinity', 'clients are not told apart');
    }
    checkCrowd(service, receives.has(id), refuse);
  });
  if (!assumptions.timedOutRequestFreesSlot) {
    findings.add(
      wrong.notAccelerated(
        'timedOutRequestFreesSlot: false',
        'a request that is answered is not followed any longer',
      ),
      ['assumptions', 'timedOutRequestFreesSlot'],
    );
  }
}

/** Whether the requests of a service are enough, and long enough, to be followed as numbers. */
function checkCrowd(
  service: Plan['services'][number],
  receives: boolean,
  refuse: (path: Path, what: string, why: string) => void,
): void {
  const { duration, cpuTime } = service.requests;
  const cpu = cpuTime === null ? 0 : new Distribution(cpuTime).mean();
  const mean = Math.max(cpu, new Distribution(duration).mean());
  if (mean < SHORTEST_SERVICE) {
    refuse(
      ['requests', 'duration'],
      `a mean duration of ${formatDuration(Math.round(mean) as Duration)}`,
      `below ${formatDuration(SHORTEST_SERVICE)} waits are not followed closely enough`,
    );
    return;
  }
  const { load } = service;
  if (load.arrivals.kind !== 'poisson' || receives) return;
  const atWork = (new LoadRate(load).peak * mean) / SECOND;
  if (atWork < FEWEST_AT_WORK) {
    refuse(
      ['load'],
      `at most ${Math.round(atWork)} requests at work at a time`,
      `it is meant for ${FEWEST_AT_WORK} and more`,
    );
  }
}
