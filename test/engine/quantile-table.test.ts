/**
 * The table against the function it stands for: as exact as it says, without steps at the borders of its cells.
 */
import { describe, expect, it } from 'vitest';
import { exp, negLn, normalQuantile } from '../../src/engine/portable-math.ts';
import { QuantileTable, type QuantileFunction } from '../../src/engine/quantile-table.ts';

const lognormal =
  (sigma: number): QuantileFunction =>
  (distance, upper) =>
    exp((upper ? -sigma : sigma) * normalQuantile(distance));

const laws: Record<string, QuantileFunction> = {
  exponential: (distance, upper) => negLn(upper ? distance : 1 - distance),
  'lognormal with p99 = 11 x p50': lognormal(1.03),
  'lognormal with p99 = 1,000 x p50': lognormal(2.97),
};

const valueOf = (law: QuantileFunction, u: number): number => law(u < 0.5 ? u : 1 - u, u >= 0.5);

/** Shares dense in the middle and far out at both ends; as far as the formulas of this test have digits. */
function* shares(): Generator<number> {
  for (let i = 1; i < 4000; i++) yield i / 4000;
  for (let k = 3; k <= 53; k++) {
    for (const within of [1, 1.0625, 1.3, 1.71, 1.999]) {
      const tail = within * 0.5 ** k;
      if (k < 18) yield tail;
      if (k < 52) yield 1 - tail;
    }
  }
}

describe('a table of quantiles', () => {
  for (const [name, quantile] of Object.entries(laws)) {
    it(`gives those of the ${name} to a few parts in 10^10`, () => {
      const table = new QuantileTable(quantile);
      let worst = 0;
      for (const u of shares()) worst = Math.max(worst, Math.abs(table.at(u) / valueOf(quantile, u) - 1));
      expect(worst).toBeGreaterThan(0); // it is a table
      expect(worst).toBeLessThan(5e-10);
    });
  }

  it('does not fall where the function rises, across the borders of its cells', () => {
    const table = new QuantileTable(laws['lognormal with p99 = 11 x p50']);
    for (let border = 16; border <= 32; border++) {
      const at = border / 128; // the cells of [1/8, 1/4)
      const steps = [-3e-9, -2e-9, -1e-9, 0, 1e-9, 2e-9, 3e-9].map((step) => table.at(at + step));
      expect([...steps].sort((a, b) => a - b)).toEqual(steps);
    }
  });

  it('says one half exactly', () => {
    expect(new QuantileTable(laws.exponential).at(0.5)).toBe(negLn(0.5));
  });

  it('asks the function once for what two draws need', () => {
    let asked = 0;
    const table = new QuantileTable((distance) => {
      asked++;
      return distance;
    });
    table.at(0.3);
    const first = asked;
    table.at(0.31);
    expect(first).toBeGreaterThan(0);
    expect(asked).toBe(first);
  });
});
