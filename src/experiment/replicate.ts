/**
 * Replications of one plan, made into one result.
 *
 * A replication is the same plan with other luck, and independent of every other. The results of all become one:
 * each number of the summary turns into a mean with its interval, verdicts are given by the interval, and
 * `replications.csv` keeps what each one said. Curves and logs are those of replication 1; a mean of curves
 * would be a curve that no run ever had.
 *
 * How many are run never depends on which finished first: the answer to "enough?" is asked at fixed counts only,
 * and of the first so many replications.
 */
import { createHash } from 'node:crypto';
import type { Plan } from '../model/plan.ts';
import { loadCautions } from '../probes/cautions.ts';
import type { Figure, ObjectiveSummary, Summary } from '../probes/results.ts';
import { interval, narrowEnough, verdictOf } from './confidence.ts';

/** One row of `replications.csv`. */
export interface ReplicationRow {
  /** From 1. */
  readonly replication: number;
  /** Where the number stands in the summary: `services.checkout.e2e_latencies_ms.p99`. */
  readonly metric: string;
  readonly value: number | null;
}

/**
 * The counts at which to ask whether the replications suffice, ascending; the last is the most there may be.
 * After the minimum these are multiples of ten: asking after each one would stop at the first lucky moment.
 */
export function checkpoints(replications: Plan['experiment']['replications']): readonly number[] {
  const { min, max, relativeHalfWidth } = replications;
  if (relativeHalfWidth === null || max <= min) return [min];
  const counts = [min];
  for (let count = (Math.floor(min / 10) + 1) * 10; count < max; count += 10) counts.push(count);
  counts.push(max);
  return counts;
}

/**
 * Whether these replications, in order, are enough: every watched number is known as precisely as was asked for.
 * Watched are the objectives; where there are none, the mean time clients of each service wait.
 */
export function enough(plan: Plan, summaries: readonly Summary[]): boolean {
  const { relativeHalfWidth, confidence } = plan.experiment.replications;
  if (relativeHalfWidth === null) return true;
  const watched =
    plan.objectives.length > 0
      ? plan.objectives.map((_, index) => summaries.map((summary) => summary.objectives[index].value))
      : plan.services.map((_, index) =>
          summaries.map((summary) => plainNumber(summary.services[index].e2e_latencies_ms.mean)),
        );
  return watched.every((values) => narrowEnough(values.filter(isNumber), relativeHalfWidth, confidence));
}

/** The summaries of all replications, in order, as one. With a single one, numbers stay plain. */
export function combine(plan: Plan, summaries: readonly Summary[]): Summary {
  const [base] = summaries;
  if (summaries.length === 1) return base;
  const { confidence } = plan.experiment.replications;
  const over = <T>(pick: (summary: Summary) => T): T => merge(summaries.map(pick), confidence, '') as T;
  const services = over((each) => each.services);
  const cautions = [...(base.cautions ?? []), ...loadCautions(plan, { ...base, services })];
  return {
    ...base,
    ...(cautions.length === 0 ? {} : { cautions }),
    scenario: { ...base.scenario, replications: summaries.length },
    services,
    kms: over((each) => each.kms),
    faults: over((each) => each.faults),
    ...(base.cost === undefined ? {} : { cost: over((each) => each.cost!) }),
    objectives: base.objectives.map((objective, index) => ({
      ...objective,
      ...judged(
        summaries.map((each) => each.objectives[index]),
        plan.objectives[index],
        confidence,
      ),
      one_run: false,
    })),
    engine: {
      events: over((each) => each.engine.events),
      fingerprint: createHash('sha256')
        .update(summaries.map((each) => each.engine.fingerprint).join('\n'))
        .digest('hex')
        .slice(0, base.engine.fingerprint.length),
    },
  };
}

