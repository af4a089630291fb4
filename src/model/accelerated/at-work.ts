/**
 * The requests of a crowd that are at work on the core: from their start until they are finished or out of time.
 *
 * Whoever begins draws, as one of many, when it will be finished (`Completions`), and whether that is later than it
 * may take: then it holds its slot until its time is over, and is answered with that. The first request on an instance
 * may take a time of its own, and is drawn singly.
 */
import { binomial } from '../../engine/binomial.ts';
import type { Stream } from '../../engine/streams.ts';
import type { HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import { MILLISECOND } from '../../units/time.ts';
import type { CrowdProbe } from '../probe.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import type { Answers } from './answers.ts';
import type { Cohorts } from './cohorts.ts';
import { Completions } from './completions.ts';
import type { Survival } from './survival.ts';

/** What is rarer than this does not happen. */
const NEGLIGIBLE = 1e-12;

export class AtWork {
  /** The expected service time, ns. */
  readonly mean: number;
  /** A request may take this long in all, ns, and what it is told then. */
  readonly limit: number;
  readonly outOfTime: HttpOutcomeId;
  /** The shortest step of time in which they are followed, ns. */
  readonly step: number;
  /** Those that will be finished in time, by when. */
  readonly completions: Completions;

  private readonly service: Service;
  private readonly survivals: readonly Survival[];
  private readonly answers: Answers;
  private readonly tell: CrowdProbe | undefined;
  private readonly luck: Stream;
  /** Those that will be out of time before they are finished, in the order of that time. */
  private readonly cuts: { readonly at: number; readonly count: number; readonly arrivedAt: number }[] = [];
  private cutCount = 0;
  /** Instances that have not had their first request, and how many of those were started on demand. */
  private fresh = 0;
  private freshOnDemand = 0;

  constructor(
    revision: Revision,
    service: Service,
    survivals: readonly Survival[],
    answers: Answers,
    tell: CrowdProbe | undefined,
    luck: Stream,
    start: number,
  ) {
    this.service = service;
    this.survivals = survivals;
    this.answers = answers;
    this.tell = tell;
    this.luck = luck;
    const patience = service.plan.clients?.timeout ?? Infinity;
    this.limit = Math.min(revision.plan.timeout, patience);
    this.outOfTime = patience <= revision.plan.timeout ? 'client-gave-up' : 'timed-out';
    this.mean = survivals[service.id].mean;
    this.step = stepFor(this.mean);
    this.completions = new Completions(this.step, start, luck);
  }

  /** Time has passed up to here, ns. */
  get now(): number {
    return this.completions.now;
  }

  get count(): number {
    return this.completions.count + this.cutCount;
  }

  /** Whether some of them will be out of time. */
  get hasLate(): boolean {
    return this.cutCount > 0;
  }

  /** Lets time pass; how many slots are free again. */
  passTo(until: number): number {
    const finished = this.completions.take(until);
    const outOfTime = this.runOutOfTime(until);
    this.answers.served(finished, until);
    return finished + outOfTime;
  }

  /** The first `n` that wait begin, evenly between two instants. How many of them are finished by now. */
  begin(queue: Cohorts, n: number, from: number, until: number): number {
    const { tell, service, limit } = this;
    const kind = queue.kindOfFirst;
    const cameFrom = queue.arrivalOf(0);
    const cameUntil = queue.arrivalOf(n);
    const patience = queue.patienceOfFirst;
    queue.take(n);
    const survival = this.survivals[kind];
    const ago = Math.max(0, this.now - until);
    const firsts = this.fresh > 0 ? this.beginFirsts(n, until, cameUntil) : 0;
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
    return share >= 1 ? 0 : this.completions.spread(others - cut, ago, until - from, survival, share);
  }

  /** An instance is ready that has not had a request. */
  expectFirst(onDemand: boolean): void {
    this.fresh++;
    if (onDemand) this.freshOnDemand++;
  }

  /** Requests that waited for an instance begin on it at `at`; they are its cold ones. */
  meetInstance(count: number, onDemand: boolean, initial: boolean, at: number): void {
    if (!initial) this.tell?.crowdCold(this.service.id, count, at);
    if (onDemand) this.freshOnDemand--;
  }

  /** Of `n` that begin, those that are the first on their instance. How many of them took a time of their own. */
  private beginFirsts(n: number, at: number, arrivedAt: number): number {
    const { service, tell } = this;
    const count = Math.min(n, this.fresh);
    this.fresh -= count;
    const cold = Math.min(count, this.freshOnDemand);
    if (cold > 0) tell?.crowdCold(service.id, cold, arrivedAt);
    this.freshOnDemand -= cold;
    if (service.firstDurations === null) return 0;
    for (let k = 0; k < count; k++) {
      const end = at + service.firstDurations.at(service.firstLuck.next53());
      this.completions.add(Math.max(this.now, end));
    }
    tell?.crowdStarted(service.id, this.survivals.length + service.id, count, arrivedAt, arrivedAt, at, at);
    return count;
  }

  /** Those whose time is over are told so. Returns how many. */
  private runOutOfTime(until: number): number {
    const { cuts } = this;
    let gone = 0;
    while (cuts.length > 0 && cuts[0].at <= until) {
      const { count, arrivedAt } = cuts.shift()!;
      gone += count;
      this.answers.refused(count, this.outOfTime, arrivedAt, true);
    }
    this.cutCount -= gone;
    return gone;
  }
}

/** A tenth of the mean service time, between 1 and 10 ms. */
const stepFor = (mean: number): number =>
  Math.max(1, Math.min(10, Math.floor(mean / (10 * MILLISECOND)))) * MILLISECOND;
