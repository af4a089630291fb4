/**
 * Plans for tests, from the YAML a reader would write.
 *
 * `planOf` throws with the messages a reader would see, so that a wrong fixture explains itself. `problemsOf`
 * gives the problems, warnings included. Files that the scenario names are handed over by their path.
 */
import type { Plan } from '../../src/model/plan.ts';
import { loadScenario, type LoadOptions } from '../../src/scenario/load.ts';
import { formatProblem } from '../../src/scenario/messages.ts';
import type { Problem } from '../../src/units/problem.ts';

export type TestFiles = Readonly<Record<string, string>>;

const optionsWith = (files: TestFiles): LoadOptions => ({
  read: (path) => (Object.hasOwn(files, path) ? files[path] : null),
});

/** The plan of a scenario; warnings are fine. */
export function planOf(yaml: string, files: TestFiles = {}, options: Partial<LoadOptions> = {}): Plan {
  const { plan, problems } = loadScenario(yaml, 'scenario.yaml', { ...optionsWith(files), ...options });
  if (plan === null) throw new Error(messagesOf(problems));
  return plan;
}

/** Errors and warnings of a scenario. */
export const problemsOf = (
  yaml: string,
  files: TestFiles = {},
  options: Partial<LoadOptions> = {},
): readonly Problem[] => loadScenario(yaml, 'scenario.yaml', { ...optionsWith(files), ...options }).problems;

/** Problems as a reader sees them, without colour. */
export const messagesOf = (problems: readonly Problem[]): string =>
  problems.map((each) => formatProblem(each, { colour: false })).join('\n');
