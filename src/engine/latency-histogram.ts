/**
 * A histogram of lengths of time: any quantile of any number of them, to 0.1 %, in a few tens of kilobytes.
 *
 * Every octave, from a power of two to the next, is cut into 512 equal cells. A quantile is reported as the middle
 * of its cell, at most half a cell or 1/1024 of the true value away; below 1,024 ns cells are one nanosecond wide
 * and quantiles exact. Count, sum, mean, minimum and maximum are exact. All of it is integers, so histograms merge
 * to the same result in any order, whatever threads they come from. Octaves take memory (4 KiB each, from the lowest to the
 * highest that was hit) when they are first hit: hundreds of empty histograms cost nothing.
 *
 * What is recorded is first written down as it is, and sorted into cells 128 at a time: in a row, the processor works on
 * several at once, and recording one costs no more than a store. A histogram with fewer is asked about every second of a
 * run, and then far fewer requests than cells have to be gone through. What it answers is the same.
 *
 * The cell is read off the bits of the double: its exponent is the octave, the top 9 bits of its fraction the cell, and both
 * together, side by side as they stand, number the cells of all octaves.
 */
import { check } from '../units/check.ts';
import { ExactSum } from './exact-sum.ts';

const CELLS = 512; // 2^9 per octave
const LARGEST = 9007199254740992; // 2^53
/** One row for the values below 512, one for each octave from 2^9 to 2^53. */
const ROWS = 46;
/** So many are written down before they are sorted into cells. */
const NEWEST = 128;
const NOTHING = new Float64Array(0);
/** Exponent and top 9 bits of the fraction of 512 less 512: from there on cells are numbered. */
const FIRST_OCTAVE = (1032 << 9) - CELLS;

// One double seen as two words; words[HIGH] has the exponent and the top 20 bits of the fraction.
const double = Float64Array.of(1);
const words = new Int32Array(double.buffer);
const HIGH = words[1] === 0 ? 0 : 1;

/** A histogram as plain data: survives structured clone, may be transferred. */
export interface HistogramCells {
  readonly count: number;
  /** See `ExactSum.limbs`. */
  readonly sum: readonly [high: number, low: number];
  /** 0 and 0 where nothing is recorded. */
  readonly min: number;
  readonly max: number;
  /** The rows that hold anything, ascending: 512 counts each. */
  readonly rows: readonly { readonly row: number; readonly counts: Float64Array }[];
}

export class LatencyHistogram {
  // Of all, but for the newest from number `counted` on: `catchUp`.
  private least = Infinity;
  private most = -Infinity;
  private readonly total = new ExactSum();
  /** Cells from number `first` on, whole octaves. */
  private counts = new Float64Array(0);
  private first = 0;
  /** How many are sorted into cells. */
  private sorted = 0;
  /** Those that are not, in any order: so many from the first on. */
  private newest: Float64Array = NOTHING;
  private fresh = 0;
  private counted = 0;

  /** Adds one length of time: whole nanoseconds, 0 <= ns <= 2^53. */
  record(ns: number): void {
    if (!(ns >= 0 && ns <= LARGEST && Math.floor(ns) === ns)) refuse(ns);
    if (this.fresh === this.newest.length) this.makeWay();
    this.newest[this.fresh++] = ns;
  }

  /** Adds the same length of time `count` times, 0 <= count. */
  recordMany(ns: number, count: number): void {
    if (!(ns >= 0 && ns <= LARGEST && Math.floor(ns) === ns)) refuse(ns);
    if (!(count >= 1 && Math.floor(count) === count)) {
      check(count === 0, 'a histogram counts whole numbers');
      return;
    }
    this.sort();
    this.makeRoom(cellOf(ns));
    this.counts[cellOf(ns) - this.first] += count;
    this.sorted += count;
    this.total.addProduct(count, ns);
    if (ns < this.least) this.least = ns;
    if (ns > this.most) this.most = ns;
  }

  /** How many were recorded. */
  get count(): number {
    return this.sorted + this.fresh;
  }

  /** The smallest recorded, exact. NaN where nothing is recorded. */
  get min(): number {
    this.catchUp();
    return this.count === 0 ? NaN : this.least;
  }

  /** The largest recorded, exact. NaN where nothing is recorded. */
  get max(): number {
    this.catchUp();
    return this.count === 0 ? NaN : this.most;
  }

