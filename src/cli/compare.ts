/**
 * `cmeksim compare A B`: two scenarios, or a scenario and saved results, under the same luck, and what of their
 * difference is theirs.
 *
 * Both get one seed and the same replication numbers. Which side is which matters: A is what there was, B what is
 * to come, and B is asked whether it is a step back. What speaks against believing the comparison (another version,
 * services of other names, other durations) is said before the numbers.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { calledAs, type Job } from '../experiment/batch.ts';
import { compare as compareSides } from '../experiment/compare.ts';
import type { Pool } from '../experiment/pool.ts';
import { combine, labelOf, replicationRows, type ReplicationRow } from '../experiment/replicate.ts';
import { sideOf, type Side } from '../experiment/side.ts';
import { Store } from '../experiment/store.ts';
import { pilotNumbers, warmUpOf } from '../experiment/warm-up.ts';
import type { Plan } from '../model/plan.ts';
import type { Results, Summary } from '../probes/results.ts';
import { VERSION } from '../probes/version.ts';
import {
  basis,
  COLUMNS,
  comparisonFiles,
  headline,
  lines,
  objectiveLines,
  type Compared,
  type Origin,
} from '../report/compare.ts';
import { tableFrom } from '../report/csv.ts';
import { commandLine, overrideWords } from '../report/invocation.ts';
import { many } from '../report/words.ts';
import { overrideOf } from '../scenario/load.ts';
import { visible } from '../units/visible.ts';
import { EXIT, Stop } from './exit.ts';
import { foresee } from './foresight.ts';
import type { LoadOptions, RunOptions } from './options.ts';
import { readSummary } from './report.ts';
import { codeOf, poolFor, tellOutcome } from './run.ts';
import { loadOne, reasonOf } from './scenarios.ts';
import { interruptible } from './signals.ts';
import { textTable, type Terminal } from './terminal.ts';

export type CompareOptions = LoadOptions &
  Pick<RunOptions, 'jobs' | 'format' | 'quiet' | 'progress' | 'charts' | 'force'> & {
    readonly out?: string;
    /** `PATH=VALUE`, for B alone. */
    readonly setB: readonly string[];
  };

/** A results folder, or a scenario that is still to be simulated. */
type Given =
  | {
      readonly kind: 'saved';
      readonly path: string;
      readonly summary: Summary;
      readonly rows: readonly ReplicationRow[];
    }
  | { readonly kind: 'scenario'; readonly path: string; readonly job: Job };

/** A side as it is told of. */
interface Played {
  readonly path: string;
  readonly side: Side;
  readonly summary: Summary;
}

export async function compare(
  pathA: string,
  pathB: string,
  options: CompareOptions,
  terminal: Terminal,
): Promise<number> {
  const [savedA, savedB] = [savedAt(pathA), savedAt(pathB)];
  const { seed, replications } = agreed([savedA, savedB], options);
  const open = (path: string, saved: Given | null, more: readonly string[]): Given => {
    if (saved !== null) return saved;
    const job = loadOne(
      path,
      { set: options.set, ...fixed({ seed, replications }) },
      terminal,
      more.map(overrideOf),
    );
    return { kind: 'scenario', path, job };
  };
  const a = open(pathA, savedA, []);
  let b = open(pathB, savedB, options.setB);
  const notes: string[] = [];
  if (a.kind === 'scenario' && b.kind === 'scenario' && a.job.plan.seed !== b.job.plan.seed) {
    notes.push(`B has the seed ${b.job.plan.seed}; it is simulated with that of A, ${a.job.plan.seed}`);
    b = { ...b, job: { ...b.job, plan: { ...b.job.plan, seed: a.job.plan.seed } } };
  }
  const sides = await play([a, b], replications, options, terminal);
  if (typeof sides === 'number') return sides;
  const [first, second] = sides;
  const plan = a.kind === 'scenario' ? a.job.plan : b.kind === 'scenario' ? b.job.plan : null;
  const comparison = compareSides(first.side, second.side, plan?.experiment.replications.confidence ?? 0.95);
  if (comparison.figures.length === 0) {
    throw new Stop(
      EXIT.wrong,
      `${visible(pathA)} and ${visible(pathB)} have no service, key pool or objective in common; there is nothing to compare`,
    );
  }
  notes.push(...contradictions(first.summary, second.summary), ...cautions(first.summary, second.summary));
  const compared: Compared = {
    ...names(first, second),
    origins: { a: origin(first), b: origin(second) },
    command: commandAgain(first, second, options),
    seed: first.summary.scenario.seed,
    notes,
    comparison,
  };
  if (options.format === 'json') terminal.out(asJson(compared, first, second));
  else {
    for (const note of notes) terminal.say(`note: ${note}`);
    terminal.out(asTable(compared));
  }
  if (options.out !== undefined) await keep(options.out, compared, options);
  if (comparison.verdict === 'regression') return EXIT.missed;
  return comparison.verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.ok;
}

