/**
 * A batch: scenarios, each simulated as often as it asks to be and written as soon as it is done.
 *
 * Scenarios run side by side as threads are free; outcomes are told in the order of the batch. What goes wrong
 * with one is an outcome of that one, and the others go on.
 */
import { basename } from 'node:path';
import type { Plan } from '../model/plan.ts';
import type { Results, Summary } from '../probes/results.ts';
import type { Pool } from './pool.ts';
import { checkpoints, combine, enough, replicationsCsv } from './replicate.ts';
import { CannotWrite } from './store.ts';
import { pilotNumbers, warmUpOf } from './warm-up.ts';
import type { Answer, CalledAs, Failure, PlayTask, Rendered } from './tasks.ts';

export interface Job {
  readonly plan: Plan;
  /** The file the plan came from, as the caller named it. */
  readonly file: string;
  /** What was set differently from the file, as `PATH=VALUE`: part of any line that repeats the run. */
  readonly set?: readonly string[];
}

/** Of the path only the name: results do not depend on where the scenario lies, nor tell others of our folders. */
export const calledAs = ({ file, set = [] }: Job): CalledAs => ({ file: basename(file), set });

export type Outcome = Finished | Failed | Unwritten;

export interface Finished {
  readonly status: 'finished';
  readonly job: Job;
  readonly summary: Summary;
  /** As it was rendered; null where nothing was to be written. */
  readonly overview: unknown;
}

/** The run itself failed; the replication says in which. */
export interface Failed extends Failure {
  readonly status: 'failed';
  readonly job: Job;
  readonly replication: number;
}

/** It ran, and its results could not be written. */
export interface Unwritten {
  readonly status: 'unwritten';
  readonly job: Job;
  readonly message: string;
}

export interface BatchOptions {
  readonly pool: Pool;
  readonly charts: boolean;
  /** Puts the files of a finished run in place; left out where only the summaries are wanted. */
  readonly write?: (scenario: string, files: ReadonlyMap<string, string>) => void;
  /** Aborted: nothing new is begun, what is under way is abandoned, and its jobs have no outcome. */
  readonly signal?: AbortSignal;
  /** Told as each job ends. */
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Told as each replication begins; the buffer holds its simulated time in seconds. Ends with the returned call. */
  readonly onPlay?: (job: Job, replication: number, progress: SharedArrayBuffer) => () => void;
}

export interface Batch {
  /** In the order of the jobs; null where the batch was interrupted before that one ended. */
  readonly outcomes: readonly (Outcome | null)[];
  /** Requests that arrived, in all replications together. */
  readonly requests: number;
  /** CPU time spent simulating; with several threads that of the whole process meanwhile, charts included. */
  readonly cpuSeconds: number;
}

/** Runs every job and tells what became of each. */
export async function runBatch(jobs: readonly Job[], options: BatchOptions): Promise<Batch> {
  const { pool, signal } = options;
  const outcomes: (Outcome | null)[] = jobs.map(() => null);
  const tally: Tally = { requests: 0, cpuSeconds: 0 };
  const before = process.cpuUsage();
  let next = 0;
  // One more than there are threads, so that no thread waits while results are being written.
  const lanes = Array.from({ length: Math.min(pool.threads + 1, jobs.length) }, async () => {
    while (next < jobs.length && !signal?.aborted) {
      const index = next++;
      const outcome = await runJob(jobs[index], options, tally);
      if (outcome === null) continue;
      outcomes[index] = outcome;
      options.onOutcome?.(outcome);
    }
  });
  await Promise.all(lanes);
  if (pool.threads > 1) {
    const spent = process.cpuUsage(before);
    tally.cpuSeconds = (spent.user + spent.system) / 1e6;
  }
  return { outcomes, ...tally };
}

interface Tally {
  requests: number;
  cpuSeconds: number;
}

/** One job to its end; null where it was interrupted. */
async function runJob(job: Job, options: BatchOptions, tally: Tally): Promise<Outcome | null> {
  const { pool, charts, signal } = options;
  const play = async (
    plan: Plan,
    replications: readonly number[],
    want: (replication: number) => PlayTask['want'],
  ): Promise<readonly Answer[]> => {
    const answers = await Promise.all(
      replications.map(async (replication) => {
        const progress = new SharedArrayBuffer(8);
        const ended = options.onPlay?.(job, replication, progress);
        const answer = await pool.run({
          what: 'play',
          plan,
          calledAs: calledAs(job),
          replication,
          want: want(replication),
          charts,
          progress: options.onPlay === undefined ? null : progress,
        });
        ended?.();
        return answer;
      }),
    );
    for (const answer of answers) {
      if ('failed' in answer) continue;
      tally.cpuSeconds += answer.cpuSeconds;
      for (const { requests } of answer.summary!.services) {
        if (typeof requests.arrived === 'number') tally.requests += requests.arrived;
      }
    }
    return answers;
  };

  let { plan } = job;
  if (plan.experiment.horizon === 'steady-state') {
    const numbers = pilotNumbers(plan);
    const answers = await play(plan, numbers, () => 'curves');
    if (signal?.aborted) return null;
    const pilots: Results[] = [];
    for (const [index, answer] of answers.entries()) {
      if ('failed' in answer) return { status: 'failed', job, replication: numbers[index], ...answer };
      pilots.push(answer.results!);
    }
    const warmUp = warmUpOf(plan, pilots);
    if (warmUp === null) return tooShort(job);
    plan = { ...plan, warmUp };
  }

  const counts = checkpoints(plan.experiment.replications);
  const alone = counts.length === 1 && counts[0] === 1;
  const summaries: Summary[] = [];
  let results: Results | null = null;
  let rendered: Rendered | null = null;
  for (const count of counts) {
    const from = summaries.length + 1;
    const numbers = Array.from({ length: count - summaries.length }, (_, index) => from + index);
    const answers = await play(plan, numbers, (replication) =>
      options.write === undefined || replication > 1 ? 'summary' : alone ? 'files' : 'results',
    );
    if (signal?.aborted) return null;
    for (const [index, answer] of answers.entries()) {
      if ('failed' in answer) return { status: 'failed', job, replication: from + index, ...answer };
      summaries.push(answer.summary!);
      results ??= answer.results;
      rendered ??= answer.rendered;
    }
    if (enough(plan, summaries)) break;
  }

  const summary = combine(plan, summaries);
  if (options.write === undefined) return { status: 'finished', job, summary, overview: null };
  if (!alone) {
    const answer = await pool.run({ what: 'render', results: { ...results!, summary }, charts });
    if (signal?.aborted) return null;
    if ('failed' in answer) return { status: 'failed', job, replication: 1, ...answer };
    const { files, overview } = answer.rendered!;
    rendered = { files: new Map([...files, ['replications.csv', replicationsCsv(summaries)]]), overview };
  }
  try {
    options.write(plan.name, rendered!.files);
  } catch (error) {
    if (error instanceof CannotWrite) return { status: 'unwritten', job, message: error.message };
    throw error;
  }
  return { status: 'finished', job, summary, overview: rendered!.overview };
}

const tooShort = (job: Job): Failed => ({
  status: 'failed',
  job,
  replication: 1,
  failed: 'too-short',
  message:
    'the run is too short for a steady state: more than half of it would be warm-up; ' +
    'make `duration` longer, or say `horizon: terminating` if the beginning is what matters',
  stack: '',
});
