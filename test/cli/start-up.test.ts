/** What a command loads before it does anything: not how long that takes, which depends on the machine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLI } from './cmeksim.ts';

const DIST = join(CLI, '..');
const IMPORT = /^\s*(?:import|export)\s[^;'"]*?["']([^"']+)["']|^\s*import\s*["']([^"']+)["']/gm;
const REQUIRE = /__require\(["']([^"']+)["']\)/g;

/** What is loaded with a file of dist/: its own files, and modules of Node and packages. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(DIST, file), 'utf8');
  for (const [, from, bare] of text.matchAll(IMPORT)) {
    const path = from ?? bare;
    if (path.startsWith('./')) loadedWith(path.slice(2), seen);
    else seen.add(path);
  }
  for (const [, path] of text.matchAll(REQUIRE)) seen.add(path);
  return seen;
}

const chunk = (name: string, within: RegExp): string => {
  const found = readdirSync(DIST).filter(
    (file) => file.startsWith(`chunk-${name}-`) && within.test(readFileSync(join(DIST, file), 'utf8')),
  );
  expect(found).toHaveLength(1);
  return found[0];
};
const words = (files: ReadonlySet<string>): string[] =>
  [...files].map((file) => file.replace(/^chunk-(.*)-[\w-]{8}\.js$/, '$1')).sort();

describe('what is loaded', () => {
  it('for help and for a mistyped option: the parser of arguments, and next to nothing else', () => {
    const files = loadedWith('cli.js');
    const modules = words(files).filter(
      (name) => !/^(cli\.js|rolldown-runtime|exit|terminal|version|visible)$/.test(name),
    );
    expect(modules.filter((name) => !name.startsWith('node:'))).toEqual([]);
    expect(modules.filter((name) => name !== 'node:module')).toEqual([
      'node:events',
      'node:fs',
      'node:os',
      'node:path',
      'node:process',
      'node:util',
    ]);
    const text = [...files]
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(join(DIST, file), 'utf8'));
    for (const heavy of ['ZodType', 'LineCounter', 'Tinypool', 'seedrandom'])
      expect(text.join('').includes(heavy), heavy).toBe(false);
  });

  it('for a run: neither the chart library nor the pool of threads, which come where they are used', () => {
    const files = words(loadedWith(chunk('run', /async function run\(/)));
    expect(files).toContain('load');
    expect(files.filter((name) => /vega|tinypool|child_process|worker_threads/.test(name))).toEqual([]);
  });

  it('for explain: nothing that simulates', () => {
    const files = words(loadedWith(chunk('explain', /function explain\(/)));
    expect(files.filter((name) => /^(play|run|pool|store|render)$|vega|tinypool/.test(name))).toEqual([]);
  });
});
