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
 *
 * Hot: everything above `join`.
 */
import { EventQueue } from '../../engine/event-queue.ts';
import { LoadLists } from '../../engine/load-lists.ts';
import { Slots } from '../../engine/slots.ts';
import type { Stream } from '../../engine/streams.ts';
import { Group, type Role } from './group.ts';
import { NONE, SampledRequests } from './sampled-requests.ts';

/** Virtual time is compared with half a nanosecond's allowance: events fall on whole ones. */
const ALLOWANCE = 0.5;

/** Who is told what becomes of requests. Each stands for `count`. */
export interface Outcomes {
  finished(count: number, arrivedAt: number, startedAt: number, at: number): void;
  /** Its time is over. */
  late(count: number, arrivedAt: number): void;
  /** A group that is not of the core has no request any more, or one again. */
  emptied(group: Group, at: number): void;
  filled(group: Group, at: number): void;
}

export class SampledInstances {
  /** Time has passed up to here, ns. */
  now: number;
  /** Requests on all instances, each counted for as many as it stands for. */
  busy = 0;
  /** Instances of the core that have one. */
  active = 0;
  /** vCPU in use. */
  inUse = 0;
  /** Integrals of the three, ns; whoever reads one may set it to 0. */
  busyArea = 0;
  activeArea = 0;
  cpuArea = 0;
  /** Time for which instances of the core were paid for though they were idle, ns. */
  paidIdle = 0;

  private readonly vCpu: number;
  private readonly limit: number;
  private readonly luck: Stream;
  private readonly outcomes: Outcomes;
  private readonly requests = new SampledRequests();
  private readonly future = new EventQueue();
  private order = 0;

