/**
 * `npm run bench`: how fast this build is, as ratios; `npm run bench -- --check`: whether it has become slower.
 *
 * Everything runs in rounds (rounds.mjs), medians count, and what is found is written to reports/speed. With --check
 * nothing is written; exit 99 says that a program is slower than the baseline allows, or does other work.
 * docs/manual/10-speed.md tells how to read it.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { charts } from './chart.mjs';
import { BASELINE, changes, doubtOf, judge, LIMIT, ROUNDS } from './gate.mjs';
import { dist, load, PROGRAMS } from './programs.mjs';
import { digestOf, historyLine, markdown } from './report.mjs';
import { round, runOne } from './rounds.mjs';
import { spread } from './spread.mjs';

const reports = fileURLToPath(new URL('../../reports/speed/', import.meta.url));
const HELP = `node test/speed/bench.mjs [options]

  --rounds N          rounds (default 5; with --declare 15)
  --size SIZE         full (default), gate or small
  --only A,B          these programs: ${PROGRAMS.join(', ')}
  --label TEXT        what this run is called in the reports (default: the version)
  --dist FOLDER       the build to measure (default: dist)
  --before FOLDER     another build, run beside this one; with --check instead of the baseline
  --beside "WORLD: TITLE = COMMAND"   a program of another kind that does the same world, run in the same rounds
                      (WORLD: w1, w2, w2-ps, simfaas); prints a line of JSON with n and cpu (ms); may be repeated
  --check             compare with the baseline and write nothing; exit 99 where something is slower or other
  --declare           measure, and make it the baseline
  --baseline FILE     default reports/speed/baseline.json
  --out FOLDER        default reports/speed
  --drag SHARE        waste that share of CPU in each program: shows that --check notices
`;

let options;
try {
  options = parseArgs({
    options: {
      rounds: { type: 'string' },
      size: { type: 'string' },
      only: { type: 'string' },
      label: { type: 'string' },
      dist: { type: 'string', default: dist },
      before: { type: 'string' },
      beside: { type: 'string', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      declare: { type: 'boolean', default: false },
      baseline: { type: 'string', default: join(reports, 'baseline.json') },
      out: { type: 'string', default: reports },
      drag: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  }).values;
} catch (error) {
  refuse(error.message);
}
if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (!existsSync(join(options.dist, 'index.js')))
  refuse(`there is no build in ${options.dist}: npm run build`);

const names = options.only?.split(',') ?? PROGRAMS;
const unknown = names.filter((name) => !PROGRAMS.includes(name));
if (unknown.length > 0) refuse(`there is no program ${unknown.join(', ')}`);
const programs = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await load(name)])));
const gated = names.filter((name) => programs[name].gated !== false);
const settings = {
  dist: resolve(options.dist),
  drag: Number(options.drag),
  worlds: Object.fromEntries(names.map((name) => [name, programs[name].world])),
  beside: options.beside.map(besideOf),
  ...(options.before !== undefined && { before: resolve(options.before) }),
};
const machine = { node: process.version.slice(1), cpu: cpus()[0]?.model ?? 'unknown processor' };

if (options.check) process.exitCode = await check();
else if (options.declare) await declare();
else await bench();

async function bench() {
  const rounds = wholeNumber(options.rounds ?? '5');
  const size = options.size ?? 'full';
  const samples = await inRounds(names, rounds, size);
  const found = {
    label: options.label ?? JSON.parse(readFileSync(new URL('../../package.json', import.meta.url))).version,
    ...machine,
    size,
    rounds: samples[names[0]].length,
    kernelNs: spread(Object.values(samples).flatMap((all) => all.map(({ kernel }) => kernel))).median,
    programs: names.map((name) => digestOf(programs[name], samples[name])),
  };
  mkdirSync(options.out, { recursive: true });
  const history = join(options.out, 'history.jsonl');
  appendFileSync(history, `${historyLine(found)}\n`);
  writeFileSync(join(options.out, 'latest.json'), `${JSON.stringify(found, null, 2)}\n`);
  writeFileSync(join(options.out, 'latest.md'), markdown(found));
  const runs = readFileSync(history, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const [file, text] of Object.entries(await charts(found, runs))) {
    writeFileSync(join(options.out, file), text);
  }
  process.stdout.write(markdown(found));
}

/** Measures and counts at the size of the gate, and writes what is found down as what is to be. */
async function declare() {
  const counted = await countAll();
  const samples = await inRounds(gated, wholeNumber(options.rounds ?? String(BASELINE.rounds)), 'gate');
  const doubt = (name) => doubtOf(spread(samples[name].map(({ ratio }) => ratio)));
  // A baseline that is off hides a slow-down or cries wolf for ever: on a noisy machine, more rounds.
  for (;;) {
    const vague = gated.filter(
      (name) => doubt(name) > BASELINE.doubt && samples[name].length < BASELINE.most,
    );
    if (vague.length === 0 || options.rounds !== undefined) break;
    add(samples, await round(vague, { ...settings, size: 'gate' }));
  }
  const old = existsSync(options.baseline) ? JSON.parse(readFileSync(options.baseline, 'utf8')) : null;
  const baseline = { ...(old ?? {}), ...machine, programs: { ...old?.programs } };
  for (const name of gated) {
    const { median, low, high, count } = spread(samples[name].map(({ ratio }) => ratio));
    baseline.programs[name] = {
      ratio: rounded(median),
      low: rounded(low),
      high: rounded(high),
      rounds: count,
    };
    baseline.programs[name].work = counted[name];
    const was = old?.programs[name];
    say(`${name}: ${rounded(median)}${was === undefined ? '' : `, was ${was.ratio}`}`);
    for (const change of was === undefined ? [] : changes(was.work, counted[name])) say(`  ${change}`);
  }
  mkdirSync(join(options.baseline, '..'), { recursive: true });
  writeFileSync(options.baseline, `${JSON.stringify(baseline, null, 2)}\n`);
}

