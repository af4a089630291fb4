/**
 * `npm run build`: src/ becomes dist/.
 *
 * Bundled, because reading a hundred small files would make up most of a short run; split, so that `--help` and
 * a mistyped option load the argument parser and nothing else, and a run without charts never loads the chart
 * library. The core is bundled once more on its own for browsers: one file that imports nothing.
 *
 * Files are replaced one by one and whole, and only then are those of the last build removed, so that a program
 * that is running from dist/ meanwhile finds what it needs for as long as possible.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
  renderChunk: (code) => {
    const fields = [];
    const visit = (node) => {
      if (node === null || typeof node !== 'object') return;
      if (node.type === 'PropertyDefinition' && node.value === null && node.key.type === 'Identifier') {
        fields.push(node);
      }
      for (const key in node) visit(node[key]);
    };
    visit(parseAst(code).body);
    let kept = '';
    let from = 0;
    for (const { start, end } of fields) {
      kept += code.slice(from, start);
      from = end;
    }
    return kept + code.slice(from);
  },
};

const forNode = {
  input: { cli: 'src/cli/main.ts', worker: 'src/cli/worker.ts', index: 'src/index.ts' },
  platform: 'node',
  external,
};
const forBrowsers = { input: { core: 'src/core.ts' }, platform: 'browser' };

const types = typeDeclarations();
const written = new Set();
for (const part of [forNode, forBrowsers]) {
  for (const { fileName, text } of await bundle(part)) {
    await replace(join(dist, fileName), text);
    written.add(join(dist, fileName));
  }
}
await chmod(join(dist, 'cli.js'), 0o755);
for (const file of await filesIn(dist)) {
  if (!written.has(file) && !relative(dist, file).startsWith(`types${sep}`)) await rm(file, { force: true });
}
const complaints = await types;
if (complaints !== '') {
  process.stderr.write(complaints);
  process.exitCode = 1;
}

async function bundle({ input, platform, external: outside }) {
  const build = await rolldown({
    cwd: root,
    input,
    platform,
    external: outside,
    plugins: [leftOut, onlyDeclaredFields],
    checks: { pluginTimings: false },
  });
  const { output } = await build.generate({
    format: 'esm',
    dir: dist,
    entryFileNames: '[name].js',
    // Beside the entries: a module finds the worker and the bundled scenarios from its own place.
    chunkFileNames: 'chunk-[name]-[hash].js',
  });
  await build.close();
  return output.map((file) => ({ fileName: file.fileName, text: file.code ?? file.source }));
}

/** The compiler's complaints about src/, empty where it has none; its declarations land in dist/types. */
function typeDeclarations() {
  return new Promise((resolve, reject) => {
    const compiler = spawn(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        ...['-p', 'tsconfig.types.json'],
        // What is known from the last build lies with its declarations, so that it goes when they go.
        ...['--incremental', '--tsBuildInfoFile', join(dist, 'types/.tsbuildinfo')],
      ],
      { cwd: root },
    );
    let text = '';
    compiler.stdout.on('data', (data) => (text += data));
    compiler.stderr.on('data', (data) => (text += data));
    compiler.on('error', reject);
    compiler.on('close', (code) => resolve(code === 0 ? '' : text || `tsc ended with ${code}\n`));
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
