/**
 * A service while it runs: its revisions and the split of traffic over them, its limits, and its customers' luck.
 */
import { Distribution } from '../../engine/distributions.ts';
import { BLOCK, Draws } from '../../engine/draws.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import type { RevisionId, ServiceId, TimelineId } from '../../units/ids.ts';
import { inSeconds, type Instant } from '../../units/time.ts';
import type { Plan, ServicePlan } from '../plan.ts';
import { arrivalsOf, type ArrivalsAhead } from '../traffic/arrivals.ts';
import type { Revision } from './revision.ts';
import { TrafficSplit } from './traffic-split.ts';

const AT_ONCE = { kind: 'constant', value: 0 } as const;

export class Service {
  readonly id: ServiceId;
  readonly plan: ServicePlan;
  readonly arrivals: ArrivalsAhead;
  readonly durations: Draws;
  readonly firstDurations: Distribution | null;
  readonly firstLuck: Stream;
  /** CPU a request needs; null: CPU is not simulated. */
  readonly cpuTimes: Draws | null;
  /** How long a surplus instance idles before it leaves; under manual scaling and Knative not at all. */
  readonly idleTimeouts: Distribution;
  readonly idleLuck: Stream;
  /** Recorded durations, for a trace that has them. */
  readonly traceDurations: Float64Array | null;
  traceRead = 0;

  /** Whether its clients are heard of with each first attempt: they have a budget of retries. */
  readonly hasBudget: boolean;
  readonly isPerRequest: boolean;

  /** All revisions of the service that exist, oldest first. */
  readonly revisions: Revision[] = [];
  /** How traffic is to be split; `followSplit` makes it so. */
  readonly traffic = new TrafficSplit();
  /** The revision all traffic goes to; null where it is split. */
  only: Revision | null = null;
  private readonly splitLuck: Stream;

  minInstanceCount: number;
  maxInstanceCount: number;
  manualInstanceCount: number | null;

  /** Timeline entries by which its location is lost at present. */
  readonly lostBy = new Set<TimelineId>();
  /** The revision that each tag belongs to. */
  private readonly tags = new Map<string, RevisionId>();

  /** Traffic of this service that is moved to others at present. */
  shifts: Shift[] = [];
  readonly shiftLuck: Stream;
  readonly sessionLuck: Stream;

  constructor(id: ServiceId, plan: Plan, streams: Streams) {
    const service = plan.services[id];
    const { name, load } = service;
    this.id = id;
    this.plan = service;
    this.arrivals = arrivalsOf(load, name, streams, plan.duration);
    this.traceDurations = load.arrivals.kind === 'trace' ? load.arrivals.duration : null;
    this.durations = new Draws(
      new Distribution(service.requests.duration),
      streams.stream('service-time', name),
    );
    this.firstDurations =
      service.requests.firstDuration === null ? null : new Distribution(service.requests.firstDuration);
    this.firstLuck = streams.stream('first-request', name);
    const { cpuTime } = service.requests;
    this.cpuTimes =
      cpuTime === null ? null : new Draws(new Distribution(cpuTime), streams.stream('cpu-time', name));
    this.idleTimeouts = new Distribution(
      service.autoscaler === 'manual' || service.autoscaler === 'knative' ? AT_ONCE : service.idleTimeout,
    );
    this.idleLuck = streams.stream('idle-timeout', name);
    this.splitLuck = streams.stream('revision-choice', name);
    this.sessionLuck = streams.stream('session', name);
    this.shiftLuck = streams.stream('traffic-shift', name);
    this.hasBudget = (service.clients?.budget ?? null) !== null;
    this.isPerRequest = service.autoscaler === 'per-request';
    this.minInstanceCount = service.minInstanceCount;
    this.maxInstanceCount = service.maxInstanceCount ?? Infinity;
    this.manualInstanceCount = service.manualInstanceCount;
  }

