/**
 * What replications say about a figure: a mean with an interval, and whether an objective holds.
 *
 * The unit of analysis is the replication. The requests of one run wait in one another's queue, so an interval
 * over them would be far too narrow; each replication yields one number, replications are independent, and
 * Student's t over them covers as often as it says (A. M. Law, Simulation Modeling and Analysis, 4.5 and 9.4).
 *
 * Only + - * / and square roots are used, so that the ends of an interval are the same bytes on every machine.
 */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { ObjectivePlan } from '../model/plan.ts';
import type { Verdict } from '../probes/results.ts';

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean and Student t interval of independent values, in the order of the replications (sums depend on order).
 *
 * What was never negative keeps a lower end of 0 or more: no metric of ours can be negative where its samples
 * are not. With a single value there is no interval and null is returned.
 *
 * @param values one per replication, finite
 * @param confidence between 0 and 1: 0.95
 */
export function interval(values: readonly number[], confidence: number): Interval | null {
  const range = differenceInterval(values, confidence);
  return range === null || range.low >= 0 || values.some((value) => value < 0) ? range : { ...range, low: 0 };
}

/** The same of differences, which may lie on either side of 0 whatever was seen of them. */
export function differenceInterval(values: readonly number[], confidence: number): Interval | null {
  if (values.length < 2) return null;
  const list = values as number[];
  const centre = mean(list);
  const deviation = sampleStandardDeviation(list);
  // Equal values: without this the sum's last bit could make an interval out of nothing.
  if (values.every((value) => value === values[0])) {
    return { mean: values[0], low: values[0], high: values[0] };
  }
  const half = (tQuantile(0.5 + confidence / 2, values.length - 1) * deviation) / Math.sqrt(values.length);
  return { mean: centre, low: centre - half, high: centre + half };
}

/**
 * Whether an objective holds, given one value per replication.
 *
 * `met` and `missed` need the whole interval on one side of the limit; what the interval straddles is
 * `inconclusive`, and more replications decide it. A limit of 0 is decided by a single value above it: no
 * metric is negative, so its mean is then above 0 for certain.
 */
export function verdictOf(
  values: readonly number[],
  objective: Pick<ObjectivePlan, 'comparison' | 'limit'>,
  confidence: number,
): Verdict {
  if (values.length === 0) return 'no data';
  const { comparison, limit } = objective;
  const range = interval(values, confidence);
  if (range === null) return 'inconclusive';
  if (limit === 0 && values.every((value) => value >= 0) && values.some((value) => value > 0)) {
    if (comparison === '==' || comparison === '<=' || comparison === '<') return 'missed';
    if (comparison === '!=' || comparison === '>') return 'met';
  }
  const { low, high } = range;
  switch (comparison) {
    case '<':
      return high < limit ? 'met' : low >= limit ? 'missed' : 'inconclusive';
    case '<=':
      return high <= limit ? 'met' : low > limit ? 'missed' : 'inconclusive';
    case '>':
      return low > limit ? 'met' : high <= limit ? 'missed' : 'inconclusive';
    case '>=':
      return low >= limit ? 'met' : high < limit ? 'missed' : 'inconclusive';
    case '==':
      return low === limit && high === limit
        ? 'met'
        : low > limit || high < limit
          ? 'missed'
          : 'inconclusive';
    case '!=':
      return low > limit || high < limit
        ? 'met'
        : low === limit && high === limit
          ? 'missed'
          : 'inconclusive';
  }
}

/**
 * Whether an interval is narrow enough: its half-width at most g/(1+g) of the mean, so that the relative error
 * against the true value, which is not known, stays within g (Law, 9.4.1).
 */
export function narrowEnough(values: readonly number[], relativeHalfWidth: number, confidence: number) {
  const range = interval(values, confidence);
  if (range === null) return values.length === 0;
  const half = range.high - range.mean;
  return half <= (relativeHalfWidth / (1 + relativeHalfWidth)) * Math.abs(range.mean);
}

