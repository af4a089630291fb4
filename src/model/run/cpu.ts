/**
 * CPU that requests share: processor sharing on each instance.
 *
 * Where a service states `cpuTime`, a request first does its CPU work, sharing the instance's vCPU equally with the
 * others that are at it (each gets at most one vCPU: a request is served by one thread), and then waits for the rest
 * of its duration without using any. With n requests at work on v vCPU each proceeds at the rate min(1, v/n).
 *
 * On each instance a virtual clock runs at that rate; a request that needs w ns of CPU is finished when the clock has
 * advanced by w, however often the rate changed meanwhile. So one number per request is enough, the requests of an
 * instance are in a heap by it, and an instance has one event planned, for its first one. A rate that changes moves
 * that event; the one that was planned is void by its ticket.
 *
 * Hot where `cpuTime` is given; otherwise not there at all.
 */
import { EventQueue } from '../../engine/event-queue.ts';
import { longerFloat64, longerInt32 } from '../../engine/columns.ts';
import type { Instant } from '../../units/time.ts';
import { NO_TICKET, type Agenda, type Ticket } from '../agenda.ts';
import { EVENT } from '../events.ts';

/** Virtual time is compared with half a nanosecond's allowance: events fall on whole ones. */
const ALLOWANCE = 0.5;

/** What is known of the vCPU in use. */
export interface CpuUse {
  /** By a revision now. */
  inUseBy(revision: number): number;
  /** The integral of it since the last fold, ns; it starts again from 0. */
  fold(revision: number): number;
}

export class Cpu implements CpuUse {
  private readonly agenda: Agenda;

  // By instance row. Requests at work, by the virtual time at which they will have had their CPU; how many; the virtual
  // time, up to when, and how fast it runs; the event at which to look for a request that has had its CPU, and its
  // instant, which may be too early.
  private readonly work: EventQueue[] = [];
  private atWork = new Int32Array(0);
  private virtual = new Float64Array(0);
  private since = new Float64Array(0);
  private rate = new Float64Array(0);
  private ticket = new Float64Array(0);
  private lookAt = new Float64Array(0);

  /** By request row: the CPU it needs, ns. */
  private need = new Float64Array(64);
  /** By request row: its place in its instance's heap; void when the request is not at work. */
  private entry = new Float64Array(64).fill(NO_TICKET);
  private entries = 0;
  /** vCPU in use by revision, its integral since the last fold in ns, and up to when. */
  private readonly inUse: Float64Array;
  private readonly area: Float64Array;
  private readonly areaSince: Float64Array;

  constructor(agenda: Agenda, revisions: number) {
    this.agenda = agenda;
    this.inUse = new Float64Array(revisions);
    this.area = new Float64Array(revisions);
    this.areaSince = new Float64Array(revisions).fill(agenda.now);
  }

  /** A request that arrived will need this much CPU, ns. */
  note(row: number, need: number): void {
    if (row >= this.need.length) this.grow(row);
    this.need[row] = need;
  }

  needOf(row: number): number {
    return this.need[row];
  }

  /** A request begins its CPU work on an instance of `vCpu`. */
  enter(row: number, instance: number, revision: number, vCpu: number): void {
    while (instance >= this.atWork.length) this.growInstances();
    this.advance(instance);
    this.changeAtWork(instance, 1, revision, vCpu);
    const order = this.entries++;
    this.entry[row] = order;
    this.work[instance].push(this.virtual[instance] + this.need[row], order, row);
    this.replan(instance);
  }

  /** A request leaves before its CPU work is done; nothing happens if it was not at work. */
  abandon(row: number, instance: number, revision: number, vCpu: number): void {
    if (row >= this.entry.length || this.entry[row] === NO_TICKET) return;
    this.entry[row] = NO_TICKET;
    this.advance(instance);
    this.changeAtWork(instance, -1, revision, vCpu);
    this.replan(instance);
  }

