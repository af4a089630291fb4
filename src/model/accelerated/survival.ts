/**
 * How likely a request is to be still at work a given time after its start, for any start and for a start at a random
 * moment of a stretch of time.
 *
 * A table over octaves, each cut into 128 cells: the probability S(x) of lasting longer than x at the edges, straight
 * lines in between, and the integral of it from x to the end. The integral turns "started at a random moment between a
 * and b" into a difference of two values, without sums. Made of the quantile function alone, by bisection; a mixture is
 * made of its parts. Good to a cell, under one percent of x, where the distribution jumps, and far better elsewhere.
 */
import { Distribution, type DistributionSpec } from '../../engine/distributions.ts';
import { LONGEST } from '../../units/time.ts';

/** 2^7 cells in an octave. */
const CELL_BITS = 7;
const FIRST_OCTAVE = 9; // cells begin at 512 ns
const OCTAVES = 45;
const CELLS = OCTAVES << CELL_BITS;
/** What is rarer than this does not happen. */
const NEGLIGIBLE = 1e-15;

const double = Float64Array.of(1);
const words = new Int32Array(double.buffer);
const HIGH = words[1] === 0 ? 0 : 1;

const tables = new WeakMap<DistributionSpec, Survival>();

export class Survival {
  /** The expected time, ns, as this table has it. */
  readonly mean: number;
  /** No request takes longer than this, ns. */
  readonly longest: number;
  /** S at the edges, and the integral of S from there to the end. */
  private readonly alive: Float64Array;
  private readonly rest: Float64Array;

  private constructor(alive: Float64Array) {
    this.alive = alive;
    const rest = new Float64Array(alive.length);
    let last = 0;
    for (let edge = alive.length - 2; edge >= 0; edge--) {
      rest[edge] = rest[edge + 1] + (edgeAt(edge + 1) - edgeAt(edge)) * 0.5 * (alive[edge] + alive[edge + 1]);
      if (last === 0 && alive[edge] > 0) last = edge + 1;
    }
    this.rest = rest;
    this.longest = edgeAt(last);
    this.mean = rest[0];
  }

  /** The table of a distribution; the same for the same specification. */
  static of(spec: DistributionSpec): Survival {
    let table = tables.get(spec);
    if (table === undefined) {
      table = new Survival(aliveOf(spec));
      tables.set(spec, table);
    }
    return table;
  }

  /** The probability of lasting longer than x ns. */
  after(x: number): number {
    if (x <= 0) return 1;
    if (x >= this.longest) return 0;
    const edge = cellOf(x);
    const low = edgeAt(edge);
    const { alive } = this;
    return alive[edge] + ((alive[edge + 1] - alive[edge]) * (x - low)) / (edgeAt(edge + 1) - low);
  }

  /** The same x ns after the end of a stretch of `width` ns, at a random moment of which the request started. */
  afterStretch(x: number, width: number): number {
    if (width < 1000) return this.after(x + 0.5 * width);
    const most = this.restAfter(x);
    return most === 0 ? 0 : (most - this.restAfter(x + width)) / width;
  }

  /** The integral of `after` from x >= 0 to the end, ns. */
  private restAfter(x: number): number {
    if (x >= this.longest) return 0;
    const edge = cellOf(x);
    const low = edgeAt(edge);
    const { alive, rest } = this;
    const into = x - low;
    const slope = (alive[edge + 1] - alive[edge]) / (edgeAt(edge + 1) - low);
    return rest[edge] - into * (alive[edge] + 0.5 * slope * into);
  }
}

/** The first cell reaches from 0 to 512 ns; then cells go by the bits of the double. */
function cellOf(x: number): number {
  if (x < 1 << FIRST_OCTAVE) return 0;
  double[0] = x;
  return (words[HIGH] >>> (20 - CELL_BITS)) - ((1023 + FIRST_OCTAVE) << CELL_BITS) + 1;
}

const edges = new Float64Array(CELLS + 2);
for (let edge = 1; edge < edges.length; edge++) {
  words[HIGH] = (edge - 1 + ((1023 + FIRST_OCTAVE) << CELL_BITS)) << (20 - CELL_BITS);
  words[1 - HIGH] = 0;
  edges[edge] = double[0];
}
const edgeAt = (edge: number): number => edges[edge];

function aliveOf(spec: DistributionSpec): Float64Array {
  const alive = new Float64Array(edges.length);
  if (spec.kind === 'mixture') {
    const total = spec.parts.reduce((sum, { weight }) => sum + weight, 0);
    for (const { weight, of } of spec.parts) {
      const part = aliveOf(of);
      for (let edge = 0; edge < alive.length; edge++) alive[edge] += (weight / total) * part[edge];
    }
    return alive;
  }
  const distribution = new Distribution(spec);
  let share = 1;
  for (let edge = 0; edge < alive.length; edge++) {
    if (share > 0) share = Math.min(share, lastingLonger(distribution, edges[edge]));
    alive[edge] = share < NEGLIGIBLE || edges[edge] >= LONGEST ? (share = 0) : share;
  }
  return alive;
}

/** The share of draws above x, by bisection on the uniform number. */
function lastingLonger(distribution: Distribution, x: number): number {
  if (distribution.isConstant) return distribution.at(0.5) > x ? 1 : 0;
  if (distribution.at(SMALLEST) > x) return 1;
  if (distribution.at(1 - SMALLEST) <= x) return 0;
  let low = SMALLEST;
  let high = 1 - SMALLEST;
  for (let step = 0; step < 52 && high - low > 1e-9 * (1 - low); step++) {
    const middle = 0.5 * (low + high);
    if (distribution.at(middle) > x) high = middle;
    else low = middle;
  }
  return 1 - 0.5 * (low + high);
}

const SMALLEST = 1 / 9007199254740992;
