/**
 * How far a simulated figure may be from the one that theory gives: four standard errors of independent replications.
 *
 * A correct simulator passes such a gate all but once in sixteen thousand times, and seeds are fixed, so a gate that
 * has closed stays closed until its reason is found. It is worth as much as its standard error is small: a gate says
 * how small.
 */

/** |z| up to here is agreement. */
export const GATE = 4;

export interface Reading {
  readonly expected: number;
  readonly mean: number;
  /** (mean - expected) / standard error. */
  readonly z: number;
  /** Standard error over the expected value. */
  readonly relativeError: number;
}

/** What independent values, one per replication, say about the value expected of them. */
export function reading(values: readonly number[], expected: number): Reading {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (n - 1);
  const error = Math.sqrt(variance / n);
  // Values that are all alike have no error: they are right or wrong.
  const z = error === 0 ? (mean === expected ? 0 : Infinity) : (mean - expected) / error;
  return { expected, mean, z, relativeError: error / Math.abs(expected) };
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
  return (Math.cbrt(chi / freedom) - (1 - spread)) / Math.sqrt(spread);
}
