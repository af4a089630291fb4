/**
 * A histogram of lengths of time: any quantile of any number of them, to 0.1 %, in a few tens of kilobytes.
 *
 * Every octave, from a power of two to the next, is cut into 512 equal cells. A quantile is reported as the middle
 * of its cell, at most half a cell or 1/1024 of the true value away; below 1,024 ns cells are one nanosecond wide
 * and quantiles exact. Count, sum, mean, minimum and maximum are exact. All of it is integers, so histograms merge
 * to the same result in any order, whatever threads they come from. Octaves take memory (4 KiB) when they are first
 * hit: hundreds of empty histograms cost nothing.
 *
 * The first 128 are kept as they are and sorted into cells when there are more: a histogram is asked about every
 * second of a run, and in most of those there are far fewer requests than cells to go through. What it answers is
 * the same.
 *
 * The cell is read off the bits of the double: its exponent is the octave, the top 9 bits of its fraction the cell.
 */
import { check } from '../units/check.ts';
import { ExactSum } from './exact-sum.ts';

const CELLS = 512; // 2^9 per octave
const LARGEST = 9007199254740992; // 2^53
/** One row for the values below 512, one for each octave from 2^9 to 2^53. */
const ROWS = 46;
/** So many are kept as they are. */
const FEW = 128;

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
  private recorded = 0;
  private least = Infinity;
  private most = -Infinity;
  private readonly total = new ExactSum();
  private readonly rows: (Float64Array | null)[] = new Array<Float64Array | null>(ROWS).fill(null);
  /** While `isFew`, all that is recorded, in any order, and nothing is in the rows. */
  private few: Float64Array | null = null;
  private isFew = true;

  /** Adds one length of time: whole nanoseconds, 0 <= ns <= 2^53. */
  record(ns: number): void {
    if (this.isFew || !(ns >= CELLS && ns < LARGEST && Math.floor(ns) === ns)) {
      this.recordRare(ns);
      return;
    }
    double[0] = ns;
    const high = words[HIGH];
    (this.rows[(high >>> 20) - 1031] ?? this.row((high >>> 20) - 1031))[(high >>> 11) & 511]++;
    this.recorded++;
    this.total.add(ns);
    if (ns < this.least) this.least = ns;
    if (ns > this.most) this.most = ns;
  }

  /** The first, and those that share no octave with anything. */
  private recordRare(ns: number): void {
    if (!(ns >= 0 && ns <= LARGEST && Math.floor(ns) === ns)) refuse(ns);
    this.keep(ns);
    this.recorded++;
    this.total.add(ns);
    if (ns < this.least) this.least = ns;
    if (ns > this.most) this.most = ns;
  }

  /** Adds the same length of time `count` times, 0 <= count. */
  recordMany(ns: number, count: number): void {
    if (!(ns >= 0 && ns <= LARGEST && Math.floor(ns) === ns)) refuse(ns);
    if (!(count >= 1 && Math.floor(count) === count)) {
      check(count === 0, 'a histogram counts whole numbers');
      return;
    }
    this.sort();
    this.put(ns, count);
    this.recorded += count;
    this.total.addProduct(count, ns);
    if (ns < this.least) this.least = ns;
    if (ns > this.most) this.most = ns;
  }

  /** How many were recorded. */
  get count(): number {
    return this.recorded;
  }

  /** The smallest recorded, exact (after `subtract`: to 1/1024). NaN where nothing is recorded. */
  get min(): number {
    return this.recorded === 0 ? NaN : this.least;
  }

  /** The largest recorded, exact (after `subtract`: to 1/1024). NaN where nothing is recorded. */
  get max(): number {
    return this.recorded === 0 ? NaN : this.most;
  }

  /** The exact sum of all recorded, for identities; a copy. */
  get sum(): ExactSum {
    return ExactSum.from(this.total.limbs());
  }

  /** The exact sum over the count, the same whatever the order of recording; NaN where nothing is recorded. */
  mean(): number {
    return this.recorded === 0 ? NaN : this.total.toNumber() / this.recorded;
  }

  /**
   * The smallest length of time that at least a share p of all recorded do not exceed (nearest rank), 0 <= p <= 1;
   * whole nanoseconds, within 1/1024 of the true one, 0 and 1 give exactly the minimum and maximum. NaN where
   * nothing is recorded.
   */
  quantile(p: number): number {
    check(p >= 0 && p <= 1, 'a quantile is of a share from 0 to 1');
    if (this.recorded === 0) return NaN;
    let left = rankOf(p, this.recorded);
    if (left === 1) return this.least;
    if (left === this.recorded) return this.most;
    if (this.isFew) {
      const ns = this.few!.subarray(0, this.recorded).sort()[left - 1];
      return Math.min(Math.max(middleOf(rowOf(ns), cellOf(ns)), this.least), this.most);
    }
    for (let row = 0; row < ROWS; row++) {
      const counts = this.rows[row];
      if (counts === null) continue;
      for (let cell = 0; cell < CELLS; cell++) {
        left -= counts[cell];
        if (left <= 0) return Math.min(Math.max(middleOf(row, cell), this.least), this.most);
      }
    }
    check(false, 'the cells of a histogram add up to its count');
  }

  /** Merges another histogram into this one; exact. */
  add(other: LatencyHistogram): void {
    if (other.isFew) {
      const few = other.recorded;
      for (let i = 0; i < few; i++) this.record(other.few![i]);
      return;
    }
    this.sort();
    for (let row = 0; row < ROWS; row++) {
      const from = other.rows[row];
      if (from === null) continue;
      const to = this.row(row);
      for (let cell = 0; cell < CELLS; cell++) to[cell] += from[cell];
    }
    this.recorded += other.recorded;
    this.total.merge(other.total);
    this.least = Math.min(this.least, other.least);
    this.most = Math.max(this.most, other.most);
  }

  /** Takes out another histogram, all of which was recorded here; exact but for `min` and `max`. */
  subtract(other: LatencyHistogram): void {
    this.sort();
    other.sort();
    for (let row = 0; row < ROWS; row++) {
      const from = other.rows[row];
      if (from === null) continue;
      const to = this.row(row);
      for (let cell = 0; cell < CELLS; cell++) {
        to[cell] -= from[cell];
        check(to[cell] >= 0, 'what is taken out of a histogram was recorded in it');
      }
    }
    this.recorded -= other.recorded;
    this.total.subtract(other.total);
    this.tightenRange();
  }

  /** Forgets everything; keeps its memory. */
  clear(): void {
    if (!this.isFew) for (const counts of this.rows) counts?.fill(0);
    this.isFew = true;
    this.recorded = 0;
    this.total.clear();
    this.least = Infinity;
    this.most = -Infinity;
  }

  /** Visits the cells that hold anything, ascending: smallest and largest length in it, and how many. */
  each(visit: (from: number, to: number, count: number) => void): void {
    this.sort();
    for (let row = 0; row < ROWS; row++) {
      const counts = this.rows[row];
      if (counts === null) continue;
      for (let cell = 0; cell < CELLS; cell++) {
        if (counts[cell] > 0) {
          const low = lowEndOf(row, cell);
          visit(low, low + widthOf(row) - 1, counts[cell]);
        }
      }
    }
  }

  /** A copy as plain data, to cross a thread border. */
  cells(): HistogramCells {
    this.sort();
    const rows: { row: number; counts: Float64Array }[] = [];
    for (let row = 0; row < ROWS; row++) {
      const counts = this.rows[row];
      if (counts !== null && counts.some((count) => count > 0)) rows.push({ row, counts: counts.slice() });
    }
    const empty = this.recorded === 0;
    return {
      count: this.recorded,
      sum: this.total.limbs(),
      min: empty ? 0 : this.least,
      max: empty ? 0 : this.most,
      rows,
    };
  }

  /** The histogram that `cells` was taken of. */
  static from(cells: HistogramCells): LatencyHistogram {
    const histogram = new LatencyHistogram();
    histogram.isFew = false;
    let total = 0;
    for (const { row, counts } of cells.rows) {
      check(row >= 0 && row < ROWS && counts.length === CELLS, 'a histogram has 46 rows of 512 cells');
      histogram.rows[row] = Float64Array.from(counts);
      for (const count of counts) total += count;
    }
    check(total === cells.count, 'the cells of a histogram add up to its count');
    histogram.recorded = cells.count;
    histogram.total.merge(ExactSum.from(cells.sum));
    if (cells.count > 0) {
      histogram.least = cells.min;
      histogram.most = cells.max;
    }
    return histogram;
  }

  private keep(ns: number): void {
    if (this.isFew && this.recorded < FEW) {
      this.few ??= new Float64Array(FEW);
      this.few[this.recorded] = ns;
    } else {
      this.sort();
      this.put(ns, 1);
    }
  }

  /** Into cells, if they are still kept as they are. */
  private sort(): void {
    if (!this.isFew) return;
    this.isFew = false;
    for (let i = 0; i < this.recorded; i++) this.put(this.few![i], 1);
  }

  private put(ns: number, count: number): void {
    this.row(rowOf(ns))[cellOf(ns)] += count;
  }

  private row(row: number): Float64Array {
    return this.rows[row] ?? (this.rows[row] = new Float64Array(CELLS));
  }

  /** After something was taken out: the first and last cells still say where smallest and largest are. */
  private tightenRange(): void {
    let first = Infinity;
    let last = -Infinity;
    this.each((from, to) => {
      const middle = from + Math.floor((to - from + 1) / 2);
      if (first === Infinity) first = middle;
      last = middle;
    });
    this.least = this.recorded === 0 ? Infinity : Math.max(this.least, first);
    this.most = this.recorded === 0 ? -Infinity : Math.min(this.most, last);
  }
}

/** Both read off the bits of the double; `record` does the same by itself, being hot. */
function rowOf(ns: number): number {
  if (ns < CELLS) return 0;
  double[0] = ns;
  return (words[HIGH] >>> 20) - 1031;
}

function cellOf(ns: number): number {
  if (ns < CELLS) return ns;
  double[0] = ns;
  return (words[HIGH] >>> 11) & 511;
}

const widthOf = (row: number): number => (row < 2 ? 1 : powerOf2(row - 1));

const lowEndOf = (row: number, cell: number): number =>
  row === 0 ? cell : (CELLS + cell) * powerOf2(row - 1);

/** Half a cell above its low end; the value itself where the cell has only one. */
const middleOf = (row: number, cell: number): number => lowEndOf(row, cell) + Math.floor(widthOf(row) / 2);

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
