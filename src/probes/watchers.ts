/**
 * All that watch a play, as one probe: each call is handed to those that want it.
 *
 * The calls that come with every request go to the tallies by name, so that the engine sees one shape of
 * object and can put the code in line; a list of listeners would cost more than what they do. The order in which
 * watchers hear of one call does not matter: none reads another before the end.
 */
import type { Plan } from '../model/plan.ts';
import type {
  DecisionRecord,
  DeploymentRecord,
  EvictionRecord,
  InstanceRecord,
  KeyCallRecord,
  KeyKnowledgeRecord,
  LifeStage,
  Probe,
  QuotaAdjustmentRecord,
  WorldView,
} from '../model/probe.ts';
import type { HttpOutcomeId } from '../rules/cloud-run-limits.ts';
import { check } from '../units/check.ts';
import type {
  InstanceId,
  KeyId,
  PoolId,
  RequestId,
  RevisionId,
  ServiceId,
  TimelineId,
} from '../units/ids.ts';
import type { Instant } from '../units/time.ts';
import { ActiveInstances } from './active-instances.ts';
import { AuditLog } from './audit-log.ts';
import { ColdStarts } from './cold-starts.ts';
import { CostTally } from './cost.ts';
import { CrowdTally } from './crowd-tally.ts';
import { DecisionLog } from './decision-log.ts';
import { Deployments } from './deployments.ts';
import { FaultStory } from './fault-story.ts';
import { InstanceTally } from './instance-tally.ts';
import { KmsTally } from './kms-tally.ts';
import { RequestTally } from './request-tally.ts';
import { ScaleOut } from './scale-out.ts';
import { ServiceLog } from './service-log.ts';

export class Watchers implements Probe {
  readonly active: ActiveInstances;
  readonly requests: RequestTally;
  readonly instances: InstanceTally;
  readonly kms: KmsTally;
  readonly cost: CostTally;
  readonly scaleOut: ScaleOut;
  readonly coldStarts: ColdStarts;
  readonly faults: FaultStory;
  readonly deployments: Deployments;
  readonly serviceLog: ServiceLog;
  readonly auditLog: AuditLog;
  readonly decisionLog: DecisionLog;
  /** In accelerated mode. */
  readonly crowd: CrowdTally | undefined;
  /** True once the horizon was reached: what is counted is complete. */
  isComplete = false;

  private view: WorldView | null = null;

  private readonly logs: boolean;

  /** @param logs whether the three logs are kept */
  constructor(plan: Plan, logs = true) {
    this.logs = logs;
    this.requests = new RequestTally(plan);
    this.active = new ActiveInstances(plan);
    this.instances = new InstanceTally(plan, this.active);
    this.kms = new KmsTally(plan);
    this.cost = new CostTally(plan, this.requests, this.active);
    this.scaleOut = new ScaleOut(plan);
    this.coldStarts = new ColdStarts(plan);
    this.faults = new FaultStory(plan);
    this.deployments = new Deployments(plan);
    this.serviceLog = new ServiceLog(plan);
    this.auditLog = new AuditLog(plan);
    this.decisionLog = new DecisionLog(plan);
    const { active, requests, cost, faults } = this;
    const log = logs ? this.serviceLog : null;
    this.crowd =
      plan.mode === 'accelerated' ? new CrowdTally(plan, { active, requests, cost, faults, log }) : undefined;
  }

  /** The world to watch; once, before its time begins. */
  watch(view: WorldView): void {
    check(this.view === null || this.view === view, 'watchers watch one world');
    this.view = view;
    this.active.watch(view);
    this.requests.watch(view);
    this.instances.watch(view);
    this.kms.watch(view);
    this.cost.watch(view);
    this.scaleOut.watch(view);
    this.coldStarts.watch(view);
    this.faults.watch(view);
    this.serviceLog.watch(view);
    this.auditLog.watch(view);
  }