  private readonly groups: (Group | null)[] = [];
  private readonly slots = new Slots(() => {});
  private readonly core: LoadLists;
  private readonly surplus: LoadLists;
  /** Instances of the core. */
  coreSize = 0;
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
    this.vCpu = vCpu;
    this.limit = limit;
    this.now = start;
    this.luck = luck;
    this.outcomes = outcomes;
    this.core = new LoadLists(concurrency);
    this.surplus = new LoadLists(concurrency);
  }

  /** The group that the next request goes to; null when none has room. */
  pick(): Group | null {
    let id = this.core.leastLoaded();
    if (id < 0) id = this.surplus.leastLoaded();
    return id < 0 ? null : this.groups[id];
  }

  /** When something happens next; it may turn out to be nothing. */
  nextTime(): number {
    const { oldest } = this.requests;
    const time = this.future.topTime();
    if (oldest === NONE) return time;
    const deadline = this.requests.arrivedAt[oldest] + this.limit;
    return deadline < time ? deadline : time;
  }

  /** Answers what happens next. */
  answerNext(): void {
    const { future, requests } = this;
    const { oldest } = requests;
    if (oldest !== NONE) {
      const deadline = requests.arrivedAt[oldest] + this.limit;
      if (deadline < future.topTime()) {
        this.passTo(deadline);
        this.cutShort(oldest);
        return;
      }
    }
    const time = future.topTime();
    const order = future.topOrder();
    const what = future.pop();
    if (what >= 0) {
      if (requests.ticket[what] !== order) return;
      this.passTo(time);
      this.finish(what);
    } else {
      const group = this.groups[-1 - what];
      if (group === null || group.ticket !== order) return;
      group.ticket = NONE;
      this.passTo(time);
      this.worked(group);
    }
  }

  passTo(time: number): void {
    const passed = time - this.now;
    if (passed <= 0) return;
    this.busyArea += this.busy * passed;
    this.activeArea += this.active * passed;
    this.cpuArea += this.inUse * passed;
    this.now = time;
  }

  /** A request begins on each instance of a group. */
  start(group: Group, arrivedAt: number, duration: number, cpu: number): void {
    const { requests, now } = this;
    const row = requests.take();
    requests.arrivedAt[row] = arrivedAt;
    requests.startedAt[row] = now;
    requests.left[row] = Math.max(0, duration - cpu);
    requests.ticket[row] = NONE;
    this.link(row, group);
    this.loadChanged(group, 1);
    this.advance(group);
    this.changeAtWork(group, 1);
    this.enter(row, group, group.virtual + cpu);
    this.replan(group);
  }

  /** One of a group may have had its CPU. */
  private worked(group: Group): void {
    const { requests } = this;
    const { work } = group;
    this.advance(group);
    for (;;) {
      this.dropVoid(group);
      if (work.size === 0 || !(work.topTime() <= group.virtual + ALLOWANCE)) break;
      const row = work.pop();
      requests.entry[row] = NONE;
      this.changeAtWork(group, -1);
      const left = requests.left[row];
      if (left === 0) {
        this.finish(row);
        // Whoever is told may end the group.
        if (this.groups[group.id] !== group) return;
      } else {
        this.wait(row, this.now + left);
      }
    }
    this.replan(group);
  }

  private wait(row: number, until: number): void {
    const order = this.order++;
    this.requests.endsAt[row] = until;
    this.requests.ticket[row] = order;
    this.future.push(until, order, row);
  }

  private finish(row: number): void {
    const { requests } = this;
    const group = this.groups[requests.group[row]]!;
    const count = group.size;
    const arrivedAt = requests.arrivedAt[row];
    const startedAt = requests.startedAt[row];
    this.unlink(row, group);
    requests.release(row);
    this.outcomes.finished(count, arrivedAt, startedAt, this.now);
    this.loadChanged(group, -1);
  }

  private cutShort(row: number): void {
    const { requests } = this;
    const group = this.groups[requests.group[row]]!;
    const arrivedAt = requests.arrivedAt[row];
    this.dropRequest(row, group);
    this.outcomes.late(group.size, arrivedAt);
    this.loadChanged(group, -1);
  }

  /** A request is not there any more, wherever it was. */
  private dropRequest(row: number, group: Group): void {
    const { requests } = this;
    if (requests.entry[row] !== NONE) {
      requests.entry[row] = NONE;
      this.advance(group);
      this.changeAtWork(group, -1);
      this.replan(group);
    }
    requests.ticket[row] = NONE;
    this.unlink(row, group);
    requests.release(row);
  }

  private loadChanged(group: Group, by: number): void {
    group.load += by;
    group.version++;
    const { load, role, id } = group;
    this.busy += by * group.size;
    if (role === 'core') {
      this.core.move(id, load);
      if (by > 0) {
        if (load !== 1) return;
        this.active += group.size;
        this.paidIdle += group.size * group.resume(this.now);
      } else if (load === 0) {
        this.active -= group.size;
        group.idleSince = this.now;
      }
      return;
    }
    if (role === 'surplus') this.surplus.move(id, load);
    if (load === 0) this.outcomes.emptied(group, this.now);
    else if (load === 1 && by > 0) this.outcomes.filled(group, this.now);
  }

  private advance(group: Group): void {
    const { now } = this;
    if (group.atWork > 0) group.virtual += (now - group.since) * Math.min(1, this.vCpu / group.atWork);
    group.since = now;
  }

  private changeAtWork(group: Group, by: number): void {
    const before = Math.min(group.atWork, this.vCpu);
    group.atWork += by;
    this.inUse += group.size * (Math.min(group.atWork, this.vCpu) - before);
    if (group.atWork === 0) {
      group.virtual = 0;
      group.work.clear();
      group.ticket = NONE;
    }
  }

  private enter(row: number, group: Group, needs: number): void {
    const order = this.order++;
    this.requests.entry[row] = order;
    this.requests.needs[row] = needs;
    group.work.push(needs, order, row);
  }

  private replan(group: Group): void {
    this.dropVoid(group);
    const { work } = group;
    if (work.size === 0) return;
    const left = Math.max(0, work.topTime() - group.virtual);
    const at = this.now + Math.ceil(left / Math.min(1, this.vCpu / group.atWork));
    if (group.ticket !== NONE && group.lookAt <= at) return;
    group.lookAt = at;
    group.ticket = this.order++;
    this.future.push(at, group.ticket, -1 - group.id);
  }

  private dropVoid(group: Group): void {
    const { work } = group;
    const { entry } = this.requests;
    while (work.size > 0 && entry[work.topWhat()] !== work.topOrder()) work.pop();
  }

  private link(row: number, group: Group): void {
    const { requests } = this;
    requests.group[row] = group.id;
    requests.previous[row] = NONE;
    requests.next[row] = group.first;
    if (group.first !== NONE) requests.previous[group.first] = row;
    group.first = row;
  }

  private unlink(row: number, group: Group): void {
    const { next, previous } = this.requests;
    if (previous[row] === NONE) group.first = next[row];
    else next[previous[row]] = next[row];
    if (next[row] !== NONE) previous[next[row]] = previous[row];
  }

  // From here on: instances that come, go, and change their role. Rare.

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
    const large = this.coreGroups().filter(({ size }) => size > 1);
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

  coreGroups(): Group[] {
    return this.groupsOf('core');
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
