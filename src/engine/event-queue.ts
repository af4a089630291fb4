/**
 * The queue of pending events, earliest first; events at the same time in ascending `order`.
 *
 * With the orders of a `Sequencer` this is a total order: what comes out depends on what was put in and never
 * on the inner arrangement.
 *
 * Hot: every event with a random delay passes through here once. Therefore numbers in three columns instead
 * of an object per event, and a heap with four children to a node, which is half as deep as one with two.
 * Taking the earliest moves the hole it leaves down to the bottom, always towards the earliest child, and
 * lets the last event rise from there: the last event nearly always belongs near the bottom, so asking on the
 * way down whether it fits already would cost a comparison per level for nothing. Fixed delays belong in a
 * `DelayLane`, which is cheaper still.
 *
 * Where its events stand in the columns: `heap-places.ts`.
 */
import { longerFloat64, longerInt32 } from './columns.ts';
import { earliestChild, ROOT } from './heap-places.ts';

export class EventQueue {
  private times: Float64Array;
  private orders: Float64Array;
  private whats: Int32Array;
  /** The place behind the last event. */
  private end = ROOT;
  /**
   * The time of the earliest event, ns; Infinity when none is pending. Only to be read: a field, which is asked for twice as
   * fast as a place of a column, and in a busy loop at every event.
   */
  first = Infinity;

  /** `capacity`: room to begin with, at least one; it doubles whenever it runs out. */
  constructor(capacity = 256) {
    this.times = new Float64Array(ROOT + capacity);
    this.orders = new Float64Array(ROOT + capacity);
    this.whats = new Int32Array(ROOT + capacity);
    this.clear();
  }

  /** How many events are pending. */
  get size(): number {
    return this.end - ROOT;
  }

  /** The time of the earliest event, ns; Infinity when none is pending. */
  topTime(): number {
    return this.first;
  }

  /** The order of the earliest event; Infinity when none is pending. */
  topOrder(): number {
    return this.orders[ROOT];
  }

  /** What the earliest event is; -1 when none is pending. */
  topWhat(): number {
    return this.whats[ROOT];
  }

  // A double handed to a function that is not put in line costs an allocation. So the two that take doubles are small
  // enough to be put in line: they write the event behind the last one, where there is always room, and tell the
  // function that does the work only where.

  /**
   * Plans an event.
   * @param time ns; a time in the past is accepted and simply comes out next
   * @param order decides between events at the same time, from a `Sequencer`
   * @param what any 32-bit whole number; the queue does not look at it
   */
  push(time: number, order: number, what: number): void {
    const { end } = this;
    this.times[end] = time;
    this.orders[end] = order;
    this.whats[end] = what;
    this.end = end + 1;
    this.rise(end, end);
    if (this.end === this.times.length) this.grow();
  }

  /** `pop` and `push` in one step, about half the work: for an event that plans the next of its kind. */
  replaceTop(time: number, order: number, what: number): void {
    const { end } = this;
    // Alone, it is in its place; and with nothing pending, the place is the same.
    const place = end <= ROOT + 1 ? ROOT : end;
    this.times[place] = time;
    this.orders[place] = order;
    this.whats[place] = what;
    if (place === ROOT) this.standAlone();
    else this.settle(end);
  }

  /** Removes the earliest event and tells what it was; -1 when none is pending. */
  pop(): number {
    const what = this.whats[ROOT];
    const last = this.end - 1;
    if (last > ROOT) {
      this.end = last;
      this.settle(last);
    } else {
      this.clear();
    }
    return what;
  }

  /** Forgets all events; the room stays. What the front says then needs no question whether anything is pending. */
  clear(): void {
    this.end = ROOT;
    this.first = Infinity;
    this.orders[ROOT] = Infinity;
    this.whats[ROOT] = -1;
  }

  private standAlone(): void {
    this.end = ROOT + 1;
    this.first = this.times[ROOT];
  }

  /** The root is free: what stands at `end`, behind all others, goes where it belongs. */
  private settle(end: number): void {
    const { times, orders, whats } = this;
    let hole = ROOT;
    let child = (ROOT - 2) << 2;
    while ((child | 3) < end) {
      // Two pairs, then their winners. By arithmetic rather than branches: which child is earlier is a coin
      // toss, and a processor that guesses wrong at every level loses more than the comparisons cost. Ties
      // are rare or regular, so it guesses those well.
      const one = times[child];
      const two = times[child | 1];
      const three = times[child | 2];
      const four = times[child | 3];
      const left = child | +(two < one);
      const right = child | 2 | +(four < three);
      let earliest = left ^ ((left ^ right) & -+(times[right] < times[left]));
      if (one === two || three === four || times[left] === times[right])
        earliest = earliestChild(times, orders, child, end);
      times[hole] = times[earliest];
      orders[hole] = orders[earliest];
      whats[hole] = whats[earliest];
      hole = earliest;
      child = (hole - 2) << 2;
    }
    if (child < end) {
      const earliest = earliestChild(times, orders, child, end);
      times[hole] = times[earliest];
      orders[hole] = orders[earliest];
      whats[hole] = whats[earliest];
      hole = earliest;
    }
    this.rise(hole, end);
  }

  /** What stands at `from` goes to the free place `hole`, or as far above it as it is earlier. */
  private rise(hole: number, from: number): void {
    const { times, orders, whats } = this;
    const time = times[from];
    const order = orders[from];
    const what = whats[from];
    while (hole > ROOT) {
      const parent = (hole >> 2) + 2;
      const parentTime = times[parent];
      if (parentTime < time || (parentTime === time && orders[parent] < order)) break;
      times[hole] = parentTime;
      orders[hole] = orders[parent];
      whats[hole] = whats[parent];
      hole = parent;
    }
    times[hole] = time;
    orders[hole] = order;
    whats[hole] = what;
    this.first = times[ROOT];
  }

  private grow(): void {
    const room = ROOT + Math.max(4, 2 * (this.times.length - ROOT));
    this.times = longerFloat64(this.times, room);
    this.orders = longerFloat64(this.orders, room);
    this.whats = longerInt32(this.whats, room);
  }
}
