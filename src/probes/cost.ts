/**
 * What the simulated time costs on Cloud Run and Cloud KMS, at list prices.
 *
 * Time and operations are counted in whole numbers while the world goes on, and prices are applied once, at the end,
 * so that a bill is the same on every machine. It is there to compare plans by: without free tier, discounts,
 * network, storage of images, and what the partner behind an external key charges.
 *
 *   Cloud Run   billed instance time (`billed-time.ts`), idle instances kept by a minimum (`kept-idle.ts`), and,
 *               under request-based billing, requests that reached an instance
 *   Cloud KMS   cryptographic operations that were granted, whatever their answer, and active key versions
 *               (`active-versions.ts`) in proportion to the time
 *
 * As elsewhere in the summary, a request counts if it arrived, and a key call if it was made, at or after the
 * warm-up; of instances and key versions, the time after it.
 */
import type { Plan } from '../model/plan.ts';
import type { InstanceRecord, KeyCallRecord, LifeStage, WorldView } from '../model/probe.ts';
import { boostedCpu } from '../rules/cloud-run-limits.ts';
import { cost, keyVersionPrice, SECONDS_PER_MONTH } from '../rules/prices.ts';
import type { InstanceId, RevisionId, KeyId } from '../units/ids.ts';
import { inSeconds, type Instant } from '../units/time.ts';
import type { ActiveInstances } from './active-instances.ts';
import { ActiveVersions } from './active-versions.ts';
import { BilledTime } from './billed-time.ts';
import { KeptIdle } from './kept-idle.ts';
import type { RequestTally } from './request-tally.ts';
import type { CostAmounts, CostSummary, ServiceCost } from './results.ts';

const GIB = 1024 * 1024 * 1024;

export class CostTally {
  private readonly plan: Plan;
  private view: WorldView | null = null;
  private clock!: WorldView['clock'];
  private readonly billed: BilledTime;
  private readonly kept: KeptIdle;
  private readonly versions: ActiveVersions;
  private readonly requests: RequestTally;
  private operations = 0;

  /** `requests` counts those that reached an instance. */
  constructor(plan: Plan, requests: RequestTally, active: ActiveInstances) {
    this.plan = plan;
    this.requests = requests;
    this.billed = new BilledTime(plan);
    this.kept = new KeptIdle(plan, active);
    this.versions = new ActiveVersions(plan);
  }

  watch(view: WorldView): void {
    this.view = view;
    this.clock = view.clock;
    this.kept.watch(view);
    this.versions.watch(view);
  }

  activeChanged(revision: RevisionId, instance: InstanceId, by: number): void {
    this.billed.activeChanged(revision, instance, by, this.clock.now);
    this.kept.activeChanged(revision);
  }

  /** The same of one that stands in for others: nothing is rounded. */
  activeChangedUnrounded(revision: RevisionId, instance: InstanceId): void {
    this.billed.activeChangedUnrounded(instance, this.view!.now);
    this.kept.activeChanged(revision);
  }

  /** Instances that stand for others were billed for so much more than their activity, ns in all. */
  paidIdle(revision: RevisionId, length: number, at: number): void {
    if (at >= this.plan.warmUp) this.billed.addRounding(revision, length);
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage): void {
    this.billed.moved(instance, from, to, this.view!.now);
    this.kept.changed(instance.revision);
  }

  keyCalled(call: KeyCallRecord): void {
    if (call.outcome !== 'exceeded' && call.issuedAt >= this.plan.warmUp) this.operations++;
  }

  minimumChanged(revision: RevisionId): void {
    this.kept.changed(revision);
  }

  versionsChanged(key: KeyId): void {
    this.versions.changed(key);
  }

  finish(): void {
    const end = this.plan.duration as number as Instant;
    this.billed.finish(end);
    this.kept.finish(end);
    this.versions.finish(end);
  }

