/**
 * Curves read out of the result tables: rows by time, for one service or one pool, in the unit that is drawn.
 *
 * A row says what holds from its `t` (seconds) until the next row's. Curves are thinned to what a picture can
 * show; what matters most in them survives.
 */
import type { Cell, Results, Summary, Table } from '../probes/results.ts';
import { number } from './words.ts';

export type Point = { readonly t: number } & Readonly<Record<string, number | null>>;

export const INSTANCE_COLUMNS = ['active', 'idle', 'starting', 'awaiting_key', 'draining'] as const;
export const ANSWER_CODES = ['2xx', '429', '499', '500', '503', '504'] as const;

/** Instances by state, `recommended` and `pending_requests` of a service, summed over its revisions. */
export function instanceCurve({ tables }: Results, service: string): Point[] {
  const rows = rowsOf(tables['scale-out.csv'], 'service_name', service);
  const columns = [...INSTANCE_COLUMNS, 'recommended', 'pending_requests'];
  const byTime = new Map<number, Record<string, number> & { t: number }>();
  for (const row of rows) {
    const t = row('time_s') as number;
    let point = byTime.get(t);
    if (point === undefined) {
      point = { t };
      for (const column of columns) point[column] = 0;
      byTime.set(t, point);
    }
    for (const column of columns) point[column] += (row(column) as number | null) ?? 0;
  }
  return [...byTime.values()];
}

/** `arrived` and answers per second of a service. */
export function requestCurve({ tables, summary }: Results, service: string): Point[] {
  return rowsOf(tables['requests.csv'], 'service_name', service).map((row) => {
    const t = row('time_s') as number;
    const rate = (column: string) => perSecond((row(column) as number | null) ?? 0, t, summary);
    return {
      t,
      arrived: rate('arrived'),
      ...Object.fromEntries(ANSWER_CODES.map((code) => [code, rate(`code_${code}`)])),
    };
  });
}

/** p50, p95 and p99 of a service's end-to-end latencies, ms; null in an interval without an answer 2xx. */
export function latencyCurve({ tables }: Results, service: string): Point[] {
  return rowsOf(tables['requests.csv'], 'service_name', service).map((row) => ({
    t: row('time_s') as number,
    p50: row('e2e_p50_ms') as number | null,
    p95: row('e2e_p95_ms') as number | null,
    p99: row('e2e_p99_ms') as number | null,
  }));
}

/** Calls against one quota: its protection levels share the limit. */
export interface Pool {
  readonly project: string;
  readonly location: string;
  /** `SOFTWARE` (no limit), `HSM`, or `EXTERNAL` for both external levels. */
  readonly name: 'SOFTWARE' | 'HSM' | 'EXTERNAL';
  readonly levels: readonly string[];
  /** Granted calls per second by level, `denied` and `peak` (most granted in any one second), and `limit`. */
  readonly curve: readonly Point[];
}

/** All pools in order of first mention. */
export function pools({ tables, summary }: Results): Pool[] {
  const found = new Map<
    string,
    { pool: Pool; points: Map<number, Record<string, number | null> & { t: number }> }
  >();
  for (const row of rowsOf(tables['kms-quota.csv'])) {
    const level = row('protection_level') as string;
    const name = level === 'SOFTWARE' || level === 'HSM' ? level : 'EXTERNAL';
    const project = String(row('project_id'));
    const location = String(row('location'));
    const id = JSON.stringify([project, location, name]);
    let entry = found.get(id);
    if (entry === undefined) {
      entry = { pool: { project, location, name, levels: [], curve: [] }, points: new Map() };
      found.set(id, entry);
    }
    const levels = entry.pool.levels as string[];
    if (!levels.includes(level)) levels.push(level);
    const t = row('time_s') as number;
    const point = entry.points.get(t) ?? { t, denied: 0, peak: 0, limit: null };
    entry.points.set(t, point);
    const denied = (row('exceeded') as number | null) ?? 0;
    const attempted = (row('operations') as number | null) ?? 0;
    point[level] = perSecond(attempted - denied, t, summary);
    point.denied = (point.denied ?? 0) + perSecond(denied, t, summary);
    // The external levels share a pool: each row repeats the pool's own peak and limit.
    point.peak = Math.max(point.peak ?? 0, (row('peak_per_second') as number | null) ?? 0);
    const limit = row('limit_per_minute') as number | null;
    point.limit = limit === null ? null : rounded(limit / 60);
  }
  return [...found.values()].map(({ pool, points }) => ({ ...pool, curve: [...points.values()] }));
}

