/**
 * How far a simulated figure may be from the one that theory gives: four standard errors of independent replications.
 *
 * A correct simulator passes such a gate all but once in some thousand times, and seeds are fixed, so a gate that
 * has closed stays closed until its reason is found. It is worth as much as its standard error is small: a gate says
 * how small.
 */
import { ln } from '../../engine/portable-math.ts';

/** |z| up to here is agreement. */
export const GATE = 4;

export interface Reading {
  readonly expected: number;
  readonly mean: number;
  /** (mean - expected) / standard error, where what the figure's own resolution explains is not counted. */
  readonly z: number;
  /** Standard error over the expected value. */
  readonly relativeError: number;
}

/**
 * What independent values, one per replication, say about the value expected of them.
 *
 * @param resolution relative: a quantile read off a histogram is the middle of its cell, and no nearer to the truth
 *   than half of that, however many requests it is made of
 */
export function reading(values: readonly number[], expected: number, resolution = 0): Reading {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (n - 1);
  const error = Math.sqrt(variance / n);
  const apart = mean - expected;
  const unexplained = Math.sign(apart) * Math.max(0, Math.abs(apart) - resolution * Math.abs(expected));
  // Values that are all alike have no error: they are right or wrong.
  const z = error > 0 ? unexplained / error : unexplained === 0 ? 0 : Math.sign(unexplained) * Infinity;
  return { expected, mean, z, relativeError: error / Math.abs(expected) };
}

/**
 * The z that is as rare under the normal law as this one, over so many replications, is under Student's t: with few
 * replications a z of 4 is not as rare as it sounds (D. L. Wallace, Annals of Mathematical Statistics 30, 1959).
 */
export function normalScore(z: number, replications: number): number {
  const freedom = replications - 1;
  const narrowed = ((8 * freedom + 1) / (8 * freedom + 3)) * Math.sqrt(freedom * ln(1 + (z * z) / freedom));
  return Math.sign(z) * narrowed;
}

/**
 * Whether counts follow a law: Pearson's chi-square of observed and expected counts, as a z (Wilson and Hilferty).
 * Cells of which fewer than five are expected are taken together with their neighbours.
 */
export function goodnessOfFit(observed: readonly number[], expected: readonly number[]): number {
  let chi = 0;
  let cells = 0;
  let [seen, due] = [0, 0];
  const total = expected.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  for (let cell = 0; cell < expected.length; cell++) {
    seen += observed[cell];
    due += expected[cell];
    const rest = total - passed - due;
    if ((due < 5 || (rest > 0 && rest < 5)) && cell < expected.length - 1) continue;
    chi += ((seen - due) * (seen - due)) / due;
    cells++;
    passed += due;
    seen = due = 0;
  }
  const freedom = cells - 1;
  const spread = 2 / (9 * freedom);
  return (cubeRoot(chi / freedom) - (1 - spread)) / Math.sqrt(spread);
}

/** Newton's method, with arithmetic that is the same on every machine. */
export function cubeRoot(x: number): number {
  if (!(x > 0)) return 0;
  let root = x > 1 ? x : 1;
  for (;;) {
    const next = (2 * root + x / (root * root)) / 3;
    if (next >= root) return root;
    root = next;
  }
}
