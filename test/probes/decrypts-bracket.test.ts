import { describe, expect, test } from 'vitest';
import { play } from '../../src/probes/play.ts';
import { runPage } from '../../src/report/page.ts';
import { verdictLines } from '../../src/report/summary-table.ts';
import { planOf } from '../support/plans.ts';

const KEY = 'projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k';

/** Twelve requests at one instant, each on an instance of its own. */
const burst = (limit: string, more: { startup?: string; rest?: string; level?: string } = {}) =>
  planOf(
    `
name: burst
duration: 2m
services:
  - name: shop
    location: europe-west3
    maxInstanceRequestConcurrency: 1
    encryptionKey: ${KEY}
    startup: {scheduling: 0s, imageImport: 1s, containerStart: 1s${more.startup ?? ''}}
    requests: {duration: 1s}
    load: {arrivals: {trace: a.csv}}
keys: [{name: ${KEY}, protectionLevel: ${more.level ?? 'HSM'}, latency: 10ms, check: {interval: 100d}}]
quotas: {limits: [{name: small, project: p, location: europe-west3, protectionLevel: ${more.level ?? 'HSM'}, limit: ${limit}}]}
objectives:
  - {expect: "kms.exceeded == 0"}
  - {expect: "requests.arrived > 0", severity: warn}
${more.rest ?? ''}
`,
    { 'a.csv': `time_s\n${'10\n'.repeat(12)}` },
  );

const bracketOf = (...args: Parameters<typeof burst>) => play(burst(...args), 1).summary.decrypts_bracket;

describe('Where the quota would not do for more decrypts a start', () => {
  test('the objectives are told for one decrypt a start and for eight', () => {
    // 24 calls in a second: within 30 a second, as are 12, and 96 are not.
    const { decrypts_bracket, objectives } = play(burst('30/s'), 1).summary;
    expect(objectives[0].verdict).toBe('met');
    expect(decrypts_bracket).toMatchObject({
      decrypts_per_start: 2,
      low: { decrypts_per_start: 1, kms_exceeded: 0 },
      high: { decrypts_per_start: 8 },
    });
    const { low, high } = decrypts_bracket!;
    expect(low.objectives).toEqual([
      { expect: 'kms.exceeded == 0', service: null, during: null, value: 0, verdict: 'met' },
      { expect: 'requests.arrived > 0', service: null, during: null, value: 12, verdict: 'met' },
    ]);
    expect(high.objectives[0]).toMatchObject({ value: high.kms_exceeded, verdict: 'missed' });
    expect(high.kms_exceeded).toBeGreaterThan(0);
  });

  test('so they are where a quota was exceeded, and fewer decrypts would have done', () => {
    const { decrypts_bracket, objectives } = play(burst('15/s'), 1).summary;
    expect(objectives[0].verdict).toBe('missed');
    expect(decrypts_bracket!.low.objectives[0].verdict).toBe('met');
  });

  test('another bracket may be asked for', () => {
    const rest = 'assumptions: {decryptsPerStartBracket: {low: 2, high: 3}}';
    const bracket = bracketOf('30/s', { rest });
    expect(bracket).toMatchObject({
      low: { decrypts_per_start: 2, kms_exceeded: 0 },
      high: { decrypts_per_start: 3 },
    });
    expect(bracket!.high.kms_exceeded).toBeGreaterThan(0);
  });

  test('a quota that is lowered for a while counts with its least', () => {
    const rest = 'timeline: [{at: 60s, for: 10s, quotaLimit: {limit: small, to: 30/s}}]';
    expect(bracketOf('1000/s', { rest })).not.toBeNull();
    expect(bracketOf('1000/s')).toBeNull();
  });

  test('the page and the terminal say so', () => {
    const results = play(burst('30/s'), 1);
    expect(verdictLines(results.summary).join('\n')).toContain(
      'decrypts a start are not documented: with 1 decrypt a start ✓ met, with 8 decrypts a start ✗ missed',
    );
    expect(runPage(results, [])).toContain('This is with 2 decrypts a start');
    const calm = play(burst('1000/s'), 1);
    expect(verdictLines(calm.summary)).toHaveLength(1);
    expect(runPage(calm, [])).not.toContain('decrypts a start, a number');
  });
});

describe('Nothing is repeated', () => {
  test('where the quota would do for the high end as well', () => {
    expect(bracketOf('96/s')).toBeNull();
    expect(bracketOf('95/s')).not.toBeNull();
  });

  test('where the scenario says how many decrypts a start makes', () => {
    expect(bracketOf('30/s', { startup: ', layerDecrypts: 1' })).toBeNull();
    expect(bracketOf('30/s', { rest: 'assumptions: {layerDecrypts: 1}' })).toBeNull();
  });

  test('for a software key, which has no quota', () => {
    const plan = burst('30/s');
    const soft = { ...plan, keys: plan.keys.map((key) => ({ ...key, pool: null })) };
    expect(play(soft, 1).summary.decrypts_bracket).toBeNull();
  });

  test('without objectives, and for a replication of which only the summary is wanted', () => {
    const plan = burst('30/s');
    expect(play({ ...plan, objectives: [] }, 1).summary.decrypts_bracket).toBeNull();
    expect(play(plan, 2, { logs: false }).summary.decrypts_bracket).toBeNull();
  });
});
