/**
 * Everything together, small: cold starts, idle timeouts, a maximum and a bounded queue, against the exact chain.
 *
 * The concurrency driver of the autoscaler is disabled, so what scales is the rule for requests that find no slot. With
 * exponential times the state (ready, starting, requests) is a Markov chain of a few dozen states, solved to the last
 * digit.
 */
import { describe, expect, test } from 'vitest';
import { stationary } from '../../src/experiment/oracles/markov-chain.ts';
import { boundedQueue, erlangB } from '../../src/experiment/oracles/queues.ts';
import {
  perRequestFleet,
  scalingFleet,
  type PerRequestFleet,
  type ScalingFleet,
} from '../../src/experiment/oracles/scaling-fleet.ts';
import { agree, disagree, pending, scenario, service, share, type Claims } from './replications.ts';

const UNTIL = 2000;
const SYSTEMS: readonly ScalingFleet[] = [
  { arrivals: 1.5, service: 1, start: 0.5, leave: 0.4, maxInstances: 4, pendingLimit: 6 },
  { arrivals: 3, service: 1, start: 2, leave: 3, maxInstances: 3, pendingLimit: 2 },
  { arrivals: 0.8, service: 1, start: 0.1, leave: 0.05, maxInstances: 6, pendingLimit: 5 },
];

const exponential = (rate: number) => ({ exponential: { mean: `${1000 / rate}ms` } });

const played = (fleet: ScalingFleet) =>
  scenario({
    rate: fleet.arrivals,
    until: UNTIL,
    after: 0,
    warmUp: 200,
    service: {
      autoscaler: 'cloud-run',
      scaling: { maxInstanceCount: fleet.maxInstances },
      template: { scaling: { concurrencyTarget: 'disabled' } },
      maxInstanceRequestConcurrency: 1,
      pendingLimit: fleet.pendingLimit,
      idleTimeout: exponential(fleet.leave),
      startup: { scheduling: '0s', imageImport: '0s', containerStart: exponential(fleet.start) },
      requests: { duration: exponential(fleet.service) },
    },
  });

function claims(fleet: ScalingFleet): Claims {
  const { lost, meanWait, instances, active, starts } = scalingFleet(fleet);
  const counted = (name: 'mean' | 'mean_active' | 'started') => (results: Parameters<typeof service>[0]) =>
    service(results).instances[name] as number;
  return {
    'mean wait': { is: meanWait, of: pending('mean') },
    // Of those answered: the last ones are still there at the end.
    'share served': { is: 1 - lost, of: (results) => 1 - (service(results).error_ratio as number) },
    'mean instances': { is: instances, of: counted('mean') },
    'mean active': { is: active, of: counted('mean_active') },
    'starts a second': { is: starts, of: (results) => counted('started')(results) / (UNTIL - 200) },
  };
}

describe('a small fleet that scales by what pends (exact Markov chain)', () => {
  test('the chain gives what is known where a formula exists', () => {
    // On and off with rates 1 and 3: on for a quarter of the time.
    const [off, on] = stationary(0, (state) => [{ to: 1 - state, rate: state === 0 ? 1 : 3 }]);
    expect([off.probability, on.probability]).toEqual([0.75, 0.25]);
    // Instances that start at once and never leave are a fixed fleet: M/M/2/6.
    const fixed = scalingFleet({
      arrivals: 1.8,
      service: 1,
      start: 1e9,
      leave: 1e-9,
      maxInstances: 2,
      pendingLimit: 4,
    });
    expect(fixed.lost).toBeCloseTo(boundedQueue(2, 6, 1.8, 1).lost, 6);
    expect(fixed.meanWait).toBeCloseTo(boundedQueue(2, 6, 1.8, 1).meanWait, 6);
  });

  test.each(SYSTEMS)('waits, losses and instances are those of the chain: %o', (fleet) =>
    agree(played(fleet), 40, claims(fleet), 0.03),
  );

  test('starts and idle times that are 10 % longer, and an instance more, are noticed', () => {
    const [fleet] = SYSTEMS;
    disagree(played({ ...fleet, start: fleet.start / 1.1 }), 40, claims(fleet), 'mean wait');
    disagree(played({ ...fleet, leave: fleet.leave / 1.1 }), 20, claims(fleet), 'starts a second');
    disagree(played({ ...fleet, maxInstances: 5 }), 20, claims(fleet), 'mean wait', 'mean instances');
  });
});

/**
 * One instance a request: nobody queues, a request that finds no idle instance waits for one of its own, and with the
 * maximum of instances alive it is lost. (starting, busy, idle) is a Markov chain. Where an instance leaves at once every
 * request holds one for U + S, and Erlang B has the answer, whatever their laws: by hand, 2 instances, lambda = 1,
 * E[U + S] = 1: 1/5.
 */
describe('an instance a request (exact Markov chain, Erlang B)', () => {
  const fleet: PerRequestFleet = { arrivals: 2, service: 1, start: 0.5, leave: 0.3, maxInstances: 5 };
  const plain = { autoscaler: 'per-request', maxInstanceRequestConcurrency: 1 };
  const starting = (duration: unknown) => ({
    startup: { scheduling: '0s', imageImport: '0s', containerStart: duration },
  });
  const exact = perRequestFleet(fleet);
  const claims: Claims = {
    'share of 429': { is: exact.lost, of: share('code_429') },
    'share that starts cold': { is: exact.cold, of: share('cold') },
    'mean instances': { is: exact.instances, of: (results) => service(results).instances.mean as number },
  };
  const played = ({ arrivals, service, start, leave, maxInstances }: PerRequestFleet) =>
    scenario({
      rate: arrivals,
      until: 1500,
      after: 0,
      warmUp: 100,
      service: {
        ...plain,
        ...starting(exponential(start)),
        scaling: { maxInstanceCount: maxInstances },
        idleTimeout: exponential(leave),
        requests: { duration: exponential(service) },
      },
    });

  test('the chain gives what is known where a formula exists', () => {
    const atOnce = { arrivals: 1, service: 2, start: 2, leave: 1e9, maxInstances: 2 };
    expect(perRequestFleet(atOnce).lost).toBeCloseTo(1 / 5, 6);
  });

  test('losses, cold starts and instances are those of the chain', () =>
    agree(played(fleet), 40, claims, 0.02));

  test('starts that take 20 % longer, and idle times 10 % longer, are noticed', () => {
    disagree(played({ ...fleet, start: fleet.start / 1.2 }), 40, claims, 'share of 429');
    disagree(played({ ...fleet, leave: fleet.leave / 1.1 }), 20, claims, 'share that starts cold');
  });

  const first = (longer: number) =>
    scenario({
      rate: 2,
      until: 1500,
      warmUp: 100,
      service: {
        ...plain,
        ...starting({ gamma: { mean: `${800 * longer}ms`, cv: 0.7 } }),
        scaling: { maxInstanceCount: 4 },
        idleTimeout: '0s',
        requests: { duration: '10s', firstDuration: { lognormal: { mean: '700ms', cv: 1.5 } } },
      },
    });
  const lost = { 'share of 429': { is: erlangB(4, 2 * 1.5), of: share('code_429') } };

  test('where no instance stays, start and first request together are the service of Erlang B', () =>
    agree(first(1), 40, lost));

  test('starts that take 8 % longer are noticed', () => disagree(first(1.08), 20, lost));
});
