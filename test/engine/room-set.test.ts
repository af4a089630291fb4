import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoomSet } from '../../src/engine/room-set.ts';

/** Compares every answer with a plain array of booleans, at all positions or at the given ones. */
function expectSame(set: RoomSet, room: readonly boolean[], positions: readonly number[]): void {
  const open = room.flatMap((has, position) => (has ? [position] : []));
  expect(set.count).toBe(open.length);
  expect(set.first()).toBe(open.at(0) ?? -1);
  expect(set.last()).toBe(open.at(-1) ?? -1);
  for (const p of positions) {
    expect(set.lastBelow(p), `lastBelow(${p})`).toBe(open.filter((q) => q < p).at(-1) ?? -1);
    expect(set.firstAtOrAfter(p), `firstAtOrAfter(${p})`).toBe(open.find((q) => q >= p) ?? -1);
    expect(set.countBelow(p), `countBelow(${p})`).toBe(open.filter((q) => q < p).length);
    expect(set.nth(p), `nth(${p})`).toBe(p >= 0 ? (open[p] ?? -1) : -1);
    if (p >= 0 && p < room.length) expect(set.hasRoom(p)).toBe(room[p]);
  }
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('Instances with room, in the order of their age', () => {
  it('are found first, last, next, k-th and counted, as by looking at all of them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 31, 32, 33, 64, 100, 1_023, 1_024, 1_025, 1_500),
        fc.constantFrom(0, 1, 50, 99, 100),
        fc.array(fc.tuple(fc.nat(1_000_000), fc.boolean()), { maxLength: 60, size: 'max' }),
        fc.array(fc.integer({ min: -2, max: 1_600 }), { minLength: 20, maxLength: 20 }),
        (size, percent, changes, asked) => {
          const room = upTo(size).map((p) => (p * 61) % 100 < percent);
          const set = new RoomSet();
          set.setAll(
            upTo(size).map((p) => p + 5),
            (row) => room[row - 5],
          );
          expect(set.size).toBe(size);
          for (const [luck, has] of changes) {
            if (size === 0) break;
            room[luck % size] = has;
            set.setRoom(luck % size, has);
          }
          expectSame(set, room, [...asked, -1, 0, 31, 32, 33, 1_024, size - 1, size, size + 40]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are found in a fleet of forty thousand', () => {
    const room = upTo(40_000).map((p) => p % 1_117 === 3);
    const set = new RoomSet();
    set.setAll(upTo(40_000), (row) => room[row]);
    expectSame(set, room, [0, 3, 4, 35, 1_120, 1_121, 32_767, 32_768, 39_999, 40_000]);
  });

  it('empty and fill one by one', () => {
    const set = new RoomSet();
    set.setAll(upTo(70), () => true);
    const room = upTo(70).map(() => true);
    for (const [has, positions] of [
      [false, upTo(70)],
      [true, upTo(70).reverse()],
    ] as const) {
      for (const p of positions) {
        room[p] = has;
        set.setRoom(p, has);
        set.setRoom(p, has); // saying so twice changes nothing
        expectSame(set, room, [p - 1, p, p + 1]);
      }
    }
  });

  it('stand at new positions after one has left, and nothing of the old ones remains', () => {
    const set = new RoomSet();
    set.setAll([10, 20, 30], (row) => row !== 20);
    expect([set.rowAt(0), set.positionOf(30), set.count]).toEqual([10, 2, 2]);
    set.setAll([20, 30], (row, position) => row === 30 && position === 1);
    expect([set.rowAt(0), set.positionOf(30), set.positionOf(10), set.positionOf(999)]).toEqual([
      20, 1, -1, -1,
    ]);
    expect([set.count, set.first(), set.last()]).toEqual([1, 1, 1]);
    set.setAll([], () => true);
    expect([set.count, set.first(), set.last(), set.nth(0), set.firstAtOrAfter(0)]).toEqual([
      0, -1, -1, -1, -1,
    ]);
  });

  it('shrink and grow through every size without leaving a trace', () => {
    const set = new RoomSet();
    for (const size of [1_000, 999, 300, 250, 40, 33, 1, 0, 7, 2_000, 1_025]) {
      set.setAll(upTo(size), (row) => row % 3 === 0);
      expectSame(set, upTo(size).map((row) => row % 3 === 0), [0, 1, 32, size - 1, size]); // prettier-ignore
    }
  });

  it('are none at first, and known at no position', () => {
    const set = new RoomSet();
    expect([set.size, set.count, set.first(), set.last(), set.positionOf(0)]).toEqual([0, 0, -1, -1, -1]);
    set.setAll([0], () => true);
    expect([63, 64, 65].map((row) => set.positionOf(row))).toEqual([-1, -1, -1]);
  });

  it('may have any row, also one far beyond those before', () => {
    const set = new RoomSet();
    for (const row of [64, 500, 5_000]) {
      set.setAll([row], () => true);
      expect([set.positionOf(row), set.positionOf(row + 1), set.rowAt(0)]).toEqual([0, -1, row]);
    }
  });

  it('stay where they stand when the list they came from changes', () => {
    const set = new RoomSet();
    const rows = [1, 2, 3];
    set.setAll(rows, () => true);
    rows.length = 0;
    expect([set.size, set.rowAt(2)]).toEqual([3, 3]);
  });

  it('cannot stand in two places', () => {
    expect(() => new RoomSet().setAll([4, 4], () => true)).toThrow('one position');
  });
});
