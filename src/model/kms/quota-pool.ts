/**
 * A quota pool: what the calls of one project, location and level (HSM or EXTERNAL) share.
 *
 * The pool is charged in the key's project, whoever calls; several keys, services and other users draw from it, and
 * starve each other. What a call takes is counted in the unit of the policy: requests, or under `soft-2026` tokens.
 *
 *   hard   a call that does not fit into the limit, held second by second, is denied
 *   soft   a call is above the quota if what was served in the last minute and the call itself are more than the limit;
 *          it is served all the same, unless Cloud KMS is overloaded (assumption `systemOverloadProbability`)
 *
 * Others' calls are real ones: they take quota like ours, one unit each, and may be denied like ours. They interest
 * nobody until one of ours comes, so they are made up to that instant then, and not as events; so is what a quota
 * adjuster does.
 */
import { UnitExponentials } from '../../engine/draws.ts';
import { CalendarWindow, SlidingWindow, TokenBucket, type QuotaWindow } from '../../engine/sliding-window.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import { windowOf } from '../../rules/quota-policies.ts';
import type { PoolId } from '../../units/ids.ts';
import { type Instant } from '../../units/time.ts';
import type { Plan } from '../plan.ts';
import type { Probe } from '../probe.ts';
import { StagedArrivals, type ArrivalCursor } from '../traffic/arrivals.ts';
import { MinuteUsage } from './minute-usage.ts';
import { QuotaAdjuster } from './quota-adjuster.ts';

export class QuotaPool {
  readonly id: PoolId;
  /** The limit in force, requests or tokens per minute. */
  perMinute: number;
  private readonly window: QuotaWindow;
  private readonly hard: boolean;
  /** Chance that a call above a soft limit is denied. */
  private readonly overload: number;
  private readonly lastMinute = new MinuteUsage();
  private readonly ourLuck: Stream;
  private readonly othersLuck: Stream;
  private readonly others: ArrivalCursor | null;
  private readonly adjuster: QuotaAdjuster | null;
  private readonly probe: Probe;
  private nextOther = Infinity;

  /** @param start when the world's time begins */
  constructor(id: PoolId, plan: Plan, streams: Streams, probe: Probe, start: Instant) {
    const limit = plan.quotas.limits[id];
    const { assumptions } = plan;
    this.id = id;
    this.probe = probe;
    this.perMinute = limit.perMinute;
    const { calls, span } = windowOf(limit.perMinute);
    this.window =
      limit.window === 'sliding'
        ? new SlidingWindow(calls, span)
        : limit.window === 'calendar-second'
          ? new CalendarWindow(calls, span)
          : new TokenBucket(calls, span);
    this.hard = limit.enforcement === 'hard';
    this.overload = assumptions.systemOverloadProbability;
    this.ourLuck = streams.stream('quota-overload', `ours ${limit.name}`);
    this.othersLuck = streams.stream('quota-overload', `others ${limit.name}`);
    this.adjuster = assumptions.quotaAdjuster ? new QuotaAdjuster(assumptions, start) : null;
    this.others =
      limit.otherUsage.length === 0
        ? null
        : new StagedArrivals(
            limit.otherUsage,
            new UnitExponentials(streams.stream('other-usage', limit.name)),
          );
    this.drawOther();
  }

  /** Asks for one call at `now` that takes so much quota; tells whether it is granted. */
  take(now: Instant, cost: number): boolean {
    this.catchUp(now);
    return this.ask(now, cost, true);
  }

  /** Makes the others' calls, and raises of the limit, up to and including `now`. */
  catchUp(now: Instant): void {
    for (;;) {
      const adjusts = this.adjuster?.next ?? Infinity;
      if (adjusts > now && this.nextOther > now) return;
      if (adjusts <= this.nextOther) {
        this.adjust(this.adjuster!);
      } else {
        this.ask(this.nextOther as Instant, 1, false);
        this.drawOther();
      }
    }
  }

  /** What a look at the pool at `now` shows: calls before it, and the limit from it on. */
  observe(now: Instant): void {
    this.catchUp((now - 1) as Instant);
    while (this.adjuster !== null && this.adjuster.next <= now) this.adjust(this.adjuster);
  }

  setLimit(perMinute: number, now: Instant): void {
    // Others' calls up to now were made under the old limit.
    this.catchUp(now);
    this.adjuster?.startAfresh();
    this.change(perMinute, now);
  }

  private ask(at: Instant, cost: number, ours: boolean): boolean {
    if (!(this.hard ? this.window.tryTake(at, cost) : this.isServed(at, cost, ours))) {
      this.probe.quotaDenied(this.id, ours, at);
      return false;
    }
    this.adjuster?.used(cost);
    this.probe.quotaTaken(this.id, ours, at, cost);
    return true;
  }

  /** Where the limit is soft. */
  private isServed(at: Instant, cost: number, ours: boolean): boolean {
    if (this.overload === 0) return true;
    // Drawn for each call, so that runs with other limits meet Cloud KMS in the same state.
    const isOverloaded = (ours ? this.ourLuck : this.othersLuck).next53() < this.overload;
    if (isOverloaded && this.lastMinute.at(at) + cost > this.perMinute) return false;
    this.lastMinute.add(at, cost);
    return true;
  }

  private adjust(adjuster: QuotaAdjuster): void {
    const at = adjuster.next;
    const raise = adjuster.act(this.perMinute);
    if (raise === null) return;
    const from = this.perMinute;
    this.change(raise.to, at);
    this.probe.quotaAdjusted({ at, pool: this.id, from, ...raise });
  }

  private change(perMinute: number, now: Instant): void {
    this.perMinute = perMinute;
    const { calls, span } = windowOf(perMinute);
    this.window.change(calls, span, now);
  }

  private drawOther(): void {
    this.nextOther = this.others === null ? Infinity : this.others.next();
  }
}
