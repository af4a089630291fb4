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
 */
import { longerFloat64, longerInt32 } from './columns.ts';

export class EventQueue {
  private times: Float64Array;
  private orders: Float64Array;
  private whats: Int32Array;
  private count = 0;

  /** `capacity`: room to begin with, at least one; it doubles whenever it runs out. */
  constructor(capacity = 256) {
    this.times = new Float64Array(capacity);
    this.orders = new Float64Array(capacity);
    this.whats = new Int32Array(capacity);
    this.standEmpty();
  }

  /** How many events are pending. */
  get size(): number {
    return this.count;
  }

  /** The time of the earliest event, ns; Infinity when none is pending. */
  topTime(): number {
    return this.times[0];
  }

  /** The order of the earliest event; Infinity when none is pending. */
  topOrder(): number {
    return this.orders[0];
  }

  /** What the earliest event is; -1 when none is pending. */
  topWhat(): number {
    return this.whats[0];
  }

  /**
   * Plans an event.
   * @param time ns; a time in the past is accepted and simply comes out next
   * @param order decides between events at the same time, from a `Sequencer`
   * @param what any 32-bit whole number; the queue does not look at it
   */
  push(time: number, order: number, what: number): void {
    if (this.count === this.times.length) this.grow();
    const { times, orders, whats } = this;
    let hole = this.count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
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
  }

  /** Removes the earliest event and tells what it was; -1 when none is pending. */
  pop(): number {
    const what = this.whats[0];
    if (this.count > 1) this.settle(--this.count);
    else this.standEmpty();
    return what;
  }

  /** `pop` and `push` in one step, about half the work: for an event that plans the next of its kind. */
  replaceTop(time: number, order: number, what: number): void {
    const n = this.count;
    if (n <= 1) {
      this.times[0] = time;
      this.orders[0] = order;
      this.whats[0] = what;
      this.count = 1;
      return;
    }
    if (n === this.times.length) this.grow();
    this.times[n] = time;
    this.orders[n] = order;
    this.whats[n] = what;
    this.settle(n);
  }

  /** Forgets all events; the room stays. */
  clear(): void {
    this.standEmpty();
  }

  /** What the front says when nothing is pending, so that asking it takes no question first. */
  private standEmpty(): void {
    this.count = 0;
    this.times[0] = Infinity;
    this.orders[0] = Infinity;
    this.whats[0] = -1;
  }

  /** Moves the event at index `n` into the heap of the `n` places before it, whose root is free. */
  private settle(n: number): void {
    const { times, orders, whats } = this;
    let hole = 0;
    let child = 1;
    while (child + 3 < n) {
      // Two pairs, then their winners. By arithmetic rather than branches: which child is earlier is a coin
      // toss, and a processor that guesses wrong at every level loses more than the comparisons cost. Ties
      // are rare or regular, so it guesses those well, and they may have branches.
      const second = child + 1;
      const third = child + 2;
      const fourth = child + 3;
      let left = child + +(times[second] < times[child]);
      if (times[second] === times[child] && orders[second] < orders[child]) left = second;
      let right = third + +(times[fourth] < times[third]);
      if (times[fourth] === times[third] && orders[fourth] < orders[third]) right = fourth;
      let earliest = left + Math.imul(right - left, +(times[right] < times[left]));
      if (times[right] === times[left] && orders[right] < orders[left]) earliest = right;
      times[hole] = times[earliest];
      orders[hole] = orders[earliest];
      whats[hole] = whats[earliest];
      hole = earliest;
      child = 4 * hole + 1;
    }
    if (child < n) {
      let earliest = child;
      for (let other = child + 1; other < n; other++) {
        if (
          times[other] < times[earliest] ||
          (times[other] === times[earliest] && orders[other] < orders[earliest])
        ) {
          earliest = other;
        }
      }
      times[hole] = times[earliest];
      orders[hole] = orders[earliest];
      whats[hole] = whats[earliest];
      hole = earliest;
    }
    const time = times[n];
    const order = orders[n];
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      const parentTime = times[parent];
      if (parentTime < time || (parentTime === time && orders[parent] < order)) break;
      times[hole] = parentTime;
      orders[hole] = orders[parent];
      whats[hole] = whats[parent];
      hole = parent;
    }
    times[hole] = time;
    orders[hole] = order;
    whats[hole] = whats[n];
  }

  private grow(): void {
    const capacity = Math.max(4, 2 * this.times.length);
    this.times = longerFloat64(this.times, capacity);
    this.orders = longerFloat64(this.orders, capacity);
    this.whats = longerInt32(this.whats, capacity);
  }
}
