/** `cmeksim --help` beside bare `node`: what everybody waits for who mistypes an option. */
import { join } from 'node:path';
import { bareNode, digest, node, paired } from '../command.mjs';

export default {
  name: 'help',
  is: '`cmeksim --help` as a whole process, beside bare `node`',
  unit: 'process',
  limit: 1.3,
  alone: true,
  sizes: { small: 1, gate: 2, full: 7 },
  prepare:
    (_library, times, { dist, drag = 0 }) =>
    async () => {
      const help = () => node([join(dist, 'cli.js'), '--help'], { env: { SPEED_DRAG: String(drag) } });
      const { output, ...outcome } = await paired(bareNode, help, { times });
      return { ...outcome, work: { output: digest(output) } };
    },
};
