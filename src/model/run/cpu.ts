/**
 * CPU that requests share: processor sharing on each instance.
 *
 * Where a service states `cpuTime`, a request first does its CPU work, sharing the instance's vCPU equally with the
 * others that are at it (each gets at most one vCPU: a request is served by one thread), and then waits for the rest
 * of its duration without using any. With n requests at work on v vCPU each proceeds at the rate min(1, v/n).
 *
 * On each instance a virtual clock runs at that rate; a request that needs w ns of CPU is finished when the clock has
 * advanced by w, however often the rate changed meanwhile. So one number per request is enough, the requests of an
 * instance are in a heap by it, and the agenda knows for each instance when to look for its first one. A request that
 * comes and needs less than the others moves that forward. One that only makes the others slower does not move it: it is
 * then found to have been too early, and the next look is planned.
 *
 * Hot where `cpuTime` is given; otherwise not there at all.
 */
import { EventQueue } from '../../engine/event-queue.ts';
import { longerFloat64 } from '../../engine/columns.ts';
import type { RevisionId } from '../../units/ids.ts';
import type { Instant } from '../../units/time.ts';
import { NO_TICKET, type Agenda } from '../agenda.ts';

/** Virtual time is compared with half a nanosecond's allowance: events fall on whole ones. */
const ALLOWANCE = 0.5;

// A row of `clocks` is four doubles, side by side since all are asked for together: the virtual time of an instance, up to
// when it has been counted, how fast it runs, and how many requests are at work.
const CLOCK_BITS = 2;
const VIRTUAL = 0;
const SINCE = 1;
const RATE = 2;
const AT_WORK = 3;

// A row of `requests` is two doubles: the CPU that it needs, or once it is at work how much of its duration is left after
// that, ns; and its place in its instance's heap, void when it is not at work.
const REQUEST_BITS = 1;
const TIME = 0;
const ENTRY = 1;

/** What is known of the vCPU in use. */
export interface CpuUse {
  /** By a revision now. */
  inUseBy(revision: number): number;
  /** The integral of it since the last fold, ns; it starts again from 0. */
  fold(revision: number): number;
}

export class Cpu implements CpuUse {
  private readonly agenda: Agenda;
  /** Of an instance, by revision. */
  private readonly vCpu: Float64Array;

  /** By instance row: requests at work, by the virtual time at which they will have had their CPU. */
  private readonly work: EventQueue[] = [];
  /** By instance row. */
  private clocks = new Float64Array(0);
  /** By request row. */
  private requests = new Float64Array(0);
  private entries = 0;
  /** Entries in the heaps of requests that left before their CPU work was done. */
  private voids = 0;
  /** vCPU in use by revision, its integral since the last fold in ns, and up to when. */
  private readonly inUse: Float64Array;
  private readonly area: Float64Array;
  private readonly areaSince: Float64Array;

  /** @param vCpu of an instance, by revision */
  constructor(agenda: Agenda, vCpu: readonly number[]) {
    this.agenda = agenda;
    this.vCpu = Float64Array.from(vCpu);
    this.inUse = new Float64Array(vCpu.length);
    this.area = new Float64Array(vCpu.length);
    this.areaSince = new Float64Array(vCpu.length).fill(agenda.now);
  }

  /** A request that arrived will need this much CPU, ns. */
  note(row: number, need: number): void {
    const at = row << REQUEST_BITS;
    if (at >= this.requests.length) this.growRequests(row);
    this.requests[at | TIME] = need;
  }

  /** How much of the duration of a request is left after its CPU work, ns. */
  leftOf(row: number): number {
    return this.requests[(row << REQUEST_BITS) | TIME];
  }

  /** A request that takes `duration` in all begins its CPU work on an instance. */
  enter(row: number, duration: number, instance: number, revision: RevisionId): void {
    if (instance >= this.work.length) this.growInstances(instance);
    const { clocks } = this;
    const clock = instance << CLOCK_BITS;
    const at = row << REQUEST_BITS;
    const need = this.requests[at | TIME];
    this.requests[at | TIME] = duration > need ? duration - need : 0;
    const order = this.entries++;
    this.requests[at | ENTRY] = order;
    this.changeAtWork(instance, 1, revision);
    const work = this.work[instance];
    work.push(clocks[clock | VIRTUAL] + need, order, row);
    // Only the one that has the CPU it needs first can make the next look come sooner.
    if (work.topWhat() === row) this.lookSooner(instance);
  }

