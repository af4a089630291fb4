/**
 * `npm run build`: src/ becomes dist/.
 *
 * Bundled, because reading a hundred small files would make up most of a short run; split, so that `--help` and
 * a mistyped option load the argument parser and nothing else, and a run without charts never loads the chart
 * library. The core is bundled once more on its own for browsers: one file that imports nothing.
 *
 * The commands, and what a worker thread does, are files that a loader of our own loads (src/cli/boot.ts), with what V8
 * compiled of them in a run that the build makes for that purpose. Without it they work the same, a tenth of a second later.
 *
 * Files are replaced one by one and whole, and only then are those of the last build removed, so that a program
 * that is running from dist/ meanwhile finds what it needs for as long as possible.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

/** Stays outside: the chart library loads only where charts are drawn, and tinypool finds its own worker file. */
const external = (source, importer) =>
  /^(vega(-|\/|$)|tinypool$|node:)/.test(source) && !isUnused(source, importer);

/**
 * Modules of Node that a library loads at once and needs for something we do not do: seedrandom looks for a source
 * of entropy, which a seeded stream has no use for and a browser has not got; commander can start commands that
 * are programs of their own, of which there are none, and loading that takes a quarter of the time of `--help`.
 */
const UNUSED = [
  ['crypto', 'seedrandom'],
  ['node:child_process', 'commander'],
];
const isUnused = (source, importer) =>
  UNUSED.some(([module, library]) => source === module && importer?.includes(`/${library}/`));
const leftOut = {
  name: 'left-out',
  resolveId: (source, importer) => (isUnused(source, importer) ? `\0left-out:${source}` : null),
  load: (id) => (id.startsWith('\0left-out:') ? 'export {};' : null),
};

/**
 * A field without a value says something to the compiler only. Left in, it would begin as undefined, and V8 would keep
 * whatever it holds later in a box: a simulated clock would make an object at every tick.
 */
const onlyDeclaredFields = {
  name: 'only-declared-fields',
  renderChunk: (code) =>
    without(
      code,
      (node) => node.type === 'PropertyDefinition' && node.value === null && node.key.type === 'Identifier',
    ),
};

/** What V8 takes from its compiled form has no way to import: the loader does it, under this name. */
const importsByLoader = {
  name: 'imports-by-loader',
  renderChunk: (code, _chunk, { format }) =>
    format === 'cjs' ? without(code, (node) => node.type === 'ImportExpression', asksLoader) : null,
};
const asksLoader = (text) => text.replace(/^import/, 'importModule');

/** The code with all such nodes taken out, or changed. */
function without(code, isOne, changed = () => '') {
  const found = [];
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (isOne(node)) found.push(node);
    for (const key in node) visit(node[key]);
  };
  visit(parseAst(code).body);
  let kept = '';
  let from = 0;
  for (const { start, end } of found) {
    kept += code.slice(from, start) + changed(code.slice(start, end));
    from = end;
  }
  return kept + code.slice(from);
}

/**
 * Constants are written where they are used: to V8 a `const` of a module is a place in memory that it reads each time, and
 * the layouts of tables are full of them. Names and lines stay as they are, for profiles and for whoever reads them.
 */
const CONSTANTS_FOLDED = {
  compress: {
    target: 'es2022',
    keepNames: { function: true, class: true },
    joinVars: false,
    sequences: false,
  },
  mangle: false,
  codegen: { removeWhitespace: false },
};

const forNode = { input: { index: 'src/index.ts' }, platform: 'node', external };
const start = {
  input: { cli: 'src/cli/cli.ts', worker: 'src/cli/worker.ts', boot: 'src/cli/boot.ts' },
  platform: 'node',
  external,
};
const program = {
  input: { main: 'src/cli/main.ts', 'carry-out': 'src/cli/carry-out.ts' },
  platform: 'node',
  external,
  format: 'cjs',
};
/** What the loader is asked for, as the source calls it, and the name that it has once it is bundled. */
const names = new Map();
const forBrowsers = { input: { core: 'src/core.ts' }, platform: 'browser' };

const END = { esm: 'js', cjs: 'cjs' };

/** What is run while building: enough of everything that most of what a short run calls is compiled. */
const SMALL = `
name: small
duration: 2m
services:
  - name: a
    location: europe-west3
    scaling: {maxInstanceCount: 5}
    maxInstanceRequestConcurrency: 2
    encryptionKey: projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k
    requests: {duration: {lognormal: {p50: 100ms, p99: 1s}}}
    load: {startRate: 5/s, stages: [{duration: 30s, target: 30/s}]}
keys:
  - {name: projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k, protectionLevel: HSM}
objectives:
  - {expect: "e2e_latencies.p99 < 60s"}
`;

