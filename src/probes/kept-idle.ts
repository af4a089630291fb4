/**
 * Idle instances that are there only because of a minimum: the part of idle time that request-based billing charges.
 *
 * An instance that waits for requests because Cloud Run has not removed it yet is free; one that the minimum keeps is
 * billed at the idle rate. With a minimum of 10 and 6 instances at work, 4 idle ones are kept by it, however many
 * there are. A count set by manual scaling is a minimum here. The time is the exact integral of that number
 * (instances x ns) since the warm-up; under instance-based billing there is none.
 *
 * Three cases, which change only when an instance comes or goes or the minimum is set. Without a minimum none is kept. Where
 * no more are ready than the minimum, every idle one is kept: the time is that of the ready ones less that of the
 * active ones, which is added up already. Only in between do requests change the number by themselves.
 */
import { ExactSum } from '../engine/exact-sum.ts';
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import type { RevisionId } from '../units/ids.ts';
import { SECOND, type Instant } from '../units/time.ts';
import type { ActiveInstances } from './active-instances.ts';

const NONE = 0;
const ALL = 1;
const SOME = 2;

const NOTHING = new ExactSum();

export class KeptIdle {
  private view: WorldView | null = null;
  private readonly active: ActiveInstances;
  private readonly warmUp: number;
  /** By revision: the integral. */
  private readonly time: readonly ExactSum[];
  /** By revision: which case it is since when; how many are ready (all) or kept (some), and the active time before. */
  private readonly cases: Uint8Array;
  private readonly since: Float64Array;
  private readonly number: Float64Array;
  private readonly activeBefore: ExactSum[];
  /** By revision: 1 where idle instances that are kept are billed apart. */
  private readonly counts: Uint8Array;

  constructor({ revisions, warmUp }: Plan, active: ActiveInstances) {
    this.active = active;
    this.warmUp = warmUp;
    this.time = revisions.map(() => new ExactSum());
    this.cases = new Uint8Array(revisions.length);
    this.since = new Float64Array(revisions.length).fill(warmUp);
    this.number = new Float64Array(revisions.length);
    this.activeBefore = revisions.map(() => NOTHING);
    this.counts = Uint8Array.from(revisions, ({ cpuIdle }) => (cpuIdle ? 1 : 0));
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  /** An instance of a revision came or went, or its minimum was set. */
  changed(revision: RevisionId): void {
    if (this.counts[revision] === 0) return;
    const { now } = this.view!;
    this.close(revision, now);
    const { idle, active, minimum } = this.view!.revisions[revision];
    if (minimum === 0) {
      this.cases[revision] = NONE;
    } else if (active + idle <= minimum) {
      this.cases[revision] = ALL;
      this.number[revision] = active + idle;
      this.activeBefore[revision] = this.active.area(revision, now);
    } else {
      this.cases[revision] = SOME;
      this.number[revision] = Math.max(0, minimum - active);
    }
  }

  /** One of a revision got its first request, or lost its last. Hot: mostly it does not matter. */
  activeChanged(revision: RevisionId): void {
    if (this.cases[revision] === SOME) this.changed(revision);
  }

  finish(end: Instant): void {
    for (let revision = 0; revision < this.number.length; revision++) this.close(revision as RevisionId, end);
  }

  /** Of a revision: idle time kept by the minimum, instances x s. */
  seconds(revision: number): number {
    return this.time[revision].toNumber() / SECOND;
  }

  /** What was so up to now is added up. */
  private close(revision: RevisionId, now: Instant): void {
    const from = this.since[revision];
    if (now <= this.warmUp || now <= from) return;
    this.since[revision] = now;
    if (this.cases[revision] === NONE) return;
    this.time[revision].addProduct(this.number[revision], now - from);
    if (this.cases[revision] === SOME) return;
    const active = this.active.area(revision, now);
    active.subtract(this.activeBefore[revision]);
    this.time[revision].subtract(active);
    this.activeBefore[revision] = this.active.area(revision, now);
  }
}
