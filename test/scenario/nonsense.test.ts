import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';

const load = (text: string) => loadScenario(text, 'f.yaml', { read: () => null });

/** Either a plan or an error, never both, never neither. */
const isDecided = (text: string) => {
  const { plan, problems } = load(text);
  return (plan === null) === problems.some((each) => each.severity === 'error');
};

const NAME = 'projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k';
const GOOD = {
  name: 'shop',
  duration: '30m',
  seed: 1,
  services: [
    {
      name: 'checkout',
      location: 'europe-west3',
      scaling: { minInstanceCount: 2, maxInstanceCount: 10 },
      template: { scaling: { maxInstanceCount: 8 } },
      cpu: 1,
      encryptionKey: NAME,
      encryptionKeyRevocationAction: 'SHUTDOWN',
      encryptionKeyShutdownDuration: '1h',
      autoscaler: { knative: { metric: 'rps' } },
      startup: { imageImport: { lognormal: { p50: '1s', p99: '2s' } } },
      requests: { duration: { mixture: [{ weight: 1, of: '1s' }] } },
      load: { stages: [{ duration: '5m', target: '50/s' }] },
      traffic: [{ revision: 'checkout-00001-abc', percent: 100 }],
    },
  ],
  keys: [{ name: NAME, protectionLevel: 'EXTERNAL', ekmConnection: 'hq' }],
  ekmConnections: [{ name: 'hq', capacity: '9/s' }],
  quotas: {
    limits: [
      { name: 'l', project: 'p', location: 'europe-west3', protectionLevel: 'EXTERNAL', limit: '60/s' },
    ],
  },
  timeline: [
    { name: 'a', at: '1m', for: '1m', ekmUnreachable: { key: 'k' } },
    { at: '2m', deploy: { service: 'checkout', set: { cpu: 2 } } },
    { at: '2m', quotaLimit: { limit: 'l', to: '5/s' } },
    { at: '2m', repeat: { up: '1h', down: '1m' }, ekmUnreachable: { ekmConnection: 'hq' } },
  ],
  objectives: [{ expect: 'e2e_latencies.p99 < 2s', service: 'checkout', during: 'a' }],
  experiment: { replications: { min: 2, max: 5, relativeHalfWidth: '5%' } },
  sweep: [{ path: 'services.checkout.cpu', values: [1, 2] }],
};

/** The path of every value in a document. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  if (path.length === 0) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const [first, ...rest] = path;
  (copy as Record<string, unknown>)[first] = replaced((copy as Record<string, unknown>)[first], rest, by);
  return copy;
}

describe('whatever is in the file', () => {
  it('the scenario below is right, so that what follows breaks it', () => {
    expect(load(JSON.stringify(GOOD)).problems).toEqual([]);
  });

  it('any value in place of any other is decided: a plan, or an error with its place', () => {
    const odd = [null, 0, -1, 1.5, 'x', '5m', '0s', '0/s', '0%', 'checkout', [], { a: 1 }];
    for (const path of pathsOf(GOOD))
      for (const value of odd) {
        const text = JSON.stringify(replaced(GOOD, path, value));
        expect(isDecided(text), text).toBe(true);
      }
  });

  it('any letters are decided', () => {
    const letters = fc.constantFrom(...'[]{},:-#&*!|>\'"%@`? \n\tab0.~\\'.split(''));
    const texts = fc.array(letters, { maxLength: 200 }).map((each) => each.join(''));
    fc.assert(fc.property(texts, isDecided), { numRuns: 500, seed: 7 });
  });
});
