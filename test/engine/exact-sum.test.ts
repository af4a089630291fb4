import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSum } from '../../src/engine/exact-sum.ts';

fc.configureGlobal({ seed: 1 });

const whole = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(),
  fc.constantFrom(0, 1, 2 ** 52 - 1, 2 ** 52, 2 ** 53 - 1, 2 ** 53),
);
const sumOf = (...addends: number[]): ExactSum => {
  const sum = new ExactSum();
  for (const x of addends) sum.add(x);
  return sum;
};

describe('An exact sum', () => {
  it('counts on where a double stops', () => {
    expect(2 ** 53 + 1).toBe(2 ** 53);
    const sum = sumOf(2 ** 53, 1);
    expect(sum.toString()).toBe('9007199254740993');
    expect(sum.equals(sumOf(2 ** 53))).toBe(false);
  });

  it('agrees with arithmetic of any length, whatever is added', () => {
    fc.assert(
      fc.property(
        fc.array(whole),
        fc.array(fc.tuple(whole, whole), { maxLength: 20 }),
        (addends, products) => {
          const sum = sumOf(...addends);
          let truth = addends.reduce((total, x) => total + BigInt(x), 0n);
          for (const [n, dt] of products) {
            const product = BigInt(n) * BigInt(dt);
            if (truth + product >= 2n ** 105n) continue;
            sum.addProduct(n, dt);
            truth += product;
          }
          expect(sum.toString()).toBe(String(truth));
          expect(sum.toNumber()).toBe(Number(truth));
        },
      ),
    );
  });

  it('is the same sum however it came to be', () => {
    expect(sumOf(2 ** 52 - 1, 1).equals(sumOf(2 ** 52))).toBe(true);
  });

  it('does not depend on order or grouping', () => {
    fc.assert(
      fc.property(fc.array(whole), fc.nat(20), (addends, cut) => {
        const parts = sumOf(...addends.slice(cut));
        parts.merge(sumOf(...addends.slice(0, cut).toReversed()));
        expect(parts.equals(sumOf(...addends))).toBe(true);
      }),
    );
  });

  it('gives back what was added before', () => {
    fc.assert(
      fc.property(fc.array(whole), fc.array(whole), (before, then) => {
        const sum = sumOf(...before, ...then);
        sum.subtract(sumOf(...then));
        expect(sum.equals(sumOf(...before))).toBe(true);
      }),
    );
    expect(() => sumOf(1).subtract(sumOf(2))).toThrow('not larger');
  });

  it('crosses a thread border unharmed, and starts again at zero', () => {
    const sum = sumOf(2 ** 53, 2 ** 53, 3);
    expect(ExactSum.from(structuredClone(sum.limbs())).equals(sum)).toBe(true);
    sum.clear();
    expect(sum.equals(new ExactSum())).toBe(true);
  });

  it('is equal only to a sum that has every digit of it', () => {
    expect(sumOf(2 ** 53, 5).equals(sumOf(2 ** 53, 6))).toBe(false);
    expect(sumOf(2 ** 53, 5).equals(sumOf(2 ** 52, 5))).toBe(false);
    expect(sumOf(2 ** 53, 5).equals(sumOf(5, 2 ** 53))).toBe(true);
  });

  it('does not take over limbs that no sum has', () => {
    expect(ExactSum.from([2 ** 53, 2 ** 52 - 1]).toString()).toBe(String(2n ** 105n + 2n ** 52n - 1n));
    for (const [high, low] of [
      [-1, 0],
      [0, -1],
      [0.5, 0],
      [0, 0.5],
      [2 ** 54, 0],
      [0, 2 ** 52],
      [NaN, 0],
    ] as const) {
      expect(() => ExactSum.from([high, low])).toThrow('limbs of a sum');
    }
  });

  it('says so when two sums together pass 2^105, and not before', () => {
    const full = () => ExactSum.from([2 ** 53, 0]);
    const merged = full();
    merged.merge(sumOf(7));
    expect(merged.toString()).toBe(String(2n ** 105n + 7n));
    expect(() => full().merge(full())).toThrow('2^105');
    expect(() => full().add(2 ** 53)).toThrow('2^105');
    const nearly = ExactSum.from([2 ** 53 - 2, 0]);
    nearly.add(2 ** 53);
    expect(nearly.equals(full())).toBe(true);
    const product = new ExactSum();
    product.addProduct(2 ** 52, 2 ** 53);
    expect(product.equals(full())).toBe(true);
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 54])('refuses to multiply by %d', (x) => {
    expect(() => new ExactSum().addProduct(2 ** 52, x)).toThrow('whole numbers');
    expect(() => new ExactSum().addProduct(x, 2 ** 53)).toThrow('whole numbers');
  });

  it.each([-1, 0.5, NaN, Infinity, 2 ** 54])('refuses to add %d', (x) => {
    expect(() => sumOf(x)).toThrow('whole numbers');
    expect(() => new ExactSum().addProduct(x, 1)).toThrow('whole numbers');
  });

  it('says so instead of losing count at 2^105', () => {
    const sum = new ExactSum();
    sum.addProduct(2 ** 52, 2 ** 53 - 1);
    expect(() => sum.addProduct(2 ** 52, 2 ** 53)).toThrow('2^105');
  });
});
