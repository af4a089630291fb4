/**
 * Everything together, small: cold starts, idle timeouts, a maximum and a bounded queue, against the exact chain.
 *
 * The concurrency driver of the autoscaler is disabled, so what scales is the rule for requests that find no slot. With
 * exponential times the state (ready, starting, requests) is a Markov chain of a few dozen states, solved to the last
 * digit.
 */
import { describe, expect, test } from 'vitest';
import { stationary } from '../../src/experiment/oracles/markov-chain.ts';
import { boundedQueue } from '../../src/experiment/oracles/queues.ts';
import { scalingFleet, type ScalingFleet } from '../../src/experiment/oracles/scaling-fleet.ts';
import { agree, disagree, pending, scenario, service, share, type Claims } from './replications.ts';

const UNTIL = 6000;
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
    'share served': { is: 1 - lost, of: share('served') },
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
    const fixed = scalingFleet({ arrivals: 1.8, service: 1, start: 1e9, leave: 1e-9, maxInstances: 2, pendingLimit: 4 });
    expect(fixed.lost).toBeCloseTo(boundedQueue(2, 6, 1.8, 1).lost, 6);
    expect(fixed.meanWait).toBeCloseTo(boundedQueue(2, 6, 1.8, 1).meanWait, 6);
  });

  test.each(SYSTEMS)('waits, losses and instances are those of the chain: %o', (fleet) =>
    agree(played(fleet), 40, claims(fleet), 0.02));

  test('starts that take 5 % longer, and an instance more, are noticed', () => {
    const [fleet] = SYSTEMS;
    disagree(played({ ...fleet, start: fleet.start / 1.05 }), 40, claims(fleet), 'mean wait');
    disagree(played({ ...fleet, maxInstances: 5 }), 20, claims(fleet), 'mean wait', 'mean instances');
  });
});
