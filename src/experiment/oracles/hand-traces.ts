/**
 * O1. Hand traces: constant times, so that every answer can be written down to the nanosecond.
 *
 * D/D/1: request k comes at k s and takes 1.5 s. One server: W_(k+1) = max(0, W_k + 1.5 - 1), so the waits of five are
 * 0, 0.5, 1, 1.5, 2 s: 1 s on average. Two servers: each takes every second request, 2 s apart, and nobody waits.
 *
 * A cold start: an instance is needed at 1 s; scheduling 0.2, import 0.3, one decrypt for the layers and one for the
 * data key, 0.05 each, container 0.4: ready at 2 s. Its request takes 1 s; the idle timeout of 1 s ends at 4 s. A
 * request that comes at 4 s is warm, for an arrival comes before control at the same instant; one that comes a
 * nanosecond after the idle timeout is cold. Stays 2, 1, 2 s: 5/3 s on average.
 *
 * A disabled key: a change holds in [at + 20 s, until), half-open. Starts a nanosecond before, at, and in the middle of
 * it, and at its end: served, refused, refused, served.
 */
import type { Case, Oracle } from './oracle.ts';
import {
  exactly,
  fleet,
  key,
  KEY,
  NO_BACK_OFF,
  oneKeyCall,
  pending,
  requests,
  scenario,
  startUp,
  stay,
} from './worlds.ts';

const trace = (rows: readonly (readonly [at: string, ms: string])[]) => ({
  'arrivals.csv': `${['time_s,duration_ms', ...rows.map((row) => row.join(','))].join('\n')}\n`,
});
const recorded = { load: { arrivals: { trace: 'arrivals.csv' } } };

/** Requests at 1, 2 … 5 s. */
export const regular = (instances: number, duration = '1500ms') =>
  scenario({
    until: 5.5,
    after: 10,
    service: {
      ...fleet(instances),
      load: {
        arrivals: 'regular',
        startRate: '1/s',
        stages: [
          { duration: '5500ms', target: '1/s' },
          { duration: '0s', target: '0/s' },
        ],
      },
      requests: { duration },
    },
  });

const waits = (instances: number, mean: number, most: number, duration?: string): Case => ({
  name: `requests a second apart that take 1.5 s each, ${instances === 1 ? 'one server' : 'two servers'}`,
  scenario: regular(instances, duration),
  replications: 2,
  precision: 0,
  claims: [
    exactly('served', 5, requests('served')),
    exactly('mean wait, s', mean, pending('mean')),
    exactly('longest wait, s', most, pending('max')),
    exactly('mean stay, s', mean + 1.5, stay('mean')),
  ],
});

/** One instance at most, a start of 1 s (0.2 + 0.3 + 2 x 0.05 + 0.4), kept for 1 s; requests from a trace. */
export const coldStart = scenario({
  until: 20,
  after: 0,
  service: {
    ...recorded,
    template: { scaling: { concurrencyTarget: 'disabled' } },
    scaling: { maxInstanceCount: 1 },
    maxInstanceRequestConcurrency: 1,
    idleTimeout: '1s',
    encryptionKey: KEY,
    startup: { scheduling: '200ms', imageImport: '300ms', containerStart: '400ms' },
  },
  world: { keys: [{ ...key('HSM'), latency: '50ms' }] },
});

const coldStarts = (third: string): Case => ({
  name: 'a request at the end of the idle timeout is warm, a nanosecond later cold',
  scenario: coldStart,
  files: trace([
    ['1', '1000'],
    ['4', '1000'],
    [third, '1000'],
  ]),
  replications: 2,
  precision: 0,
  claims: [
    exactly('cold', 2, requests('cold')),
    exactly('mean start, s', 1, startUp),
    exactly('longest wait, s', 1, pending('max')),
    exactly('mean stay, s', 5 / 3, stay('mean'), 1e-12),
  ],
});

/** Every request a start whose only step is a key call; the key is disabled from 40 s on, for so long. */
export const disabledKey = (lasting: string): string =>
  scenario({
    until: 100,
    after: 0,
    service: {
      ...recorded,
      autoscaler: 'per-request',
      idleTimeout: '0s',
      encryptionKey: KEY,
      startup: oneKeyCall,
    },
    world: {
      keys: [key('HSM')],
      assumptions: NO_BACK_OFF,
      timeline: [{ at: '20s', for: lasting, keyState: { key: 'shop', state: 'DISABLED' } }],
    },
  });

const disabled = (lasting: string): Case => ({
  name: 'a key change holds in [at + propagation, until), to the nanosecond',
  scenario: disabledKey(lasting),
  // Two nanoseconds before the end: the shortest wait after a failed start, one, is then over too.
  files: trace(['39.999999999', '40', '60', '79.999999998', '80'].map((at) => [at, '0'] as const)),
  replications: 2,
  precision: 0,
  claims: [exactly('served', 2, requests('served')), exactly('refused', 3, requests('code_500'))],
});

export const handTraces: Oracle = {
  id: 'O1',
  title: 'event loop, cold start and key state by hand (D/D/1, D/D/2)',
  source: 'worked by hand; L. Kleinrock, Queueing Systems I, 1.4 (Lindley recursion)',
  byHand: [],
  cases: () => [waits(1, 1, 2), waits(2, 0, 0), coldStarts('6.000000001'), disabled('60s')],
  defects: () => [
    {
      name: 'a service one nanosecond longer',
      wrong: waits(1, 1, 2, '1500.000001ms'),
      noticedBy: ['mean wait, s'],
    },
    { name: 'a third request one nanosecond earlier', wrong: coldStarts('6'), noticedBy: ['cold'] },
    {
      name: 'a change that ends one nanosecond later',
      wrong: disabled('60.000000001s'),
      noticedBy: ['served'],
    },
  ],
};
