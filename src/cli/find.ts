/**
 * `cmeksim find`: the smallest (or largest) value of a field with which every objective is met.
 *
 * Bisection: if a value is enough, so is every larger one (with --largest, every smaller one). That is so for
 * instances, quotas and load in all but contrived cases, and 60 values take eight runs instead of 60. Every
 * probe is a full run of the scenario under the same luck, shown in a table, so that what was taken on trust can
 * be seen.
 */
import type { Outcome } from '../experiment/batch.ts';
import { Store } from '../experiment/store.ts';
import type { SearchResult } from '../report/search-report.ts';
import { FIGURES, figures } from '../report/variants.ts';
import { overallVerdict } from '../report/words.ts';
import { EXIT, exitCode, Stop } from './exit.ts';
import { objectiveHeadings, judgements, variant, withPool, type ExperimentOptions } from './experiments.ts';
import type { RunOptions } from './options.ts';
import { codeOf, runJobs } from './run.ts';
import { textTable, type Terminal } from './terminal.ts';

export type FindOptions = ExperimentOptions &
  Pick<RunOptions, 'charts'> & {
    readonly vary: string;
    readonly from: string;
    readonly to: string;
    readonly step: string;
    readonly largest: boolean;
    readonly out?: string;
  };

export async function find(file: string, options: FindOptions, terminal: Terminal): Promise<number> {
  const grid = gridOf(options);
  const jobAt = (index: number) =>
    variant(file, options, [{ path: options.vary, value: grid.valueAt(index) }], terminal);
  const first = jobAt(0);
  if (!first.plan.objectives.some(({ severity }) => severity === 'error')) {
    throw new Stop(
      EXIT.wrong,
      `${file}: it has no objectives, so nothing can be met; add some, or see \`sweep\``,
    );
  }
  const probes = new Map<number, Outcome>();
  const likely = Array.from({ length: 2 + Math.ceil(Math.log2(grid.count)) }, () => first);
  const found = await withPool(
    likely,
    options,
    (runAll) =>
      search(grid.count, options.largest, async (indices) => {
        const outcomes = await runAll(indices.map(jobAt));
        outcomes.forEach((outcome, at) => {
          if (outcome.status !== 'finished') throw new Failed(codeOf(outcome));
          probes.set(indices[at], outcome);
          terminal.say(`${options.vary} = ${grid.valueAt(indices[at])}: ${judgements(outcome).at(-1)}`);
        });
        return outcomes.map(isMet);
      }).catch((error: unknown) => {
        if (error instanceof Failed) return error;
        throw error;
      }),
    terminal,
  );
  if (found instanceof Failed) return found.code;

  const rows = [...probes].sort(([a], [b]) => a - b);
  const best = options.largest ? 'largest' : 'smallest';
  if (options.format === 'json') {
    const list = rows.map(([index, outcome]) => ({
      value: grid.valueAt(index),
      verdict: outcome.status === 'finished' ? overallVerdict(outcome.summary.objectives) : outcome.status,
      ...(outcome.status === 'finished' ? { summary: outcome.summary } : {}),
    }));
    const value = found === null ? null : grid.valueAt(found);
    terminal.out(JSON.stringify({ path: options.vary, [best]: value, probes: list }, null, 2));
  } else {
    const objectives = objectiveHeadings(first.plan);
    terminal.out(
      textTable(
        [options.vary.split('.').slice(-2).join('.'), ...FIGURES, ...objectives, 'verdict'],
        rows.map(([index, outcome]) => [
          grid.valueAt(index),
          ...(outcome.status === 'finished' ? figures(outcome.summary) : []),
          ...judgements(outcome),
        ]),
      ),
    );
    terminal.out(
      found === null
        ? `Neither ${grid.valueAt(0)} nor ${grid.valueAt(grid.count - 1)} meets every objective; values between were not tried.`
        : `The ${best} value of ${options.vary} that meets every objective: ${grid.valueAt(found)}`,
    );
  }
  if (found === null) {
    // Where nothing is met but something is undecided, more replications may find a value.
    const undecided = rows.some(([, outcome]) => codeOf(outcome) === EXIT.inconclusive);
    return undecided ? EXIT.inconclusive : EXIT.missed;
  }
  if (options.out === undefined) return EXIT.ok;
  const written = await runJobs([jobAt(found)], { ...options, out: options.out }, terminal, () => {});
  await keep(options.out, {
    path: options.vary,
    goal: best,
    range: { from: options.from, to: options.to, step: options.step },
    set: options.set,
    tried: rows.flatMap(([index, outcome]) =>
      outcome.status === 'finished' ? [{ value: grid.valueAt(index), summary: outcome.summary }] : [],
    ),
    found: grid.valueAt(found),
  });
  return exitCode(written.map(codeOf));
}

