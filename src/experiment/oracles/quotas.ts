/**
 * What a quota grants to a Poisson stream of calls that are not repeated when they are denied.
 *
 * The three ways of counting a second are three queues in disguise. A calendar window grants what fits, second by
 * second. In a sliding window each granted call takes one of n places for exactly one span, and a call that finds
 * none is lost: Erlang's loss system. In a token bucket each granted call adds the time its token takes to drip in,
 * and a call that would overfill it is lost: M/D/1 with room for B.
 */
import { erlangB } from './queues.ts';
import { poisson } from './many-instances.ts';

/** Share granted of `rate` calls per span, at most `limit` from one full span to the next. */
export function calendarWindowGrants(limit: number, rate: number): number {
  const law = poisson(rate, limit);
  let granted = limit;
  for (let k = 0; k < limit; k++) granted -= (limit - k) * law[k];
  return granted / rate;
}

/** Share granted of `rate` calls per span, at most `limit` in any span. */
export const slidingWindowGrants = (limit: number, rate: number): number => 1 - erlangB(limit, rate);

/**
 * Share granted of `rate` calls per token by a bucket of `size` tokens: M/D/1/size, by the chain embedded at departures.
 */
export function tokenBucketGrants(size: number, rate: number): number {
  const law = poisson(rate, size);
  // Weight of leaving k behind, k < size, from the balance of leaving k-1 behind.
  const left = [1];
  for (let k = 1; k < size; k++) {
    let weight = left[k - 1] - left[0] * law[k - 1];
    for (let j = 1; j < k; j++) weight -= left[j] * law[k - j];
    left.push(weight / law[0]);
  }
  const empty = 1 / left.reduce((sum, weight) => sum + weight, 0);
  return 1 / (empty + rate);
}
