/**
 * Numbers with units as text: lengths of time, rates, memory, processors, percentages.
 *
 * A strict grammar, linear in the length of the text: one decimal number and one unit, nothing else. Libraries
 * for durations are lenient (`90` becomes 90 ms, `6000/min` becomes 6 s), and here a forgotten unit is a wrong
 * result that looks right. Each parser answers with a value or with what is wrong, and has its inverse.
 */
import { DAY, HOUR, LONGEST, MICROSECOND, MILLISECOND, MINUTE, NANOSECOND, SECOND } from '../units/time.ts';
import type { Duration } from '../units/time.ts';
import { wrong, type Wrong } from './messages.ts';

/** Largest first, as {@link formatDuration} tries them. */
const TIME_UNITS: readonly (readonly [string, Duration])[] = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', MILLISECOND],
  ['us', MICROSECOND],
  ['ns', NANOSECOND],
];

/** Seconds in the unit of a rate. */
const PER: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400 };

const BYTES: Readonly<Record<string, number>> = {
  Ki: 1024,
  Mi: 1024 * 1024,
  Gi: 1024 * 1024 * 1024,
  k: 1000,
  M: 1_000_000,
  G: 1_000_000_000,
};

/** Arrivals are not nearer to one another than a microsecond on average. */
export const HIGHEST_RATE = 1_000_000;

export const PATTERNS = {
  duration: '^(0|[1-9][0-9]*)(\\.[0-9]+)?(ns|us|ms|s|m|h|d)$',
  signedDuration: '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?(ns|us|ms|s|m|h|d)$',
  rate: '^(0|[1-9][0-9]*)(\\.[0-9]+)?/(s|min|h|d)$',
  memory: '^(0|[1-9][0-9]*)(\\.[0-9]+)?(Ki|Mi|Gi|k|M|G)$',
  cpu: '^(0|[1-9][0-9]*)((\\.[0-9]+)|m)?$',
  percentage: '^(0|[1-9][0-9]*)(\\.[0-9]+)?%$',
} as const;

export type Parsed<T> = { readonly value: T } | { readonly wrong: Wrong };

/** `250ms`, `2s`, `15m`, `1h`, `2d`: whole nanoseconds, at most 104 days. */
export const parseDuration = (input: unknown): Parsed<Duration> => time(input, false);

/** As {@link parseDuration}, a minus sign allowed: an instant relative to the start of the scenario. */
export const parseInstant = (input: unknown): Parsed<number> => time(input, true);

/** `50/s`, `3000/min`: per second. */
export const parseRate = (input: unknown): Parsed<number> => rate(input, 1);

/** `50/s`, `3000/min`: per minute. A limit per minute stays the number that was written. */
export const parseRatePerMinute = (input: unknown): Parsed<number> => rate(input, 60);

/** `512Mi`, `1Gi`: bytes. */
export function parseMemory(input: unknown): Parsed<number> {
  const text = textOf(input, 'memory');
  if (typeof text !== 'string') return text;
  const match = MEMORY.exec(text);
  if (match === null) return refuse('memory', text, NUMBER.test(text));
  return { value: Math.round(Number(match[1]) * BYTES[match[2]]) };
}

/** `1`, `0.5`, `1000m`, as a number or as text: vCPU. */
export function parseCpu(input: unknown): Parsed<number> {
  if (typeof input === 'number') {
    if (!Number.isFinite(input)) return { wrong: wrong.notFinite(String(input)) };
    return input < 0 ? { wrong: wrong.negative(String(input)) } : { value: input };
  }
  const text = textOf(input, 'cpu');
  if (typeof text !== 'string') return text;
  const match = CPU.exec(text);
  if (match === null) return refuse('cpu', text, false);
  return { value: match[2] === 'm' ? Number(match[1]) / 1000 : Number(match[1]) };
}

/** `5%`: a ratio from 0 to 1. */
export function parsePercentage(input: unknown): Parsed<number> {
  const text = textOf(input, 'percentage');
  if (typeof text !== 'string') return text;
  const match = PERCENTAGE.exec(text);
  if (match === null) return refuse('percentage', text, NUMBER.test(text));
  const percent = Number(match[1]);
  return percent > 100 ? { wrong: wrong.outOfRange(text, '0%', '100%') } : { value: percent / 100 };
}

