/** A small scenario from the command line, 60 000 requests and no charts, beside bare `node`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareNode, node, paired } from '../command.mjs';
import { w1 } from '../worlds.mjs';

export default {
  name: 'small-run',
  is: '`cmeksim run` of 60 000 requests without charts as a whole process, beside bare `node`',
  unit: 'process',
  limit: 2,
  alone: true,
  sizes: { small: 1, gate: 1, full: 7 },
  prepare:
    (_library, times, { dist, drag = 0 }) =>
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'cmeksim-speed-'));
      try {
        const file = join(folder, 'small.json');
        const out = join(folder, 'out');
        writeFileSync(file, w1(60_000));
        const run = () =>
          node([join(dist, 'cli.js'), 'run', file, '--no-charts', '--no-progress', '--out', out], {
            env: { SPEED_DRAG: String(drag) },
          });
        const outcome = await paired(bareNode, run, { times });
        const { engine } = JSON.parse(readFileSync(join(out, 'w1', 'summary.json'), 'utf8'));
        return { ...outcome, work: { events: engine.events, fingerprint: engine.fingerprint } };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
};
