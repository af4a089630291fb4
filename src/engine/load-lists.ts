/**
 * Instances by the number of requests they serve, for routing to the one with the fewest.
 *
 * One doubly linked list for each load from 0 to the concurrency, and a bit for each list whose instances have room and
 * that is not empty: finding the least loaded instance, and moving one when a request begins or ends, take the same few
 * steps for ten instances as for a thousand. Exact, not a sample. Among equals it is the one that has had its load
 * longest: an instance joins its list at the end and the first is chosen, so equal instances take turns.
 *
 * Instances may be of several tiers: one of a lower tier, if it has room, comes before any of a higher tier.
 *
 * Hot: two moves and a choice per request.
 */
import { check } from '../units/check.ts';
import { longerInt32 } from './columns.ts';

const NONE = -1;

// A row of `nodes`: what stands before and behind an instance in its list, and its list (NONE: it is in none). Side by
// side, since all three are asked for together.
const NODE_BITS = 2;
const PREVIOUS = 0;
const NEXT = 1;
const LIST = 2;

export class LoadLists {
  private readonly concurrency: number;
  private readonly tiers: number;
  /** The list of load l in tier t is t x (concurrency + 1) + l. By list: its first at 2 x list, its last behind that. */
  private readonly ends: Int32Array;
  /** Bit `list & 31` of word `list >> 5`: whether the list has an instance that has room. */
  private readonly occupied: Int32Array;
  private nodes = new Int32Array(0);
  private count = 0;

  /** @param concurrency the most requests an instance serves at a time: 1 to 1000 on Cloud Run */
  constructor(concurrency: number, tiers = 1) {
    check(
      Number.isInteger(concurrency) && concurrency >= 1,
      'an instance serves at least one request at a time',
    );
    const lists = tiers * (concurrency + 1);
    this.concurrency = concurrency;
    this.tiers = tiers;
    this.ends = new Int32Array(2 * lists).fill(NONE);
    this.occupied = new Int32Array(((lists - 1) >> 5) + 1);
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
  add(row: number, load: number, tier = 0): void {
    this.ensureRow(row);
    check(!this.has(row), 'an instance is added once');
    check(load >= 0 && load <= this.concurrency, 'a load is between 0 and the concurrency');
    check(tier >= 0 && tier < this.tiers, 'an instance is of a tier that there is');
    this.link(row, tier * (this.concurrency + 1) + load);
    this.count++;
  }

  /** Takes out an instance. It must be in the lists. */
  remove(row: number): void {
    check(this.has(row), 'only an instance in the lists is removed');
    this.unlink(row);
    this.nodes[(row << NODE_BITS) + LIST] = NONE;
    this.count--;
  }

  /** The instance now serves `newLoad` requests; it is the last of those, unless it had that load already. */
  move(row: number, newLoad: number): void {
    check(
      newLoad >= 0 && newLoad <= this.concurrency && this.has(row),
      'a known instance gets a load it can have',
    );
    this.moveBy(row, newLoad - this.loadOf(row));
  }

  /** The same for an instance that is known to be in the lists, and can have the load: so many requests more. */
  moveBy(row: number, by: number): void {
    if (by === 0) return;
    const { nodes, ends } = this;
    const at = row << NODE_BITS;
    // Out of its list, as in `unlink`, and at the end of the other one, as in `link`.
    const before = nodes[at | PREVIOUS];
    const behind = nodes[at | NEXT];
    const list = nodes[at | LIST];
    if (before !== NONE) nodes[(before << NODE_BITS) | NEXT] = behind;
    else ends[list << 1] = behind;
    if (behind !== NONE) nodes[(behind << NODE_BITS) | PREVIOUS] = before;
    else ends[(list << 1) | 1] = before;
    if ((before & behind) === NONE) this.occupied[list >> 5] &= ~(1 << (list & 31));
    const to = list + by;
    const last = ends[(to << 1) | 1];
    nodes[at | PREVIOUS] = last;
    nodes[at | NEXT] = NONE;
    nodes[at | LIST] = to;
    ends[(to << 1) | 1] = row;
    if (last !== NONE) nodes[(last << NODE_BITS) | NEXT] = row;
    else this.begin(row, to);
  }

  has(row: number): boolean {
    return this.listOf(row) !== NONE;
  }

  /** The load of an instance as last told; -1 for one that is not in the lists. */
  loadOf(row: number): number {
    const list = this.listOf(row);
    return list === NONE ? NONE : list % (this.concurrency + 1);
  }

  /** The tier of an instance; -1 for one that is not in the lists. */
  tierOf(row: number): number {
    const list = this.listOf(row);
    return list === NONE ? NONE : Math.floor(list / (this.concurrency + 1));
  }

  /** The instance with the fewest requests among those that can take one more, of the lowest tier; -1 when all are full. */
  leastLoaded(): number {
    const { occupied } = this;
    for (let word = 0; word < occupied.length; word++) {
      const bits = occupied[word];
      if (bits !== 0) return this.ends[((word << 5) | (31 - Math.clz32(bits & -bits))) << 1];
    }
    return NONE;
  }

  /** The instances of a tier with `load` requests, the one that has had this load longest first. */
  rowsAt(load: number, tier = 0): number[] {
    const rows: number[] = [];
    const list = tier * (this.concurrency + 1) + load;
    for (let row = this.ends[2 * list]; row >= 0; row = this.nodes[(row << NODE_BITS) + NEXT]) rows.push(row);
    return rows;
  }

  private listOf(row: number): number {
    const { nodes } = this;
    const at = (row << NODE_BITS) + LIST;
    return at < nodes.length ? nodes[at] : NONE;
  }

  private link(row: number, list: number): void {
    const { nodes, ends } = this;
    const end = (list << 1) | 1;
    const at = row << NODE_BITS;
    const last = ends[end];
    nodes[at | PREVIOUS] = last;
    nodes[at | NEXT] = NONE;
    nodes[at | LIST] = list;
    ends[end] = row;
    if (last !== NONE) nodes[(last << NODE_BITS) | NEXT] = row;
    else this.begin(row, list);
  }

  private unlink(row: number): void {
    const { nodes, ends } = this;
    const at = row << NODE_BITS;
    const before = nodes[at | PREVIOUS];
    const behind = nodes[at | NEXT];
    const list = nodes[at | LIST];
    if (before !== NONE) nodes[(before << NODE_BITS) | NEXT] = behind;
    else ends[list << 1] = behind;
    if (behind !== NONE) nodes[(behind << NODE_BITS) | PREVIOUS] = before;
    else ends[(list << 1) | 1] = before;
    if ((before & behind) === NONE) this.occupied[list >> 5] &= ~(1 << (list & 31));
  }

  /** The first instance of a list. Those of the last list of a tier have no room. */
  private begin(row: number, list: number): void {
    this.ends[list << 1] = row;
    if ((list + 1) % (this.concurrency + 1) !== 0) this.occupied[list >> 5] |= 1 << (list & 31);
  }
}
