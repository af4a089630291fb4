/**
 * Windows in which a number of calls is allowed: who may call now, and how close to the limit it has been.
 *
 * A quota such as "500 calls per second" leaves open which seconds are meant, and the answer decides what a
 * burst meets. `SlidingWindow` counts every second, however it is cut: at most the limit in any of them.
 * `CalendarWindow` counts from the full second, so a burst across its border may get twice the limit within
 * one second. `TokenBucket` refills steadily and may also grant up to twice the limit within a second. All
 * three grant whenever their rule allows it; a denied call costs nothing. `PeakMeter` does not decide but
 * measures: the most calls granted in any second (or minute).
 *
 * Whole numbers throughout, so the answers are exact. Calls come in the order of time; those at one instant
 * are answered in the order in which they come.
 */
import { check } from '../units/check.ts';
import type { Duration, Instant } from '../units/time.ts';

/** What the three rules have in common. */
export interface QuotaWindow {
  /**
   * Grants a call at `now` if the rule allows it, and then counts it. `now` never goes back. `weight`: as how many
   * calls it counts, a whole number, at least 1; it is granted as a whole or not at all.
   */
  tryTake(now: Instant, weight?: number): boolean;
  /**
   * From `now` on, `limit` calls per `span` are allowed. Calls granted before still count, so a lowered limit
   * may mean that nothing is granted for a while. A limit of 0 denies everything.
   */
  change(limit: number, span: Duration, now: Instant): void;
}

/**
 * At most `limit` grants in any window (t - span, t]: a call is granted if fewer than `limit` grants lie in
 * (now - span, now]. A grant exactly `span` ago no longer counts.
 *
 * The last grants are remembered in a ring, twice as many as the limit. The limit itself would do as long as
 * nothing changes; the rest is for changes: the count is exact after any change that does not at once more
 * than double both limit and span.
 */
export class SlidingWindow implements QuotaWindow {
  private limit = 0;
  private span = 1;
  /** Times of the last grants; written in turn, oldest overwritten. */
  private grants = new Float64Array(16);
  private writeAt = 0;
  private remembered = 0;

  /** @param limit whole calls, 0 to 10^6; @param span ns, at least 1 */
  constructor(limit: number, span: Duration) {
    this.set(limit, span);
  }

  tryTake(now: Instant, weight = 1): boolean {
    // Of the last grants, so many may lie in the window beside it.
    const beside = this.limit - weight;
    if (beside < 0) return false;
    if (this.remembered > beside) {
      // With the one before those outside the window, there are no more than those inside.
      let place = this.writeAt - beside - 1;
      if (place < 0) place += this.grants.length;
      if (this.grants[place] > now - this.span) return false;
    }
    for (let n = 0; n < weight; n++) this.remember(now);
    return true;
  }

  private remember(now: Instant): void {
    if (this.remembered === this.grants.length && this.remembered < 2 * this.limit) this.grow();
    this.grants[this.writeAt] = now;
    this.writeAt = this.writeAt + 1 === this.grants.length ? 0 : this.writeAt + 1;
    if (this.remembered < this.grants.length) this.remembered++;
  }

  change(limit: number, span: Duration, _now: Instant): void {
    this.set(limit, span);
  }

  private set(limit: number, span: Duration): void {
    checkQuota(limit, span);
    this.limit = limit;
    this.span = span;
  }

  /** Only called while the ring is full: its oldest grant is the one to be overwritten next. */
  private grow(): void {
    const { grants, writeAt } = this;
    const larger = new Float64Array(2 * grants.length);
    larger.set(grants.subarray(writeAt));
    larger.set(grants.subarray(0, writeAt), grants.length - writeAt);
    this.grants = larger;
    this.writeAt = this.remembered;
  }
}

/**
 * At most `limit` grants from one multiple of `span` to the next, counted from time 0: [0, span), [span, 2
 * span) …
 *
 * When the span changes, the grants of the window that was open count in the window of the new span that is
 * open then.
 */
export class CalendarWindow implements QuotaWindow {
  private limit: number;
  private span: Duration;
  private window = NaN;
  private granted = 0;

  /** @param limit whole calls, 0 to 10^6; @param span ns, at least 1 */
  constructor(limit: number, span: Duration) {
    checkQuota(limit, span);
    this.limit = limit;
    this.span = span;
  }

  tryTake(now: Instant, weight = 1): boolean {
    this.open(now);
    if (this.granted + weight > this.limit) return false;
    this.granted += weight;
    return true;
  }

  change(limit: number, span: Duration, now: Instant): void {
    checkQuota(limit, span);
    this.open(now);
    this.limit = limit;
    this.span = span;
    this.window = Math.floor(now / span);
  }

  private open(now: Instant): void {
    const window = Math.floor(now / this.span);
    if (window === this.window) return;
    this.window = window;
    this.granted = 0;
  }
}

