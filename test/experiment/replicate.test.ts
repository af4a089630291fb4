import { describe, expect, it } from 'vitest';
import { checkpoints, combine, enough, replicationsCsv } from '../../src/experiment/replicate.ts';
import { objective, planOf, resultsOf } from './fixture.ts';

const plan = planOf({ objectives: [objective('e2e_latencies.mean < 25ms', 25)] });
const summaries = [1, 2, 3].map((replication) => resultsOf(plan, replication).summary);

describe('several replications as one summary', () => {
  const summary = combine(plan, summaries);
  const [service] = summary.services;

  it('turn each number into its mean and interval', () => {
    const { mean, low, high } = service.e2e_latencies_ms.mean as { mean: number; low: number; high: number };
    // 10, 20, 30: s = 10, t(0.975, 2) = 4.30265, half = 24.84; no latency is below 0.
    expect(mean).toBe(20);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(44.8414, 4);
    expect(service.instances.mean).toEqual({ mean: 5, low: 5, high: 5 });
    expect(summary.kms[0].limit_per_minute).toEqual({ mean: 600, low: 600, high: 600 });
  });

  it('keep text, what the scenario gives, and what never happened', () => {
    expect(service.service_name).toBe('checkout');
    expect(summary.faults[0]).toEqual({ name: 'ekm-down', at_s: 30, until_s: null, recovered_s: null });
    expect(summary.scenario.replications).toBe(3);
  });

  it('count a cause that a replication does not have as 0 there', () => {
    expect(service.instances.refused['quota-exceeded']).toMatchObject({ mean: 2 });
    expect(service.instances.evicted).toEqual({});
  });

  it('leave a number plain that only one replication has', () => {
    expect(service.e2e_latencies_ms.p99).toBe(7);
  });

  it('give verdicts by the interval', () => {
    expect(summary.objectives[0]).toMatchObject({
      value: 20,
      low: 0,
      verdict: 'inconclusive',
      one_run: false,
    });
  });

  it('stay what it was when there is one', () => {
    expect(combine(plan, summaries.slice(0, 1))).toBe(summaries[0]);
  });

  it('have a fingerprint that any one of them changes', () => {
    const other = combine(plan, [summaries[0], summaries[2], summaries[1]]);
    expect(other.engine.fingerprint).not.toBe(summary.engine.fingerprint);
    expect(summary.engine.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  it('are not met where one of them never came to an end', () => {
    const easy = planOf({ objectives: [objective('faults.recovery < 1000s', 1000)] });
    const each = [1, 2, 3].map((replication) => resultsOf(easy, replication).summary);
    expect(combine(easy, each).objectives[0].verdict).toBe('met');
    const unending = resultsOf(easy, 4, null).summary;
    const missed = { ...unending, objectives: [{ ...unending.objectives[0], verdict: 'missed' as const }] };
    expect(combine(easy, [...each, missed]).objectives[0].verdict).toBe('inconclusive');
    expect(combine(easy, [missed, missed]).objectives[0].verdict).toBe('missed');
  });
});

describe('replications.csv', () => {
  it('has a row for each number of each replication, an empty cell where there is none', () => {
    const lines = replicationsCsv(summaries).split('\n');
    expect(lines[0]).toBe('replication,metric,value');
    expect(lines).toContain('2,services.checkout.e2e_latencies_ms.mean,20');
    expect(lines).toContain('1,services.checkout.e2e_latencies_ms.p99,');
    expect(lines).toContain('3,services.checkout.instances.refused.quota-exceeded,3');
    expect(lines).toContain('1,kms.p/l/HSM.exceeded,0');
    expect(lines).toContain('1,objectives.e2e_latencies.mean < 25ms,10');
    expect(lines.some((line) => line.includes('at_s'))).toBe(false);
    expect(lines.at(-1)).toBe('');
  });
});

describe('how many replications', () => {
  const replications = (min: number, max: number, relativeHalfWidth: number | null) =>
    checkpoints({ min, max, relativeHalfWidth, confidence: 0.95 });

  it('are exactly the minimum where no precision is asked for', () => {
    expect(replications(5, 200, null)).toEqual([5]);
    expect(replications(1, 1, null)).toEqual([1]);
  });

  it('are looked at after the minimum and at multiples of ten, up to the maximum', () => {
    expect(replications(5, 32, 0.05)).toEqual([5, 10, 20, 30, 32]);
    expect(replications(10, 20, 0.05)).toEqual([10, 20]);
    expect(replications(8, 8, 0.05)).toEqual([8]);
  });

  it('suffice when every objective is known precisely enough', () => {
    const precise = (relativeHalfWidth: number) =>
      planOf({ objectives: plan.objectives, replications: { max: 100, relativeHalfWidth } });
    const close = [20, 20.1, 20.2, 19.9, 19.8].map((mean, i) => resultsOf(plan, i + 1, mean).summary);
    expect(enough(precise(0.05), close)).toBe(true);
    expect(enough(precise(0.005), close)).toBe(false);
    expect(enough(precise(0.05), summaries)).toBe(false);
  });

  it('suffice by the mean latency where there are no objectives', () => {
    const none = planOf({ replications: { max: 100, relativeHalfWidth: 0.05 } });
    expect(
      enough(
        none,
        [20, 20, 20].map((mean, i) => resultsOf(none, i + 1, mean).summary),
      ),
    ).toBe(true);
    expect(
      enough(
        none,
        [1, 2, 3].map((i) => resultsOf(none, i).summary),
      ),
    ).toBe(false);
  });
});