  /** The exact sum of all recorded, for identities; a copy. */
  get sum(): ExactSum {
    this.catchUp();
    return ExactSum.from(this.total.limbs());
  }

  /** The exact sum over the count, the same whatever the order of recording; NaN where nothing is recorded. */
  mean(): number {
    this.catchUp();
    return this.count === 0 ? NaN : this.total.toNumber() / this.count;
  }

  /**
   * The smallest length of time that at least a share p of all recorded do not exceed (nearest rank), 0 <= p <= 1;
   * whole nanoseconds, within 1/1024 of the true one, 0 and 1 give exactly the minimum and maximum. NaN where
   * nothing is recorded.
   */
  quantile(p: number): number {
    return this.quantiles([p])[0];
  }

  /** The same of several shares, which ascend, going through the cells once. */
  quantiles(shares: readonly number[]): number[] {
    for (let i = 0; i < shares.length; i++) {
      check(shares[i] >= 0 && shares[i] <= 1, 'a quantile is of a share from 0 to 1');
      check(i === 0 || shares[i] >= shares[i - 1], 'shares of quantiles ascend');
    }
    const { count } = this;
    if (count === 0) return shares.map(() => NaN);
    if (this.sorted === 0) this.catchUp();
    else this.sort();
    const ranks = shares.map((p) => rankOf(p, count));
    const cells = this.sorted === 0 ? this.cellsOfFew(ranks) : this.cellsOf(ranks);
    return ranks.map((rank, i) => {
      if (rank === 1) return this.least;
      if (rank === count) return this.most;
      return Math.min(Math.max(middleOf(cells[i]), this.least), this.most);
    });
  }

  /** The cells of those with these ranks, which ascend, counted from 1. */
  private cellsOf(ranks: readonly number[]): number[] {
    const { counts, first } = this;
    const cells: number[] = [];
    let at = cellOf(this.least) - first - 1;
    let upTo = 0;
    for (const rank of ranks) {
      while (upTo < rank && at + 1 < counts.length) upTo += counts[++at];
      check(upTo >= rank, 'the cells of a histogram add up to its count');
      cells.push(first + at);
    }
    return cells;
  }

  private cellsOfFew(ranks: readonly number[]): number[] {
    const ascending = this.newest.subarray(0, this.fresh).sort();
    return ranks.map((rank) => cellOf(ascending[rank - 1]));
  }

  /** Merges another histogram into this one; exact. */
  add(other: LatencyHistogram): void {
    if (other.sorted === 0) {
      const few = other.fresh;
      for (let i = 0; i < few; i++) this.record(other.newest[i]);
      return;
    }
    this.sort();
    other.sort();
    this.makeRoomFor(other);
    const { counts } = this;
    const from = other.counts;
    const shift = other.first - this.first;
    // Nothing is outside the smallest and the largest.
    const end = cellOf(other.most) - other.first + 1;
    for (let at = cellOf(other.least) - other.first; at < end; at++) counts[shift + at] += from[at];
    this.sorted += other.sorted;
    this.total.merge(other.total);
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
  }

  /** Forgets everything; keeps its memory. */
  clear(): void {
    if (this.sorted > 0)
      this.counts.fill(0, Math.max(0, cellOf(this.least) - this.first), cellOf(this.most) - this.first + 1);
    this.sorted = 0;
    this.fresh = 0;
    this.counted = 0;
    this.total.clear();
    this.least = Infinity;
    this.most = -Infinity;
  }

  /** Visits the cells that hold anything, ascending: smallest and largest length in it, and how many. */
  each(visit: (from: number, to: number, count: number) => void): void {
    this.sort();
    const { counts, first } = this;
    for (let at = 0; at < counts.length; at++) {
      if (counts[at] === 0) continue;
      const low = lowEndOf(first + at);
      visit(low, low + widthOf(first + at) - 1, counts[at]);
    }
  }

  /** A copy as plain data, to cross a thread border. */
  cells(): HistogramCells {
    this.sort();
    const rows: { row: number; counts: Float64Array }[] = [];
    for (let at = 0; at < this.counts.length; at += CELLS) {
      const counts = this.counts.slice(at, at + CELLS);
      if (counts.some((count) => count > 0)) rows.push({ row: (this.first + at) / CELLS, counts });
    }
    const empty = this.count === 0;
    return {
      count: this.count,
      sum: this.total.limbs(),
      min: empty ? 0 : this.least,
      max: empty ? 0 : this.most,
      rows,
    };
  }

