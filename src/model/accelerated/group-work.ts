/**
 * Requests at work on groups of instances: they share the CPU, wait, are finished or out of time, event by event.
 *
 * On each group a virtual clock runs at the rate at which each request at work proceeds, as `run/cpu.ts` has it for an
 * instance. All groups have one queue of events, apart from that of the world: nobody else has to know of them.
 *
 * Hot: a few calls for each request that is simulated.
 */
import { EventQueue } from '../../engine/event-queue.ts';
import { LoadLists } from '../../engine/load-lists.ts';
import type { Group } from './group.ts';
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

export class GroupWork {
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

  protected readonly vCpu: number;
  protected readonly limit: number;
  protected readonly outcomes: Outcomes;
  protected readonly requests = new SampledRequests();
  protected readonly future = new EventQueue();
  protected order = 0;

  protected readonly groups: (Group | null)[] = [];
  protected readonly core: LoadLists;
  protected readonly surplus: LoadLists;
  /** Instances of the core. */
  coreSize = 0;

  /** @param limit a request may take so long in all, ns */
  constructor(concurrency: number, vCpu: number, limit: number, start: number, outcomes: Outcomes) {
    this.vCpu = vCpu;
    this.limit = limit;
    this.now = start;
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
  protected worked(group: Group): void {
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

  protected wait(row: number, until: number): void {
    const order = this.order++;
    this.requests.endsAt[row] = until;
    this.requests.ticket[row] = order;
    this.future.push(until, order, row);
  }

  protected finish(row: number): void {
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

  protected cutShort(row: number): void {
    const { requests } = this;
    const group = this.groups[requests.group[row]]!;
    const arrivedAt = requests.arrivedAt[row];
    this.dropRequest(row, group);
    this.outcomes.late(group.size, arrivedAt);
    this.loadChanged(group, -1);
  }

  /** A request is not there any more, wherever it was. */
  protected dropRequest(row: number, group: Group): void {
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

  protected loadChanged(group: Group, by: number): void {
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

  protected advance(group: Group): void {
    const { now } = this;
    if (group.atWork > 0) group.virtual += (now - group.since) * Math.min(1, this.vCpu / group.atWork);
    group.since = now;
  }

  protected changeAtWork(group: Group, by: number): void {
    const before = Math.min(group.atWork, this.vCpu);
    group.atWork += by;
    this.inUse += group.size * (Math.min(group.atWork, this.vCpu) - before);
    if (group.atWork === 0) {
      group.virtual = 0;
      group.work.clear();
      group.ticket = NONE;
    }
  }

  protected enter(row: number, group: Group, needs: number): void {
    const order = this.order++;
    this.requests.entry[row] = order;
    this.requests.needs[row] = needs;
    group.work.push(needs, order, row);
  }

  protected replan(group: Group): void {
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

  protected dropVoid(group: Group): void {
    const { work } = group;
    const { entry } = this.requests;
    while (work.size > 0 && entry[work.topWhat()] !== work.topOrder()) work.pop();
  }

  protected link(row: number, group: Group): void {
    const { requests } = this;
    requests.group[row] = group.id;
    requests.previous[row] = NONE;
    requests.next[row] = group.first;
    if (group.first !== NONE) requests.previous[group.first] = row;
    group.first = row;
  }

  protected unlink(row: number, group: Group): void {
    const { next, previous } = this.requests;
    if (previous[row] === NONE) group.first = next[row];
    else next[previous[row]] = next[row];
    if (next[row] !== NONE) previous[next[row]] = previous[row];
  }
}
