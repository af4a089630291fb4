import { describe, expect, it } from 'vitest';
import { requestsOf, workloadOf } from '../../src/experiment/workload.ts';
import { play } from '../../src/probes/play.ts';
import { planOf } from '../support/plans.ts';

const plan = (load: string, more = '') =>
  planOf(`
name: shop
duration: 60s
services: [{name: checkout, location: europe-west3, load: ${load}}]
${more}
`);

describe('the requests a scenario will bring', () => {
  it('are the area under the rate', () => {
    // From 10/s to 30/s over 20 s, then 5/s for 40 s.
    const stages = '[{duration: 20s, target: 30/s}, {duration: 0s, target: 5/s}]';
    expect(requestsOf(plan(`{startRate: 10/s, stages: ${stages}}`))).toBe(600);
    expect(requestsOf(plan('{sinusoid: {mean: 50/s, amplitude: 30/s, period: 7s}}'))).toBe(3000);
  });

  it('are those that have come by then, where an instant is given', () => {
    const stages = '[{duration: 20s, target: 30/s}, {duration: 0s, target: 5/s}]';
    const rising = plan(`{startRate: 10/s, stages: ${stages}}`);
    // 10/s rising to 20/s in ten seconds; all of the rise, and ten seconds at 5/s; beyond the end it goes on.
    expect([0, 10e9, 30e9, 60e9].map((until) => requestsOf(rising, until))).toEqual([0, 150, 450, 600]);
    expect(requestsOf(plan('{arrivals: {interarrival: {exponential: {mean: 20ms}}}}'), 30e9)).toBe(1500);
  });

  it('are worked out for states, gaps and traces too', () => {
    // Nine tenths of the time at 10/s, one tenth at 100/s.
    expect(requestsOf(plan('{arrivals: {mmpp: {rates: [10/s, 100/s], stay: [9s, 1s]}}}'))).toBeCloseTo(
      1140,
      9,
    );
    expect(requestsOf(plan('{arrivals: {interarrival: {exponential: {mean: 20ms}}}}'))).toBe(3000);
    const trace = planOf(
      'name: t\nduration: 60s\nservices: [{name: a, location: europe-west3, load: {arrivals: {trace: t.csv}}}]',
      { 't.csv': 'time_s\n1\n2\n3\n' },
    );
    expect(requestsOf(trace)).toBe(3);
  });

  it('are about those that arrive', () => {
    const { summary } = play(plan('{arrivals: {mmpp: {rates: [10/s, 100/s], stay: [3s, 1s]}}}'), 1);
    expect(requestsOf(plan('{arrivals: {mmpp: {rates: [10/s, 100/s], stay: [3s, 1s]}}}'))).toBe(1950);
    expect(summary.services[0].requests.arrived).toBeGreaterThan(1000);
    expect(summary.services[0].requests.arrived).toBeLessThan(3500);
  });
});

describe('the work', () => {
  it('is two events a request, with what setting up takes, in every replication', () => {
    const one = workloadOf([plan('100/s')]);
    expect(one).toMatchObject({ replications: 1, requests: 6000 });
    expect(one.events).toBeGreaterThan(2 * 6000);
    const [three, both] = [
      workloadOf([plan('100/s', 'experiment: {replications: {min: 3, max: 9}}')]),
      workloadOf([plan('100/s'), plan('100/s')]),
    ];
    expect(three).toEqual({ replications: 3, requests: 18_000, events: 3 * one.events });
    expect(both).toEqual({ replications: 2, requests: 12_000, events: 2 * one.events });
  });

  it('counts what goes by the clock, and the calls of others', () => {
    const idle = workloadOf([plan('0/s')]).events;
    expect(workloadOf([plan('0/s', 'assumptions: {autoscalerInterval: 1ms}')]).events).toBeGreaterThan(6e4);
    const key = 'projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k';
    const others = plan(
      `0/s, encryptionKey: ${key}`,
      `keys: [{name: ${key}, protectionLevel: HSM}]
quotas: {limits: [{project: p, location: europe-west3, protectionLevel: HSM, otherUsage: 1000/s}]}`,
    );
    expect(workloadOf([others]).events).toBeGreaterThan(idle + 60_000);
  });
});
