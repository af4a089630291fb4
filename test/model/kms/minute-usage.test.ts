import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MinuteUsage } from '../../../src/model/kms/minute-usage.ts';
import { MINUTE, SECOND, type Instant } from '../../../src/units/time.ts';

const at = (ns: number): Instant => ns as Instant;

describe('What was served in the last minute', () => {
  test('leaves out what was served exactly a minute ago, and nothing later', () => {
    const usage = new MinuteUsage();
    usage.add(at(5 * SECOND), 3);
    expect(usage.at(at(5 * SECOND + MINUTE - 1))).toBe(3);
    expect(usage.at(at(5 * SECOND + MINUTE))).toBe(0);
  });

  test('is the sum of all that lies in the minute, however much there is and whenever it is asked', () => {
    const calls = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 9 })), {
      maxLength: 300,
      size: 'max',
    });
    fc.assert(
      fc.property(calls, (steps) => {
        const usage = new MinuteUsage();
        const served: { readonly at: number; readonly cost: number }[] = [];
        let now = -30 * SECOND;
        for (const [gap, cost] of steps) {
          now += gap * SECOND;
          const inMinute = served.filter((one) => one.at > now - MINUTE);
          expect(usage.at(at(now))).toBe(inMinute.reduce((sum, one) => sum + one.cost, 0));
          // Now and then something is only asked.
          if (cost > 2) {
            usage.add(at(now), cost);
            served.push({ at: now, cost });
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('holds as many calls as come within a minute, wherever in its memory they begin', () => {
    const usage = new MinuteUsage();
    // Twenty that are forgotten again, so that the next ones do not begin at the front.
    for (let call = 0; call < 20; call++) usage.add(at(call), 1);
    const begun = 2 * MINUTE;
    for (let call = 0; call < 300; call++) usage.add(at(begun + call), call);
    expect(usage.at(at(begun + 299))).toBe((299 * 300) / 2);
    expect(usage.at(at(begun + MINUTE + 99))).toBe((299 * 300) / 2 - (99 * 100) / 2);
    expect(usage.at(at(begun + MINUTE + 299))).toBe(0);
  });
});
