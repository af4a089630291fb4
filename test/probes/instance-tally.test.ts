import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import {
  aCall,
  aFailure,
  anObjective,
  aPlan,
  aRevision,
  aService,
  HandmadeWorld,
  lasting,
  revision,
  s,
} from './fixture.ts';
import { measure } from '../../src/probes/objectives.ts';
import type { KeyId } from '../../src/units/ids.ts';

const watched = (changes: Partial<Plan> = {}) => {
  const plan = aPlan(changes);
  const watchers = new Watchers(plan);
  return { watchers, world: new HandmadeWorld(plan, watchers), plan };
};

describe('time averages', () => {
  test('are the integral over the run, starting, active and idle instances alike', () => {
    const { watchers, world } = watched();
    world.initial(2);
    const third = world.at(15).start();
    world.at(30).becomeReady(third);
    world.at(45).move(third, 'idle', 'gone');
    world.finish();
    // 2 for 60 s and 1 for 30 s, of 60 s.
    expect(watchers.instances.services[0].mean).toBe(2.5);
  });

  test('those with a request are averaged on their own', () => {
    const { watchers, world } = watched();
    world.initial(3);
    world.at(10).activate(2);
    world.at(40).activate(-1);
    world.finish();
    expect(watchers.instances.services[0].meanActive).toBe((2 * 30 + 1 * 20) / 60);
    expect(watchers.instances.services[0].mean).toBe(3);
  });

  test('an instance that waits for its key is starting, one that drains takes no request and is left out', () => {
    const { watchers, world } = watched();
    const instance = world.at(0).start();
    world.at(10).move(instance, 'starting', 'awaiting_key');
    world.at(20).becomeReady(instance, 'awaiting_key');
    world.at(30).move(instance, 'idle', 'draining');
    world.at(40).move(instance, 'draining', 'gone');
    world.finish();
    expect(watchers.instances.services[0].mean).toBe(0.5);
  });

  test('run from the warm-up to the horizon', () => {
    const { watchers, world } = watched({ warmUp: lasting(20) });
    const [first] = world.initial(5);
    world.activate(4);
    world.at(40).move(first, 'idle', 'gone');
    world.finish();
    expect(watchers.instances.services[0].mean).toBe((5 * 20 + 4 * 20) / 40);
    expect(watchers.instances.services[0].meanActive).toBe(4);
  });
});

describe('the most instances', () => {
  test('is the most at any time', () => {
    const { watchers, world } = watched();
    const [one] = world.initial(4);
    world.at(10).move(one, 'idle', 'gone');
    world.at(20).start();
    world.finish();
    expect(watchers.instances.services[0].most).toBe(4);
  });

  test('counts what is still there when the warm-up ends, and not what was gone by then', () => {
    const { watchers, world } = watched({ warmUp: lasting(20) });
    const [one, two] = world.initial(4);
    world.at(10).move(one, 'idle', 'gone');
    world.at(30).move(two, 'idle', 'gone');
    world.finish();
    expect(watchers.instances.services[0].most).toBe(3);
  });

  test('of all services is at one time, not the sum of their own', () => {
    const { watchers, world, plan } = watched({
      services: [aService('a'), aService('b')],
      revisions: [aRevision('a-1', 0, null), aRevision('b-1', 1, null)],
    });
    const a = world.at(1).start();
    world.at(5).move(a, 'starting', 'gone');
    world.at(6).start({ revision: revision(1) });
    world.finish();
    const all = measure(
      {
        plan,
        requests: watchers.requests,
        instances: watchers.instances,
        kms: [],
        recoveries: [],
      },
      anObjective('instances.max', '<', 2),
    );
    expect(all.value).toBe(1);
  });
});

describe('starts', () => {
  test('are counted by how they ended; instances that are there at time 0 did not start', () => {
    const { watchers, world } = watched();
    world.initial(2);
    const good = world.at(1).start();
    world.at(3.5).becomeReady(good);
    const call = aCall({ outcome: 'exceeded', failure: aFailure('quota-exceeded') });
    world.refuse(world.start(), call);
    world.refuse(world.start(), call);
    world.at(59).start();
    world.finish();
    const [counts] = watchers.instances.services;
    expect([counts.started, counts.ready]).toEqual([4, 1]);
    expect([...counts.refused]).toEqual([['quota-exceeded', 2]]);
    expect(counts.startup.max).toBe(2_500_000_000);
  });

  test('belong to the summary if they began after the warm-up', () => {
    const { watchers, world } = watched({ warmUp: lasting(10) });
    const early = world.at(9).start();
    const counted = world.at(10).start();
    world.at(12).becomeReady(early);
    world.becomeReady(counted);
    world.finish();
    const [counts] = watchers.instances.services;
    expect([counts.started, counts.ready, counts.startup.max]).toEqual([1, 1, 2_000_000_000]);
  });

  test('and evictions are counted by their cause', () => {
    const { watchers, world } = watched();
    world.initial(3);
    world.at(20);
    watchers.evicting({
      at: s(20),
      revision: revision(0),
      key: 0 as KeyId,
      cause: 'key-disabled',
      instances: 3,
    });
    world.finish();
    expect([...watchers.instances.services[0].evicted]).toEqual([['key-disabled', 3]]);
  });
});
