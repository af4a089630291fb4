/**
 * Scenario files, read and made into plans.
 *
 * A path inside a scenario is relative to the file that it stands in, and is read by the same rules. What is
 * wrong with a file is told at once, all of it; the files that are right can still be run.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Job } from '../experiment/batch.ts';
import type { Plan } from '../model/plan.ts';
import { loadScenario, overrideOf, type Override, type Sweep } from '../scenario/load.ts';
import { formatProblem } from '../scenario/messages.ts';
import type { Problem } from '../units/problem.ts';
import { EXIT, Stop } from './exit.ts';
import type { LoadOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface Loaded {
  readonly file: string;
  readonly plan: Plan | null;
  readonly problems: readonly Problem[];
  readonly sweep: readonly Sweep[];
}

/** One scenario; `overrides` come after those of the options. */
export function loadFile(file: string, options: LoadOptions, overrides: readonly Override[] = []): Loaded {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Stop(EXIT.wrong, `${file}: cannot be read: ${reasonOf(error)}`);
  }
  const { plan, problems, sweep } = loadScenario(bytes, file, {
    read: (path) => readFileSync(resolve(dirname(file), path)),
    overrides: [...options.set.map(overrideOf), ...overrides],
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.replications === undefined ? {} : { replications: options.replications }),
  });
  return { file, plan, problems, sweep };
}

/** The scenario of a command that takes one; its problems are told, and end the command. */
export function loadOne(
  file: string,
  options: LoadOptions,
  terminal: Terminal,
  overrides: readonly Override[] = [],
): Job & Pick<Loaded, 'sweep'> {
  const { plan, problems, sweep } = loadFile(file, options, overrides);
  tell(problems, terminal);
  if (plan === null) throw new Stop(EXIT.wrong, `${file}: not run, because of what is said above`);
  return { plan, file, sweep };
}

/** The scenarios of a batch that can be run, and how many cannot. */
export function loadAll(
  files: readonly string[],
  options: LoadOptions,
  terminal: Terminal,
): { readonly jobs: readonly Job[]; readonly wrong: number } {
  const jobs: Job[] = [];
  let wrongFiles = 0;
  const fileOf = new Map<string, string>();
  for (const file of files) {
    try {
      const { plan, problems } = loadFile(file, options);
      tell(problems, terminal);
      if (plan === null) {
        wrongFiles++;
        continue;
      }
      const first = fileOf.get(plan.name);
      if (first !== undefined) {
        terminal.error(
          `${file}: name: another scenario of this batch is called "${plan.name}" too: ${first} [DUPLICATE_SCENARIO]\n` +
            '  Results are kept by name; rename one of the two, or run them with different --out.',
        );
        wrongFiles++;
        continue;
      }
      fileOf.set(plan.name, file);
      jobs.push({ plan, file });
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      terminal.error(`cmeksim: ${error.message}`);
      wrongFiles++;
    }
  }
  return { jobs, wrong: wrongFiles };
}

/** Tells problems as messages; warnings are left out with --quiet. */
export function tell(problems: readonly Problem[], terminal: Terminal): void {
  for (const each of problems) {
    const text = formatProblem(each, { colour: terminal.colour });
    if (each.severity === 'error') terminal.error(text);
    else terminal.say(text);
  }
}

/** Why something cannot be read, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'no such file',
    EACCES: 'permission is denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is not a folder',
  };
  return words[code ?? ''] ?? message;
}
