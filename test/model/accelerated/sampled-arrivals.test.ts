import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/engine/streams.ts';
import { Cohorts } from '../../../src/model/accelerated/cohorts.ts';
import type { Inflow } from '../../../src/model/accelerated/inflow.ts';
import type { Waiting } from '../../../src/model/accelerated/pending.ts';
import { SampledArrivals } from '../../../src/model/accelerated/sampled-arrivals.ts';
import type { Revision } from '../../../src/model/run/revision.ts';
import type { Service } from '../../../src/model/run/service.ts';

/** Nobody comes but who is put into the queue; `expected` would come in a step. */
function arrivals(expected = 0) {
  const queue = new Cohorts();
  const told: number[] = [];
  const luck = new Streams('1', 0).stream('crowd-arrivals', 'a');
  const all = new SampledArrivals(
    { arrived: 0 } as Revision,
    { id: 0 } as Service,
    { comesFrom: () => true, expected: () => expected } as unknown as Inflow,
    1,
    { queue, patience: 1000 } as unknown as Waiting,
    { crowdArrived: (_service: number, count: number) => told.push(count) } as never,
    luck,
  );
  return { all, queue, told };
}

describe('Arrivals where instances are sampled', () => {
  it('are taken first come, first served, and came when they did on average', () => {
    const { all, queue } = arrivals();
    queue.push(0, 100, 10, 0, 1000);
    queue.push(100, 100, 10, 0, 1000);
    expect(all.take(10, 500)).toBe(10);
    expect(all.takenCameAt).toBe(50);
    expect(all.take(10, 500)).toBe(10);
    expect(all.takenCameAt).toBe(100);
  });

  it('are owed where a group needs more than there are, and then do not wait', () => {
    const { all, queue, told } = arrivals(50);
    queue.push(0, 100, 3, 0, 1000);
    expect(all.take(10, 500)).toBe(3);
    expect(all.owed).toBe(7);
    const come = all.arrive(500, 600);
    expect(told).toEqual([come + 7]);
    expect([all.owed, queue.waiting, all.count]).toEqual([0, come, come + 7]);
  });

  it('are not answered as long as they are owed', () => {
    const { all } = arrivals();
    all.take(4, 0);
    expect([all.withoutOwed(3), all.withoutOwed(3), all.owed]).toEqual([0, 2, 0]);
  });

  it('wait again where groups that became one have fewer, but for those that had not come yet', () => {
    const { all, queue } = arrivals();
    all.madeUp(5, 10);
    expect([all.owed, queue.waiting]).toEqual([5, 0]);
    all.madeUp(-3, 20);
    expect([all.owed, queue.waiting]).toEqual([2, 0]);
    all.madeUp(-6, 30);
    expect([all.owed, queue.waiting]).toEqual([0, 4]);
    expect(queue.oldest).toBe(30);
  });
});
