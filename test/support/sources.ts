/** The project's own source files and what they import, for the tests that walk them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface SourceFile {
  /** Relative to src, with forward slashes: `engine/event-queue.ts`. */
  readonly path: string;
  readonly text: string;
  /** Files of the project, relative to src. */
  readonly imports: readonly string[];
  /** Everything else: packages and Node modules. */
  readonly packages: readonly string[];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;

export function sourceFiles(): SourceFile[] {
  const src = join(ROOT, 'src');
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.ts')) {
        const text = readFileSync(path, 'utf8');
        const imports: string[] = [];
        const packages: string[] = [];
        for (const match of text.matchAll(IMPORT)) {
          const name = match[1] ?? match[2];
          if (name.startsWith('.')) imports.push(slashed(relative(src, join(dirname(path), name))));
          else packages.push(name);
        }
        files.push({ path: slashed(relative(src, path)), text, imports, packages });
      }
    }
  };
  walk(src);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** All files that can be reached from one by imports, itself included. */
export function reachableFrom(start: string, files: readonly SourceFile[]): SourceFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found = new Map<string, SourceFile>();
  const visit = (path: string): void => {
    const file = byPath.get(path);
    if (file === undefined || found.has(path)) return;
    found.set(path, file);
    file.imports.forEach(visit);
  };
  visit(start);
  return [...found.values()];
}

const slashed = (path: string): string => path.replaceAll('\\', '/');
