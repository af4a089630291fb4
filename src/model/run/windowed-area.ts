/**
 * Averages over the last so many seconds, from slices of an integral.
 *
 * Each tick brings the integral of a number over the slice since the last one; the sum over the slices of a
 * window, divided by its length, is the time average, exactly. Before a window is full it is as long as what has
 * passed. Whole numbers throughout, so nothing drifts.
 */
import { check } from '../../units/check.ts';
import type { Duration } from '../../units/time.ts';

export class WindowedArea {
  private readonly slice: Duration;
  private readonly lengths: readonly number[];
  private readonly slices: Float64Array;
  private readonly sums: number[];
  private count = 0;
  private at = 0;

  /** Windows in whole slices, e.g. [60 s, 600 s] in slices of 5 s. */
  constructor(slice: Duration, windows: readonly Duration[]) {
    this.slice = slice;
    this.lengths = windows.map((window) => Math.max(1, Math.round(window / slice)));
    this.slices = new Float64Array(Math.max(...this.lengths));
    this.sums = windows.map(() => 0);
  }

  /** Adds a slice; `counts` is false for one that lies before the time that is looked at. */
  push(area: number, counts: boolean): void {
    check(area >= 0, 'an integral of a count is not negative');
    if (!counts) return;
    const { slices, lengths } = this;
    for (let window = 0; window < lengths.length; window++) {
      const length = lengths[window];
      const leaving = this.count >= length ? slices[(this.at - length + slices.length) % slices.length] : 0;
      this.sums[window] += area - leaving;
    }
    slices[this.at] = area;
    this.at = (this.at + 1) % slices.length;
    this.count = Math.min(this.count + 1, slices.length);
  }

  /** One average per window; 0 before the first slice. */
  averages(): number[] {
    return this.sums.map((sum, window) =>
      this.count === 0 ? 0 : sum / (Math.min(this.count, this.lengths[window]) * this.slice),
    );
  }
}
