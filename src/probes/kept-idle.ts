/**
 * Idle instances that are there only because of a minimum: the part of idle time that request-based billing charges.
 *
 * An instance that waits for requests because Cloud Run has not removed it yet is free; one that the minimum keeps is
 * billed at the idle rate. With a minimum of 10 and 6 instances at work, 4 idle ones are kept by it, however many
 * there are. A count set by manual scaling is a minimum here. The time is the exact integral of that number
 * (instances x ns) since the warm-up; under instance-based billing there is none.
 */
import { ExactSum } from '../engine/exact-sum.ts';
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import type { RevisionId } from '../units/ids.ts';
import { SECOND, type Instant } from '../units/time.ts';

export class KeptIdle {
  private view: WorldView | null = null;
  /** By revision: the integral, the number it is of, since when. */
  private readonly time: readonly ExactSum[];
  private readonly kept: Float64Array;
  private readonly since: Float64Array;
  /** By revision: 1 where idle instances that are kept are billed apart. */
  private readonly counts: Uint8Array;

  constructor({ revisions, warmUp }: Plan) {
    this.time = revisions.map(() => new ExactSum());
    this.kept = new Float64Array(revisions.length);
    this.since = new Float64Array(revisions.length).fill(warmUp);
    this.counts = Uint8Array.from(revisions, ({ cpuIdle }) => (cpuIdle ? 1 : 0));
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  /** The number of idle or of active instances of a revision, or its minimum, has changed. Hot: little is done. */
  changed(revision: RevisionId): void {
    const { idle, active, minimum } = this.view!.revisions[revision];
    // Without a minimum none is kept, and none was unless there was one.
    if (minimum === 0 && this.kept[revision] === 0) return;
    if (this.counts[revision] === 0) return;
    const missing = minimum > active ? minimum - active : 0;
    const kept = idle < missing ? idle : missing;
    if (kept === this.kept[revision]) return;
    this.passTo(revision, this.view!.now);
    this.kept[revision] = kept;
  }

  finish(end: Instant): void {
    for (let revision = 0; revision < this.kept.length; revision++) this.passTo(revision, end);
  }

  /** Of a revision: idle time kept by the minimum, instances x s. */
  seconds(revision: number): number {
    return this.time[revision].toNumber() / SECOND;
  }

  private passTo(revision: number, at: Instant): void {
    if (at <= this.since[revision]) return;
    this.time[revision].addProduct(this.kept[revision], at - this.since[revision]);
    this.since[revision] = at;
  }
}
