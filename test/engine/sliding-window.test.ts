import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CalendarWindow, PeakMeter, SlidingWindow, TokenBucket } from '../../src/engine/sliding-window.ts';
import type { QuotaWindow } from '../../src/engine/sliding-window.ts';
import { MINUTE, SECOND, duration } from '../../src/units/time.ts';
import type { Duration, Instant } from '../../src/units/time.ts';

const at = (ns: number): Instant => ns as Instant;
const ns = (length: number): Duration => length as Duration;

/** Gaps between calls; many are 0 (calls at one instant), some are longer than a window. */
const gaps = fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(30) }), {
  maxLength: 200,
  size: 'max',
});

/** Calls at the ends of the gaps; the times of those that were granted. */
function granted(window: QuotaWindow, gapList: readonly number[], start = 0): number[] {
  const grants: number[] = [];
  let now = start;
  for (const gap of gapList) {
    now += gap;
    if (window.tryTake(at(now))) grants.push(now);
  }
  return grants;
}

/** How many of `times` lie in (from, to]. */
const within = (times: readonly number[], from: number, to: number): number =>
  times.filter((time) => time > from && time <= to).length;

describe('A sliding window', () => {
  it('grants a call exactly when fewer than the limit were granted in the span up to it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 25 }),
        gaps,
        (limit, span, gapList) => {
          const window = new SlidingWindow(limit, ns(span));
          const grants: number[] = [];
          let now = -20;
          for (const gap of gapList) {
            now += gap;
            const free = within(grants, now - span, now) < limit;
            expect(window.tryTake(at(now))).toBe(free);
            if (free) grants.push(now);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never grants more than the limit in any span, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 25 }),
        gaps,
        (limit, span, gapList) => {
          const grants = granted(new SlidingWindow(limit, ns(span)), gapList);
          const end = (grants.at(-1) ?? 0) + span;
          for (let to = 0; to <= end; to++) expect(within(grants, to - span, to)).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('counts earlier grants when the limit or the span changes', () => {
    fc.assert(
      fc.property(
        fc.record({ limit: fc.integer({ min: 1, max: 40 }), span: fc.integer({ min: 1, max: 25 }) }),
        fc.record({ limit: fc.integer({ min: 0, max: 80 }), span: fc.integer({ min: 1, max: 60 }) }),
        gaps,
        gaps,
        (first, then, before, behind) => {
          fc.pre(then.limit <= 2 * first.limit || then.span <= 2 * first.span);
          const window = new SlidingWindow(first.limit, ns(first.span));
          const grants = granted(window, before);
          let now = before.reduce((sum, gap) => sum + gap, 0);
          window.change(then.limit, ns(then.span), at(now));
          for (const gap of behind) {
            now += gap;
            const free = within(grants, now - then.span, now) < then.limit;
            expect(window.tryTake(at(now))).toBe(free);
            if (free) grants.push(now);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('still counts two full windows of grants when a change raises the limit and doubles the span', () => {
    const window = new SlidingWindow(64, ns(10));
    expect(granted(window, Array<number>(70).fill(0), 0)).toHaveLength(64);
    expect(granted(window, Array<number>(70).fill(0), 10)).toHaveLength(64);
    window.change(130, ns(20), at(11));
    expect(granted(window, Array<number>(70).fill(0), 11)).toHaveLength(2);
  });

  it('that was small for long is as exact as any when its limit rises', () => {
    const window = new SlidingWindow(1, ns(10));
    for (let round = 0; round < 40; round++) expect(window.tryTake(at(10 * round))).toBe(true);
    window.change(100, ns(10), at(400));
    expect(granted(window, Array<number>(150).fill(0), 400)).toHaveLength(100);
    expect(granted(window, Array<number>(150).fill(0), 409)).toHaveLength(0);
    expect(granted(window, Array<number>(150).fill(0), 410)).toHaveLength(100);
  });

  it('of one call in two seconds grants at 0 s, not 1 ns before 2 s, and again at 2 s', () => {
    const window = new SlidingWindow(1, duration(2, SECOND));
    expect(window.tryTake(at(0))).toBe(true);
    expect(window.tryTake(at(2 * SECOND - 1))).toBe(false);
    expect(window.tryTake(at(2 * SECOND))).toBe(true);
  });

  it('of 500 calls a second has no double burst at the border of a second', () => {
    const window = new SlidingWindow(500, SECOND);
    const burst = (time: number): number => granted(window, Array<number>(600).fill(0), time).length;
    expect(burst(0.9 * SECOND)).toBe(500);
    expect(burst(1.1 * SECOND)).toBe(0);
    expect(burst(1.9 * SECOND)).toBe(500);
  });

  it('with a limit of 0 denies everything, until there is a limit', () => {
    const window = new SlidingWindow(0, SECOND);
    expect(window.tryTake(at(0))).toBe(false);
    window.change(1, SECOND, at(5));
    expect([window.tryTake(at(5)), window.tryTake(at(6))]).toEqual([true, false]);
  });

  it('takes a limit of a million', () => {
    const window = new SlidingWindow(1_000_000, SECOND);
    let count = 0;
    for (let i = 0; i < 1_000_100; i++) if (window.tryTake(at(7))) count++;
    expect(count).toBe(1_000_000);
    expect(window.tryTake(at(7 + SECOND - 1))).toBe(false);
    expect(window.tryTake(at(7 + SECOND))).toBe(true);
  });

  it('refuses a limit that is not a whole number of calls, and a window without length', () => {
    expect(() => new SlidingWindow(1.5, SECOND)).toThrow('whole number of calls');
    expect(() => new CalendarWindow(-1, SECOND)).toThrow('whole number of calls');
    expect(() => new TokenBucket(1, ns(0))).toThrow('nanoseconds long');
    expect(() => new TokenBucket(1, SECOND).change(NaN, SECOND, at(0))).toThrow('whole number of calls');
  });
});

describe('A calendar window', () => {
  it('grants a call exactly when fewer than the limit were granted since the last full span', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.integer({ min: 1, max: 15 }), gaps, (limit, span, gapList) => {
        const window = new CalendarWindow(limit, ns(span));
        const grants: number[] = [];
        let now = -20;
        for (const gap of gapList) {
          now += gap;
          const opened = Math.floor(now / span) * span;
          const free = within(grants, opened - 1, now) < limit;
          expect(window.tryTake(at(now))).toBe(free);
          if (free) grants.push(now);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('lets a burst across its border have twice the limit within a second', () => {
    const window = new CalendarWindow(500, SECOND);
    const burst = (time: number): number => granted(window, Array<number>(600).fill(0), time).length;
    expect([burst(0.9 * SECOND), burst(1.1 * SECOND), burst(1.9 * SECOND)]).toEqual([500, 500, 0]);
  });

  it('counts the grants of the open window after a change', () => {
    const window = new CalendarWindow(3, SECOND);
    expect(granted(window, [0, 1, 1, 1])).toHaveLength(3);
    window.change(5, SECOND, at(10));
    expect(granted(window, [0, 0, 0, 0], 10)).toHaveLength(2);
    window.change(1, SECOND, at(20));
    expect(granted(window, [0, SECOND], 20)).toEqual([20 + SECOND]);
    window.change(9, MINUTE, at(3 * SECOND)); // a new window of the old span has opened: nothing to count
    expect(granted(window, Array<number>(12).fill(0), 3 * SECOND)).toHaveLength(9);
    expect(window.tryTake(at(MINUTE - 1))).toBe(false);
    expect(window.tryTake(at(MINUTE))).toBe(true);
  });
});

describe('A token bucket', () => {
  /** The textbook bucket: a level that rises, in tokens x span, with integers of any size. */
  class PlainBucket {
    private level: bigint;
    private since: number;
    private limit: number;
    private span: number;

    constructor(limit: number, span: number, now: number) {
      this.limit = limit;
      this.span = span;
      this.since = now;
      this.level = BigInt(limit) * BigInt(span);
    }

    tryTake(now: number): boolean {
      this.drip(now);
      if (this.limit === 0 || this.level < BigInt(this.span)) return false;
      this.level -= BigInt(this.span);
      return true;
    }

    change(limit: number, span: number, now: number): void {
      this.drip(now);
      const missing = BigInt(this.limit) * BigInt(this.span) - this.level;
      const was = BigInt(this.span);
      this.limit = limit;
      this.span = span;
      this.level = BigInt(limit) * BigInt(span) - (missing * BigInt(span) + was - 1n) / was;
    }

    private drip(now: number): void {
      const full = BigInt(this.limit) * BigInt(this.span);
      const level = this.level + BigInt(this.limit) * BigInt(now - this.since);
      this.level = level < full ? level : full;
      this.since = now;
    }
  }

  it('grants exactly when a whole token has dripped in, to the nanosecond, through changes of limit and span', () => {
    const setting = fc.record({ limit: fc.nat(12), span: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(
        setting,
        fc.array(fc.record({ gap: fc.nat(7), change: fc.option(setting, { freq: 12 }) }), {
          maxLength: 200,
          size: 'max',
        }),
        (first, steps) => {
          const bucket = new TokenBucket(first.limit, ns(first.span));
          let now = -30;
          const plain = new PlainBucket(first.limit, first.span, now);
          for (const { gap, change } of steps) {
            now += gap;
            if (change !== null) {
              bucket.change(change.limit, ns(change.span), at(now));
              plain.change(change.limit, change.span, now);
            }
            expect(bucket.tryTake(at(now))).toBe(plain.tryTake(now));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('loses and makes no token with limits and spans that do not divide, on the hundredth day', () => {
    const start = 100 * 86_400 * SECOND + 1;
    for (const [limit, span] of [
      [999_983, 59_999_999_999],
      [7, SECOND],
      [16_667, MINUTE],
    ] as const) {
      const bucket = new TokenBucket(limit, ns(span));
      const plain = new PlainBucket(limit, span, start);
      let now = start;
      const gap = Math.floor(span / limit);
      for (let i = 0; i < 20_000; i++) {
        now += i % 997 === 0 ? 3 * gap : i % 3 === 0 ? 1 : Math.floor(gap / 2);
        if (bucket.tryTake(at(now)) !== plain.tryTake(now))
          expect.fail(`differs at call ${i} of ${limit} per ${span}`);
      }
    }
  });

  it('never grants more than its burst and what drips in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 40 }),
        gaps,
        (limit, span, gapList) => {
          const grants = granted(new TokenBucket(limit, ns(span)), gapList);
          let beyond = 0;
          for (let i = 0; i < grants.length; i++) {
            for (let j = i; j < grants.length; j++) {
              const most = limit + Math.floor((limit * (grants[j] - grants[i])) / span);
              beyond = Math.max(beyond, j - i + 1 - most);
            }
          }
          expect(beyond).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('gives a burst of the limit when full, then one call each span / limit', () => {
    const bucket = new TokenBucket(4, ns(8));
    expect(granted(bucket, [0, 0, 0, 0, 0, 1, 1, 1, 1])).toEqual([0, 0, 0, 0, 2, 4]);
  });
});

describe('A peak meter', () => {
  it('tells the most calls in any window that ends in the interval, and in any window at all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        gaps,
        fc.integer({ min: 1, max: 20 }),
        (span, gapList, interval) => {
          const meter = new PeakMeter(ns(span));
          const calls: number[] = [];
          let highest = 0;
          let taken = -1;
          const take = (now: number): void => {
            let most = 0;
            for (let to = taken + 1; to <= now; to++) most = Math.max(most, within(calls, to - span, to));
            expect(meter.takePeak(at(now))).toBe(most);
            highest = Math.max(highest, most);
            expect(meter.highest).toBe(highest);
            taken = now;
          };
          let now = 0;
          for (const gap of gapList) {
            now += gap;
            // The samples due before this call: at an instant calls come first, samples after them.
            while (taken + interval < now) take(taken + interval);
            meter.add(at(now));
            calls.push(now);
          }
          take(taken + interval);
          take(taken + interval);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('finds a burst that a grid of seconds would cut in two', () => {
    const meter = new PeakMeter(SECOND);
    for (let i = 0; i < 300; i++) meter.add(at(0.95 * SECOND));
    expect(meter.takePeak(at(SECOND))).toBe(300);
    for (let i = 0; i < 300; i++) meter.add(at(1.05 * SECOND));
    expect(meter.takePeak(at(2 * SECOND))).toBe(600);
    expect(meter.takePeak(at(3 * SECOND))).toBe(300); // the seconds that end just after 2 s still hold half of it
    expect(meter.takePeak(at(4 * SECOND))).toBe(0);
    expect(meter.highest).toBe(600);
  });

  it('holds as many calls as come, wherever in its memory they begin', () => {
    const meter = new PeakMeter(SECOND);
    for (let call = 0; call < 40; call++) meter.add(at(call));
    for (let call = 0; call < 300; call++) meter.add(at(2 * SECOND + call));
    expect(meter.highest).toBe(300);
    expect(meter.takePeak(at(2 * SECOND + 299))).toBe(300);
    // The windows that end before 3 s hold all of them, the first one that ends after 3 s and 99 ns no more than 199.
    expect(meter.takePeak(at(3 * SECOND + 99))).toBe(300);
    expect(meter.takePeak(at(3 * SECOND + 299))).toBe(199);
    expect(meter.takePeak(at(9 * SECOND))).toBe(0);
  });

  it('needs a window that has a length', () => {
    expect(() => new PeakMeter(ns(0))).toThrow('a window has a length');
  });

  it('measures a minute as it measures a second', () => {
    const meter = new PeakMeter(MINUTE);
    for (let second = 0; second < 120; second++) meter.add(at(second * SECOND));
    expect(meter.highest).toBe(60);
  });
});

describe('A call that weighs more than one', () => {
  const windows: readonly (readonly [string, (limit: number, span: Duration) => QuotaWindow])[] = [
    ['SlidingWindow', (limit, span) => new SlidingWindow(limit, span)],
    ['CalendarWindow', (limit, span) => new CalendarWindow(limit, span)],
    ['TokenBucket', (limit, span) => new TokenBucket(limit, span)],
  ];

  it.each(windows)(
    '%s counts a call as many times as it weighs, and grants it as a whole or not at all',
    (_, make) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 12 }),
          fc.integer({ min: 1, max: 25 }),
          fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 5 })), { maxLength: 80, size: 'max' }),
          (limit, span, calls) => {
            const whole = make(limit, ns(span));
            let now = 0;
            // What was granted so far, to be granted in single calls to a window of its own that then is asked.
            const grants: { at: number; weight: number }[] = [];
            for (const [gap, weight] of calls) {
              now += gap;
              const single = make(limit, ns(span));
              let again = true;
              for (const one of grants)
                for (let n = 0; n < one.weight; n++) again = single.tryTake(at(one.at)) && again;
              expect(again).toBe(true);
              let fits = true;
              for (let n = 0; n < weight; n++) fits &&= single.tryTake(at(now));
              expect(whole.tryTake(at(now), weight)).toBe(fits);
              if (fits) grants.push({ at: now, weight });
            }
          },
        ),
        { numRuns: 100 },
      );
    },
  );
});
