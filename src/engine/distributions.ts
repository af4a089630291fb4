/**
 * Distributions of lengths of time.
 *
 * Every one of them turns one uniform number into one length of time by inversion: no rejection, no second number.
 * So the n-th question of a stream is answered by its n-th number, whatever the distribution is; change a mean, and
 * the same customers are still the slow ones. Results are whole nanoseconds, rounded half up, from 0 to the longest
 * horizon (104 days), and the same bits on every machine (see portable-math). Moments are those of the distribution
 * as specified, before rounding. Where a quantile takes more than a logarithm it comes from a table, which the
 * distributions of equal specifications share: replications of a plan work it out once.
 *
 * One class with a switch inside, not a class per kind: the simulation's hot loop then calls one shape of object.
 */
import { check } from '../units/check.ts';
import { LONGEST } from '../units/time.ts';
import type { Duration } from '../units/time.ts';
import { GammaTable } from './gamma-table.ts';
import { exp, gammaLn, ln, negLn, normalQuantile } from './portable-math.ts';
import { QuantileTable, type QuantileFunction } from './quantile-table.ts';
import type { Stream } from './streams.ts';

/** A distribution as plain data. Times are whole nanoseconds; `cv` is the standard deviation over the mean. */
export type DistributionSpec =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'lognormal'; readonly p50: number; readonly p99: number }
  | { readonly kind: 'lognormal'; readonly p50: number; readonly p95: number }
  | { readonly kind: 'lognormal'; readonly mean: number; readonly cv: number }
  | { readonly kind: 'gamma'; readonly mean: number; readonly cv: number }
  | { readonly kind: 'weibull'; readonly mean: number; readonly shape: number }
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  /** The values themselves, sorted, each as likely as the other. */
  | { readonly kind: 'empirical'; readonly values: Float64Array }
  /** One of the parts, chosen by weight; the weights need not sum to 1. */
  | { readonly kind: 'mixture'; readonly parts: readonly MixturePart[] };

export interface MixturePart {
  readonly weight: number;
  readonly of: DistributionSpec;
}

const CONSTANT = 0;
const EXPONENTIAL = 1;
/** Lognormal, gamma or Weibull. */
const TABLED = 2;
const UNIFORM = 3;
const EMPIRICAL = 4;
const MIXTURE = 5;

// Standard normal quantiles of 0.99 and 0.95.
const Z99 = normalQuantile(0.99);
const Z95 = normalQuantile(0.95);

const NO_VALUES = new Float64Array(0);
const NO_TABLE = new QuantileTable(() => NaN);

/** By specification as text: the plans of a thread's tasks are copies of each other. */
const tables = new Map<string, QuantileTable>();
/** More of them than this are forgotten: a search over a parameter has no use for those it has left behind. */
const MOST_TABLES = 200;

export class Distribution {
  /** True where every draw gives the same length of time (spread 0 counts). */
  readonly isConstant: boolean;
  private readonly kind: number;
  /** Value, mean or minimum, as the kind has it. */
  private readonly a: number = NaN;
  /** Width of a uniform distribution. */
  private readonly b: number = NaN;
  private readonly expected: number = NaN;
  private readonly square: number = NaN;
  /** The sorted values of an empirical distribution; the cumulative weights of a mixture. */
  private readonly values: Float64Array;
  private readonly parts: readonly Distribution[];
  private readonly table: QuantileTable;

  constructor(spec: DistributionSpec) {
    const made = parametersOf(spec);
    // Doubles whatever the specification: see ExactSum.
    this.kind = made.kind;
    this.a = made.a;
    this.b = made.b;
    this.expected = made.mean;
    this.square = made.secondMoment;
    this.values = made.values;
    this.parts = made.parts;
    this.table = made.kind === TABLED ? tableOf(spec, made.quantile) : NO_TABLE;
    this.isConstant = made.kind === CONSTANT;
  }

  /** The next length of time from a stream; takes exactly one number from it. */
  draw(stream: Stream): Duration {
    return this.at(stream.next53());
  }

  /**
   * The length of time that a share u of all draws does not exceed, 0 < u < 1: never falls as u grows. (For a
   * mixture u first chooses the part, in their order, and only within a part does it rise.)
   */
  at(u: number): Duration {
    let x: number;
    switch (this.kind) {
      case CONSTANT:
        return this.a as Duration;
      case EXPONENTIAL:
        x = this.a * negLn(1 - u);
        break;
      case TABLED:
        x = this.table.at(u);
        break;
      case UNIFORM:
        x = this.a + this.b * u;
        break;
      case EMPIRICAL:
        return this.values[Math.floor(u * this.values.length)] as Duration;
      default:
        return this.fromPart(u);
    }
    return whole(x);
  }

