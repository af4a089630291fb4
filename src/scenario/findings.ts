/**
 * The problems found so far, and the document they are found in.
 *
 * A check names the path of the field it is about; place, source line and the path's text come from the document.
 * At most fifty are kept, with a last one that counts the rest.
 */
import type { Problem } from '../units/problem.ts';
import { pathText } from './issues.ts';
import { problem, wrong, type Wrong } from './messages.ts';
import { follow, type Value } from './source.ts';

export type Path = readonly (string | number)[];

export const MOST_PROBLEMS = 50;

export class Findings {
  readonly root: Value;
  readonly #problems: Problem[] = [];

  constructor(root: Value) {
    this.root = root;
  }

  /** A broken rule at a field; at the field above it where the field itself is not there. */
  add(found: Wrong, path: Path): void {
    this.#problems.push(problem(found, follow(this.root, path).place, pathText(this.root, path)));
  }

  addAll(problems: readonly Problem[]): void {
    this.#problems.push(...problems);
  }

  /** Whether the document has a value there. */
  has(path: Path): boolean {
    return follow(this.root, path).all;
  }

  /** In the order of the files and their lines; errors and warnings together. */
  all(): readonly Problem[] {
    return inOrder(this.#problems);
  }
}

export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = new Map<string, number>();
  for (const { place } of problems) if (!files.has(place.file)) files.set(place.file, files.size);
  const seen = new Set<string>();
  const sorted = [...problems]
    .sort(
      (a, b) =>
        files.get(a.place.file)! - files.get(b.place.file)! ||
        a.place.line - b.place.line ||
        a.place.column - b.place.column,
    )
    .filter((each) => {
      const key = `${each.place.file}\n${each.place.line}\n${each.place.column}\n${each.code}\n${each.path}\n${each.what}`;
      return !seen.has(key) && seen.add(key);
    });
  if (sorted.length <= MOST_PROBLEMS) return sorted;
  const shown = sorted.slice(0, MOST_PROBLEMS);
  const rest = sorted.slice(MOST_PROBLEMS);
  // The count is an error if any of what it stands for is one.
  const worst = rest.find((each) => each.severity === 'error') ?? rest[0];
  const last = problem(wrong.tooManyProblems(rest.length), worst.place, worst.path);
  return [...shown, { ...last, severity: worst.severity }];
}
