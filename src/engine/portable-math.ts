/**
 * Logarithm, exponential, sine and their kin, built from operations whose result ECMAScript fixes to the last bit:
 * + - * /, Math.sqrt, Math.floor and looking at the bits of a double.
 *
 * Why not the functions of `Math`: ECMA-262 (section 21.3.2) leaves their accuracy to the implementation, and they do
 * differ, between processors on one version of Node and between versions on one processor. A simulation that used
 * them would tell another story on another machine. What is here gives the same bits everywhere.
 *
 * Accuracy: `ln`, `exp`, `sin` and `cos` are within 1 unit in the last place of the true value; `normalQuantile`
 * has a relative error below 1e-15 (Wichura's algorithm AS 241, PPND16, Applied Statistics 37, 1988);
 * `gammaLn` an absolute error of a few 1e-15 (relative, where the result is large); `negLn` a relative error below
 * 1e-12, in a fraction of the time of `ln`. The polynomials are plain Taylor series, long enough for the narrow
 * interval that the argument is brought into, so every coefficient can be checked by hand.
 */
import { check } from '../units/check.ts';

// One double seen as two 32-bit words. The word with sign, exponent and the top of the fraction is words[HIGH].
const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
double[0] = 1;
const HIGH = words[1] === 0 ? 0 : 1;

// 2^k at place k + 1023, for k from -1023 to 1023. Multiplying by one is exact; putting a double together out of its
// two words instead would make the processor wait for both to be written.
const powersOf2 = new Float64Array(2047);
powersOf2[1023] = 1;
for (let k = 1; k <= 1023; k++) {
  powersOf2[1023 + k] = powersOf2[1022 + k] * 2;
  powersOf2[1023 - k] = powersOf2[1024 - k] / 2;
}

// ln 2 in two parts; the first has 21 trailing zero bits, so that its product with an exponent is exact.
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const TWO_54 = 18014398509481984;

/** Natural logarithm. `ln(0)` is -Infinity, of a negative number NaN. */
export function ln(x: number): number {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  let k = 0;
  if (x < 2.2250738585072014e-308) {
    x *= TWO_54;
    k = -54;
  }
  // x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
  double[0] = x;
  const high = words[HIGH];
  const exponent = (high >>> 20) - 1023 + ((high & 0xfffff) > 0x6a09e ? 1 : 0);
  const f = (exponent === 1024 ? x * powersOf2[0] * 0.5 : x * powersOf2[1023 - exponent]) - 1;
  k += exponent;
  if (f === 0) return k * LN2_HIGH + k * LN2_LOW;
  // ln(1 + f) = 2 artanh(s) = 2s + s R(s^2), rearranged so that f, which is exact, comes last.
  const s = f / (2 + f);
  const z = s * s;
  const r = z * seriesOfLn(z);
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
}

/** 2/3 + 2/5 z + 2/7 z^2 + …, for z up to 0.0295. */
const seriesOfLn = (z: number): number =>
  2 / 3 +
  z *
    (2 / 5 +
      z *
        (2 / 7 +
          z *
            (2 / 9 +
              z *
                (2 / 11 +
                  z * (2 / 13 + z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + z * (2 / 21 + z * (2 / 23))))))))));

/** e to the power of x; 0 below -745.2, Infinity above 709.8. */
export function exp(x: number): number {
  if (x !== x) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  // x = k ln 2 + high - low, |high - low| <= 0.347.
  const k = Math.floor(x * 1.4426950408889634 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const q =
    1 / 2 +
    r *
      (1 / 6 +
        r *
          (1 / 24 +
            r *
              (1 / 120 +
                r *
                  (1 / 720 +
                    r *
                      (1 / 5040 +
                        r *
                          (1 / 40320 +
                            r *
                              (1 / 362880 +
                                r *
                                  (1 / 3628800 +
                                    r * (1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800)))))))))));
  return timesPowerOf2(1 + (high + (r * r * q - low)), k);
}

/** x 2^k for x near 1; in two steps where the result, or 2^k alone, is not a normal number. */
function timesPowerOf2(x: number, k: number): number {
  if (k >= -1021 && k <= 1023) return x * powersOf2[1023 + k];
  const half = k < 0 ? -1000 : 1000;
  return x * powersOf2[1023 + k - half] * powersOf2[1023 + half];
}

