/**
 * What is about to be simulated, before it is: work of minutes and more is announced, work of hours is refused
 * unless --force says that it is meant.
 */
import type { Job } from '../experiment/batch.ts';
import { workloadOf, type Workload } from '../experiment/workload.ts';
import { EXIT, Stop } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** More events than this are a slip of the pen more often than a wish: over an hour of CPU. */
export const MOST_EVENTS = 1e10;
/** About a minute of CPU; less needs no word. */
const LONG_EVENTS = 1e8;
/** Requests that a second of CPU simulates, in a heavy scenario and in a light one; each is two events. */
const SPEEDS = [1e6, 2e6] as const;

/**
 * Announces long work.
 *
 * @throws Stop where all of it together is more than is done without --force
 */
export function foresee(
  jobs: readonly Job[],
  { force }: { readonly force: boolean },
  terminal: Terminal,
): void {
  const work = workloadOf(jobs.map(({ plan }) => plan));
  if (work.events <= LONG_EVENTS) return;
  if (!force) {
    const large = jobs.find((job) => isTooMuch(job));
    if (large !== undefined) throw new Stop(EXIT.wrong, refusal(large));
    if (work.events > MOST_EVENTS)
      throw new Stop(
        EXIT.wrong,
        `all together: ${tooMuch(work)}; run fewer scenarios or variants at a time, ${OR}`,
      );
  }
  terminal.say(`this is long work: ${inWords(work)}`);
}

/** Whether a job alone is more than is done without --force. */
export const isTooMuch = ({ plan }: Job): boolean => workloadOf([plan]).events > MOST_EVENTS;

const OR = 'or call it again with --force';

/** Why a job is not run, and what to do about it. */
export const refusal = ({ file, plan }: Job): string =>
  `${file}: ${tooMuch(workloadOf([plan]))}; lower the load, the duration or the replications, ${OR}`;

const tooMuch = (work: Workload): string =>
  `too much work: ${inWords(work)} (${short(work.events)} events, at most ${short(MOST_EVENTS)})`;

function inWords({ requests, replications, events }: Workload): string {
  const [slow, fast] = SPEEDS.map((speed) => timeText(events / 2 / speed));
  return (
    `about ${short(requests)} requests in ${short(replications)} run${replications === 1 ? '' : 's'}; ` +
    `at 1 to 2 million requests a second, ${fast} to ${slow} of CPU`
  );
}

/** Two digits are all that an estimate has. */
const short = (value: number): string =>
  value < 10_000 ? String(Math.round(value)) : value.toExponential(1).replace('.0', '').replace('e+', 'e');

function timeText(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}
