/**
 * `npm run bench:profile`: where the time goes, sampled; a table by class and a flame graph for each program.
 *
 *   node test/speed/profile.mjs [--only w1-model,w2-model,w2-ps,per-request] [--size full] [--dist FOLDER] [--label TEXT] [--out FOLDER]
 *
 * Methods are told under their class; what the compiler put into its caller is told as part of the caller.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flameGraph } from './flame.mjs';
import { dist } from './programs.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'w1-model,w2-model,w2-ps,per-request' },
    size: { type: 'string', default: 'full' },
    dist: { type: 'string', default: dist },
    label: { type: 'string', default: '' },
    out: { type: 'string', default: fileURLToPath(new URL('../../reports/speed/', import.meta.url)) },
  },
});
mkdirSync(values.out, { recursive: true });
const parts = [`# Where the time goes${values.label === '' ? '' : `: ${values.label}`}`, ''];
for (const name of values.only.split(',')) {
  const { tree, line } = profileOf(name);
  const total = tree.total;
  writeFileSync(join(values.out, `flame-${name}.svg`), flameGraph(tree, `${name}: CPU of the main thread`));
  parts.push(
    `## \`${name}\``,
    '',
    `${line.n} requests, ${line.ns.toFixed(0)} ns each while sampled. [Flame graph](flame-${name}.svg).`,
    '',
    '| class | share | methods |',
    '| --- | --- | --- |',
    ...byFile(tree).map(
      ([file, { self, functions }]) =>
        `| ${file} | ${percent(self / total)} | ${functions
          .filter(([, time]) => time / total >= 0.005)
          .map(([each, time]) => `\`${each}\` ${percent(time / total)}`)
          .join(', ')} |`,
    ),
    '',
  );
}
writeFileSync(join(values.out, 'profile.md'), parts.join('\n'));
process.stdout.write(parts.join('\n'));

function profileOf(name) {
  const folder = mkdtempSync(join(tmpdir(), 'cmeksim-profile-'));
  try {
    const one = fileURLToPath(new URL('one.mjs', import.meta.url));
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--cpu-prof', '--cpu-prof-dir', folder, one, name, values.size, '--dist', values.dist],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    const [file] = readdirSync(folder);
    return { tree: treeOf(JSON.parse(readFileSync(join(folder, file), 'utf8'))), line: JSON.parse(stdout) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The call tree with times in us: `{ name, file, self, total, children }`. */
function treeOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(
    nodes.map((node) => [node.id, { ...place(node.callFrame), self: 0, ids: node.children }]),
  );
  samples.forEach((id, at) => (byId.get(id).self += timeDeltas[at]));
  const grown = (node) => {
    const children = (node.ids ?? [])
      .map((id) => grown(byId.get(id)))
      .filter(({ name }) => name !== '(idle)');
    const total = node.self + children.reduce((sum, child) => sum + child.total, 0);
    return { name: node.name, file: node.file, self: node.self, total, children };
  };
  return grown(byId.get(nodes[0].id));
}

function byFile(tree) {
  const files = new Map();
  const visit = ({ name, file, self, children }) => {
    if (!files.has(file)) files.set(file, new Map());
    files.get(file).set(name, (files.get(file).get(name) ?? 0) + self);
    children.forEach(visit);
  };
  visit(tree);
  return [...files]
    .map(([file, functions]) => {
      const sorted = [...functions].sort((a, b) => b[1] - a[1]);
      return [file, { self: sorted.reduce((sum, [, time]) => sum + time, 0), functions: sorted }];
    })
    .filter(([, { self }]) => self / tree.total >= 0.005)
    .sort((a, b) => b[1].self - a[1].self);
}

function place({ functionName, url, lineNumber }) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url.startsWith('node:')) return { name, file: 'Node' };
  if (url === '') return { name, file: name === '(garbage collector)' ? 'garbage collector' : 'the runtime' };
  return { name, file: classAt(url, lineNumber) };
}

/** The class around a line of the build; its functions outside of classes are told by their file's part. */
function classAt(url, line) {
  classAt.known ??= new Map();
  if (!classAt.known.has(url)) {
    let name = null;
    const owners = readFileSync(fileURLToPath(url), 'utf8')
      .split('\n')
      .map((text) => {
        const opens = /^(?:export )?(?:(?:var|let|const) (\w+) = )?class (\w*)/.exec(text);
        if (opens !== null) name = opens[2] || opens[1];
        const owner = name;
        if (/^\}/.test(text)) name = null;
        return owner;
      });
    classAt.known.set(url, owners);
  }
  const file = url.slice(url.lastIndexOf('/') + 1);
  return classAt.known.get(url)[line] ?? (/^chunk-|^index|^core/.test(file) ? 'functions' : file);
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
