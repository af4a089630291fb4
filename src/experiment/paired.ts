/**
 * One figure of two plans under the same luck: the difference of its pairs, with an interval, and how probable one
 * like it is by chance alone.
 *
 * Replication 7 of both has the same arrivals, the same lengths of requests and the same latencies of Cloud KMS,
 * because each stream of chance belongs to a purpose and an entity and not to a scenario. What happens by chance in
 * one happens in the other, so the difference of a pair varies far less than either figure (common random numbers and
 * the paired t interval: A. M. Law, Simulation Modeling and Analysis, 11.2 and 10.2.1). What that gains is measured:
 * the variance of the difference if each side had luck of its own, over the one it has.
 */
import { mean, sampleVariance } from 'simple-statistics';
import { differenceInterval, interval, probabilityOfNoEffect, ratioValues } from './confidence.ts';
import type { SideFigure } from './side.ts';

export interface Paired {
  /** Replications in which both sides have a value. */
  readonly pairs: number;
  /** Over the pairs; null without any. */
  readonly a: number | null;
  readonly b: number | null;
  /** B - A; the ends are null with one pair. */
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** B / A, the ratio of the means; null where A is 0. */
  readonly ratio: number | null;
  readonly ratio_low: number | null;
  readonly ratio_high: number | null;
  /** Of a difference at least this large by chance alone; null with one pair. */
  readonly probability: number | null;
  /** How many times the variance would be if either side had luck of its own; null where it cannot be told. */
  readonly variance_reduction: number | null;
  /** Equal in every pair. */
  readonly same: boolean;
}

export function paired(a: SideFigure, b: SideFigure, confidence: number): Paired {
  const both: number[] = [];
  a.values.forEach((value, at) => {
    if (value !== null && b.values[at] !== null) both.push(at);
  });
  const first = valuesOf(a, both);
  const second = valuesOf(b, both);
  if (first === null || second === null || both.length === 0) return NOTHING;
  const differences = second.map((value, at) => value - first[at]);
  const range = differenceInterval(differences, confidence);
  const [meanA, meanB] = [mean(first as number[]), mean(second as number[])];
  const same = differences.every((value) => value === 0);
  return {
    pairs: both.length,
    a: meanA,
    b: meanB,
    difference: same ? 0 : (range?.mean ?? differences[0]),
    low: range?.low ?? null,
    high: range?.high ?? null,
    ...ratio(first, second, confidence),
    probability: probabilityOfNoEffect(differences),
    variance_reduction: reduction(first, second, differences),
    same,
  };
}

const NOTHING: Paired = {
  pairs: 0,
  a: null,
  b: null,
  difference: null,
  low: null,
  high: null,
  ratio: null,
  ratio_low: null,
  ratio_high: null,
  probability: null,
  variance_reduction: null,
  same: false,
};

/** A figure in these replications, as values whose mean it is; null where its ratio is not defined. */
function valuesOf({ values, below }: SideFigure, replications: readonly number[]): readonly number[] | null {
  const own = replications.map((at) => values[at]!);
  return below === null
    ? own
    : ratioValues(
        own,
        replications.map((at) => below[at]),
      );
}

/** B / A: by how much, in proportion, which is what a reader remembers. Made for figures that are not negative. */
function ratio(
  a: readonly number[],
  b: readonly number[],
  confidence: number,
): Pick<Paired, 'ratio' | 'ratio_low' | 'ratio_high'> {
  const values = ratioValues(b, a);
  if (values === null) return { ratio: null, ratio_low: null, ratio_high: null };
  const range = interval(values, confidence);
  return {
    ratio: range?.mean ?? values[0],
    ratio_low: range === null ? null : Math.max(0, range.low),
    ratio_high: range?.high ?? null,
  };
}

function reduction(
  a: readonly number[],
  b: readonly number[],
  differences: readonly number[],
): number | null {
  if (differences.length < 2) return null;
  const together = sampleVariance(differences as number[]);
  const apart = sampleVariance(a as number[]) + sampleVariance(b as number[]);
  return together === 0 ? null : apart / together;
}
