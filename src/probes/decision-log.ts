/** The decision log: what each scaling decision looked at, what it wanted, what was started, and why. */
import type { Plan } from '../model/plan.ts';
import type { DecisionRecord } from '../model/probe.ts';
import { timeFields } from './timestamp.ts';

export class DecisionLog {
  readonly entries: string[] = [];
  private readonly plan: Plan;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  decided(decision: DecisionRecord): void {
    this.entries.push(
      JSON.stringify({
        ...timeFields(this.plan.startsAt, decision.at),
        service_name: this.plan.services[decision.service].name,
        revision_name: this.plan.revisions[decision.revision].name,
        by: decision.by,
        readings: decision.readings,
        desired: decision.desired,
        starts: decision.starts,
        because: decision.because,
      }),
    );
  }
}