/** The shortest exact text of a length of time: `90s` is `1.5m`? No: a whole number of a unit, so `90s`. */
export function formatDuration(time: number): string {
  if (time === 0) return '0s';
  const size = Math.abs(time);
  const [name, unit] = TIME_UNITS.find(([, length]) => size % length === 0) ?? ['ns', NANOSECOND];
  // 60s and 3600s read better as 1m and 1h, 90m and 36h do not gain by a fraction.
  return `${time / unit}${name}`;
}

/** `50/s`, or per minute, hour or day where that is the whole number. */
export function formatRate(perSecond: number): string {
  const unit = Object.keys(PER).find((name) => Number.isInteger(perSecond * PER[name])) ?? 's';
  return `${perSecond * PER[unit]}/${unit}`;
}

export function formatMemory(bytes: number): string {
  const unit = ['Gi', 'Mi', 'Ki'].find((name) => bytes % BYTES[name] === 0);
  return unit === undefined ? `${bytes / 1000}k` : `${bytes / BYTES[unit]}${unit}`;
}

export const formatPercentage = (ratio: number): string => `${Number((ratio * 100).toPrecision(12))}%`;

const LONGEST_TEXT = 40;
const NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;
const TIME = /^(-?)((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(ns|us|ms|s|m|h|d)$/;
const RATE = /^((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)\/(s|min|h|d)$/;
const MEMORY = /^((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(Ki|Mi|Gi|k|M|G)$/;
const CPU = /^((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(m?)$/;
const PERCENTAGE = /^((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)%$/;

export type QuantityKind = 'duration' | 'rate' | 'memory' | 'cpu' | 'percentage';

function textOf(input: unknown, kind: QuantityKind): string | { readonly wrong: Wrong } {
  if (typeof input === 'number') {
    if (!Number.isFinite(input)) return { wrong: wrong.notFinite(String(input)) };
    return { wrong: input < 0 ? wrong.negative(String(input)) : wrong.missingUnit(kind, String(input)) };
  }
  if (input === null) return { wrong: wrong.emptyValue() };
  if (typeof input !== 'string') return { wrong: wrong.notAQuantity(kind, describe(input)) };
  if (input.length > LONGEST_TEXT) return { wrong: wrong.badQuantity(kind, `${input.slice(0, 20)}…`) };
  return input;
}

const describe = (input: unknown): string =>
  Array.isArray(input) ? 'a list' : typeof input === 'object' ? 'a map' : String(input);

function refuse(kind: QuantityKind, text: string, bare: boolean): { readonly wrong: Wrong } {
  if (text.startsWith('-') && text.length > 1) return { wrong: wrong.negative(text) };
  return { wrong: bare ? wrong.missingUnit(kind, text) : wrong.badQuantity(kind, text) };
}

function time(input: unknown, signed: boolean): Parsed<Duration> {
  const text = textOf(input, 'duration');
  if (typeof text !== 'string') {
    const bare = typeof input === 'number' && Number.isFinite(input) && signed;
    return bare ? { wrong: wrong.missingUnit('duration', String(input)) } : text;
  }
  const match = TIME.exec(text);
  if (match === null) return refuse('duration', signed ? text.replace(/^-/, '') : text, NUMBER.test(text));
  const unit = TIME_UNITS.find(([name]) => name === match[3])![1];
  const length = Math.round(Number(match[2]) * unit);
  if (match[1] === '-' && !signed && length !== 0) return { wrong: wrong.negative(text) };
  if (length > LONGEST) return { wrong: wrong.tooLong(text) };
  return { value: (match[1] === '-' && length !== 0 ? -length : length) as Duration };
}

function rate(input: unknown, seconds: number): Parsed<number> {
  const text = textOf(input, 'rate');
  if (typeof text !== 'string') return text;
  const match = RATE.exec(text);
  if (match === null) return refuse('rate', text, NUMBER.test(text));
  const value = (Number(match[1]) * seconds) / PER[match[2]];
  if (value > HIGHEST_RATE * seconds) return { wrong: wrong.outOfRange(text, '0/s', `${HIGHEST_RATE}/s`) };
  return { value };
}
