/**
 * The line that makes a page again: the command with the name of the file, every override and the seed.
 */
import type { Summary } from '../probes/results.ts';
import { shellWord } from './shell-word.ts';

/** `--accelerate` and `--set PATH=VALUE` as words of a command line. */
export const overrideWords = (set: readonly string[]): readonly string[] =>
  set.flatMap((each) => (each === 'mode=accelerated' ? ['--accelerate'] : ['--set', each]));

/** Words as one line that a shell takes back unchanged. */
export const commandLine = (words: readonly string[]): string => words.map(shellWord).join(' ');

/** The name of the scenario's file, or what it is probably called where nobody wrote that down. */
export const scenarioFile = ({ file, name }: Summary['scenario']): string => file ?? `${name}.yaml`;

/** What repeats a run, to be called in the folder of its scenario. */
export function runCommand({ scenario }: Summary): string {
  const { seed, replications, mode } = scenario;
  const set = scenario.set ?? (mode === 'accelerated' ? ['mode=accelerated'] : []);
  return commandLine([
    ...['cmeksim', 'run', scenarioFile(scenario), '--seed', seed],
    // Always given: the scenario may ask for another number.
    ...['--replications', String(replications)],
    ...overrideWords(set),
  ]);
}
