/** A handful of noisy numbers in three: median, and the quartiles around it. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p) => {
    const place = p * (sorted.length - 1);
    const low = Math.floor(place);
    return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), min: at(0), max: at(1), count: sorted.length };
}

/** How far the median may be off, one side, at about two standard errors; from the quartiles, so that one wild run
 * does not count. */
export function uncertainty({ low, high, count }) {
  return (2 * 1.253 * (high - low)) / 1.349 / Math.sqrt(count);
}