/** The pool's limit a second, `50` or `between 8 and 15` where it was changed; null where none applies. */
export function quotaOf({ curve }: Pool): string | null {
  const limits = curve.map(({ limit }) => limit).filter((limit) => limit !== null);
  if (limits.length === 0) return null;
  const least = limits.reduce((low, limit) => Math.min(low, limit));
  const most = limits.reduce((high, limit) => Math.max(high, limit));
  return least === most ? number(least) : `between ${number(least)} and ${number(most)}`;
}

/** A count of the interval that begins at `t`; the last interval may be cut short by the end of the run. */
function perSecond(count: number, t: number, { scenario }: Summary): number {
  const length = Math.min(scenario.sample_interval_s, scenario.duration_s - t);
  return length > 0 ? rounded(count / length) : 0;
}

/** Four decimals are more than a picture shows, and spare the files long tails. */
const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

export type RowReader = (column: string) => Cell;

/** The table's rows where `column` is `value`, each as a function from a column's name to the cell. */
export function rowsOf(table: Table, column?: string, value?: Cell): RowReader[] {
  const place = new Map(table.columns.map((name, index) => [name, index]));
  const at = column === undefined ? -1 : (place.get(column) ?? -1);
  const rows = column === undefined ? table.rows : table.rows.filter((row) => row[at] === value);
  return rows.map((row) => (name) => row[place.get(name) ?? -1] ?? null);
}

/**
 * The most points a curve is drawn with: a point every three pixels. The default grid of 200 intervals is drawn
 * as it is.
 */
export const MOST_POINTS = 240;

/**
 * At most `limit` points that fill the same time evenly: of each stretch of time the rows of least and of
 * greatest `weight`, in their order, for half of the stretch each. Rows stay whole, so a stack never shows a
 * state that was not there, and a spike of one interval in a day is still seen; when it was is true to half a
 * stretch, less than the picture resolves.
 */
export function thinned(
  points: readonly Point[],
  weight: (point: Point) => number,
  limit: number = MOST_POINTS,
): readonly Point[] {
  if (points.length <= limit) return points;
  const stretches = Math.floor(limit / 2);
  return Array.from({ length: stretches }, (_, stretch) => {
    const from = Math.floor((stretch * points.length) / stretches);
    const to = Math.floor(((stretch + 1) * points.length) / stretches);
    let [least, most] = [from, from];
    for (let index = from; index < to; index++) {
      if (weight(points[index]) < weight(points[least])) least = index;
      if (weight(points[index]) >= weight(points[most])) most = index;
    }
    const half = Math.floor((from + to) / 2);
    const [first, second] = least < most ? [least, most] : [most, least];
    return [
      { ...points[first], t: points[from].t },
      { ...points[second], t: points[half].t },
    ];
  }).flat();
}

/**
 * The points with the last one held until `end`. Each gap (nulls after values) begins where the value before it
 * ends, so that a single interval between two gaps is still drawn.
 */
export function held(points: readonly Point[], end: number): Point[] {
  const drawn: Point[] = [];
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before !== undefined && isGap(point) && !isGap(before)) drawn.push({ ...before, t: point.t });
    drawn.push(point);
  }
  const last = points.at(-1);
  if (last !== undefined && last.t < end) drawn.push({ ...last, t: end });
  return drawn;
}

/** An interval without an answer 2xx has no percentile at all. */
const isGap = (point: Point): boolean =>
  Object.entries(point).every(([name, value]) => name === 't' || value === null);
