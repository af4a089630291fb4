/** Requests that share the CPU, in accelerated mode, against the same as single requests. */
import { describe, expect, it } from 'vitest';
import { play } from '../../../src/probes/play.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { Summary } from '../../../src/probes/results.ts';
import { loadScenario } from '../../../src/scenario/load.ts';

const SPIKE =
  '{startRate: 3000/s, stages: [{duration: 10s, target: 3000/s}, {duration: 0s, target: 12000/s}, {duration: 8s, target: 12000/s}, {duration: 0s, target: 3000/s}]}';

interface Given {
  readonly service?: string;
  readonly most?: number;
  readonly load?: string;
  readonly rest?: string;
}

const scenario = ({ service = '', most = 900, load = SPIKE, rest = '' }: Given = {}): string => `
name: crowd
duration: 35s
sampleInterval: 5s
services:
  - name: front
    location: europe-west3
    project: shop
    cpu: 1
    scaling: {minInstanceCount: 172, maxInstanceCount: ${most}}
    template: {scaling: {cpuTarget: 70%}}
    maxInstanceRequestConcurrency: 40
    encryptionKey: projects/kms/locations/europe-west3/keyRings/run/cryptoKeys/front
    requests: {duration: {lognormal: {mean: 100ms, cv: 1}}, cpuTime: {lognormal: {mean: 40ms, cv: 1}}}
    load: ${load}
    ${service}
keys:
  - {name: projects/kms/locations/europe-west3/keyRings/run/cryptoKeys/front, protectionLevel: HSM}
${rest}`;

function planOf(given: Given, mode: 'exact' | 'accelerated'): Plan {
  const { plan, problems } = loadScenario(scenario(given), 'crowd.yaml', {
    read: () => '',
    overrides: [{ path: 'mode', value: mode }],
  });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return plan!;
}

const summaryOf = (given: Given, mode: 'exact' | 'accelerated'): Summary =>
  play(planOf(given, mode), 1, { logs: false }).summary;

const both = (given: Given = {}) => ({
  exact: summaryOf(given, 'exact').services[0],
  crowd: summaryOf(given, 'accelerated').services[0],
});

const near = (one: unknown, other: unknown, share: number): void => {
  expect(Math.abs((one as number) / (other as number) - 1)).toBeLessThan(share);
};