/**
 * A ratio of totals, as values that an interval can be made of: the share of all requests that failed, the cost of
 * one request. One pair per replication.
 *
 * The mean of the replications' own ratios answers another question (a quiet day counts as much as a busy one), and
 * dividing two means gives no interval. The jackknife gives both: each value is n times the ratio of all totals less
 * n - 1 times that without one replication; their mean is the estimate, with the bias of order 1/n taken away, and
 * Student's t over them is its interval (R. G. Miller, "The jackknife - a review", Biometrika 61, 1974; Law, 9.5).
 *
 * @returns one value per replication, which may lie outside the range of a ratio; null where all totals below the
 *   line, or those without one replication, are 0
 */
export function ratioValues(above: readonly number[], below: readonly number[]): readonly number[] | null {
  const n = above.length;
  const totalAbove = total(above);
  const totalBelow = total(below);
  if (totalBelow === 0) return null;
  const whole = totalAbove / totalBelow;
  if (n === 1) return [whole];
  const values: number[] = [];
  for (let out = 0; out < n; out++) {
    const rest = totalBelow - below[out];
    if (rest === 0) return null;
    values.push(n * whole - ((n - 1) * (totalAbove - above[out])) / rest);
  }
  return values;
}

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/**
 * How probable it is that chance alone moves the mean of these values as far from 0 as it is, to either side
 * (Student's t). Null with fewer than two values; 1 where all are 0, 0 where all are alike and none is 0.
 */
export function probabilityOfNoEffect(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  if (values.every((value) => value === values[0])) return values[0] === 0 ? 1 : 0;
  const list = values as number[];
  const error = sampleStandardDeviation(list) / Math.sqrt(list.length);
  return Math.max(0, 1 - centralShare(Math.abs(mean(list)) / error, list.length - 1));
}

/**
 * Holm's correction: of several probabilities looked at together, what each one counts for.
 *
 * Of twenty figures that do not differ at all, one is below 5 % by chance. Held against the same limit, the numbers
 * returned here are wrong about any of them with at most that probability, whatever the figures have to do with one
 * another (S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
 * 1979). The smallest counts m-fold, the next m - 1-fold, and none for less than one before it.
 *
 * @returns in the order given
 */
export function holm(probabilities: readonly number[]): number[] {
  const ascending = probabilities
    .map((_, index) => index)
    .sort((a, b) => probabilities[a] - probabilities[b]);
  const corrected = new Array<number>(probabilities.length);
  let least = 0;
  ascending.forEach((index, rank) => {
    least = Math.min(1, Math.max(least, (probabilities.length - rank) * probabilities[index]));
    corrected[index] = least;
  });
  return corrected;
}

/**
 * The quantile of Student's t: `tQuantile(0.975, 9)` is 2.2622. Right to about 12 digits, which the tables in
 * the tests hold it to.
 *
 * @param probability above 0.5 and below 1
 * @param degrees of freedom, a whole number of at least 1
 */
export function tQuantile(probability: number, degrees: number): number {
  if (probability === 0.5) return 0;
  const wanted = 2 * probability - 1;
  let low = 0;
  let high = 1;
  while (centralShare(high, degrees) < wanted) {
    low = high;
    high *= 2;
  }
  // Halving until no number lies between is 60 rounds of a sum of `degrees / 2` terms: microseconds.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (centralShare(middle, degrees) < wanted) low = middle;
    else high = middle;
  }
}

/**
 * P(|T| < t): the finite sums for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4), with
 * tan(angle) = t / sqrt(degrees).
 */
function centralShare(t: number, degrees: number): number {
  const cosineSquared = degrees / (degrees + t * t);
  const sine = t / Math.sqrt(degrees + t * t);
  let term = degrees % 2 === 0 ? 1 : Math.sqrt(cosineSquared);
  let sum = degrees === 1 ? 0 : term;
  for (let k = degrees % 2 === 0 ? 2 : 3; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cosineSquared;
    sum += term;
  }
  return degrees % 2 === 0 ? sine * sum : (2 / Math.PI) * (arctangent(t / Math.sqrt(degrees)) + sine * sum);
}

/** The angle is halved until its tangent is below 1/8; ten terms of the series are then exact. */
function arctangent(tangent: number): number {
  let x = tangent;
  let halvings = 1;
  while (x > 0.125) {
    x = x / (1 + Math.sqrt(1 + x * x));
    halvings *= 2;
  }
  let sum = 0;
  let power = x;
  for (let k = 1; k <= 19; k += 2) {
    sum += (k % 4 === 1 ? power : -power) / k;
    power *= x * x;
  }
  return halvings * sum;
}
