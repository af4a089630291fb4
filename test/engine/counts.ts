/** Statistics of random counts, for the tests of their distributions. */

/** Whether `count` draws are further from these shares than chance makes them once in 100,000 times. */
export function chiSquareTooLarge(draw: () => number, shares: readonly number[], count: number): boolean {
  const seen = new Float64Array(shares.length);
  let outside = 0;
  for (let i = 0; i < count; i++) {
    const k = draw();
    if (k < seen.length) seen[k]++;
    else outside++;
  }
  // Neighbours are put together until ten are expected.
  let chi = 0;
  let classes = 0;
  let expected = 0;
  let found = outside;
  shares.forEach((share, k) => {
    expected += share * count;
    found += seen[k];
    if (expected < 10) return;
    chi += (found - expected) ** 2 / expected;
    classes++;
    expected = found = 0;
  });
  // Wilson and Hilferty: the cube root of chi square over its degrees is nearly normal.
  const degrees = classes - 1;
  const z = (Math.cbrt(chi / degrees) - (1 - 2 / (9 * degrees))) / Math.sqrt(2 / (9 * degrees));
  return z > 4.3;
}

/** How far the mean of `count` draws is off, in standard errors, and their variance over what it should be. */
export function momentsOf(
  draw: () => number,
  mean: number,
  variance: number,
  count: number,
): { readonly z: number; readonly ratio: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const off = draw() - mean;
    sum += off;
    squares += off * off;
  }
  return { z: sum / Math.sqrt(variance * count), ratio: squares / count / variance };
}
