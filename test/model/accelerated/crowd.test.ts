import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { play } from '../../../src/probes/play.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { Summary } from '../../../src/probes/results.ts';
import { loadScenario } from '../../../src/scenario/load.ts';

const HEAD = `
name: crowd
duration: 80s
sampleInterval: 5s
services:
  - name: front
    location: europe-west3
    project: shop
    scaling: {minInstanceCount: 4, maxInstanceCount: 120}
    initialInstanceCount: 12
    maxInstanceRequestConcurrency: 40
    encryptionKey: projects/kms/locations/europe-west3/keyRings/run/cryptoKeys/front
    requests: {duration: {lognormal: {mean: 300ms, cv: 1}}}
`;
const KEYS = `
keys:
  - {name: projects/kms/locations/europe-west3/keyRings/run/cryptoKeys/front, protectionLevel: HSM}
`;
const SPIKE = `
    load:
      startRate: 900/s
      stages:
        - {duration: 30s, target: 900/s}
        - {duration: 0s, target: 4500/s}
        - {duration: 15s, target: 4500/s}
        - {duration: 0s, target: 900/s}
`;

function planOf(text: string, mode: 'exact' | 'accelerated' = 'accelerated'): Plan {
  const { plan, problems } = loadScenario(text, 'crowd.yaml', {
    read: () => '',
    overrides: [{ path: 'mode', value: mode }],
  });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return plan!;
}

const summaryOf = (text: string, mode: 'exact' | 'accelerated', replication = 1): Summary =>
  play(planOf(text, mode), replication, { logs: false }).summary;

const near = (one: unknown, other: unknown, share: number): void => {
  expect(Math.abs((one as number) / (other as number) - 1)).toBeLessThan(share);
};

