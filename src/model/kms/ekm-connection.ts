/**
 * The connection to an external key manager, which several keys may share: how many calls a second it carries, and how
 * long they take beyond Cloud KMS.
 *
 * The distance to it is a round trip that every attempt takes on top, whatever its answer: a key whose location is far
 * from the external key manager is slower, and nearer to the time-out.
 *
 * Calls above its capacity are answered OVERLOADED_EKM, which can be retried; held starts then come back in a
 * herd after a maintenance and overload it again.
 */
import { Distribution } from '../../engine/distributions.ts';
import { SlidingWindow } from '../../engine/sliding-window.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import { windowOf } from '../../rules/quota-policies.ts';
import type { Duration, Instant } from '../../units/time.ts';
import type { EkmConnectionPlan } from '../plan.ts';

export class EkmConnection {
  private readonly window: SlidingWindow | null;
  private readonly latency: Distribution | null;
  private readonly luck: Stream;
  private readonly furtherLuck: Stream;
  /** There and back, between Cloud KMS and the external key manager. */
  readonly roundTripTime: Duration;

  constructor(plan: EkmConnectionPlan, streams: Streams) {
    if (plan.capacity === null) {
      this.window = null;
    } else {
      const { calls, span } = windowOf(plan.capacity * 60);
      this.window = new SlidingWindow(calls, span);
    }
    this.latency = plan.latency === null ? null : new Distribution(plan.latency);
    this.roundTripTime = plan.roundTripTime;
    this.luck = streams.stream('ekm-latency', plan.name);
    this.furtherLuck = streams.stream('ekm-attempt', `latency of connection ${plan.name}`);
  }

  /** Whether it carries the call that is made now. */
  carries(now: Instant): boolean {
    return this.window === null || this.window.tryTake(now);
  }

  /** How long the external key manager takes. `isFirst`: for the first attempt of a call; others have luck of their own. */
  drawLatency(isFirst: boolean): Duration {
    if (this.latency === null) return 0 as Duration;
    return this.latency.draw(isFirst ? this.luck : this.furtherLuck);
  }
}
