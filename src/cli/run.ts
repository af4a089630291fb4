/**
 * `cmeksim run`: scenarios as one batch. Each gets its folder of results as soon as it is done, and all together
 * one page and one table with a verdict each.
 */
import { setFlagsFromString } from 'node:v8';
import { runBatch, type Job, type Outcome } from '../experiment/batch.ts';
import { inline, threaded, type Pool } from '../experiment/pool.ts';
import { CannotWrite, Store } from '../experiment/store.ts';
import { carryOut } from '../experiment/tasks.ts';
import { requestsOf } from '../experiment/workload.ts';
import { commandLine, overrideWords } from '../report/invocation.ts';
import { overallVerdict } from '../report/words.ts';
import { visible } from '../units/visible.ts';
import { EXIT, exitCode, Stop } from './exit.ts';
import { foresee, isTooMuch, refusal } from './foresight.ts';
import { scenarioFiles } from './inputs.ts';
import type { RunOptions } from './options.ts';
import { writeOverview } from './overview.ts';
import { watch } from './progress.ts';
import { resumeLine } from './resume.ts';
import { interruptible } from './signals.ts';
import { loadAll, type Refused } from './scenarios.ts';
import { asJson, asTable, entryOf } from './outcomes.ts';
import type { Terminal } from './terminal.ts';

export async function run(
  inputs: readonly string[],
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const { files, wrong: notFound } = scenarioFiles(inputs);
  if (options.reporter.length > 0) {
    const { clash } = await import('./reporters.ts');
    const why = clash(options.reporter, files, options.out);
    if (why !== null) throw new Stop(EXIT.wrong, why);
  }
  for (const line of notFound) terminal.complain(line);
  const loaded = loadAll(files, options, terminal);
  const { shard } = options;
  const mine = loaded.jobs.filter((_, index) => !shard || index % shard.count === shard.index - 1);
  const large = options.force ? [] : mine.filter(isTooMuch);
  for (const job of large) terminal.complain(refusal(job));
  const jobs = mine.filter((job) => !large.includes(job));
  const refused: readonly Refused[] = [
    ...loaded.refused,
    ...large.map((job) => ({ file: job.file, line: 1, message: 'it is too much work; --force runs it' })),
  ];
  const codes: number[] = refused.length + notFound.length > 0 ? [EXIT.wrong] : [];
  if (jobs.length === 0) {
    if (codes.length === 0) terminal.say('nothing to run in this part of the batch');
    if (refused.length > 0) codes.push(...(await tellOthers([], refused, options, terminal)));
    return exitCode(codes);
  }

  foresee(jobs, options, terminal);
  const outcomes = await runJobs(jobs, options, terminal, (batch) => {
    if (batch.interrupted !== null) {
      codes.push(EXIT[batch.interrupted]);
      terminal.error(resumeLine(batch.outcomes, jobs, options));
    }
  });
  codes.push(...outcomes.map((outcome) => codeOf(outcome)));
  codes.push(...(await tellOthers(outcomes, refused, options, terminal)));
  terminal.out(options.format === 'json' ? asJson(outcomes, options) : asTable(outcomes, terminal));
  return exitCode(codes);
}

/** Writes what other tools are told; the exit codes of what could not be written. */
async function tellOthers(
  outcomes: readonly Outcome[],
  refused: readonly Refused[],
  options: RunOptions,
  terminal: Terminal,
): Promise<readonly number[]> {
  if (options.reporter.length === 0) return [];
  const { report } = await import('./reporters.ts');
  const codes: number[] = [];
  for (const reporter of options.reporter) {
    try {
      report(reporter, outcomes, refused, terminal);
    } catch (error) {
      if (!(error instanceof CannotWrite)) throw error;
      terminal.complain(error.message);
      codes.push(EXIT.cannotWrite);
    }
  }
  return codes;
}

/**
 * Runs jobs into the output folder, with a page over all of them, and tells what went wrong.
 *
 * @returns what became of each that ended
 */
