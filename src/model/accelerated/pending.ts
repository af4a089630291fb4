/**
 * The requests of a crowd that pend: they begin first come, first served, as slots become free, or are refused.
 *
 * Whoever arrives stands here at first, for a moment or longer. In a step, slots that were free at its beginning are
 * taken at once, those that are freed meanwhile evenly, and what ends again within the step is taken again: without
 * that, steps would hold slots free that a single request would have found.
 */
import { pendingTimeout, type HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import type { Answers } from './answers.ts';
import type { AtWork } from './at-work.ts';
import { Cohorts } from './cohorts.ts';
import type { CrowdRules } from './crowd-rules.ts';

/** How often a slot is taken again within one step. */
const ROUNDS = 4;

/** How long a request may take in all, ns, what it is told then, and what time it is. */
export interface Limits {
  readonly limit: number;
  readonly outOfTime: HttpOutcomeId;
  readonly now: number;
}

/** Requests that wait, and how long they may. */
export class Waiting {
  readonly queue = new Cohorts();
  /** Somebody found no slot in the step that has just passed. */
  unserved = false;
  protected readonly answers: Answers;
  private readonly revision: Revision;
  private readonly service: Service;
  private readonly limits: Limits;
  private readonly rules: CrowdRules;

  constructor(revision: Revision, service: Service, limits: Limits, answers: Answers, rules: CrowdRules) {
    this.revision = revision;
    this.service = service;
    this.limits = limits;
    this.answers = answers;
    this.rules = rules;
  }

  get count(): number {
    return this.queue.waiting;
  }

  /** How long one that comes now may wait before it is refused or gives up, ns. */
  get patience(): number {
    const { revision, service, limits } = this;
    const mayPend =
      service.plan.pendingTimeout ??
      pendingTimeout(revision.startupCount === 0 ? null : revision.startupSum / revision.startupCount);
    return Math.min(limits.limit, mayPend);
  }

  /** Those that have pended for as long as they may are refused. */
  expire(until: number): void {
    const { queue } = this;
    while (queue.waiting > 0) {
      const patience = queue.patienceOfFirst;
      const count = queue.before(until - patience);
      if (count === 0) return;
      const since = queue.arrivalOf(0.5 * count);
      queue.take(count);
      const verdict =
        patience === this.limits.limit
          ? this.limits.outOfTime
          : this.rules.whyNoInstance(this.revision, since);
      this.answers.refused(count, verdict, since, false);
    }
  }

  /** All are refused. */
  turnAway(outcome: HttpOutcomeId): void {
    const { queue } = this;
    while (queue.waiting > 0) {
      const count = queue.first;
      const since = queue.arrivalOf(0.5 * count);
      queue.take(count);
      this.answers.refused(count, outcome, since, false);
    }
  }

  /** They pend; the last to come are refused if there is no place for them. */
  keepWaiting(): void {
    const { queue, revision } = this;
    if (revision.barred) {
      this.turnAway('region-lost');
      return;
    }
    const { pendingLimit } = this.service.plan;
    if (pendingLimit !== null && queue.waiting > pendingLimit) {
      const count = queue.waiting - pendingLimit;
      const { now } = this.limits;
      queue.dropLast(count);
      this.answers.refused(count, this.rules.whyNoInstance(revision, now), now, false);
    }
    this.unserved = true;
  }
}

/** Those of a crowd, which begin in numbers. */
export class Pending extends Waiting {
  private readonly work: AtWork;

  constructor(revision: Revision, service: Service, work: AtWork, answers: Answers, rules: CrowdRules) {
    super(revision, service, work, answers, rules);
    this.work = work;
  }

  /** They begin as long as there are slots: `room` that are free at `from`, and `freed` until `until`. */
  fill(from: number, until: number, room: number, freed: number): void {
    const { queue, work, answers } = this;
    let atOnce = 0;
    while (queue.waiting > 0 && queue.oldest < from && atOnce < room) {
      const count = Math.min(queue.first, room - atOnce);
      atOnce += count;
      answers.served(work.begin(queue, count, from, from), work.now);
    }
    let count = Math.min(queue.waiting, room - atOnce + freed);
    if (count > 0) {
      let again = this.begin(count, from, until);
      for (let round = 0; round < ROUNDS && again > 0 && queue.waiting > 0; round++) {
        count = Math.min(queue.waiting, again);
        again = this.begin(count, Math.floor(0.5 * (from + until)), until);
      }
    }
    if (queue.waiting > 0) this.keepWaiting();
  }

  /** The first `count` begin, evenly between two instants. Returns how many of them are finished by now. */
  begin(count: number, from: number, until: number): number {
    const { queue, work } = this;
    let finished = 0;
    if (count === queue.waiting && queue.oldest >= from) {
      // Nobody has to wait: those of each sort begin as they come.
      while (queue.waiting > 0) finished += work.begin(queue, queue.first, from, until);
    } else {
      for (let done = 0; done < count;) {
        const n = Math.min(queue.first, count - done);
        const start = from + ((until - from) * done) / count;
        done += n;
        finished += work.begin(queue, n, start, from + ((until - from) * done) / count);
      }
    }
    this.answers.served(finished, work.now);
    return finished;
  }
}
