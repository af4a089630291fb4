/**
 * A revision while it runs: its instances, the requests that pend for it, and what is counted of both.
 *
 * It holds state and keeps it consistent; what is done with it is decided elsewhere: requests in `front-door.ts`,
 * starts in `cold-start.ts`, counts in `autoscaler.ts`, shutdowns in `departures.ts`.
 */
import { ExactSum } from '../../engine/exact-sum.ts';
import type { RevisionId, ServiceId } from '../../units/ids.ts';
import type { Instant } from '../../units/time.ts';
import { NO_TICKET, type Ticket } from '../agenda.ts';
import type { RevisionPlan } from '../plan.ts';
import type { RevisionView } from '../probe.ts';
import type { Fleet } from './fleet.ts';
import type { Instance, Population } from './instances.ts';
import { PendingQueue } from './pending-queue.ts';

export class Revision implements RevisionView, Population {
  readonly id: RevisionId;
  readonly plan: RevisionPlan;
  readonly fleet: Fleet;
  readonly queue = new PendingQueue();
  /** All instances that are not gone, in order of start. */
  readonly live: Instance[] = [];
  readonly hasSessions: boolean;
  exists = false;
  /** Carries a tag: its own minimum holds without traffic. */
  tagged = false;
  /** Its location is lost: nothing starts, and requests are refused. */
  barred = false;
  /** Share of the service's traffic, percent. */
  percent = 0;
  /** The key version that wraps this revision's data key: the primary one at its deploy. */
  keyVersion = 0;
  /** The version of its repository's key that encrypts its image: the primary one when it was uploaded. */
  imageVersion = 0;

  // Instances by stage, as counted; kept by `Instances.move` and by the front door.
  starting = 0;
  awaitingKey = 0;
  active = 0;
  idle = 0;
  draining = 0;
  startedCount = 0;

  /** Instances that its deployment waits for before traffic moves, and keeps until then; 0: none is under way. */
  firstInstances = 0;
  /** What the autoscaler last asked for. */
  recommended = 0;
  /** Instances it keeps whatever the traffic. */
  minimum = 0;

  /** Requests that wait for an instance of their own, under the per-request autoscaler. */
  bound = 0;

  // Requests in flight and pending, and their integral since the last fold, ns.
  inSystem = 0;
  arrived = 0;
  private area = NaN;
  /** Of the integral since the last fold, what is in the total already. */
  private aside = NaN;
  private areaSince = NaN as Instant;
  /** The integral over the whole run. */
  readonly totalArea = new ExactSum();

  // The back-off after failed starts: see cold-start.ts.
  failedWaits = 0;
  waitBegan: Instant | null = null;
  /** Waits that have begun, those after a failed trial not counted: a start issued before one says nothing after it. */
  waits = 0;
  waitTicket: Ticket = NaN;
  /** The one start that is tried after the wait. */
  trial: Instance | null = null;
  lastStartFailedAt: Instant | null = null;

  // Start-up times of the starts completed so far, time for keys left out.
  startupSum = NaN;
  startupCount = 0;

  constructor(id: RevisionId, plan: RevisionPlan, fleet: Fleet, start: Instant) {
    this.id = id;
    this.plan = plan;
    this.fleet = fleet;
    this.hasSessions = plan.sessionAffinity;
    // Doubles from the start: see ExactSum.
    this.area = 0;
    this.aside = 0;
    this.areaSince = start;
    this.waitTicket = NO_TICKET;
    this.startupSum = 0;
  }

  get service(): ServiceId {
    return this.plan.service;
  }

  get pending(): number {
    return this.queue.waiting + this.bound;
  }

  get ready(): number {
    return this.active + this.idle;
  }

  /** Starting and ready instances: what counts towards the maximum. */
  get alive(): number {
    return this.starting + this.awaitingKey + this.active + this.idle;
  }

  /** Brings the integral up to `now`; to be called before `inSystem` changes. */
  passTo(now: Instant): void {
    const length = now - this.areaSince;
    const passed = this.inSystem * length;
    if (this.area + passed < EXACT) this.area += passed;
    else this.setAside(length, passed);
    this.areaSince = now;
  }

  /** The integral since the last fold, ns x requests (exact below 2^52); it starts again from 0. */
  fold(now: Instant): number {
    this.passTo(now);
    const whole = this.aside + this.area;
    this.totalArea.add(this.area);
    this.area = 0;
    this.aside = 0;
    return whole;
  }

  /** A million requests that wait for seconds pass what a number holds exactly; the total stays exact. */
  private setAside(length: number, passed: number): void {
    this.totalArea.add(this.area);
    this.totalArea.addProduct(this.inSystem, length);
    this.aside += this.area + passed;
    this.area = 0;
  }
}

const EXACT = 4_503_599_627_370_496; // 2^52
