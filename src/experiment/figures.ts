/**
 * The figures by which two plans are compared: of all numbers of a summary those that somebody would choose a plan
 * by, each with its unit and with which way is better.
 *
 * Some have no better way: more instances are dearer and safer. Numbers that the scenario gives, and those that
 * follow from others, are left out, because each figure looked at makes every other one harder to be sure of.
 */
import type { ObjectiveSummary } from '../probes/results.ts';

export type Unit = 'ms' | 's' | 'ratio' | 'count' | 'USD';

/** Which way is better by itself; null: neither. */
export type Better = 'lower' | 'higher' | null;

export interface FigureKind {
  readonly unit: Unit;
  readonly better: Better;
}

/** Shares that are ratios of totals over all replications; made of the numbers beside them. */
export const FAILED_SHARE = 'failed_share';
export const COST_PER_MILLION = 'cloud_run_per_million_served';

const SERVICE: Readonly<Record<string, FigureKind>> = {
  [FAILED_SHARE]: { unit: 'ratio', better: 'lower' },
  'requests.arrived': { unit: 'count', better: null },
  'requests.code_429': { unit: 'count', better: 'lower' },
  'requests.code_499': { unit: 'count', better: 'lower' },
  'requests.code_500': { unit: 'count', better: 'lower' },
  'requests.code_503': { unit: 'count', better: 'lower' },
  'requests.code_504': { unit: 'count', better: 'lower' },
  'requests.cold': { unit: 'count', better: 'lower' },
  'logical.failed': { unit: 'count', better: 'lower' },
  'e2e_latencies_ms.mean': { unit: 'ms', better: 'lower' },
  'e2e_latencies_ms.p50': { unit: 'ms', better: 'lower' },
  'e2e_latencies_ms.p95': { unit: 'ms', better: 'lower' },
  'e2e_latencies_ms.p99': { unit: 'ms', better: 'lower' },
  'pending_ms.p99': { unit: 'ms', better: 'lower' },
  'startup_latencies_ms.p99': { unit: 'ms', better: 'lower' },
  'instances.mean': { unit: 'count', better: null },
  'instances.max': { unit: 'count', better: null },
  'instances.started': { unit: 'count', better: null },
  [COST_PER_MILLION]: { unit: 'USD', better: 'lower' },
};

const POOL: Readonly<Record<string, FigureKind>> = {
  operations: { unit: 'count', better: null },
  exceeded: { unit: 'count', better: 'lower' },
  peak_per_second: { unit: 'count', better: null },
};

const FAULT: Readonly<Record<string, FigureKind>> = {
  requests_failed: { unit: 'count', better: 'lower' },
  starts_held: { unit: 'count', better: 'lower' },
  starts_refused: { unit: 'count', better: 'lower' },
  ready_min: { unit: 'count', better: 'higher' },
  recovered_s: { unit: 's', better: 'lower' },
};

const COST: Readonly<Record<string, FigureKind>> = {
  cloud_run: { unit: 'USD', better: 'lower' },
  cloud_kms: { unit: 'USD', better: 'lower' },
};

/** By cause, so that their names are not known beforehand; an absent cause counts as 0. */
const BY_CAUSE = /\.instances\.(?:refused|evicted)\.[^.]+$/;

/** Whether a metric that a replication lacks is 0 there, and not undefined. */
export const isByCause = (metric: string): boolean => BY_CAUSE.test(metric);

/** What a metric of `replications.csv` is as a figure; null for one by which nothing is compared. */
export function figureKind(metric: string): FigureKind | null {
  const [subject] = metric.split('.', 1);
  const rest = metric.slice(subject.length + 1);
  const ending = (table: Readonly<Record<string, FigureKind>>): FigureKind | null => {
    // A name in the middle may hold dots itself.
    const found = Object.keys(table).find((name) => rest.endsWith(`.${name}`));
    return found === undefined ? null : table[found];
  };
  switch (subject) {
    case 'services':
      return isByCause(metric) ? { unit: 'count', better: 'lower' } : ending(SERVICE);
    case 'kms':
      return ending(POOL);
    case 'faults':
      return ending(FAULT);
    case 'cost':
      return Object.hasOwn(COST, rest) ? COST[rest] : null;
    default:
      return null;
  }
}

/** The figure of an objective: better on the side of its limit; of an equality, neither. */
export function objectiveKind({ expect, unit }: Pick<ObjectiveSummary, 'expect' | 'unit'>): FigureKind {
  const comparison = /<=|>=|==|!=|<|>/.exec(expect)?.[0] ?? '';
  return {
    unit: UNITS.find((known) => known === unit) ?? 'count',
    better: comparison.startsWith('<') ? 'lower' : comparison.startsWith('>') ? 'higher' : null,
  };
}

const UNITS: readonly Unit[] = ['ms', 's', 'ratio', 'count', 'USD'];