  /** The histogram that `cells` was taken of. */
  static from(cells: HistogramCells): LatencyHistogram {
    const histogram = new LatencyHistogram();
    let total = 0;
    for (const { row, counts } of cells.rows) {
      check(row >= 0 && row < ROWS && counts.length === CELLS, 'a histogram has 46 rows of 512 cells');
      histogram.makeRoom(row * CELLS);
      histogram.counts.set(counts, row * CELLS - histogram.first);
      for (const count of counts) total += count;
    }
    check(total === cells.count, 'the cells of a histogram add up to its count');
    histogram.sorted = cells.count;
    histogram.total.merge(ExactSum.from(cells.sum));
    if (cells.count > 0) {
      histogram.least = cells.min;
      histogram.most = cells.max;
    }
    return histogram;
  }

  /** The newest take all the room there is for them: into cells with them, or they have not got any yet. */
  private makeWay(): void {
    if (this.newest === NOTHING) this.newest = new Float64Array(NEWEST);
    else this.sort();
  }

  /** The newest are counted, added up and compared. */
  private catchUp(): void {
    const { newest, fresh, counted } = this;
    let { least, most } = this;
    let sum = 0;
    for (let i = counted; i < fresh; i++) {
      const ns = newest[i];
      sum += ns;
      if (ns < least) least = ns;
      if (ns > most) most = ns;
    }
    // As many as there can be of them, each below this, add up without rounding.
    if (most < LARGEST / NEWEST) this.total.add(sum);
    else for (let i = counted; i < fresh; i++) this.total.add(newest[i]);
    this.least = least;
    this.most = most;
    this.counted = fresh;
  }

  /** All are sorted into cells from now on. */
  private sort(): void {
    if (this.fresh === 0) return;
    this.catchUp();
    this.makeRoom(cellOf(this.least));
    this.makeRoom(cellOf(this.most));
    const { newest, fresh, counts, first } = this;
    for (let i = 0; i < fresh; i++) counts[cellOf(newest[i]) - first]++;
    this.sorted += fresh;
    this.fresh = 0;
    this.counted = 0;
  }

  /** The octave of this cell is there from now on. */
  private makeRoom(cell: number): void {
    const before = this.counts;
    const at = cell - this.first;
    if (at >= 0 && at < before.length) return;
    const octave = cell - (cell % CELLS);
    if (before.length === 0) this.first = octave;
    const from = Math.min(octave, this.first);
    const to = Math.max(octave + CELLS, this.first + before.length);
    this.counts = new Float64Array(to - from);
    this.counts.set(before, this.first - from);
    this.first = from;
  }

  private makeRoomFor(other: LatencyHistogram): void {
    if (other.counts.length === 0) return;
    this.makeRoom(other.first);
    this.makeRoom(other.first + other.counts.length - 1);
  }
}

/** The number of a value's cell, read off the bits of the double. */
function cellOf(ns: number): number {
  if (ns < CELLS) return ns;
  double[0] = ns;
  return (words[HIGH] >>> 11) - FIRST_OCTAVE;
}

/** Cells below 1,024 are one nanosecond wide, those of each octave above twice as wide as those of the one before. */
const widthOf = (cell: number): number => (cell < 2 * CELLS ? 1 : powerOf2(Math.floor(cell / CELLS) - 1));

const lowEndOf = (cell: number): number =>
  cell < CELLS ? cell : (CELLS + (cell % CELLS)) * powerOf2(Math.floor(cell / CELLS) - 1);

/** Half a cell above its low end; the value itself where the cell has only one. */
const middleOf = (cell: number): number => lowEndOf(cell) + Math.floor(widthOf(cell) / 2);

/** 2^k for k from 0 to 52. */
const powerOf2 = (k: number): number => (k < 31 ? 1 << k : (1 << 30) * powerOf2(k - 30));

/**
 * ceil(p n), at least 1, where p n is meant in decimals: 0.07 x 100 is 7.000000000000001 in doubles, and the rank is
 * 7.
 */
function rankOf(p: number, n: number): number {
  const exact = p * n;
  const near = Math.round(exact);
  const rank = Math.abs(exact - near) <= exact * 4.440892098500626e-16 ? near : Math.ceil(exact);
  return Math.max(rank, 1);
}

function refuse(ns: number): never {
  check(false, () => `a length of time is a whole number of nanoseconds from 0 to 2^53, not ${ns}`);
}