describe('Requests that share the CPU, in accelerated mode', () => {
  it('are as fast, and need as many instances and key calls, as single requests in a spike', () => {
    const exact = summaryOf({}, 'exact');
    const sampled = summaryOf({}, 'accelerated');
    const [one, other] = [exact.services[0], sampled.services[0]];
    near(other.requests.arrived, one.requests.arrived, 0.01);
    near(other.e2e_latencies_ms.mean, one.e2e_latencies_ms.mean, 0.05);
    near(other.e2e_latencies_ms.p50, one.e2e_latencies_ms.p50, 0.06);
    near(other.e2e_latencies_ms.p99, one.e2e_latencies_ms.p99, 0.04);
    near(other.request_latencies_ms.mean, one.request_latencies_ms.mean, 0.05);
    near(other.pending_ms.p99, one.pending_ms.p99, 0.08);
    near(other.instances.mean, one.instances.mean, 0.05);
    near(other.instances.mean_active, one.instances.mean_active, 0.03);
    near(other.instances.max, one.instances.max, 0.06);
    near(other.requests.cold, one.requests.cold, 0.08);
    near(sampled.kms[0].operations, exact.kms[0].operations, 0.08);
    near(sampled.cost!.cloud_run, exact.cost!.cloud_run, 0.03);
    // The CPU is what they wait for: without it a request takes 100 ms.
    expect(one.request_latencies_ms.mean as number).toBeGreaterThan(300);
  });

  it('are each answered once, or in flight', () => {
    const { arrived, served, in_flight, code_429, code_499, code_500, code_503, code_504 } = both({
      service: 'clients: {timeout: 2s}\n    pendingLimit: 4000',
      rest: 'timeline:\n  - {name: crash, at: 12s, instanceCrash: {service: front, share: 50%}}\n',
    }).crowd.requests as Record<string, number>;
    const answered = served + code_429 + code_499 + code_500 + code_503 + code_504;
    expect(Math.min(code_499, code_500, code_503)).toBeGreaterThan(100);
    expect(arrived).toBe(answered + in_flight);
  });

  it('are each answered once where each stands for many and the last of the load are few', () => {
    const plan = planOf(
      {
        load: '{startRate: 90000/s, stages: [{duration: 5s, target: 90000/s}, {duration: 0s, target: 0/s}]}',
      },
      'accelerated',
    );
    const services = plan.services.map((one) => ({ ...one, minInstanceCount: 5160, maxInstanceCount: 5160 }));
    const revisions = plan.revisions.map((one) => ({ ...one, minInstanceCount: 0, maxInstanceCount: 5160 }));
    const { requests } = play({ ...plan, services, revisions }, 1, { logs: false }).summary.services[0];
    expect(requests.arrived as number).toBeGreaterThan(440_000);
    expect(requests.served).toBe(requests.arrived);
    expect(requests.in_flight).toBe(0);
  });

  it('cost nothing on a revision that is deployed at the end', () => {
    const events = (at: string): number =>
      summaryOf(
        {
          load: '3000/s',
          rest: `timeline:\n  - {name: next, at: ${at}, deploy: {service: front, revision: front-2}}\n`,
        },
        'accelerated',
      ).engine.events as number;
    expect(events('34s')).toBeLessThan(events('5s'));
  });

  it('are the same bytes for the same seed, and others for another replication', () => {
    const plan = planOf({}, 'accelerated');
    const first = play(plan, 1);
    expect(JSON.stringify(play(plan, 1))).toBe(JSON.stringify(first));
    expect(JSON.stringify(play(plan, 2).summary.services)).not.toBe(JSON.stringify(first.summary.services));
  });

  it('are refused at the maximum as often, with 503 where the CPU is saturated', () => {
    const given = {
      most: 172,
      service: 'pendingTimeout: 2s',
      rest: 'assumptions: {saturatedAtCpu: 90%}\n',
    };
    const { exact, crowd } = both(given);
    expect(exact.requests.code_503 as number).toBeGreaterThan(10_000);
    near(crowd.requests.code_503, exact.requests.code_503, 0.06);
    expect(crowd.requests.code_429).toBe(0);
    near(crowd.e2e_latencies_ms.p99, exact.e2e_latencies_ms.p99, 0.03);
  });

  it('are given up by clients while they wait for the CPU', () => {
    const { exact, crowd } = both({ most: 172, service: 'clients: {timeout: 1s}' });
    expect(exact.requests.code_499 as number).toBeGreaterThan(10_000);
    near(crowd.requests.code_499, exact.requests.code_499, 0.03);
    expect(crowd.e2e_latencies_ms.max as number).toBeLessThanOrEqual(1000);
  });

  it('are lost with instances that crash', () => {
    const { exact, crowd } = both({
      load: '3000/s',
      rest: 'timeline:\n  - {name: crash, at: 20s, instanceCrash: {service: front, share: 50%}}\n',
    });
    expect(exact.requests.code_503 as number).toBeGreaterThan(100);
    near(crowd.requests.code_503, exact.requests.code_503, 0.2);
    near(crowd.instances.ready, exact.instances.ready, 0.1);
  });

  it('leave no instance with requests when the load ends', () => {
    const { exact, crowd } = both({
      load: SPIKE.replace('target: 3000/s}]', 'target: 0/s}]'),
      service: 'idleTimeout: 5s',
    });
    expect(crowd.requests.in_flight).toBe(0);
    near(crowd.instances.mean_active, exact.instances.mean_active, 0.04);
  });

  it('are as fast at thirty times the rate on thirty times the instances, in as many steps', () => {
    const at = (rate: number, count: number): Summary => {
      const plan = planOf({ load: `${rate}/s`, most: count }, 'accelerated');
      const services = plan.services.map((one) => ({ ...one, minInstanceCount: count }));
      const revisions = plan.revisions.map((one) => ({ ...one, minInstanceCount: 0 }));
      return play({ ...plan, services, revisions }, 1, { logs: false }).summary;
    };
    const [small, large] = [at(3000, 172), at(90_000, 5160)];
    const [one, other] = [small.services[0], large.services[0]];
    near(other.requests.arrived, 30 * (one.requests.arrived as number), 0.01);
    near(other.e2e_latencies_ms.mean, one.e2e_latencies_ms.mean, 0.02);
    near(other.e2e_latencies_ms.p99, one.e2e_latencies_ms.p99, 0.03);
    near(other.instances.mean_active, 30 * (one.instances.mean_active as number), 0.01);
    near(large.engine.events, small.engine.events, 0.1);
  });
});