  /** The first request on an instance may have had its CPU; the row of one that has, -1 if there is none (any more). */
  finished(instance: number, revision: number, vCpu: number): number {
    this.advance(instance);
    this.dropVoid(instance);
    const work = this.work[instance];
    // An empty heap says Infinity.
    if (work.topTime() <= this.virtual[instance] + ALLOWANCE) {
      const row = work.pop();
      this.entry[row] = NO_TICKET;
      this.changeAtWork(instance, -1, revision, vCpu);
      return row;
    }
    this.replan(instance);
    return -1;
  }

  /** Whether an event is the one planned for this instance; it is over then. */
  isDue(instance: number, ticket: Ticket): boolean {
    if (this.ticket[instance] !== ticket) return false;
    this.ticket[instance] = NO_TICKET;
    return true;
  }

  /** vCPU in use by a revision now. */
  inUseBy(revision: number): number {
    return this.inUse[revision];
  }

  /** The integral of vCPU in use by a revision since the last fold, ns; it starts again from 0. */
  fold(revision: number): number {
    this.passTo(revision);
    const area = this.area[revision];
    this.area[revision] = 0;
    return area;
  }

  private advance(instance: number): void {
    const { now } = this.agenda;
    const { since } = this;
    if (since[instance] === now) return;
    if (this.atWork[instance] > 0) this.virtual[instance] += (now - since[instance]) * this.rate[instance];
    since[instance] = now;
  }

  private changeAtWork(instance: number, by: number, revision: number, vCpu: number): void {
    this.passTo(revision);
    const before = this.atWork[instance];
    const atWork = before + by;
    this.atWork[instance] = atWork;
    this.rate[instance] = Math.min(1, vCpu / atWork);
    this.inUse[revision] += Math.min(atWork, vCpu) - Math.min(before, vCpu);
    if (atWork === 0) this.rest(instance);
  }

  /** Nobody at work: the clock may start again, which keeps its numbers small and so exact. */
  private rest(instance: number): void {
    this.virtual[instance] = 0;
    this.work[instance].clear();
    this.ticket[instance] = NO_TICKET;
  }

  private passTo(revision: number): void {
    const { now } = this.agenda;
    this.area[revision] += this.inUse[revision] * (now - this.areaSince[revision]);
    this.areaSince[revision] = now;
  }

  /**
   * Sees to it that somebody looks when the next request may have had its CPU. Where that has only become later (one
   * more shares the CPU), the event that is planned stays, and plans the next when it finds that it was too early.
   */
  private replan(instance: number): void {
    this.dropVoid(instance);
    const first = this.work[instance].topTime();
    if (first === Infinity) return;
    const left = Math.max(0, first - this.virtual[instance]);
    const at = this.agenda.now + Math.ceil(left / this.rate[instance]);
    if (this.ticket[instance] !== NO_TICKET && this.lookAt[instance] <= at) return;
    this.lookAt[instance] = at;
    this.ticket[instance] = this.agenda.plan(at as Instant, EVENT['cpu-work-done'], instance);
  }

  /** Takes entries of requests that left off the front. */
  private dropVoid(instance: number): void {
    const work = this.work[instance];
    while (work.size > 0 && this.entry[work.topWhat()] !== work.topOrder()) work.pop();
  }

  private growInstances(): void {
    const before = this.atWork.length;
    const capacity = Math.max(64, 2 * before);
    this.atWork = longerInt32(this.atWork, capacity);
    this.virtual = longerFloat64(this.virtual, capacity);
    this.since = longerFloat64(this.since, capacity);
    this.rate = longerFloat64(this.rate, capacity);
    this.ticket = longerFloat64(this.ticket, capacity);
    this.ticket.fill(NO_TICKET, before);
    this.lookAt = longerFloat64(this.lookAt, capacity);
    for (let instance = before; instance < capacity; instance++) this.work.push(new EventQueue(16));
  }

  private grow(row: number): void {
    const before = this.entry.length;
    const capacity = Math.max(2 * before, row + 1);
    this.need = longerFloat64(this.need, capacity);
    this.entry = longerFloat64(this.entry, capacity);
    this.entry.fill(NO_TICKET, before);
  }
}