export async function runJobs(
  jobs: readonly Job[],
  options: Pick<RunOptions, 'out' | 'jobs' | 'charts' | 'progress' | 'quiet'>,
  terminal: Terminal,
  whenDone: (batch: {
    readonly outcomes: readonly (Outcome | null)[];
    readonly interrupted: 'SIGINT' | 'SIGTERM' | null;
  }) => void,
): Promise<readonly Outcome[]> {
  const store = new Store(options.out);
  const pool = await poolFor(jobs, options);
  const progress = watch(jobs, options, terminal);
  const interrupt = interruptible(() => pool.close());
  try {
    const { outcomes, requests, cpuSeconds } = await runBatch(jobs, {
      pool,
      charts: options.charts,
      write: (scenario, files) => void store.writeResults(scenario, files),
      signal: interrupt.signal,
      onPlay: progress.onPlay,
      onOutcome: (outcome) => {
        progress.onOutcome(outcome);
        tellOutcome(outcome, terminal);
      },
    });
    const ended = outcomes.filter((outcome) => outcome !== null);
    writeOverview(store, ended.map(entryOf), options, terminal);
    if (requests > 0 && cpuSeconds > 0 && interrupt.by() === null) {
      terminal.say(
        `${requests} requests in ${cpuSeconds.toFixed(2)} s of CPU: ` +
          `${Math.round(requests / cpuSeconds)} requests per CPU second` +
          (pool.threads > 1 && options.charts ? ', charts included' : ''),
      );
    }
    whenDone({ outcomes, interrupted: interrupt.by() });
    return ended;
  } finally {
    progress.end();
    interrupt.end();
    await pool.close();
    store.close();
  }
}

/** Seconds that a request, and the charts of a scenario, take on an ordinary machine; for the choice below only. */
const REQUEST_SECONDS = 1e-6;
const CHARTS_SECONDS = 0.1;
/** Less work than this is done sooner without threads, which take about 50 ms to start. */
const WORTH_THREADS = 0.3;
/** With less than this, V8 would still be optimising when all is done: a tenth of a second of CPU for nothing. */
const WORTH_OPTIMISING = 0.01;

/** Lets V8 wait ten times as long as it does before it optimises a function; after this it cannot be undone. */
function interpret(): void {
  // The flag exists in these versions; to V8 an unknown one is worth a complaint.
  if (/^1[12]\./.test(process.versions.v8)) setFlagsFromString('--interrupt-budget=1351680');
}

/** Lets V8 put less code in line: compiled sooner, a little slower afterwards, which a short run is over before it feels. */
function compileLess(): void {
  if (/^1[12]\./.test(process.versions.v8)) setFlagsFromString('--max-inlined-bytecode-size-cumulative=300');
}

/**
 * Threads where there is enough to do, this thread otherwise. One thread is worth having too: the program stays
 * awake for an interruption while a long simulation runs.
 */
export async function poolFor(
  jobs: readonly Job[],
  { jobs: threads, charts }: { readonly jobs: number; readonly charts: boolean },
): Promise<Pool> {
  let work = 0;
  let tasks = 0;
  for (const { plan } of jobs) {
    const runs = plan.experiment.replications.min;
    work += runs * requestsOf(plan) * REQUEST_SECONDS + (charts ? CHARTS_SECONDS : 0);
    tasks += runs;
  }
  if (work > WORTH_THREADS) {
    return threaded(new URL('./worker.js', import.meta.url), Math.max(1, Math.min(threads, tasks)));
  }
  const { crafts } = await import('./crafts.ts');
  if (work < WORTH_OPTIMISING) interpret();
  else compileLess();
  return inline((task) => carryOut(task, crafts));
}

const FAILED = { invariant: EXIT.invariant, 'too-short': EXIT.wrong, crash: EXIT.failedRuns } as const;

export function codeOf(outcome: Outcome): number {
  if (outcome.status === 'unwritten') return EXIT.cannotWrite;
  if (outcome.status === 'failed') return FAILED[outcome.failed];
  const verdict = overallVerdict(outcome.summary.objectives);
  if (verdict === 'missed' || verdict === 'no data') return EXIT.missed;
  return verdict === 'inconclusive' ? EXIT.inconclusive : EXIT.ok;
}

/** Tells at once what went wrong with a run. */
export function tellOutcome(outcome: Outcome, terminal: Terminal): void {
  const { plan } = outcome.job;
  const file = visible(outcome.job.file);
  if (outcome.status === 'unwritten') terminal.complain(outcome.message);
  if (outcome.status !== 'failed') return;
  const where = `${file}: seed ${plan.seed}, replication ${outcome.replication}`;
  terminal.error(
    outcome.failed === 'invariant'
      ? `cmeksim: ${where}: an invariant of the simulator was violated: ${outcome.message}\n` +
          `  This is a defect of cmeksim; there is no result. To see it again: ${replay(outcome)}`
      : outcome.failed === 'too-short'
        ? `cmeksim: ${file}: ${outcome.message}`
        : `cmeksim: ${where}: the run failed: ${outcome.message.split('\n')[0]}`,
  );
  if (process.env['CMEKSIM_DEBUG'] === '1') terminal.error(outcome.stack);
}

function replay({ job, replication }: Outcome & { status: 'failed' }): string {
  const words = ['cmeksim', 'run', job.file, '--seed', job.plan.seed];
  if (replication > 1) words.push('--replications', String(replication));
  words.push(...overrideWords(job.set ?? []));
  return commandLine(words);
}
