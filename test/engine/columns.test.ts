import { expect, it } from 'vitest';
import { longerFloat64, longerInt32, longerUint8 } from '../../src/engine/columns.ts';

it('a longer column begins with the old one, which stays as it is, and goes on with zeros', () => {
  for (const [longer, make] of [
    [longerFloat64, Float64Array],
    [longerInt32, Int32Array],
    [longerUint8, Uint8Array],
  ] as const) {
    const column = make.of(3, 5);
    const larger = (longer as (from: typeof column, capacity: number) => typeof column)(column, 4);
    expect([...larger]).toEqual([3, 5, 0, 0]);
    larger[0] = 9;
    expect([...column]).toEqual([3, 5]);
  }
});

it('what is added to a column of whole numbers is what was asked for', () => {
  expect([...longerInt32(Int32Array.of(3, -1), 5, -1)]).toEqual([3, -1, -1, -1, -1]);
});
