import { readFileSync, existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reachableFrom, ROOT, sourceFiles } from './support/sources.ts';

// A floor may import from itself and from the floors named behind it. `engine` and `rules` do not know each other.
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  units: [],
  engine: ['units'],
  rules: ['units'],
  model: ['engine', 'rules', 'units'],
  probes: ['model', 'engine', 'rules', 'units'],
  scenario: ['probes', 'model', 'engine', 'rules', 'units'],
  experiment: ['scenario', 'probes', 'model', 'engine', 'rules', 'units'],
  report: ['experiment', 'scenario', 'probes', 'model', 'engine', 'rules', 'units'],
  cli: ['report', 'experiment', 'scenario', 'probes', 'model', 'engine', 'rules', 'units'],
};
const floorOf = (path: string): string => path.split('/')[0];
const files = sourceFiles();
const inFloors = files.filter((file) => file.path.includes('/'));

describe('the house', () => {
  test('has the floors of ARCHITECTURE.md and no other', () => {
    expect([...new Set(inFloors.map((file) => floorOf(file.path)))].sort()).toEqual(
      Object.keys(FLOORS).sort(),
    );
  });

  test('imports look down', () => {
    const upward = inFloors.flatMap((file) =>
      file.imports
        .filter(
          (to) => floorOf(to) !== floorOf(file.path) && !FLOORS[floorOf(file.path)].includes(floorOf(to)),
        )
        .map((to) => `${file.path} imports ${to}`),
    );
    expect(upward).toEqual([]);
  });

  test('every import leads to a file', () => {
    const paths = new Set(files.map((file) => file.path));
    const missing = files.flatMap((file) =>
      file.imports.filter((to) => !paths.has(to) && !to.startsWith('../')).map((to) => `${file.path}: ${to}`),
    );
    expect(missing).toEqual([]);
  });

  test('every file opens with a paragraph that says what it is', () => {
    expect(
      files
        .filter((file) => !/^(#![^\n]*\n)?\/\*\*\n \* \S|^\/\*\* \S/.test(file.text))
        .map((file) => file.path),
    ).toEqual([]);
  });
});

describe('cmeksim/core', () => {
  const core = reachableFrom('core.ts', files);

  test('holds the model, the probes and the scenario loader', () => {
    const paths = core.map((file) => file.path);
    expect(paths).toContain('model/world.ts');
    expect(paths).toContain('probes/play.ts');
    expect(paths).toContain('scenario/load.ts');
  });

  test('reaches no Node module, so it runs in a browser', () => {
    const node = core.flatMap((file) =>
      file.packages.filter((name) => isBuiltin(name)).map((name) => `${file.path}: ${name}`),
    );
    expect(node).toEqual([]);
  });

  test('is built without an import of Node, whatever its packages ask for', () => {
    const dist = join(ROOT, 'dist');
    const visited = new Set<string>();
    const node: string[] = [];
    const visit = (name: string): void => {
      if (visited.has(name)) return;
      visited.add(name);
      const text = readFileSync(join(dist, name), 'utf8');
      for (const [, from] of text.matchAll(
        /(?:^|[;\n])\s*(?:import|export)\s*[^'"\n;]*?\bfrom\s*["']([^"']+)["']/g,
      )) {
        if (from.startsWith('.')) visit(from.replace(/^\.\//, ''));
        else if (isBuiltin(from)) node.push(`${name}: ${from}`);
      }
      for (const [, from] of text.matchAll(/\brequire\(["']([^"']+)["']\)/g))
        if (isBuiltin(from)) node.push(`${name}: require ${from}`);
    };
    expect(existsSync(join(dist, 'core.js'))).toBe(true);
    visit('core.js');
    expect(node).toEqual([]);
  });
});
