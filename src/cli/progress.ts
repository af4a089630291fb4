/**
 * The progress line: how many runs are done, and how far the ones under way have come in simulated time.
 *
 * Workers note the simulated time in shared memory and nobody waits for anybody; a timer looks at it.
 */
import type { Job, Outcome } from '../experiment/batch.ts';
import { formatDuration } from '../scenario/quantities.ts';
import type { Terminal } from './terminal.ts';

const EVERY_MS = 200;

export interface Progress {
  readonly onPlay?: (job: Job, replication: number, progress: SharedArrayBuffer) => () => void;
  onOutcome(outcome: Outcome): void;
  end(): void;
}

export function watch(
  jobs: readonly Job[],
  options: { readonly progress: boolean; readonly quiet: boolean },
  terminal: Terminal,
): Progress {
  if (!options.progress || options.quiet || !process.stderr.isTTY) {
    return { onOutcome: () => {}, end: () => {} };
  }
  const under = new Map<SharedArrayBuffer, { readonly job: Job; readonly replication: number }>();
  let done = 0;
  const timer = setInterval(() => {
    const [first] = [...under].filter(([buffer]) => new Float64Array(buffer)[0] > 0);
    const parts = [`${done} of ${jobs.length} scenarios done`];
    if (first !== undefined) {
      const [buffer, { job, replication }] = first;
      const whole = job.plan.experiment.replications.max > 1 ? ` replication ${replication}` : '';
      const now = Math.floor(new Float64Array(buffer)[0]) * 1e9;
      parts.push(
        `${job.plan.name}${whole}: ${formatDuration(now)} of ${formatDuration(job.plan.duration)} simulated`,
      );
    }
    terminal.progress(parts.join(' · '));
  }, EVERY_MS);
  timer.unref();
  return {
    onPlay: (job, replication, buffer) => {
      under.set(buffer, { job, replication });
      return () => void under.delete(buffer);
    },
    onOutcome: () => void done++,
    end: () => {
      clearInterval(timer);
      terminal.progress('');
    },
  };
}
