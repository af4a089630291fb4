import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayLane } from '../../src/engine/delay-lane.ts';
import { EventQueue } from '../../src/engine/event-queue.ts';
import { PHASES, Sequencer, type Phase } from '../../src/engine/sequencer.ts';

interface Pending {
  readonly time: number;
  readonly order: number;
  readonly what: number;
}

/** What a queue should do, done the plain way. */
class SortedArray {
  private readonly events: Pending[] = [];

  push(event: Pending): void {
    this.events.push(event);
    this.events.sort((a, b) => a.time - b.time || a.order - b.order);
  }

  top(): Pending {
    return this.events[0] ?? { time: Infinity, order: Infinity, what: -1 };
  }

  pop(): number {
    return this.events.shift()?.what ?? -1;
  }

  clear(): void {
    this.events.length = 0;
  }

  get size(): number {
    return this.events.length;
  }
}

/** `expect(found).toBe(due)`, for what is asked hundreds of thousands of times. */
const same = (found: number, due: number): void => {
  if (found !== due) expect.fail(`${found} instead of ${due}`);
};

/** Few different times, so that most comparisons are ties. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('push' as const), time: fc.nat(9), phase: fc.nat(4) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pop' as const), time: fc.nat(9), phase: fc.nat(4) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('replaceTop' as const), time: fc.nat(9), phase: fc.nat(4) }),
  },
);
const steps = fc.array(step, { minLength: 1, maxLength: 400, size: 'max' });

describe('The queue of pending events', () => {
  it('gives events out by time, and at one time by phase and then by planning, whatever was done before', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const queue = new EventQueue(4);
        const plain = new SortedArray();
        const sequencer = new Sequencer();
        let what = 0;
        for (const { do: verb, time, phase } of list) {
          const event = { time, order: sequencer.next(phase as Phase), what: what++ };
          if (verb === 'push') {
            queue.push(event.time, event.order, event.what);
            plain.push(event);
          } else if (verb === 'pop') {
            same(queue.pop(), plain.pop());
          } else {
            queue.replaceTop(event.time, event.order, event.what);
            plain.pop();
            plain.push(event);
          }
          same(queue.size, plain.size);
          same(queue.topTime(), plain.top().time);
          same(queue.topOrder(), plain.top().order);
          same(queue.topWhat(), plain.top().what);
        }
        while (plain.size > 0) same(queue.pop(), plain.pop());
      }),
      { numRuns: 80 },
    );
  });

  it('sorts ten thousand events at different times', () => {
    const queue = new EventQueue();
    const times = Array.from({ length: 10_000 }, (_, i) => (i * 7_919_999) % 1_000_003);
    times.forEach((time, i) => queue.push(time, i, i));
    const out: number[] = [];
    while (queue.size > 0) out.push(times[queue.pop()]);
    expect(out).toEqual(times.toSorted((a, b) => a - b));
  });

  it('keeps constant delays first come, first served', () => {
    const queue = new EventQueue();
    const sequencer = new Sequencer();
    for (let what = 0; what < 3_000; what++) queue.push(60, sequencer.next(PHASES.release), what);
    expect(Array.from({ length: 3_000 }, () => queue.pop())).toEqual(
      Array.from({ length: 3_000 }, (_, i) => i),
    );
  });

  it('has a later time wait even when its order is lower', () => {
    const queue = new EventQueue();
    const sequencer = new Sequencer();
    queue.push(2, sequencer.next(PHASES.outside), 2);
    queue.push(1, sequencer.next(PHASES.observe), 1);
    expect([queue.pop(), queue.pop()]).toEqual([1, 2]);
  });

  it('is empty at first and after it was cleared', () => {
    const queue = new EventQueue();
    queue.replaceTop(5, 0, 7);
    expect(queue.topTime()).toBe(5);
    queue.clear();
    expect([queue.size, queue.topTime(), queue.topOrder(), queue.topWhat(), queue.pop(), queue.size]).toEqual(
      [0, Infinity, Infinity, -1, -1, 0],
    );
  });
});

describe('A lane of fixed delays', () => {
  it('gives out what the queue of pending events would, in the same order, however it is used', () => {
    const mostlyAscending = fc.array(
      fc.oneof(
        {
          weight: 10,
          arbitrary: fc.record({ pop: fc.constant(false), ahead: fc.nat(2), phase: fc.constant(1) }),
        },
        {
          weight: 2,
          arbitrary: fc.record({
            pop: fc.constant(false),
            ahead: fc.integer({ min: -5, max: 9 }),
            phase: fc.nat(4),
          }),
        },
        {
          weight: 8,
          arbitrary: fc.record({ pop: fc.constant(true), ahead: fc.constant(0), phase: fc.constant(0) }),
        },
      ),
      { maxLength: 400, size: 'max' },
    );
    fc.assert(
      fc.property(mostlyAscending, (list) => {
        const lane = new DelayLane(4);
        const queue = new EventQueue();
        const sequencer = new Sequencer();
        let clock = 0;
        let what = 0;
        for (const { pop, ahead, phase } of list) {
          if (pop) {
            same(lane.pop(), queue.pop());
          } else {
            if (ahead > 0) clock += ahead;
            const time = ahead < 0 ? clock + ahead : clock;
            const order = sequencer.next(phase as Phase);
            lane.push(time, order, what);
            queue.push(time, order, what++);
          }
          same(lane.size, queue.size);
          same(lane.topTime(), queue.topTime());
          same(lane.topOrder(), queue.topOrder());
          same(lane.topWhat(), queue.topWhat());
        }
        while (queue.size > 0) same(lane.pop(), queue.pop());
        expect(lane.topTime()).toBe(Infinity);
      }),
      { numRuns: 80 },
    );
  });

  it('keeps its order while it grows with its front in the middle of the ring', () => {
    const lane = new DelayLane(8);
    let due = 0;
    let next = 0;
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 3; i++) lane.push(due, due, due++);
      expect(lane.pop()).toBe(next++);
    }
    while (lane.size > 0) expect(lane.pop()).toBe(next++);
    expect(next).toBe(300);
  });

  it('is empty after it was cleared, early events included', () => {
    const lane = new DelayLane();
    lane.push(9, 0, 1);
    lane.push(3, 1, 2);
    expect([lane.size, lane.topTime()]).toEqual([2, 3]);
    lane.clear();
    expect([lane.size, lane.topTime(), lane.topOrder(), lane.topWhat(), lane.pop()]).toEqual([
      0,
      Infinity,
      Infinity,
      -1,
      -1,
    ]);
  });
});

describe('The order of events at one instant', () => {
  it('is outside, release, arrival, control, observe, and within a phase the order of planning', () => {
    const sequencer = new Sequencer();
    const observe = sequencer.next(PHASES.observe);
    const control = sequencer.next(PHASES.control);
    const arrival = sequencer.next(PHASES.arrival);
    const laterArrival = sequencer.next(PHASES.arrival);
    const release = sequencer.next(PHASES.release);
    const outside = sequencer.next(PHASES.outside);
    const inOrder = [outside, release, arrival, laterArrival, control, observe];
    expect([observe, control, arrival, laterArrival, release, outside].toSorted((a, b) => a - b)).toEqual(
      inOrder,
    );
    expect(inOrder.every(Number.isSafeInteger)).toBe(true);
  });
});
