/**
 * How many requests a second a load brings at an instant: the rate behind `traffic/arrivals`, for who counts instead
 * of asking for each.
 *
 * Rates may jump. `before` and `after` are the limits from the two sides; between two neighbouring `breaks` the rate
 * is smooth, so that three values give its integral over a stretch that crosses none.
 */
import { sin } from '../../engine/portable-math.ts';
import { SECOND } from '../../units/time.ts';
import type { LoadPlan } from '../plan.ts';

export class LoadRate {
  /** Instants at which the rate jumps or bends, ns, ascending. */
  readonly breaks: readonly number[];
  private readonly load: LoadPlan;
  private piece = 0;

  constructor(load: LoadPlan) {
    this.load = load;
    this.breaks = load.sinusoid === null ? [...new Set(load.rate.map(({ at }) => at as number))] : [];
  }

  /** Requests per second just after `at`, ns. */
  after(at: number): number {
    return this.load.sinusoid === null ? this.staged(at, true) : this.wave(at);
  }

  /** Just before `at`. */
  before(at: number): number {
    return this.load.sinusoid === null ? this.staged(at, false) : this.wave(at);
  }

  /** The highest rate of the whole load. */
  get peak(): number {
    const { sinusoid, rate } = this.load;
    return sinusoid === null
      ? rate.reduce((most, { perSecond }) => Math.max(most, perSecond), 0)
      : sinusoid.mean + sinusoid.amplitude;
  }

  private wave(at: number): number {
    const { mean, amplitude, period } = this.load.sinusoid!;
    const turns = at / period;
    return mean + amplitude * sin(2 * Math.PI * (turns - Math.floor(turns)));
  }

  private staged(at: number, after: boolean): number {
    const { rate } = this.load;
    if (rate.length === 0) return 0;
    // The last point that is past: at a jump the second of two, or the first where the past is asked for.
    const isPast = (index: number): boolean => (after ? rate[index].at <= at : rate[index].at < at);
    let piece = this.piece;
    while (piece + 1 < rate.length && isPast(piece + 1)) piece++;
    while (piece > 0 && !isPast(piece)) piece--;
    this.piece = piece;
    const { at: from, perSecond } = rate[piece];
    if (piece === rate.length - 1 || at <= from) return perSecond;
    const next = rate[piece + 1];
    return perSecond + ((next.perSecond - perSecond) * (at - from)) / (next.at - from);
  }
}

/** One second as the unit of rates: the expected number over `length` ns at these three rates (Simpson's rule). */
export const expectedOver = (length: number, from: number, middle: number, to: number): number =>
  ((length / SECOND) * (from + 4 * middle + to)) / 6;
