/** Scale per request: the example of SimFaaS, whose figures are known. */
import { playing } from '../playing.mjs';
import { perRequest } from '../worlds.mjs';

export default {
  name: 'per-request',
  is: 'one request an instance, kept 600 s, newest first, 0.9 requests/s',
  unit: 'request',
  world: 'simfaas',
  sizes: { small: 30_000, warm: 300_000, gate: 1_000_000, full: 4_500_000 },
  prepare: (library, n, { rate = 0.9 } = {}) =>
    playing(library, perRequest(n, rate), {
      ...(rate === 0.9 && {
        // Little's law with the two service times: 0.9/s x (1.991 s + 0.0013 x 0.253 s).
        law: {
          name: 'mean active instances',
          is: 1.7922,
          of: ({ services: [shop] }) => shop.instances.mean_active,
        },
      }),
    }),
};
