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
  if (values.length < 2) return null;
  const list = values as number[];
  const centre = mean(list);
  const deviation = sampleStandardDeviation(list);
  // Equal values: without this the sum's last bit could make an interval out of nothing.
  if (values.every((value) => value === values[0])) {
    return { mean: values[0], low: values[0], high: values[0] };
  }
  const half = (tQuantile(0.5 + confidence / 2, values.length - 1) * deviation) / Math.sqrt(values.length);
  const low = centre - half;
  return {
    mean: centre,
    low: low < 0 && values.every((value) => value >= 0) ? 0 : low,
    high: centre + half,
  };
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
