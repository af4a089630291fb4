/**
 * Which instances of the core count as having a request, where only their number is known.
 *
 * Instances are single, and each is active or idle for those who bill and count. The first so many stand for the active
 * ones; one that comes or goes brings or takes along what it is.
 */
import type { InstanceId } from '../../units/ids.ts';
import type { Probe } from '../probe.ts';
import { UNDRAWN, type Instances } from '../run/instances.ts';
import type { Revision } from '../run/revision.ts';

export class ActiveRows {
  private readonly revision: Revision;
  private readonly instances: Instances;
  private readonly probe: Probe;
  /** Those with a request first. */
  private readonly rows: number[] = [];
  private readonly place = new Map<number, number>();
  private active = 0;
  private turn = 0;

  constructor(revision: Revision, instances: Instances, probe: Probe) {
    this.revision = revision;
    this.instances = instances;
    this.probe = probe;
  }

  get size(): number {
    return this.rows.length;
  }

  has(row: number): boolean {
    return this.place.has(row);
  }

  add(row: number): void {
    this.place.set(row, this.rows.length);
    this.rows.push(row);
    if (this.instances.load[row] > 0) this.swap(this.rows.length - 1, this.active++);
  }

  remove(row: number): void {
    const { rows, place } = this;
    let hole = place.get(row)!;
    if (hole < this.active) {
      this.swap(hole, --this.active);
      hole = this.active;
    }
    this.swap(hole, rows.length - 1);
    rows.pop();
    place.delete(row);
  }

  /** So many of them have a request. */
  settle(active: number, now: number): void {
    const { rows } = this;
    while (this.active < active) this.mark(rows[this.active++], 1, now, true);
    while (this.active > active) this.mark(rows[--this.active], 0, now, true);
  }

  /** A share of those with a request, or of the others if they are fewer, change places with the others, in turn. */
  rotate(share: number, now: number): void {
    const { rows, active } = this;
    const idle = rows.length - active;
    for (let count = Math.floor(Math.min(active, idle) * share); count > 0; count--) {
      this.turn++;
      const one = this.turn % active;
      const other = active + (this.turn % idle);
      this.mark(rows[one], 0, now, true);
      this.mark(rows[other], 1, now, true);
      this.swap(one, other);
    }
  }

  /**
   * An instance has so many requests; one that has none has been idle since `at`. `standsIn`: not this one does, but
   * as many as there are.
   */
  mark(row: number, load: number, at: number, standsIn = false): void {
    const { revision, instances } = this;
    const was = instances.load[row] > 0;
    instances.load[row] = load;
    if (load > 0 === was) return;
    const by = was ? -1 : 1;
    revision.active += by;
    revision.idle -= by;
    if (was) {
      instances.idleSince[row] = at;
      instances.idleFor[row] = UNDRAWN;
    } else {
      instances.served[row] = 1;
    }
    if (standsIn) this.probe.crowd?.crowdActiveChanged(revision.id, row as InstanceId, by);
    else this.probe.activeChanged(revision.id, row as InstanceId, by);
  }

  private swap(a: number, b: number): void {
    const { rows, place } = this;
    const row = rows[a];
    rows[a] = rows[b];
    rows[b] = row;
    place.set(rows[a], a);
    place.set(rows[b], b);
  }
}
