/**
 * Requests that began in one stretch of time, in numbers, with their waits; they come out as latencies as they end.
 *
 * A request waits and is then worked on, and the second does not depend on the first. So all that has to be kept is
 * how many began in a stretch and how long they had waited; when an interval of the curves is over, those of them that
 * were answered in it are recorded at latencies taken evenly from both: values of the service time, with the waits
 * shuffled among them by an additive recurrence. Nothing is drawn.
 */
import { fraction, startOf, within, type Durations } from './crowd-durations.ts';
import { Shares } from './crowd-shares.ts';
import type { RequestCounts } from './request-tally.ts';

/** Latencies that are taken for a stretch of starts that waited. */
const SAMPLES = 8192;
// The generalised golden ratio of two dimensions: its powers fill the square evenly.
const PLASTIC_1 = 0.7548776662466927;
const PLASTIC_2 = 0.5698402909980532;

/** A waiting time below this is none, ns. */
const AT_ONCE = 1000;

/** Requests of one class that began in one stretch of time. */
export class Starts {
  readonly klass: number;
  readonly kind: number;
  readonly from: number;
  until: number;
  /** Not answered yet: those that were placed at once, and those that had waited. */
  direct = 0;
  waited = 0;
  private started = 0;
  private directStarted = 0;
  // Waits: `count` of them evenly between two lengths; the counts summed up.
  private readonly shortest: number[] = [];
  private readonly longest: number[] = [];
  private readonly upTo: number[] = [];

  constructor(klass: number, kind: number, from: number, until: number) {
    this.klass = klass;
    this.kind = kind;
    this.from = from;
    this.until = until;
  }

  get left(): number {
    return this.direct + this.waited;
  }

  add(count: number, until: number, firstWait: number, lastWait: number): void {
    if (until > this.until) this.until = until;
    this.started += count;
    if (firstWait + lastWait < 2 * AT_ONCE) {
      this.direct += count;
      this.directStarted += count;
      return;
    }
    this.waited += count;
    this.shortest.push(Math.max(0, firstWait));
    this.longest.push(Math.max(0, lastWait));
    this.upTo.push((this.upTo[this.upTo.length - 1] ?? 0) + count);
  }

  /** Takes `count` of them out, so many of each sort as there are. Returns how many had been placed at once. */
  take(count: number): number {
    const share = this.started === 0 ? 0 : this.directStarted / this.started;
    const direct = Math.min(this.direct, Math.max(count - this.waited, Math.round(count * share)));
    this.direct -= direct;
    this.waited -= count - direct;
    return direct;
  }

  /** The wait that a share `u` of those that waited come before. */
  waitAt(u: number): number {
    const { upTo, shortest, longest } = this;
    const rank = u * upTo[upTo.length - 1];
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] > rank) high = middle;
      else low = middle + 1;
    }
    const before = low === 0 ? 0 : upTo[low - 1];
    return shortest[low] + ((longest[low] - shortest[low]) * (rank - before)) / (upTo[low] - before);
  }

  /** The share of the stretch from which a request of this duration ends between two instants. */
  private endingIn(duration: number, from: number, until: number): number {
    const width = this.until - this.from;
    if (width <= 0) return this.from + duration >= from && this.from + duration < until ? 1 : 0;
    return Math.max(0, Math.min(this.until, until - duration) - Math.max(this.from, from - duration)) / width;
  }

  /** Records `count` that were placed at once and ended between two instants, nobody after `limit`. */
  recordDirect(
    counts: readonly RequestCounts[],
    durations: Durations,
    count: number,
    round: number,
    from: number,
    until: number,
    limit: number,
  ): void {
    const likely = (value: number): number => (value < limit ? this.endingIn(value, from, until) : 0);
    let total = 0;
    durations.strata(round, (value, weight) => (total += weight * likely(value)));
    const share = new Shares(count, total === 0 ? 1 : total);
    durations.strata(round, (value, weight) => {
      const n = share.next(total === 0 ? weight : weight * likely(value));
      if (n > 0) for (const one of counts) one.direct.recordMany(value, n);
    });
    share.rest((n) => {
      for (const one of counts) one.direct.recordMany(Math.min(durations.distribution.at(0.5), limit - 1), n);
    });
  }

  /** Records `count` that had waited and ended between two instants, nobody after `limit` in all. */
  recordWaited(
    counts: readonly RequestCounts[],
    durations: Durations,
    count: number,
    round: number,
    from: number,
    until: number,
    limit: number,
  ): void {
    const samples = Math.min(SAMPLES, count);
    const { distribution } = durations;
    const first = startOf(round);
    const visit = (see: (duration: number, wait: number, weight: number) => void): void => {
      for (let i = 0; i < samples; i++) {
        const duration = distribution.at(within(fraction(first + (i + 1) * PLASTIC_1)));
        const wait = Math.floor(this.waitAt(fraction((i + 1) * PLASTIC_2 + 0.5 * first)) + 0.5);
        see(duration, wait, duration + wait < limit ? this.endingIn(duration, from, until) : 0);
      }
    };
    let total = 0;
    visit((_duration, _wait, weight) => (total += weight));
    const share = new Shares(count, total === 0 ? samples : total);
    let last = 0;
    visit((duration, wait, weight) => {
      const n = share.next(total === 0 ? 1 : weight);
      if (n === 0) return;
      last = Math.min(wait, limit - 1);
      for (const one of counts) recordWaited(one, Math.min(duration, limit - 1 - last), last, n);
    });
    share.rest((n) => {
      for (const one of counts) recordWaited(one, Math.min(distribution.at(0.5), limit - 1 - last), last, n);
    });
  }
}

export function recordWaited(counts: RequestCounts, duration: number, wait: number, n: number): void {
  counts.waited.recordMany(duration + wait, n);
  counts.waitedExecution.recordMany(duration, n);
  counts.waitedPending.recordMany(wait, n);
}