  /** The expected length of time, ns. */
  mean(): number {
    return this.expected;
  }

  /** The expected square, ns^2; the variance is this less the square of the mean. */
  secondMoment(): number {
    return this.square;
  }

  /** u falls into one part's share of (0, 1); its place within that share is the part's own uniform number. */
  private fromPart(u: number): Duration {
    const ends = this.values;
    let part = 0;
    while (part < ends.length - 1 && u >= ends[part]) part++;
    const start = part === 0 ? 0 : ends[part - 1];
    const within = (u - start) / (ends[part] - start);
    return this.parts[part].at(Math.min(Math.max(within, SMALLEST_U), LARGEST_U));
  }
}

const SMALLEST_U = 1 / 9007199254740992;
const LARGEST_U = 1 - SMALLEST_U;

/** From 2^52 on a double is whole, and half a nanosecond more would be another number. */
const TWO_52 = 4503599627370496;

const whole = (x: number): Duration =>
  (x < TWO_52 ? Math.floor(x + 0.5) : x < LONGEST ? x : LONGEST) as Duration;

interface Parameters {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly mean: number;
  readonly secondMoment: number;
  readonly values: Float64Array;
  readonly parts: readonly Distribution[];
  /** Of a kind that has a table. */
  readonly quantile: QuantileFunction;
}

const NO_QUANTILE: QuantileFunction = () => NaN;

function tableOf(spec: DistributionSpec, quantile: QuantileFunction): QuantileTable {
  const text = JSON.stringify(spec);
  const known = tables.get(text);
  if (known !== undefined) return known;
  if (tables.size === MOST_TABLES) tables.clear();
  const table = new QuantileTable(quantile);
  tables.set(text, table);
  return table;
}

function parametersOf(spec: DistributionSpec): Parameters {
  switch (spec.kind) {
    case 'constant':
      return constant(spec.value);
    case 'exponential':
      positive(spec.mean, 'mean');
      return spec.mean === 0 ? constant(0) : withMoments(EXPONENTIAL, spec.mean, 0, spec.mean, 1);
    case 'lognormal':
      return lognormal(spec);
    case 'gamma':
      return gamma(spec.mean, spec.cv);
    case 'weibull':
      return weibull(spec.mean, spec.shape);
    case 'uniform':
      return uniform(spec.min, spec.max);
    case 'empirical':
      return empirical(spec.values);
    case 'mixture':
      return mixture(spec.parts);
  }
}

function constant(value: number): Parameters {
  positive(value, 'value');
  const rounded = whole(value);
  return withMoments(CONSTANT, rounded, 0, rounded, 0);
}

/** Parameters of a distribution whose moments follow from its mean and squared coefficient of variation. */
function withMoments(kind: number, a: number, b: number, mean: number, cv2: number): Parameters {
  return {
    kind,
    a,
    b,
    mean,
    secondMoment: mean * mean * (1 + cv2),
    values: NO_VALUES,
    parts: [],
    quantile: NO_QUANTILE,
  };
}

/** The same, with the quantile function that its table is made of. */
const tabled = (quantile: QuantileFunction, mean: number, cv2: number): Parameters => ({
  ...withMoments(TABLED, 0, 0, mean, cv2),
  quantile,
});

/** exp(ln(median) + sigma z): two quantiles, or mean and cv, say which. */
function lognormal(spec: DistributionSpec & { readonly kind: 'lognormal' }): Parameters {
  if ('cv' in spec) {
    positive(spec.mean, 'mean');
    positive(spec.cv, 'cv');
    if (spec.mean === 0 || spec.cv === 0) return constant(spec.mean);
    const cv2 = spec.cv * spec.cv;
    const median = spec.mean / Math.sqrt(1 + cv2);
    return tabled(lognormalQuantile(median, Math.sqrt(ln(1 + cv2))), spec.mean, cv2);
  }
  const { p50 } = spec;
  const high = 'p99' in spec ? spec.p99 : spec.p95;
  positive(p50, 'p50');
  check(high >= p50, 'the p99 (p95) of a distribution is not below its p50');
  if (high === p50) return constant(p50);
  check(p50 > 0, 'the p50 of a lognormal distribution is above zero');
  const sigma = ln(high / p50) / ('p99' in spec ? Z99 : Z95);
  const s2 = sigma * sigma;
  return tabled(lognormalQuantile(p50, sigma), p50 * exp(s2 / 2), exp(s2) - 1);
}

