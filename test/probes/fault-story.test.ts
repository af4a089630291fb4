import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import type { KeyId } from '../../src/units/ids.ts';
import {
  aCall,
  aFailure,
  anEntry,
  aLimit,
  anOutage,
  aPlan,
  aRevision,
  aService,
  entry,
  HandmadeWorld,
  pool,
  s,
  service,
} from './fixture.ts';

const watched = (changes: Partial<Plan> = {}) => {
  const plan = aPlan({ timeline: [anOutage('down', 10, 30)], ...changes });
  const watchers = new Watchers(plan);
  const world = new HandmadeWorld(plan, watchers);
  return { watchers, world, story: () => watchers.faults.summary[0] };
};

const unreachable = (at: number, changes: Parameters<typeof aCall>[0] = {}) =>
  aCall({
    issuedAt: s(at),
    answeredAt: s(at),
    outcome: 'failed',
    failure: aFailure('ekm-unreachable', { fault: entry(0) }),
    ...changes,
  });

describe('an outage of the external key manager', () => {
  test('is told from its beginning to the recovery', () => {
    const { watchers, world, story } = watched();
    const [first] = world.initial(3);
    world.at(10);
    watchers.began(entry(0));
    const held = world.at(12).start();
    world.at(13);
    for (const at of [13, 14]) watchers.quotaTaken(pool(0), true, s(at), 1);
    watchers.keyCalled(unreachable(13, { instance: held }));
    watchers.startHeld(held, unreachable(13));
    watchers.keyCalled(unreachable(14, { instance: held, attempt: 1 }));
    world.at(20).move(first, 'idle', 'gone');
    world.revisions[0].pending = 4;
    world.answer(world.arrive(), 500);
    world.at(30);
    watchers.ended(entry(0));
    world.answer(world.arrive(), 500);
    world.at(33).becomeReady(held);
    world.at(34).arrive();
    world.revisions[0].pending = 0;
    world.at(35).arrive();
    world.at(40).becomeReady(world.start());
    world.finish();
    expect(story()).toEqual({
      name: 'down',
      kind: 'ekmUnreachable',
      at_s: 10,
      until_s: 30,
      detected_s: 13,
      starts_held: 1,
      starts_refused: 0,
      requests_failed: 1,
      ready_before: 3,
      ready_min: 2,
      first_ready_after_s: 33,
      recovered_s: 35,
      next_eviction_s: null,
    });
  });

  test('finds what was there just before, even if something else happens at the same instant', () => {
    const { watchers, world, story } = watched();
    const [one] = world.initial(3);
    world.at(10).move(one, 'idle', 'gone');
    watchers.began(entry(0));
    world.finish();
    expect(story()).toMatchObject({ ready_before: 3, ready_min: 2 });
  });

  test('is not over while a start that it held still waits, though nothing pends and no instance was lost', () => {
    const { watchers, world, story } = watched();
    world.initial(3);
    world.at(10);
    watchers.began(entry(0));
    const held = world.at(12).start();
    watchers.startHeld(held, unreachable(12));
    world.at(30);
    watchers.ended(entry(0));
    world.at(37).becomeReady(held);
    world.finish();
    expect(story()).toMatchObject({ ready_min: 3, recovered_s: 37 });
  });

  test('that nobody notices leaves no trace but its times', () => {
    const { watchers, world, story } = watched();
    world.initial(2);
    world.at(10);
    watchers.began(entry(0));
    world.at(30);
    watchers.ended(entry(0));
    world.finish();
    expect(story()).toMatchObject({ detected_s: null, ready_before: 2, ready_min: 2, recovered_s: 30 });
  });

  test('is not over while fewer instances are ready than before', () => {
    const { watchers, world, story } = watched();
    const [one] = world.initial(2);
    world.at(10);
    watchers.began(entry(0));
    world.at(20).move(one, 'idle', 'gone');
    world.at(30);
    watchers.ended(entry(0));
    world.finish();
    expect(story()).toMatchObject({ ready_min: 1, first_ready_after_s: null, recovered_s: null });
  });

  test('that lasts has neither end nor recovery', () => {
    const { watchers, world, story } = watched({ timeline: [anOutage('down', 10, null)] });
    world.initial(1);
    world.at(10);
    watchers.began(entry(0));
    world.finish();
    expect(story()).toMatchObject({ until_s: null, recovered_s: null, ready_before: 1 });
  });

  test('that began before time 0 finds what was there from the beginning', () => {
    const { watchers, world, story } = watched({ timeline: [anOutage('down', -60, 30)] });
    world.now = s(-60);
    world.initial(2);
    watchers.began(entry(0));
    world.at(5).move(world.start(), 'starting', 'gone');
    world.finish();
    expect(story()).toMatchObject({ at_s: -60, ready_before: 2, ready_min: 2 });
  });

  test('does not concern a service on another key', () => {
    const { watchers, world, story } = watched({
      services: [aService('a'), aService('b')],
      revisions: [aRevision('a-1', 0, 0), aRevision('b-1', 1, null)],
    });
    world.initial(1, 0);
    world.initial(5, 1);
    world.at(10);
    watchers.began(entry(0));
    world.at(11).answer(world.arrive({ service: 1 }), 500);
    world.at(12).answer(world.arrive({ service: 0 }), 500);
    world.finish();
    expect(story()).toMatchObject({ ready_before: 1, requests_failed: 1 });
  });

  test('that comes and goes at random is one story, its recovery that of the last time', () => {
    const { watchers, world, story } = watched();
    const [one] = world.initial(2);
    for (const at of [5, 25]) {
      world.at(at);
      watchers.began(entry(0));
      world.answer(world.arrive(), 500);
      world.at(at + 5);
      watchers.ended(entry(0));
    }
    world.at(40).move(one, 'idle', 'gone');
    world.finish();
    expect(story()).toMatchObject({ requests_failed: 2, recovered_s: 30 });
  });
});

