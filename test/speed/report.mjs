/** What a bench run found, as a table in Markdown, as JSON, and as a line of the history. */
import { spread } from './spread.mjs';

/** Everything about one program over all rounds. */
export function digestOf(program, samples) {
  const lines = samples.map(({ line }) => line);
  const millions = lines[0].n / 1e6;
  const titles = samples[0].beside.map(({ title }) => title);
  return {
    name: program.name,
    is: program.is,
    unit: program.unit,
    n: lines[0].n,
    ns: spread(lines.map(({ ns }) => ns)),
    ratio: spread(samples.map(({ ratio }) => ratio)),
    of: lines[0].base === undefined ? 'reference kernel' : 'the lesser command',
    ...(lines[0].base?.compare === 'cpu' && {
      wallRatio: spread(lines.map(({ wall, base }) => wall / base.wall)),
    }),
    ...(program.limit !== undefined && { limit: program.limit }),
    ...(program.target !== undefined && { target: program.target }),
    ...(program.aim !== undefined && { aim: program.aim }),
    beside: titles.map((title, at) => ({
      title,
      ns: spread(samples.map(({ beside }) => beside[at].ns)).median,
      ratio: spread(samples.map(({ beside }) => beside[at].ratio)),
    })),
    ...(samples[0].toBefore !== undefined && {
      toBefore: spread(samples.map(({ toBefore }) => toBefore)),
    }),
    rssMb: spread(lines.map(({ rss }) => rss)).median,
    heapMb: spread(lines.map(({ heap }) => heap)).median,
    ...(lines[0].base === undefined && {
      gcPerMillion: spread(lines.map(({ gc }) => gc.count)).median / millions,
      gcShare: spread(lines.map(({ gc, cpu }) => gc.ms / cpu)).median,
    }),
    work: lines[0].work,
    ...(lines[0].law !== undefined && { law: lines[0].law }),
  };
}

/** `found`: `{ label, node, cpu, size, rounds, kernelNs, programs }`. */
export function markdown({ label, node, cpu, size, rounds, kernelNs, programs }) {
  const rows = programs.map((each) => [
    each.name,
    each.of === 'reference kernel' ? count(each.n) : '',
    each.of === 'reference kernel' ? nanoseconds(each.ns.median) : `${(each.ns.median / 1e6).toFixed(0)} ms`,
    `${range(each.ratio)}${each.of === 'reference kernel' ? '' : ' *'}` +
      (each.wallRatio === undefined ? '' : `, wall time ${range(each.wallRatio)}`),
    each.beside.map(besideText).join('<br>'),
    goal(each),
    each.toBefore === undefined ? '' : range(each.toBefore),
    each.rssMb.toFixed(0),
    each.gcPerMillion === undefined ? '' : each.gcPerMillion.toFixed(0),
  ]);
  const withBefore = programs.some(({ toBefore }) => toBefore !== undefined);
  const columns = [
    'program',
    'n',
    'CPU a unit',
    'to the reference kernel',
    'beside',
    'goal',
    'to the build before',
    'peak RSS, MB',
    'GC a million',
  ];
  const kept = columns.map((_, at) => at).filter((at) => withBefore || at !== 6);
  const line = (cells) => `| ${kept.map((at) => cells[at]).join(' | ')} |`;
  const facts = programs.map((each) => {
    const law =
      each.law === undefined ? '' : `; ${each.law.name} ${each.law.value}, in theory ${each.law.is}`;
    const work = Object.entries(each.work).map(([key, value]) => `${key} ${value}`);
    return `- \`${each.name}\`, a ${each.unit}: ${each.is}. Work: ${work.join(', ')}${law}.`;
  });
  return [
    `# Speed: ${label}`,
    '',
    `${rounds} rounds at size \`${size}\`, Node ${node}, ${cpu}. The reference kernel took ${nanoseconds(kernelNs)} a request.`,
    'Medians with quartiles. What the columns mean: [docs/manual/10-speed.md](../../docs/manual/10-speed.md).',
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map(line),
    '',
    '\\* to the command it is paired with: bare `node`, or one thread (wall time).',
    '',
    '## The programs',
    '',
    ...facts,
    '',
  ].join('\n');
}

/** One run in one line: enough for a curve over versions. */
export const historyLine = ({ label, node, cpu, size, rounds, programs }) =>
  JSON.stringify({
    label,
    node,
    cpu,
    size,
    rounds,
    programs: Object.fromEntries(
      programs.map(({ name, ns, ratio, beside, rssMb }) => [
        name,
        {
          ns: short(ns.median),
          ratio: short(ratio.median),
          low: short(ratio.low),
          high: short(ratio.high),
          rssMb: short(rssMb),
          ...(beside.length > 0 && {
            beside: Object.fromEntries(beside.map((each) => [each.title, short(each.ratio.median)])),
          }),
        },
      ]),
    ),
  });

/** Slower as a multiple, much faster as a multiple the other way round. */
const besideText = ({ title, ratio }) =>
  ratio.median >= 0.5
    ? `${range(ratio)} × ${title}`
    : `${range({ median: 1 / ratio.median, low: 1 / ratio.high, high: 1 / ratio.low })} times as fast as ${title}`;

const goal = ({ target, aim, limit }) => {
  if (limit !== undefined) return `≤ ${short(limit)}`;
  if (target === undefined) return '';
  return aim === undefined ? `≤ ${target}` : `≤ ${target}, aim ${aim}`;
};
const range = ({ median, low, high }) => `${number(median)} (${number(low)}–${number(high)})`;
const number = (x) => (x < 10 ? x.toFixed(2) : x < 100 ? x.toFixed(1) : x.toFixed(0));
const nanoseconds = (ns) =>
  ns < 10_000 ? `${ns.toFixed(ns < 100 ? 1 : 0)} ns` : `${(ns / 1000).toFixed(1)} µs`;
const count = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : `${(n / 1e3).toFixed(0)} k`);
const short = (x) => Number(x.toPrecision(4));
