/** The rare country under load: cold starts, key calls, denials and their repetition, and every log line of it. */
import { playing } from '../playing.mjs';
import { kmsStorm } from '../worlds.mjs';

export default {
  name: 'kms-storm',
  is: 'every request a cold start with three key calls, on a quota that denies some',
  unit: 'key call',
  sizes: { small: 3_000, warm: 20_000, gate: 30_000, full: 300_000 },
  prepare: (library, n) =>
    playing(library, kmsStorm(n), { unit: ({ kms: [pool] }) => pool.operations + pool.exceeded }),
};
