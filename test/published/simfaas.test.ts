/**
 * Scale-per-request against published work: SimFaaS (N. Mahmoudi and H. Khazaei, "SimFaaS: A Performance Simulator for
 * Serverless Computing Platforms", CLOSER 2021, arXiv 2102.08904), and the measurements on AWS Lambda that its authors
 * publish beside it (github.com/pacslab/simfaas: README.md, examples/04-Experiment-Comparison.ipynb, examples/exp.csv).
 *
 * The model has two rules that are easily passed over and change the answer by factors: a request goes to the idle
 * instance that was created last (`routing: newest-first`), and an instance leaves after the expiration threshold
 * without a request (`idleTimeout`). A cold request has a service time of its own, initialisation included: here
 * `firstDuration`, with a start that takes no time.
 */
import { describe, expect, it } from 'vitest';
import { play } from '../../src/probes/play.ts';
import type { RoutingRule } from '../../src/model/plan.ts';
import { planOf } from '../support/plans.ts';

interface Model {
  readonly rate: number;
  /** Mean service times, s. */
  readonly warm: number;
  readonly cold: number;
}

interface Steady {
  /** Share of requests that started an instance, and how many did. */
  readonly cold: number;
  readonly colds: number;
  readonly instances: number;
  readonly running: number;
}

const known = new Map<string, Steady>();

/** Simulated for `seconds`, ten expiration thresholds of warm-up left out. */
function steady(
  { rate, warm, cold }: Model,
  routing: RoutingRule = 'newest-first',
  seconds = 600_000,
): Steady {
  const name = JSON.stringify([rate, warm, cold, routing, seconds]);
  const before = known.get(name);
  if (before !== undefined) return before;
  const { requests, instances } = play(
    planOf(`
name: scale-per-request
duration: ${seconds}s
warmUp: 6000s
sampleInterval: 100000s
services:
  - name: function
    location: europe-west3
    autoscaler: per-request
    routing: ${routing}
    scaling: {maxInstanceCount: 1000}
    maxInstanceRequestConcurrency: 1
    idleTimeout: 600s
    startup: {scheduling: 0s, imageImport: 0s, containerStart: 0s}
    requests: {duration: {exponential: {mean: ${warm}s}}, firstDuration: {exponential: {mean: ${cold}s}}}
    load: ${rate}/s
`),
    1,
    { logs: false },
  ).summary.services[0];
  const result = {
    cold: (requests.cold as number) / (requests.arrived as number),
    colds: requests.cold as number,
    instances: instances.mean as number,
    running: instances.mean_active as number,
  };
  known.set(name, result);
  return result;
}

/** Cold starts are rare and nearly independent: a count of n has a standard deviation of about the root of n. */
const zOf = (ours: Steady, share: number, colds: number): number =>
  (ours.cold - share) / Math.sqrt(ours.cold ** 2 / ours.colds + share ** 2 / colds);

describe("SimFaaS's own example", () => {
  // README.md: 1213 of 898 469 requests cold, 7.6612 servers, 1.7879 of them running, over 1e6 s.
  const model = { rate: 0.9, warm: 1.991, cold: 2.244 };

  it('comes out: the share of cold starts, the servers, and those running', () => {
    const ours = steady(model);
    expect(Math.abs(zOf(ours, 1213 / 898_469, 1213))).toBeLessThan(4);
    expect(Math.abs(ours.instances / 7.6612 - 1)).toBeLessThan(0.02);
    expect(Math.abs(ours.running / 1.7879 - 1)).toBeLessThan(0.01);
  });

  it.each<[RoutingRule]>([['least-loaded'], ['random'], ['round-robin']])(
    'does not, by factors, where requests are routed %s: no instance ever expires',
    (routing) => {
      const [ours, other] = [steady(model), steady(model, routing, 200_000)];
      expect(ours.cold / Math.max(other.cold, 1e-9)).toBeGreaterThan(50);
      expect(other.instances / ours.instances).toBeGreaterThan(1.25);
      // What is running does not depend on it: the rate times the mean service time.
      expect(other.running / ours.running).toBeCloseTo(1, 1);
    },
  );

  it('does not either where instances are kept for a tenth of the time', () => {
    const planned = steady(model);
    const { requests } = play(
      planOf(`
name: impatient
duration: 60000s
sampleInterval: 10000s
services:
  - name: function
    location: europe-west3
    autoscaler: per-request
    routing: newest-first
    scaling: {maxInstanceCount: 1000}
    maxInstanceRequestConcurrency: 1
    idleTimeout: 60s
    startup: {scheduling: 0s, imageImport: 0s, containerStart: 0s}
    requests: {duration: {exponential: {mean: 1.991s}}, firstDuration: {exponential: {mean: 2.244s}}}
    load: 0.9/s
`),
      1,
      { logs: false },
    ).summary.services[0];
    expect((requests.cold as number) / (requests.arrived as number) / planned.cold).toBeGreaterThan(5);
  });
});

describe('parameter sets of the published comparison', () => {
  // Rates, and what SimFaaS made of them in 1e6 s with the mean service times over the experiments: notebook 04. Warm
  // and cold means of exp.csv over the eight experiments of the notebook: 1.999 s and 2.213 s.
  const [warm, cold] = [1.999, 2.213];

  it.each([
    [0.10037738637293372, 0.007297],
    [0.30179128934985394, 0.002807],
    [0.4996728494874295, 0.001967],
    [0.9024594401863006, 0.001291],
  ])('at %d requests/s the share of cold starts is that of SimFaaS, %d', (rate, share) => {
    expect(Math.abs(zOf(steady({ rate, warm, cold }), share, share * rate * 1e6))).toBeLessThan(4);
  });

  // Measured on AWS Lambda (exp.csv): mean instances, running ones, and cold starts with their standard error.
  it.each([
    [0.10037738637293372, 2.8888, 0.20175, 0.005658, 0.000416],
    [0.30179128934985394, 4.4218, 0.62033, 0.002939, 0.0002],
    [0.4996728494874295, 5.6942, 0.97617, 0.001913, 0.0000975],
    [0.9024594401863006, 7.8698, 1.78492, 0.001513, 0.0000664],
  ])('at %d requests/s it is near what was measured on AWS Lambda', (rate, instances, running, share) => {
    const ours = steady({ rate, warm, cold });
    expect(Math.abs(ours.instances / instances - 1)).toBeLessThan(0.1);
    expect(Math.abs(ours.running / running - 1)).toBeLessThan(0.05);
    // A platform is not its model: where one in two hundred is cold, a few that were reclaimed early show.
    expect(Math.abs(ours.cold / share - 1)).toBeLessThan(0.35);
  });
});
