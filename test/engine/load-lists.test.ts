import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadLists } from '../../src/engine/load-lists.ts';

describe('Instances by load', () => {
  it('are found least loaded first, and among equals the one that has had its load longest', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 31, 32, 33, 80, 1000),
        fc.array(fc.record({ row: fc.nat(11), pick: fc.nat(999_999), remove: fc.boolean() }), {
          maxLength: 200,
          size: 'max',
        }),
        (concurrency, steps) => {
          const lists = new LoadLists(concurrency);
          // The plain way: all instances in the order in which they got their load.
          let plain: { row: number; load: number }[] = [];
          for (const { row, pick, remove } of steps) {
            // Loads near either end, where lists are shared and where the border of "has room" is.
            const load =
              pick % 2 === 0 ? Math.min(concurrency, pick % 3) : Math.max(0, concurrency - (pick % 3));
            const known = plain.find((one) => one.row === row);
            if (known === undefined) {
              lists.add(row, load);
              plain.push({ row, load });
            } else if (remove) {
              lists.remove(row);
              plain = plain.filter((one) => one.row !== row);
            } else {
              lists.move(row, load);
              if (known.load !== load) plain = [...plain.filter((one) => one.row !== row), { row, load }];
            }
            const open = plain.filter((one) => one.load < concurrency);
            const least = Math.min(...open.map((one) => one.load));
            expect(lists.leastLoaded()).toBe(open.find((one) => one.load === least)?.row ?? -1);
            expect(lists.size).toBe(plain.length);
            expect(lists.rowsAt(load)).toEqual(
              plain.filter((one) => one.load === load).map((one) => one.row),
            );
            expect(Array.from({ length: 12 }, (_, r) => lists.loadOf(r))).toEqual(
              Array.from({ length: 12 }, (_, r) => plain.find((one) => one.row === r)?.load ?? -1),
            );
            expect(lists.has(row)).toBe(plain.some((one) => one.row === row));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('take turns when they are equal', () => {
    const lists = new LoadLists(80);
    for (const row of [4, 7, 5_000]) lists.add(row, 0);
    const chosen: number[] = [];
    for (let i = 0; i < 6; i++) {
      const row = lists.leastLoaded();
      chosen.push(row);
      lists.move(row, lists.loadOf(row) + 1);
    }
    expect(chosen).toEqual([4, 7, 5_000, 4, 7, 5_000]);
  });

  it('keep their turn when told a load they already have', () => {
    const lists = new LoadLists(2);
    lists.add(0, 1);
    lists.add(1, 1);
    lists.move(0, 1);
    expect(lists.rowsAt(1)).toEqual([0, 1]);
  });

  it('are none to choose from when all are full, and there is no list beyond the concurrency', () => {
    const lists = new LoadLists(32);
    lists.add(3, 32);
    expect(lists.leastLoaded()).toBe(-1);
    expect(lists.rowsAt(33)).toEqual([]);
  });

  it('keep their turn where their load is the one they have, and are last of those whose load they get', () => {
    const lists = new LoadLists(40);
    for (const row of [0, 1, 2]) lists.add(row, 1);
    lists.move(0, 1);
    expect(lists.rowsAt(1)).toEqual([0, 1, 2]);
    lists.moveBy(1, 32);
    lists.moveBy(0, 32);
    expect([lists.rowsAt(1), lists.rowsAt(33), lists.loadOf(0)]).toEqual([[2], [1, 0], 33]);
    lists.remove(2);
    expect(lists.leastLoaded()).toBe(1);
  });

  it('come tier by tier: one of the first that has room before any of the second', () => {
    for (const concurrency of [1, 2, 31, 32, 80]) {
      const lists = new LoadLists(concurrency, 2);
      lists.add(7, 0, 1);
      lists.add(3, concurrency - 1, 0);
      expect([lists.leastLoaded(), lists.tierOf(3), lists.tierOf(7), lists.tierOf(9)]).toEqual([3, 0, 1, -1]);
      lists.moveBy(3, 1);
      expect([lists.leastLoaded(), lists.loadOf(3), lists.loadOf(7)]).toEqual([7, concurrency, 0]);
      expect([lists.rowsAt(concurrency), lists.rowsAt(0, 1), lists.rowsAt(0)]).toEqual([[3], [7], []]);
      lists.move(7, concurrency);
      expect([lists.leastLoaded(), lists.size]).toEqual([-1, 2]);
      lists.moveBy(3, -1);
      expect(lists.leastLoaded()).toBe(3);
    }
  });

  it('find room for any row, and know none that was not added', () => {
    const lists = new LoadLists(2);
    lists.ensureRow(63);
    for (const row of [63, 64, 128, 700]) {
      expect([lists.has(row), lists.loadOf(row)]).toEqual([false, -1]);
      lists.add(row, 1);
      expect([lists.has(row), lists.loadOf(row)]).toEqual([true, 1]);
    }
    expect(lists.rowsAt(1)).toEqual([63, 64, 128, 700]);
    expect(lists.has(65)).toBe(false);
  });

  it('refuse what cannot be', () => {
    const lists = new LoadLists(2);
    lists.add(0, 0);
    expect(() => lists.add(0, 1)).toThrow('added once');
    expect(() => lists.add(1, 3)).toThrow('between 0 and the concurrency');
    expect(() => lists.add(1, -1)).toThrow('between 0 and the concurrency');
    expect(() => lists.move(0, -1)).toThrow('a load it can have');
    expect(() => lists.move(0, 3)).toThrow('a load it can have');
    expect(() => lists.move(9, 1)).toThrow('a known instance');
    expect(() => lists.remove(9)).toThrow('only an instance in the lists');
    expect(() => new LoadLists(0)).toThrow('at least one request');
    expect(() => new LoadLists(1.5)).toThrow('at least one request');
  });
});
