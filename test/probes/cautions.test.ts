import { describe, expect, test } from 'vitest';
import { combine } from '../../src/experiment/replicate.ts';
import { play } from '../../src/probes/play.ts';
import { verdictLines } from '../../src/report/summary-table.ts';
import { planOf } from '../support/plans.ts';

const shop = (minutes: number, objectives: string, more = '') =>
  planOf(`
name: shop
duration: ${minutes}m
seed: 1
services:
  - name: shop
    location: europe-west3
    autoscaler: manual
    scaling: {manualInstanceCount: 2}
    maxInstanceRequestConcurrency: 1
    requests: {duration: {exponential: {mean: 1s}}}
    load: 1/s
${more}
objectives:
${objectives}
`);

describe('a percentile', () => {
  test('of fewer requests than it needs comes with a caution, which changes no verdict', () => {
    const { summary } = play(shop(10, '  - {expect: "e2e_latencies.p99 < 1m"}'), 1);
    const served = summary.services[0].requests.served as number;
    expect(served).toBeLessThan(10_000);
    expect(summary.objectives[0].verdict).toBe('met');
    expect(summary.cautions).toEqual([
      `e2e_latencies.p99 < 1m: a percentile of ${served} requests a run, and it needs 10000 to be free of bias; ` +
        'make the run longer, or ask for a lower percentile',
    ]);
    expect(verdictLines(summary).at(-1)).toBe(`  caution: ${summary.cautions![0]}`);
  });

  test('of enough of them comes without', () => {
    // 3600 requests: enough for a p95 (2000) and not for a p99.
    const objectives = ['p50', 'p95', 'p99'].map((p) => `  - {expect: "pending.${p} < 1m"}`).join('\n');
    const { summary } = play(shop(60, objectives), 1);
    expect(summary.cautions).toHaveLength(1);
    expect(summary.cautions![0]).toContain('pending.p99 < 1m: ');
    expect(play(shop(60, '  - {expect: "error_ratio < 1%"}'), 1).summary).not.toHaveProperty('cautions');
  });

  test('within a timeline entry is judged by the requests of that time', () => {
    const entry =
      'timeline: [{name: slow, at: 10m, for: 5m, scaling: {service: shop, manualInstanceCount: 2}}]';
    const during = '  - {expect: "e2e_latencies.p90 < 1m", during: slow, service: shop}';
    const { summary } = play(shop(60, during, entry), 1);
    const [, count] = /\[shop, during slow\]: a percentile of (\d+) requests/.exec(summary.cautions![0])!;
    expect(Number(count)).toBeGreaterThan(230);
    expect(Number(count)).toBeLessThan(370);
  });
});

describe('a heavily loaded service', () => {
  const cautions = (load: string, minutes: number, replications = 3) => {
    const plan = planOf(`
name: busy
duration: ${minutes}m
seed: 1
services:
  - name: shop
    location: europe-west3
    autoscaler: manual
    scaling: {manualInstanceCount: 1}
    maxInstanceRequestConcurrency: 1
    pendingTimeout: 1d
    requests: {duration: 1s}
    load: ${load}
`);
    const each = Array.from({ length: replications }, (_, i) => play(plan, i + 1, { logs: false }).summary);
    return combine(plan, each).cautions;
  };

  test('whose runs are short for its load comes with a caution, where there are intervals', () => {
    const [caution] = cautions('0.95/s', 60)!;
    expect(caution).toMatch(
      /^shop: its instances are 9\d % busy and a replication has 3\d\d\d requests; .*: make the run longer$/,
    );
    expect(cautions('0.95/s', 60, 1)).toBeUndefined();
  });

  test('comes without where runs are long, or the load is not high', () => {
    expect(cautions('0.86/s', 60 * 9)).toBeUndefined();
    expect(cautions('0.7/s', 60)).toBeUndefined();
  });
});
