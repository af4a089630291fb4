/**
 * Forty replications on two threads, beside the same on one; the ratio is one of wall time, so below 1 is what is
 * hoped for. It says something only on a machine with two idle processors, and is no part of the gate.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digest, node, paired } from '../command.mjs';
import { w1 } from '../worlds.mjs';

export default {
  name: 'threads',
  is: '40 replications of some 36 ms on two threads, beside one: wall time',
  unit: 'process',
  limit: 1 / 1.5,
  gated: false,
  alone: true,
  // What takes 36 ms once the compiler has done its work.
  sizes: { small: 2_000, gate: 135_000, full: 135_000 },
  prepare:
    (_library, requests, { dist, times = 1 }) =>
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'cmeksim-speed-'));
      try {
        const file = join(folder, 'jobs.json');
        writeFileSync(file, w1(requests));
        const out = (jobs) => join(folder, `on-${jobs}`);
        const on = (jobs) => () =>
          node([
            ...[join(dist, 'cli.js'), 'run', file, '--replications', '40', '--jobs', String(jobs)],
            ...['--no-charts', '--no-progress', '--out', out(jobs)],
          ]);
        const outcome = await paired(on(1), on(2), { times, compare: 'wall' });
        const summary = (jobs) => digest(readFileSync(join(out(jobs), 'w1', 'summary.json'), 'utf8'));
        // One thread or two: the same bytes.
        return { ...outcome, work: { oneThread: summary(1), twoThreads: summary(2) } };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
};