/** What of the two options is given, as the loader takes it. */
const fixed = ({
  seed,
  replications,
}: {
  readonly seed: string | null;
  readonly replications: number | null;
}) => ({
  ...(seed === null ? {} : { seed }),
  ...(replications === null ? {} : { replications }),
});

/** Saved results at this path; null where there is a file. */
function savedAt(path: string): (Given & { readonly kind: 'saved' }) | null {
  try {
    if (!statSync(path).isDirectory()) return null;
  } catch (error) {
    throw new Stop(EXIT.wrong, `${visible(path)}: cannot be read: ${reasonOf(error)}`);
  }
  const summary = readSummary(path);
  return { kind: 'saved', path, summary, rows: rowsIn(path, summary) };
}

function rowsIn(folder: string, summary: Summary): readonly ReplicationRow[] {
  const { replications } = summary.scenario;
  if (replications === 1) return replicationRows([summary]);
  const path = join(folder, 'replications.csv');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Stop(
      EXIT.wrong,
      `${visible(path)}: cannot be read: ${reasonOf(error)}; what each replication said is needed, run the scenario again`,
    );
  }
  try {
    return tableFrom(text).rows.map(([replication, metric, value]) => {
      const known =
        typeof replication === 'number' &&
        Number.isInteger(replication) &&
        replication >= 1 &&
        replication <= replications &&
        typeof metric === 'string' &&
        typeof value !== 'string';
      if (!known) throw new Error(`replication ${String(replication)}, metric ${String(metric)}`);
      return { replication, metric, value };
    });
  } catch (error) {
    throw new Stop(
      EXIT.wrong,
      `${visible(path)}: not as cmeksim writes it: ${visible((error as Error).message)}`,
    );
  }
}

/** The seed and the number of replications that saved results and options leave; null: the scenarios' own. */
function agreed(
  given: readonly ((Given & { readonly kind: 'saved' }) | null)[],
  options: LoadOptions,
): { readonly seed: string | null; readonly replications: number | null } {
  let seed = options.seed ?? null;
  let replications = options.replications ?? null;
  let from = 'the command line';
  for (const saved of given) {
    if (saved === null) continue;
    const own = saved.summary.scenario;
    if (seed !== null && seed !== own.seed) {
      throw new Stop(
        EXIT.wrong,
        `${visible(saved.path)}: saved with the seed ${own.seed}, and ${from} says ${seed}; without the same luck nothing can be paired`,
      );
    }
    if (replications !== null && replications !== own.replications) {
      throw new Stop(
        EXIT.wrong,
        `${visible(saved.path)}: saved with ${many(own.replications, 'replication')}, and ${from} says ${replications}; ` +
          `leave out --replications, or run it again with as many`,
      );
    }
    seed = own.seed;
    replications = own.replications;
    from = visible(saved.path);
  }
  return { seed, replications };
}

