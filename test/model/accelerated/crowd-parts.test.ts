import { describe, expect, it } from 'vitest';
import { Apart } from '../../../src/model/accelerated/apart.ts';
import { Cohorts } from '../../../src/model/accelerated/cohorts.ts';
import { averageOver } from '../../../src/model/accelerated/steps.ts';

describe('Cohorts that pend', () => {
  it('came evenly, and are served first come, first served', () => {
    const queue = new Cohorts();
    queue.push(1000, 2000, 10, 0, 500);
    queue.push(2000, 3000, 5, 1, 700);
    expect([queue.waiting, queue.first, queue.kindOfFirst, queue.patienceOfFirst]).toEqual([15, 10, 0, 500]);
    expect([queue.oldest, queue.arrivalOf(5)]).toEqual([1000, 1500]);
    queue.take(4);
    expect([queue.oldest, queue.arrivalOf(6)]).toEqual([1400, 2000]);
    expect([queue.before(1400), queue.before(1700), queue.before(9000)]).toEqual([0, 3, 6]);
    queue.take(6);
    expect([queue.waiting, queue.first, queue.kindOfFirst, queue.oldest]).toEqual([5, 5, 1, 2000]);
    queue.take(5);
    expect([queue.waiting, queue.oldest]).toEqual([0, Infinity]);
  });

  it('lose those that came last, across cohorts', () => {
    const queue = new Cohorts();
    queue.push(1000, 2000, 10, 0, 500);
    queue.push(2000, 3000, 5, 1, 700);
    queue.take(2);
    queue.dropLast(7);
    // Six of the first are left: they came between 1200 and 1800.
    expect([queue.waiting, queue.first, queue.oldest, queue.arrivalOf(6)]).toEqual([6, 6, 1200, 1800]);
    queue.take(6);
    expect(queue.oldest).toBe(Infinity);
  });

  it('are kept in their order however many there are', () => {
    const queue = new Cohorts();
    for (let at = 0; at < 500; at++) {
      queue.push(at, at + 1, 2, at % 3, 1);
      if (at % 3 === 0) queue.take(2);
    }
    for (let at = 167; at < 500; at++) {
      expect([queue.oldest, queue.kindOfFirst]).toEqual([at, at % 3]);
      queue.take(2);
    }
    expect(queue.waiting).toBe(0);
  });
});

describe('Requests on instances apart', () => {
  it('are finished in the order of their times, on whichever instance', () => {
    const apart = new Apart();
    apart.put(7, [30, 10]);
    apart.put(3, [20, 40]);
    expect([apart.count, apart.soonest]).toEqual([4, 10]);
    const seen: number[][] = [];
    apart.finish(30, (row, at) => seen.push([row, at]));
    expect(seen).toEqual([
      [7, 10],
      [3, 20],
      [7, 30],
    ]);
    expect([apart.count, apart.soonest]).toEqual([1, 40]);
  });

  it('are not finished there any more once an instance is taken back, nor twice when it is apart again', () => {
    const apart = new Apart();
    apart.put(7, [30, 10]);
    expect([...apart.takeBack(7)].sort()).toEqual([10, 30]);
    expect([...apart.takeBack(7)]).toEqual([]);
    expect([apart.count, apart.soonest]).toEqual([0, Infinity]);
    apart.put(7, [25, 35]);
    const seen: number[] = [];
    apart.finish(100, (_, at) => seen.push(at));
    expect(seen).toEqual([25, 35]);
  });
});

describe('The average over a step', () => {
  const mean = 400;
  /** Of a number that goes from one end to the other as it is expected to at unlimited capacity, by adding up. */
  function added(length: number, before: number, after: number, steady: number): number {
    let sum = 0;
    const parts = 20_000;
    for (let part = 0; part < parts; part++) {
      const at = ((part + 0.5) / parts) * length;
      const left = Math.sinh((length - at) / mean) / Math.sinh(length / mean);
      const right = Math.sinh(at / mean) / Math.sinh(length / mean);
      sum += steady + (before - steady) * left + (after - steady) * right;
    }
    return sum / parts;
  }

  it('is what the rate keeps at work, but for the ends', () => {
    for (const length of [500, 1000, 5000, 20_000]) {
      const expected = (1000 * length) / mean; // 1,000 at work
      expect(averageOver(length, 1040, 990, expected, mean)).toBeCloseTo(added(length, 1040, 990, 1000), 3);
    }
    expect(averageOver(1e7, 1100, 950, (1000 * 1e7) / mean, mean)).toBeCloseTo(1000, 1);
  });

  it('is half way between the ends of a short step, or where they are too far from that', () => {
    expect(averageOver(40, 1040, 990, 100, mean)).toBe(1015);
    expect(averageOver(5000, 100, 1000, 12_500, mean)).toBe(550);
  });
});
