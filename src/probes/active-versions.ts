/**
 * For how long each key had how many active versions: Cloud KMS charges by version and month for those that are ENABLED
 * or DISABLED; what is scheduled for destruction, or destroyed, is free.
 *
 * The number is the world's; here it is added up over the time since the warm-up, exactly (versions x ns).
 */
import { ExactSum } from '../engine/exact-sum.ts';
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import type { KeyId } from '../units/ids.ts';
import { SECOND, type Instant } from '../units/time.ts';

export class ActiveVersions {
  private view: WorldView | null = null;
  private readonly active: Float64Array;
  private readonly time: readonly ExactSum[];
  private readonly since: Float64Array;

  constructor({ keys, warmUp }: Plan) {
    this.active = Float64Array.from(keys, ({ versions }) => versions);
    this.time = keys.map(() => new ExactSum());
    this.since = new Float64Array(keys.length).fill(warmUp);
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  /** Versions of a key were made, or changed their state. */
  changed(key: KeyId): void {
    const view = this.view!;
    this.passTo(key, view.now);
    this.active[key] = view.keys[key].activeVersions;
  }

  finish(end: Instant): void {
    for (let key = 0; key < this.active.length; key++) this.passTo(key as KeyId, end);
  }

  /** Of a key: versions x s. */
  seconds(key: number): number {
    return this.time[key].toNumber() / SECOND;
  }

  private passTo(key: KeyId, at: Instant): void {
    if (at <= this.since[key]) return;
    this.time[key].addProduct(this.active[key], at - this.since[key]);
    this.since[key] = at;
  }
}
