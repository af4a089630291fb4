/**
 * One line of the validation: a number of ours, the number it has to be, and how far apart they may be.
 *
 * Every gate is here, for the tests of every commit and for `cmeksim validate` alike, so that there is one meaning of
 * "agrees": four standard errors, and known well enough to say so; or exactly.
 */
import { GATE, goodnessOfFit, reading } from '../oracles/gates.ts';
import type { ByHand, Case, Claim, Defect } from '../oracles/oracle.ts';

/**
 * `claim`: a figure of the simulator against theory; `sample`: one of an ensemble of such; `ensemble`: how those are
 * spread; `formula`: a formula against numbers worked out by hand, or another formula; `vector`: a rule against a
 * table; `planted`: a claim about a world with a defect in it, which must not hold.
 */
export type RowKind = 'claim' | 'sample' | 'ensemble' | 'formula' | 'vector' | 'planted';

export interface Row {
  readonly kind: RowKind;
  readonly oracle: string;
  readonly what: string;
  readonly ours: number;
  readonly theory: number;
  /** Null where the comparison is exact. */
  readonly z: number | null;
  /** Standard error over the expected value; null where there is none. */
  readonly relativeError: number | null;
  /** In words: `|z| <= 4`, `exact`. */
  readonly tolerance: string;
  readonly replications: number;
  /** Requests that arrived, over all replications. */
  readonly requests: number;
  readonly within: boolean;
}

/** What the replications of a case gave: by claim, one value each. */
export interface Played {
  readonly values: readonly (readonly (number | readonly number[])[])[];
  readonly requests: number;
}

/** A row for each claim of a case. */
export const rowsOf = (oracle: string, kind: 'claim' | 'sample', one: Case, played: Played): readonly Row[] =>
  one.claims.map((claim, i) => rowOf(oracle, kind, one, claim, played.values[i], played.requests));

/** A row for each claim that must not hold because of a defect. */
export function plantedRows(oracle: string, defect: Defect, played: Played): readonly Row[] {
  const { wrong, noticedBy, name } = defect;
  return wrong.claims.flatMap((claim, i) => {
    if (noticedBy !== undefined && !noticedBy.includes(claim.name)) return [];
    const row = rowOf(oracle, 'planted', wrong, claim, played.values[i], played.requests);
    const noticed =
      row.z === null ? !row.within : claim.kind === 'bound' ? row.z > GATE : Math.abs(row.z) > GATE;
    const tolerance = row.z === null ? 'not equal' : claim.kind === 'bound' ? `z > ${GATE}` : `|z| > ${GATE}`;
    return [{ ...row, what: `${name}: ${claim.name}`, tolerance, within: noticed }];
  });
}

function rowOf(
  oracle: string,
  kind: RowKind,
  { replications, precision }: Case,
  claim: Claim,
  values: readonly (number | readonly number[])[],
  requests: number,
): Row {
  const row = { kind, oracle, what: claim.name, replications, requests };
  if (claim.kind === 'law') {
    const counts = claim.law.map((_, cell) =>
      (values as readonly (readonly number[])[]).reduce((sum, one) => sum + one[cell], 0),
    );
    const total = counts.reduce((sum, count) => sum + count, 0);
    const z = goodnessOfFit(
      counts,
      claim.law.map((p) => p * total),
    );
    // A fit that is too good is no reason for doubt here: one side only.
    return {
      ...row,
      ours: z,
      theory: 0,
      z,
      relativeError: null,
      tolerance: `z <= ${GATE}`,
      within: z <= GATE,
    };
  }
  const numbers = values as readonly number[];
  if (claim.kind === 'exact') {
    const apart = (value: number) => differenceOf(value, claim.is);
    const ours = numbers.reduce(
      (worst, value) => (!(apart(value) <= apart(worst)) ? value : worst),
      claim.is,
    );
    const within = claim.within ?? 0;
    return {
      ...row,
      ours,
      theory: claim.is,
      z: null,
      relativeError: null,
      tolerance: within === 0 ? 'exact' : `relative ${within}`,
      within: apart(ours) <= within,
    };
  }
  if (claim.kind === 'bound') {
    const { mean, relativeError, ...found } = reading(numbers, claim.is);
    const z = bounded(found.z);
    return {
      ...row,
      ours: mean,
      theory: claim.is,
      z,
      relativeError,
      tolerance: `z <= -${GATE}`,
      within: z <= -GATE,
    };
  }
  const { mean, relativeError, ...found } = reading(numbers, claim.is, claim.resolution);
  const z = bounded(found.z);
  return {
    ...row,
    ours: mean,
    theory: claim.is,
    z,
    relativeError,
    tolerance: `|z| <= ${GATE}`,
    within: Math.abs(z) <= GATE && relativeError <= (claim.precision ?? precision),
  };
}

/** A formula against what is known of it. */
export const formulaRow = (oracle: string, { what, ours, known, within }: ByHand): Row => ({
  kind: 'formula',
  oracle,
  what,
  ours,
  theory: known,
  z: null,
  relativeError: null,
  tolerance: within === 0 ? 'exact' : `relative ${within}`,
  replications: 0,
  requests: 0,
  within: differenceOf(ours, known) <= within,
});

/** A rule's answer against a table's. */
export const vectorRow = (oracle: string, what: string, ours: number, theory: number): Row => ({
  kind: 'vector',
  oracle,
  what,
  ours,
  theory,
  z: null,
  relativeError: null,
  tolerance: 'exact',
  replications: 0,
  requests: 0,
  within: ours === theory,
});

/** A z that any file can hold: values that are all alike and wrong have none. */
const bounded = (z: number): number => Math.max(-999, Math.min(999, z));

/** Relative where there is something to relate to. */
const differenceOf = (ours: number, known: number): number =>
  ours === known ? 0 : Math.abs(ours - known) / (known === 0 ? 1 : Math.abs(known));
