/**
 * Rounds: the same programs in turn, again and again, each in a process of its own, the reference kernel between any
 * two. A machine that slows down for a while then slows down both sides of a ratio.
 *
 * A program's ratio is its time a unit over that of the kernel, the mean of the run before and the run after it.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const start = promisify(execFile);
const one = fileURLToPath(new URL('one.mjs', import.meta.url));

/** One run of one program: the line it prints. */
export async function runOne(name, { size, settings = [], dist, count = false, warm = false, drag = 0 }) {
  const args = [one, name, String(size), ...settings];
  if (dist !== undefined) args.push('--dist', dist);
  if (count) args.push('--count');
  if (warm) args.push('--warm');
  if (drag !== 0) args.push('--drag', String(drag));
  return lastLine((await start(process.execPath, args, { maxBuffer: 1 << 26 })).stdout, name);
}

/** One run of a program that is not ours; it prints a line of JSON with `n` and `cpu` in ms. */
export async function runBeside({ title, command }) {
  const { stdout } = await start('sh', ['-c', command], { maxBuffer: 1 << 26 });
  const line = lastLine(stdout, title);
  if (!(line.n > 0 && line.cpu > 0)) throw new Error(`${title}: its line of JSON has no n and cpu`);
  return { ...line, ns: (line.cpu * 1e6) / line.n };
}

/**
 * One round.
 *
 * @param programs names
 * @param beside programs that are not ours: `{ world, title, command }`
 * @param before a folder with another build, whose programs are run next to ours; `beforeFirst`: in front of them
 * @returns per program: its line, its ratio to the kernel (or to the command it is paired with), to each program
 * beside it that does the same world, and to the build before
 */
export async function round(programs, options) {
  const { size, settings, dist, drag, beside = [], before, beforeFirst = false, worlds = {} } = options;
  const kernel = () => runOne('reference-kernel', { size: 'gate' });
  const samples = {};
  let last = await kernel();
  for (const name of programs) {
    const others = [];
    for (const each of beside.filter(({ world }) => world === worlds[name])) {
      others.push({ title: each.title, ns: (await runBeside(each)).ns });
    }
    const ours = () => runOne(name, { size, settings, dist, drag });
    const theirs = () => (before === undefined ? null : runOne(name, { size, settings, dist: before }));
    // Which of two builds goes first changes from round to round: the first of a pair finds other caches.
    const early = beforeFirst ? await theirs() : null;
    const line = await ours();
    const old = beforeFirst ? early : await theirs();
    const next = await kernel();
    samples[name] = {
      line,
      kernel: (last.ns + next.ns) / 2,
      ratio: ratioOf(line, (last.ns + next.ns) / 2),
      ...(old !== null && { old, toBefore: line.ns / old.ns }),
      beside: others.map((other) => ({ ...other, ratio: line.ns / other.ns })),
    };
    last = next;
  }
  return samples;
}

const ratioOf = (line, kernelNs) =>
  line.base === undefined ? line.ns / kernelNs : line[line.base.compare] / line.base[line.base.compare];

function lastLine(text, name) {
  const line = text
    .trim()
    .split('\n')
    .findLast((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`${name} prints no line of JSON`);
  return JSON.parse(line);
}