/** Both sides with their figures; a number where a run failed, which is told: the exit code. */
async function play(
  given: readonly [Given, Given],
  replications: number | null,
  options: CompareOptions,
  terminal: Terminal,
): Promise<readonly [Played, Played] | number> {
  const jobs = given.flatMap((one) => (one.kind === 'scenario' ? [one.job] : []));
  const count = replications ?? Math.max(...jobs.map(({ plan }) => plan.experiment.replications.min));
  const least = jobs.map((job) => ({ ...job, plan: withCount(job.plan, count) }));
  foresee(least, options, terminal);
  const pool: Pool = await poolFor(least, { jobs: options.jobs, charts: false });
  const interrupt = interruptible(() => pool.close());
  try {
    const warmUp = await warmUpFor(given, pool);
    const played: Played[] = [];
    for (const one of given) {
      if (one.kind === 'saved') {
        played.push({ path: one.path, side: sideOf(one.rows, one.summary), summary: one.summary });
        continue;
      }
      const plan = { ...withCount(one.job.plan, count), warmUp: warmUp ?? one.job.plan.warmUp };
      const summaries = await summariesOf({ ...one.job, plan }, count, pool);
      const summary = combine(plan, summaries);
      played.push({ path: one.path, side: sideOf(replicationRows(summaries), summary), summary });
    }
    return [played[0], played[1]];
  } catch (error) {
    const by = interrupt.by();
    if (by !== null) throw new Stop(EXIT[by], 'interrupted; nothing was written, call it again');
    if (!(error instanceof RunFailed)) throw error;
    tellOutcome(error.outcome, terminal);
    return codeOf(error.outcome);
  } finally {
    interrupt.end();
    await pool.close();
  }
}

class RunFailed extends Error {
  readonly outcome: Parameters<typeof tellOutcome>[0];

  constructor(outcome: Parameters<typeof tellOutcome>[0]) {
    super('a run failed');
    this.outcome = outcome;
  }
}

const withCount = (plan: Plan, count: number): Plan => ({
  ...plan,
  experiment: {
    ...plan.experiment,
    replications: { ...plan.experiment.replications, min: count, max: count },
  },
});

async function answersOf(
  job: Job,
  numbers: readonly number[],
  want: 'summary' | 'curves',
  pool: Pool,
): Promise<readonly { readonly summary: Summary | null; readonly results: Results | null }[]> {
  const { plan } = job;
  return Promise.all(
    numbers.map(async (replication) => {
      const answer = await pool.run({
        what: 'play',
        plan,
        calledAs: calledAs(job),
        replication,
        want,
        charts: false,
        progress: null,
      });
      if ('failed' in answer) throw new RunFailed({ status: 'failed', job, replication, ...answer });
      return answer;
    }),
  );
}

async function summariesOf(job: Job, count: number, pool: Pool): Promise<readonly Summary[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return (await answersOf(job, numbers, 'summary', pool)).map(({ summary }) => summary!);
}

/**
 * The warm-up of steady-state scenarios: the longer of what the two need, or that of the saved results, so that both
 * sides leave out the same time; null where both keep what their files say.
 */
async function warmUpFor(given: readonly Given[], pool: Pool): Promise<Plan['warmUp'] | null> {
  const steady = given.flatMap((one) =>
    one.kind === 'scenario' && one.job.plan.experiment.horizon === 'steady-state' ? [one.job] : [],
  );
  if (steady.length === 0) return null;
  const saved = given.find((one) => one.kind === 'saved');
  if (saved?.kind === 'saved') return Math.round(saved.summary.scenario.warm_up_s * 1e9) as Plan['warmUp'];
  let longest = 0;
  for (const job of steady) {
    const pilots = await answersOf(job, pilotNumbers(job.plan), 'curves', pool);
    const warmUp = warmUpOf(
      job.plan,
      pilots.map(({ results }) => results!),
    );
    if (warmUp === null) {
      throw new Stop(
        EXIT.wrong,
        `${visible(job.file)}: the run is too short for a steady state: more than half of it would be warm-up; make \`duration\` longer`,
      );
    }
    longest = Math.max(longest, warmUp);
  }
  return longest as Plan['warmUp'];
}

