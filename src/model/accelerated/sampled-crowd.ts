/**
 * The requests of a revision where they share the CPU: one instance of each group is simulated request by request
 * (`SampledInstances`), and this file sees to it that whoever looks finds the numbers of the whole.
 *
 *   arrive and wait (`SampledArrivals`) ──▶ begin (`GroupStarts`) ──▶ at work (`GroupWork`) ──▶ answered (`Answers`)
 *
 * Time passes in steps (`SampledSteps`), and always up to the instant at which something else happens to the revision.
 * At their ends what others see is brought up to date: which instances are active, and how many requests there are. They
 * are long where there is room for all that may come in one.
 */
import type { Distribution } from '../../engine/distributions.ts';
import type { Stream } from '../../engine/streams.ts';
import type { HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import { check } from '../../units/check.ts';
import { SECOND, type Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import type { CrowdProbe, Probe } from '../probe.ts';
import type { Demand } from '../run/front-door.ts';
import type { Instances } from '../run/instances.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import { Answers } from './answers.ts';
import type { CrowdRules } from './crowd-rules.ts';
import { GroupStarts } from './group-starts.ts';
import type { Inflow } from './inflow.ts';
import { NewInstances } from './new-instances.ts';
import { Waiting } from './pending.ts';
import { SampleSize } from './sample-size.ts';
import { SampledArrivals } from './sampled-arrivals.ts';
import { SampledInstances } from './sampled-instances.ts';
import { SampledSteps } from './sampled-steps.ts';
import { SingleInstances } from './single-instances.ts';

export class SampledCrowd {
  readonly revision: Revision;
  /** Time has passed up to here, ns. */
  at: number;
  /** When it acts next on its own. */
  edge = Infinity;

  private readonly agenda: Agenda;
  private readonly tell: CrowdProbe | undefined;
  private readonly rules: CrowdRules;
  private demand!: Demand;

  private readonly answers: Answers;
  private readonly sampled: SampledInstances;
  private readonly waiting: Waiting;
  private readonly arrivals: SampledArrivals;
  private readonly starts: GroupStarts;
  private readonly fresh: NewInstances;
  private readonly singles: SingleInstances;
  private readonly sampleSize = new SampleSize();
  private readonly steps: SampledSteps;

  constructor(
    revision: Revision,
    service: Service,
    inflow: Inflow,
    durations: readonly Distribution[],
    world: {
      readonly agenda: Agenda;
      readonly probe: Probe;
      readonly instances: Instances;
      readonly rules: CrowdRules;
      readonly arrivalLuck: Stream;
      readonly luck: Stream;
      readonly durationLuck: Stream;
      readonly cpuLuck: Stream;
      readonly start: number;
    },
  ) {
    const { agenda, probe, instances, rules, arrivalLuck, luck, durationLuck, cpuLuck, start } = world;
    const tell = probe.crowd;
    this.revision = revision;
    this.agenda = agenda;
    this.tell = tell;
    this.rules = rules;
    this.at = Math.max(0, start);
    const { maxInstanceRequestConcurrency, cpu, timeout } = revision.plan;
    const patience = service.plan.clients?.timeout ?? Infinity;
    const limit = Math.min(timeout, patience);
    const outOfTime = patience <= timeout ? 'client-gave-up' : 'timed-out';
    const answers = new Answers(service.id, revision.id, tell);
    this.answers = answers;
    const sampled = new SampledInstances(maxInstanceRequestConcurrency, cpu, limit, this.at, luck, {
      finished: (count, arrivedAt, startedAt, at) => {
        const real = this.arrivals.withoutOwed(count);
        if (real > 0) answers.finished(real, arrivedAt, startedAt, at);
      },
      late: (count, arrivedAt) => {
        const real = this.arrivals.withoutOwed(count);
        if (real > 0) answers.refused(real, outOfTime, arrivedAt, true);
      },
      emptied: (group, at) => this.singles.emptied(group, at),
      filled: (group, at) => this.singles.filled(group, at),
    });
    this.sampled = sampled;
    const limits = {
      limit,
      outOfTime,
      get now(): number {
        return sampled.now;
      },
    } as const;
    const waiting = new Waiting(revision, service, limits, answers, rules);
    const sources = durations.length;
    const arrivals = new SampledArrivals(revision, service, inflow, sources, waiting, tell, arrivalLuck);
    this.waiting = waiting;
    this.arrivals = arrivals;
    this.starts = new GroupStarts(service, inflow, arrivals, sampled, durations, tell, durationLuck, cpuLuck);
    this.singles = new SingleInstances(revision, instances, sampled, probe);
    this.fresh = new NewInstances(revision, arrivals, this.starts, sampled, tell);
    this.steps = new SampledSteps(inflow);
  }

  serve(demand: Demand): void {
    this.demand = demand;
    this.singles.serve(demand);
  }

  /** vCPU in use. */
  get cpuInUse(): number {
    return this.sampled.inUse;
  }

  /** Its integral since this was asked last, ns x vCPU. */
  foldCpu(): number {
    const area = this.sampled.cpuArea;
    this.sampled.cpuArea = 0;
    return area;
  }

  /** Its own time has come: passes it, sees to what pends and says when it acts next. */
  act(): void {
    const { waiting } = this;
    this.passTo(this.agenda.now);
    // There are as many groups as there should be.
    this.arrivals.madeUp(this.sampleSize.keep(this.sampled, this.at), this.at);
    if (waiting.unserved && waiting.count > 0) this.demand.pends(this.revision);
    waiting.unserved = false;
    this.edge = this.nextEdge(this.at);
  }

  /** Brings it up to the present, before something else happens to it. */
  passTo(now: number): void {
    while (this.at < now) this.pass(Math.min(now, this.rules.nextBreak(this.at)));
  }

  /** Lets time pass up to `until`, across which the rates are smooth. */
  private pass(until: number): void {
    const { revision, sampled, starts } = this;
    const from = this.at;
    sampled.busyArea = 0;
    sampled.activeArea = 0;
    starts.waitingArea = 0;
    const cpuBefore = sampled.cpuArea;
    const drawFor = starts.drawFor(from);
    while (this.at < until) {
      const end = Math.min(until, this.at + drawFor);
      starts.pass(this.at, end);
      this.at = end;
    }
    const length = until - from;
    revision.passTo(from as Instant);
    revision.inSystem = Math.max(0, Math.floor((sampled.busyArea + starts.waitingArea) / length + 0.5));
    const vCpu = sampled.coreSize * revision.plan.cpu;
    if (vCpu > 0) this.sampleSize.noteUse((sampled.cpuArea - cpuBefore) / (vCpu * length), length);
    const average = sampled.activeArea / length;
    this.settle(until, this.steps.nextActive(average, sampled.active, sampled.coreSize, length));
    // The boosted CPU of new instances is paid for while they have requests: they must not be those that have none.
    if (until < this.fresh.boostedUntil) this.singles.rotate(Math.min(1, length / SECOND), until);
    if (sampled.paidIdle > 0) {
      this.tell?.crowdPaidIdle(revision.id, sampled.paidIdle, until);
      sampled.paidIdle = 0;
    }
  }

  private get inSystem(): number {
    return this.sampled.busy - this.arrivals.owed + this.waiting.count;
  }

  /** Brings what others see up to the counts; so many instances of the core are active. */
  private settle(now: number, active: number): void {
    const { revision } = this;
    revision.passTo(now as Instant);
    revision.inSystem = this.inSystem;
    revision.queue.waiting = this.starts.full ? this.waiting.count : 0;
    this.singles.settle(Math.floor(active + 0.5), now);
  }

  private settleNow(): void {
    this.settle(this.at, this.sampled.active);
  }

  /** It has no traffic and no instance, not even one that starts (before its deployment, or long after another one). */
  private get isDormant(): boolean {
    const { percent, live } = this.revision;
    return percent === 0 && live.length === 0 && this.waiting.count === 0;
  }

  /** Where the step ends that begins at `at`. */
  private nextEdge(at: number): number {
    const { sampled, revision } = this;
    const { full } = this.starts;
    if (this.isDormant) return Math.min(this.steps.asleep(at), this.rules.nextBreak(at));
    if (full) this.sampleSize.disturb(at);
    const slots = sampled.coreSize * revision.plan.maxInstanceRequestConcurrency;
    return Math.min(this.steps.next(at, full ? 0 : slots - sampled.busy), this.rules.nextBreak(at));
  }

  /** Sees to it that it acts soon enough. */
  replan(now: number): void {
    const edge = Math.min(this.edge, this.waiting.unserved ? now : this.nextEdge(this.at));
    if (edge < this.edge && edge >= now) {
      this.edge = edge;
      this.agenda.planArrival(edge, this.revision.id);
    }
  }

  /** Something has happened that it must not sleep through. */
  disturb(): void {
    this.replan(Math.max(this.agenda.now, this.at));
  }

  /** An instance became ready, and takes of those that wait what it has room for. */
  opened(row: number, onDemand: boolean, initial: boolean): void {
    const { now } = this.agenda;
    const group = this.sampled.of(row)!;
    this.fresh.open(group, now, onDemand, initial);
    this.singles.show(row, group, now);
    this.settleNow();
    this.singles.mayIdle(row);
    this.replan(now);
  }

  /** An instance has become one of the core. */
  joinCore(row: number): void {
    this.passTo(this.agenda.now);
    this.singles.join(row, this.fresh);
  }

  /** An instance is not (any more) one of the core, but still ready. */
  leaveCore(row: number): void {
    this.passTo(this.agenda.now);
    if (!this.singles.release(row, this.at)) return;
    this.settleNow();
    this.singles.mayIdle(row);
  }

  /** An instance is not routed to any more. */
  leave(row: number): void {
    this.passTo(this.agenda.now);
    const load = this.singles.leave(row, this.at);
    this.settleNow();
    if (load > 0) this.disturb();
  }

  /** All requests on an instance that is not routed to are lost. */
  cutOff(row: number): void {
    const arrivedAt = this.sampled.arrivalOn(row);
    const count = this.arrivals.withoutOwed(this.singles.lose(row));
    if (count === 0) return;
    this.answers.refused(count, 'instance-gone', arrivedAt, true);
    this.settleNow();
  }

  /** All that pend are refused. */
  turnAway(outcome: HttpOutcomeId): void {
    this.passTo(this.agenda.now);
    this.waiting.turnAway(outcome);
    this.settleNow();
  }

  /** What must hold at the end. */
  verify(): void {
    const { revision, arrivals } = this;
    check(
      arrivals.count === this.answers.count + this.inSystem && revision.inSystem === this.inSystem,
      'every request that arrived was answered once or is in flight',
    );
    check(this.inSystem >= 0 && this.sampled.coreSize === this.singles.coreSize, 'requests are on instances');
  }
}
