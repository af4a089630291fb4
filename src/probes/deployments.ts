/** Deployments: when each was asked for, and what became of it. `pending`: neither serving nor failed at the end. */
import type { Plan } from '../model/plan.ts';
import type { DeploymentRecord } from '../model/probe.ts';
import { inSeconds } from '../units/time.ts';
import type { DeploymentSummary } from './results.ts';

export class Deployments {
  private readonly plan: Plan;
  /** By revision: a revision is deployed once. In the order in which they were begun. */
  private readonly records = new Map<number, DeploymentRecord>();

  constructor(plan: Plan) {
    this.plan = plan;
  }

  deployed(deployment: DeploymentRecord): void {
    this.records.set(deployment.revision, deployment);
  }

  get summary(): DeploymentSummary[] {
    return [...this.records.values()].map((record) => ({
      service_name: this.plan.services[record.service].name,
      revision_name: this.plan.revisions[record.revision].name,
      at_s: inSeconds(record.begunAt),
      outcome: record.stage === 'begun' ? 'pending' : record.stage,
      message: record.message,
    }));
  }
}
