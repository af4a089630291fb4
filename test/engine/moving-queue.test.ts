import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MovingQueue } from '../../src/engine/moving-queue.ts';
import { PHASES, Sequencer } from '../../src/engine/sequencer.ts';

const same = (found: number, due: number): void => {
  if (found !== due) expect.fail(`${found} instead of ${due}`);
};

describe('A queue whose events move', () => {
  it('has the earliest in front, at one time the one planned first, whoever was moved or taken back before', () => {
    // Few different times, so that most comparisons are ties; subjects beyond the room that there is at first.
    const step = fc.record({ subject: fc.nat(90), time: fc.nat(9), remove: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 500, size: 'max' }), (steps) => {
        const queue = new MovingQueue(4);
        const plain = new Map<number, { time: number; order: number }>();
        const sequencer = new Sequencer();
        for (const { subject, time, remove } of steps) {
          if (remove === 0) {
            queue.remove(subject);
            plain.delete(subject);
          } else {
            const order = sequencer.next(PHASES.release);
            queue.set(subject, time, order);
            plain.set(subject, { time, order });
          }
          let first = -1;
          for (const [each, { time: at, order }] of plain) {
            const top = plain.get(first);
            if (top === undefined || at < top.time || (at === top.time && order < top.order)) first = each;
          }
          same(queue.size, plain.size);
          same(queue.topSubject(), first);
          same(queue.topTime(), plain.get(first)?.time ?? Infinity);
          same(queue.topOrder(), plain.get(first)?.order ?? Infinity);
          same(queue.timeOf(subject), plain.get(subject)?.time ?? Infinity);
        }
        // To the last, because what stands wrongly deep down shows only when it comes to the front.
        const due = [...plain].sort(([, one], [, two]) => one.time - two.time || one.order - two.order);
        for (const [subject] of due) {
          same(queue.topSubject(), subject);
          queue.remove(subject);
        }
        same(queue.size, 0);
      }),
      { numRuns: 100 },
    );
  });

  it('forgets nobody who is taken back while last, first or alone', () => {
    const queue = new MovingQueue();
    queue.remove(5);
    queue.set(5, 10, 0);
    queue.remove(5);
    expect([queue.size, queue.topTime(), queue.topOrder(), queue.topSubject()]).toEqual([
      0,
      Infinity,
      Infinity,
      -1,
    ]);
    for (const subject of [0, 1, 2]) queue.set(subject, 10 * subject, subject);
    queue.remove(2);
    queue.remove(0);
    expect([queue.size, queue.topSubject(), queue.timeOf(0), queue.timeOf(1)]).toEqual([1, 1, Infinity, 10]);
  });
});
