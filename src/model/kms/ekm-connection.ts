/**
 * The connection to an external key manager, which several keys may share: how many calls a second it carries, and how
 * long they take beyond Cloud KMS.
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

  constructor(plan: EkmConnectionPlan, streams: Streams) {
    if (plan.capacity === null) {
      this.window = null;
    } else {
      const { calls, span } = windowOf(plan.capacity * 60);
      this.window = new SlidingWindow(calls, span);
    }
    this.latency = plan.latency === null ? null : new Distribution(plan.latency);
    this.luck = streams.stream('ekm-latency', plan.name);
  }

  /** Whether it carries the call that is made now. */
  carries(now: Instant): boolean {
    return this.window === null || this.window.tryTake(now);
  }

  /** What the way to the external key manager and back adds to a call. */
  drawLatency(): Duration {
    return this.latency === null ? (0 as Duration) : this.latency.draw(this.luck);
  }
}
