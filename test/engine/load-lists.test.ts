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

  it('refuse what cannot be', () => {
    const lists = new LoadLists(2);
    lists.add(0, 0);
    expect(() => lists.add(0, 1)).toThrow('added once');
    expect(() => lists.add(1, 3)).toThrow('between 0 and the concurrency');
    expect(() => lists.move(0, 3)).toThrow('a load it can have');
    expect(() => lists.move(9, 1)).toThrow('a known instance');
    expect(() => lists.remove(9)).toThrow('only an instance in the lists');
    expect(() => new LoadLists(0)).toThrow('at least one request');
  });
});
