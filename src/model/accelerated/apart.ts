/**
 * Requests on instances that are no longer routed to, one by one: each with the time at which it will be finished.
 * They are few, and the instance of each counts: it is idle, or gone, when its last one is finished.
 */
import { EventQueue } from '../../engine/event-queue.ts';

export class Apart {
  count = 0;
  /** Instance rows, by the time at which a request on them is finished. Entries of rows taken back are void. */
  private readonly ends = new EventQueue(64);
  /** By row: the times of its requests, the last one first. */
  private readonly times = new Map<number, number[]>();
  private order = 0;

  /** No request is finished before this instant; Infinity where there is none. */
  get soonest(): number {
    return this.count === 0 ? Infinity : this.ends.topTime();
  }

  /** An instance's requests, finished at these times. */
  put(row: number, times: number[]): void {
    times.sort((a, b) => b - a);
    for (const time of times) this.ends.push(time, this.order++, row);
    this.times.set(row, times);
    this.count += times.length;
  }

  /** An instance is not apart any more, or its requests are lost: when each would have been finished. */
  takeBack(row: number): readonly number[] {
    const times = this.times.get(row) ?? [];
    this.times.delete(row);
    this.count -= times.length;
    return times;
  }

  /** Takes the requests that are finished by `until` one after the other, and tells instance and time of each. */
  finish(until: number, tell: (row: number, at: number) => void): void {
    const { ends } = this;
    while (ends.topTime() <= until) {
      const time = ends.topTime();
      const row = ends.pop();
      const times = this.times.get(row);
      if (times === undefined || times[times.length - 1] !== time) continue;
      times.pop();
      if (times.length === 0) this.times.delete(row);
      this.count--;
      tell(row, time);
    }
  }
}
