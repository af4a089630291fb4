import { describe, expect, test } from 'vitest';
import { Watchers } from '../../src/probes/watchers.ts';
import {
  aCall,
  aFailure,
  aPlan,
  aRevision,
  HandmadeWorld,
  lasting,
  revision,
  s,
  service,
} from './fixture.ts';

const watched = (plan = aPlan()) => {
  const watchers = new Watchers(plan);
  return { watchers, world: new HandmadeWorld(plan, watchers) };
};

describe('the scale-out curve', () => {
  test('shows the value at each point of the grid, the horizon left out', () => {
    const { watchers, world } = watched();
    world.initial(1);
    const instance = world.at(15).start();
    world.revisions[0].pending = 7;
    world.revisions[0].recommended = 2;
    world.at(25).move(instance, 'starting', 'awaiting_key');
    world.finish();
    const { columns, rows } = watchers.scaleOut.table;
    expect(columns.join(',')).toBe(
      'time_s,service_name,revision_name,starting,awaiting_key,active,idle,draining,recommended,pending_requests',
    );
    expect(rows).toHaveLength(6);
    expect(rows[1]).toEqual([10, 'checkout', 'checkout-00001', 0, 0, 0, 1, 0, 0, 0]);
    expect(rows[2]).toEqual([20, 'checkout', 'checkout-00001', 1, 0, 0, 1, 0, 2, 7]);
    expect(rows[3]).toEqual([30, 'checkout', 'checkout-00001', 0, 1, 0, 1, 0, 2, 7]);
  });

  test('a revision has rows from its deployment on', () => {
    const later = { ...aRevision('checkout-00002', 0, null), initial: false };
    const { watchers, world } = watched(aPlan({ revisions: [aRevision('checkout-00001', 0, null), later] }));
    world.at(45).revisions[1].exists = true;
    world.finish();
    const names = watchers.scaleOut.table.rows.map((row) => row[2]);
    expect(names.filter((name) => name === 'checkout-00002')).toHaveLength(1);
  });
});

describe('cold starts', () => {
  test('a row a start, in the order in which they began, with the length of each step', () => {
    const { watchers, world } = watched();
    world.initial(1);
    const slow = world.at(1).start();
    const quick = world.at(2).start({ reason: 'MANUAL_OR_CUSTOMER_MIN_INSTANCE' });
    Object.assign(quick, { scheduling: lasting(0.05), imageImport: lasting(0.6), keyAttempts: 2 });
    Object.assign(quick, { key: 90_000_001, container: lasting(1) });
    world.at(4).becomeReady(quick);
    world.at(9).refuse(slow, aCall({ failure: aFailure('key-disabled'), outcome: 'failed' }));
    world.at(59.5).start({ scheduling: lasting(0.05), imageImport: lasting(0.6), container: lasting(1) });
    world.finish();
    const { columns, rows } = watchers.coldStarts.table;
    expect(columns).toContain('key_attempts');
    expect(rows).toEqual([
      [1, 'checkout', 'checkout-00001', 2, 'AUTOSCALING', 0, 0, 0, 0, null, 'refused:key-disabled'],
      [
        2,
        'checkout',
        'checkout-00001',
        3,
        'MANUAL_OR_CUSTOMER_MIN_INSTANCE',
        50,
        600,
        90.000001,
        2,
        1000,
        'ready',
      ],
      [59.5, 'checkout', 'checkout-00001', 4, 'AUTOSCALING', 50, null, 0, 0, null, 'in-progress'],
    ]);
  });

  test('how an instance ends after it was ready does not change the row of its start', () => {
    const { watchers, world } = watched();
    const instance = world.at(1).start();
    world.at(2).becomeReady(instance);
    instance.outcome = 'crashed';
    world.at(3).move(instance, 'idle', 'gone');
    world.finish();
    expect(watchers.coldStarts.table.rows[0].at(-1)).toBe('ready');
  });
});

describe('deployments', () => {
  const deployment = (of: number, stage: 'begun' | 'failed' | 'serving', at: number, message = '') =>
    ({
      at: s(at),
      begunAt: s(10),
      service: service(0),
      revision: revision(of),
      stage,
      message,
    }) as const;

  test('are listed as asked for, with what became of each', () => {
    const revisions = [0, 1, 2, 3].map((n) => aRevision(`checkout-0000${n + 1}`, 0, null));
    const { watchers, world } = watched(aPlan({ revisions }));
    watchers.deployed(deployment(1, 'begun', 10));
    watchers.deployed(deployment(2, 'begun', 10));
    watchers.deployed(deployment(3, 'begun', 10));
    watchers.deployed(deployment(2, 'failed', 11, 'no key'));
    watchers.deployed(deployment(1, 'serving', 12));
    world.finish();
    expect(watchers.deployments.summary.map((each) => [each.revision_name, each.at_s, each.outcome])).toEqual(
      [
        ['checkout-00002', 10, 'serving'],
        ['checkout-00003', 10, 'failed'],
        ['checkout-00004', 10, 'pending'],
      ],
    );
    expect(watchers.deployments.summary[1].message).toBe('no key');
  });
});
