/** The line that finishes an interrupted batch: the same call with the scenarios that are left. */
import type { Job, Outcome } from '../experiment/batch.ts';
import { commandLine, overrideWords } from '../report/invocation.ts';
import type { RunOptions } from './options.ts';

export function resumeLine(
  outcomes: readonly (Outcome | null)[],
  jobs: readonly Job[],
  options: Pick<RunOptions, 'out' | 'seed' | 'replications' | 'set' | 'charts' | 'jobs'> &
    Partial<RunOptions>,
): string {
  const left = jobs.filter((_, index) => outcomes[index] === null);
  const done = jobs.length - left.length;
  const words = ['npx', 'cmeksim', 'run', ...left.map((job) => job.file), '--out', options.out];
  if (options.seed !== undefined) words.push('--seed', options.seed);
  if (options.replications !== undefined) words.push('--replications', String(options.replications));
  words.push(...overrideWords(options.set));
  words.push('--jobs', String(options.jobs));
  if (!options.charts) words.push('--no-charts');
  if (options.force === true) words.push('--force');
  if (options.format === 'json') words.push('--format', 'json');
  for (const { name, file } of options.reporter ?? []) words.push('--reporter', `${name}=${file}`);
  if (options.quiet === true) words.push('--quiet');
  if (options.progress === false) words.push('--no-progress');
  return (
    `Interrupted with ${done} of ${jobs.length} scenarios finished; they are kept. To do the rest:\n` +
    `  ${commandLine(words)}`
  );
}
