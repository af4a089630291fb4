/**
 * What the Knative autoscaler decides from: averages over a stable and a panic window, in buckets of one second.
 *
 * Each second one number is written, what the pods of a revision and the activator measured in that second. The
 * average of a window is the sum of its buckets over the number of those that count: from the first write (a young
 * service is averaged over its life, not over the window) to the last one. So seconds without data at the end make
 * the divisor smaller, a hole inside counts as 0. Once nothing was written for a whole window its average is 0, and
 * the next write begins a new life. The sum is made anew for each answer: nothing drifts.
 *
 * Source: knative/serving, pkg/autoscaler/aggregation and pkg/autoscaler/metrics.
 */
import { exp, ln } from '../../../engine/portable-math.ts';
import { check } from '../../../units/check.ts';
import { SECOND, type Duration, type Instant } from '../../../units/time.ts';

/** `linear`: each second counts alike. `exponential`: the newest most, older ones ever less. */
export type Weights = 'linear' | 'exponential';

/** One window over one metric. */
export class MetricWindow {
  /** Buckets by second modulo their number; those after `last` are of an earlier round and not read. */
  private readonly buckets: Float64Array;
  private readonly weights: Weights;
  // Seconds of the first and the last write of this life; null before any.
  private first: number | null = null;
  private last: number | null = null;

  /** @param length of the window; rounded up to whole seconds. */
  constructor(length: Duration, weights: Weights = 'linear') {
    check(length > 0, 'a window has a length');
    this.buckets = new Float64Array(Math.ceil(length / SECOND));
    this.weights = weights;
  }

  /**
   * Adds a number to the bucket of an instant's second. One that comes late still counts if its second lies in the
   * window that ends at the last write; else it is dropped.
   */
  record(at: Instant, value: number): void {
    check(Number.isFinite(value), 'a measurement is a number');
    const { buckets } = this;
    const second = secondOf(at);
    if (this.first === null || this.last === null || second - this.last >= buckets.length) {
      buckets.fill(0);
      this.first = second;
      this.last = second;
    } else if (second > this.last) {
      for (let empty = this.last + 1; empty <= second; empty++) buckets[this.place(empty)] = 0;
      this.last = second;
    } else if (second <= this.last - buckets.length) {
      return;
    } else if (second < this.first) {
      this.first = second;
    }
    buckets[this.place(second)] += value;
  }

  /** The average at `at`: 0 without data; linear ones are rounded to 6 digits. */
  average(at: Instant): number {
    return this.weights === 'linear' ? this.plainAverage(at) : this.weightedAverage(at);
  }

  /** Whether there is nothing to decide from: no write at all, or none for longer than the window. */
  isEmpty(at: Instant): boolean {
    return this.last === null || secondOf(at) - this.last > this.buckets.length;
  }

  private plainAverage(at: Instant): number {
    const { buckets, first, last } = this;
    if (first === null || last === null) return 0;
    const from = Math.max(first, Math.max(secondOf(at), last) - buckets.length + 1);
    if (from > last) return 0;
    let sum = 0;
    for (let second = from; second <= last; second++) sum += buckets[this.place(second)];
    return Math.round((sum / (last - from + 1)) * 1e6) / 1e6;
  }

  /** The newest second weighs c, the one before c (1 - c), and so on; seconds without data weigh, too. */
  private weightedAverage(at: Instant): number {
    const { buckets, last } = this;
    if (last === null) return 0;
    const coefficient = smoothingCoefficient(buckets.length);
    const newest = Math.max(secondOf(at), last);
    let weight = coefficient;
    let sum = 0;
    for (let second = newest; second > newest - buckets.length; second--) {
      if (second <= last) sum += buckets[this.place(second)] * weight;
      weight *= 1 - coefficient;
    }
    return sum;
  }

  private place(second: number): number {
    const { length } = this.buckets;
    return ((second % length) + length) % length;
  }
}

/** The stable and the panic window over one metric of one revision. */
export class KnativeMetrics {
  private readonly stable: MetricWindow;
  private readonly panic: MetricWindow;

  constructor(stableWindow: Duration, panicWindow: Duration, weights: Weights = 'linear') {
    this.stable = new MetricWindow(stableWindow, weights);
    this.panic = new MetricWindow(panicWindow, weights);
  }

  /** What was measured in the second that ends at `at`, or a part of it: parts add up. */
  record(at: Instant, value: number): void {
    this.stable.record(at, value);
    this.panic.record(at, value);
  }

  /** Both averages; null if there is no data, and so nothing to decide. */
  averages(at: Instant): { readonly stable: number; readonly panic: number } | null {
    if (this.stable.isEmpty(at)) return null;
    return { stable: this.stable.average(at), panic: this.panic.average(at) };
  }
}

/** The panic window: a percentage of the stable one, in whole seconds, at least one. */
export const panicWindowOf = (stableWindow: Duration, percentage: number): Duration =>
  (Math.max(1, Math.round((stableWindow * percentage) / 100 / SECOND)) * SECOND) as Duration;

/**
 * How fast older seconds lose weight, for so many buckets: at least 0.2, else such that all weights of a window sum
 * to 0.9999.
 */
export const smoothingCoefficient = (buckets: number): number => Math.max(0.2, 1 - exp(ln(0.0001) / buckets));

/** 1.96^2 x 10^2 / 5^2: 95 % confidence, an assumed deviation of 10 and a margin of error of 5. */
const SAMPLE = 15.3664;

/** How many of so many pods are asked each second: all up to three, never more than sixteen. */
export const podSampleSize = (pods: number): number =>
  pods <= 3 ? Math.max(0, pods) : Math.ceil((pods * SAMPLE) / (pods + SAMPLE - 1));

/**
 * What a second's sample of pods adds to its bucket: their mean times the number of pods, less what the activator
 * has counted of it. Null (no write) if no pod was there to be asked.
 */
export function collected(
  sample: readonly number[],
  pods: number,
  countedByActivator: number,
): number | null {
  if (sample.length === 0) return null;
  let sum = 0;
  for (const measured of sample) sum += measured;
  return (sum / sample.length) * pods - countedByActivator;
}

const secondOf = (at: Instant): number => Math.floor(at / SECOND);
