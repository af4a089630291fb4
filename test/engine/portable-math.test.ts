import { describe, expect, it } from 'vitest';
import {
  cos,
  exp,
  gammaLn,
  ln,
  mathSelfTest,
  negLn,
  normalQuantile,
  sin,
} from '../../src/engine/portable-math.ts';
import { Streams } from '../../src/engine/streams.ts';

/** How many doubles lie between a and b. */
function ulps(a: number, b: number): number {
  const bits = new BigInt64Array(new Float64Array([a, b]).buffer);
  const order = (bit: bigint): bigint => (bit < 0n ? -(bit & 0x7fffffffffffffffn) : bit);
  return Math.abs(Number(order(bits[0]) - order(bits[1])));
}

/** `count` places spread over [from, to], always the same ones. */
function places(from: number, to: number, count = 20_000): number[] {
  const stream = new Streams('places', 0).stream('arrivals', `${from} to ${to}`);
  return Array.from({ length: count }, () => from + (to - from) * stream.next53());
}

const worst = (f: (x: number) => number, g: (x: number) => number, at: number[]): number =>
  at.reduce((most, x) => Math.max(most, ulps(f(x), g(x))), 0);

describe('Portable functions agree with the ones of the machine', () => {
  it('gives logarithms within one unit in the last place, from the smallest double to the largest', () => {
    expect(worst(ln, Math.log, places(0, 1))).toBeLessThanOrEqual(1);
    expect(worst(ln, Math.log, places(0.9, 1.1))).toBeLessThanOrEqual(1);
    const decades = places(-323, 308).map((power) => Math.pow(10, power));
    expect(worst(ln, Math.log, [...decades, 5e-324, 2 ** -1022, Number.MAX_VALUE])).toBeLessThanOrEqual(1);
  });

  it('gives powers of e within one unit in the last place, down to where they vanish', () => {
    expect(worst(exp, Math.exp, places(-745, 709.7))).toBeLessThanOrEqual(1);
    expect(worst(exp, Math.exp, places(-1, 1))).toBeLessThanOrEqual(1);
  });

  it('gives sines and cosines within one unit in the last place, up to a million radians', () => {
    for (const at of [places(-10, 10), places(-1e6, 1e6)]) {
      expect(worst(sin, Math.sin, at)).toBeLessThanOrEqual(1);
      expect(worst(cos, Math.cos, at)).toBeLessThanOrEqual(1);
    }
  });

  it('keeps full accuracy where a sine is almost zero', () => {
    const multiples = [1, 2, 22, 355, 710, 103_993, 318_309].map((n) => n * Math.PI);
    expect(worst(sin, Math.sin, multiples)).toBeLessThanOrEqual(1);
  });

  it('answers at the ends of what it is defined for', () => {
    expect([ln(0), ln(1), ln(Infinity)]).toEqual([-Infinity, 0, Infinity]);
    expect([ln(-1), ln(NaN), exp(NaN)]).toEqual([NaN, NaN, NaN]);
    expect([exp(0), exp(-Infinity), exp(-746), exp(Infinity), exp(710)]).toEqual([
      1,
      0,
      0,
      Infinity,
      Infinity,
    ]);
    expect([sin(0), cos(0)]).toEqual([0, 1]);
    expect(() => sin(Infinity)).toThrow('a million');
    expect(() => cos(NaN)).toThrow('a million');
    expect(() => gammaLn(0)).toThrow('positive');
  });
});

describe('The fast -ln', () => {
  it('is within 1e-12 of the true value, relatively, also where the result is tiny', () => {
    const near1 = places(0, 50).map((power) => 1 - Math.pow(2, -power) / 2);
    const near0 = places(0, 1000).map((power) => Math.pow(2, -power) * 0.9);
    for (const u of [...places(0, 1), ...near1, ...near0, 2 ** -53, 1 - 2 ** -53]) {
      expect(Math.abs(negLn(u) / -Math.log(u) - 1)).toBeLessThan(1e-12);
    }
    expect(negLn(1)).toBe(0);
  });

  it('never rises from one piece of its table to the next by more than rounding', () => {
    for (let i = 1; i < 4096; i++) {
      const border = i / 4096;
      expect(negLn(border - 2 ** -53)).toBeGreaterThan(negLn(border) - 1e-15);
    }
  });
});

describe('The functions of statistics', () => {
  it('knows the quantiles of the normal distribution', () => {
    const known: [number, number][] = [
      [1e-300, -37.0470962993612],
      [1e-10, -6.361340902404056],
      [0.01, -2.3263478740408408],
      [0.0749, -1.4402382675279632],
      [0.2, -0.8416212335729142],
      [0.95, 1.6448536269514722],
      [0.99, 2.3263478740408408],
    ];
    expect(normalQuantile(0.5)).toBe(0);
    for (const [p, z] of known) expect(Math.abs(normalQuantile(p) / z - 1)).toBeLessThan(1e-15);
    for (const p of places(0.5, 1, 1000)) expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 12);
  });

  it('knows the gamma function: factorials, and the square root of pi', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(Math.abs(gammaLn(n) - Math.log(factorial))).toBeLessThan(
        1e-14 * Math.max(1, Math.log(factorial)),
      );
      factorial *= n;
    }
    expect(gammaLn(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 14);
    expect(gammaLn(1e-3)).toBeCloseTo(6.907178885383854, 13);
    expect(Math.abs(gammaLn(1e5) / 1051287.7089736538 - 1)).toBeLessThan(1e-14);
  });
});

describe('The self-test', () => {
  it('finds on this machine what it found on every other', () => {
    expect(mathSelfTest()).toBeNull();
  });

  it('names the function that differs', () => {
    expect(mathSelfTest({})).toMatch(/^ln gives other values/);
    expect(mathSelfTest({ ln: 4160963064 })).toMatch(/^exp gives other values/);
  });
});