/** What each replication said, number by number; the rows of `replications.csv`. */
export function replicationRows(summaries: readonly Summary[]): ReplicationRow[] {
  const rows: ReplicationRow[] = [];
  summaries.forEach((summary, index) => {
    const add = (value: unknown, metric: string): void => {
      if (value === null || typeof value === 'number') rows.push({ replication: index + 1, metric, value });
      else if (typeof value === 'object') {
        for (const [key, inner] of Object.entries(value as object)) {
          if (!GIVEN.has(key)) add(inner, `${metric}.${key}`);
        }
      }
    };
    for (const service of summary.services) add(service, `services.${service.service_name}`);
    for (const pool of summary.kms) {
      add(pool, `kms.${pool.project_id}/${pool.location}/${pool.protection_level}`);
    }
    for (const fault of summary.faults) add(fault, `faults.${fault.name}`);
    if (summary.cost !== undefined) add(summary.cost, 'cost');
    for (const objective of summary.objectives) add(objective.value, `objectives.${labelOf(objective)}`);
    add(summary.engine.events, 'engine.events');
  });
  return rows;
}

/** {@link replicationRows} as CSV text. */
export function replicationsCsv(summaries: readonly Summary[]): string {
  const lines = replicationRows(summaries).map(
    ({ replication, metric, value }) => `${replication},${quoted(metric)},${value ?? ''}\n`,
  );
  return `replication,metric,value\n${lines.join('')}`;
}

/** Numbers of the summary that the scenario gives, and luck does not change. */
const GIVEN: ReadonlySet<string> = new Set(['at_s', 'until_s', 'tier']);

const isNumber = (value: unknown): value is number => typeof value === 'number';

const plainNumber = (figure: Figure): number | null =>
  figure === null || typeof figure === 'number' ? figure : figure.mean;

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** How an objective is told from the others: `error_ratio < 1%, service checkout, during ekm-down`. */
export const labelOf = ({
  expect,
  service,
  during,
}: Pick<ObjectiveSummary, 'expect' | 'service' | 'during'>): string =>
  [expect, service && `service ${service}`, during && `during ${during}`].filter(Boolean).join(', ');

/**
 * An objective over all replications. One that is missed without a value (a recovery that had not come by the
 * end) has no place in a mean and must not be forgotten either: the others alone then cannot say `met`.
 */
function judged(
  each: readonly ObjectiveSummary[],
  objective: Plan['objectives'][number],
  confidence: number,
): Pick<ObjectiveSummary, 'value' | 'low' | 'high' | 'verdict'> {
  const values = each.map((one) => one.value).filter(isNumber);
  const range = interval(values, confidence);
  const verdict = verdictOf(values, objective, confidence);
  const unending = each.some((one) => one.value === null && one.verdict === 'missed');
  return {
    value: range?.mean ?? values[0] ?? null,
    low: range?.low ?? null,
    high: range?.high ?? null,
    verdict: !unending ? verdict : verdict === 'met' ? 'inconclusive' : 'missed',
  };
}

/**
 * The same part of every summary as one: numbers become intervals over the replications that have one (an empty
 * value is "never happened", and has no place in a mean), text stays as in replication 1. A number that only one
 * replication has stays plain: there is no interval over one value. Records keyed by cause may lack a cause in
 * some replications, which then counts as 0.
 */
function merge(values: readonly unknown[], confidence: number, key: string): unknown {
  const sample = values.find((value) => value !== null && value !== undefined);
  if (sample === undefined) return null;
  if (typeof sample === 'number') {
    if (GIVEN.has(key)) return sample;
    const numbers = values.filter(isNumber);
    return interval(numbers, confidence) ?? numbers[0];
  }
  if (Array.isArray(sample)) {
    return sample.map((_, index) =>
      merge(
        values.map((value) => (value as readonly unknown[])[index]),
        confidence,
        key,
      ),
    );
  }
  if (typeof sample !== 'object') return values[0];
  const byCause = key === 'refused' || key === 'evicted';
  const records = values as readonly Readonly<Record<string, unknown>>[];
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))];
  if (byCause) keys.sort();
  return Object.fromEntries(
    keys.map((name) => [
      name,
      merge(
        records.map((record) => record[name] ?? (byCause ? 0 : null)),
        confidence,
        name,
      ),
    ]),
  );
}
