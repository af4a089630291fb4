/** W2 where requests share the CPU of their instance (processor sharing). */
import { playing } from '../playing.mjs';
import { w2Contended } from '../worlds.mjs';

export default {
  name: 'w2-ps',
  is: 'W2 where requests share the vCPU of their instance',
  unit: 'request',
  world: 'w2-ps',
  target: 4.0,
  aim: 2.8,
  sizes: { small: 40_000, warm: 300_000, gate: 1_500_000, full: 4_800_000 },
  prepare: (library, n, { rate = 1000 } = {}) => playing(library, w2Contended(n, rate)),
};
