/**
 * A queue for events that are planned in the order in which they fall due: a time limit of 60 s set at each
 * arrival, a fixed idle time, a retry after a constant wait.
 *
 * It gives out exactly what an `EventQueue` would, by (time, order), but appends and takes at the ends of a
 * ring, in a few nanoseconds whatever its length. Nothing breaks when an event is due before the last one in
 * the ring (two fixed delays sharing a lane, a setting that changed during the run): such events go to a
 * small `EventQueue` inside, and the earlier of the two fronts is next.
 *
 * Hot: one event per request, and tens of thousands pending at once, most of them long void when they fall
 * due; in the heap they would make every other event slower.
 */
import { EventQueue } from './event-queue.ts';

export class DelayLane {
  private times: Float64Array;
  private orders: Float64Array;
  private whats: Int32Array;
  /** Capacity - 1; the capacity is a power of two, so that `& mask` wraps an index. */
  private mask: number;
  private head = 0;
  private count = 0;
  /** The time of the earliest event, ns; Infinity when none is pending. Only to be read, as in EventQueue. */
  first = Infinity;
  private firstOrder = Infinity;
  private firstWhat = -1;
  /** Events that were due before the ring's last one when they were planned. */
  private readonly early = new EventQueue(16);

  /** `capacity`: room to begin with, rounded up to a power of two; it doubles whenever it runs out. */
  constructor(capacity = 256) {
    let room = 4;
    while (room < capacity) room *= 2;
    this.times = new Float64Array(room);
    this.orders = new Float64Array(room);
    this.whats = new Int32Array(room);
    this.mask = room - 1;
    this.standEmpty();
  }

  /** How many events are pending. */
  get size(): number {
    return this.count + this.early.size;
  }

  /** The time of the earliest event, ns; Infinity when none is pending. */
  topTime(): number {
    return this.first;
  }

  /** The order of the earliest event; Infinity when none is pending. */
  topOrder(): number {
    return this.firstOrder;
  }

  /** What the earliest event is; -1 when none is pending. */
  topWhat(): number {
    return this.firstWhat;
  }

  /** Plans an event, as `EventQueue.push`; cheap when it is due after all that were planned before it. */
  push(time: number, order: number, what: number): void {
    // Written behind the last one, where there is always room; what does the rest is told no doubles.
    const place = (this.head + this.count) & this.mask;
    this.times[place] = time;
    this.orders[place] = order;
    this.whats[place] = what;
    this.appended(place);
  }

  /** Removes the earliest event and tells what it was; -1 when none is pending. */
  pop(): number {
    const what = this.firstWhat;
    if (this.early.size > 0) this.popEither();
    else this.removeHead();
    return what;
  }

  /** Forgets all events; the room stays. */
  clear(): void {
    this.early.clear();
    this.standEmpty();
  }

  /** What the front says when nothing is pending, so that asking it takes no question first. */
  private standEmpty(): void {
    this.count = 0;
    this.head = 0;
    this.times[0] = Infinity;
    this.first = Infinity;
    this.firstOrder = Infinity;
    this.firstWhat = -1;
  }

  /** An event stands behind the last one: it stays there if it is due after that, else it is one of the early ones. */
  private appended(place: number): void {
    const { times, orders } = this;
    const time = times[place];
    if (this.count > 0) {
      const last = (place - 1) & this.mask;
      if (time < times[last] || (time === times[last] && orders[place] < orders[last])) {
        this.early.push(time, orders[place], this.whats[place]);
        this.showEarlier();
        return;
      }
      this.count++;
      if (this.count > this.mask) this.grow();
      return;
    }
    this.count = 1;
    this.showHead();
    if (this.early.size > 0) this.showEarlier();
  }

  private removeHead(): void {
    if (this.count > 1) {
      this.head = (this.head + 1) & this.mask;
      this.count--;
      this.showHead();
    } else {
      this.standEmpty();
    }
  }

  private popEither(): void {
    if (this.earlyComesFirst()) this.early.pop();
    else this.removeHead();
    if (this.count > 0) this.showHead();
    this.showEarlier();
  }

  /** The front is that of the ring. */
  private showHead(): void {
    const { head } = this;
    this.first = this.times[head];
    this.firstOrder = this.orders[head];
    this.firstWhat = this.whats[head];
  }

  /** The front is that of the early ones, where that comes first. */
  private showEarlier(): void {
    if (!this.earlyComesFirst()) return;
    this.first = this.early.first;
    this.firstOrder = this.early.topOrder();
    this.firstWhat = this.early.topWhat();
  }

  /** An empty ring, and none that is early, say Infinity. */
  private earlyComesFirst(): boolean {
    const time = this.early.first;
    if (this.count === 0) return time < Infinity;
    const ringTime = this.times[this.head];
    return time < ringTime || (time === ringTime && this.early.topOrder() < this.orders[this.head]);
  }

  private grow(): void {
    const room = 2 * this.times.length;
    const times = new Float64Array(room);
    const orders = new Float64Array(room);
    const whats = new Int32Array(room);
    for (let i = 0; i < this.count; i++) {
      const place = (this.head + i) & this.mask;
      times[i] = this.times[place];
      orders[i] = this.orders[place];
      whats[i] = this.whats[place];
    }
    this.times = times;
    this.orders = orders;
    this.whats = whats;
    this.mask = room - 1;
    this.head = 0;
  }
}