describe('Requests in numbers', () => {
  it('give the same latencies, instances and key calls as single requests, in a spike with cold starts', () => {
    const text = HEAD + SPIKE + KEYS;
    const exact = summaryOf(text, 'exact');
    const crowd = summaryOf(text, 'accelerated');
    const [one, other] = [exact.services[0], crowd.services[0]];
    near(other.requests.arrived, one.requests.arrived, 0.015);
    near(other.e2e_latencies_ms.mean, one.e2e_latencies_ms.mean, 0.04);
    near(other.e2e_latencies_ms.p50, one.e2e_latencies_ms.p50, 0.02);
    near(other.e2e_latencies_ms.p99, one.e2e_latencies_ms.p99, 0.04);
    near(other.pending_ms.p99, one.pending_ms.p99, 0.12);
    near(other.request_latencies_ms.p99, one.request_latencies_ms.p99, 0.02);
    near(other.instances.mean, one.instances.mean, 0.08);
    near(other.instances.max, one.instances.max, 0.1);
    near(crowd.kms[0].operations, exact.kms[0].operations, 0.12);
    expect(one.pending_ms.p99).toBeGreaterThan(300);
    expect(crowd.engine.events as number).toBeLessThan((exact.engine.events as number) / 20);
  });

  it('are the same bytes for the same seed, and others for another replication', () => {
    const plan = planOf(HEAD + SPIKE + KEYS);
    const first = play(plan, 1);
    expect(JSON.stringify(play(plan, 1))).toBe(JSON.stringify(first));
    expect(play(plan, 2).summary.engine.fingerprint).not.toBe(first.summary.engine.fingerprint);
  });

  it('say so in the summary, and only they', () => {
    const text = HEAD + SPIKE + KEYS;
    expect(play(planOf(text), 1, { logs: false }).summary.scenario.mode).toBe('accelerated');
    expect(play(planOf(text, 'exact'), 1, { logs: false }).summary.scenario).not.toHaveProperty('mode');
  });

  it('are told 429 after the pending time at the maximum, as often as single requests', () => {
    const text = (HEAD + SPIKE + KEYS)
      .replace('maxInstanceCount: 120', 'maxInstanceCount: 12')
      .replace('initial', 'pendingTimeout: 3s\n    initial');
    const exact = summaryOf(text, 'exact').services[0];
    const crowd = summaryOf(text, 'accelerated').services[0];
    expect(exact.requests.code_429 as number).toBeGreaterThan(10_000);
    near(crowd.requests.code_429, exact.requests.code_429, 0.02);
    near(crowd.e2e_latencies_ms.p99, exact.e2e_latencies_ms.p99, 0.02);
    near(crowd.pending_ms.mean, exact.pending_ms.mean, 0.03);
    near(crowd.pending_ms.max, exact.pending_ms.max, 0.02);
  });

  it('are given up by clients, before they begin and while they are worked on', () => {
    const text = (HEAD + SPIKE + KEYS)
      .replace('maxInstanceCount: 120', 'maxInstanceCount: 12')
      .replace('initial', 'clients: {timeout: 1s}\n    initial');
    const exact = summaryOf(text, 'exact').services[0];
    const crowd = summaryOf(text, 'accelerated').services[0];
    expect(exact.requests.code_499 as number).toBeGreaterThan(10_000);
    near(crowd.requests.code_499, exact.requests.code_499, 0.03);
    near(crowd.e2e_latencies_ms.p99, exact.e2e_latencies_ms.p99, 0.02);
    expect(crowd.e2e_latencies_ms.max as number).toBeLessThanOrEqual(1000);
  });

  it('are lost with instances that crash', () => {
    const text = `${HEAD}    load: 900/s\n${KEYS}timeline:\n  - {name: crash, at: 40s, instanceCrash: {service: front, share: 50%}}\n`;
    const exact = summaryOf(text, 'exact').services[0];
    const crowd = summaryOf(text, 'accelerated').services[0];
    expect(exact.requests.code_503 as number).toBeGreaterThan(50);
    near(crowd.requests.code_503, exact.requests.code_503, 0.25);
    near(crowd.instances.ready, exact.instances.ready, 0.35);
  });

  it('go where a shift of traffic sends them, with the durations they have', () => {
    const other = `
  - name: back
    location: europe-west4
    project: shop
    scaling: {minInstanceCount: 30, maxInstanceCount: 120}
    maxInstanceRequestConcurrency: 40
    requests: {duration: 100ms}
    load: 1100/s
`;
    const text = `${HEAD}    load: 900/s\n${other}${KEYS}timeline:\n  - {name: shift, at: 30s, for: 20s, over: 4s, trafficShift: {from: front, to: back, share: 100%}}\n`;
    const exact = summaryOf(text, 'exact').services;
    const crowd = summaryOf(text, 'accelerated').services;
    for (const at of [0, 1]) {
      near(crowd[at].requests.arrived, exact[at].requests.arrived, 0.02);
      near(crowd[at].e2e_latencies_ms.p99, exact[at].e2e_latencies_ms.p99, 0.04);
      near(crowd[at].e2e_latencies_ms.mean, exact[at].e2e_latencies_ms.mean, 0.02);
    }
    expect(crowd[1].e2e_latencies_ms.p50).toBeCloseTo(100, 0);
  });

  it('write how many were refused into the service log, not each of them', () => {
    const text = (HEAD + SPIKE + KEYS)
      .replace('maxInstanceCount: 120', 'maxInstanceCount: 12')
      .replace('initial', 'pendingTimeout: 3s\n    initial');
    const results = play(planOf(text), 1);
    const left = results.logs['service-log.jsonl']
      .map((line) => JSON.parse(line) as { jsonPayload?: { left_out?: number } })
      .reduce((sum, { jsonPayload }) => sum + (jsonPayload?.left_out ?? 0), 0);
    expect(left).toBe(results.summary.services[0].requests.code_429);
  });

  it('cost no more at a hundred times the rate', () => {
    const text = (HEAD + SPIKE + KEYS)
      .replaceAll('900/s', '90000/s')
      .replaceAll('4500/s', '450000/s')
      .replace('maxInstanceCount: 120', 'maxInstanceCount: 1000')
      .replace('initialInstanceCount: 12', 'initialInstanceCount: 1000');
    const small = summaryOf(HEAD + SPIKE + KEYS, 'accelerated');
    const large = summaryOf(text, 'accelerated');
    near(large.services[0].requests.arrived, 100 * (small.services[0].requests.arrived as number), 0.02);
    expect(large.engine.events as number).toBeLessThan(4 * (small.engine.events as number));
  });
});

describe('Scenarios under scenarios/speed', () => {
  it.each(['spike-at-ten-thousand', 'spike-with-cpu', 'spike-against-the-quota', 'twenty-services'])(
    '%s is right',
    (name) => {
      const { plan, problems } = loadScenario(readFileSync(`scenarios/speed/${name}.yaml`), name, {
        read: () => '',
        overrides: [{ path: 'mode', value: 'accelerated' }],
      });
      expect(problems).toEqual([]);
      expect(plan?.mode).toBe('accelerated');
    },
  );
});
