/**
 * Faults and repetitions whose cost is known: an external key manager that comes and goes, and calls that are tried
 * again until they succeed.
 *
 * An outage is seen by a start in proportion to its length (arrivals that know nothing of it see time averages), and
 * from a moment within it that is spread evenly: long outages are hit more often, and hurt longer.
 */
import { exp } from '../../engine/portable-math.ts';

/**
 * Mean time that starts at random moments lose to exponential outages (mean `down`, after up times of mean `up`), if
 * a start asks at once and then every `again` until it is answered.
 */
export function heldByExponentialOutages(up: number, down: number, again: number): number {
  const isDown = down / (up + down);
  const forgotten = 1 - exp(-again * (1 / up + 1 / down));
  return (isDown * again) / ((1 - isDown) * forgotten);
}

/** The same for outages that all last `down`, a multiple of `again`. */
export const heldByConstantOutages = (up: number, down: number, again: number): number =>
  (down / (up + down)) * ((down + again) / 2 + (down * again) / (2 * up));

/** Delays that grow: initial, then times factor, at most max. */
export interface Growth {
  readonly initial: number;
  readonly factor: number;
  readonly max: number;
}

/** Mean sum of the delays before a call succeeds whose attempts fail independently with probability `fails`. */
export function waitedUntilSuccess(fails: number, delays: Growth): number {
  let sum = 0;
  let reached = fails;
  for (let delay = delays.initial; reached > 1e-18; reached *= fails) {
    sum += reached * Math.min(delays.max, delay);
    delay = Math.min(delays.max, delay * delays.factor);
  }
  return sum;
}

/** Retries that a client makes on average, at most `most`, and the share of users who get nothing in the end. */
export function retriesOf(
  fails: number,
  most: number,
): { readonly retries: number; readonly givenUp: number } {
  let retries = 0;
  let reached = 1;
  for (let retry = 1; retry <= most; retry++) {
    reached *= fails;
    retries += reached;
  }
  return { retries, givenUp: reached * fails };
}
