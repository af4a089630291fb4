/** What requests in numbers meet now and then, against the same as single requests. */
import { describe, expect, it } from 'vitest';
import { play } from '../../../src/probes/play.ts';
import type { ServiceSummary } from '../../../src/probes/results.ts';
import { loadScenario } from '../../../src/scenario/load.ts';

const scenario = (service: string, load: string, timeline = ''): string => `
name: crowd
duration: 80s
sampleInterval: 5s
services:
  - name: front
    location: europe-west3
    project: shop
    maxInstanceRequestConcurrency: 40
    encryptionKey: projects/kms/locations/europe-west3/keyRings/run/cryptoKeys/front
    ${service}
    load: {startRate: ${load}}
keys:
  - {name: projects/kms/locations/europe-west3/keyRings/run/cryptoKeys/front, protectionLevel: HSM}
${timeline}`;

const REQUESTS = 'requests: {duration: {lognormal: {mean: 300ms, cv: 1}}}';
const sized = (least: number, most: number, initial: number): string =>
  `scaling: {minInstanceCount: ${least}, maxInstanceCount: ${most}}
    initialInstanceCount: ${initial}`;
const SPIKE =
  '900/s, stages: [{duration: 30s, target: 900/s}, {duration: 0s, target: 4500/s}, {duration: 15s, target: 4500/s}, {duration: 0s, target: 900/s}]';

function serviceOf(text: string, mode: 'exact' | 'accelerated'): ServiceSummary {
  const { plan, problems } = loadScenario(text, 'crowd.yaml', {
    read: () => '',
    overrides: [{ path: 'mode', value: mode }],
  });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return play(plan!, 1, { logs: false }).summary.services[0];
}

const both = (text: string) => ({ exact: serviceOf(text, 'exact'), crowd: serviceOf(text, 'accelerated') });

const near = (one: unknown, other: unknown, share: number): void => {
  expect(Math.abs((one as number) / (other as number) - 1)).toBeLessThan(share);
};

describe('Requests in numbers', () => {
  it('have a first one on each instance, which takes its own time', () => {
    const slow = REQUESTS.replace('cv: 1}}}', 'cv: 1}}, firstDuration: 60s}');
    const { exact, crowd } = both(scenario(`${sized(40, 60, 40)}\n    ${slow}`, '900/s'));
    // Forty of 72,000: the highest of all are these.
    expect(exact.e2e_latencies_ms.max as number).toBeGreaterThan(59_000);
    near(crowd.e2e_latencies_ms.max, exact.e2e_latencies_ms.max, 0.02);
    near(crowd.e2e_latencies_ms.mean, exact.e2e_latencies_ms.mean, 0.03);
  });

  it('are cold as often, where instances start for them', () => {
    const { exact, crowd } = both(scenario(`${sized(4, 120, 12)}\n    ${REQUESTS}`, SPIKE));
    expect(exact.requests.cold as number).toBeGreaterThan(1000);
    near(crowd.requests.cold, exact.requests.cold, 0.08);
  });

  it('are refused at once, where only so many may pend', () => {
    const { exact, crowd } = both(
      scenario(`${sized(4, 12, 12)}\n    pendingLimit: 500\n    ${REQUESTS}`, SPIKE),
    );
    expect(exact.requests.code_429 as number).toBeGreaterThan(40_000);
    near(crowd.requests.code_429, exact.requests.code_429, 0.03);
    near(crowd.pending_ms.mean, exact.pending_ms.mean, 0.04);
    near(crowd.pending_ms.p99, exact.pending_ms.p99, 0.05);
  });

  it('begin as often as slots are freed, however short they are and however long they have pended', () => {
    const short = 'requests: {duration: {exponential: {mean: 100ms}}}';
    const { exact, crowd } = both(
      scenario(`${sized(4, 12, 12)}\n    pendingTimeout: 6s\n    ${short}`, '6000/s'),
    );
    const served = ({ requests }: ServiceSummary): number =>
      (requests.arrived as number) - (requests.code_429 as number);
    // Twelve instances have room for 4,800 a second.
    expect(exact.requests.code_429 as number).toBeGreaterThan(50_000);
    near(served(crowd), served(exact), 0.01);
    near(crowd.pending_ms.mean, exact.pending_ms.mean, 0.02);
  });

  it('find nobody while their region is lost', () => {
    const timeline = 'timeline:\n  - {name: lost, at: 40s, for: 10s, regionLost: {location: europe-west3}}\n';
    const { exact, crowd } = both(scenario(`${sized(4, 120, 12)}\n    ${REQUESTS}`, '900/s', timeline));
    expect(exact.requests.code_503 as number).toBeGreaterThan(8000);
    near(crowd.requests.code_503, exact.requests.code_503, 0.03);
    near(crowd.e2e_latencies_ms.mean, exact.e2e_latencies_ms.mean, 0.02);
    near(crowd.requests.cold, exact.requests.cold, 0.12);
  });

  it('leave instances idle as soon, when there are fewer of them', () => {
    const fall = '4000/s, stages: [{duration: 20s, target: 4000/s}, {duration: 0s, target: 700/s}]';
    const { exact, crowd } = both(scenario(`${sized(4, 60, 60)}\n    ${REQUESTS}`, fall));
    near(crowd.instances.mean_active, exact.instances.mean_active, 0.04);
    near(crowd.instances.mean, exact.instances.mean, 0.01);
  });

  it('overflow to the surplus while the core is full, and leave it again', () => {
    // At four fifths of the concurrency the core is full for moments only; at nineteen twentieths often.
    const rise =
      '3000/s, stages: [{duration: 40s, target: 3000/s}, {duration: 0s, target: 4600/s}, {duration: 40s, target: 4600/s}]';
    const { exact, crowd } = both(scenario(`${sized(4, 48, 48)}\n    ${REQUESTS}`, rise));
    near(crowd.instances.mean_active, exact.instances.mean_active, 0.03);
    near(crowd.e2e_latencies_ms.p99, exact.e2e_latencies_ms.p99, 0.02);
    expect(crowd.pending_ms.p99).toBe(exact.pending_ms.p99);
  });
});
