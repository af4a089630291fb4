import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/engine/streams.ts';
import type { Group } from '../../../src/model/accelerated/group.ts';
import { SampledInstances } from '../../../src/model/accelerated/sampled-instances.ts';
import { MILLISECOND } from '../../../src/units/time.ts';

const ms = (n: number): number => n * MILLISECOND;

/** Ended requests as [ms, how many, ms it took]; those out of time as [ms, how many, 'late']. */
function instances(given: { concurrency?: number; vCpu?: number; limit?: number } = {}) {
  const ends: (number | string)[][] = [];
  const emptied: Group[] = [];
  const luck = new Streams('1', 0).stream('crowd-work', 'a');
  const { concurrency = 80, vCpu = 1, limit = 60_000 } = given;
  const all = new SampledInstances(concurrency, vCpu, ms(limit), 0, luck, {
    finished: (count, arrivedAt, _startedAt, at) =>
      ends.push([at / MILLISECOND, count, (at - arrivedAt) / MILLISECOND]),
    late: (count) => ends.push([all.now / MILLISECOND, count, 'late']),
    emptied: (group) => emptied.push(group),
    filled: () => {},
  });
  const until = (time: number): void => {
    while (all.nextTime() < ms(time)) all.answerNext();
    all.passTo(ms(time));
  };
  const start = (group: Group, duration: number, cpu: number): void =>
    all.start(group, all.now, ms(duration), ms(cpu));
  return { all, ends, emptied, until, start };
}

describe('Sampled instances', () => {
  it('share their CPU evenly: two that need 100 ms each are done after 200', () => {
    const { all, ends, until, start } = instances();
    const group = all.add(0, 'core');
    start(group, 0, 100);
    start(group, 0, 100);
    until(150);
    expect(ends).toEqual([]);
    expect(all.inUse).toBe(1);
    until(1000);
    expect(ends).toEqual([
      [200, 1, 200],
      [200, 1, 200],
    ]);
    expect(all.cpuArea).toBe(ms(200));
  });

  it('let one that came later and needs less go first, and those that wait use no CPU', () => {
    const { all, ends, until, start } = instances();
    const group = all.add(0, 'core');
    start(group, 130, 100);
    until(50);
    start(group, 0, 10);
    until(1000);
    // From 50 ms on at half speed: 10 ms of CPU take 20; the first has its 100 at 110 ms, and waits 30.
    expect(ends).toEqual([
      [70, 1, 20],
      [140, 1, 140],
    ]);
    expect(all.cpuArea).toBe(ms(110));
  });

  it('count a request once for each instance of its group', () => {
    const { all, ends, until, start } = instances();
    const group = all.add(0, 'core');
    for (const row of [1, 2, 3]) all.join(row, group, null);
    start(group, 0, 100);
    expect([all.busy, all.active, all.inUse]).toEqual([4, 4, 4]);
    until(1000);
    expect(ends).toEqual([[100, 4, 100]]);
    expect([all.busy, all.active, all.inUse]).toEqual([0, 0, 0]);
  });

  it('lose nothing when one goes another way: it has what its group has', () => {
    const { all, ends, emptied, until, start } = instances();
    const group = all.add(0, 'core');
    for (const row of [1, 2, 3]) all.join(row, group, null);
    start(group, 0, 100);
    start(group, 400, 100);
    until(100);
    expect(all.move(2, 'leaving')).toBe(2);
    expect(all.move(3, 'leaving')).toBe(2);
    expect([all.busy, all.active, all.inUse, all.coreSize]).toEqual([8, 2, 4, 2]);
    // Those that stay go on alone; a new request slows only them.
    start(group, 0, 50);
    until(1000);
    expect(
      ends.filter(([at, , took]) => at === took).reduce((sum, [, count]) => sum + Number(count), 0),
    ).toBe(8);
    const leavers = ends.filter(([at]) => at === 200);
    expect(leavers).toEqual([[200, 2, 200]]);
    expect(emptied.map(({ members }) => [...members])).toEqual([[2, 3]]);
    expect(all.busy).toBe(0);
  });

  it('are routed to where there are fewest, the surplus only if the core is full', () => {
    const { all, start } = instances({ concurrency: 2 });
    const surplus = all.add(0, 'surplus');
    const [one, other] = [all.add(1, 'core'), all.add(2, 'core')];
    start(all.pick()!, 0, 100);
    expect(one.load).toBe(1);
    start(all.pick()!, 0, 100);
    expect(other.load).toBe(1);
    start(all.pick()!, 0, 100);
    start(all.pick()!, 0, 100);
    expect([one.load, other.load]).toEqual([2, 2]);
    expect(all.pick()).toBe(surplus);
    start(surplus, 0, 100);
    start(surplus, 0, 100);
    expect(all.pick()).toBeNull();
  });

  it('answer who is out of time, and go on faster without', () => {
    const { all, ends, until, start } = instances({ limit: 150 });
    const group = all.add(0, 'core');
    start(group, 0, 1000);
    until(100);
    start(group, 0, 60);
    until(2000);
    // 25 ms until 150, and 35 alone.
    expect(ends).toEqual([
      [150, 1, 'late'],
      [185, 1, 85],
    ]);
  });

  it('are paid for in steps of 100 ms: for a pause up to the end of the step that is under way', () => {
    const { all, until, start } = instances();
    const group = all.add(0, 'core');
    all.join(1, group, null);
    start(group, 0, 30);
    until(70);
    // 40 ms of pause within the first step, for two instances.
    start(group, 0, 50);
    expect(all.paidIdle).toBe(2 * ms(40));
    until(500);
    // From 120 ms on nothing; the second step ends at 200 ms.
    start(group, 0, 10);
    expect(all.paidIdle).toBe(2 * ms(40 + 80));
  });

  it('are paid for in steps of 100 ms, those too that were made out of others meanwhile', () => {
    const { all, until, start } = instances();
    const group = all.add(0, 'core');
    all.join(1, group, null);
    start(group, 0, 30);
    until(50);
    all.divide(2);
    until(70);
    for (const row of [0, 1]) start(all.of(row)!, 0, 10);
    // 40 ms of pause within the first step, for either instance.
    expect(all.paidIdle).toBe(2 * ms(40));
  });

  it('say when the requests on one came', () => {
    const { all, until, start } = instances();
    const group = all.add(0, 'core');
    start(group, 500, 10);
    until(100);
    start(group, 500, 10);
    until(200);
    expect(all.arrivalOn(0)).toBe(ms(50));
    expect(all.arrivalOn(all.add(1, 'core').members[0])).toBe(ms(200));
  });

  it('unite and divide, and say what that makes up', () => {
    const { all, start } = instances();
    for (let row = 0; row < 64; row++) all.add(row, 'core');
    for (let n = 0; n < 160; n++) start(all.pick()!, 0, 100);
    expect(all.busy).toBe(160);
    const more = all.unite(32, 8);
    expect(all.count).toBe(32);
    expect(all.busy).toBe(160 + more);
    expect(all.coreSize).toBe(64);
    all.divide(64);
    expect(all.count).toBe(64);
    expect(all.busy).toBe(160 + more);
  });
});
