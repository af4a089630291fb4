/**
 * What was served in the last minute: the sliding sum that a soft quota per minute is held against.
 *
 * A minute is (t - 60 s, t], wherever it is cut: what was served exactly 60 s ago no longer counts. Whole numbers
 * throughout, so the sum is exact however long it runs.
 */
import { MINUTE, type Instant } from '../../units/time.ts';

export class MinuteUsage {
  /** A ring of what was served and can still count, oldest first; its length is a power of two. */
  private times = new Float64Array(64);
  private costs = new Float64Array(64);
  private head = 0;
  private count = 0;
  private sum = 0;

  /** So much was served at `now`, which never goes back. */
  add(now: Instant, cost: number): void {
    this.forget(now);
    if (this.count === this.times.length) this.grow();
    const place = (this.head + this.count) & (this.times.length - 1);
    this.times[place] = now;
    this.costs[place] = cost;
    this.count++;
    this.sum += cost;
  }

  /** What was served in the minute that ends at `now`. */
  at(now: Instant): number {
    this.forget(now);
    return this.sum;
  }

  private forget(now: Instant): void {
    const mask = this.times.length - 1;
    while (this.count > 0 && this.times[this.head] <= now - MINUTE) {
      this.sum -= this.costs[this.head];
      this.head = (this.head + 1) & mask;
      this.count--;
    }
  }

  private grow(): void {
    const larger = (ring: Float64Array): Float64Array<ArrayBuffer> => {
      const twice = new Float64Array(2 * ring.length);
      twice.set(ring.subarray(this.head));
      twice.set(ring.subarray(0, this.head), ring.length - this.head);
      return twice;
    };
    this.times = larger(this.times);
    this.costs = larger(this.costs);
    this.head = 0;
  }
}
