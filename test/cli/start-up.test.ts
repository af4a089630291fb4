/** What a command loads before it does anything: not how long that takes, which depends on the machine. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI, content, folder, ROOT } from './cmeksim.ts';

const DIST = join(CLI, '..');
const IMPORT = /^\s*(?:import|export)\s[^;'"]*?["']([^"']+)["']|^\s*import\s*["']([^"']+)["']/gm;
const REQUIRE = /(?<!=> )\brequire\(["']([^"']+)["']\)/g;
const BUILTIN = /getBuiltinModule\(["']([^"']+)["']\)/g;
const FIRST = /\bload\(["'](main-[^"']+)["']\)/g;

/** What is loaded with a file of dist/: its own files, and modules of Node and packages. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(DIST, file), 'utf8');
  for (const [, from, bare] of text.matchAll(IMPORT)) {
    add(from ?? bare);
  }
  for (const [, path] of text.matchAll(REQUIRE)) add(path);
  for (const [, path] of text.matchAll(BUILTIN)) add(path);
  for (const [, path] of text.matchAll(FIRST)) add(`./${path}`);
  return seen;

  function add(path: string): void {
    if (path.startsWith('./')) loadedWith(path.slice(2), seen);
    else seen.add(path);
  }
}

const chunk = (name: string, within: RegExp): string => {
  const found = readdirSync(DIST).filter(
    (file) =>
      file.startsWith(`chunk-${name}-`) &&
      file.endsWith('.cjs') &&
      within.test(readFileSync(join(DIST, file), 'utf8')),
  );
  expect(found).toHaveLength(1);
  return found[0];
};
const words = (files: ReadonlySet<string>): string[] =>
  [...files].map((file) => file.replace(/^(?:chunk-)?(.*)-[\w-]{8}\.c?js$/, '$1')).sort();

describe('what is loaded', () => {
  it('for help and for a mistyped option: the parser of arguments, and next to nothing else', () => {
    const files = loadedWith('cli.js');
    const modules = words(files).filter(
      (name) => !/^(cli\.js|boot\.js|main|rolldown-runtime|exit|terminal|version|visible)$/.test(name),
    );
    expect(modules.filter((name) => !name.startsWith('node:'))).toEqual([]);
    expect(modules.filter((name) => !/^node:(module|url|vm)$/.test(name))).toEqual([
      'node:events',
      'node:fs',
      'node:os',
      'node:path',
      'node:process',
      'node:util',
    ]);
    const text = [...files]
      .filter((file) => /\.c?js$/.test(file))
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

describe('what was compiled while building', () => {
  const place = folder();
  const dist = join(place, 'dist');
  const compiled = () => readdirSync(dist).filter((file) => file.endsWith('.compiled'));
  const run = (out: string, ...flags: string[]) => {
    const args = [...flags, join(dist, 'cli.js'), 'run', 'a.yaml', '--no-charts', '--quiet', '--out', out];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: place, encoding: 'utf8' });
    return { status, stdout, stderr, files: content(join(place, out)) };
  };
  let usual: ReturnType<typeof run>;

  beforeAll(() => {
    mkdirSync(dist);
    cpSync(DIST, dist, { recursive: true, filter: (path) => !path.endsWith('types') });
    symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'));
    symlinkSync(join(ROOT, 'package.json'), join(place, 'package.json'));
    writeFileSync(
      join(place, 'a.yaml'),
      'name: a\nduration: 1m\nservices:\n  - {name: a, location: europe-west3, load: 5/s}\n',
    );
    usual = run('usual');
  });
  afterAll(() => rmSync(place, { recursive: true }));

  it('is there for the Node that built, for everything that a short run loads', () => {
    const ends = new RegExp(
      `-[\\w-]{8}\\.cjs\\.${process.version}-${process.platform}-${process.arch}\\.compiled$`,
    );
    expect(compiled().every((file) => ends.test(file))).toBe(true);
    const names = compiled().map((file) => file.replace(/^(?:chunk-)?(.*)-[\w-]{8}\.cjs.*$/, '$1'));
    expect(names).toEqual(
      expect.arrayContaining(['main', 'run', 'load', 'schema', 'crafts', 'render', 'store']),
    );
    expect(usual).toMatchObject({ status: 0, stderr: '' });
  });

  it('is passed over where it is cut off, or Node is told to work otherwise, and results are the same', () => {
    expect(run('flags', '--no-opt')).toEqual(usual);
    for (const file of compiled()) {
      writeFileSync(join(dist, file), readFileSync(join(dist, file)).subarray(0, 1000));
    }
    expect(run('cut')).toEqual(usual);
  });

  it('can be missing', () => {
    for (const file of compiled()) rmSync(join(dist, file));
    expect(run('missing')).toEqual(usual);
  });
});