  arrived(service: ServiceId, attempt: number): void {
    this.requests.arrived(service, attempt);
    if (this.faults.expectant) this.faults.look();
  }

  answered(request: RequestId, code: number): void {
    this.requests.answered(request, code);
    if (code >= 300) this.faults.requestFailed(this.view!.requests.service(request));
    if (this.faults.expectant) this.faults.look();
  }

  activeChanged(revision: RevisionId, instance: InstanceId, by: number): void {
    this.active.changed(revision, by);
    this.cost.activeChanged(revision, instance, by);
    if (this.faults.expectant) this.faults.look();
  }

  rejected(request: RequestId, outcome: HttpOutcomeId): void {
    if (this.logs) this.serviceLog.rejected(request, outcome);
  }

  versionsChanged(key: KeyId): void {
    this.cost.versionsChanged(key);
  }

  minimumChanged(revision: RevisionId): void {
    this.cost.minimumChanged(revision);
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage, _because: string): void {
    this.instances.moved(instance, from, to);
    this.cost.moved(instance, from, to);
    this.coldStarts.moved(instance, from);
    if (this.logs) this.serviceLog.moved(instance, from);
    this.faults.moved(instance, from, to);
  }

  startHeld(instance: InstanceRecord, call: KeyCallRecord): void {
    if (this.logs) this.serviceLog.startHeld(instance, call);
    this.faults.startHeld(instance, call);
  }

  startEnded(instance: InstanceRecord, call: KeyCallRecord | null): void {
    this.instances.startEnded(instance);
    this.coldStarts.startEnded(instance);
    if (this.logs) this.serviceLog.startEnded(instance, call);
    this.faults.startEnded(instance, call);
  }

  keyCalled(call: KeyCallRecord): void {
    this.kms.keyCalled(call);
    this.cost.keyCalled(call);
    if (this.logs) this.auditLog.keyCalled(call);
    if (this.logs) this.serviceLog.keyCalled(call);
    this.faults.keyCalled(call);
  }

  quotaTaken(pool: PoolId, ours: boolean, at: Instant, cost: number): void {
    this.kms.quotaTaken(pool, ours, at, cost);
  }

  /** Our own denials come as key calls; those of others are nobody's business here. */
  quotaDenied(_pool: PoolId, _ours: boolean, _at: Instant): void {}

  quotaAdjusted(adjustment: QuotaAdjustmentRecord): void {
    if (this.logs) this.decisionLog.quotaAdjusted(adjustment);
  }

  decided(decision: DecisionRecord): void {
    if (this.logs) this.decisionLog.decided(decision);
  }

  keyLearned(knowledge: KeyKnowledgeRecord): void {
    this.faults.keyLearned(knowledge);
  }

  evicting(eviction: EvictionRecord): void {
    this.instances.evicting(eviction);
    if (this.logs) this.serviceLog.evicting(eviction);
    this.faults.evicting(eviction);
  }

  deployed(deployment: DeploymentRecord): void {
    this.deployments.deployed(deployment);
    if (this.logs) this.serviceLog.deployed(deployment);
  }

  began(entry: TimelineId): void {
    this.requests.began(entry, this.view!.now);
    this.faults.began(entry);
  }

  ended(entry: TimelineId): void {
    this.requests.ended(entry, this.view!.now);
    this.faults.ended(entry);
  }

  passed(instant: Instant): void {
    // A crowd is told of in stretches, and passes the grid by itself.
    if (this.crowd === undefined) this.requests.passTo(instant);
  }

  sampled(index: number): void {
    this.scaleOut.sampled(index);
    this.kms.sampled(index);
    if (this.logs) this.serviceLog.sampled();
    this.faults.sampled();
  }

  finished(): void {
    this.requests.finish();
    this.instances.finish();
    this.kms.finish();
    this.cost.finish();
    this.coldStarts.finish();
    if (this.logs) this.serviceLog.finish();
    this.isComplete = true;
  }
}