  get summary(): CostSummary {
    const { plan } = this;
    const measured = inSeconds((plan.duration - plan.warmUp) as Instant);
    const perMonth = (amount: number): number => (amount * SECONDS_PER_MONTH) / measured;
    const services = plan.services.map((_, id) => this.serviceCost(id, perMonth));
    const operations = cost('key-operations', this.operations);
    const versions = plan.keys.reduce(
      (sum, { protectionLevel }, key) =>
        sum + cost(keyVersionPrice(protectionLevel), this.versions.seconds(key) / SECONDS_PER_MONTH),
      0,
    );
    const amounts = {
      cloud_run: services.reduce((sum, { cloud_run }) => sum + (cloud_run as number), 0),
      cloud_run_idle_minimum: services.reduce((sum, { idle_minimum }) => sum + (idle_minimum as number), 0),
      cloud_run_awaiting_key: services.reduce((sum, { awaiting_key }) => sum + (awaiting_key as number), 0),
      cloud_kms: operations + versions,
      cloud_kms_operations: operations,
      cloud_kms_key_versions: versions,
    } satisfies CostAmounts;
    return {
      currency: 'USD',
      tier: plan.pricing.tier,
      free_tier: plan.pricing.freeTier,
      ...amounts,
      per_month: Object.fromEntries(
        Object.entries(amounts).map(([name, amount]) => [name, perMonth(amount)]),
      ) as unknown as CostAmounts,
      services,
    };
  }

  private serviceCost(id: number, perMonth: (amount: number) => number): ServiceCost {
    const byRequest = new Usage();
    const byInstance = new Usage();
    let idleCpu = 0;
    let idleMemory = 0;
    this.plan.revisions.forEach((revision, index) => {
      if (revision.service !== id) return;
      const { cpu, cpuIdle, startupCpuBoost } = revision;
      const memory = revision.memoryBytes / GIB;
      const seconds = this.billed.seconds(index);
      const idle = this.kept.seconds(index);
      const usage = cpuIdle ? byRequest : byInstance;
      usage.revisions++;
      usage.instance += seconds;
      usage.cpu += seconds * cpu + this.billed.boostedSeconds(index) * (boostedCpu(cpu) - cpu);
      usage.memory += seconds * memory;
      const awaiting = this.billed.awaitingSeconds(index);
      usage.awaitingCpu += awaiting * (startupCpuBoost ? boostedCpu(cpu) : cpu);
      usage.awaitingMemory += awaiting * memory;
      idleCpu += idle * cpu;
      idleMemory += idle * memory;
      usage.requests += this.requests.placed[index];
    });
    const cpu = cost('request-based-vcpu', byRequest.cpu) + cost('instance-based-vcpu', byInstance.cpu);
    const memory =
      cost('request-based-memory', byRequest.memory) + cost('instance-based-memory', byInstance.memory);
    const requests = cost('requests', byRequest.requests);
    const idle = cost('request-based-idle-vcpu', idleCpu) + cost('request-based-idle-memory', idleMemory);
    const total = cpu + memory + requests + idle;
    return {
      service_name: this.plan.services[id].name,
      billing:
        byInstance.revisions === 0 ? 'request-based' : byRequest.revisions === 0 ? 'instance-based' : 'both',
      billed_instance_s: byRequest.instance + byInstance.instance,
      cpu,
      memory,
      requests,
      idle_minimum: idle,
      awaiting_key:
        cost('request-based-vcpu', byRequest.awaitingCpu) +
        cost('request-based-memory', byRequest.awaitingMemory) +
        cost('instance-based-vcpu', byInstance.awaitingCpu) +
        cost('instance-based-memory', byInstance.awaitingMemory),
      cloud_run: total,
      cloud_run_per_month: perMonth(total),
    };
  }
}

/** Of the revisions of a service under one kind of billing: instance-s, vCPU-s, GiB-s, and requests. */
class Usage {
  revisions = 0;
  instance = 0;
  cpu = 0;
  memory = 0;
  awaitingCpu = 0;
  awaitingMemory = 0;
  requests = 0;
}