describe('refused starts', () => {
  test('are laid at the door of the entry that their key call met', () => {
    const { watchers, world, story } = watched({
      timeline: [anEntry('off', 10, null, { kind: 'keyState', key: 0 as KeyId, state: 'DISABLED' })],
    });
    world.at(10);
    watchers.began(entry(0));
    const call = unreachable(11, { failure: aFailure('key-disabled', { fault: entry(0) }) });
    world.at(11);
    watchers.quotaTaken(pool(0), true, s(11), 1);
    watchers.keyCalled(call);
    world.refuse(world.start(), call);
    world.refuse(world.start(), { ...call, failure: aFailure('key-disabled') });
    world.finish();
    expect(story()).toMatchObject({ detected_s: 11, starts_refused: 1, starts_held: 0 });
  });

  test('for want of quota belong to the entry that lowered that quota, while it is in force', () => {
    const { watchers, world, story } = watched({
      timeline: [anEntry('squeeze', 10, 20, { kind: 'quotaLimit', pool: pool(0), perMinute: 60 })],
      quotas: { policy: 'hard-per-second', limits: [aLimit('HSM'), aLimit('EXTERNAL')] },
    });
    const denied = { outcome: 'exceeded', failure: aFailure('quota-exceeded') } as const;
    const refuse = (at: number, of: number) => {
      world.at(at);
      const call = aCall({ ...denied, issuedAt: s(at), answeredAt: s(at), pool: pool(of) });
      watchers.keyCalled(call);
      world.refuse(world.start(), call);
    };
    refuse(9, 0);
    world.at(10);
    watchers.began(entry(0));
    refuse(11, 1);
    refuse(12, 0);
    world.at(20);
    watchers.ended(entry(0));
    refuse(21, 0);
    world.finish();
    expect(story()).toMatchObject({ detected_s: 12, starts_refused: 1 });
  });
});

describe('what is not undone by itself', () => {
  test('a disabled key is over when a later entry enables it again', () => {
    const off = anEntry('off', 10, null, { kind: 'keyState', key: 0 as KeyId, state: 'DISABLED' });
    const on = anEntry('on', 30, null, { kind: 'keyState', key: 0 as KeyId, state: 'ENABLED' });
    const { watchers, world, story } = watched({ timeline: [off, on] });
    const [one] = world.initial(1);
    world.at(10);
    watchers.began(entry(0));
    world.at(20).move(one, 'idle', 'gone');
    world.at(30);
    world.keys[0].inForce = (one) => one === entry(1);
    watchers.began(entry(1));
    world.at(33).becomeReady(world.start());
    world.finish();
    expect(story()).toMatchObject({ ready_min: 0, first_ready_after_s: 33, recovered_s: 33, until_s: null });
  });

  test('a crash is over as soon as it has happened, and then the instances come back', () => {
    const { watchers, world, story } = watched({
      timeline: [anEntry('crash', 10, null, { kind: 'instanceCrash', service: service(0), share: 0.5 })],
    });
    const [one] = world.initial(2);
    world.at(10);
    watchers.began(entry(0));
    world.move(one, 'idle', 'gone');
    world.at(14).becomeReady(world.start());
    world.finish();
    expect(story()).toMatchObject({
      ready_before: 2,
      ready_min: 1,
      first_ready_after_s: 14,
      recovered_s: 14,
    });
  });
});
