/**
 * How long a request may take, pending included: the timeout of its revision or the patience of its client, whichever is
 * over first, and the event that says so.
 *
 * A request that pends has one event to come, its limit or that it has pended for as long as it may. One that is on an
 * instance has its completion, or its limit if that is sooner. Of one that does CPU work nobody knows how long it takes,
 * so its limit is an event of its own, and nearly always for nothing: it takes 300 s by default, and the work a fraction
 * of a second. So where limits are long, who is still at work is looked for now and then, and only the limits that come
 * near are planned.
 *
 * Hot where `cpuTime` is given, and where requests pend.
 */
import type { Instant } from '../../units/time.ts';
import { NO_TICKET, type Agenda } from '../agenda.ts';
import { EVENT, subjectOf } from '../events.ts';
import { ARRIVED_AT, DOUBLES, TICKET, type Requests } from './requests.ts';
import type { Revision } from './revision.ts';

/** A limit is long from so many ticks of the autoscaler on. */
const LONG = 4;

/**
 * In place of the ticket of a request at CPU work whose limit is not planned yet: this, less one for each such request before
 * it, so that their order is known.
 */
const NO_LIMIT_YET = NO_TICKET - 1;

export class Limits {
  /** By revision, ns: a request that takes no longer has all the time it needs. */
  readonly longest: Float64Array;
  /** By revision: what happens when that is over. */
  readonly events: readonly number[];

  private readonly agenda: Agenda;
  private readonly requests: Requests;
  /** By revision: 1 where the limits of CPU work are planned late. */
  private readonly plansLate: Uint8Array;
  private readonly tick: number;
  /** How long it is from one look to the next, less than one tick more; and when the next one is due. */
  private readonly betweenLooks: number;
  private nextLook: number;
  private worksBegun = 0;

  /**
   * @param patience of clients, by service, ns
   * @param tick `look` is called at least so often, ns
   */
  constructor(
    agenda: Agenda,
    requests: Requests,
    revisions: readonly Revision[],
    patience: Float64Array,
    tick: number,
  ) {
    this.agenda = agenda;
    this.requests = requests;
    this.longest = Float64Array.from(revisions, ({ plan }) => Math.min(plan.timeout, patience[plan.service]));
    this.events = revisions.map(({ plan }) =>
      patience[plan.service] < plan.timeout ? EVENT['client-gave-up'] : EVENT['request-timed-out'],
    );
    const isLong = (limit: number): boolean => limit >= LONG * tick;
    this.plansLate = Uint8Array.from(this.longest, (limit) => (isLong(limit) ? 1 : 0));
    this.tick = tick;
    this.betweenLooks = Math.min(...this.longest.filter(isLong)) / 2;
    this.nextLook = this.betweenLooks;
  }

  /** A request pends, until `expiry` at most. */
  planPending(row: number, revision: number, expiry: number): void {
    const limit = this.requests.arrivedAt(row) + this.longest[revision];
    if (limit < expiry) this.plan(row, limit, this.events[revision]);
    else this.plan(row, expiry, EVENT['pending-expired']);
  }

  /** A request begins its CPU work. */
  planWork(row: number, revision: number): void {
    const { times } = this.requests;
    const at = row << DOUBLES;
    const limit = times[at | ARRIVED_AT] + this.longest[revision];
    // One that pended for long has little time left.
    if (this.plansLate[revision] === 1 && !this.comesBeforeNextLook(limit))
      times[at | TICKET] = NO_LIMIT_YET - this.worksBegun++;
    else this.plan(row, limit, this.events[revision]);
  }

  /** Plans the limits of CPU work that come before the look after this one. */
  look(): void {
    const { now } = this.agenda;
    if (now < this.nextLook) return;
    this.nextLook = now + this.betweenLooks;
    const { requests, longest } = this;
    for (let row = 0; row < requests.capacity; row++) {
      if (!requests.isLive(row) || requests.ticket(row) > NO_LIMIT_YET) continue;
      const revision = requests.revision(row);
      const limit = requests.arrivedAt(row) + longest[revision];
      if (this.comesBeforeNextLook(limit)) this.plan(row, limit, this.events[revision]);
    }
  }

  /** Looks are taken at ticks, so the next one may be up to a tick late. */
  private comesBeforeNextLook(limit: number): boolean {
    return limit <= this.nextLook + this.tick;
  }

  private plan(row: number, at: number, event: number): void {
    this.dropVoid();
    this.requests.setTicket(row, this.agenda.planDeadline(at as Instant, event, row));
  }

  /** Those of requests that were placed or answered meanwhile. Dropped here, so that they do not pile up for a minute. */
  private dropVoid(): void {
    const { deadlines } = this.agenda;
    const { times } = this.requests;
    while (
      deadlines.first < Infinity &&
      times[(subjectOf(deadlines.topWhat()) << DOUBLES) | TICKET] !== deadlines.topOrder()
    )
      deadlines.pop();
  }
}
