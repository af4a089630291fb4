/**
 * Instances that have just become ready, where instances are sampled: which group each is of, and who of those that wait
 * begins on it.
 *
 * Those of the same age are alike and may be one group; where there are few, each is one of its own. What begins on
 * an instance because it was started on demand is told as cold.
 */
import { STARTUP_CPU_BOOST_TAIL } from '../../rules/cloud-run-limits.ts';
import { MILLISECOND } from '../../units/time.ts';
import type { CrowdProbe } from '../probe.ts';
import type { Revision } from '../run/revision.ts';
import type { Group } from './group.ts';
import type { GroupStarts } from './group-starts.ts';
import { SampleSize } from './sample-size.ts';
import type { SampledArrivals } from './sampled-arrivals.ts';
import type { SampledInstances } from './sampled-instances.ts';

/** New instances that become ready within so long may be one group. */
const SAME_AGE = 10 * MILLISECOND;

export class NewInstances {
  /** Some have boosted CPU until then. */
  boostedUntil = 0;
  /** The next become members of this group, if they are of its age. */
  private nest: Group | null = null;
  /** How many that waited the newest has got by joining others. */
  private takenAtJoin = 0;
  private readonly revision: Revision;
  private readonly arrivals: SampledArrivals;
  private readonly starts: GroupStarts;
  private readonly sampled: SampledInstances;
  private readonly tell: CrowdProbe | undefined;

  constructor(
    revision: Revision,
    arrivals: SampledArrivals,
    starts: GroupStarts,
    sampled: SampledInstances,
    tell: CrowdProbe | undefined,
  ) {
    this.revision = revision;
    this.arrivals = arrivals;
    this.starts = starts;
    this.sampled = sampled;
    this.tell = tell;
  }

  /** One becomes a member of a group of the same age, and has what each of that has; or it is a group of its own. */
  add(row: number): void {
    const { sampled, nest, arrivals } = this;
    const { now } = sampled;
    if (
      nest === null ||
      nest.size === 0 ||
      nest.size >= SampleSize.ofNewOnes(sampled.coreSize) ||
      nest.role !== 'core' ||
      now > nest.bornAt + SAME_AGE
    ) {
      this.nest = sampled.add(row, 'core');
      return;
    }
    this.takenAtJoin = arrivals.take(nest.load, now);
    sampled.join(row, nest, this.takenAtJoin === 0 ? null : arrivals.takenCameAt);
  }

  /** One is routed to from now on, and takes of those that wait what it has room for. */
  open(group: Group, now: number, onDemand: boolean, initial: boolean): void {
    const { service, plan } = this.revision;
    if (!initial && plan.startupCpuBoost) this.boostedUntil = now + STARTUP_CPU_BOOST_TAIL;
    if (group.load === 0) {
      group.unserved++;
      if (onDemand) group.onDemand++;
    }
    const loadBefore = group.load;
    const came = this.starts.fill(group, now);
    const cold = this.takenAtJoin + (group.load - loadBefore) * group.size;
    this.takenAtJoin = 0;
    if (cold > 0 && !initial) {
      this.tell?.crowdCold(service, Math.min(cold, plan.maxInstanceRequestConcurrency), came);
    } else if (cold === 0 && group.load > 0 && onDemand) {
      this.tell?.crowdCold(service, 1, now);
    }
  }
}
