/**
 * A group of instances that are alike: one of them is simulated, request by request, and stands for all.
 *
 * Every request on it stands for as many as the group has members. So a member that leaves takes along exactly what
 * it has, and nothing is rounded. A group of one is an instance as exact mode has it.
 */
import { EventQueue } from '../../engine/event-queue.ts';
import { BILLING_STEP_SECONDS } from '../../rules/prices.ts';
import { duration, SECOND } from '../../units/time.ts';
import { NONE } from './sampled-requests.ts';

/** core: routed to; surplus: routed to where the core is full; leaving: not routed to any more. */
export type Role = 'core' | 'surplus' | 'leaving';

const BILLING_STEP = duration(BILLING_STEP_SECONDS, SECOND);

export class Group {
  readonly id: number;
  role: Role;
  /** Instance rows. */
  readonly members: number[] = [];
  /** Requests on each, and how many of them are at their CPU work. */
  load = 0;
  atWork = 0;
  /** Virtual time: what each at work has had of the CPU; up to when it is reckoned, ns. */
  virtual = 0;
  since = 0;
  /** Requests at work, by the virtual time at which they will have had their CPU. */
  readonly work = new EventQueue(16);
  /** The event at which to look for one that has had its CPU. It may be too early. */
  ticket = NONE;
  lookAt = 0;
  /** First of its requests. */
  first = NONE;
  /** It was made, and took in new instances, since. */
  bornAt = 0;
  /** Members that have not had a request, and those of them that were started on demand. */
  unserved = 0;
  onDemand = 0;
  /** Changes whenever its requests do. */
  version = 0;
  /** The stretch that is paid for began, and its last request left, at these instants. */
  paidSince = 0;
  idleSince = 0;
  /** By role: a group that was made out of this one, and its version and this one's then. */
  readonly twins = new Map<Role, { group: Group; version: number; own: number }>();

  constructor(id: number, role: Role, at: number) {
    this.id = id;
    this.role = role;
    this.bornAt = at;
    this.since = at;
    this.paidSince = at;
    this.idleSince = at;
  }

  /** It has a request again. For how long it was paid for though it had none, ns: time is billed in whole steps. */
  resume(now: number): number {
    const { paidSince, idleSince } = this;
    const paidUntil = paidSince + Math.ceil((idleSince - paidSince) / BILLING_STEP) * BILLING_STEP;
    if (now <= paidUntil) return now - idleSince;
    this.paidSince = now;
    return paidUntil - idleSince;
  }

  get size(): number {
    return this.members.length;
  }
}
