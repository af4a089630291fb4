/**
 * The instances of a crowd, and which of them have a request.
 *
 * Instances are single and exact; they are only not asked which of them a request is on. Least-loaded routing keeps
 * the core even, so the first so many of the core have one request at least, and an instance that leaves takes its
 * even share along. From then on it is `Apart`, and its requests are known one by one. Where the core is full, the
 * surplus is routed to as well (it is borrowed), and has what does not fit on the core.
 */
import type { InstanceId } from '../../units/ids.ts';
import type { Probe } from '../probe.ts';
import type { Demand } from '../run/front-door.ts';
import { UNDRAWN, type Instances } from '../run/instances.ts';
import type { Revision } from '../run/revision.ts';
import type { Answers } from './answers.ts';
import { Apart } from './apart.ts';
import type { AtWork } from './at-work.ts';

export class Sharing {
  readonly apart = new Apart();
  private readonly revision: Revision;
  private readonly instances: Instances;
  private readonly work: AtWork;
  private readonly answers: Answers;
  private readonly probe: Probe;
  private demand!: Demand;

  private readonly concurrency: number;
  /** Rows of those that share, those with a request first; where each stands; and how many have one. */
  private readonly rows: number[] = [];
  private readonly place = new Map<number, number>();
  private active = 0;
  /** Instances apart that are ready and could be asked if the core is full. */
  private readonly spare = new Set<number>();
  private readonly borrowed = new Set<number>();

  constructor(revision: Revision, instances: Instances, work: AtWork, answers: Answers, probe: Probe) {
    this.revision = revision;
    this.instances = instances;
    this.work = work;
    this.answers = answers;
    this.probe = probe;
    this.concurrency = revision.plan.maxInstanceRequestConcurrency;
  }

  serve(demand: Demand): void {
    this.demand = demand;
  }

  /** How many requests they can have at most, and how many more than now. */
  get slots(): number {
    return this.rows.length * this.concurrency;
  }

  get room(): number {
    return this.slots - this.work.count;
  }

  get hasSpare(): boolean {
    return this.spare.size > 0;
  }

  /** Whether an instance could be asked if the core is full. */
  isSpare(row: number): boolean {
    return this.spare.has(row) && !this.place.has(row);
  }

  get hasBorrowed(): boolean {
    return this.borrowed.size > 0;
  }

  /** An instance has become one of the core. */
  join(row: number): void {
    this.spare.delete(row);
    if (this.place.has(row)) this.borrowed.delete(row);
    else this.takeIn(row);
  }

  /** An instance is not (any more) one of the core, but still ready. */
  release(row: number): void {
    // As long as the core is full, the surplus shares what is above.
    if (this.borrowed.size > 0) {
      if (!this.place.has(row)) this.takeIn(row);
      this.borrowed.add(row);
    } else {
      if (this.place.has(row)) this.setApart(row);
      this.spare.add(row);
    }
  }

  /** An instance is not routed to any more. */
  leave(row: number): void {
    this.spare.delete(row);
    if (this.place.has(row)) this.setApart(row);
    this.borrowed.delete(row);
  }

  /** All requests on an instance that is apart are lost. Returns how many. */
  lose(row: number): number {
    this.instances.load[row] = 0;
    return this.apart.takeBack(row).length;
  }

  /** Routes to instances that are to leave too, as the core is full. */
  borrow(): void {
    for (const row of this.spare) {
      this.takeIn(row);
      this.borrowed.add(row);
    }
    this.spare.clear();
  }