const lognormalQuantile =
  (median: number, sigma: number): QuantileFunction =>
  (distance, upper) =>
    median * exp(sigma * normalAt(distance, upper));

/** Standard normal, which is symmetric. */
const normalAt = (distance: number, upper: boolean): number =>
  upper ? -normalQuantile(distance) : normalQuantile(distance);

/** Exponential with mean one; below 2^-13, where 1 - distance would lose digits, by the first terms of the series. */
const exponentialAt = (distance: number, upper: boolean): number =>
  upper
    ? negLn(distance)
    : distance < 0.0001220703125
      ? distance * (1 + distance * (1 / 2 + distance * (1 / 3 + distance / 4)))
      : negLn(1 - distance);

function gamma(mean: number, cv: number): Parameters {
  positive(mean, 'mean');
  positive(cv, 'cv');
  if (mean === 0 || cv === 0) return constant(mean);
  if (cv === 1) return withMoments(EXPONENTIAL, mean, 0, mean, 1);
  const cv2 = cv * cv;
  let table: GammaTable | undefined; // takes milliseconds, and may not be asked
  const quantile: QuantileFunction = (distance, upper) =>
    mean * cv2 * (table ??= new GammaTable(1 / cv2)).at(normalAt(distance, upper));
  return tabled(quantile, mean, cv2);
}

function weibull(mean: number, shape: number): Parameters {
  positive(mean, 'mean');
  check(shape > 0 && shape < Infinity, 'the shape of a Weibull distribution is above zero');
  if (mean === 0) return constant(0);
  const firstLn = gammaLn(1 + 1 / shape);
  const cv2 = exp(gammaLn(1 + 2 / shape) - 2 * firstLn) - 1;
  const scale = mean / exp(firstLn);
  const quantile: QuantileFunction = (distance, upper) =>
    scale * exp(ln(exponentialAt(distance, upper)) / shape);
  return tabled(quantile, mean, cv2);
}

function uniform(min: number, max: number): Parameters {
  positive(min, 'min');
  check(max >= min && max < Infinity, 'the max of a uniform distribution is not below its min');
  if (max === min) return constant(min);
  const secondMoment = (min * min + min * max + max * max) / 3;
  return { ...withMoments(UNIFORM, min, max - min, (min + max) / 2, 0), secondMoment };
}

function empirical(values: Float64Array): Parameters {
  check(values.length > 0, 'an empirical distribution has at least one value');
  let sum = 0;
  let sumOfSquares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    check(value >= 0 && value <= LONGEST && Math.floor(value) === value, 'values are whole nanoseconds');
    check(i === 0 || value >= values[i - 1], 'the values of an empirical distribution are sorted');
    sum += value;
    sumOfSquares += value * value;
  }
  if (values[0] === values[values.length - 1]) return constant(values[0]);
  const n = values.length;
  return { ...withMoments(EMPIRICAL, 0, 0, sum / n, 0), secondMoment: sumOfSquares / n, values };
}

function mixture(specs: readonly MixturePart[]): Parameters {
  let total = 0;
  for (const { weight } of specs) {
    positive(weight, 'weight');
    total += weight;
  }
  check(total > 0 && total < Infinity, 'the weights of a mixture are not all zero');
  const used = specs.filter(({ weight }) => weight > 0);
  if (used.length === 1) return parametersOf(used[0].of);
  const parts = used.map(({ of }) => new Distribution(of));
  const ends = new Float64Array(used.length);
  let mean = 0;
  let secondMoment = 0;
  let sum = 0;
  for (let i = 0; i < used.length; i++) {
    sum += used[i].weight;
    ends[i] = sum / total;
    mean += (used[i].weight / total) * parts[i].mean();
    secondMoment += (used[i].weight / total) * parts[i].secondMoment();
  }
  const first = parts[0].at(0.5);
  if (parts.every((part) => part.isConstant && part.at(0.5) === first)) return constant(first);
  return { ...withMoments(MIXTURE, 0, 0, mean, 0), secondMoment, values: ends, parts };
}

function positive(value: number, what: string): void {
  check(value >= 0 && value < Infinity, () => `the ${what} of a distribution is zero or more, not ${value}`);
}
