/**
 * What `sweep` and `find` share: one scenario with a few fields changed, run again and again, and the figures by
 * which the variants are compared. Every variant meets the same luck (same seed, same streams), so differences
 * between them are theirs.
 */
import { runBatch, type Job, type Outcome } from '../experiment/batch.ts';
import type { Pool } from '../experiment/pool.ts';
import type { Plan } from '../model/plan.ts';
import { objectiveHeading, objectiveValue, overallVerdict, verdictWords } from '../report/words.ts';
import type { Override } from '../scenario/load.ts';
import { EXIT, Stop } from './exit.ts';
import { foresee } from './foresight.ts';
import type { LoadOptions, RunOptions } from './options.ts';
import { poolFor, tellOutcome } from './run.ts';
import { loadOne } from './scenarios.ts';
import { interruptible } from './signals.ts';
import type { Terminal } from './terminal.ts';

export type ExperimentOptions = LoadOptions &
  Pick<RunOptions, 'jobs' | 'format' | 'quiet' | 'progress' | 'force'>;

/** The scenario with these fields changed; what is wrong with it ends the command. */
export const variant = (
  file: string,
  options: LoadOptions,
  overrides: readonly Override[],
  terminal: Terminal,
): Job => loadOne(file, options, terminal, overrides);

/** Runs work with a pool that suits `jobs`, and is ended by a signal. */
export async function withPool<T>(
  jobs: readonly Job[],
  options: { readonly jobs: number; readonly force: boolean },
  work: (runAll: (jobs: readonly Job[]) => Promise<readonly Outcome[]>) => Promise<T>,
  terminal: Terminal,
): Promise<T> {
  const pool: Pool = await poolFor(jobs, { jobs: options.jobs, charts: false });
  const interrupt = interruptible(() => pool.close());
  try {
    return await work(async (batch) => {
      foresee(batch, options, terminal);
      const { outcomes } = await runBatch(batch, {
        pool,
        charts: false,
        signal: interrupt.signal,
        onOutcome: (outcome) => tellOutcome(outcome, terminal),
      });
      const by = interrupt.by();
      if (by !== null) throw new Stop(EXIT[by], 'interrupted; nothing was written, call it again');
      return outcomes as readonly Outcome[];
    });
  } finally {
    interrupt.end();
    await pool.close();
  }
}

/** What is expected, with the service and the timeline entry that narrow it, for the heads of columns. */
export const objectiveHeadings = ({ objectives, services, timeline }: Plan): readonly string[] =>
  objectives.map(({ expect, service, during }) =>
    objectiveHeading({
      expect,
      service: service === null ? null : services[service].name,
      during: during === null ? null : timeline[during].name,
    }),
  );

/** One cell an objective, and the verdict over them. */
export function judgements(outcome: Outcome): readonly string[] {
  const { objectives } = outcome.job.plan;
  if (outcome.status !== 'finished') return [...objectives.map(() => '–'), outcome.status];
  return [
    ...outcome.summary.objectives.map((objective) => objectiveValue(objective)),
    verdictWords(overallVerdict(outcome.summary.objectives)),
  ];
}