  /** Does without them again, as soon as the core has room for everybody. */
  giveBack(): void {
    const own = this.rows.length - this.borrowed.size;
    const busy = this.work.count;
    if (busy + Math.sqrt(busy) > own * this.concurrency) return;
    // They had what did not fit, each the same.
    const over = this.over;
    const rows = [...this.borrowed];
    this.borrowed.clear();
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at];
      this.setApart(row, Math.floor((over * (at + 1)) / rows.length) - Math.floor((over * at) / rows.length));
      this.spare.add(row);
      if (this.instances.load[row] === 0) this.demand.idles(this.revision, row);
    }
  }

  /** Requests on instances apart that are finished by `until`. */
  finishApart(until: number): void {
    this.apart.finish(until, (row, time) => {
      const { instances, revision, demand } = this;
      this.answers.served(1, until);
      if (--instances.load[row] > 0) return;
      if (instances.ready[row] === 0) {
        demand.drained(revision, row);
      } else {
        this.markActive(row, false, time);
        demand.idles(revision, row);
      }
    });
  }

  /** As many have a request as there are requests for. */
  settle(now: number): void {
    const { revision, instances, rows } = this;
    const active = this.activeOf(rows.length);
    while (this.active < active) {
      const row = rows[this.active++];
      instances.load[row] = 1;
      instances.served[row] = 1;
      this.markActive(row, true, now);
    }
    while (this.active > active) {
      const row = rows[--this.active];
      instances.load[row] = 0;
      this.markActive(row, false, now);
      if (this.borrowed.size > 0) this.demand.idles(revision, row);
    }
  }

  private takeIn(row: number): void {
    const { instances, rows, place } = this;
    const times = this.apart.takeBack(row);
    for (const at of times) this.work.completions.add(at);
    place.set(row, rows.length);
    rows.push(row);
    instances.load[row] = 0;
    if (times.length > 0) {
      this.swap(rows.length - 1, this.active++);
      instances.load[row] = 1;
    }
  }

  /** An instance leaves, with its share of the requests. */
  private setApart(row: number, share?: number): void {
    const { rows, place } = this;
    const { completions } = this.work;
    const at = place.get(row)!;
    const count = Math.min(completions.count, share ?? this.shareOf(row, at));
    const wasActive = at < this.active;
    let hole = at;
    if (wasActive) {
      this.swap(at, --this.active);
      hole = this.active;
    }
    this.swap(hole, rows.length - 1);
    rows.pop();
    place.delete(row);
    this.instances.load[row] = count;
    if (count > 0) {
      const times: number[] = [];
      completions.remove(count, (time) => times.push(time));
      this.apart.put(row, times);
    }
    if (count > 0 !== wasActive) this.markActive(row, count > 0, this.work.now);
  }

  /** How many requests an instance has. */
  private shareOf(row: number, at: number): number {
    const { borrowed } = this;
    const busy = this.work.count;
    const own = this.rows.length - borrowed.size;
    if (borrowed.size > 0 && borrowed.has(row)) return Math.floor(this.over / borrowed.size);
    if (borrowed.size > 0) return Math.min(this.concurrency, Math.floor((busy - this.over) / own));
    const even = Math.floor(busy / own);
    return even + (at < busy - even * own ? 1 : 0);
  }

  /** How many of all that share have a request. */
  private activeOf(all: number): number {
    const busy = this.work.count;
    if (this.borrowed.size === 0) return Math.min(busy, all);
    return Math.min(busy, all, all - this.borrowed.size + this.over);
  }

  /**
   * Requests on the surplus that shares with the core: those that do not fit on the core, and those that do not for a
   * moment, which at its capacity are 0.8 standard deviations of the number at work.
   */
  private get over(): number {
    const busy = this.work.count;
    const own = this.rows.length - this.borrowed.size;
    const most = Math.max(0, busy - own * this.concurrency) + 0.8 * Math.sqrt(busy);
    return Math.min(busy, Math.floor(most));
  }

  private swap(a: number, b: number): void {
    const { rows, place } = this;
    const row = rows[a];
    rows[a] = rows[b];
    rows[b] = row;
    place.set(rows[a], a);
    place.set(rows[b], b);
  }

  private markActive(row: number, active: boolean, at: number): void {
    const { revision, instances } = this;
    const by = active ? 1 : -1;
    revision.active += by;
    revision.idle -= by;
    if (!active) {
      instances.idleSince[row] = at;
      instances.idleFor[row] = UNDRAWN;
    }
    this.probe.activeChanged(revision.id, row as InstanceId, by);
  }
}
