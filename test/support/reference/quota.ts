/**
 * The quota of a pool, held hard and sliding: with Q calls a second and n = Q rounded up, at most n granted calls lie in
 * any n/Q seconds. A denied call costs nothing.
 */
import type { Pool, Town } from './town.ts';

export const limitOf = (pool: Pool): number => pool.limits.at(-1)?.perMinute ?? pool.perMinute;

/** Takes one call from the pool, or does not. */
export function takeFrom(pool: Pool, town: Town): boolean {
  const perMinute = limitOf(pool);
  if (perMinute <= 0) return false;
  const calls = Math.ceil(perMinute / 60) + (town.defect === 'quota off by one' ? 1 : 0);
  const span = Math.round((Math.ceil(perMinute / 60) * 60e9) / perMinute);
  // A call that was granted exactly one span ago does not count any more.
  const last = town.now - span + (town.defect === 'a call one span ago still counts' ? -1 : 0);
  const within = pool.granted.filter((at) => at > last);
  if (within.length >= calls) return false;
  pool.granted.push(town.now);
  return true;
}
