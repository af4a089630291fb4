/**
 * What the mutation run found, as two files to keep: reports/validation/mutation.csv has a row for each file,
 * reports/validation/survivors.md each mutant that no test noticed, and why it survives.
 *
 *   node test/mutation/report.mjs [FOLDER]
 *
 * FOLDER has the JSON reports of one run or of several over parts of the source (coverage/mutation where none is
 * named). A mutant that any of them killed is killed: a later run may ask the survivors only. What was measured on
 * another text of a file than the present one does not count, and the file is named as not measured, as is each
 * file of the configuration that no report has. Nothing here depends on the day or the machine.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REASONS } from './reasons.mjs';
import config from './stryker.config.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = process.argv[2] ?? join(root, 'coverage/mutation');
const out = join(root, 'reports/validation');

/** By file, then by what is mutated: the status that counts. */
const files = new Map();
const outdated = new Set();
for (const name of readdirSync(folder).sort()) {
  if (!name.endsWith('.json')) continue;
  for (const [file, { source, mutants }] of Object.entries(read(join(folder, name)).files)) {
    if (source !== readFileSync(join(root, file), 'utf8')) {
      outdated.add(file);
      continue;
    }
    const lines = source.split('\n');
    const known = files.get(file) ?? new Map();
    files.set(file, known);
    for (const mutant of mutants) {
      const { start, end } = mutant.location;
      const key = [start.line, start.column, end.line, end.column, mutant.mutatorName, mutant.replacement];
      const found = { ...mutant, was: original(lines, mutant.location), line: lines[start.line - 1].trim() };
      const before = known.get(String(key));
      if (before === undefined || rank(found) > rank(before)) known.set(String(key), found);
    }
  }
}

const wanted = config.mutate.filter((pattern) => !pattern.startsWith('!')).flatMap(matching);
const left = config.mutate
  .filter((pattern) => pattern.startsWith('!'))
  .flatMap((pattern) => matching(pattern.slice(1)));
const missing = wanted.filter((file) => !files.has(file) && !left.includes(file)).sort();

const rows = [...files.keys()].sort().map((file) => count(file, [...files.get(file).values()]));
const measured = rows.filter((row) => row.mutants > 0);
const total = count(
  'total',
  measured.flatMap((row) => row.all),
);
const table = [...measured, total].map(({ file, mutants, killed, timeout, survived, uncovered }) =>
  [file, mutants, killed, timeout, survived, uncovered, score({ mutants, killed, timeout })].join(','),
);
mkdirSync(out, { recursive: true });
writeFileSync(
  join(out, 'mutation.csv'),
  `${['file,mutants,killed,timeout,survived,no_coverage,score_percent', ...table].join('\n')}\n`,
);

const survivors = measured.flatMap(({ file, all }) =>
  all
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .sort(
      (a, b) =>
        a.location.start.line - b.location.start.line || a.location.start.column - b.location.start.column,
    )
    .map((mutant) => ({ file, mutant, reason: reasonOf(file, mutant) })),
);
const same = survivors.filter(({ reason }) => reason !== null).length;
const text = [
  '# Mutants that no test noticed',
  '',
  `Of ${total.mutants} mutants ${total.killed + total.timeout} were noticed (${score(total)} %), ${survivors.length} were not; ` +
    `of these ${same} change nothing that a test could see, for the reason named.`,
  '',
  'A mutant is one change of one expression. Not mutated: texts, and what is worked out when a file is loaded (tables).',
  '',
  ...(missing.length === 0
    ? []
    : [
        'Not measured:',
        '',
        ...missing.map((file) => `* ${file}${outdated.has(file) ? ' (changed since)' : ''}`),
        '',
      ]),
  '| Where | Mutation | Why it survives |',
  '| --- | --- | --- |',
  ...survivors.map(({ file, mutant, reason }) => {
    const change = `${code(mutant.was)} becomes ${code(mutant.replacement)}`;
    return `| ${file}:${mutant.location.start.line} | ${change} | ${reason ?? (mutant.status === 'NoCoverage' ? 'no test comes here' : 'no test notices')} |`;
  }),
  '',
];
writeFileSync(join(out, 'survivors.md'), text.join('\n'));

for (const row of [...measured, total]) console.log(`${score(row).padStart(6)} %  ${row.file}`);
if (missing.length > 0) console.log(`not measured: ${missing.join(', ')}`);

/** The files that a pattern of the configuration means: FOLDER/*.ts or FOLDER/{a,b}.ts. */
function matching(pattern) {
  const [, where, what] = /^(.*)\/([^/]+)\.ts$/.exec(pattern);
  const names = what === '*' ? null : what.replace(/[{}]/g, '').split(',');
  return readdirSync(join(root, where))
    .filter((name) => name.endsWith('.ts') && (names === null || names.includes(name.slice(0, -3))))
    .map((name) => `${where}/${name}`);
}

function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Of two findings about one mutant the higher counts: a busy machine may let one time out that survives at leisure. */
function rank({ status, statusReason }) {
  const isStatic = status === 'Ignored' && /static/i.test(statusReason ?? '');
  return ['Ignored', 'NoCoverage', 'Static', 'Timeout', 'Survived', 'Killed'].indexOf(
    isStatic ? 'Static' : status,
  );
}

function count(file, all) {
  const of = (status) => all.filter((mutant) => mutant.status === status).length;
  const [killed, timeout, survived, uncovered] = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(of);
  return {
    file,
    all,
    killed,
    timeout,
    survived,
    uncovered,
    mutants: killed + timeout + survived + uncovered,
  };
}

function score({ mutants, killed, timeout }) {
  return ((100 * (killed + timeout)) / mutants).toFixed(1);
}

/** What stands where the mutation was made, on one line. */
function original(lines, { start, end }) {
  if (start.line === end.line) return lines[start.line - 1].slice(start.column - 1, end.column - 1);
  return `${lines[start.line - 1].slice(start.column - 1)} …`;
}

function reasonOf(file, { was, replacement, line }) {
  const entry = REASONS.find(
    (each) =>
      each.file === file &&
      line.includes(each.line) &&
      (each.mutation === undefined || each.mutation === `${was} => ${replacement}`),
  );
  return entry === undefined ? null : entry.because;
}

function code(text) {
  const short = text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  return `\`${short.length > 70 ? `${short.slice(0, 70)}…` : short}\``;
}
