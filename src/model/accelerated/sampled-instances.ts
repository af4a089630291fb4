/**
 * Instances whose requests share the CPU, in groups of which one instance each is simulated.
 *
 * How fast a request is depends on who is beside it, so it takes an instance to know; a mean over instances does not do.
 * But it does not take all instances: those of a group are alike. On each group, processor sharing and routing are those
 * of exact mode, event by event (`run/cpu.ts`, `run/fleet.ts`); the number of groups is bounded, and with it the
 * cost. Up to that number each instance is a group of its own.
 *
 * Groups divide when some of their members go another way, and two become one when there are too many: one of the two, by
 * chance as large as its share of the members, then stands for both.
 */
import type { LoadLists } from '../../engine/load-lists.ts';
import { Slots } from '../../engine/slots.ts';
import type { Stream } from '../../engine/streams.ts';
import { Group, type Role } from './group.ts';
import { GroupWork, type Outcomes } from './group-work.ts';
import { NONE } from './sampled-requests.ts';

export class SampledInstances extends GroupWork {
  private readonly luck: Stream;
  private readonly slots = new Slots(() => {});
  /** By instance row: its group, and its place among the members. */
  private readonly groupOf: (Group | null)[] = [];
  private readonly placeOf: number[] = [];

  constructor(
    concurrency: number,
    vCpu: number,
    limit: number,
    start: number,
    luck: Stream,
    outcomes: Outcomes,
  ) {
    super(concurrency, vCpu, limit, start, outcomes);
    this.luck = luck;
  }

  /** How many groups of the core there are. */
  get coreCount(): number {
    return this.core.size;
  }

  /** How many groups are routed to. */
  get count(): number {
    return this.core.size + this.surplus.size;
  }

  has(row: number): boolean {
    return this.of(row) !== null;
  }

  of(row: number): Group | null {
    return this.groupOf[row] ?? null;
  }

  /** An instance without requests is a group of its own. */
  add(row: number, role: Role): Group {
    const group = this.make(role);
    this.include(row, group);
    return group;
  }

  /**
   * A new instance is like those of a group from now on. Returns how many requests it has by that; they came at
   * `arrivedAt` on average (if they waited), and begin now.
   */
  join(row: number, group: Group, arrivedAt: number | null): number {
    const { requests } = this;
    this.include(row, group);
    const { load, size } = group;
    if (load === 0 || arrivedAt === null) return load;
    // Each request stands for one more, so its instants move a little towards those of the new ones.
    let came = 0;
    let began = 0;
    for (let at = group.first; at !== NONE; at = requests.next[at]) {
      came += requests.arrivedAt[at] / load;
      began += requests.startedAt[at] / load;
    }
    const later = Math.max(0, Math.floor((arrivedAt - came) / size));
    const begunLater = Math.max(later, Math.floor((this.now - began) / size));
    for (let at = group.first; at !== NONE; at = requests.next[at]) {
      requests.arrivedAt[at] = Math.min(requests.arrivedAt[at] + later, this.now);
      requests.startedAt[at] = Math.min(requests.startedAt[at] + begunLater, this.now);
    }
    return load;
  }

  /** An instance goes another way than its group, and has what each of that has. Returns how many requests. */
  move(row: number, role: Role): number {
    const group = this.groupOf[row]!;
    if (group.role === role) return group.load;
    if (group.size === 1) {
      this.changeRole(group, role);
      return group.load;
    }
    const twin = this.twinOf(group, role);
    this.exclude(row, group);
    this.include(row, twin);
    return twin.load;
  }

  /** When the requests on an instance came, on average, ns; now if it has none. */
  arrivalOn(row: number): number {
    const group = this.of(row);
    if (group === null || group.load === 0) return this.now;
    const { next, arrivedAt } = this.requests;
    let sum = 0;
    for (let at = group.first; at !== NONE; at = next[at]) sum += arrivedAt[at];
    return Math.floor(sum / group.load);
  }

  /** An instance is not there any more. Returns how many requests it had. */
  remove(row: number): number {
    const group = this.groupOf[row]!;
    this.exclude(row, group);
    const { load } = group;
    if (group.size === 0) this.end(group);
    return load;
  }

  /** Groups of the core divide, the largest first, until there are `least`, or each instance is one. */
  divide(least: number): void {
    const large = this.groupsOf('core').filter(({ size }) => size > 1);
    large.sort((a, b) => b.size - a.size || a.id - b.id);
    for (const group of large) {
      if (this.core.size >= least) return;
      const twin = this.copyOf(group, 'core');
      for (let count = group.size >> 1; count > 0; count--) {
        const row = group.members[group.size - 1];
        this.exclude(row, group);
        this.include(row, twin);
      }
    }
  }

