/**
 * The whole validation: vectors, formulas, oracles in their full size, and the defects that their gates must notice.
 *
 * A pure function of the seed, whatever pool plays it.
 */
import { ORACLES } from '../oracles/all.ts';
import type { Oracle } from '../oracles/oracle.ts';
import { ensembleRows, scored } from './ensemble.ts';
import { playAll, SEED, type PlaysOptions } from './plays.ts';
import { formulaRow, plantedRows, rowsOf, type Row } from './row.ts';
import { vectorRows } from './vectors.ts';

export { ORACLES, SEED };

export interface SuiteOptions extends PlaysOptions {
  /** Ids of oracles, and `vectors`; left out: all. */
  readonly only?: readonly string[];
  readonly size?: 'small' | 'full';
}

/** Names that {@link SuiteOptions.only} knows. O16d is part of O16. */
export const names = (): readonly string[] => [
  'vectors',
  ...ORACLES.map(({ id }) => id).filter((id) => id !== 'O16d'),
];

/** Null where it was interrupted. */
export async function validate(options: SuiteOptions): Promise<readonly Row[] | null> {
  const { only, size = 'full', seed } = options;
  const wanted = (id: string) => only === undefined || only.includes(id.replace(/d$/, ''));
  const oracles = ORACLES.filter(({ id }) => wanted(id));
  const parts = oracles.flatMap((oracle) => [
    ...oracle
      .cases(size, seed)
      .map((one, n) => ({ oracle, one: { luck: `${oracle.id}/${n + 1}`, ...one }, defect: null })),
    ...oracle.defects().map((defect) => ({ oracle, one: defect.wrong, defect })),
  ]);
  const played = await playAll(
    parts.map(({ one }) => one),
    options,
  );
  if (played === null) return null;
  const rowsFor = (oracle: Oracle): readonly Row[] => {
    const kind = oracle.ensemble === true ? 'sample' : 'claim';
    const rows = parts.flatMap((part, i) =>
      part.oracle !== oracle
        ? []
        : part.defect !== null
          ? plantedRows(oracle.id, part.defect, played[i])
          : rowsOf(oracle.id, kind, part.one, played[i]).map((row) =>
              kind === 'sample' ? { ...row, what: `${part.one.name.split(':')[0]}: ${row.what}` } : row,
            ),
    );
    const formulas = oracle.byHand.map((one) => formulaRow(oracle.id, one));
    if (oracle.ensemble !== true) return [...formulas, ...rows];
    const samples = scored(rows);
    return [...samples, ...ensembleRows(oracle.id, samples)];
  };
  return [...(wanted('vectors') ? vectorRows() : []), ...oracles.flatMap(rowsFor)];
}
