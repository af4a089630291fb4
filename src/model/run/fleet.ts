/**
 * The ready instances of a revision, and which of them the next request goes to.
 *
 * In order of age, the first `wanted` are the core: they are routed to first, by the service's routing rule. The
 * rest are surplus, get a request only when the core is full, and may leave once they have idled long enough. So a
 * service that needs less concentrates its traffic, and what is not needed any more falls idle.
 *
 * Among equally loaded instances it is the one that has had its load longest (`LoadLists`).
 *
 * Hot: one `pick` and two `loadChanged` a request. Least-loaded routing, the default, keeps instances in lists by
 * load; the rules that go by age keep a bit per instance with room. Who is in the fleet changes rarely, so that
 * is allowed to cost a pass over the instances.
 */
import { LoadLists } from '../../engine/load-lists.ts';
import { RoomSet } from '../../engine/room-set.ts';
import type { Stream } from '../../engine/streams.ts';
import type { RoutingRule } from '../plan.ts';
import type { Instances } from './instances.ts';

const NONE = -1;

// Tiers of the lists by load.
const CORE = 0;
const SURPLUS = 1;
const TIERS = 2;

export class Fleet {
  private readonly instances: Instances;
  private readonly concurrency: number;
  private readonly rule: RoutingRule;
  private readonly chance: Stream;
  /** Oldest first: ascending by the number given at the start. */
  private readonly rows: number[] = [];
  private readonly numbers: number[] = [];
  private wanted = Infinity;

  private readonly leastLoaded: boolean;
  private readonly lists: LoadLists;
  private readonly room = new RoomSet();
  private turn = 0;

  constructor(instances: Instances, concurrency: number, rule: RoutingRule, chance: Stream) {
    this.instances = instances;
    this.concurrency = concurrency;
    this.rule = rule;
    this.chance = chance;
    this.leastLoaded = rule === 'least-loaded';
    this.lists = new LoadLists(concurrency, TIERS);
  }

  get size(): number {
    return this.rows.length;
  }

  /** Rows, oldest first. */
  get members(): readonly number[] {
    return this.rows;
  }

  isSurplus(row: number): boolean {
    if (this.rows.length <= this.wanted) return false;
    return this.leastLoaded ? this.lists.tierOf(row) === SURPLUS : this.room.positionOf(row) >= this.wanted;
  }

  /** The instance the next request goes to; -1 when none has room. */
  pick(): number {
    return this.leastLoaded ? this.lists.leastLoaded() : this.pickByAge();
  }

  /** A member has one request more (`by` 1) or less (-1); `instances.load` says so already. */
  loadChanged(row: number, by: number): void {
    if (this.leastLoaded) this.lists.moveBy(row, by);
    else this.room.setRoom(this.room.positionOf(row), this.instances.load[row] < this.concurrency);
  }

  /** An instance has become ready. `number`: its place in the order of age. */
  join(row: number, number: number): void {
    let at = this.rows.length;
    while (at > 0 && this.numbers[at - 1] > number) at--;
    this.rows.splice(at, 0, row);
    // Whose turn it is stays so, though its position changes.
    if (at < this.turn) this.turn++;
    this.numbers.splice(at, 0, number);
    if (this.leastLoaded) {
      const load = this.instances.load[row];
      if (at >= this.wanted) {
        this.lists.add(row, load, SURPLUS);
      } else {
        this.lists.add(row, load, CORE);
        if (this.rows.length > this.wanted) this.shift(this.rows[this.wanted], SURPLUS);
      }
    } else {
      this.lineUp();
    }
  }

  leave(row: number): void {
    const at = this.rows.indexOf(row);
    this.rows.splice(at, 1);
    if (at < this.turn) this.turn--;
    this.numbers.splice(at, 1);
    if (this.leastLoaded) {
      const wasOfCore = this.lists.tierOf(row) === CORE;
      this.lists.remove(row);
      if (wasOfCore && this.rows.length >= this.wanted) this.shift(this.rows[this.wanted - 1], CORE);
    } else {
      this.lineUp();
    }
  }

  /** The size of the core from now on. */
  want(wanted: number): void {
    const before = Math.min(this.wanted, this.rows.length);
    this.wanted = wanted;
    if (!this.leastLoaded) return;
    const now = Math.min(wanted, this.rows.length);
    for (let at = before; at < now; at++) this.shift(this.rows[at], CORE);
    for (let at = now; at < before; at++) this.shift(this.rows[at], SURPLUS);
  }

  private shift(row: number, tier: number): void {
    this.lists.remove(row);
    this.lists.add(row, this.instances.load[row], tier);
  }

  private lineUp(): void {
    this.room.setAll(this.rows, (row) => this.instances.load[row] < this.concurrency);
  }

  private pickByAge(): number {
    const room = this.room;
    const core = Math.min(this.wanted, this.rows.length);
    // Where the core is full, the surplus: positions from `from` on.
    const inCore = room.countBelow(core);
    const from = inCore > 0 ? 0 : core;
    const to = inCore > 0 ? core : this.rows.length;
    const count = inCore > 0 ? inCore : room.count;
    if (count === 0) return NONE;
    switch (this.rule) {
      case 'oldest-first':
        return room.rowAt(room.first());
      case 'newest-first':
        return room.rowAt(room.lastBelow(to));
      case 'round-robin': {
        let position = this.turn >= from ? room.firstAtOrAfter(this.turn) : NONE;
        if (position < 0 || position >= to) position = room.firstAtOrAfter(from);
        this.turn = position + 1;
        return room.rowAt(position);
      }
      case 'random':
        return room.rowAt(room.nth(this.chance.below(count)));
      case 'best-of-two': {
        const one = room.rowAt(room.nth(this.chance.below(count)));
        const other = room.rowAt(room.nth(this.chance.below(count)));
        return this.instances.load[other] < this.instances.load[one] ? other : one;
      }
      default:
        return NONE;
    }
  }
}