async function check() {
  const baseline = options.before === undefined ? readBaseline() : null;
  const expected = baseline?.programs ?? (await countAll(settings.before));
  const known = gated.filter((name) => expected[name] !== undefined);
  for (const name of gated) if (!known.includes(name)) say(`${name}: not in the baseline, passed over`);
  let failed = false;
  const counted = await countAll(settings.dist, known);
  for (const name of known) {
    for (const change of changes(baseline === null ? expected[name] : expected[name].work, counted[name])) {
      failed = true;
      say(`✗ ${name} does other work. ${change}`);
    }
  }
  const samples = Object.fromEntries(known.map((name) => [name, []]));
  const verdicts = {};
  for (let rounds = 0, open = known; open.length > 0; rounds++) {
    add(samples, await round(open, { ...settings, size: 'gate', beforeFirst: rounds % 2 === 1 }));
    for (const name of open) {
      const ratios = samples[name].map(({ ratio, toBefore }) => toBefore ?? ratio);
      verdicts[name] =
        baseline === null ? judge(ratios, 1) : judge(ratios, expected[name].ratio, expected[name].doubt);
    }
    open = open.filter((name) => verdicts[name].verdict === 'unsure');
    if (rounds + 1 >= ROUNDS.first && open.length > 0)
      say(`… ${rounds + 1} rounds, not sure yet of ${open.join(', ')}`);
  }
  for (const name of known) {
    const { worse, doubt, ratio, verdict } = verdicts[name];
    const is = `${percent(worse - 1)} ± ${percent(doubt)} (ratio ${rounded(ratio.median)}, ${ratio.count} rounds)`;
    say(`${verdict === 'slower' ? '✗' : '✓'} ${name}: ${is}`);
    if (verdict === 'slower') failed = true;
  }
  say(
    failed
      ? `Slower by more than ${percent(LIMIT - 1)}, or other work. If it is meant to be so: npm run bench -- --declare`
      : 'No program is slower than it may be, and all do the work they did.',
  );
  return failed ? 99 : 0;
}

/** Work, numbers drawn included, of one run of each program at the size of the gate. */
async function countAll(build = settings.dist, which = gated) {
  const counted = {};
  for (const name of which) {
    counted[name] = (await runOne(name, { size: 'gate', dist: build, count: true })).work;
  }
  return counted;
}

async function inRounds(which, rounds, size) {
  const samples = Object.fromEntries(which.map((name) => [name, []]));
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (interrupted = true));
  for (let at = 1; at <= rounds && !interrupted; at++) {
    try {
      add(samples, await round(which, { ...settings, size, beforeFirst: at % 2 === 0 }));
    } catch (error) {
      // The terminal interrupts the program under way too. What is complete still counts.
      if (!interrupted || at === 1) throw error;
      break;
    }
    process.stderr.write(`round ${at} of ${rounds}\n`);
  }
  for (const name of which) {
    const works = new Set(samples[name].map(({ line }) => JSON.stringify(line.work)));
    if (works.size > 1)
      throw new Error(`${name} did not do the same work every time: ${[...works].join(' ')}`);
  }
  return samples;
}

function add(samples, more) {
  for (const [name, sample] of Object.entries(more)) samples[name].push(sample);
}

function readBaseline() {
  if (!existsSync(options.baseline))
    refuse(`there is no baseline ${options.baseline}: npm run bench -- --declare`);
  const baseline = JSON.parse(readFileSync(options.baseline, 'utf8'));
  if (baseline.cpu !== machine.cpu || baseline.node.split('.')[0] !== machine.node.split('.')[0]) {
    say(
      `note: the baseline is of Node ${baseline.node} on ${baseline.cpu}. Ratios carry over roughly; to be certain, ` +
        'compare two builds on this machine with --before.',
    );
  }
  return baseline;
}

function besideOf(text) {
  const match = /^([\w-]+):\s*([^=]+?)\s*=\s*(.+)$/.exec(text);
  if (match === null) refuse(`--beside takes "WORLD: TITLE = COMMAND", not "${text}"`);
  return { world: match[1], title: match[2], command: match[3] };
}

function wholeNumber(text) {
  const number = Number(text);
  if (!(Number.isInteger(number) && number >= 1))
    refuse(`--rounds takes a whole number from 1, not "${text}"`);
  return number;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function refuse(message) {
  process.stderr.write(`${message}\n(--help for all options)\n`);
  process.exit(2);
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function rounded(x) {
  return Number(x.toPrecision(4));
}
