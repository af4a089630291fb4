/**
 * How long to wait before trying again: longer each time, up to a bound, with or without jitter.
 */
import type { Stream } from '../engine/streams.ts';
import type { Duration } from '../units/time.ts';

/** The bounds of a growing delay, as the assumptions and the clients of a scenario give them. */
export interface GrowingDelay {
  readonly initial: Duration;
  readonly factor: number;
  readonly max: Duration;
  readonly jitter: 'full' | 'none';
}

/**
 * The delay after `failures` earlier ones: initial x factor^failures, at most `max`; with full jitter, uniform
 * between 0 and that, which takes one number from `luck`. Whole nanoseconds, at least 1.
 */
export function delayAfter(failures: number, delay: GrowingDelay, luck: Stream): Duration {
  let longest: number = delay.initial;
  // By steps and not by a power, whose last digit differs between machines; it stops at the bound.
  for (let step = 0; step < failures && longest < delay.max; step++) longest *= delay.factor;
  longest = Math.min(longest, delay.max);
  const drawn = delay.jitter === 'full' ? longest * luck.next53() : longest;
  return Math.max(1, Math.ceil(drawn)) as Duration;
}
