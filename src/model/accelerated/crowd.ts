/**
 * The crowd: the requests of one revision as numbers, from arrival to answer.
 *
 *   arrive (Poisson) ──▶ at work on the core ──▶ finished (`Completions`)
 *        │                    ▲        └─▶ out of time: 504, 499
 *        └──▶ pend (`Cohorts`)┘
 *                └─▶ waited too long: 429, 500; out of time: 504, 499
 *
 * Time passes in steps. As long as there is clearly room for every request, a step is five seconds long and nothing can
 * be lost in it; where requests pend, or might, steps are milliseconds, and starts follow arrivals by their cumulative
 * curves. Instances are single and exact; they are only not asked which of them a request is on. Least-loaded routing
 * keeps the core even, so the first `count` of the core have one request at least, and an instance that leaves takes its
 * even share along. An instance that is no longer routed to is `apart`: its requests are known one by one.
 */
import { binomial } from '../../engine/binomial.ts';
import { EventQueue } from '../../engine/event-queue.ts';
import { poisson } from '../../engine/poisson.ts';
import { exp } from '../../engine/portable-math.ts';
import type { Stream } from '../../engine/streams.ts';
import { httpOutcome, pendingTimeout, type HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import { check } from '../../units/check.ts';
import type { InstanceId } from '../../units/ids.ts';
import { MILLISECOND, SECOND, type Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import type { CrowdProbe, Probe } from '../probe.ts';
import type { Demand } from '../run/front-door.ts';
import { UNDRAWN, type Instances } from '../run/instances.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import { Cohorts } from './cohorts.ts';
import { Completions } from './completions.ts';
import { atWork, type Inflow } from './inflow.ts';
import type { Survival } from './survival.ts';

/** The longest step, and how far ahead it is looked for what may end the calm. */
const CALM_STEP = 5 * SECOND;
const OUTLOOK = 2 * SECOND;
/** Standard deviations between what is expected and what there is room for, for a calm step. */
const MARGIN = 7;
/** Steps while requests pend for seconds: a fiftieth of that, at most this long. */
const PATIENT_STEP = 100 * MILLISECOND;
/** How far from steady the number at work may be for a calm step, as a share of it. */
const STEADY = 0.02;
/** Where nobody pends and there is some room, a step is so many of the shortest. */
const WIDE = 4;
const NEGLIGIBLE = 1e-12;

/** What a crowd asks of the whole. */
export interface CrowdRules {
  /** Why a request that came at `since` gets no instance. */
  whyNoInstance(revision: Revision, since: number): HttpOutcomeId;
  /** Whether something is planned to happen to the world between two instants. */
  isEventful(from: number, to: number): boolean;
  /** The first instant after `at` that a step must not reach across. */
  nextBreak(at: number): number;
}

export class Crowd {
  readonly revision: Revision;
  readonly service: Service;
  /** Time has passed up to here, ns. */
  at: number;
  /** When it acts next on its own. */
  edge = Infinity;
  arrivedCount = 0;
  answeredCount = 0;

  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly tell: CrowdProbe | undefined;
  private readonly instances: Instances;
  private readonly inflow: Inflow;
  private readonly survivals: readonly Survival[];
  private readonly rules: CrowdRules;
  private readonly arrivalLuck: Stream;
  private readonly luck: Stream;
  private demand!: Demand;

  private readonly concurrency: number;
  /** A request may take this long in all, and what it is told then. */
  private readonly limit: number;
  private readonly outOfTime: HttpOutcomeId;
  /** The shortest step, ns. */
  private readonly step: number;
  private readonly mean: number;

  private readonly work: Completions;
  private readonly queue = new Cohorts();
  /** Requests on the core that will be out of time before they are finished, in the order of that time. */
  private readonly cuts: { readonly at: number; readonly count: number; readonly arrivedAt: number }[] = [];
  private cutCount = 0;
  /** The core: rows, those with a request first. */
  private readonly core: number[] = [];
  private readonly place = new Map<number, number>();
  private activeCore = 0;
  /** Requests on instances apart, by the time at which each is finished, and of each instance the last one first. */
  private readonly apart = new EventQueue(64);
  private readonly apartTimes = new Map<number, number[]>();
  private apartCount = 0;
  private apartOrder = 0;
  /** Instances apart that are ready and could be asked if the core is full. */
  private readonly spare = new Set<number>();
  private readonly borrowed = new Set<number>();
  /** Instances that have not had their first request, and how many of those were started on demand. */
  private fresh = 0;
  private freshOnDemand = 0;
  /** No calm step before this instant. */
  private unrest = 0;
  private wants = false;
  /** In the step that is under way there is room for everybody. */
  private calm = false;

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
    this.revision = revision;
    this.service = service;
    this.inflow = inflow;
    this.survivals = survivals;
    this.agenda = world.agenda;
    this.probe = world.probe;
    this.tell = world.probe.crowd;
    this.instances = world.instances;
    this.rules = world.rules;
    this.arrivalLuck = world.arrivalLuck;
    this.luck = world.luck;
    this.concurrency = revision.plan.maxInstanceRequestConcurrency;
    const patience = service.plan.clients?.timeout ?? Infinity;
    this.limit = Math.min(revision.plan.timeout, patience);
    this.outOfTime = patience <= revision.plan.timeout ? 'client-gave-up' : 'timed-out';
    this.mean = survivals[service.id].mean;
    this.step = stepFor(this.mean);
    this.at = Math.max(0, world.start);
    this.work = new Completions(this.step, this.at, world.luck);
  }

  serve(demand: Demand): void {
    this.demand = demand;
  }

  /** Requests on the core. */
  private get busy(): number {
    return this.work.count + this.cutCount;
  }

  get inSystem(): number {
    return this.busy + this.apartCount + this.queue.waiting;
  }

  /** Its own time has come: passes it, sees to what pends and says when it acts next. */
  act(): void {
    this.passTo(this.agenda.now);
    if (this.wants && this.queue.waiting > 0) this.demand.pends(this.revision);
    this.wants = false;
    this.edge = this.nextEdge();
  }

  /** Brings it up to the present, before something else happens to it. */
  passTo(now: number): void {
    while (this.at < now) {
      const bound = Math.min(now, this.rules.nextBreak(this.at));
      this.pass(bound);
    }
  }

  /** Something has happened that it must not sleep through. */
  disturb(): void {
    this.unrest = Math.max(this.unrest, this.agenda.now + 2 * SECOND + 5 * this.mean);
    this.replan(Math.max(this.agenda.now, this.at));
  }

  // The core and who is apart.

  /** An instance has become one of the core. */
  joinCore(row: number): void {
    this.passTo(this.agenda.now);
    this.spare.delete(row);
    if (this.place.has(row)) {
      this.borrowed.delete(row);
      return;
    }
    this.takeIn(row);
  }

  /** An instance is not (any more) one of the core, but still ready. */
  leaveCore(row: number): void {
    this.passTo(this.agenda.now);
    // As long as the core is full, the surplus shares what is above.
    if (this.borrowed.size > 0) {
      if (!this.place.has(row)) this.takeIn(row);
      this.borrowed.add(row);
    } else {
      if (this.place.has(row)) this.setApart(row);
      this.spare.add(row);
    }
    this.settle(this.at);
  }

  /** An instance is not routed to any more. */
  leave(row: number): void {
    this.passTo(this.agenda.now);
    this.spare.delete(row);
    if (this.place.has(row)) this.setApart(row);
    this.borrowed.delete(row);
    this.settle(this.at);
    // One of the surplus that has been idle is not missed.
    if (this.instances.load[row] > 0) this.disturb();
  }

  /** An instance became ready, and takes of those that wait what it has room for. */
  opened(row: number, onDemand: boolean, initial: boolean): void {
    this.fresh++;
    if (onDemand) this.freshOnDemand++;
    if (!this.place.has(row) && this.queue.waiting > 0 && this.spare.has(row)) this.borrow();
    const now = this.agenda.now;
    const count = Math.min(this.queue.waiting, this.room);
    if (count > 0) {
      if (!initial) this.tell?.crowdCold(this.service.id, Math.min(count, this.concurrency), now);
      if (onDemand) this.freshOnDemand--;
      // Who finishes at once (nobody, but for rounding) frees a slot in the next step.
      this.finished(this.begin(count, now, now));
    }
    this.settle(now);
    if (this.instances.load[row] === 0) this.demand.idles(this.revision, row);
    this.replan(now);
  }

  /** All requests on an instance that is apart are lost. */
  cutOff(row: number): void {
    const count = this.instances.load[row];
    this.instances.load[row] = 0;
    if (count === 0) return;
    this.apartTimes.delete(row);
    this.apartCount -= count;
    this.refuse(count, 'instance-gone', Math.max(0, this.at - 0.5 * this.mean), true);
    this.settle(this.at);
  }

  /** All that pend are refused. */
  turnAway(outcome: HttpOutcomeId): void {
    this.passTo(this.agenda.now);
    this.expire(Infinity, outcome);
    this.settle(this.at);
  }

  /** What must hold at the end. */
  verify(): void {
    const { revision } = this;
    check(
      this.arrivedCount === this.answeredCount + this.inSystem && revision.inSystem === this.inSystem,
      'every request that arrived was answered once or is in flight',
    );
    check(
      this.busy <= this.core.length * this.concurrency,
      'no more requests are at work than there are slots',
    );
  }

  // Time.

  private nextEdge(): number {
    const { at } = this;
    this.calm = this.isCalm();
    const step = this.calm ? CALM_STEP : this.shortStep();
    this.work.resolve(Math.min(step, 2 * this.mean));
    return Math.min((Math.floor(at / step) + 1) * step, this.rules.nextBreak(at));
  }

  private shortStep(): number {
    if (this.queue.waiting === 0) {
      // Where there is more room than chance and drift may take in a longer step, nobody pends in it.
      const wide = WIDE * this.step;
      const rate = this.inflow.peak(this.at, this.at + wide);
      const come = atWork(rate, wide);
      const drift = Math.max(0, come - (this.busy * wide) / this.mean);
      return this.room > drift + MARGIN * Math.sqrt(come) ? wide : this.step;
    }
    const waited = (this.at - this.queue.oldest) / 50;
    return Math.max(this.step, Math.min(PATIENT_STEP, Math.floor(waited / this.step) * this.step));
  }

  /** Sees to it that it acts soon enough after the calm has ended. */
  replan(now: number): void {
    const edge = this.isCalm() ? this.edge : Math.min(this.edge, this.wants ? now : this.nextEdge());
    if (edge < this.edge && edge >= now) {
      this.edge = edge;
      this.agenda.planArrival(edge, this.revision.id);
    }
  }

  /** Whether nobody can have to wait before the next long step is over. */
  private isCalm(): boolean {
    const { at } = this;
    if (at < this.unrest || this.queue.waiting > 0 || this.cutCount > 0) return false;
    if (this.rules.isEventful(at - SECOND, at + CALM_STEP + OUTLOOK)) return false;
    const busy = this.busy;
    const peak = this.inflow.peak(at, at + CALM_STEP + OUTLOOK);
    const most = Math.max(busy, atWork(peak, this.mean));
    if (most === 0) return true;
    // As long as their number rises or falls towards what the rate keeps at work, it is followed closely.
    const steady = atWork(this.inflow.peak(at, at), this.mean);
    if (Math.abs(this.inSystem - steady) > Math.max(STEADY * steady, (MARGIN + 1) * Math.sqrt(steady)))
      return false;
    return most + MARGIN * Math.sqrt(most) < this.core.length * this.concurrency;
  }

  /** Lets time pass up to `until`, across which the rates are smooth. */
  private pass(until: number): void {
    const { revision, work, queue } = this;
    const from = this.at;
    const before = revision.inSystem;
    this.at = until;
    if (!revision.exists) {
      work.take(until);
      return;
    }
    const expected = this.arrive(from, until);
    const finished = work.take(until);
    const outOfTime = this.runOutOfTime(until);
    this.finished(finished);
    const freed = finished + outOfTime;
    if (this.calm) {
      this.finished(this.begin(queue.waiting, from, until));
    } else if (queue.waiting > 0) {
      if (queue.waiting > this.room && this.spare.size > 0) this.borrow();
      // Slots that were free before anything ended.
      this.fill(from, until, Math.max(0, this.room - freed), freed);
    }
    this.finishApart(until);
    if (queue.waiting > 0) this.expire(until, null);
    if (this.borrowed.size > 0 && this.queue.waiting === 0) this.giveBack();
    this.integrate(from, until, before, expected);
    this.settle(until);
  }

  private get room(): number {
    return this.core.length * this.concurrency - this.busy;
  }

  /** Draws who arrives; they stand at the end of the queue. Returns how many were expected. */
  private arrive(from: number, until: number): number {
    const { inflow, revision, tell, service } = this;
    let expected = 0;
    const patience = Math.min(this.limit, this.longestPending());
    for (let source = 0; source < this.survivals.length; source++) {
      if (!inflow.comesFrom(source)) continue;
      const mean = inflow.expected(source, from, until);
      expected += mean;
      if (mean <= 0) continue;
      const count = poisson(mean, this.arrivalLuck);
      if (count === 0) continue;
      this.arrivedCount += count;
      revision.arrived += count;
      tell?.crowdArrived(service.id, count, from, until);
      this.queue.push(from, until, count, source, patience);
    }
    return expected;
  }

  /**
   * Requests that wait begin: on slots that are free at the beginning of the step at once, on those that are freed
   * meanwhile evenly, and on those that they free themselves again.
   */
  private fill(from: number, until: number, room: number, freed: number): void {
    const { queue } = this;
    let atOnce = 0;
    while (queue.waiting > 0 && queue.oldest < from && atOnce < room) {
      const count = Math.min(queue.first, room - atOnce);
      atOnce += count;
      this.finished(this.beginFirst(count, from, from));
    }
    let count = Math.min(queue.waiting, room - atOnce + freed);
    if (count > 0) {
      let again = this.begin(count, from, until);
      this.finished(again);
      for (let round = 0; round < 4 && again > 0 && queue.waiting > 0; round++) {
        count = Math.min(queue.waiting, again);
        again = this.begin(count, Math.floor(0.5 * (from + until)), until);
        this.finished(again);
      }
    }
    // What does not find a slot in this step pends.
    if (queue.waiting > 0) this.pend();
  }

  /** Begins the first `count` that wait, evenly between two instants. Returns how many are finished by now. */
  private begin(count: number, from: number, until: number): number {
    let finished = 0;
    if (count === this.queue.waiting && this.queue.oldest >= from) {
      // Nobody has to wait: those of each sort begin as they come.
      while (this.queue.waiting > 0) finished += this.beginFirst(this.queue.first, from, until);
      return finished;
    }
    for (let done = 0; done < count;) {
      const n = Math.min(this.queue.first, count - done);
      const start = from + ((until - from) * done) / count;
      done += n;
      finished += this.beginFirst(n, start, from + ((until - from) * done) / count);
    }
    return finished;
  }

  /** The same for requests of the first cohort. */
  private beginFirst(n: number, from: number, until: number): number {
    const { queue, work, tell, service, limit } = this;
    const kind = queue.kindOfFirst;
    const cameFrom = queue.arrivalOf(0);
    const cameUntil = queue.arrivalOf(n);
    const patience = queue.patienceOfFirst;
    queue.take(n);
    const survival = this.survivals[kind];
    const ago = Math.max(0, this.at - until);
    const firsts = this.fresh > 0 ? this.beginFresh(n, until, cameUntil) : 0;
    const others = n - firsts;
    let cut = 0;
    let share = 0;
    if (limit < 3 * survival.longest) {
      const arrivedAt = 0.5 * (cameFrom + cameUntil);
      share = survival.after(limit - Math.max(0, 0.5 * (from + until) - arrivedAt));
      if (share < NEGLIGIBLE) share = 0;
      cut = binomial(others, share, this.luck);
      if (cut > 0) {
        this.cuts.push({ at: arrivedAt + limit, count: cut, arrivedAt });
        this.cutCount += cut;
      }
    }
    // Whoever begins has not waited longer than it may: a step is longer than a moment.
    tell?.crowdStarted(
      service.id,
      kind,
      others - cut,
      cameFrom,
      cameUntil,
      Math.min(from, cameFrom + patience),
      Math.min(until, cameUntil + patience),
    );
    return share >= 1 ? 0 : work.spread(others - cut, ago, until - from, survival, share);
  }

  /** Of `n` that begin, those that are the first on their instance. Returns how many of them took a time of their own. */
  private beginFresh(n: number, at: number, arrivedAt: number): number {
    const { service, tell } = this;
    const count = Math.min(n, this.fresh);
    this.fresh -= count;
    const cold = Math.min(count, this.freshOnDemand);
    if (cold > 0) tell?.crowdCold(service.id, cold, arrivedAt);
    this.freshOnDemand -= cold;
    if (service.firstDurations === null) return 0;
    for (let k = 0; k < count; k++) {
      this.work.add(Math.max(this.at, at + service.firstDurations.at(service.firstLuck.next53())));
    }
    tell?.crowdStarted(service.id, this.survivals.length + service.id, count, arrivedAt, arrivedAt, at, at);
    return count;
  }

  /** Requests pend: the last to come are refused if there is no place for them. */
  private pend(): void {
    const { queue, revision } = this;
    if (revision.barred) {
      this.expire(Infinity, 'region-lost');
      return;
    }
    const { pendingLimit } = this.service.plan;
    if (pendingLimit !== null && queue.waiting > pendingLimit) {
      const count = queue.waiting - pendingLimit;
      queue.dropLast(count);
      this.refuse(count, this.rules.whyNoInstance(revision, this.at), this.at, false);
    }
    this.wants = true;
  }

  private longestPending(): number {
    const { revision } = this;
    return (
      this.service.plan.pendingTimeout ??
      pendingTimeout(revision.startupCount === 0 ? null : revision.startupSum / revision.startupCount)
    );
  }

  /** Requests that have pended for as long as they may, or all of them, are refused. */
  private expire(until: number, outcome: HttpOutcomeId | null): void {
    const { queue } = this;
    while (queue.waiting > 0) {
      const patience = queue.patienceOfFirst;
      const count = outcome === null ? queue.before(until - patience) : queue.first;
      if (count === 0) return;
      const since = queue.arrivalOf(0.5 * count);
      queue.take(count);
      const verdict =
        outcome ??
        (patience === this.limit ? this.outOfTime : this.rules.whyNoInstance(this.revision, since));
      this.refuse(count, verdict, since, false);
    }
  }

  /** Requests at work whose time is over. Returns how many. */
  private runOutOfTime(until: number): number {
    const { cuts } = this;
    let gone = 0;
    while (cuts.length > 0 && cuts[0].at <= until) {
      const { count, arrivedAt } = cuts.shift()!;
      gone += count;
      this.refuse(count, this.outOfTime, arrivedAt, true);
    }
    this.cutCount -= gone;
    return gone;
  }

  private finished(count: number): void {
    if (count === 0) return;
    this.answeredCount += count;
    this.tell?.crowdServed(this.service.id, this.revision.id, count, this.at);
  }

  private refuse(count: number, outcome: HttpOutcomeId, arrivedAt: number, placed: boolean): void {
    this.answeredCount += count;
    const { code } = httpOutcome(outcome);
    this.tell?.crowdRefused(this.service.id, this.revision.id, outcome, code, count, arrivedAt, placed);
  }

  // Instances.

  /** Routes to instances that are to leave too, as the core is full. */
  private borrow(): void {
    for (const row of this.spare) {
      this.takeIn(row);
      this.borrowed.add(row);
    }
    this.spare.clear();
  }

  private giveBack(): void {
    const own = this.core.length - this.borrowed.size;
    if (this.busy + Math.sqrt(this.busy) > own * this.concurrency) return;
    // They had what did not fit, each the same.
    const over = this.over;
    const rows = [...this.borrowed];
    this.borrowed.clear();
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at];
      this.setApart(row, Math.floor((over * (at + 1)) / rows.length) - Math.floor((over * at) / rows.length));
      this.spare.add(row);
      if (this.instances.load[row] === 0) this.demand.idles(this.revision, row);
    }
  }

  /** An instance becomes one of those that share the requests evenly. */
  private takeIn(row: number): void {
    const { instances, core, place } = this;
    const count = instances.load[row];
    for (const at of this.apartTimes.get(row) ?? []) this.work.add(at);
    this.apartTimes.delete(row);
    this.apartCount -= count;
    place.set(row, core.length);
    core.push(row);
    instances.load[row] = 0;
    if (count > 0) {
      this.swap(core.length - 1, this.activeCore++);
      instances.load[row] = 1;
    }
  }

  /** How many requests an instance has. */
  private shareOf(row: number, at: number): number {
    const { busy, borrowed } = this;
    const own = this.core.length - borrowed.size;
    if (borrowed.size > 0 && borrowed.has(row)) return Math.floor(this.over / borrowed.size);
    if (borrowed.size > 0) return Math.min(this.concurrency, Math.floor((busy - this.over) / own));
    const even = Math.floor(busy / own);
    return even + (at < busy - even * own ? 1 : 0);
  }

  /** An instance leaves them, with its share of the requests. */
  private setApart(row: number, share?: number): void {
    const { instances, core, place, work } = this;
    const at = place.get(row)!;
    const count = Math.min(work.count, share ?? this.shareOf(row, at));
    const wasActive = at < this.activeCore;
    let hole = at;
    if (wasActive) {
      this.swap(at, --this.activeCore);
      hole = this.activeCore;
    }
    this.swap(hole, core.length - 1);
    core.pop();
    place.delete(row);
    instances.load[row] = count;
    if (count > 0) {
      const times: number[] = [];
      work.remove(count, (time) => times.push(time));
      times.sort((a, b) => b - a);
      for (const time of times) this.apart.push(time, this.apartOrder++, row);
      this.apartTimes.set(row, times);
      this.apartCount += count;
    }
    if (count > 0 !== wasActive) this.markActive(row, count > 0, this.at);
  }

  private swap(a: number, b: number): void {
    const { core, place } = this;
    const row = core[a];
    core[a] = core[b];
    core[b] = row;
    place.set(core[a], a);
    place.set(core[b], b);
  }

  /** Requests on instances apart that are finished. */
  private finishApart(until: number): void {
    const { apart, instances, revision } = this;
    while (apart.topTime() <= until) {
      const time = apart.topTime();
      const row = apart.pop();
      const times = this.apartTimes.get(row);
      if (times === undefined || times[times.length - 1] !== time) continue;
      times.pop();
      this.apartCount--;
      this.finished(1);
      if (--instances.load[row] > 0) continue;
      this.apartTimes.delete(row);
      if (instances.ready[row] === 0) {
        this.demand.drained(revision, row);
      } else {
        this.markActive(row, false, time);
        this.demand.idles(revision, row);
      }
    }
  }

  /** Brings what others see up to the counts: requests, and which of the core have one. */
  private settle(now: number): void {
    const { revision, instances, core } = this;
    revision.passTo(now as Instant);
    revision.inSystem = this.inSystem;
    revision.queue.waiting = this.queue.waiting;
    const active = this.activeOf(core.length);
    while (this.activeCore < active) {
      const row = core[this.activeCore++];
      instances.load[row] = 1;
      instances.served[row] = 1;
      this.markActive(row, true, now);
    }
    while (this.activeCore > active) {
      const row = core[--this.activeCore];
      instances.load[row] = 0;
      this.markActive(row, false, now);
      if (this.borrowed.size > 0) this.demand.idles(revision, row);
    }
  }

  /** How many of the core have a request. */
  private activeOf(all: number): number {
    const { busy, borrowed } = this;
    if (borrowed.size === 0) return Math.min(busy, all);
    return Math.min(busy, all, all - borrowed.size + this.over);
  }

  /**
   * Requests on the surplus that shares with the core: those that do not fit on the core, and those that do not for a
   * moment, which at its capacity are 0.8 standard deviations of the number at work.
   */
  private get over(): number {
    const { busy } = this;
    const own = this.core.length - this.borrowed.size;
    const most = Math.max(0, busy - own * this.concurrency) + 0.8 * Math.sqrt(busy);
    return Math.min(busy, Math.floor(most));
  }

  private markActive(row: number, active: boolean, at: number): void {
    const { revision, instances } = this;
    const by = active ? 1 : -1;
    revision.active += by;
    revision.idle -= by;
    if (!active) {
      instances.idleSince[row] = at;
      instances.idleFor[row] = UNDRAWN;
    }
    this.probe.activeChanged(revision.id, row as InstanceId);
  }

  /**
   * The time average of the requests over a step. A long step is many service times long: what its ends have above or
   * below the number that the rate keeps at work fades away within one.
   */
  private integrate(from: number, until: number, before: number, expected: number): void {
    const { revision, mean } = this;
    const length = until - from;
    const after = this.inSystem;
    let average = 0.5 * (before + after);
    if (length > mean && this.queue.waiting === 0) {
      const steady = (expected * mean) / length;
      const near = 8 * Math.sqrt(steady);
      if (Math.abs(before - steady) < near && Math.abs(after - steady) < near) {
        const fade = exp(-length / mean);
        average = steady + ((before + after - 2 * steady) * mean * (1 - fade)) / ((1 + fade) * length);
      }
    }
    revision.passTo(from as Instant);
    revision.inSystem = Math.floor(average + 0.5);
    revision.passTo(until as Instant);
  }
}

/** A tenth of the mean service time, between 1 and 10 ms. */
const stepFor = (mean: number): number =>
  Math.max(1, Math.min(10, Math.floor(mean / (10 * MILLISECOND)))) * MILLISECOND;
