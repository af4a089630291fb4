import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slots } from '../../src/engine/slots.ts';

describe('Rows of a table', () => {
  it('are never held twice, and there is always room for the next', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 600, size: 'max' }), (luck) => {
        let room = 0;
        const slots = new Slots((capacity) => (room = capacity));
        const held: number[] = [];
        for (const n of luck) {
          if (n % 3 !== 0 || held.length === 0) {
            const row = slots.take();
            expect(held.includes(row)).toBe(false);
            expect(row).toBeLessThan(room);
            held.push(row);
          } else {
            slots.release(held.splice(n % held.length, 1)[0]);
          }
          expect(slots.live).toBe(held.length);
          expect(slots.capacity).toBe(room);
        }
        for (let row = 0; row < room; row++) expect(slots.isLive(row)).toBe(held.includes(row));
      }),
      { numRuns: 30 },
    );
  });

  it('are announced by doubling, before the first of the new ones is handed out', () => {
    const announced: number[] = [];
    const slots = new Slots((capacity) => announced.push(capacity));
    expect(announced).toEqual([]);
    const rows = Array.from({ length: 200 }, () => slots.take());
    expect(announced).toEqual([64, 128, 256]);
    expect(rows).toEqual(Array.from({ length: 200 }, (_, row) => row));
  });

  it('given back last are handed out first', () => {
    const slots = new Slots(() => {});
    const [a, b] = [slots.take(), slots.take()];
    slots.release(a);
    slots.release(b);
    expect([slots.take(), slots.take()]).toEqual([b, a]);
  });

  it('cannot be given back twice, nor without having been taken', () => {
    const slots = new Slots(() => {});
    const row = slots.take();
    slots.release(row);
    expect(() => slots.release(row)).toThrow('only a row that is taken is given back');
    expect(() => slots.release(9_999)).toThrow('only a row that is taken is given back');
    expect(slots.live).toBe(0);
  });
});