/** Writes the table and the chart of a search beside the results of the value found. */
async function keep(out: string, search: SearchResult): Promise<void> {
  const { searchFiles } = await import('../report/search-report.ts');
  const store = new Store(out);
  try {
    for (const [name, text] of await searchFiles(search)) store.writeFile(name, text);
  } finally {
    store.close();
  }
}

/**
 * The smallest of `count` places at which `meets` holds (with `largest`, the largest), or null where it holds
 * nowhere. Both ends are asked first, together.
 */
export async function search(
  count: number,
  largest: boolean,
  meets: (places: readonly number[]) => Promise<readonly boolean[]>,
): Promise<number | null> {
  const place = (index: number) => (largest ? count - 1 - index : index);
  if (count === 1) return (await meets([0]))[0] ? 0 : null;
  const [firstMeets, lastMeets] = await meets([place(0), place(count - 1)]);
  if (firstMeets) return place(0);
  if (!lastMeets) return null;
  let misses = 0;
  let holds = count - 1;
  while (holds - misses > 1) {
    const middle = Math.floor((misses + holds) / 2);
    if ((await meets([place(middle)]))[0]) holds = middle;
    else misses = middle;
  }
  return place(holds);
}

class Failed extends Error {
  readonly code: number;

  constructor(code: number) {
    super('a run failed');
    this.code = code;
  }
}

const isMet = (outcome: Outcome): boolean =>
  outcome.status === 'finished' && overallVerdict(outcome.summary.objectives) === 'met';

/** The values to choose from: from, from + step, … up to `to`, each written as `from` is. */
export function gridOf({ from, to, step }: Pick<FindOptions, 'from' | 'to' | 'step'>): {
  readonly count: number;
  valueAt(index: number): string;
} {
  const low = quantityOf('--from', from);
  const high = quantityOf('--to', to);
  const width = quantityOf('--step', step);
  if (high.unit !== low.unit || (width.unit !== '' && width.unit !== low.unit)) {
    throw new Stop(EXIT.wrong, `--from ${from}, --to ${to} and --step ${step}: give all in one unit`);
  }
  if (width.number === 0) throw new Stop(EXIT.wrong, '--step 0: give a number above 0');
  if (high.number < low.number)
    throw new Stop(EXIT.wrong, `--from ${from} is above --to ${to}; change them over`);
  const count = Math.floor((high.number - low.number) / width.number + 1e-9) + 1;
  return {
    count,
    valueAt: (index) => `${Number((low.number + index * width.number).toPrecision(12))}${low.unit}`,
  };
}

function quantityOf(option: string, text: string): { readonly number: number; readonly unit: string } {
  const [, number, unit] = /^(\d{1,15}(?:\.\d{1,9})?)([A-Za-z%/]{0,8})$/.exec(text) ?? [];
  if (number === undefined) {
    throw new Stop(
      EXIT.wrong,
      `${option} ${text}: give a number, with a unit where the field has one: 10, 2s, 50/s`,
    );
  }
  return { number: Number(number), unit };
}
