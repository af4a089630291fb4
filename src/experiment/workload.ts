/**
 * How much there is to simulate, worked out from a plan before anything runs, so that work of hours is announced
 * and a slip of the pen (`50000/s` over 90 days) is not found out the next morning.
 *
 * An estimate: what is certain to come. Retries of clients and of key calls come on top, and are not foreseen.
 */
import { Distribution, type DistributionSpec } from '../engine/distributions.ts';
import type { LoadPlan, Plan, RatePoint } from '../model/plan.ts';
import { SECOND } from '../units/time.ts';

export interface Workload {
  /** The fewest the plan asks for. */
  readonly replications: number;
  /** Over all replications. */
  readonly requests: number;
  /** What the simulator has to answer one by one: two events a request, looks of the autoscaler, calls of others. */
  readonly events: number;
}

/** Events that setting up a world and summing it up takes as long as. */
const PER_REPLICATION = 10_000;

/** The work of some plans together. */
export function workloadOf(plans: readonly Plan[]): Workload {
  const total = { replications: 0, requests: 0, events: 0 };
  for (const plan of plans) {
    const count = plan.experiment.replications.min;
    const requests = requestsOf(plan);
    total.replications += count;
    total.requests += count * requests;
    // Accelerated, requests are numbers, however many there are.
    const ofRequests = plan.mode === 'accelerated' ? 0 : 2 * requests;
    total.events += count * (PER_REPLICATION + ofRequests + othersOf(plan) + clockedOf(plan));
  }
  return total;
}

/** Requests that arrive in one replication until an instant, ns (left out: in all of it); retries left out. */
export const requestsOf = (plan: Plan, until: number = plan.duration): number =>
  sum(plan.services.map(({ load }) => arrivalsOf(load, until)));

function arrivalsOf({ arrivals, rate, sinusoid }: LoadPlan, until: number): number {
  const seconds = until / SECOND;
  switch (arrivals.kind) {
    case 'trace':
      return arrivals.at.filter((at) => at < until).length;
    case 'interarrival':
      return until / Math.max(1, meanOf(arrivals.gap));
    case 'mmpp': {
      // The share of time in a state is its mean stay over that of all.
      const stays = sum(arrivals.stay);
      return sum(arrivals.rates.map((perSecond, i) => perSecond * (arrivals.stay[i] / stays))) * seconds;
    }
    case 'poisson':
    case 'regular':
      return sinusoid === null ? areaOf(rate, until) : sinusoid.mean * seconds;
  }
}

/** Calls of others on the limits, granted or denied. */
const othersOf = ({ quotas, duration }: Plan): number =>
  sum(quotas.limits.map(({ otherUsage }) => areaOf(otherUsage, duration)));

/** What happens by the clock: looks of the autoscalers, checks of the keys, points of the curves, random faults and rates. */
function clockedOf({
  services,
  revisions,
  keys,
  timeline,
  assumptions,
  sampleInterval,
  duration,
}: Plan): number {
  const times = (every: number): number => duration / Math.max(1, every);
  const looks = services.map(({ autoscaler, knative }) =>
    autoscaler === 'knative' && knative !== null
      ? times(knative.tick) + times(SECOND)
      : autoscaler === 'cloud-run'
        ? times(assumptions.autoscalerInterval)
        : 0,
  );
  // Of each check an encryption and a decryption, by every revision on the key.
  const checks = keys.map(({ check }, key) => {
    const checkers = check.per === 'key' ? 1 : revisions.filter((revision) => revision.key === key).length;
    return 2 * checkers * times(check.interval);
  });
  const faults = timeline.map(({ repeat }) =>
    repeat === null ? 0 : 2 * times(meanOf(repeat.up) + (repeat.down === null ? 0 : meanOf(repeat.down))),
  );
  const changesOfRate = services.map(({ load: { arrivals } }) =>
    arrivals.kind === 'mmpp' ? times(sum(arrivals.stay) / arrivals.stay.length) : 0,
  );
  return (
    sum(looks) + sum(checks) + sum(faults) + sum(changesOfRate) + services.length * times(sampleInterval)
  );
}

/** The area under a rate that is linear between its points, up to an instant. */
function areaOf(rate: readonly RatePoint[], until: number): number {
  return sum(
    rate.map(({ at, perSecond }, index) => {
      const next = rate[index + 1] ?? { at: until, perSecond };
      const end = Math.min(next.at, until);
      if (end <= at) return 0;
      const there = perSecond + (next.perSecond - perSecond) * ((end - at) / (next.at - at));
      return ((end - at) / SECOND) * ((perSecond + there) / 2);
    }),
  );
}

const meanOf = (spec: DistributionSpec): number => new Distribution(spec).mean();

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