  /**
   * Two groups of the same role that are alike become one, small ones first, until there are so many in all; of each role
   * `least` are left. Returns how many requests more than before the groups have by that; it may be below 0.
   */
  unite(count: number, least: number): number {
    const pairs: [Group, Group][] = [];
    for (const role of ['core', 'surplus'] as const) {
      const groups = this.groupsOf(role);
      groups.sort((a, b) => a.load - b.load || a.atWork - b.atWork || a.bornAt - b.bornAt || a.id - b.id);
      const most = groups.length - least;
      for (let at = 0; at + 1 < groups.length && at < 2 * most; at += 2) {
        const [one, other] = [groups[at], groups[at + 1]];
        // Those of the surplus that are idle stay so.
        if (role === 'surplus' && (one.load === 0) !== (other.load === 0)) continue;
        pairs.push([one, other]);
      }
    }
    pairs.sort(([a, b], [c, d]) => a.size + b.size - c.size - d.size || a.id - c.id);
    let more = 0;
    for (const [one, other] of pairs) {
      if (this.count <= count) break;
      const first = this.luck.next53() * (one.size + other.size) < one.size;
      more += this.absorb(first ? one : other, first ? other : one);
    }
    return more;
  }

  private absorb(group: Group, gone: Group): number {
    const more = gone.size * (group.load - gone.load);
    for (const row of [...gone.members]) {
      this.exclude(row, gone);
      this.include(row, group);
    }
    group.unserved += gone.unserved;
    group.onDemand += gone.onDemand;
    this.end(gone);
    return more;
  }

  private groupsOf(role: Role): Group[] {
    return this.groups.filter((group): group is Group => group !== null && group.role === role);
  }

  private make(role: Role): Group {
    const id = this.slots.take();
    const group = new Group(id, role, this.now);
    this.groups[id] = group;
    this.listOf(role)?.add(id, 0);
    return group;
  }

  private listOf(role: Role): LoadLists | null {
    if (role === 'leaving') return null;
    return role === 'core' ? this.core : this.surplus;
  }

  private include(row: number, group: Group): void {
    this.groupOf[row] = group;
    this.placeOf[row] = group.size;
    group.members.push(row);
    this.weigh(group, 1);
  }

  private exclude(row: number, group: Group): void {
    const { members } = group;
    const place = this.placeOf[row];
    const last = members.pop()!;
    if (last !== row) {
      members[place] = last;
      this.placeOf[last] = place;
    }
    this.groupOf[row] = null;
    this.weigh(group, -1);
  }

  /** A group has one member more, or fewer. */
  private weigh(group: Group, by: number): void {
    this.busy += by * group.load;
    this.inUse += by * Math.min(group.atWork, this.vCpu);
    if (group.role !== 'core') return;
    this.coreSize += by;
    if (group.load > 0) this.active += by;
  }

  private changeRole(group: Group, role: Role): void {
    this.listOf(group.role)?.remove(group.id);
    for (let count = group.size; count > 0; count--) this.weighRole(group, -1);
    group.role = role;
    this.listOf(role)?.add(group.id, group.load);
    for (let count = group.size; count > 0; count--) this.weighRole(group, 1);
    group.twins.clear();
    group.version++;
  }

  private weighRole(group: Group, by: number): void {
    if (group.role !== 'core') return;
    this.coreSize += by;
    if (group.load > 0) this.active += by;
  }

  /** The group of those that go the same way at the same time. */
  private twinOf(group: Group, role: Role): Group {
    const known = group.twins.get(role);
    if (
      known !== undefined &&
      known.own === group.version &&
      known.version === known.group.version &&
      known.group.role === role &&
      this.groups[known.group.id] === known.group
    ) {
      return known.group;
    }
    const twin = this.copyOf(group, role);
    group.twins.set(role, { group: twin, version: twin.version, own: group.version });
    return twin;
  }

  /** A group without members that has the same requests. */
  private copyOf(group: Group, role: Role): Group {
    const { requests } = this;
    this.advance(group);
    const copy = this.make(role);
    copy.bornAt = group.bornAt;
    copy.paidSince = group.paidSince;
    copy.idleSince = group.idleSince;
    copy.virtual = group.virtual;
    for (let from = group.first; from !== NONE; from = requests.next[from]) {
      const row = requests.take(from);
      requests.arrivedAt[row] = requests.arrivedAt[from];
      requests.startedAt[row] = requests.startedAt[from];
      requests.left[row] = requests.left[from];
      requests.entry[row] = NONE;
      requests.ticket[row] = NONE;
      this.link(row, copy);
      if (requests.entry[from] === NONE) {
        this.wait(row, requests.endsAt[from]);
      } else {
        copy.atWork++;
        this.enter(row, copy, requests.needs[from]);
      }
    }
    copy.load = group.load;
    this.listOf(role)?.move(copy.id, copy.load);
    this.replan(copy);
    return copy;
  }

  private end(group: Group): void {
    const { requests } = this;
    for (let row = group.first; row !== NONE;) {
      const next = requests.next[row];
      requests.entry[row] = NONE;
      requests.ticket[row] = NONE;
      requests.release(row);
      row = next;
    }
    group.first = NONE;
    group.load = 0;
    group.twins.clear();
    this.listOf(group.role)?.remove(group.id);
    this.groups[group.id] = null;
    this.slots.release(group.id);
  }
}
