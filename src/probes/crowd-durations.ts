/**
 * The service times of one kind of request, as values that stand for all of them.
 *
 * Equal strata of the distribution, finer in its last part, where a percentile such as p99.9 lies. Nothing is drawn.
 * Where the strata begin changes from round to round (an interval of the curves), so that what one misses the next one
 * has.
 */
import { Distribution, type DistributionSpec } from '../engine/distributions.ts';
import { Survival } from '../model/accelerated/survival.ts';

/** Values that are taken for one round. */
const STRATA = 1024;
/** The last stratum is cut into so many, and the last of those again, so often. */
const FINER = 8;
const DEPTH = 8;

export class Durations {
  readonly survival: Survival;
  readonly distribution: Distribution;
  private values = new Float64Array(0);
  private weights = new Float64Array(0);
  private madeFor = -1;

  constructor(spec: DistributionSpec) {
    this.survival = Survival.of(spec);
    this.distribution = new Distribution(spec);
  }

  /** Visits values of equal or falling weight, the weights summing to 1. */
  strata(round: number, visit: (value: number, weight: number) => void): void {
    if (this.madeFor !== round) this.make(round);
    for (let i = 0; i < this.values.length; i++) visit(this.values[i], this.weights[i]);
  }

  private make(round: number): void {
    this.madeFor = round;
    const { distribution } = this;
    const shift = startOf(round);
    const values: number[] = [];
    const weights: number[] = [];
    const add = (from: number, width: number, count: number): void => {
      for (let i = 0; i < count; i++) {
        values.push(distribution.at(within(from + ((i + shift) / count) * width)));
        weights.push(width / count);
      }
    };
    add(0, 1 - 1 / STRATA, STRATA - 1);
    let width = 1 / STRATA;
    for (let depth = 0; depth < DEPTH; depth++) {
      add(1 - width, (width * (FINER - 1)) / FINER, FINER - 1);
      width /= FINER;
    }
    add(1 - width, width, 1);
    this.values = Float64Array.from(values);
    this.weights = Float64Array.from(weights);
  }
}

const GOLDEN = 0.6180339887498949;

/** Where a round begins, between 0 and 1: evenly spread over any number of them. */
export const startOf = (round: number): number => fraction(round * GOLDEN);

export const fraction = (x: number): number => x - Math.floor(x);
/** A share for which every distribution has a value. */
export const within = (u: number): number => Math.min(Math.max(u, 1e-15), 1 - 1e-15);
