/**
 * Simulated time: whole nanoseconds, held in ordinary numbers.
 *
 * A whole number of nanoseconds is exact up to 2^53, a horizon of 104 days, and sums of whole numbers are the
 * same on every machine in every order; a sum of fractional seconds is neither. `Instant` is a point in
 * simulated time (0 is where the scenario's clock starts, the past is negative), `Duration` a length of it. The
 * two are branded, so that adding two instants, or passing seconds, does not compile.
 */
declare const instantBrand: unique symbol;
declare const durationBrand: unique symbol;

/** A point in simulated time, ns since the scenario's time 0. */
export type Instant = number & { readonly [instantBrand]: true };
/** A length of simulated time, ns, never negative. */
export type Duration = number & { readonly [durationBrand]: true };

export const NANOSECOND = 1 as Duration;
export const MICROSECOND = 1_000 as Duration;
export const MILLISECOND = 1_000_000 as Duration;
export const SECOND = 1_000_000_000 as Duration;
export const MINUTE = 60_000_000_000 as Duration;
export const HOUR = 3_600_000_000_000 as Duration;
export const DAY = 86_400_000_000_000 as Duration;

/** The longest horizon: 104 days, just under 2^53 ns. */
export const LONGEST = (104 * DAY) as Duration;

/** Later than any instant of a run. */
export const NEVER = Infinity as Instant;

export const START = 0 as Instant;

/** `at + by`. */
export const after = (at: Instant, by: Duration): Instant => (at + by) as Instant;

/** The time from `from` to `to`, which is not earlier. */
export const between = (from: Instant, to: Instant): Duration => (to - from) as Duration;

/** A count of a unit as whole nanoseconds, rounded half up: `duration(1.5, SECOND)` is 1,500,000,000. */
export const duration = (count: number, unit: Duration): Duration =>
  Math.floor(count * unit + 0.5) as Duration;

/** Nanoseconds as seconds, for output. */
export const inSeconds = (time: Instant | Duration): number => time / SECOND;

/** Nanoseconds as milliseconds, for output. */
export const inMilliseconds = (time: Instant | Duration): number => time / MILLISECOND;
