/**
 * The decision log: what each scaling decision looked at, what it wanted, what was started, and why; and each raise of
 * a limit by the quota adjuster.
 *
 * In the order of time. A raise is told when somebody next looks at its pool, so entries are put in order at the end;
 * those of one instant stand as they were told.
 */
import type { Plan } from '../model/plan.ts';
import type { DecisionRecord, QuotaAdjustmentRecord } from '../model/probe.ts';
import type { Instant } from '../units/time.ts';
import { timeFields } from './timestamp.ts';

export class DecisionLog {
  private readonly plan: Plan;
  private readonly told: { readonly at: Instant; readonly entry: string }[] = [];
  private inOrder = true;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  get entries(): string[] {
    if (!this.inOrder) this.told.sort((a, b) => a.at - b.at);
    this.inOrder = true;
    return this.told.map(({ entry }) => entry);
  }

  decided(decision: DecisionRecord): void {
    this.tell(decision.at, {
      service_name: this.plan.services[decision.service].name,
      revision_name: this.plan.revisions[decision.revision].name,
      by: decision.by,
      readings: decision.readings,
      desired: decision.desired,
      starts: decision.starts,
      because: decision.because,
    });
  }

  quotaAdjusted({ at, pool, from, to, usage, because }: QuotaAdjustmentRecord): void {
    const { name, project, location, protectionLevel } = this.plan.quotas.limits[pool];
    this.tell(at, {
      quota_limit: name,
      project_id: project,
      location,
      protection_level: protectionLevel,
      by: 'quota-adjuster',
      readings: { usage_per_minute: usage, limit_per_minute: from },
      desired: to,
      because,
    });
  }

  private tell(at: Instant, what: object): void {
    const last = this.told.at(-1);
    if (last !== undefined && at < last.at) this.inOrder = false;
    this.told.push({ at, entry: JSON.stringify({ ...timeFields(this.plan.startsAt, at), ...what }) });
  }
}
