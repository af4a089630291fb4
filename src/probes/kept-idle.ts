/**
 * Idle instances that are there only because of a minimum: the part of idle time that request-based billing charges.
 *
 * An instance that waits for requests because Cloud Run has not removed it yet is free; one that the minimum keeps is
 * billed at the idle rate. With a minimum of 10 and 6 instances at work, 4 idle ones are kept by it, however many
 * there are. A count set by manual scaling is a minimum here. The time is the exact integral of that number
 * (instances x ns) since the warm-up; under instance-based billing there is none.
 *
 * What the minimum of a revision is follows the same rule as in the autoscaler: its own, or its part of the
 * service's by its share of the traffic, if that is larger; 0 without traffic.
 */
import { ExactSum } from '../engine/exact-sum.ts';
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import { partOf } from '../model/run/autoscaler.ts';
import type { RevisionId, TimelineId } from '../units/ids.ts';
import { SECOND, type Instant } from '../units/time.ts';

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly manual: number | null;
}

export class KeptIdle {
  private readonly plan: Plan;
  private view: WorldView | null = null;
  /** By revision: the integral, the number it is of, since when; and the minimum at present. */
  private readonly time: readonly ExactSum[];
  private readonly kept: Float64Array;
  private readonly since: Float64Array;
  private readonly minimum: Float64Array;
  /** By service, as the timeline has changed them; and what an entry that will be undone has replaced. */
  private readonly limits: Limits[];
  private readonly replaced = new Map<TimelineId, Limits>();

  constructor(plan: Plan) {
    const { revisions, services, warmUp } = plan;
    this.plan = plan;
    this.time = revisions.map(() => new ExactSum());
    this.kept = new Float64Array(revisions.length);
    this.since = new Float64Array(revisions.length).fill(warmUp);
    this.minimum = new Float64Array(revisions.length);
    this.limits = services.map((service) => ({
      min: service.minInstanceCount,
      max: service.maxInstanceCount ?? Infinity,
      manual: service.manualInstanceCount,
    }));
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  /** Hot: does something only where there is a minimum. */
  activeChanged(revision: RevisionId): void {
    if (this.minimum[revision] > 0) this.look(revision);
  }

  /** Counts or the share of the traffic of a revision have changed. */
  moved(revision: RevisionId): void {
    this.minimum[revision] = this.minimumOf(revision);
    this.look(revision);
  }

  /** Traffic was moved. */
  deployed(): void {
    for (let revision = 0; revision < this.minimum.length; revision++) this.moved(revision as RevisionId);
  }

  began(entry: TimelineId): void {
    const { what } = this.plan.timeline[entry];
    if (what.kind !== 'scaling') return;
    const before = this.limits[what.service];
    this.replaced.set(entry, before);
    this.limits[what.service] = {
      min: what.minInstanceCount ?? before.min,
      max: what.maxInstanceCount ?? before.max,
      manual: what.manualInstanceCount ?? before.manual,
    };
    this.deployed();
  }

  ended(entry: TimelineId): void {
    const { what } = this.plan.timeline[entry];
    if (what.kind !== 'scaling') return;
    const before = this.replaced.get(entry)!;
    const now = this.limits[what.service];
    this.limits[what.service] = {
      min: what.minInstanceCount === null ? now.min : before.min,
      max: what.maxInstanceCount === null ? now.max : before.max,
      manual: what.manualInstanceCount === null ? now.manual : before.manual,
    };
    this.deployed();
  }

  finish(end: Instant): void {
    for (let revision = 0; revision < this.kept.length; revision++) this.passTo(revision, end);
  }

  /** Of a revision: idle time kept by the minimum, instances x s. */
  seconds(revision: number): number {
    return this.time[revision].toNumber() / SECOND;
  }

  private look(revision: RevisionId): void {
    const { idle, active } = this.view!.revisions[revision];
    const kept = Math.min(idle, Math.max(0, this.minimum[revision] - active));
    if (kept === this.kept[revision]) return;
    this.passTo(revision, this.view!.now);
    this.kept[revision] = kept;
  }

  private passTo(revision: number, at: Instant): void {
    if (at <= this.since[revision]) return;
    this.time[revision].addProduct(this.kept[revision], at - this.since[revision]);
    this.since[revision] = at;
  }

  private minimumOf(revision: RevisionId): number {
    const { cpuIdle, service, minInstanceCount, maxInstanceCount } = this.plan.revisions[revision];
    const { percent } = this.view!.revisions[revision];
    if (!cpuIdle || percent === 0) return 0;
    const { min, max, manual } = this.limits[service];
    if (manual !== null) return partOf(manual, percent);
    return Math.min(Math.max(minInstanceCount, partOf(min, percent)), maxInstanceCount, max);
  }
}