/** What the two sides are called: their scenarios, or their paths where those are alike. */
function names(a: Played, b: Played): { readonly a: string; readonly b: string } {
  const [one, other] = [a.summary.scenario.name, b.summary.scenario.name];
  if (one !== other) return { a: one, b: other };
  const [first, second] = [named(a.path), named(b.path)];
  return first === second ? { a: one, b: `${other} (B)` } : { a: first, b: second };
}

/** Of an absolute path only the name: a page is sent to others. */
const named = (path: string): string => (isAbsolute(path) ? basename(path) : path);

const origin = ({ path, summary }: Played): Origin => ({ path: named(path), summary });

function commandAgain(a: Played, b: Played, { set, setB }: CompareOptions): string {
  const { seed, replications } = a.summary.scenario;
  return commandLine([
    ...['cmeksim', 'compare', named(a.path), named(b.path)],
    ...['--seed', seed, '--replications', String(replications)],
    ...overrideWords(set),
    ...setB.flatMap((each) => ['--set-b', each]),
  ]);
}

/** What speaks against laying the difference of the numbers to the difference of the plans. */
function contradictions(a: Summary, b: Summary): string[] {
  const notes: string[] = [];
  const [one, other] = [a.scenario, b.scenario];
  for (const [side, { tool }] of [['A', a] as const, ['B', b] as const]) {
    if (tool.version !== VERSION) {
      notes.push(
        `${side} was simulated by version ${tool.version}, and this is ${VERSION}: a difference may be the version's`,
      );
    }
  }
  if (one.hash === other.hash && a.tool.version === b.tool.version) {
    notes.push('A and B are the same scenario: whatever is changed between them, it is not in the files');
  }
  const differing = (what: string, first: string | number, second: string | number): void => {
    if (first !== second) notes.push(`${what}: ${first} in A, ${second} in B`);
  };
  differing('other durations, so that counts are over other times, s', one.duration_s, other.duration_s);
  differing('other warm-ups, s', one.warm_up_s, other.warm_up_s);
  differing('other quota policies', one.quotaPolicy, other.quotaPolicy);
  const only = (what: string, first: readonly string[], second: readonly string[]): void => {
    for (const [side, own, others] of [['A', first, second] as const, ['B', second, first] as const]) {
      const alone = own.filter((name) => !others.includes(name));
      if (alone.length > 0) notes.push(`${what} only in ${side}, not compared: ${alone.join('; ')}`);
    }
  };
  const services = (summary: Summary): string[] => summary.services.map(({ service_name }) => service_name);
  only(a.services.length === 1 ? 'service' : 'services', services(a), services(b));
  only('objectives', a.objectives.map(labelOf), b.objectives.map(labelOf));
  return notes;
}

/** What is to be known of either side's own numbers; told once where it is so of both. */
const cautions = (a: Summary, b: Summary): string[] => [
  ...new Set([...(a.cautions ?? []), ...(b.cautions ?? [])]),
];

function asTable(compared: Compared): string {
  const { a, b, seed, comparison } = compared;
  return [
    `A: ${a}`,
    `B: ${b}`,
    `seed ${seed}, ${comparison.pairs === 1 ? 'one run each' : many(comparison.pairs, 'pair')}`,
    '',
    textTable(COLUMNS, lines(comparison)),
    ...objectiveLines(comparison),
    `${headline(comparison)} (${basis(comparison)})`,
  ].join('\n');
}

function asJson({ seed, notes, comparison }: Compared, a: Played, b: Played): string {
  const side = ({ path, summary }: Played): object => ({
    path,
    scenario: summary.scenario.name,
    hash: summary.scenario.hash,
    version: summary.tool.version,
    warm_up_s: summary.scenario.warm_up_s,
  });
  return JSON.stringify(
    { a: side(a), b: side(b), seed, one_run: comparison.pairs === 1, notes, ...comparison },
    null,
    2,
  );
}

async function keep(out: string, compared: Compared, options: CompareOptions): Promise<void> {
  const store = new Store(out);
  try {
    for (const [name, text] of await comparisonFiles(compared, options)) store.writeFile(name, text);
  } finally {
    store.close();
  }
}
