/**
 * `npm run bench:scaling`: what a request costs as the world grows, and what it takes in memory.
 *
 *   node test/speed/scaling.mjs [--rounds 5] [--n 2e6] [--dist FOLDER] [--label TEXT] [--out FOLDER]
 *     [--beside "w1: TITLE = COMMAND with {n} {servers}"] [--beside "w2: TITLE = COMMAND with {rate} {seconds}"]
 *
 * All sizes in turn, round after round, the compiler's work before the clock starts. Beside programs of another kind, what counts is the ratio to them at the same
 * size, over the ratio at the smallest: caches are too small for both.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { dist } from './programs.mjs';
import { runBeside, runOne } from './rounds.mjs';
import { spread } from './spread.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    n: { type: 'string', default: '2e6' },
    dist: { type: 'string', default: dist },
    label: { type: 'string', default: '' },
    out: { type: 'string', default: fileURLToPath(new URL('../../reports/speed/', import.meta.url)) },
    beside: { type: 'string', multiple: true, default: [] },
  },
});
const n = Number(values.n);
const besides = Object.fromEntries(
  values.beside.map((text) => {
    const [, world, title, command] = /^([\w-]+):\s*([^=]+?)\s*=\s*(.+)$/.exec(text);
    return [world, { title, command }];
  }),
);

const SERIES = [
  {
    title: 'servers, on the engine',
    program: 'w1-engine',
    world: 'w1',
    of: [10, 100, 1000, 10_000, 100_000].map((servers) => ({ size: servers, settings: { servers } })),
  },
  {
    title: 'instances of concurrency 1, the whole product',
    program: 'w1-model',
    world: 'w1',
    of: [10, 100, 1000, 10_000].map((instances) => ({
      size: instances,
      settings: { instances },
      with: { servers: instances },
    })),
  },
  {
    title: 'requests in flight during the rush, the whole product',
    program: 'w2-model',
    world: 'w2',
    of: [50, 500, 5000, 50_000].map((rate) => ({
      size: 2 * rate,
      settings: { rate },
      with: { rate, seconds: Math.max(12, 12 * Math.round(n / (16 * rate))) },
    })),
  },
];

const samples = SERIES.map(({ of }) => of.map(() => []));
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const [s, { program, world, of }] of SERIES.entries()) {
    for (const [at, { settings, with: fill = settings }] of of.entries()) {
      const ours = await runOne(program, {
        size: n,
        warm: true,
        dist: values.dist,
        settings: Object.entries(settings).map(([key, value]) => `${key}=${value}`),
      });
      const other = besides[world] && (await runBeside(filled(besides[world], { n, ...fill })));
      samples[s][at].push({ ns: ours.ns, rss: ours.rss, ratio: other && ours.ns / other.ns });
    }
  }
  process.stderr.write(`round ${round} of ${values.rounds}\n`);
}

const series = SERIES.map(({ title, program, world, of }, s) => {
  const beside = besides[world]?.title ?? null;
  const rows = of.map(({ size }, at) => ({
    size,
    ns: spread(samples[s][at].map(({ ns }) => ns)),
    rssMb: spread(samples[s][at].map(({ rss }) => rss)).median,
    ...(beside !== null && { ratio: spread(samples[s][at].map(({ ratio }) => ratio)) }),
  }));
  const growth = (key) => rows.at(-1)[key].median / rows[0][key].median;
  return {
    title,
    program,
    beside,
    rows,
    growth: { ns: growth('ns'), ...(beside !== null && { ratio: growth('ratio') }) },
  };
});
const memory = await memoryOfOne();
const found = {
  label: values.label,
  node: process.version.slice(1),
  cpu: cpus()[0]?.model,
  rounds: Number(values.rounds),
  n,
  series,
  memory,
};
mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, 'scaling.json'), `${JSON.stringify(found, null, 2)}\n`);
writeFileSync(join(values.out, 'scaling.md'), markdown(found));
process.stdout.write(markdown(found));

/** Bytes a request in flight: a million of them against a thousand. */
async function memoryOfOne() {
  const few = await runOne('in-flight', { size: 1000, dist: values.dist });
  const many = await runOne('in-flight', { size: 1_000_000, dist: values.dist });
  const more = many.n - few.n;
  return {
    inFlight: many.n,
    bytesOfTables: (many.notes.buffers - few.notes.buffers) / more,
    bytesOfPeakRss: ((many.rss - few.rss) * 1048576) / more,
  };
}

function filled({ title, command }, facts) {
  return { title, command: command.replace(/\{(\w+)\}/g, (_, key) => String(facts[key])) };
}

function markdown({ label, node, cpu, rounds, series: all, memory: one }) {
  const tables = all.flatMap(({ title, program, beside, rows, growth }) => [
    `## ${title[0].toUpperCase()}${title.slice(1)} (\`${program}\`)`,
    '',
    `| how many | CPU a request | ${beside === null ? '' : `times ${beside} | `}peak RSS, MB |`,
    `| --- | --- | ${beside === null ? '' : '--- | '}--- |`,
    ...rows.map(
      ({ size, ns, ratio, rssMb }) =>
        `| ${size} | ${ns.median.toFixed(0)} ns (${ns.low.toFixed(0)}–${ns.high.toFixed(0)}) | ` +
        `${ratio === undefined ? '' : `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}) | `}${rssMb.toFixed(0)} |`,
    ),
    '',
    `From the smallest to the largest: CPU × ${growth.ns.toFixed(2)}` +
      `${growth.ratio === undefined ? '' : `, the ratio × ${growth.ratio.toFixed(2)}`}.`,
    '',
  ]);
  return [
    `# Speed and memory as the world grows${label === '' ? '' : `: ${label}`}`,
    '',
    `${rounds} rounds, Node ${node}, ${cpu}; medians with quartiles.`,
    '',
    ...tables,
    '## A request in flight',
    '',
    `With ${one.inFlight} of them: ${one.bytesOfTables.toFixed(0)} bytes each in tables, ` +
      `${one.bytesOfPeakRss.toFixed(0)} bytes each of peak resident memory (tables double as they grow, and old and ` +
      'new are there for a moment).',
    '',
  ].join('\n');
}
