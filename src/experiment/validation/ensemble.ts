/**
 * Many samples of one claim, taken together: whether their z's look like draws from the normal law.
 *
 * A single sample is coarse, so that a small error everywhere would pass every gate; the mean of all z's would not. And
 * intervals that are too narrow or too wide show in the shares of z's beyond 2 and 3. The z's are taken to the normal
 * scale first (`normalScore`), since each comes from few replications.
 */
import { GATE, normalScore } from '../oracles/gates.ts';
import type { Row } from './row.ts';

/** P(|Z| > 2), P(|Z| > 3). */
const BEYOND: readonly (readonly [z: number, share: number])[] = [
  [2, 0.0455],
  [3, 0.0027],
];

/** The rows of an ensemble on the normal scale; the gate is applied to that. */
export const scored = (rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => {
    const z = normalScore(row.z!, row.replications);
    return { ...row, z, tolerance: `|z| <= ${GATE} (normal score)`, within: Math.abs(z) <= GATE };
  });

/** What the scored rows of an ensemble say together. */
export function ensembleRows(oracle: string, rows: readonly Row[]): readonly Row[] {
  if (rows.length === 0) return [];
  const replications = rows[0].replications;
  const requests = rows.reduce(
    (sum, row, i) => sum + (row.requests === rows[i - 1]?.requests ? 0 : row.requests),
    0,
  );
  const base = { kind: 'ensemble' as const, oracle, relativeError: null, replications, requests };
  const zs = rows.map(({ z }) => z!);
  const largest = zs.reduce((most, z) => (Math.abs(z) > Math.abs(most) ? z : most), 0);
  const names = [...new Set(rows.map(({ what }) => what.replace(/^system \d+: /, '')))];
  return [
    {
      ...base,
      what: `largest |z| of ${zs.length}`,
      ours: Math.abs(largest),
      theory: GATE,
      z: largest,
      tolerance: `|z| <= ${GATE}`,
      within: Math.abs(largest) <= GATE,
    },
    ...names.map((name): Row => {
      const own = rows.filter(({ what }) => what.endsWith(name)).map(({ z }) => z!);
      const mean = own.reduce((sum, z) => sum + z, 0) / own.length;
      const z = mean * Math.sqrt(own.length);
      return {
        ...base,
        what: `${name}: mean z over ${own.length} systems`,
        ours: mean,
        theory: 0,
        z,
        tolerance: `|z| <= ${GATE}`,
        within: Math.abs(z) <= GATE,
      };
    }),
    ...BEYOND.map(([limit, share]): Row => {
      const count = zs.filter((z) => Math.abs(z) > limit).length;
      const due = share * zs.length;
      const z = (count - due) / Math.sqrt(due * (1 - share));
      return {
        ...base,
        what: `share of |z| beyond ${limit} (${count} of ${zs.length})`,
        ours: count / zs.length,
        theory: share,
        z,
        // Three figures of one system share their luck, so that counts spread more than independent ones would.
        tolerance: `z <= ${GATE}`,
        within: z <= GATE,
      };
    }),
  ];
}
