/**
 * The progress line: how many scenarios are done, how far the run under way has come in simulated time, how many requests
 * are simulated a second, and how long it will take.
 *
 * Workers note the simulated time in shared memory and nobody waits for anybody; a timer looks at it. How many requests
 * that is follows from the load, so that nobody has to count for this: an estimate, and good enough for one.
 */
import type { Job, Outcome } from '../experiment/batch.ts';
import { requestsOf } from '../experiment/workload.ts';
import { formatDuration } from '../scenario/quantities.ts';
import { SECOND } from '../units/time.ts';
import type { Terminal } from './terminal.ts';

const EVERY_MS = 200;
/** Before, a speed would be one of starting up. */
const SPEED_AFTER_SECONDS = 1;

export interface Progress {
  readonly onPlay?: (job: Job, replication: number, progress: SharedArrayBuffer) => () => void;
  onOutcome(outcome: Outcome): void;
  end(): void;
}

/** A run under way: of which job, and how far it has come in simulated time, s. */
export interface Underway {
  readonly job: Job;
  readonly replication: number;
  readonly simulated: number;
}

export function watch(
  jobs: readonly Job[],
  options: { readonly progress: boolean; readonly quiet: boolean },
  terminal: Terminal,
): Progress {
  if (!options.progress || options.quiet || !process.stderr.isTTY) {
    return { onOutcome: () => {}, end: () => {} };
  }
  const under = new Map<SharedArrayBuffer, Omit<Underway, 'simulated'>>();
  const began = performance.now();
  let done = 0;
  /** Requests of runs that have ended. */
  let finished = 0;
  const timer = setInterval(() => {
    const underway = [...under].map(([buffer, run]) => ({ ...run, simulated: new Float64Array(buffer)[0] }));
    terminal.progress(progressLine(jobs, done, finished, underway, (performance.now() - began) / 1000));
  }, EVERY_MS);
  timer.unref();
  return {
    onPlay: (job, replication, buffer) => {
      under.set(buffer, { job, replication });
      return () => {
        under.delete(buffer);
        finished += requestsOf(job.plan);
      };
    },
    onOutcome: () => void done++,
    end: () => {
      clearInterval(timer);
      terminal.progress('');
    },
  };
}

/**
 * The line after so many seconds.
 *
 * @param done scenarios that are done
 * @param finished requests of the runs that have ended
 */
export function progressLine(
  jobs: readonly Job[],
  done: number,
  finished: number,
  underway: readonly Underway[],
  seconds: number,
): string {
  const parts = [`${done} of ${jobs.length} scenarios done`];
  const first = underway.find(({ simulated }) => simulated > 0);
  if (first !== undefined) {
    const { job, replication, simulated } = first;
    const { name, duration, experiment } = job.plan;
    const which = experiment.replications.max > 1 ? ` replication ${replication}` : '';
    const now = Math.floor(simulated) * SECOND;
    parts.push(`${name}${which}: ${formatDuration(now)} of ${formatDuration(duration)} simulated`);
  }
  let simulatedRequests = finished;
  for (const { job, simulated } of underway) simulatedRequests += requestsOf(job.plan, simulated * SECOND);
  if (seconds < SPEED_AFTER_SECONDS || simulatedRequests === 0) return parts.join(' · ');
  let all = 0;
  for (const { plan } of jobs) all += plan.experiment.replications.max * requestsOf(plan);
  const speed = simulatedRequests / seconds;
  parts.push(`${short(speed)} requests/s`);
  // Runs that find the warm-up come on top, and what ends when it is precise enough may end sooner.
  const left = Math.max(0, all - simulatedRequests) / speed;
  const atMost = jobs.some(
    ({ plan: { experiment } }) => experiment.replications.max > experiment.replications.min,
  );
  parts.push(`${atMost ? 'at most ' : ''}${formatDuration(Math.ceil(left) * SECOND)} left`);
  return parts.join(' · ');
}

const short = (x: number): string =>
  x >= 1e9
    ? `${(x / 1e9).toFixed(1)} G`
    : x >= 1e6
      ? `${(x / 1e6).toFixed(1)} M`
      : x >= 1e3
        ? `${(x / 1e3).toFixed(0)} k`
        : x.toFixed(0);
