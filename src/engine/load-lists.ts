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

// A row of `nodes`: what stands before and behind in the list, and for an instance its list (NONE: it is in none). Side by
// side, since all three are asked for together. The first rows are those of the lists themselves, each before its first
// and behind its last instance: a ring, so that there is always something on either side, and nothing to ask. The row
// of an instance is its own number plus the number of lists.
const NODE_BITS = 2;
const PREVIOUS = 0;
const NEXT = 1;
const LIST = 2;

export class LoadLists {
  private readonly concurrency: number;
  private readonly tiers: number;
  /** How many lists there are. That of load l in tier t is t x (concurrency + 1) + l. */
  private readonly lists: number;
  /** Bit `list & 31` of word `list >> 5`: whether the list has an instance that has room. */
  private readonly occupied: Int32Array;
  private nodes: Int32Array;
  private count = 0;

  /** @param concurrency the most requests an instance serves at a time: 1 to 1000 on Cloud Run */
  constructor(concurrency: number, tiers = 1) {
    check(
      Number.isInteger(concurrency) && concurrency >= 1,
      'an instance serves at least one request at a time',
    );
    this.concurrency = concurrency;
    this.tiers = tiers;
    this.lists = tiers * (concurrency + 1);
    this.occupied = new Int32Array(((this.lists - 1) >> 5) + 1);
    this.nodes = new Int32Array(this.lists << NODE_BITS);
    for (let list = 0; list < this.lists; list++) {
      this.nodes[(list << NODE_BITS) | PREVIOUS] = list;
      this.nodes[(list << NODE_BITS) | NEXT] = list;
    }
  }

  /** How many instances are in the lists. */
  get size(): number {
    return this.count;
  }

  /** Makes room for instances up to `row`; `add` does it by itself. */
  ensureRow(row: number): void {
    const rows = (this.nodes.length >> NODE_BITS) - this.lists;
    if (row < rows) return;
    this.nodes = longerInt32(this.nodes, (this.lists + Math.max(64, 2 * rows, row + 1)) << NODE_BITS, NONE);
  }

  /** Takes in an instance that serves `load` requests, 0 to the concurrency. It must not be in the lists. */
  add(row: number, load: number, tier = 0): void {
    this.ensureRow(row);
    check(!this.has(row), 'an instance is added once');
    check(load >= 0 && load <= this.concurrency, 'a load is between 0 and the concurrency');
    check(tier >= 0 && tier < this.tiers, 'an instance is of a tier that there is');
    this.link(row + this.lists, tier * (this.concurrency + 1) + load);
    this.count++;
  }

  /** Takes out an instance. It must be in the lists. */
  remove(row: number): void {
    check(this.has(row), 'only an instance in the lists is removed');
    const { nodes } = this;
    const at = (row + this.lists) << NODE_BITS;
    const before = nodes[at | PREVIOUS];
    const behind = nodes[at | NEXT];
    nodes[(before << NODE_BITS) | NEXT] = behind;
    nodes[(behind << NODE_BITS) | PREVIOUS] = before;
    const list = nodes[at | LIST];
    if (before === behind) this.occupied[list >> 5] &= ~(1 << (list & 31));
    nodes[at | LIST] = NONE;
    this.count--;
  }

  /** The instance now serves `newLoad` requests; it is the last of those, unless it had that load already. */
  move(row: number, newLoad: number): void {
    check(
      newLoad >= 0 && newLoad <= this.concurrency && this.has(row),
      'a known instance gets a load it can have',
    );
    const by = newLoad - this.loadOf(row);
    if (by !== 0) this.moveBy(row, by);
  }

  /** The same for an instance that is known to be in the lists, and can have the load: `by` requests more, not 0. */
  moveBy(row: number, by: number): void {
    const node = row + this.lists;
    this.moveTo(node, this.nodes[(node << NODE_BITS) | LIST] + by);
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
      if (bits !== 0) {
        const list = (word << 5) | (31 - Math.clz32(bits & -bits));
        return this.nodes[(list << NODE_BITS) | NEXT] - this.lists;
      }
    }
    return NONE;
  }

  /** The instances of a tier with `load` requests, the one that has had this load longest first. */
  rowsAt(load: number, tier = 0): number[] {
    const rows: number[] = [];
    if (load > this.concurrency) return rows;
    const list = tier * (this.concurrency + 1) + load;
    const next = (node: number): number => this.nodes[(node << NODE_BITS) | NEXT];
    for (let node = next(list); node !== list; node = next(node)) rows.push(node - this.lists);
    return rows;
  }

  private listOf(row: number): number {
    const { nodes } = this;
    const at = ((row + this.lists) << NODE_BITS) | LIST;
    return at < nodes.length ? nodes[at] : NONE;
  }

  /** Out of its list, and to the end of another one. */
  private moveTo(node: number, list: number): void {
    const { nodes } = this;
    const at = node << NODE_BITS;
    const before = nodes[at | PREVIOUS];
    const behind = nodes[at | NEXT];
    nodes[(before << NODE_BITS) | NEXT] = behind;
    nodes[(behind << NODE_BITS) | PREVIOUS] = before;
    // Only the list itself can be on both sides: nobody is left in it.
    if (before === behind) this.empty(nodes[at | LIST]);
    this.link(node, list);
  }

  private link(node: number, list: number): void {
    const { nodes } = this;
    const at = node << NODE_BITS;
    const last = nodes[(list << NODE_BITS) | PREVIOUS];
    nodes[at | PREVIOUS] = last;
    nodes[at | NEXT] = list;
    nodes[at | LIST] = list;
    nodes[(last << NODE_BITS) | NEXT] = node;
    nodes[(list << NODE_BITS) | PREVIOUS] = node;
    if (last === list) this.occupy(list);
  }

  private empty(list: number): void {
    this.occupied[list >> 5] &= ~(1 << (list & 31));
  }

  /** A list has its first instance. Those of the last list of a tier have no room. */
  private occupy(list: number): void {
    if ((list + 1) % (this.concurrency + 1) !== 0) this.occupied[list >> 5] |= 1 << (list & 31);
  }
}
