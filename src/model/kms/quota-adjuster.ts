/**
 * The quota adjuster of a pool, where a project has it enabled: it raises the limit when usage stays near it.
 *
 * The page "Quota adjuster" of Cloud Quotas says that it looks whether usage has approached the quota during a specified
 * duration, asks for typically 10 to 20 % more, and never for less. How near, how long and when the request is granted
 * are assumptions (`quotaAdjusterShare`, `quotaAdjusterPeriod`, `quotaAdjusterDelay`, `quotaAdjusterFactor`), and so is
 * that every request is granted. It looks at full minutes; what was denied is no usage.
 *
 * While a request waits to be granted no other is made; after a raise, and after somebody else has set the limit, a new
 * period begins.
 */
import type { AssumptionValues } from '../../rules/assumptions.ts';
import { after, inSeconds, MINUTE, type Duration, type Instant } from '../../units/time.ts';

/** A limit that is raised, and why. */
export interface Raise {
  /** The new limit, per minute. */
  readonly to: number;
  /** Usage of the last minute before the request. */
  readonly usage: number;
  readonly because: string;
}

type Settings = Pick<
  AssumptionValues,
  'quotaAdjusterShare' | 'quotaAdjusterPeriod' | 'quotaAdjusterDelay' | 'quotaAdjusterFactor'
>;

export class QuotaAdjuster {
  private readonly share: number;
  private readonly minutes: number;
  private readonly delay: Duration;
  private readonly factor: number;
  private minuteEnds: Instant;
  private usedInMinute = 0;
  /** Full minutes in a row in which usage was high. */
  private high = 0;
  /** A request that waits to be granted. */
  private request: { readonly grantedAt: Instant; readonly usage: number; readonly madeAt: Instant } | null =
    null;

  constructor(settings: Settings, start: Instant) {
    this.share = settings.quotaAdjusterShare;
    this.minutes = Math.ceil(settings.quotaAdjusterPeriod / MINUTE);
    this.delay = settings.quotaAdjusterDelay;
    this.factor = settings.quotaAdjusterFactor;
    this.minuteEnds = ((Math.floor(start / MINUTE) + 1) * MINUTE) as Instant;
  }

  /** When it has something to do next. */
  get next(): Instant {
    const granted = this.request?.grantedAt ?? Infinity;
    return Math.min(this.minuteEnds, granted) as Instant;
  }

  /** So much was granted, before `next`. */
  used(cost: number): void {
    this.usedInMinute += cost;
  }

  /** Somebody has set the limit: what was seen and asked for under the old one is void. */
  startAfresh(): void {
    this.high = 0;
    this.usedInMinute = 0;
    this.request = null;
  }

  /** Does what is due at `next`, under this limit: returns the raise if one is granted. */
  act(perMinute: number): Raise | null {
    const { request } = this;
    // A minute that ends as the raise comes was still one under the old limit.
    if (request !== null && request.grantedAt < this.minuteEnds) {
      this.startAfresh();
      const to = Math.max(Math.round(perMinute * this.factor), perMinute + 1);
      const share = `${Math.round(this.share * 1e4) / 100}%`;
      const when = `${inSeconds(request.madeAt)} s`;
      const because = `usage was at least ${share} of the limit in each of the ${this.minutes} minutes before ${when}, when more was requested`;
      return { to, usage: request.usage, because };
    }
    this.closeMinute(perMinute);
    return null;
  }

  private closeMinute(perMinute: number): void {
    const at = this.minuteEnds;
    const usage = this.usedInMinute;
    this.usedInMinute = 0;
    this.minuteEnds = after(at, MINUTE);
    const isHigh = this.request === null && usage > 0 && usage >= this.share * perMinute;
    this.high = isHigh ? this.high + 1 : 0;
    if (this.high < this.minutes) return;
    this.high = 0;
    this.request = { grantedAt: after(at, this.delay), usage, madeAt: at };
  }
}
