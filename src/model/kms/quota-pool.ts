/**
 * A quota pool: what the calls of one project, location and level (HSM or EXTERNAL) share.
 *
 * The pool is charged in the key's project, whoever calls; several keys, services and other users draw from it, and
 * starve each other. Others' calls are real ones: they take quota like ours and may be denied like ours. They
 * interest nobody until one of ours comes, so they are made up to that instant then, and not as events.
 */
import { CalendarWindow, SlidingWindow, TokenBucket, type QuotaWindow } from '../../engine/sliding-window.ts';
import { negLn } from '../../engine/portable-math.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import { windowOf } from '../../rules/quota-policies.ts';
import type { PoolId } from '../../units/ids.ts';
import { SECOND, type Instant } from '../../units/time.ts';
import type { QuotaLimitPlan } from '../plan.ts';
import type { Probe } from '../probe.ts';

export class QuotaPool {
  readonly id: PoolId;
  /** The limit in force, calls per minute. */
  perMinute: number;
  private readonly plan: QuotaLimitPlan;
  private readonly window: QuotaWindow;
  private readonly hard: boolean;
  private readonly others: Stream | null;
  private readonly probe: Probe;
  private nextOther = Infinity;

  constructor(id: PoolId, plan: QuotaLimitPlan, start: Instant, streams: Streams, probe: Probe) {
    this.id = id;
    this.plan = plan;
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
    this.others = plan.otherUsage > 0 ? streams.stream('other-usage', plan.name) : null;
    this.nextOther = start;
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
    if (this.others === null) {
      this.nextOther = Infinity;
      return;
    }
    this.nextOther = Math.ceil(
      this.nextOther + (negLn(this.others.next53()) / this.plan.otherUsage) * SECOND,
    );
  }
}
