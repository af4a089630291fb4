/** W1 through the whole product: a hundred instances of concurrency 1, a fixed fleet. */
import { playing } from '../playing.mjs';
import { w1 } from '../worlds.mjs';

export default {
  name: 'w1-model',
  is: 'the same M/M/100 as a scenario: 100 instances of concurrency 1',
  unit: 'request',
  world: 'w1',
  target: 4.5,
  sizes: { small: 40_000, warm: 300_000, gate: 1_500_000, full: 10_000_000 },
  prepare: (library, n, { instances = 100 } = {}) =>
    playing(library, w1(n, instances), {
      ...(instances === 100 && {
        law: {
          name: 'mean stay, s',
          is: 0.100098,
          of: ({ services: [shop] }) => shop.e2e_latencies_ms.mean / 1000,
        },
      }),
    }),
};
