/**
 * A batch as its overview needs it: of each scenario its summary and a curve of a few points, so that a
 * thousand runs can be listed without holding a thousand results.
 */
import type { Results, Summary } from '../probes/results.ts';
import { INSTANCE_COLUMNS, instanceCurve } from './curves.ts';

export type BatchEntry = FinishedEntry | FailedEntry;

export interface FinishedEntry {
  readonly kind: 'finished';
  /** Address of the scenario's page relative to the overview; null where no page was made. */
  readonly href: string | null;
  readonly summary: Summary;
  /** Instances of all services over the run, at most {@link CURVE_POINTS} values, each the most of its stretch. */
  readonly curve: readonly number[];
}

export interface FailedEntry {
  readonly kind: 'failed';
  readonly name: string;
  /** What went wrong, one or more lines. */
  readonly problem: string;
}

export const CURVE_POINTS = 60;

/** The entry of a run whose results lie in `folder`, relative to the overview. */
export const finished = (results: Results, folder: string, page: boolean): FinishedEntry => ({
  kind: 'finished',
  href: page ? `${folder.split('/').map(encodeURIComponent).join('/')}/index.html` : null,
  summary: results.summary,
  curve: smallCurve(results),
});

function smallCurve(results: Results): number[] {
  const { duration_s } = results.summary.scenario;
  const total = new Map<number, number>();
  for (const { service_name } of results.summary.services) {
    for (const point of instanceCurve(results, service_name)) {
      const instances = INSTANCE_COLUMNS.reduce((sum, state) => sum + point[state]!, 0);
      total.set(point.t, (total.get(point.t) ?? 0) + instances);
    }
  }
  const stretches = Math.min(CURVE_POINTS, total.size);
  const curve = new Array<number>(stretches).fill(0);
  for (const [t, instances] of total) {
    const stretch = Math.min(stretches - 1, Math.floor((t / duration_s) * stretches));
    curve[stretch] = Math.max(curve[stretch], instances);
  }
  return curve;
}
