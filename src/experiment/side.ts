/**
 * One side of a comparison: the figures of a plan's replications, whether they were simulated just now or stand in
 * a saved `replications.csv`.
 *
 * Two shares are made here, because no replication can say them: of all requests of all replications those that
 * failed, and the cost of a million served. They are ratios of totals and are kept as their two parts.
 */
import type { ObjectiveSummary, Summary } from '../probes/results.ts';
import {
  COST_PER_MILLION,
  FAILED_SHARE,
  figureKind,
  isByCause,
  objectiveKind,
  type FigureKind,
} from './figures.ts';
import { labelOf, type ReplicationRow } from './replicate.ts';

export interface Side {
  /** By metric: `services.checkout.e2e_latencies_ms.p99`, or `objectives.` and the objective. */
  readonly figures: ReadonlyMap<string, SideFigure>;
  /** As judged over all replications. */
  readonly objectives: readonly ObjectiveSummary[];
  readonly replications: number;
}

export interface SideFigure extends FigureKind {
  readonly family: 'objectives' | 'figures';
  /** One per replication, in order; null where it was undefined in that one. */
  readonly values: readonly (number | null)[];
  /** Of a ratio of totals what stands below the line, `values` being above it; else null. */
  readonly below: readonly number[] | null;
}

type Column = readonly (number | null)[];

/** The side with these rows and this summary over all of them. Numbers that are no figures are passed over. */
export function sideOf(rows: readonly ReplicationRow[], summary: Summary): Side {
  const { replications } = summary.scenario;
  const columns = new Map<string, (number | null)[]>();
  for (const { replication, metric, value } of rows) {
    let column = columns.get(metric);
    if (column === undefined) {
      column = new Array<number | null>(replications).fill(isByCause(metric) ? 0 : null);
      columns.set(metric, column);
    }
    column[replication - 1] = value;
  }
  const figures = new Map<string, SideFigure>();
  for (const objective of summary.objectives) {
    const metric = `objectives.${labelOf(objective)}`;
    const values = columns.get(metric);
    if (values === undefined) continue;
    figures.set(metric, { ...objectiveKind(objective), family: 'objectives', values, below: null });
  }
  summary.services.forEach(({ service_name }, index) => {
    for (const { metric, above, below } of shares(columns, service_name, index)) {
      figures.set(metric, { ...figureKind(metric)!, family: 'figures', values: above, below });
    }
  });
  for (const [metric, values] of columns) {
    const kind = figureKind(metric);
    if (kind !== null) figures.set(metric, { ...kind, family: 'figures', values, below: null });
  }
  return { figures, objectives: summary.objectives, replications };
}

interface Share {
  readonly metric: string;
  readonly above: readonly number[];
  readonly below: readonly number[];
}

const FAILURES = ['code_429', 'code_499', 'code_500', 'code_503', 'code_504'];

/** The shares of a service, as far as their parts are there. `index`: its place in the summary, by which cost goes. */
function shares(columns: ReadonlyMap<string, Column>, service: string, index: number): Share[] {
  const path = `services.${service}`;
  const whole = (metric: string): readonly number[] | null => {
    const column = columns.get(metric);
    return column !== undefined && column.every((value) => value !== null) ? column : null;
  };
  const served = whole(`${path}.requests.served`);
  if (served === null) return [];
  const failures = FAILURES.map((code) => whole(`${path}.requests.${code}`));
  const cost = whole(`cost.services.${index}.cloud_run`);
  const found: Share[] = [];
  if (failures.every((each) => each !== null)) {
    const failed = served.map((_, at) => failures.reduce((sum, each) => sum + each[at], 0));
    const answered = served.map((value, at) => value + failed[at]);
    found.push({ metric: `${path}.${FAILED_SHARE}`, above: failed, below: answered });
  }
  if (cost !== null) {
    const millions = served.map((value) => value / 1e6);
    found.push({ metric: `${path}.${COST_PER_MILLION}`, above: cost, below: millions });
  }
  return found;
}
