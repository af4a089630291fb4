/**
 * Instances as counted for the summary: time averages, the most at any time, starts and how they ended.
 *
 * A time average is the exact integral of a count (instances x ns, whole numbers) over [warm-up, horizon], divided
 * once, at the end. Counted as instances are those starting (waiting for a key or not), active and idle; an
 * instance that drains takes no request and is left out. A start belongs to the summary if it began at or after the
 * warm-up; instances that are simply there at time 0 are not starts.
 *
 * How many have a request changes with every request where concurrency is 1, and is added up in `ActiveInstances`.
 */
import { ExactSum } from '../engine/exact-sum.ts';
import { LatencyHistogram } from '../engine/latency-histogram.ts';
import type { Plan } from '../model/plan.ts';
import type { EvictionRecord, InstanceRecord, LifeStage, RevisionView, WorldView } from '../model/probe.ts';
import { check } from '../units/check.ts';
import type { RevisionId } from '../units/ids.ts';
import type { Instant } from '../units/time.ts';
import type { ActiveInstances } from './active-instances.ts';

export class InstanceTally {
  /** Per service. */
  readonly services: readonly InstanceCounts[];
  /** All services together. */
  readonly together: InstanceCounts;

  private view: WorldView | null = null;
  private readonly warmUp: number;
  private readonly duration: number;
  /** Of the service of each revision. */
  private readonly ofRevision: readonly InstanceCounts[];
  private readonly active: ActiveInstances;
  /** Per revision, as last seen. */
  private readonly counted: Int32Array;

  constructor(plan: Plan, active: ActiveInstances) {
    this.warmUp = plan.warmUp;
    this.duration = plan.duration;
    this.services = plan.services.map(() => new InstanceCounts(plan.warmUp));
    this.together = new InstanceCounts(plan.warmUp);
    this.ofRevision = plan.revisions.map(({ service }) => this.services[service]);
    this.active = active;
    this.counted = new Int32Array(plan.revisions.length);
  }

  watch(view: WorldView): void {
    this.view = view;
    for (const revision of view.revisions) this.look(revision.id);
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage): void {
    this.look(instance.revision);
    if (from === 'none' && to !== 'gone' && this.isCounted(instance)) {
      this.services[instance.service].started++;
    }
  }

  startEnded(instance: InstanceRecord): void {
    if (!this.isCounted(instance)) return;
    const service = this.services[instance.service];
    const { outcome } = instance;
    if (outcome === 'ready') {
      check(instance.readyAt !== null, 'an instance that is ready became so at some instant');
      service.ready++;
      service.startup.record(instance.readyAt - instance.startedAt);
    } else if (outcome?.startsWith('refused:')) {
      raise(service.refused, outcome.slice('refused:'.length), 1);
    }
  }

  evicting(eviction: EvictionRecord): void {
    if (eviction.at < this.warmUp || eviction.instances === 0) return;
    raise(this.ofRevision[eviction.revision].evicted, eviction.cause, eviction.instances);
  }

  finish(): void {
    const end = this.duration as Instant;
    for (const service of this.services) service.upTo(end);
    this.ofRevision.forEach((service, revision) =>
      service.activeTime.merge(this.active.area(revision as RevisionId, end)),
    );
    this.together.upTo(end);
  }

  /** Starts of the summary, not those of instances that are there at time 0. */
  private isCounted(instance: InstanceRecord): boolean {
    return instance.reason !== 'INITIAL' && instance.startedAt >= this.warmUp;
  }

  private look(revision: RevisionId): void {
    const view = this.view!;
    const change = countOf(view.revisions[revision]) - this.counted[revision];
    if (change !== 0) {
      this.counted[revision] += change;
      this.ofRevision[revision].changed(change, view);
      this.together.changed(change, view);
    }
    const by = view.revisions[revision].active - this.active.count(revision);
    if (by !== 0) this.active.changed(revision, by);
  }
}

/** Of one service, or of all. */
export class InstanceCounts {
  started = 0;
  ready = 0;
  /** Starts refused and instances shut down, by cause. */
  readonly refused = new Map<string, number>();
  readonly evicted = new Map<string, number>();
  /** From the decision to start until ready, ns. */
  readonly startup = new LatencyHistogram();
  /** The most at any time since the warm-up. */
  most = 0;

  private readonly warmUp: number;
  private now = 0;
  /** The integral, instances x ns, and up to when. */
  private readonly sum = new ExactSum();
  private sumUpTo = NaN;
  /** The same of those with a request; there once the horizon is reached. */
  readonly activeTime = new ExactSum();

  constructor(warmUp: number) {
    this.warmUp = warmUp;
    this.sumUpTo = warmUp;
  }

  changed(change: number, view: WorldView): void {
    const at = view.now;
    if (at > this.sumUpTo) {
      this.sum.addProduct(this.now, at - this.sumUpTo);
      this.sumUpTo = at;
      // What was there since before the warm-up ended counts as having been there.
      if (this.now > this.most) this.most = this.now;
    }
    this.now += change;
    if (at >= this.warmUp && this.now > this.most) this.most = this.now;
  }

  /** Closes the integrals at the horizon. */
  upTo(end: Instant): void {
    if (end > this.sumUpTo) {
      this.sum.addProduct(this.now, end - this.sumUpTo);
      this.sumUpTo = end;
      if (this.now > this.most) this.most = this.now;
    }
  }

  /** Time average since the warm-up; null over no time at all. */
  get mean(): number | null {
    const time = this.sumUpTo - this.warmUp;
    return time > 0 ? this.sum.toNumber() / time : null;
  }

  get meanActive(): number | null {
    const time = this.sumUpTo - this.warmUp;
    return time > 0 ? this.activeTime.toNumber() / time : null;
  }
}

const countOf = (revision: RevisionView): number =>
  revision.starting + revision.awaitingKey + revision.active + revision.idle;

function raise(counts: Map<string, number>, cause: string, by: number): void {
  counts.set(cause, (counts.get(cause) ?? 0) + by);
}