/**
 * The commands of a short run, one after the other in one process; then what was compiled is written. Flags of V8 are
 * left alone, since compiled text is good for the flags that it was compiled under.
 */
const KEEP_COMPILED = `
import { renameSync, writeFileSync } from 'node:fs';
import v8 from 'node:v8';
import { pathToFileURL } from 'node:url';
const [dist, folder, first] = process.argv.slice(2);
const { compiledName, forget, load, scripts } = await import(pathToFileURL(dist + '/boot.js'));
v8.setFlagsFromString = () => {};
process.chdir(folder);
const write = process.stdout.write;
process.stdout.write = process.stderr.write = () => true;
const commands = [['run', 'small.yaml', '--no-charts'], ['check', 'small.yaml'], ['--help']];
let files = null;
process.on('beforeExit', () => {
  const command = commands.shift();
  if (command !== undefined) {
    process.argv = [process.argv[0], dist + '/cli.js', ...command];
    forget();
    load(first);
    setImmediate(() => {});
  } else if (files === null) {
    files = [];
    for (const [name, script] of scripts) {
      const file = compiledName(name);
      writeFileSync(file + '.new', script.createCachedData());
      renameSync(file + '.new', file);
      files.push(file);
    }
    // A verdict is no failure here.
    process.exitCode = 0;
    write.call(process.stdout, '\\n' + JSON.stringify(files));
  }
});
`;

const types = typeDeclarations();
const written = new Set();
for (const part of [forNode, program, start, forBrowsers]) {
  for (const { fileName, entry, text } of await bundle(part)) {
    if (entry !== null) names.set(`${entry}.cjs`, fileName);
    let named = text;
    for (const [name, file] of names) named = named.replaceAll(`"${name}"`, `"${file}"`);
    await replace(join(dist, fileName), named);
    written.add(join(dist, fileName));
  }
}
await chmod(join(dist, 'cli.js'), 0o755);
for (const file of await compile(names.get('main.cjs'))) written.add(file);
for (const file of await filesIn(dist)) {
  if (!written.has(file) && !relative(dist, file).startsWith(`types${sep}`)) await rm(file, { force: true });
}
const complaints = await types;
if (complaints !== '') {
  process.stderr.write(complaints);
  process.exitCode = 1;
}

async function bundle({ input, platform, external: outside, format = 'esm' }) {
  const build = await rolldown({
    cwd: root,
    input,
    platform,
    external: outside,
    plugins: [leftOut, onlyDeclaredFields, importsByLoader],
    checks: { pluginTimings: false },
  });
  const { output } = await build.generate({
    format,
    dir: dist,
    // What is compiled beforehand is found by name, so a name means one text for ever.
    entryFileNames: format === 'cjs' ? '[name]-[hash].cjs' : '[name].js',
    // Beside the entries: a module finds the worker and the bundled scenarios from its own place.
    chunkFileNames: `chunk-[name]-[hash].${END[format]}`,
    comments: format === 'esm',
    minify: CONSTANTS_FOLDED,
  });
  await build.close();
  return output.map(({ fileName, isEntry, name, code }) => ({
    fileName,
    entry: isEntry && format === 'cjs' ? name : null,
    text: format === 'esm' ? code : inAscii(code),
  }));
}

/** One byte a character, which is what the loader reads. */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Runs the program on a small scenario, and keeps what V8 compiled; the files that holds. */
async function compile(first) {
  const folder = await mkdtemp(join(tmpdir(), 'cmeksim-build-'));
  try {
    await writeFile(join(folder, 'small.yaml'), SMALL);
    await writeFile(join(folder, 'keep.mjs'), KEEP_COMPILED);
    const { code, text } = await node([join(folder, 'keep.mjs'), dist, folder, first]);
    if (code === 0) return JSON.parse(text.split('\n').at(-1));
    process.stderr.write(`nothing is compiled beforehand, so a run takes longer to start:\n${text}\n`);
    return [];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The compiler's complaints about src/, empty where it has none; its declarations land in dist/types. */
async function typeDeclarations() {
  const { code, text } = await node([
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['-p', 'tsconfig.types.json'],
    // What is known from the last build lies with its declarations, so that it goes when they go.
    ...['--incremental', '--tsBuildInfoFile', join(dist, 'types/.tsbuildinfo')],
  ]);
  return code === 0 ? '' : text || `tsc ended with ${code}\n`;
}

/** Runs Node to its end; what it said is both outputs together. */
function node(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}

async function replace(file, text) {
  if ((await readFile(file, 'utf8').catch(() => null)) === text) return;
  await mkdir(join(file, '..'), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, text);
  await rename(fresh, file);
}

async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