  /** A request leaves before its CPU work is done; nothing happens if it was not at work. */
  abandon(row: number, instance: number, revision: RevisionId): void {
    const entry = (row << REQUEST_BITS) | ENTRY;
    if (entry >= this.requests.length || this.requests[entry] === NO_TICKET) return;
    this.requests[entry] = NO_TICKET;
    this.voids++;
    this.changeAtWork(instance, -1, revision);
    this.lookSooner(instance);
  }

  /** The row of a request on an instance that has had its CPU; -1 if there is none (any more). */
  finished(instance: number, revision: RevisionId): number {
    const { clocks } = this;
    const clock = instance << CLOCK_BITS;
    const { now } = this.agenda;
    const virtual = clocks[clock | VIRTUAL] + (now - clocks[clock | SINCE]) * clocks[clock | RATE];
    clocks[clock | VIRTUAL] = virtual;
    clocks[clock | SINCE] = now;
    if (this.voids > 0) this.dropVoid(instance);
    const work = this.work[instance];
    // An empty heap says Infinity.
    if (work.first > virtual + ALLOWANCE) return -1;
    const row = work.pop();
    this.requests[(row << REQUEST_BITS) | ENTRY] = NO_TICKET;
    this.changeAtWork(instance, -1, revision);
    return row;
  }

  /** After a look: sees to it that there is a next one, when the next request may have had its CPU. */
  lookAgain(instance: number): void {
    if (this.clocks[(instance << CLOCK_BITS) | AT_WORK] === 0) return;
    this.agenda.planLook(this.nextLook(instance) as Instant, instance);
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

  /** The same where the next look may have to be sooner than planned; never later, since then it plans another. */
  private lookSooner(instance: number): void {
    if (this.clocks[(instance << CLOCK_BITS) | AT_WORK] === 0) return;
    const at = this.nextLook(instance);
    if (at < this.agenda.looks.timeOf(instance)) this.agenda.planLook(at as Instant, instance);
  }

  /** When the first request of an instance will have had its CPU, if nobody comes or goes before. */
  private nextLook(instance: number): number {
    if (this.voids > 0) this.dropVoid(instance);
    const { clocks } = this;
    const clock = instance << CLOCK_BITS;
    const left = this.work[instance].first - clocks[clock | VIRTUAL];
    return this.agenda.now + (left > 0 ? Math.ceil(left / clocks[clock | RATE]) : 0);
  }

  /** One more at work, or one less. */
  private changeAtWork(instance: number, by: number, revision: RevisionId): void {
    const { clocks } = this;
    const clock = instance << CLOCK_BITS;
    const { now } = this.agenda;
    clocks[clock | VIRTUAL] += (now - clocks[clock | SINCE]) * clocks[clock | RATE];
    clocks[clock | SINCE] = now;
    const vCpu = this.vCpu[revision];
    const before = clocks[clock | AT_WORK];
    const atWork = before + by;
    clocks[clock | AT_WORK] = atWork;
    if (before < vCpu || atWork < vCpu) {
      this.passTo(revision);
      this.inUse[revision] += Math.min(atWork, vCpu) - Math.min(before, vCpu);
    }
    if (atWork === 0) this.rest(instance);
    else clocks[clock | RATE] = atWork > vCpu ? vCpu / atWork : 1;
  }

  /** Nobody at work: the clock stands still and may start again, which keeps its numbers small and so exact. */
  private rest(instance: number): void {
    const clock = instance << CLOCK_BITS;
    const work = this.work[instance];
    this.clocks[clock | VIRTUAL] = 0;
    this.clocks[clock | RATE] = 0;
    // What is left in the heap is void.
    this.voids -= work.size;
    work.clear();
    this.agenda.looks.remove(instance);
  }

  private passTo(revision: number): void {
    const { now } = this.agenda;
    this.area[revision] += this.inUse[revision] * (now - this.areaSince[revision]);
    this.areaSince[revision] = now;
  }

  /** Takes entries of requests that left off the front. */
  private dropVoid(instance: number): void {
    const work = this.work[instance];
    const { requests } = this;
    while (work.size > 0 && requests[(work.topWhat() << REQUEST_BITS) | ENTRY] !== work.topOrder()) {
      work.pop();
      this.voids--;
    }
  }

  private growInstances(instance: number): void {
    const before = this.work.length;
    const capacity = Math.max(64, 2 * before, instance + 1);
    this.clocks = longerFloat64(this.clocks, capacity << CLOCK_BITS);
    for (let row = before; row < capacity; row++) this.work.push(new EventQueue(16));
  }

  private growRequests(row: number): void {
    const before = this.requests.length;
    const capacity = Math.max(64, before >> (REQUEST_BITS - 1), row + 1);
    this.requests = longerFloat64(this.requests, capacity << REQUEST_BITS);
    this.requests.fill(NO_TICKET, before);
  }
}
