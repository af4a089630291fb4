/**
 * Commands measured as whole processes, for what happens once a process: starting up, and threads.
 *
 * A command is paired with another one that does less (bare `node`, one thread), in turn; its ratio is to that.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const hook = fileURLToPath(new URL('cpu-at-exit.cjs', import.meta.url));

/** Runs node with these arguments. Rejects where it fails. */
export function node(args, { env = {}, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const before = performance.now();
    const child = spawn(process.execPath, ['--require', hook, ...args], {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const texts = ['', '', '', ''];
    for (const at of [1, 2, 3]) child.stdio[at].on('data', (data) => (texts[at] += data));
    child.on('error', reject);
    child.on('close', (code) => {
      const wall = performance.now() - before;
      if (code !== 0) return reject(new Error(`node ${args.join(' ')} ended with ${code}: ${texts[2]}`));
      resolve({ wall, ...JSON.parse(texts[3]), output: texts[1] });
    });
  });
}

/** Nothing at all, the least a process can take. */
export const bareNode = (options) => node(['--eval', '0'], options);

/**
 * The outcome of a program: `times` runs of each of two commands in turn, the median of each figure, what is
 * compared (`cpu`, or `wall` where threads are the point), and the pair's ratio.
 */
export async function paired(base, measured, { times, compare = 'cpu' }) {
  const lesser = [];
  const runs = [];
  for (let i = 0; i < times; i++) {
    lesser.push(await base());
    runs.push(await measured());
  }
  const figure = (of, key) => median(of.map((run) => run[key]));
  return {
    n: 1,
    cpu: figure(runs, 'cpu'),
    wall: figure(runs, 'wall'),
    rss: figure(runs, 'rss'),
    base: { cpu: figure(lesser, 'cpu'), wall: figure(lesser, 'wall'), compare },
    output: runs[0].output,
  };
}

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const digest = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
