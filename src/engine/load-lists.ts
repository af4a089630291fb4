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

// A row of `nodes`: what stands before and behind an instance in its list, and its load (NONE: it is in none). Side by
// side, since all three are asked for together.
const NODE_BITS = 2;
const PREVIOUS = 0;
const NEXT = 1;
const LOAD = 2;

export class LoadLists {
  private readonly concurrency: number;
  /** By load: the first of its list at 2 x load, the last at 2 x load + 1. */
  private readonly ends: Int32Array;
  /** Bit `load & 31` of word `load >> 5` is set while the list of that load is not empty. */
  private readonly occupied: Int32Array;
  private nodes = new Int32Array(0);
  private count = 0;

  /** @param concurrency the most requests an instance serves at a time: 1 to 1000 on Cloud Run */
  constructor(concurrency: number) {
    check(
      Number.isInteger(concurrency) && concurrency >= 1,
      'an instance serves at least one request at a time',
    );
    this.concurrency = concurrency;
    this.ends = new Int32Array(2 * (concurrency + 1)).fill(NONE);
    this.occupied = new Int32Array((concurrency >> 5) + 1);
  }

  /** How many instances are in the lists. */
  get size(): number {
    return this.count;
  }

  /** Makes room for instances up to `row`; `add` does it by itself. */
  ensureRow(row: number): void {
    const rows = this.nodes.length >> NODE_BITS;
    if (row < rows) return;
    this.nodes = longerInt32(this.nodes, Math.max(64, 2 * rows, row + 1) << NODE_BITS, NONE);
  }

  /** Takes in an instance that serves `load` requests, 0 to the concurrency. It must not be in the lists. */
  add(row: number, load: number): void {
    this.ensureRow(row);
    check(!this.has(row), 'an instance is added once');
    check(load >= 0 && load <= this.concurrency, 'a load is between 0 and the concurrency');
    this.link(row, load);
    this.count++;
  }

  /** Takes out an instance. It must be in the lists. */
  remove(row: number): void {
    check(this.has(row), 'only an instance in the lists is removed');
    this.unlink(row);
    this.nodes[(row << NODE_BITS) + LOAD] = NONE;
    this.count--;
  }

  /** The instance now serves `newLoad` requests; it is the last of those, unless it had that load already. */
  move(row: number, newLoad: number): void {
    check(
      newLoad >= 0 && newLoad <= this.concurrency && this.has(row),
      'a known instance gets a load it can have',
    );
    this.moveIfHere(row, newLoad);
  }

  /** As `move` for an instance that is in the lists; tells whether it is, and does nothing where it is not. */
  moveIfHere(row: number, newLoad: number): boolean {
    const load = this.loadOf(row);
    if (load === NONE) return false;
    if (load !== newLoad) {
      this.unlink(row);
      this.link(row, newLoad);
    }
    return true;
  }

  has(row: number): boolean {
    return this.loadOf(row) !== NONE;
  }

  /** The load of an instance as last told; -1 for one that is not in the lists. */
  loadOf(row: number): number {
    const { nodes } = this;
    const at = (row << NODE_BITS) + LOAD;
    return at < nodes.length ? nodes[at] : NONE;
  }

  /** The instance with the fewest requests among those that can take one more; -1 when all are full. */
  leastLoaded(): number {
    const occupied = this.occupied;
    for (let word = 0; word < occupied.length; word++) {
      const bits = occupied[word];
      if (bits !== 0) {
        const load = (word << 5) + 31 - Math.clz32(bits & -bits);
        return load < this.concurrency ? this.ends[2 * load] : NONE;
      }
    }
    return NONE;
  }

  /** The instances with `load` requests, the one that has had this load longest first. */
  rowsAt(load: number): number[] {
    const rows: number[] = [];
    for (let row = this.ends[2 * load]; row >= 0; row = this.nodes[(row << NODE_BITS) + NEXT]) rows.push(row);
    return rows;
  }

  private link(row: number, load: number): void {
    const { nodes, ends } = this;
    const end = 2 * load + 1;
    const at = row << NODE_BITS;
    const last = ends[end];
    nodes[at + PREVIOUS] = last;
    nodes[at + NEXT] = NONE;
    nodes[at + LOAD] = load;
    ends[end] = row;
    if (last !== NONE) {
      nodes[(last << NODE_BITS) + NEXT] = row;
    } else {
      ends[end - 1] = row;
      this.occupied[load >> 5] |= 1 << (load & 31);
    }
  }

  private unlink(row: number): void {
    const { nodes, ends } = this;
    const at = row << NODE_BITS;
    const before = nodes[at + PREVIOUS];
    const behind = nodes[at + NEXT];
    const load = nodes[at + LOAD];
    if (before !== NONE) nodes[(before << NODE_BITS) + NEXT] = behind;
    else ends[2 * load] = behind;
    if (behind !== NONE) nodes[(behind << NODE_BITS) + PREVIOUS] = before;
    else ends[2 * load + 1] = before;
    if (before === NONE && behind === NONE) this.occupied[load >> 5] &= ~(1 << (load & 31));
  }
}
