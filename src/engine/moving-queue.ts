/**
 * A queue in which each subject has at most one event, whose time may be moved; earliest first, events at the same time in
 * ascending `order`.
 *
 * An `EventQueue` knows no way to an event that it holds: one that comes sooner than was thought has to be planned again,
 * and the old one passed over when it is due. Where that is the rule rather than the exception (a vCPU that requests
 * share: each that comes or goes changes when the next is finished) it holds more void events than valid ones. Here a
 * column says where each subject stands in the heap, so that its event is moved.
 *
 * Hot where requests share the CPU of their instance: each moves the event of its instance twice.
 */
import { longerFloat64, longerInt32 } from './columns.ts';
import { earliestChild, ROOT } from './heap-places.ts';

const NOWHERE = 0;

export class MovingQueue {
  private times: Float64Array;
  private orders: Float64Array;
  private subjects: Int32Array;
  /** By subject: its place in the heap; 0 where it has no event. */
  private places: Int32Array;
  /** The place behind the last event. */
  private end = ROOT;
  /** The time of the earliest event, ns; Infinity when none is pending. Only to be read, as in EventQueue. */
  first = Infinity;

  /** `capacity`: room to begin with, for subjects from 0; it grows as it must. */
  constructor(capacity = 64) {
    this.times = new Float64Array(ROOT + capacity + 1);
    this.orders = new Float64Array(ROOT + capacity + 1);
    this.subjects = new Int32Array(ROOT + capacity + 1);
    this.places = new Int32Array(capacity);
    this.standEmpty();
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

  /** Whose event is the earliest; -1 when none is pending. */
  topSubject(): number {
    return this.subjects[ROOT];
  }

  /** When the event of a subject is due, ns; Infinity where it has none. */
  timeOf(subject: number): number {
    const place = subject < this.places.length ? this.places[subject] : NOWHERE;
    return place === NOWHERE ? Infinity : this.times[place];
  }

  // As in EventQueue, what takes doubles only writes them down, behind the last event, where there is always room.

  /**
   * Plans the event of a subject, or moves it.
   * @param time ns
   * @param order decides between events at the same time, from a `Sequencer`
   */
  set(subject: number, time: number, order: number): void {
    const { end } = this;
    this.times[end] = time;
    this.orders[end] = order;
    this.put(end, subject);
  }

  /** Takes back the event of a subject, if it has one. */
  remove(subject: number): void {
    const hole = subject < this.places.length ? this.places[subject] : NOWHERE;
    if (hole === NOWHERE) return;
    this.places[subject] = NOWHERE;
    const last = --this.end;
    if (hole < last) this.fill(hole, last, this.subjects[last]);
    if (last === ROOT) this.standEmpty();
  }

  /** What is written down at `end` is the event of this subject. */
  private put(end: number, subject: number): void {
    if (subject >= this.places.length) this.growSubjects(subject);
    let hole = this.places[subject];
    if (hole === NOWHERE) {
      hole = end;
      this.end = end + 1;
      if (this.end === this.times.length) this.grow();
    }
    this.fill(hole, end, subject);
  }

  /** The event of `subject`, its time and order written at `from`, goes where it belongs, beginning at the free place `hole`. */
  private fill(hole: number, from: number, subject: number): void {
    const { times, orders, subjects, places } = this;
    const time = times[from];
    const order = orders[from];
    while (hole > ROOT) {
      const parent = (hole >> 2) + 2;
      const parentTime = times[parent];
      if (parentTime < time || (parentTime === time && orders[parent] < order)) break;
      times[hole] = parentTime;
      orders[hole] = orders[parent];
      subjects[hole] = subjects[parent];
      places[subjects[hole]] = hole;
      hole = parent;
    }
    const { end } = this;
    for (let child = (hole - 2) << 2; child < end; child = (hole - 2) << 2) {
      let earliest: number;
      if ((child | 3) < end) {
        // As in EventQueue: by arithmetic.
        const one = times[child];
        const two = times[child | 1];
        const three = times[child | 2];
        const four = times[child | 3];
        const left = child | +(two < one);
        const right = child | 2 | +(four < three);
        earliest = left ^ ((left ^ right) & -+(times[right] < times[left]));
        if (one === two || three === four || times[left] === times[right])
          earliest = earliestChild(times, orders, child, end);
      } else {
        earliest = earliestChild(times, orders, child, end);
      }
      const earliestTime = times[earliest];
      if (time < earliestTime || (time === earliestTime && order < orders[earliest])) break;
      times[hole] = earliestTime;
      orders[hole] = orders[earliest];
      subjects[hole] = subjects[earliest];
      places[subjects[hole]] = hole;
      hole = earliest;
    }
    times[hole] = time;
    orders[hole] = order;
    subjects[hole] = subject;
    places[subject] = hole;
    this.first = times[ROOT];
  }

  /** What the front says when nothing is pending, so that asking it takes no question first. */
  private standEmpty(): void {
    this.first = Infinity;
    this.orders[ROOT] = Infinity;
    this.subjects[ROOT] = -1;
  }

  private grow(): void {
    const room = 2 * this.times.length;
    this.times = longerFloat64(this.times, room);
    this.orders = longerFloat64(this.orders, room);
    this.subjects = longerInt32(this.subjects, room);
  }

  private growSubjects(subject: number): void {
    this.places = longerInt32(this.places, Math.max(2 * this.places.length, subject + 1));
  }
}
