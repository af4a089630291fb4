/**
 * Instants as log entries write them: RFC 3339, in UTC, with nine decimals.
 *
 * A scenario that says when its time 0 is gets such labels; they change nothing else. They are made by counting
 * days in the proleptic Gregorian calendar, with whole numbers and without the platform's clock or calendar, so
 * they are the same text everywhere.
 */
import { MILLISECOND, SECOND, type Instant } from '../units/time.ts';

const MS_PER_DAY = 86_400_000;
/** From 1 March of a year whose number is a multiple of 400 to the next such day. */
const DAYS_PER_ERA = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_468;

/** `2026-11-27T02:47:00.000000000Z`; null where the scenario does not say when its time 0 is. */
export function timestamp(startsAt: number | null, at: Instant): string | null {
  if (startsAt === null) return null;
  const wholeMs = Math.floor(at / MILLISECOND);
  const ms = startsAt + wholeMs;
  const second = Math.floor(ms / 1000);
  const nanos = (ms - second * 1000) * MILLISECOND + (at - wholeMs * MILLISECOND);
  return `${wholeSecond(second)}.${digits(nanos, 9)}Z`;
}

/** A Unix time in ms, without decimals where it is a whole second: `2026-11-27T02:47:00Z`. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  const rest = ms - second * 1000;
  return rest === 0 ? `${wholeSecond(second)}Z` : `${wholeSecond(second)}.${digits(rest, 3)}Z`;
}

/** What every log entry begins with: when, on the scenario's clock and, where that is known, on the wall's. */
export function timeFields(
  startsAt: number | null,
  at: Instant,
): { readonly simulated_s: number; readonly timestamp?: string } {
  const text = timestamp(startsAt, at);
  const simulated_s = at / SECOND;
  return text === null ? { simulated_s } : { simulated_s, timestamp: text };
}

function wholeSecond(second: number): string {
  const days = Math.floor((second * 1000) / MS_PER_DAY);
  const ofDay = second - days * 86_400;
  const { year, month, day } = civilDate(days);
  const hours = Math.floor(ofDay / 3600);
  const minutes = Math.floor(ofDay / 60) % 60;
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  return `${date}T${digits(hours, 2)}:${digits(minutes, 2)}:${digits(ofDay % 60, 2)}`;
}

/** The date that many days after 1970-01-01. Years are counted from March, so that a leap day is the last one. */
function civilDate(daysSince1970: number): { year: number; month: number; day: number } {
  const days = daysSince1970 + DAYS_TO_1970;
  const era = Math.floor(days / DAYS_PER_ERA);
  const ofEra = days - era * DAYS_PER_ERA;
  const leapDays =
    Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / (DAYS_PER_ERA - 1));
  const yearOfEra = Math.floor((ofEra - leapDays) / 365);
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // Five months from March are always 153 days: 31, 30, 31, 30, 31.
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day };
}

const digits = (value: number, count: number): string => String(value).padStart(count, '0');
