/**
 * What Stirling's formula leaves over: ln k! = (k + 1/2) ln(k + 1) - (k + 1) + ln(2 pi)/2 + stirlingRest(k).
 *
 * Differences of logarithms of factorials decide whether a count that was proposed by rejection is taken
 * (`binomial.ts`, `poisson.ts`). Written this way the large terms cancel on paper and not in the computer, so the
 * decision is as sharp for a billion as for ten.
 */

/** Exact for 0 to 9; beyond, three terms of the series are good to 4e-11. */
const FIRST = Float64Array.of(
  0.08106146679532726,
  0.04134069595540929,
  0.02767792568499834,
  0.02079067210376509,
  0.01664469118982119,
  0.01387612882307075,
  0.01189670994589177,
  0.01041126526197209,
  0.00925546218271273,
  0.00833056343336287,
);

/** k whole, k >= 0. */
export function stirlingRest(k: number): number {
  if (k < 10) return FIRST[k];
  const z = 1 / (k + 1);
  const z2 = z * z;
  return (1 / 12 - (1 / 360 - (1 / 1260) * z2) * z2) * z;
}
