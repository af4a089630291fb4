/**
 * How long requests took that are known in numbers only: starts with their waits go in, latencies come out as those
 * requests are answered.
 *
 * A request waits and is then worked on, and the second does not depend on the first. So all that has to be kept is
 * how many began in a stretch of time and how long they had waited; when an interval of the curves is over, those of
 * them that were answered in it are recorded at latencies taken evenly from both: equal strata of the distribution of
 * the service time, finer in its last part, with the waits shuffled among them by an additive recurrence. Nothing is
 * drawn. Where the strata begin changes from interval to interval, so that what one misses the next one has.
 */
import { Distribution, type DistributionSpec } from '../engine/distributions.ts';
import { Survival } from '../model/accelerated/survival.ts';
import type { RequestCounts } from './request-tally.ts';

/** Latencies that are taken for one service and interval where nobody waited, and for a stretch of starts that did. */
const STRATA = 1024;
const SAMPLES = 8192;
/** The last stratum is cut into so many, and the last of those again. */
const FINER = 8;

const GOLDEN = 0.6180339887498949;
// The generalised golden ratio of two dimensions: its powers fill the square evenly.
const PLASTIC_1 = 0.7548776662466927;
const PLASTIC_2 = 0.5698402909980532;

/** A waiting time below this is none, ns. */
const AT_ONCE = 1000;

/** The service times of one kind of request. */
export class Durations {
  readonly survival: Survival;
  readonly distribution: Distribution;
  private values = new Float64Array(0);
  private weights = new Float64Array(0);
  private madeFor = -1;

  constructor(spec: DistributionSpec) {
    this.survival = Survival.of(spec);
    this.distribution = new Distribution(spec);
  }

  /** Visits values of equal or falling weight, the weights summing to 1. */
  strata(round: number, visit: (value: number, weight: number) => void): void {
    if (this.madeFor !== round) this.make(round);
    for (let i = 0; i < this.values.length; i++) visit(this.values[i], this.weights[i]);
  }

  private make(round: number): void {
    this.madeFor = round;
    const { distribution } = this;
    const shift = fraction(round * GOLDEN);
    const values: number[] = [];
    const weights: number[] = [];
    const add = (from: number, width: number, count: number): void => {
      for (let i = 0; i < count; i++) {
        values.push(distribution.at(within(from + ((i + shift) / count) * width)));
        weights.push(width / count);
      }
    };
    add(0, 1 - 1 / STRATA, STRATA - 1);
    let width = 1 / STRATA;
    for (let depth = 0; depth < 8; depth++) {
      add(1 - width, (width * (FINER - 1)) / FINER, FINER - 1);
      width /= FINER;
    }
    add(1 - width, width, 1);
    this.values = Float64Array.from(values);
    this.weights = Float64Array.from(weights);
  }
}

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
    const first = fraction(round * GOLDEN);
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

function recordWaited(counts: RequestCounts, duration: number, wait: number, n: number): void {
  counts.waited.recordMany(duration + wait, n);
  counts.waitedExecution.recordMany(duration, n);
  counts.waitedPending.recordMany(wait, n);
}

/** A whole number shared out by weights, so that the parts are whole and sum to it. */
export class Shares {
  private readonly count: number;
  private readonly total: number;
  private weight = 0;
  private given = 0;

  constructor(count: number, total: number) {
    this.count = count;
    this.total = total;
  }

  /** The part of the next one. */
  next(weight: number): number {
    this.weight += weight;
    const upTo = Math.min(
      this.count,
      this.total > 0 ? Math.floor((this.count * this.weight) / this.total + 0.5) : 0,
    );
    const part = Math.max(0, upTo - this.given);
    this.given += part;
    return part;
  }

  /** What rounding has left over. */
  rest(give: (count: number) => void): void {
    if (this.given < this.count) give(this.count - this.given);
    this.given = this.count;
  }
}

const fraction = (x: number): number => x - Math.floor(x);
const within = (u: number): number => Math.min(Math.max(u, 1e-15), 1 - 1e-15);
