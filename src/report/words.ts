/**
 * Numbers and verdicts as people read them: `1.53 s`, `0.04 %`, `✗ missed`.
 *
 * The same number gives the same text on every machine: no locale is asked, the decimal sign is a point, and
 * nothing is rounded to fewer than three significant digits. Exact numbers stand in the CSV files and in
 * summary.json; these are for eyes.
 */
import type { Figure, ObjectiveSummary, Summary, Verdict } from '../probes/results.ts';

/** What is shown where there is no number, as distinct from 0. */
export const NOTHING = '–';

/** A verdict over a whole scenario: its worst objective of severity `error`, or that it has none. */
export type OverallVerdict = Verdict | 'no objectives';

/** The sign beside the word, so that neither colour nor language is needed to see it. */
export const VERDICT_SIGNS: Readonly<Record<OverallVerdict, string>> = {
  met: '✓',
  missed: '✗',
  inconclusive: '?',
  'no data': '∅',
  'no objectives': '·',
};

export const verdictWords = (verdict: OverallVerdict): string => `${VERDICT_SIGNS[verdict]} ${verdict}`;

/** Worst first; an objective that could not be looked at is worse than one that needs more replications. */
const WORST_FIRST: readonly Verdict[] = ['missed', 'no data', 'inconclusive', 'met'];

/** The scenario's verdict. Objectives of severity `warn` are shown but do not decide. */
export function overallVerdict(objectives: readonly ObjectiveSummary[]): OverallVerdict {
  const deciding = objectives.filter((objective) => objective.severity === 'error');
  const worst = WORST_FIRST.find((verdict) => deciding.some((objective) => objective.verdict === verdict));
  return worst ?? (objectives.length > 0 ? 'met' : 'no objectives');
}

/** `2 of 5 objectives missed`, with `, 1 warning` where one of severity `warn` is not met. */
export function verdictSentence(summary: Summary): string {
  const { objectives } = summary;
  if (objectives.length === 0) return 'no objectives are set';
  const deciding = objectives.filter((objective) => objective.severity === 'error');
  const warnings = objectives.filter(
    ({ severity, verdict }) => severity === 'warn' && verdict !== 'met',
  ).length;
  const worst = overallVerdict(objectives);
  const alike = deciding.filter((objective) => objective.verdict === worst).length;
  const sentence =
    deciding.length === 0
      ? `${many(objectives.length, 'objective')}, none of severity error`
      : `${alike} of ${many(deciding.length, 'objective')} ${worst === 'no data' ? (alike === 1 ? 'has no data' : 'have no data') : worst}`;
  return sentence + (warnings > 0 ? `, ${many(warnings, 'warning')}` : '');
}

/** `1 request`, `2 requests`. */
export const many = (count: number, thing: string): string =>
  `${number(count)} ${thing}${count === 1 ? '' : 's'}`;

/** Whole numbers exactly, others to three significant digits: `1234`, `12.3`, `0.000123`. */
export function number(value: number): string {
  if (Number.isInteger(value)) return String(value === 0 ? 0 : value);
  if (Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** Milliseconds in the unit that fits: `0.35 ms`, `345 ms`, `2.1 s`, `12.5 min`, `1.5 h`. */
export function milliseconds(value: number): string {
  const size = Math.abs(value);
  if (size < 999.5) return `${number(Number(value.toPrecision(3)))} ms`;
  if (size < 119_500) return `${threeDigits(value / 1000)} s`;
  if (size < 7_170_000) return `${threeDigits(value / 60_000)} min`;
  return `${threeDigits(value / 3_600_000)} h`;
}

/** Seconds likewise; a point in time is read as the time since the start. */
export const seconds = (value: number): string => (value === 0 ? '0 s' : milliseconds(value * 1000));

/** A ratio in percent: `0 %`, `0.04 %`, `100 %`. A share just below all is never rounded up to `100 %`. */
export function percent(ratio: number): string {
  const value = Number((ratio * 100).toPrecision(3));
  if (ratio > 0 && value < 0.001) return '< 0.001 %';
  if (ratio < 1 && value >= 100) return '> 99.9 %';
  return `${number(value)} %`;
}

/** A difference of two ratios: `1 point`, `-0.2 points`. */
export function points(ratio: number): string {
  const text = threeDigits(ratio * 100);
  return `${text} point${text === '1' || text === '-1' ? '' : 's'}`;
}

const threeDigits = (value: number): string => number(Number(value.toPrecision(3)));

/** A number in a metric's own unit (`ms`, `s`, `ratio`, `count`). */
export function inUnit(value: number, unit: string): string {
  if (unit === 'ms') return milliseconds(value);
  if (unit === 's') return seconds(value);
  if (unit === 'ratio') return percent(value);
  return number(value);
}

/** A figure of the summary: one number, or `mean [low, high]` over replications. */
export function figure(value: Figure, words: (value: number) => string = number): string {
  if (value === null) return NOTHING;
  if (typeof value === 'number') return words(value);
  return `${words(value.mean)} [${words(value.low)}, ${words(value.high)}]`;
}

/** The number itself, the mean over replications, or null. */
export const middle = (value: Figure): number | null =>
  value !== null && typeof value === 'object' ? value.mean : value;

/** The sum of figures that are there; null if none is. */
export function sum(values: readonly Figure[]): number | null {
  const there = values.map(middle).filter((value) => value !== null);
  return there.length === 0 ? null : there.reduce((total, value) => total + value, 0);
}

/** The largest of the figures that are there; null if none is. */
export function largest(values: readonly Figure[]): number | null {
  const there = values.map(middle).filter((value) => value !== null);
  return there.length === 0 ? null : there.reduce((most, value) => Math.max(most, value));
}

/** What is expected, with the service and the timeline entry that narrow it: `error_ratio < 1% [checkout, during ekm-down]`. */
export function objectiveHeading({
  expect,
  service,
  during,
}: Pick<ObjectiveSummary, 'expect' | 'service' | 'during'>): string {
  const scope = [service, during === null ? null : `during ${during}`].filter((text) => text !== null);
  return scope.length === 0 ? expect : `${expect} [${scope.join(', ')}]`;
}

/** The objective's value with its interval: `4.1 s [3.8 s, 4.5 s]`. */
export function objectiveValue({ value, low, high, unit }: ObjectiveSummary): string {
  if (value === null) return NOTHING;
  const text = inUnit(value, unit);
  return low === null || high === null ? text : `${text} [${inUnit(low, unit)}, ${inUnit(high, unit)}]`;
}

/** The comparison and the limit as set: `< 2 s`. */
export const objectiveLimit = (objective: ObjectiveSummary): string =>
  `${comparison(objective)} ${inUnit(objective.limit, objective.unit)}`;

/**
 * What is left until the limit, negative where it is passed: `+0.5 s`, `-2.1 s`, `+0.06 points`. Where the
 * limit is an equality there is no side to be on, and the text is the plain difference.
 */
export function objectiveMargin(objective: ObjectiveSummary): string {
  if (objective.value === null) return NOTHING;
  const left = comparison(objective).startsWith('>')
    ? objective.value - objective.limit
    : objective.limit - objective.value;
  const text = objective.unit === 'ratio' ? points(left) : inUnit(left, objective.unit);
  return left > 0 ? `+${text}` : text;
}

const comparison = ({ expect }: ObjectiveSummary): string => /<=|>=|==|!=|<|>/.exec(expect)?.[0] ?? '';
