/**
 * Runs one program once and prints one line of JSON: node test/speed/one.mjs PROGRAM [SIZE] [key=value ...]
 *
 * One program a process, because what one program teaches the compiler makes the next one slower. SIZE is `small`,
 * `gate`, `full` or a number. What is timed is the CPU of the whole process, helper threads of the runtime included,
 * from the first to the last event; loading and preparing come before.
 *
 * Options: `--dist FOLDER` another build; `--warm` a run that is not timed before
 * the one that is (always at size `gate`); `--count` counts the random numbers drawn instead of timing; `--drag 0.2`
 * wastes a fifth of the time measured on top of it, to try whether anybody notices.
 */
import { pathToFileURL } from 'node:url';
import { join, resolve } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { countDraws } from './draws.mjs';
import { dist, load } from './programs.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: 'string', default: dist },
    count: { type: 'boolean', default: false },
    warm: { type: 'boolean', default: false },
    drag: { type: 'string', default: '0' },
  },
});
const [name, size = 'gate', ...settings] = positionals;
const program = await load(name);
const n = program.sizes[size] ?? Number(size);
// The kernel and the commands do without: nothing of ours is in their process.
const library = program.alone
  ? null
  : await import(pathToFileURL(join(resolve(values.dist), 'index.js')).href);
const options = Object.fromEntries(
  settings.map((setting) => setting.split('=')).map(([key, value]) => [key, Number(value)]),
);
const draws = values.count && library !== null ? countDraws(library.Stream) : null;

const collections = [];
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()));
observer.observe({ entryTypes: ['gc'] });
const drag = Number(values.drag);
const known = { ...options, drag, dist: resolve(values.dist) };
// A short run is for comparing runs: let the compiler have done most of its work before the clock starts.
if ((values.warm || size === 'gate') && !values.count && program.sizes.warm !== undefined) {
  await program.prepare(library, program.sizes.warm, known)();
}
const run = program.prepare(library, n, known);
const cpuBefore = process.cpuUsage();
const wallBefore = performance.now();
const outcome = await run();
waste(cpuBefore, drag);
const wall = performance.now() - wallBefore;
const cpu = outcome.cpu ?? spentSince(cpuBefore);
const { heapUsed, arrayBuffers } = process.memoryUsage();
await new Promise((tell) => setTimeout(tell, 0));
observer.disconnect();
const within = collections.filter(
  ({ startTime }) => startTime >= wallBefore && startTime < wallBefore + wall,
);

process.stdout.write(
  `${JSON.stringify({
    name: program.name,
    unit: program.unit,
    n: outcome.n,
    cpu: round(cpu),
    wall: round(outcome.wall ?? wall),
    ...(outcome.base !== undefined && { base: outcome.base }),
    ns: round((cpu * 1e6) / outcome.n),
    rss: round((outcome.rss ?? process.resourceUsage().maxRSS * 1024) / 1048576),
    heap: round(heapUsed / 1048576),
    buffers: round(arrayBuffers / 1048576),
    gc: { count: within.length, ms: round(within.reduce((sum, { duration }) => sum + duration, 0)) },
    work: { ...outcome.work, ...(draws !== null && { draws: draws.count() }) },
    ...(outcome.law && { law: outcome.law }),
    ...(outcome.notes && { notes: outcome.notes }),
  })}\n`,
);

function spentSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Works until a share more CPU is spent than was. */
function waste(before, share) {
  if (share === 0) return;
  const end = spentSince(before) * (1 + share);
  while (spentSince(before) < end);
}

function round(x) {
  return Math.round(x * 1000) / 1000;
}