// pi/2 in three parts of 33 bits and a rest: products with a whole number below 2^20 are exact.
const HALF_PI_1 = 1.57079632673412561417;
const HALF_PI_2 = 6.0771005063039659766e-11;
const HALF_PI_3 = 2.0222662487111664558e-21;
const HALF_PI_REST = 8.47842766036889956997e-32;

/** Sine of x radians, |x| at most a million (larger angles are for the caller to reduce by whole turns). */
export const sin = (x: number): number => sineAtQuarter(x, 0);

/** Cosine of x radians, |x| at most a million. */
export const cos = (x: number): number => sineAtQuarter(x, 1);

/** sin(x + quarters pi/2). */
function sineAtQuarter(x: number, quarters: number): number {
  check(Math.abs(x) <= 1e6, 'the angle of a sine is at most a million radians');
  const n = Math.floor(x * 0.6366197723675814 + 0.5);
  // x - n pi/2 as r + rest: each difference is followed by its own rounding error.
  const r1 = x - n * HALF_PI_1;
  const p2 = n * HALF_PI_2;
  const r2 = r1 - p2;
  const lost2 = differenceError(r1, p2, r2);
  const p3 = n * HALF_PI_3;
  const r3 = r2 - p3;
  const lost3 = differenceError(r2, p3, r3);
  const tail = lost2 + lost3 - n * HALF_PI_REST;
  const r = r3 + tail;
  const rest = r3 - r + tail;
  switch ((n + quarters) & 3) {
    case 0:
      return sinNearZero(r, rest);
    case 1:
      return cosNearZero(r, rest);
    case 2:
      return -sinNearZero(r, rest);
    default:
      return -cosNearZero(r, rest);
  }
}

/** a - b - d where d is a - b as rounded: exact (Knuth, The Art of Computer Programming 2, 4.2.2). */
function differenceError(a: number, b: number, d: number): number {
  const back = d - a;
  return a - (d - back) - (b + back);
}

/** sin(r + rest), |r| <= pi/4. */
function sinNearZero(r: number, rest: number): number {
  const z = r * r;
  const q =
    1 / 120 -
    z *
      (1 / 5040 -
        z *
          (1 / 362880 -
            z * (1 / 39916800 - z * (1 / 6227020800 - z * (1 / 1307674368000 - z / 355687428096000)))));
  return r - (z * (0.5 * rest - z * r * q) - rest + z * r * (1 / 6));
}

/** cos(r + rest), |r| <= pi/4. */
function cosNearZero(r: number, rest: number): number {
  const z = r * r;
  const q =
    1 / 24 -
    z *
      (1 / 720 -
        z *
          (1 / 40320 - z * (1 / 3628800 - z * (1 / 479001600 - z * (1 / 87178291200 - z / 20922789888000)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * z * q - r * rest));
}

/** ln of the gamma function, x > 0: Stirling's series above 10 (NIST DLMF 5.11.1), below by recurrence. */
export function gammaLn(x: number): number {
  check(x > 0 && x < Infinity, 'gammaLn is for positive numbers');
  let product = 1;
  while (x < 10) {
    product *= x;
    x += 1;
  }
  const z = 1 / (x * x);
  const series =
    1 / 12 -
    z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z * (1 / 156))))));
  // The constant is ln(2 pi) / 2.
  return (x - 0.5) * ln(x) - x + 0.91893853320467274178 + series / x - ln(product);
}

/** The standard normal variable that is not exceeded with probability p, 0 < p < 1: AS 241, PPND16. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q *
        (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
          45921.953931549871457) *
          r +
          13731.693765509461125) *
          r +
          1971.5909503065514427) *
          r +
          133.14166789178437745) *
          r +
          3.387132872796366608)) /
      (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
        21213.794301586595867) *
        r +
        5394.1960214247511077) *
        r +
        687.1870074920579083) *
        r +
        42.313330701600911252) *
        r +
        1)
    );
  }
  const tail = normalTail(Math.sqrt(-ln(q < 0 ? p : 1 - p)));
  return q < 0 ? -tail : tail;
}

/** The outer 15 % of the distribution; r is sqrt(-ln(probability beyond)). */
function normalTail(r: number): number {
  if (r <= 5) {
    const s = r - 1.6;
    return (
      (((((((7.7454501427834140764e-4 * s + 0.0227238449892691845833) * s + 0.24178072517745061177) * s +
        1.27045825245236838258) *
        s +
        3.64784832476320460504) *
        s +
        5.7694972214606914055) *
        s +
        4.6303378461565452959) *
        s +
        1.42343711074968357734) /
      (((((((1.05075007164441684324e-9 * s + 5.475938084995344946e-4) * s + 0.0151986665636164571966) * s +
        0.14810397642748007459) *
        s +
        0.68976733498510000455) *
        s +
        1.6763848301838038494) *
        s +
        2.05319162663775882187) *
        s +
        1)
    );
  }
  const s = r - 5;
  return (
    (((((((2.01033439929228813265e-7 * s + 2.71155556874348757815e-5) * s + 0.0012426609473880784386) * s +
      0.026532189526576123093) *
      s +
      0.29656057182850489123) *
      s +
      1.7848265399172913358) *
      s +
      5.4637849111641143699) *
      s +
      6.6579046435011037772) /
    (((((((2.04426310338993978564e-15 * s + 1.4215117583164458887e-7) * s + 1.8463183175100546818e-5) * s +
      7.868691311456132591e-4) *
      s +
      0.0148753612908506148525) *
      s +
      0.13692988092273580531) *
      s +
      0.59983220655588793769) *
      s +
      1)
  );
}

