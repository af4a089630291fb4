/**
 * A quota pool: what the calls of one project, location and level (HSM or EXTERNAL) share.
 *
 * The pool is charged in the key's project, whoever calls; several keys, services and other users draw from it, and
 * starve each other. Others' calls are real ones: they take quota like ours and may be denied like ours. They
 * interest nobody until one of ours comes, so they are made up to that instant then, and not as events.
 */
import { CalendarWindow, SlidingWindow, TokenBucket, type QuotaWindow } from '../../engine/sliding-window.ts';
import type { Streams } from '../../engine/streams.ts';
import { windowOf } from '../../rules/quota-policies.ts';
import type { PoolId } from '../../units/ids.ts';
import { type Instant } from '../../units/time.ts';
import type { QuotaLimitPlan } from '../plan.ts';
import type { Probe } from '../probe.ts';
import { StagedArrivals, type ArrivalCursor } from '../traffic/arrivals.ts';

export class QuotaPool {
  readonly id: PoolId;
  /** The limit in force, calls per minute. */
  perMinute: number;
  private readonly window: QuotaWindow;
  private readonly hard: boolean;
  private readonly others: ArrivalCursor | null;
  private readonly probe: Probe;
  private nextOther = Infinity;

  constructor(id: PoolId, plan: QuotaLimitPlan, streams: Streams, probe: Probe) {
    this.id = id;
    this.probe = probe;
    this.perMinute = plan.perMinute;
    const { calls, span } = windowOf(plan.perMinute);
    this.window =
      plan.window === 'sliding'
        ? new SlidingWindow(calls, span)
        : plan.window === 'calendar-second'
          ? new CalendarWindow(calls, span)
          : new TokenBucket(calls, span);
    this.hard = plan.enforcement === 'hard';
    this.others =
      plan.otherUsage.length === 0
        ? null
        : new StagedArrivals(plan.otherUsage, streams.stream('other-usage', plan.name));
    this.drawOther();
  }

  /** Asks for one call at `now`; tells whether it is granted. */
  take(now: Instant): boolean {
    this.catchUp(now);
    const granted = this.ask(now);
    if (granted) this.probe.quotaTaken(this.id, true, now);
    else this.probe.quotaDenied(this.id, true, now);
    return granted;
  }

  /** Makes the others' calls up to and including `now`. */
  catchUp(now: Instant): void {
    while (this.nextOther <= now) {
      const at = this.nextOther as Instant;
      if (this.ask(at)) this.probe.quotaTaken(this.id, false, at);
      else this.probe.quotaDenied(this.id, false, at);
      this.drawOther();
    }
  }

  setLimit(perMinute: number, now: Instant): void {
    // Others' calls up to now were made under the old limit.
    this.catchUp(now);
    this.perMinute = perMinute;
    const { calls, span } = windowOf(perMinute);
    this.window.change(calls, span, now);
  }

  private ask(at: Instant): boolean {
    // Soft: served above the limit too, and counted by those who watch.
    return this.window.tryTake(at) || !this.hard;
  }

  private drawOther(): void {
    this.nextOther = this.others === null ? Infinity : this.others.next();
  }
}
