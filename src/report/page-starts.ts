/**
 * What a start waits for, step by step, and what its key costs: cold starts and calls to Cloud KMS.
 */
import type { Figure, Results, Summary } from '../probes/results.ts';
import { type RowReader, rowsOf } from './curves.ts';
import { markup, table } from './html.ts';
import { type DrawnChart, pictures, type Section } from './page-section.ts';
import { figure, milliseconds, NOTHING, number } from './words.ts';

const STEPS = ['scheduling', 'import', 'key', 'container'] as const;

export function coldStarts({ summary, tables }: Results): Section {
  const ms = (value: Figure): string => figure(value, milliseconds);
  const overall = summary.services.map(({ service_name, startup_latencies_ms: s }) => [
    service_name,
    ...[s.mean, s.p50, s.p95, s.p99, s.max].map(ms),
  ]);
  const steps = summary.services.map(({ service_name }) => {
    const rows = rowsOf(tables['cold-starts.csv'], 'service_name', service_name);
    const outcomes = new Map<string, number>();
    for (const row of rows)
      outcomes.set(String(row('outcome')), (outcomes.get(String(row('outcome'))) ?? 0) + 1);
    const said = [...outcomes].map(([outcome, count]) => `${number(count)} ${outcome}`).join(', ');
    return [
      service_name,
      number(rows.length),
      ...STEPS.map((step) => meanOf(rows, `${step}_ms`)),
      longestOf(rows, 'key_ms'),
      said || NOTHING,
    ];
  });
  return {
    anchor: 'coldstart',
    title: 'Cold starts',
    content: markup`${table('Start-up latency, from the decision to start until ready', ['Service', 'Mean', 'p50', 'p95', 'p99', 'Max'], overall)}${table(
      `Where the time of a start goes: mean of each step over the starts that reached it, all starts of ${whichRun(summary)}`,
      ['Service', 'Starts', 'Scheduling', 'Image import', 'Key', 'Container', 'Longest key step', 'Outcomes'],
      steps,
    )}`,
  };
}

/** Tables of single starts and calls are of one run, and reach back before the warm-up was over. */
const whichRun = ({ scenario }: Summary): string =>
  (scenario.replications > 1 ? 'replication 1' : 'the run') +
  (scenario.warm_up_s > 0 ? ', warm-up included' : '');

function meanOf(rows: readonly RowReader[], column: string): string {
  const values = numbersOf(rows, column);
  return values.length === 0
    ? NOTHING
    : milliseconds(values.reduce((total, value) => total + value, 0) / values.length);
}

function longestOf(rows: readonly RowReader[], column: string): string {
  const values = numbersOf(rows, column);
  return values.length === 0
    ? NOTHING
    : milliseconds(values.reduce((most, value) => Math.max(most, value), 0));
}

const numbersOf = (rows: readonly RowReader[], column: string): number[] =>
  rows.map((row) => row(column)).filter((value): value is number => typeof value === 'number');

export function cloudKms(results: Results, charts: readonly DrawnChart[]): Section {
  const { kms, scenario } = results.summary;
  const levels = kms.map((level) => [
    level.protection_level,
    level.project_id,
    level.location,
    ...[
      level.operations,
      level.usage,
      level.exceeded,
      level.other_usage,
      level.peak_per_second,
      level.peak_per_minute,
    ].map((count) => figure(count)),
    level.limit_per_minute === null ? 'none' : figure(level.limit_per_minute),
  ]);
  const users = new Map<string, { cells: string[]; counts: number[] }>();
  for (const row of rowsOf(results.tables['kms-operations.csv'])) {
    const cells = ['key', 'service_name', 'caller_context', 'method'].map((column) =>
      String(row(column) ?? NOTHING),
    );
    const user = users.get(JSON.stringify(cells)) ?? { cells, counts: [0, 0, 0, 0] };
    users.set(JSON.stringify(cells), user);
    for (const [index, column] of ['granted', 'exceeded', 'failed', 'retries'].entries())
      user.counts[index] += Number(row(column) ?? 0);
  }
  const used = [...users.values()].map(({ cells: [key, ...rest], counts }) => [
    key.split('/').at(-1)!,
    ...rest,
    ...counts.map(number),
  ]);
  const content = markup`${pictures(
    results,
    charts.filter(({ kind }) => kind === 'kms'),
  )}${table(
    `Cryptographic calls by protection level of the key, quota policy ${scenario.quotaPolicy}`,
    [
      'Protection level',
      'Project',
      'Location',
      'Operations',
      'Quota used',
      'Denied',
      'Other usage',
      'Most per second',
      'Most per minute',
      'Limit per minute',
    ],
    levels,
  )}${used.length > 0 ? table(`Who called Cloud KMS, and for what: all calls of ${whichRun(results.summary)}`, ['Key', 'Service', 'Reason', 'Method', 'Granted', 'Denied', 'Failed', 'Retries'], used) : null}`;
  return {
    anchor: 'kms',
    title: 'Cloud KMS',
    content: kms.length === 0 ? markup`<p>No key is used: no start calls Cloud KMS.</p> ` : content,
  };
}
