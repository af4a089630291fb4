/**
 * An oracle as tests, in its small size: its formula gives what was worked out by hand, each of its claims holds, and
 * each defect planted into its worlds is noticed by the gates that let the right world pass.
 */
import { describe, expect, test } from 'vitest';
import type { Case, Oracle } from '../../src/experiment/oracles/oracle.ts';
import { ensembleRows, scored } from '../../src/experiment/validation/ensemble.ts';
import { planOf } from '../../src/experiment/validation/plays.ts';
import {
  formulaRow,
  plantedRows,
  rowsOf,
  type Played,
  type Row,
} from '../../src/experiment/validation/row.ts';
import { play } from '../../src/probes/play.ts';

/** Plays the replications of a case one after another. */
export function played(one: Case): Played {
  const plan = planOf(one);
  const values = one.claims.map(() => [] as (number | readonly number[])[]);
  let requests = 0;
  for (let replication = 1; replication <= one.replications; replication++) {
    const seen = play(plan, replication, { logs: false });
    one.claims.forEach((claim, i) => values[i].push(claim.of(seen)));
    requests += seen.summary.services[0].requests.arrived as number;
  }
  return { values, requests };
}

/** Rows that are not as they should be, in words. */
export const outside = (rows: readonly Row[]): readonly string[] =>
  rows
    .filter(({ within }) => !within)
    .map(
      ({ what, ours, theory, z, relativeError, tolerance }) =>
        `${what}: ${ours} where theory has ${theory}; z ${z}, relative error ${relativeError}, ${tolerance}`,
    );

export function describeOracle(oracle: Oracle): void {
  describe(`${oracle.id}: ${oracle.title}`, () => {
    const { byHand, id } = oracle;
    if (byHand.length > 0)
      test('the formula gives what was worked out by hand', () =>
        expect(outside(byHand.map((one) => formulaRow(id, one)))).toEqual([]));

    const cases = oracle.cases('small', '2026');
    if (oracle.ensemble) {
      test(`${cases.length} drawn systems agree one by one, and together are spread as chance spreads them`, () => {
        const rows = scored(cases.flatMap((one) => rowsOf(id, 'sample', one, played(one))));
        expect(rows).toHaveLength(3 * cases.length);
        expect(outside([...rows, ...ensembleRows(id, rows)])).toEqual([]);
      });
    } else {
      for (const one of cases)
        test(one.name, () => expect(outside(rowsOf(id, 'claim', one, played(one)))).toEqual([]));
    }

    for (const defect of oracle.defects())
      test(`planted: ${defect.name}; it is noticed`, () => {
        const rows = plantedRows(id, defect, played(defect.wrong));
        expect(rows).toHaveLength(defect.noticedBy?.length ?? defect.wrong.claims.length);
        expect(outside(rows)).toEqual([]);
      });
  });
}