/**
 * A bucket that holds at most `limit` tokens, full at first, into which `limit` tokens drip evenly per
 * `span`; a call takes one whole token, or as many as it weighs.
 *
 * What is kept is not the level but the instant at which the bucket would be full again, as whole nanoseconds
 * and a numerator over the limit: each grant moves it by exactly span / limit, and a token is there while it
 * would still lie no further than `span` ahead. No fraction is ever rounded, so no token is lost or made,
 * however long the run. (This is the "virtual scheduling" form of the generic cell rate algorithm, ITU-T
 * I.371.)
 *
 * After a change, tokens that were missing are still missing.
 */
export class TokenBucket implements QuotaWindow {
  private limit: number;
  private span: Duration;
  /** The bucket is full at `fullAt + fullPart / limit`. */
  private fullAt = -Infinity;
  private fullPart = 0;
  /** What was missing, in tokens x span, when the limit became 0: nothing drips in until it is raised. */
  private frozen = 0n;

  /** @param limit whole calls, 0 to 10^6; @param span ns, at least 1 */
  constructor(limit: number, span: Duration) {
    checkQuota(limit, span);
    this.limit = limit;
    this.span = span;
  }

  tryTake(now: Instant, weight = 1): boolean {
    if (weight > this.limit) return false;
    const full = this.fullAt < now; // a fullAt of now, with a part of a nanosecond missing, is not full
    let at = (full ? now : this.fullAt) + weight * Math.floor(this.span / this.limit);
    let part = (full ? 0 : this.fullPart) + weight * (this.span % this.limit);
    if (part >= this.limit) {
      const whole = Math.floor(part / this.limit);
      part -= whole * this.limit;
      at += whole;
    }
    const latest = now + this.span;
    if (at > latest || (at === latest && part > 0)) return false;
    this.fullAt = at;
    this.fullPart = part;
    return true;
  }

  change(limit: number, span: Duration, now: Instant): void {
    checkQuota(limit, span);
    // Tokens x span can pass 2^53, hence the large integers; this is rare. Rounded up, if at all: nothing is
    // given away.
    const missing = this.missing(now);
    const was = BigInt(this.span);
    const scaled = (missing * BigInt(span) + was - 1n) / was;
    this.limit = limit;
    this.span = span;
    this.frozen = scaled;
    if (limit > 0) {
      this.fullAt = now + Number(scaled / BigInt(limit));
      this.fullPart = Number(scaled % BigInt(limit));
    }
  }

  /** The tokens missing at `now`, x span. */
  private missing(now: Instant): bigint {
    if (this.limit === 0) return this.frozen;
    if (this.fullAt < now) return 0n;
    return BigInt(this.fullAt - now) * BigInt(this.limit) + BigInt(this.fullPart);
  }
}

/**
 * The most calls in any window (t - span, t], wherever it is cut: `kms-quota.csv` calls it the peak per
 * second.
 *
 * It is told of every granted call, and asked once per sample interval for the peak among the windows that
 * end in that interval; calls of the interval before count in those windows too.
 */
export class PeakMeter {
  private readonly span: Duration;
  /** Times of the calls that can still lie in a window; a ring, its length a power of two. */
  private times = new Float64Array(64);
  private head = 0;
  private count = 0;
  private sinceTaken = 0;
  private most = 0;

  /** @param span length of the window, ns: a second, a minute */
  constructor(span: Duration) {
    check(span >= 1, 'a window has a length');
    this.span = span;
  }

  /** A call was granted at `now`, which never goes back. */
  add(now: Instant): void {
    this.forget(now - this.span);
    if (this.count === this.times.length) this.grow();
    this.times[(this.head + this.count) & (this.times.length - 1)] = now;
    this.count++;
    if (this.count > this.sinceTaken) this.sinceTaken = this.count;
    if (this.count > this.most) this.most = this.count;
  }

  /** The most calls in any window that ends after the last `takePeak` and not after `now`. */
  takePeak(now: Instant): number {
    const peak = this.sinceTaken;
    this.forget(now - this.span);
    // The next interval's first window ends one nanosecond from now and so leaves out what is in the first of
    // this one.
    let leaving = 0;
    const mask = this.times.length - 1;
    while (leaving < this.count && this.times[(this.head + leaving) & mask] <= now + 1 - this.span) leaving++;
    this.sinceTaken = this.count - leaving;
    return peak;
  }

  /** The most calls in any window so far. */
  get highest(): number {
    return this.most;
  }

  /** Forgets the calls at or before `until`. */
  private forget(until: number): void {
    const mask = this.times.length - 1;
    while (this.count > 0 && this.times[this.head] <= until) {
      this.head = (this.head + 1) & mask;
      this.count--;
    }
  }

  private grow(): void {
    const { times, head } = this;
    const larger = new Float64Array(2 * times.length);
    larger.set(times.subarray(head));
    larger.set(times.subarray(0, head), times.length - head);
    this.times = larger;
    this.head = 0;
  }
}

function checkQuota(limit: number, span: Duration): void {
  check(Number.isInteger(limit) && limit >= 0, 'a limit is a whole number of calls');
  check(Number.isInteger(span) && span >= 1, 'a window is a whole number of nanoseconds long');
}
