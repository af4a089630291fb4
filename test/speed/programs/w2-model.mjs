/** W2: an autoscaled service with a customer-managed key under a rush, all probes and curves on. */
import { playing } from '../playing.mjs';
import { w2 } from '../worlds.mjs';

export default {
  name: 'w2-model',
  is: 'concurrency 80, cold starts, a key, five times the traffic for a while',
  unit: 'request',
  world: 'w2',
  target: 4.0,
  aim: 2.8,
  sizes: { small: 40_000, warm: 300_000, gate: 1_500_000, full: 4_800_000 },
  prepare: (library, n, { rate = 1000 } = {}) =>
    playing(library, w2(n, rate), {
      law: {
        name: 'mean execution, s',
        is: 0.4,
        of: ({ services: [shop] }) => shop.request_latencies_ms.mean / 1000,
      },
    }),
};
