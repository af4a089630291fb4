/** `cmeksim sweep`: every combination of the values that a scenario's `sweep`, or `--vary`, names, in a table. */
import type { Job, Outcome } from '../experiment/batch.ts';
import { FIGURES, figures } from '../report/variants.ts';
import { overallVerdict } from '../report/words.ts';
import type { Override, Sweep } from '../scenario/load.ts';
import { EXIT, exitCode, Stop } from './exit.ts';
import { objectiveHeadings, judgements, variant, withPool, type ExperimentOptions } from './experiments.ts';
import { codeOf } from './run.ts';
import { loadOne } from './scenarios.ts';
import { textTable, type Terminal } from './terminal.ts';

/** More points than this are a mistake more often than a wish. */
const MOST_POINTS = 10_000;

export async function sweep(
  file: string,
  options: ExperimentOptions & { readonly vary: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  const { sweep: own } = loadOne(file, options, terminal);
  const axes = options.vary.length > 0 ? options.vary.map(axisOf) : own;
  if (axes.length === 0) {
    throw new Stop(EXIT.wrong, `${file}: it has no sweep; add one, or give --vary PATH=VALUE,VALUE`);
  }
  const points = combinations(axes);
  const jobs = points.map((point) => variant(file, options, point, terminal));
  refuseTwins(points, jobs);
  const outcomes = await withPool(jobs, options, (runAll) => runAll(jobs), terminal);
  terminal.out(options.format === 'json' ? asJson(points, outcomes) : asTable(axes, points, outcomes));
  return exitCode(outcomes.map(codeOf));
}

/** Two points with the same scenario: a field is swept twice, or inside another that is, or a value is given twice. */
function refuseTwins(points: readonly (readonly Override[])[], jobs: readonly Job[]): void {
  const seen = new Map<string, number>();
  jobs.forEach(({ plan }, index) => {
    const twin = seen.get(plan.hash);
    if (twin !== undefined) {
      const called = (point: readonly Override[]): string =>
        point.map(({ path, value }) => `${path}=${shown(value)}`).join(' ');
      throw new Stop(
        EXIT.wrong,
        `the sweep has the same scenario twice: ${called(points[twin])} and ${called(points[index])}; ` +
          'name each field once, with values that differ',
      );
    }
    seen.set(plan.hash, index);
  });
}

function axisOf(text: string): Sweep {
  const [, path, values] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (path === undefined) throw new Stop(EXIT.wrong, `--vary ${text}: give PATH=VALUE,VALUE`);
  return { path, values: values.split(',') };
}

/** Every combination, the last axis moving fastest. */
function combinations(axes: readonly Sweep[]): readonly (readonly Override[])[] {
  let points: readonly (readonly Override[])[] = [[]];
  for (const { path, values } of axes) {
    if (points.length * values.length > MOST_POINTS) {
      throw new Stop(
        EXIT.wrong,
        `the sweep has more than ${MOST_POINTS} combinations; leave out some values`,
      );
    }
    points = points.flatMap((point) => values.map((value) => [...point, { path, value }]));
  }
  return points;
}

const shown = (value: string): string => value.replace(/^"(.*)"$/s, '$1');

function asTable(
  axes: readonly Sweep[],
  points: readonly (readonly Override[])[],
  outcomes: readonly Outcome[],
): string {
  const objectives = objectiveHeadings(outcomes[0].job.plan);
  const columns = [...axes.map(({ path }) => shortest(path)), ...FIGURES, ...objectives, 'verdict'];
  const rows = outcomes.map((outcome, index) => [
    ...points[index].map(({ value }) => shown(value)),
    ...(outcome.status === 'finished' ? figures(outcome.summary) : FIGURES.map(() => '–')),
    ...judgements(outcome),
  ]);
  return textTable(columns, rows);
}

/** The last two parts of a path tell which field is meant. */
const shortest = (path: string): string => path.split('.').slice(-2).join('.');

const asJson = (points: readonly (readonly Override[])[], outcomes: readonly Outcome[]): string =>
  JSON.stringify(
    outcomes.map((outcome, index) => ({
      values: Object.fromEntries(points[index].map(({ path, value }) => [path, shown(value)])),
      status: outcome.status,
      ...(outcome.status === 'finished'
        ? { verdict: overallVerdict(outcome.summary.objectives), summary: outcome.summary }
        : { message: outcome.message }),
    })),
    null,
    2,
  );