  /** Starting and ready instances of all revisions. */
  get alive(): number {
    let alive = 0;
    for (const revision of this.revisions) alive += revision.alive;
    return alive;
  }

  get ready(): number {
    let ready = 0;
    for (const revision of this.revisions) ready += revision.ready;
    return ready;
  }

  /**
   * The part of `count` instances that falls to a revision by its share of the traffic. The parts of all revisions sum
   * to `count`: what is left after rounding down goes to the largest remainders, the older revision first among equals.
   */
  partOf(count: number, revision: Revision): number {
    if (count === 0) return 0;
    if (revision.percent === 100) return count;
    const exact = (one: Revision): number => (count * one.percent) / 100;
    const whole = (one: Revision): number => Math.floor(exact(one) + 1e-9);
    let left = count;
    for (const one of this.revisions) left -= whole(one);
    let before = 0;
    const mine = exact(revision) - whole(revision);
    for (const one of this.revisions) {
      const remainder = exact(one) - whole(one);
      if (one === revision) continue;
      const older = this.revisions.indexOf(one) < this.revisions.indexOf(revision);
      if (remainder > mine + 1e-9 || (older && remainder > mine - 1e-9)) before++;
    }
    return whole(revision) + (revision.percent > 0 && before < left ? 1 : 0);
  }

  /** How long the request that arrives now will take, ns. */
  drawDuration(): number {
    if (this.traceDurations !== null) return this.traceDurations[this.traceRead++];
    const { durations } = this;
    if (durations.read === BLOCK) durations.refill();
    return durations.block[durations.read++];
  }

  /** The revision a request that arrives now belongs to, where traffic is split. */
  route(): Revision {
    const luck = this.splitLuck.next53() * 100;
    let upTo = 0;
    for (const revision of this.revisions) {
      upTo += revision.percent;
      if (luck < upTo) return revision;
    }
    return this.revisions[this.revisions.length - 1];
  }

  /** A tag belongs to one revision: it is taken from the one that has it, but not from one deployed later. */
  tag(tag: string, revision: RevisionId): void {
    const placeOf = (id: RevisionId | undefined): number => this.revisions.findIndex((one) => one.id === id);
    if (placeOf(this.tags.get(tag)) > placeOf(revision)) return;
    this.tags.set(tag, revision);
    const tagged = new Set(this.tags.values());
    for (const one of this.revisions) one.tagged = tagged.has(one.id);
  }

  /** Traffic goes as `traffic` says from now on. */
  followSplit(): void {
    const shares = this.traffic.inForce;
    for (const revision of this.revisions) revision.percent = shares.get(revision.id) ?? 0;
    const served = this.revisions.filter((revision) => revision.percent > 0);
    this.only = served.length === 1 ? served[0] : null;
  }
}

/** A share of a service's requests goes to another: it rises linearly, stays, and falls again. */
export class Shift {
  readonly to: Service;
  private readonly share: number;
  private readonly over: number;
  private readonly from: Instant;
  private until: Instant = Infinity as Instant;

  constructor(to: Service, share: number, over: number, from: Instant) {
    this.to = to;
    this.share = share;
    this.over = over;
    this.from = from;
  }

  /** From `now` on the share goes back. */
  end(now: Instant): void {
    this.until = now;
  }

  /** Whether all of it has gone back. */
  isOver(now: Instant): boolean {
    return now >= this.until + this.over;
  }

  /** The share at `now`, 0 to 1. It rises until it has all, or begins to go back. */
  at(now: Instant): number {
    const risen = Math.min(now, this.until) - this.from;
    const up =
      this.over === 0 ? 1 : Math.min(1, inSeconds(risen as Instant) / inSeconds(this.over as Instant));
    if (now < this.until) return this.share * up;
    const down = this.over === 0 ? 1 : (now - this.until) / this.over;
    return Math.max(0, this.share * up * (1 - down));
  }
}