// For negLn: 256 pieces of [1, 2), for each its middle's reciprocal and the logarithm of that.
const reciprocal = new Float64Array(256);
const lnOfReciprocal = new Float64Array(256);
for (let piece = 0; piece < 256; piece++) {
  reciprocal[piece] = 1 / (1 + (piece + 0.5) / 256);
  lnOfReciprocal[piece] = ln(reciprocal[piece]);
}

/**
 * -ln(u) for 0 < u <= 1 (u not subnormal), relative error below 1e-12. The fast one: a table of 256 reciprocals
 * brings u 2^k to (1 + r) / reciprocal with |r| < 1/512, where five terms are enough. Near 1, where the parts
 * would cancel, the series in u - 1 is used directly.
 */
export function negLn(u: number): number {
  const g = 1 - u;
  if (g < 0.00390625) {
    return g * (1 + g * (1 / 2 + g * (1 / 3 + g * (1 / 4 + g * (1 / 5 + g * (1 / 6))))));
  }
  double[0] = u;
  const high = words[HIGH];
  const k = 1023 - (high >>> 20);
  const piece = (high >>> 12) & 255;
  const r = u * powersOf2[1023 + k] * reciprocal[piece] - 1;
  return (
    k * 0.6931471805599453 +
    (lnOfReciprocal[piece] - r * (1 - r * (1 / 2 - r * (1 / 3 - r * (1 / 4 - r * (1 / 5))))))
  );
}

/** What the self-test asks of each function: its values where numbers of (0, 1) are brought into its domain. */
const ASKED: Readonly<Record<string, (u: number) => number>> = {
  ln,
  exp: (u) => exp(1400 * (u - 0.5)),
  sin: (u) => sin(2000 * (u - 0.5)),
  cos: (u) => cos(2000 * (u - 0.5)),
  gammaLn: (u) => gammaLn(100 * u),
  normalQuantile,
  negLn,
};

/** And the hash of what it answered on every machine so far. */
const GOLDEN: Readonly<Record<string, number>> = {
  ln: 4160963064,
  exp: 3647571916,
  sin: 3798103885,
  cos: 845415925,
  gammaLn: 2798702790,
  normalQuantile: 866477823,
  negLn: 1216395330,
};

/**
 * Whether this machine computes what every other does: some 1,200 values, bit for bit, in about a millisecond. Null
 * if so; else a sentence on what differs, and then no result of this process can be compared with another's.
 */
export function mathSelfTest(golden: Readonly<Record<string, number>> = GOLDEN): string | null {
  for (const [name, f] of Object.entries(ASKED)) {
    const got = hashOfValues(f);
    if (got !== golden[name]) {
      return `${name} gives other values here than elsewhere: their hash is ${got}, not ${golden[name]}`;
    }
  }
  return null;
}

/** A hash (FNV-1a, by words) of the bits of f at 170 places: half across (0, 1), half ever closer to 0. */
function hashOfValues(f: (u: number) => number): number {
  let hash = 0x811c9dc5;
  let small = 1;
  for (let i = 1; i <= 170; i++) {
    small *= 0.6875;
    double[0] = f((i & 1) === 1 ? small : i * 0.005859375);
    const low = words[1 - HIGH];
    const high = words[HIGH];
    hash = Math.imul(hash ^ low, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15) ^ high, 0x01000193);
  }
  return hash >>> 0;
}
