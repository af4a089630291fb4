/**
 * The requests of a revision where they share the CPU: `SampledInstances` simulates one instance of each group request by
 * request, and this file sees to it that numbers are those of the whole.
 *
 *   arrive (Poisson) ──▶ wait until there are as many as a group has instances ──▶ one begins on each instance of it
 *
 * How many arrive is drawn for the whole revision, as in {@link Crowd}. Where a group has less, or more, requests than are
 * there for it (the last few of a load; two groups that became one), the difference is owed: those that come next are
 * taken to be there already. So every request that arrived is answered once, or is in flight, at any time.
 *
 * Time passes in steps: what others see (which instances are active, how many requests there are) is brought up to date
 * at their ends. They are long where there is room for all that may come in one.
 */
import type { Distribution } from '../../engine/distributions.ts';
import { poisson } from '../../engine/poisson.ts';
import { StratifiedDraws } from '../../engine/stratified-draws.ts';
import type { Stream } from '../../engine/streams.ts';
import { STARTUP_CPU_BOOST_TAIL, type HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import { check } from '../../units/check.ts';
import { MILLISECOND, SECOND, type Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import type { CrowdProbe, Probe } from '../probe.ts';
import type { Demand } from '../run/front-door.ts';
import type { Instances } from '../run/instances.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import { ActiveRows } from './active-rows.ts';
import { Answers } from './answers.ts';
import type { CrowdRules } from './crowd-rules.ts';
import type { Group } from './group.ts';
import type { Inflow } from './inflow.ts';
import { Waiting } from './pending.ts';
import { SampleSize } from './sample-size.ts';
import { SampledInstances } from './sampled-instances.ts';
import { SampledSteps } from './sampled-steps.ts';

/** New instances that become ready within so long may be one group. */
const SAME_AGE = 10 * MILLISECOND;
/** Arrivals are drawn for so many groups at once, and at most for so long. */
const AT_ONCE = 8;
const LONGEST_DRAW = 20 * MILLISECOND;
/** For so long requests may wait for there to be as many as a group has instances. */
const PATIENCE = 20 * MILLISECOND;

export class SampledCrowd {
  readonly revision: Revision;
  /** Time has passed up to here, ns. */
  at: number;
  /** When it acts next on its own. */
  edge = Infinity;

  private readonly service: Service;
  private readonly agenda: Agenda;
  private readonly tell: CrowdProbe | undefined;
  private readonly instances: Instances;
  private readonly inflow: Inflow;
  /** By service that requests may come from. */
  private readonly durations: readonly StratifiedDraws[];
  private readonly cpuTimes: StratifiedDraws;
  private readonly rules: CrowdRules;
  private readonly arrivalLuck: Stream;
  private demand!: Demand;

  private readonly answers: Answers;
  private readonly sampled: SampledInstances;
  private readonly waiting: Waiting;
  private readonly rows: ActiveRows;
  private readonly concurrency: number;
  /** Requests that are at work and have not arrived yet. */
  private owed = 0;
  private arrivedCount = 0;
  private waitingArea = 0;
  /** No instance has room; since when there has been room. */
  private full = true;
  private roomSince = -Infinity;
  /** New instances become members of this group, if they are of its age. */
  private nest: Group | null = null;
  /** Some instances have boosted CPU until then. */
  private boostedUntil = 0;
  private readonly size = new SampleSize();
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
    const { agenda, probe, instances, rules, luck, start } = world;
    this.revision = revision;
    this.service = service;
    this.inflow = inflow;
    this.steps = new SampledSteps(inflow);
    this.durations = durations.map((each) => new StratifiedDraws(each, world.durationLuck));
    this.cpuTimes = new StratifiedDraws(service.cpuTimes!.distribution, world.cpuLuck);
    this.agenda = agenda;
    this.tell = probe.crowd;
    this.instances = instances;
    this.rules = rules;
    this.arrivalLuck = world.arrivalLuck;
    this.at = Math.max(0, start);
    const { maxInstanceRequestConcurrency, cpu, timeout } = revision.plan;
    this.concurrency = maxInstanceRequestConcurrency;
    const patience = service.plan.clients?.timeout ?? Infinity;
    const limit = Math.min(timeout, patience);
    const outOfTime = patience <= timeout ? 'client-gave-up' : 'timed-out';
    const answers = new Answers(service.id, revision.id, probe.crowd);
    this.answers = answers;
    this.rows = new ActiveRows(revision, instances, probe);
    const sampled = new SampledInstances(this.concurrency, cpu, limit, this.at, luck, {
      finished: (count, arrivedAt, startedAt, at) => {
        const real = this.withoutOwed(count);
        if (real > 0) answers.finished(real, arrivedAt, startedAt, at);
      },
      late: (count, arrivedAt) => {
        const real = this.withoutOwed(count);
        if (real > 0) answers.refused(real, outOfTime, arrivedAt, true);
      },
      emptied: (group, at) => this.emptied(group, at),
      filled: (group, at) => {
        if (group.role === 'surplus') for (const row of group.members) this.rows.mark(row, 1, at);
      },
    });
    this.sampled = sampled;
    const limits = {
      limit,
      outOfTime,
      get now(): number {
        return sampled.now;
      },
    } as const;
    this.waiting = new Waiting(revision, service, limits, answers, rules);
  }

  serve(demand: Demand): void {
    this.demand = demand;
  }

  get cpuInUse(): number {
    return this.sampled.inUse;
  }

  foldCpu(): number {
    const area = this.sampled.cpuArea;
    this.sampled.cpuArea = 0;
    return area;
  }

  /** Its own time has come: passes it, sees to what pends and says when it acts next. */
  act(): void {
    const { waiting } = this;
    this.passTo(this.agenda.now);
    this.keepSize();
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
    const { revision, sampled } = this;
    const from = this.at;
    sampled.busyArea = 0;
    sampled.activeArea = 0;
    this.waitingArea = 0;
    const cpuBefore = sampled.cpuArea;
    const drawFor = this.drawFor(from);
    while (this.at < until) {
      const end = Math.min(until, this.at + drawFor);
      this.draw(this.at, end);
      this.at = end;
    }
    const length = until - from;
    revision.passTo(from as Instant);
    revision.inSystem = Math.max(0, Math.floor((sampled.busyArea + this.waitingArea) / length + 0.5));
    const vCpu = sampled.coreSize * revision.plan.cpu;
    if (vCpu > 0) this.size.noteUse((sampled.cpuArea - cpuBefore) / (vCpu * length), length);
    const average = sampled.activeArea / length;
    this.settle(until, this.steps.nextActive(average, sampled.active, sampled.coreSize, length));
    // The boosted CPU of new instances is paid for while they have requests: they must not be those that have none.
    if (until < this.boostedUntil) this.rows.rotate(Math.min(1, length / SECOND), until);
    if (sampled.paidIdle > 0) {
      this.tell?.crowdPaidIdle(revision.id, sampled.paidIdle, until);
      sampled.paidIdle = 0;
    }
  }

  /** For how long arrivals are drawn at once, ns. */
  private drawFor(at: number): number {
    const perSecond = this.inflow.peak(at, at);
    const size = Math.max(1, this.rows.size / Math.max(1, this.sampled.count));
    if (perSecond <= 0) return LONGEST_DRAW;
    const length = Math.floor((AT_ONCE * size * SECOND) / perSecond);
    return Math.max(MILLISECOND, Math.min(LONGEST_DRAW, length));
  }

  /** Lets a short time pass, for which arrivals are drawn at once. They come evenly. */
  private draw(from: number, until: number): void {
    const { sampled, waiting } = this;
    const { queue } = waiting;
    const before = queue.waiting;
    const owed = this.owed;
    const come = this.arrive(from, until);
    const length = until - from;
    let taken = 0;
    for (;;) {
      const event = sampled.nextTime();
      const group = sampled.pick();
      if (group === null) {
        this.full = true;
      } else {
        if (this.full) {
          this.full = false;
          this.roomSince = sampled.now;
        }
        // When as many have come as the group has instances.
        const missing = taken + group.size - before;
        let at = Infinity;
        if (missing <= 0) at = sampled.now;
        else if (missing <= come) at = Math.max(sampled.now, from + Math.floor((length * missing) / come));
        if (at < until && at <= event) {
          sampled.passTo(at);
          taken += this.begin(group);
          continue;
        }
      }
      if (!(event < until)) break;
      sampled.answerNext();
    }
    sampled.passTo(until);
    if (queue.waiting > 0) {
      if (this.full) waiting.keepWaiting();
      else if (queue.oldest < until - PATIENCE) this.begin(sampled.pick()!);
      if (queue.waiting > 0 && this.full) waiting.expire(until);
    }
    this.waitingArea += (0.5 * (before + queue.waiting) - 0.5 * (owed + this.owed)) * length;
  }

  /** Draws who arrives; they stand at the end of the queue. Returns how many stand there. */
  private arrive(from: number, until: number): number {
    const { inflow, revision, tell, service, waiting } = this;
    let come = 0;
    const { patience } = waiting;
    for (let source = 0; source < this.durations.length; source++) {
      if (!inflow.comesFrom(source)) continue;
      const mean = inflow.expected(source, from, until);
      if (mean <= 0) continue;
      let count = poisson(mean, this.arrivalLuck);
      if (count === 0) continue;
      this.arrivedCount += count;
      revision.arrived += count;
      tell?.crowdArrived(service.id, count, from, until);
      const known = Math.min(this.owed, count);
      this.owed -= known;
      count -= known;
      if (count > 0) waiting.queue.push(from, until, count, source, patience);
      come += count;
    }
    return come;
  }

  /** Those that have waited longest begin on the instances of a group. Returns how many they were. */
  private begin(group: Group): number {
    const { sampled, service } = this;
    const { queue } = this.waiting;
    const { now } = sampled;
    const kind = queue.kindOfFirst;
    const count = this.takeFirst(group.size);
    const arrivedAt = this.takenCameAt;
    // Who waits for the others of the group only does not pend.
    const came = arrivedAt >= this.roomSince ? now : Math.min(now, arrivedAt);
    let duration: number;
    if (group.unserved > 0 && service.firstDurations !== null) {
      duration = service.firstDurations.at(service.firstLuck.next53());
    } else {
      duration = drawOf(this.durations[kind], group);
    }
    if (group.onDemand > 0) {
      this.tell?.crowdCold(service.id, group.onDemand, came);
      group.onDemand = 0;
    }
    group.unserved = 0;
    sampled.start(group, came, duration, drawOf(this.cpuTimes, group));
    return count;
  }

  /** Takes the first so many; what is missing is owed. Returns how many there were. */
  private takeFirst(wanted: number): number {
    const { queue } = this.waiting;
    const count = Math.min(wanted, queue.waiting);
    let sum = 0;
    for (let left = count; left > 0;) {
      const n = Math.min(left, queue.first);
      sum += n * queue.arrivalOf(0.5 * n);
      queue.take(n);
      left -= n;
    }
    this.owed += wanted - count;
    this.takenCameAt = count === 0 ? this.sampled.now : Math.floor(sum / count);
    return count;
  }

  /** When those that were taken last came, on average. */
  private takenCameAt = 0;

  /** Of so many that are finished, those that have arrived. */
  private withoutOwed(count: number): number {
    const known = Math.min(this.owed, count);
    this.owed -= known;
    return count - known;
  }

  private get inSystem(): number {
    return this.sampled.busy - this.owed + this.waiting.count;
  }

  /** Brings what others see up to the counts. */
  private settle(now: number, active: number): void {
    const { revision, sampled } = this;
    revision.passTo(now as Instant);
    revision.inSystem = this.inSystem;
    revision.queue.waiting = this.full ? this.waiting.count : 0;
    this.rows.settle(Math.min(this.rows.size, Math.floor(active + 0.5), sampled.coreSize), now);
  }

  private settleNow(): void {
    this.settle(this.at, this.sampled.active);
  }

  /** There are as many groups as there should be; what that makes up is owed, what it loses waits again. */
  private keepSize(): void {
    const { waiting, at } = this;
    const more = this.size.keep(this.sampled, at);
    if (more > 0) this.owed += more;
    else if (more < 0) waiting.queue.push(at, at, -more, this.service.id, waiting.patience);
  }

  /** Where the step ends that begins at `at`. */
  private nextEdge(at: number): number {
    const { sampled, full } = this;
    if (full) this.size.disturb(at);
    const room = full ? 0 : sampled.coreSize * this.concurrency - sampled.busy;
    return Math.min(this.steps.next(at, room), this.rules.nextBreak(at));
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
    const { sampled, waiting } = this;
    const { queue } = waiting;
    const group = sampled.of(row)!;
    const { now } = this.agenda;
    if (!initial && this.revision.plan.startupCpuBoost) this.boostedUntil = now + STARTUP_CPU_BOOST_TAIL;
    let cold = this.takenAtJoin;
    let came: number = now;
    if (group.load === 0) {
      group.unserved++;
      if (onDemand) group.onDemand++;
    }
    if (this.full) this.roomSince = now;
    while (queue.waiting >= group.size && group.load < this.concurrency && sampled.pick() === group) {
      came = queue.arrivalOf(0);
      cold += group.size;
      group.onDemand = 0;
      this.begin(group);
    }
    if (cold > 0 && !initial) this.tell?.crowdCold(this.service.id, Math.min(cold, this.concurrency), came);
    else if (cold === 0 && group.load > 0 && onDemand) this.tell?.crowdCold(this.service.id, 1, now);
    this.takenAtJoin = 0;
    this.full = sampled.pick() === null;
    if (group.role !== 'core') this.rows.mark(row, group.load, now);
    this.settleNow();
    if (this.instances.load[row] === 0) this.demand.idles(this.revision, row);
    this.replan(now);
  }

  /** How many that waited the instance that is just opened has got by joining others. */
  private takenAtJoin = 0;

  /** An instance has become one of the core. */
  joinCore(row: number): void {
    this.passTo(this.agenda.now);
    const { sampled, instances } = this;
    if (sampled.has(row)) {
      sampled.move(row, 'core');
    } else {
      instances.load[row] = 0;
      this.take(row);
    }
    this.rows.add(row);
  }

  /** A new instance is one of a group of the same age, or one of its own. */
  private take(row: number): void {
    const { sampled, nest } = this;
    const { now } = sampled;
    if (
      nest === null ||
      nest.size === 0 ||
      nest.size >= SampleSize.ofNewOnes(sampled.coreSize) ||
      nest.role !== 'core' ||
      now > nest.bornAt + SAME_AGE
    ) {
      this.nest = sampled.add(row, 'core');
      return;
    }
    this.takenAtJoin = this.takeFirst(nest.load);
    sampled.join(row, nest, this.takenAtJoin === 0 ? null : this.takenCameAt);
  }

  /** An instance is not (any more) one of the core, but still ready. */
  leaveCore(row: number): void {
    this.passTo(this.agenda.now);
    const { sampled, rows } = this;
    if (!sampled.has(row)) {
      this.instances.load[row] = 0;
      sampled.add(row, 'surplus');
      return;
    }
    if (rows.has(row)) rows.remove(row);
    rows.mark(row, sampled.move(row, 'surplus'), this.at);
    this.settleNow();
    if (this.instances.load[row] === 0) this.demand.idles(this.revision, row);
  }

  /** An instance is not routed to any more. */
  leave(row: number): void {
    this.passTo(this.agenda.now);
    const { sampled, rows } = this;
    if (rows.has(row)) rows.remove(row);
    const load = sampled.move(row, 'leaving');
    rows.mark(row, load, this.at);
    if (load === 0) sampled.remove(row);
    this.settleNow();
    if (load > 0) this.disturb();
  }

  /** All requests on an instance that is not routed to are lost. */
  cutOff(row: number): void {
    const { sampled, instances } = this;
    instances.load[row] = 0;
    if (!sampled.has(row)) return;
    const count = this.withoutOwed(sampled.remove(row));
    if (count === 0) return;
    this.answers.refused(count, 'instance-gone', this.at, true);
    this.settleNow();
  }

  /** All that pend are refused. */
  turnAway(outcome: HttpOutcomeId): void {
    this.passTo(this.agenda.now);
    this.waiting.turnAway(outcome);
    this.settleNow();
  }

  /** A group that is not of the core has no request any more. */
  private emptied(group: Group, at: number): void {
    const { demand, revision, rows, sampled, instances } = this;
    if (group.role === 'surplus') {
      for (const row of group.members) {
        rows.mark(row, 0, at);
        demand.idles(revision, row);
      }
      return;
    }
    for (const row of [...group.members]) {
      instances.load[row] = 0;
      sampled.remove(row);
      demand.drained(revision, row);
    }
  }

  /** What must hold at the end. */
  verify(): void {
    const { revision } = this;
    check(
      this.arrivedCount === this.answers.count + this.inSystem && revision.inSystem === this.inSystem,
      'every request that arrived was answered once or is in flight',
    );
    check(this.inSystem >= 0 && this.sampled.coreSize === this.rows.size, 'requests are on instances');
  }
}

/** Where each instance is simulated its requests are independent. */
const drawOf = (draws: StratifiedDraws, { size }: Group): number =>
  size === 1 ? draws.alone() : draws.next();
