/**
 * The crowd: the requests of one revision as numbers, from arrival to answer.
 *
 *   arrive (Poisson) ──▶ at work on the core (`AtWork`) ──▶ finished
 *        │                    ▲        └─▶ out of time: 504, 499
 *        └──▶ pend (`Pending`)┘
 *                └─▶ waited too long: 429, 500; out of time: 504, 499
 *
 * Time passes in steps (`Steps`), and always up to the instant at which something else happens to the revision, so
 * whoever looks finds the crowd as it is then. Within a step, starts follow arrivals by their cumulative curves.
 * Instances are single and exact, and have equal shares of the crowd (`Sharing`).
 */
import { poisson } from '../../engine/poisson.ts';
import type { Stream } from '../../engine/streams.ts';
import type { HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import { check } from '../../units/check.ts';
import type { Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import type { CrowdProbe, Probe } from '../probe.ts';
import type { Demand } from '../run/front-door.ts';
import type { Instances } from '../run/instances.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import { Answers } from './answers.ts';
import { AtWork } from './at-work.ts';
import type { CrowdRules } from './crowd-rules.ts';
import type { Inflow } from './inflow.ts';
import { Pending } from './pending.ts';
import { Sharing } from './sharing.ts';
import { averageOver, Steps } from './steps.ts';
import type { Survival } from './survival.ts';

export class Crowd {
  readonly revision: Revision;
  readonly cpuInUse = 0;
  /** Time has passed up to here, ns. */
  at: number;
  /** When it acts next on its own. */
  edge = Infinity;

  private readonly service: Service;
  private readonly agenda: Agenda;
  private readonly tell: CrowdProbe | undefined;
  private readonly instances: Instances;
  private readonly inflow: Inflow;
  /** How many services there are that requests may come from. */
  private readonly sources: number;
  private readonly rules: CrowdRules;
  private readonly arrivalLuck: Stream;
  private demand!: Demand;

  private readonly answers: Answers;
  private readonly work: AtWork;
  private readonly pending: Pending;
  private readonly sharing: Sharing;
  private readonly steps: Steps;
  private arrivedCount = 0;

  constructor(
    revision: Revision,
    service: Service,
    inflow: Inflow,
    survivals: readonly Survival[],
    world: {
      readonly agenda: Agenda;
      readonly probe: Probe;
      readonly instances: Instances;
      readonly rules: CrowdRules;
      readonly arrivalLuck: Stream;
      readonly luck: Stream;
      readonly start: number;
    },
  ) {
    const { agenda, probe, instances, rules, arrivalLuck, luck, start } = world;
    this.revision = revision;
    this.service = service;
    this.inflow = inflow;
    this.sources = survivals.length;
    this.agenda = agenda;
    this.tell = probe.crowd;
    this.instances = instances;
    this.rules = rules;
    this.arrivalLuck = arrivalLuck;
    this.at = Math.max(0, start);
    this.answers = new Answers(service.id, revision.id, probe.crowd);
    this.work = new AtWork(revision, service, survivals, this.answers, probe.crowd, luck, this.at);
    this.pending = new Pending(revision, service, this.work, this.answers, rules);
    this.sharing = new Sharing(revision, instances, this.work, this.answers, probe);
    this.steps = new Steps(inflow, rules, this.work, this.pending, this.sharing);
  }

  serve(demand: Demand): void {
    this.demand = demand;
    this.sharing.serve(demand);
  }

  /** Its own time has come: passes it, sees to what pends and says when it acts next. */
  act(): void {
    const { pending } = this;
    this.passTo(this.agenda.now);
    if (pending.unserved && pending.count > 0) this.demand.pends(this.revision);
    pending.unserved = false;
    this.edge = this.steps.next(this.at);
  }

  /** Brings it up to the present, before something else happens to it. */
  passTo(now: number): void {
    while (this.at < now) this.pass(Math.min(now, this.rules.nextBreak(this.at)));
  }

  /** Lets time pass up to `until`, across which the rates are smooth. */
  private pass(until: number): void {
    const { revision, work, pending, sharing } = this;
    const from = this.at;
    const before = revision.inSystem;
    this.at = until;
    if (!revision.exists) {
      work.completions.take(until);
      return;
    }
    const expected = this.arrive(from, until);
    const freed = work.passTo(until);
    if (this.steps.calm) {
      pending.begin(pending.count, from, until);
    } else if (pending.count > 0) {
      if (pending.count > sharing.room && sharing.hasSpare) sharing.borrow();
      pending.fill(from, until, Math.max(0, sharing.room - freed), freed);
    }
    sharing.finishApart(until);
    if (pending.count > 0) pending.expire(until);
    if (pending.count === 0 && sharing.hasBorrowed) sharing.giveBack();
    this.integrate(from, until, before, expected);
    this.settle(until);
  }

  /** Draws who arrives; they stand at the end of the queue. Returns how many were expected. */
  private arrive(from: number, until: number): number {
    const { inflow, revision, tell, service, pending } = this;
    let expected = 0;
    const { patience } = pending;
    for (let source = 0; source < this.sources; source++) {
      if (!inflow.comesFrom(source)) continue;
      const mean = inflow.expected(source, from, until);
      expected += mean;
      if (mean <= 0) continue;
      const count = poisson(mean, this.arrivalLuck);
      if (count === 0) continue;
      this.arrivedCount += count;
      revision.arrived += count;
      tell?.crowdArrived(service.id, count, from, until);
      pending.queue.push(from, until, count, source, patience);
    }
    return expected;
  }

  private get inSystem(): number {
    return this.work.count + this.sharing.apart.count + this.pending.count;
  }

  /** Adds up the requests of a step, as their time average. */
  private integrate(from: number, until: number, before: number, expected: number): void {
    const { revision } = this;
    const after = this.inSystem;
    const average =
      this.pending.count === 0
        ? averageOver(until - from, before, after, expected, this.work.mean)
        : 0.5 * (before + after);
    revision.passTo(from as Instant);
    revision.inSystem = Math.floor(average + 0.5);
    revision.passTo(until as Instant);
  }

  /** Brings what others see up to the counts: requests, and which of the instances have one. */
  private settle(now: number): void {
    const { revision } = this;
    revision.passTo(now as Instant);
    revision.inSystem = this.inSystem;
    revision.queue.waiting = this.pending.count;
    this.sharing.settle(now);
  }

  /** Sees to it that it acts soon enough after the calm has ended. */
  replan(now: number): void {
    if (this.steps.isCalm(this.at) && this.sharing.apart.count === 0) return;
    const edge = Math.min(this.edge, this.pending.unserved ? now : this.steps.next(this.at));
    if (edge < this.edge && edge >= now) {
      this.edge = edge;
      this.agenda.planArrival(edge, this.revision.id);
    }
  }

  /** Something has happened that it must not sleep through. */
  disturb(): void {
    const { now } = this.agenda;
    this.steps.disturb(now);
    this.replan(Math.max(now, this.at));
  }

  /** An instance became ready, and takes of those that wait what it has room for. */
  opened(row: number, onDemand: boolean, initial: boolean): void {
    const { work, pending, sharing } = this;
    const { now } = this.agenda;
    work.expectFirst(onDemand);
    if (pending.count > 0 && sharing.isSpare(row)) sharing.borrow();
    const count = Math.min(pending.count, sharing.room);
    if (count > 0) {
      work.meetInstance(
        Math.min(count, this.revision.plan.maxInstanceRequestConcurrency),
        onDemand,
        initial,
        now,
      );
      // Who finishes at once (nobody, but for rounding) frees a slot in the next step.
      pending.begin(count, now, now);
    }
    this.settle(now);
    if (this.instances.load[row] === 0) this.demand.idles(this.revision, row);
    this.replan(now);
  }

  /** An instance has become one of the core. */
  joinCore(row: number): void {
    this.passTo(this.agenda.now);
    this.sharing.join(row);
  }

  /** An instance is not (any more) one of the core, but still ready. */
  leaveCore(row: number): void {
    this.passTo(this.agenda.now);
    this.sharing.release(row);
    this.settle(this.at);
  }

  /** An instance is not routed to any more. */
  leave(row: number): void {
    this.passTo(this.agenda.now);
    this.sharing.leave(row);
    this.settle(this.at);
    // One of the surplus that has been idle is not missed.
    if (this.instances.load[row] > 0) this.disturb();
  }

  /** All requests on an instance that is apart are lost. */
  cutOff(row: number): void {
    const count = this.sharing.lose(row);
    if (count === 0) return;
    this.answers.refused(count, 'instance-gone', Math.max(0, this.at - 0.5 * this.work.mean), true);
    this.settle(this.at);
  }

  /** All that pend are refused. */
  turnAway(outcome: HttpOutcomeId): void {
    this.passTo(this.agenda.now);
    this.pending.turnAway(outcome);
    this.settle(this.at);
  }

  /** What its requests use of the CPU is not known. */
  foldCpu(): number {
    return 0;
  }

  /** What must hold at the end. */
  verify(): void {
    const { revision, sharing } = this;
    check(
      this.arrivedCount === this.answers.count + this.inSystem && revision.inSystem === this.inSystem,
      'every request that arrived was answered once or is in flight',
    );
    check(sharing.room >= 0, 'no more requests are at work than there are slots');
  }
}
