/**
 * Scenario files, read and made into plans.
 *
 * A path inside a scenario is relative to the file that it stands in, and is read by the same rules. What is
 * wrong with a file is told at once, all of it; the files that are right can still be run.
 */
import { dirname, resolve } from 'node:path';
import type { Job } from '../experiment/batch.ts';
import type { Plan } from '../model/plan.ts';
import {
  loadScenario,
  overrideOf,
  Unreadable,
  type Override,
  type ReadFile,
  type Sweep,
} from '../scenario/load.ts';
import { formatProblem } from '../scenario/messages.ts';
import type { Problem } from '../units/problem.ts';
import { visible } from '../units/visible.ts';
import { EXIT, Stop } from './exit.ts';
import type { LoadOptions } from './options.ts';
import { MOST_DATA_BYTES, MOST_SCENARIO_BYTES, readBytes } from './read-file.ts';
import type { Terminal } from './terminal.ts';

export interface Loaded {
  readonly file: string;
  readonly plan: Plan | null;
  readonly problems: readonly Problem[];
  readonly sweep: readonly Sweep[];
  /** Every override, as `PATH=VALUE`. */
  readonly set: readonly string[];
}

/** One scenario; `overrides` come after those of the options. */
export function loadFile(file: string, options: LoadOptions, overrides: readonly Override[] = []): Loaded {
  const all = [...options.set.map(overrideOf), ...overrides];
  const { plan, problems, sweep } = loadScenario(readNamed(file), file, {
    read: readBeside(file),
    overrides: all,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.replications === undefined ? {} : { replications: options.replications }),
  });
  return { file, plan, problems, sweep, set: all.map(({ path, value }) => `${path}=${value}`) };
}

/** The scenario of a command that takes one; its problems are told, and end the command. */
export function loadOne(
  file: string,
  options: LoadOptions,
  terminal: Terminal,
  overrides: readonly Override[] = [],
): Job & Pick<Loaded, 'sweep'> {
  const { plan, problems, sweep, set } = loadFile(file, options, overrides);
  tell(problems, terminal);
  if (plan === null) throw new Stop(EXIT.wrong, `${file}: not run, because of what is said above`);
  return { plan, file, sweep, set };
}

/** A scenario that is not run, and why not. */
export interface Refused {
  readonly file: string;
  /** From 1; where it is wrong. */
  readonly line: number;
  /** In one line. */
  readonly message: string;
}

/** The scenarios of a batch that can be run, and those that cannot. */
export function loadAll(
  files: readonly string[],
  options: LoadOptions,
  terminal: Terminal,
): { readonly jobs: readonly Job[]; readonly refused: readonly Refused[] } {
  const jobs: Job[] = [];
  const refused: Refused[] = [];
  const fileOf = new Map<string, string>();
  for (const file of files) {
    try {
      const { plan, problems, set } = loadFile(file, options);
      tell(problems, terminal);
      if (plan === null) {
        const { place, what, code } = problems.find(({ severity }) => severity === 'error')!;
        refused.push({ file, line: Math.max(1, place.line), message: `${what} [${code}]` });
        continue;
      }
      const first = fileOf.get(plan.name);
      if (first !== undefined) {
        terminal.error(
          `${visible(file)}: name: another scenario of this batch is called "${plan.name}" too: ${visible(first)} [DUPLICATE_SCENARIO]\n` +
            '  Results are kept by name; rename one of the two, or run them with different --out.',
        );
        refused.push({
          file,
          line: 1,
          message: `another scenario of this batch is called "${plan.name}" too [DUPLICATE_SCENARIO]`,
        });
        continue;
      }
      fileOf.set(plan.name, file);
      jobs.push({ plan, file, set });
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      terminal.complain(error.message);
      refused.push({ file, line: 1, message: error.message });
    }
  }
  return { jobs, refused };
}

/** Tells problems as messages; warnings are left out with --quiet. */
export function tell(problems: readonly Problem[], terminal: Terminal): void {
  for (const each of problems) {
    const text = formatProblem(each, { colour: terminal.colour });
    if (each.severity === 'error') terminal.error(text);
    else terminal.say(text);
  }
}

/** The content of a file that was named on the command line. */
export function readNamed(file: string): Uint8Array {
  try {
    return readBytes(file, MOST_SCENARIO_BYTES);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new Stop(EXIT.wrong, `${file}: cannot be read: ${error.message}`);
  }
}

/** Reads what a scenario names, relative to the folder of the scenario, in it or elsewhere. */
export const readBeside =
  (scenario: string): ReadFile =>
  (path) =>
    readBytes(resolve(dirname(scenario), path), MOST_DATA_BYTES);

export { reasonOf } from './read-file.ts';
