/**
 * Rows of a table that come and go: which are free, and how many there are.
 *
 * A table of requests or of instances keeps one typed array per field, and a row of it per live thing.
 * `Slots` hands out row numbers and takes them back. The row given back last is handed out first, so that a
 * steady run stays within a few rows, which stay in the processor's cache.
 *
 * Hot: one row taken and one given back per request.
 */
import { check } from '../units/check.ts';
import { longerInt32 } from './columns.ts';

/** Stands in `nextFree` for a row that is taken. */
const TAKEN = -2;
/** Ends the list of free rows. */
const NONE = -1;
const FIRST_CAPACITY = 64;

export class Slots {
  /** For a free row, the next free one; the free rows are a list that runs through this column. */
  private nextFree = new Int32Array(0);
  private firstFree = NONE;
  private taken = 0;
  private readonly onGrow: (capacity: number) => void;

  /**
   * @param onGrow called when more rows are needed, before the first of them is handed out, with the number
   * of rows that every column must now have: 64, 128, 256 … A table starts with columns of length 0.
   */
  constructor(onGrow: (capacity: number) => void) {
    this.onGrow = onGrow;
  }

  /** How many rows are taken. */
  get live(): number {
    return this.taken;
  }

  /** How many rows there are, taken and free; 0 until the first `take`. */
  get capacity(): number {
    return this.nextFree.length;
  }

  /** Whether `row` is taken. */
  isLive(row: number): boolean {
    return this.nextFree[row] === TAKEN;
  }

  /** A row nobody holds. Its columns still hold what its last holder left there. */
  take(): number {
    if (this.firstFree === NONE) this.grow();
    const row = this.firstFree;
    this.firstFree = this.nextFree[row];
    this.nextFree[row] = TAKEN;
    this.taken++;
    return row;
  }

  /** Gives `row` back. To give back a free row is an invariant violation: it would soon have two holders. */
  release(row: number): void {
    check(this.nextFree[row] === TAKEN, 'only a row that is taken is given back');
    this.nextFree[row] = this.firstFree;
    this.firstFree = row;
    this.taken--;
  }

  private grow(): void {
    const old = this.nextFree.length;
    const capacity = Math.max(FIRST_CAPACITY, 2 * old);
    this.nextFree = longerInt32(this.nextFree, capacity);
    for (let row = old; row < capacity - 1; row++) this.nextFree[row] = row + 1;
    this.nextFree[capacity - 1] = NONE;
    this.firstFree = old;
    this.onGrow(capacity);
  }
}
