/**
 * O2. Little's law on a finite path (J. D. C. Little, Operations Research 9, 1961; S. Stidham, 1974).
 *
 * Where a run begins and ends empty, the integral of the number present is the sum of the stays, whatever the model:
 * each request adds one for just as long as it stays. Every run is held to it in whole nanoseconds, and refused where
 * it does not hold (exit code 8); here the published figures are: busy instances that take one request each,
 * mean_active x time = served x mean execution, equal but for the last binary digits of the division.
 * By hand: two requests of 1 s and 3 s in a run of 10 s; 0.4 busy on average, 0.4 x 10 = 2 x 2.
 */
import type { Case, Oracle } from './oracle.ts';
import { exactly, execution, fleet, instances, lognormal, requests, scenario, times } from './worlds.ts';

/** Busy instances x time over served x execution, where `slots` is how many requests share an instance. */
const balance = (size: number, slots: number): Case => ({
  name: 'mean active instances x time = served x mean execution',
  scenario: scenario({
    rate: 3,
    until: 500 * size,
    service: { ...fleet(4, slots), requests: { duration: lognormal(1, 2) } },
  }),
  replications: 10,
  precision: 0,
  claims: [
    exactly(
      'area / stays',
      1,
      (seen) =>
        (instances('mean_active')(seen) * seen.summary.scenario.duration_s) /
        (requests('served')(seen) * execution(seen)),
      1e-12,
    ),
  ],
});

export const flowBalance: Oracle = {
  id: 'O2',
  title: "accounting: Little's law on the path",
  source: 'J. D. C. Little, Operations Research 9 (1961)',
  byHand: [
    { what: '0.4 busy x 10 s over 2 requests x 2 s', ours: (0.4 * 10) / (2 * 2), known: 1, within: 1e-15 },
  ],
  cases: (size) => [balance(times(size, 20), 1)],
  defects: () => [{ name: 'instances that take two at a time are counted once', wrong: balance(1, 2) }],
};
