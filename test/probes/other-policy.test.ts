import { describe, expect, test } from 'vitest';
import { play } from '../../src/probes/play.ts';
import { planOf } from '../support/plans.ts';

const burst = (policy: string, level: string): ReturnType<typeof planOf> =>
  planOf(`
name: burst
duration: 5m
services:
  - name: shop
    location: europe-west3
    maxInstanceRequestConcurrency: 4
    encryptionKey: projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k
    load: {startRate: 0/s, stages: [{duration: 1m, target: 0/s}, {duration: 0s, target: 100/s}]}
keys: [{name: projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k, protectionLevel: ${level}}]
quotas:
  policy: ${policy}
  limits: [{name: small, project: p, location: europe-west3, protectionLevel: ${level}, limit: 120/min}]
objectives:
  - {expect: "kms.exceeded == 0"}
  - {expect: "requests.arrived > 0"}
`);

describe('where the two quota policies would give different verdicts', () => {
  test('the hard one names what the soft one would say', () => {
    const { other_policy, objectives } = play(burst('hard-per-second', 'HSM'), 1).summary;
    expect(objectives.map(({ verdict }) => verdict)).toEqual(['missed', 'met']);
    expect(other_policy).toEqual({
      policy: 'soft-2026',
      objectives: [{ expect: 'kms.exceeded == 0', service: null, during: null, value: 0, verdict: 'met' }],
    });
  });

  test('the soft one names what the hard one would say', () => {
    const { other_policy, objectives } = play(burst('soft-2026', 'HSM'), 1).summary;
    expect(objectives[0].verdict).toBe('met');
    expect(other_policy?.policy).toBe('hard-per-second');
    expect(other_policy?.objectives.map(({ expect: what, verdict }) => [what, verdict])).toEqual([
      ['kms.exceeded == 0', 'missed'],
    ]);
  });

  test('the hard one names what tokens would say, where an operation takes several', () => {
    const plan = burst('hard-per-second', 'EXTERNAL');
    const roomy = { ...plan.quotas.limits[0], perMinute: 6000 };
    const one = { ...plan, quotas: { ...plan.quotas, limits: [roomy] } };
    expect(play(one, 1).summary.other_policy).toBe(null);
    const { other_policy, objectives } = play(
      { ...one, assumptions: { ...one.assumptions, decryptTokens: 60 } },
      1,
    ).summary;
    expect(objectives[0].verdict).toBe('met');
    expect(other_policy?.objectives.map(({ expect: what, verdict }) => [what, verdict])).toEqual([
      ['kms.exceeded == 0', 'missed'],
    ]);
  });

  test('nothing is left to say where Cloud KMS is overloaded all the time', () => {
    const plan = burst('hard-per-second', 'HSM');
    const quotas = { ...plan.quotas, limits: [{ ...plan.quotas.limits[0], perMinute: 6 }] };
    const overloaded = { ...plan.assumptions, systemOverloadProbability: 1 };
    expect(play({ ...plan, quotas }, 1).summary.other_policy?.policy).toBe('soft-2026');
    expect(play({ ...plan, quotas, assumptions: overloaded }, 1).summary.other_policy).toBe(null);
  });

  test('nothing is said of external keys, which both hold per second', () => {
    expect(play(burst('hard-per-second', 'EXTERNAL'), 1).summary.other_policy).toBe(null);
  });
});
