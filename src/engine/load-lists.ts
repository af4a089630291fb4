/**
 * Instances by the number of requests they serve, for routing to the one with the fewest.
 *
 * One doubly linked list for each load from 0 to the concurrency, and a bit for each list that is not empty:
 * finding the least loaded instance, and moving one when a request begins or ends, take the same few steps
 * for ten instances as for a thousand. Exact, not a sample. Among equals it is the one that has had its load
 * longest: an instance joins its list at the end and the first is chosen, so equal instances take turns.
 *
 * Hot: two moves and a choice per request.
 */
import { check } from '../units/check.ts';
import { longerInt32 } from './columns.ts';

const NONE = -1;

export class LoadLists {
  private readonly concurrency: number;
  /** By load. */
  private readonly head: Int32Array;
  private readonly tail: Int32Array;
  /** Bit `load & 31` of word `load >> 5` is set while the list of that load is not empty. */
  private readonly occupied: Int32Array;
  /** By row. */
  private previous = new Int32Array(0);
  private next = new Int32Array(0);
  /** NONE for a row that is not in the lists. */
  private load = new Int32Array(0);
  private count = 0;

  /** @param concurrency the most requests an instance serves at a time: 1 to 1000 on Cloud Run */
  constructor(concurrency: number) {
    check(
      Number.isInteger(concurrency) && concurrency >= 1,
      'an instance serves at least one request at a time',
    );
    this.concurrency = concurrency;
    this.head = new Int32Array(concurrency + 1).fill(NONE);
    this.tail = new Int32Array(concurrency + 1).fill(NONE);
    this.occupied = new Int32Array((concurrency >> 5) + 1);
  }

  /** How many instances are in the lists. */
  get size(): number {
    return this.count;
  }

  /** Makes room for instances up to `row`; `add` does it by itself. */
  ensureRow(row: number): void {
    if (row < this.load.length) return;
    const capacity = Math.max(64, 2 * this.load.length, row + 1);
    this.previous = longerInt32(this.previous, capacity, NONE);
    this.next = longerInt32(this.next, capacity, NONE);
    this.load = longerInt32(this.load, capacity, NONE);
  }

  /** Takes in an instance that serves `load` requests, 0 to the concurrency. It must not be in the lists. */
  add(row: number, load: number): void {
    this.ensureRow(row);
    check(this.load[row] === NONE, 'an instance is added once');
    check(load >= 0 && load <= this.concurrency, 'a load is between 0 and the concurrency');
    this.link(row, load);
    this.count++;
  }

  /** Takes out an instance. It must be in the lists. */
  remove(row: number): void {
    check(this.has(row), 'only an instance in the lists is removed');
    this.unlink(row);
    this.load[row] = NONE;
    this.count--;
  }

  /** The instance now serves `newLoad` requests; it is the last of those, unless it had that load already. */
  move(row: number, newLoad: number): void {
    if (this.load[row] === newLoad) return;
    check(
      newLoad >= 0 && newLoad <= this.concurrency && this.has(row),
      'a known instance gets a load it can have',
    );
    this.unlink(row);
    this.link(row, newLoad);
  }

  /** As `move` for an instance that is in the lists; tells whether it is, and does nothing where it is not. */
  moveIfHere(row: number, newLoad: number): boolean {
    const { load } = this;
    if (row >= load.length || load[row] === NONE) return false;
    if (load[row] !== newLoad) {
      this.unlink(row);
      this.link(row, newLoad);
    }
    return true;
  }

  has(row: number): boolean {
    return row < this.load.length && this.load[row] !== NONE;
  }

  /** The load of an instance as last told; -1 for one that is not in the lists. */
  loadOf(row: number): number {
    return row < this.load.length ? this.load[row] : NONE;
  }

  /** The instance with the fewest requests among those that can take one more; -1 when all are full. */
  leastLoaded(): number {
    const occupied = this.occupied;
    for (let word = 0; word < occupied.length; word++) {
      const bits = occupied[word];
      if (bits !== 0) {
        const load = (word << 5) + 31 - Math.clz32(bits & -bits);
        return load < this.concurrency ? this.head[load] : NONE;
      }
    }
    return NONE;
  }

  /** The instances with `load` requests, the one that has had this load longest first. */
  rowsAt(load: number): number[] {
    const rows: number[] = [];
    for (let row = this.head[load]; row >= 0; row = this.next[row]) rows.push(row);
    return rows;
  }

  private link(row: number, load: number): void {
    const last = this.tail[load];
    this.previous[row] = last;
    this.next[row] = NONE;
    this.tail[load] = row;
    if (last !== NONE) {
      this.next[last] = row;
    } else {
      this.head[load] = row;
      this.occupied[load >> 5] |= 1 << (load & 31);
    }
    this.load[row] = load;
  }

  private unlink(row: number): void {
    const load = this.load[row];
    const before = this.previous[row];
    const behind = this.next[row];
    if (before !== NONE) this.next[before] = behind;
    else this.head[load] = behind;
    if (behind !== NONE) this.previous[behind] = before;
    else this.tail[load] = before;
    if (before === NONE && behind === NONE) this.occupied[load >> 5] &= ~(1 << (load & 31));
  }
}
