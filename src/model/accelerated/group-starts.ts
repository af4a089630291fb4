/**
 * When requests begin on groups of instances:
 *
 *   arrive (Poisson) ──▶ wait until there are as many as a group has instances ──▶ one begins on each instance of it
 *
 * Arrivals are drawn for some milliseconds at once, and come evenly in them; what begins and what ends in that time is
 * simulated in order.
 *
 * Hot: a few calls for each request that is simulated.
 */
import type { Distribution } from '../../engine/distributions.ts';
import { StratifiedDraws } from '../../engine/stratified-draws.ts';
import type { Stream } from '../../engine/streams.ts';
import { MILLISECOND, SECOND } from '../../units/time.ts';
import type { CrowdProbe } from '../probe.ts';
import type { Service } from '../run/service.ts';
import type { Group } from './group.ts';
import type { Inflow } from './inflow.ts';
import type { SampledArrivals } from './sampled-arrivals.ts';
import type { SampledInstances } from './sampled-instances.ts';

/** Arrivals are drawn for so many groups at once, and at most for so long. */
const AT_ONCE = 8;
const LONGEST_DRAW = 20 * MILLISECOND;
/** For so long requests wait at most for there to be as many as a group has instances. */
const LONGEST_GATHERING = 20 * MILLISECOND;

export class GroupStarts {
  /** No instance has room. */
  full = true;
  /** Integral of the requests that wait, less those owed, ns; whoever reads it may set it to 0. */
  waitingArea = 0;
  /** Since when there has been room. */
  private roomSince = -Infinity;
  private readonly service: Service;
  private readonly inflow: Inflow;
  private readonly arrivals: SampledArrivals;
  private readonly sampled: SampledInstances;
  private readonly tell: CrowdProbe | undefined;
  /** By service that requests may come from. */
  private readonly durations: readonly StratifiedDraws[];
  private readonly cpuTimes: StratifiedDraws;

  constructor(
    service: Service,
    inflow: Inflow,
    arrivals: SampledArrivals,
    sampled: SampledInstances,
    durations: readonly Distribution[],
    tell: CrowdProbe | undefined,
    durationLuck: Stream,
    cpuLuck: Stream,
  ) {
    this.service = service;
    this.inflow = inflow;
    this.arrivals = arrivals;
    this.sampled = sampled;
    this.tell = tell;
    this.durations = durations.map((each) => new StratifiedDraws(each, durationLuck));
    this.cpuTimes = new StratifiedDraws(service.cpuTimes!.distribution, cpuLuck);
  }

  /** For how long arrivals are drawn at once, ns. */
  drawFor(at: number): number {
    const { sampled } = this;
    const perSecond = this.inflow.peak(at, at);
    if (perSecond <= 0) return LONGEST_DRAW;
    const size = Math.max(1, sampled.coreSize / Math.max(1, sampled.count));
    const length = Math.floor((AT_ONCE * size * SECOND) / perSecond);
    return Math.max(MILLISECOND, Math.min(LONGEST_DRAW, length));
  }

  /** Lets a short time pass, for which arrivals are drawn at once. */
  pass(from: number, until: number): void {
    const { sampled, arrivals } = this;
    const { waiting } = arrivals;
    const { queue } = waiting;
    const before = queue.waiting;
    const { owed } = arrivals;
    const come = arrivals.arrive(from, until);
    const length = until - from;
    let taken = 0;
    for (;;) {
      const event = sampled.nextTime();
      const group = sampled.pick();
      if (group === null) {
        this.full = true;
      } else {
        if (this.full) this.hasRoom(sampled.now);
        // When as many have come as the group has instances.
        const missing = taken + group.size - before;
        let at = Infinity;
        if (missing <= 0) at = sampled.now;
        else if (missing <= come) at = Math.max(sampled.now, from + Math.floor((length * missing) / come));
        if (at < until && at <= event) {
          sampled.passTo(at);
          taken += this.begin(group);
          continue;
        }
      }
      if (!(event < until)) break;
      sampled.answerNext();
    }
    sampled.passTo(until);
    if (queue.waiting > 0) {
      if (this.full) waiting.keepWaiting();
      else if (queue.oldest < until - LONGEST_GATHERING) this.begin(sampled.pick()!);
      if (queue.waiting > 0 && this.full) waiting.expire(until);
    }
    this.waitingArea += 0.5 * (before + queue.waiting - owed - arrivals.owed) * length;
  }

  /** Those that wait begin on a group that has just got room. Returns when the last of them came; `now` if none began. */
  fill(group: Group, now: number): number {
    const { sampled } = this;
    const { queue } = this.arrivals.waiting;
    if (this.full) this.hasRoom(now);
    let came = now;
    while (queue.waiting >= group.size && sampled.pick() === group) {
      came = queue.arrivalOf(0);
      group.onDemand = 0;
      this.begin(group);
    }
    this.full = sampled.pick() === null;
    return came;
  }

  private hasRoom(now: number): void {
    this.full = false;
    this.roomSince = now;
  }

  /** Those that have waited longest begin on the instances of a group. Returns how many they were. */
  private begin(group: Group): number {
    const { sampled, service, arrivals } = this;
    const { now } = sampled;
    const kind = arrivals.waiting.queue.kindOfFirst;
    const count = arrivals.take(group.size, now);
    const arrivedAt = arrivals.takenCameAt;
    // Who waits for the others of the group only does not pend.
    const came = arrivedAt >= this.roomSince ? now : Math.min(now, arrivedAt);
    let duration: number;
    if (group.unserved > 0 && service.firstDurations !== null) {
      duration = service.firstDurations.at(service.firstLuck.next53());
    } else {
      duration = drawOf(this.durations[kind], group);
    }
    if (group.onDemand > 0) {
      this.tell?.crowdCold(service.id, group.onDemand, came);
      group.onDemand = 0;
    }
    group.unserved = 0;
    sampled.start(group, came, duration, drawOf(this.cpuTimes, group));
    return count;
  }
}

/** Where each instance is simulated its requests are independent. */
const drawOf = (draws: StratifiedDraws, { size }: Group): number =>
  size === 1 ? draws.alone() : draws.next();
