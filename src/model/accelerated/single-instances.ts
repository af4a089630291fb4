/**
 * The instances of a sampled revision as others see them: single, each of the core, surplus or leaving, with requests or
 * idle.
 *
 * Of the core only the number of those with a request is known, and some stand in for them (`ActiveRows`). The surplus and
 * those that leave have what their group has, and are idle, or gone, when its last request is finished.
 */
import type { Probe } from '../probe.ts';
import type { Demand } from '../run/front-door.ts';
import type { Instances } from '../run/instances.ts';
import type { Revision } from '../run/revision.ts';
import { ActiveRows } from './active-rows.ts';
import type { Group } from './group.ts';
import type { NewInstances } from './new-instances.ts';
import type { SampledInstances } from './sampled-instances.ts';

export class SingleInstances {
  private readonly revision: Revision;
  private readonly instances: Instances;
  private readonly sampled: SampledInstances;
  private readonly rows: ActiveRows;
  private demand!: Demand;

  constructor(revision: Revision, instances: Instances, sampled: SampledInstances, probe: Probe) {
    this.revision = revision;
    this.instances = instances;
    this.sampled = sampled;
    this.rows = new ActiveRows(revision, instances, probe);
  }

  serve(demand: Demand): void {
    this.demand = demand;
  }

  /** How many are of the core. */
  get coreSize(): number {
    return this.rows.size;
  }

  /** So many of the core have a request. */
  settle(active: number, now: number): void {
    this.rows.settle(active, now);
  }

  /** A share of those of the core with a request change places with idle ones, in turn. */
  rotate(share: number, now: number): void {
    this.rows.rotate(share, now);
  }

  /** One has become one of the core; `fresh` sees to it if it has just become ready. */
  join(row: number, fresh: NewInstances): void {
    const { sampled, instances } = this;
    if (sampled.has(row)) {
      sampled.move(row, 'core');
    } else {
      instances.load[row] = 0;
      fresh.add(row);
    }
    this.rows.add(row);
  }

  /** One is not (any more) of the core, but still ready. Returns whether it has not just become so. */
  release(row: number, now: number): boolean {
    const { sampled, rows } = this;
    if (!sampled.has(row)) {
      this.instances.load[row] = 0;
      sampled.add(row, 'surplus');
      return false;
    }
    if (rows.has(row)) rows.remove(row);
    rows.mark(row, sampled.move(row, 'surplus'), now);
    return true;
  }

  /** One is not routed to any more. Returns how many requests it has still. */
  leave(row: number, now: number): number {
    const { sampled, rows } = this;
    if (rows.has(row)) rows.remove(row);
    const load = sampled.move(row, 'leaving');
    rows.mark(row, load, now);
    if (load === 0) sampled.remove(row);
    return load;
  }

  /** All requests on one that is not routed to are lost. Returns how many. */
  lose(row: number): number {
    this.instances.load[row] = 0;
    return this.sampled.has(row) ? this.sampled.remove(row) : 0;
  }

  /** One that is of no core is seen as what it is. */
  show(row: number, group: Group, now: number): void {
    if (group.role !== 'core') this.rows.mark(row, group.load, now);
  }

  /** If it is idle, it may be told to leave after a while. */
  mayIdle(row: number): void {
    if (this.instances.load[row] === 0) this.demand.idles(this.revision, row);
  }

  /** A group that is not of the core has a request again. */
  filled(group: Group, at: number): void {
    if (group.role === 'surplus') for (const row of group.members) this.rows.mark(row, 1, at);
  }

  /** A group that is not of the core has no request any more. */
  emptied(group: Group, at: number): void {
    const { demand, revision, rows, sampled, instances } = this;
    if (group.role === 'surplus') {
      for (const row of group.members) {
        rows.mark(row, 0, at);
        demand.idles(revision, row);
      }
      return;
    }
    for (const row of [...group.members]) {
      instances.load[row] = 0;
      sampled.remove(row);
      demand.drained(revision, row);
    }
  }
}
