import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fingerprint } from '../../src/engine/fingerprint.ts';

type Event = readonly [time: number, kind: number, subject: number];

function of(...events: Event[]): string {
  const fingerprint = new Fingerprint();
  for (const [time, kind, subject] of events) fingerprint.mix(time, kind, subject);
  return fingerprint.toString();
}

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const event = fc.tuple(fc.maxSafeInteger(), int32, int32);

describe('The fingerprint of a run', () => {
  it('is 16 hexadecimal digits, the same for the same events', () => {
    const events: Event[] = [
      [0, 1, 0],
      [1_000_000_000, 2, 7],
    ];
    expect(of(...events)).toMatch(/^[0-9a-f]{16}$/);
    expect(of(...events)).toBe(of(...events));
  });

  it('does not change unnoticed from one version to the next', () => {
    expect(of()).toBe('1dde1e682bfd57c5');
    expect(of([1_234_567_890_123_456, 3, 42], [1_234_567_890_123_457, 0, -1])).toBe('079d8bf553a09986');
  });

  it('changes when one event is one nanosecond later, of another kind, or about another subject', () => {
    fc.assert(
      fc.property(fc.array(event), event, fc.array(event), (before, [time, kind, subject], rest) => {
        const whole = of(...before, [time, kind, subject], ...rest);
        expect(of(...before, [time === 2 ** 53 - 1 ? time - 1 : time + 1, kind, subject], ...rest)).not.toBe(
          whole,
        );
        expect(of(...before, [time, kind ^ 1, subject], ...rest)).not.toBe(whole);
        expect(of(...before, [time, kind, subject ^ 0x40000000], ...rest)).not.toBe(whole);
      }),
    );
  });

  it('sees the high half of a time: 2^32 ns make a difference', () => {
    expect(of([5, 0, 0])).not.toBe(of([5 + 2 ** 32, 0, 0]));
    expect(of([2 ** 52, 0, 0])).not.toBe(of([2 ** 52 + 2 ** 40, 0, 0]));
    expect(of([-1, 0, 0])).not.toBe(of([2 ** 32 - 1, 0, 0]));
  });

  it('depends on the order: two events exchanged, or one left out, are noticed', () => {
    fc.assert(
      fc.property(fc.array(event), event, event, fc.array(event), (before, a, b, rest) => {
        fc.pre(a.some((word, i) => !Object.is(word, b[i]) && word !== b[i]));
        const whole = of(...before, a, b, ...rest);
        expect(of(...before, b, a, ...rest)).not.toBe(whole);
        expect(of(...before, a, ...rest)).not.toBe(whole);
      }),
    );
  });

  it('is spread over all digits: of 20,000 near-identical runs no two agree in either half', () => {
    const prints = Array.from({ length: 20_000 }, (_, i) => of([i, 0, 0]));
    expect(new Set(prints).size).toBe(20_000);
    // By chance about 0.05 pairs would agree in a 32-bit half.
    expect(new Set(prints.map((p) => p.slice(0, 8))).size).toBeGreaterThan(19_997);
    expect(new Set(prints.map((p) => p.slice(8))).size).toBeGreaterThan(19_997);
  });

  it('may be read at any time without disturbing it', () => {
    const watched = new Fingerprint();
    watched.mix(1, 2, 3);
    watched.toString();
    watched.mix(4, 5, 6);
    expect(watched.toString()).toBe(of([1, 2, 3], [4, 5, 6]));
  });
});
