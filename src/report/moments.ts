/**
 * Points in time as people read them: since the start, and by the clock where the scenario has one.
 *
 * Durations are rounded to three digits; of two points in time late in a long run nothing would be left of what lies
 * between them. So these are given to the second, the same way all through a run.
 */
import type { Summary } from '../probes/results.ts';

type Times = Pick<Summary['scenario'], 'duration_s' | 'starts_at'>;

/** Runs up to here, s, are told in seconds with a decimal: `482.5 s`; longer ones on a clock: `41:40:12`. */
const IN_SECONDS = 600;

/** A point in time, s since the start: `482.5 s` in a short run, hours, minutes and seconds in a long one. */
export function instant(t: number, { duration_s }: Pick<Times, 'duration_s'>): string {
  if (duration_s <= IN_SECONDS) return `${Math.round(t * 10) / 10} s`;
  const whole = Math.round(t);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** {@link instant}, with the time of day where the scenario has one, and the date where the run is not over on its first day. */
export function moment(t: number, scenario: Times): string {
  const start = scenario.starts_at === null ? NaN : Date.parse(scenario.starts_at);
  if (!Number.isFinite(start)) return instant(t, scenario);
  const iso = (seconds: number): string => new Date(start + Math.round(seconds) * 1000).toISOString();
  const day = (seconds: number): string => iso(seconds).slice(0, 10);
  const date = day(0) === day(scenario.duration_s) ? '' : `${day(t)} `;
  return `${instant(t, scenario)} (${date}${iso(t).slice(11, 19)} UTC)`;
}
