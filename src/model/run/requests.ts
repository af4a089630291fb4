/**
 * Requests alive at this moment, pending or on an instance: one row each, in columns.
 *
 * A row is taken when a request arrives and given back when it is answered, so memory follows the requests in
 * flight and not those that were. A request's luck (how long it will take) is drawn when it arrives and kept
 * here: two plans meet the same customers.
 *
 * What is known of a request stands side by side, its times in one array and the rest in another: with many in flight a
 * row is fetched from memory, and two fetches take less than ten.
 *
 * Hot: every request passes through here. 52 bytes a row; the queue holds another 20 for it.
 */
import { longerFloat64, longerInt32 } from '../../engine/columns.ts';
import { Slots } from '../../engine/slots.ts';
import { check } from '../../units/check.ts';
import { MOST_SUBJECTS } from '../events.ts';
import type { RequestTable } from '../probe.ts';

// A row is four places in either array.
const WIDTH = 4;

const ARRIVED_AT = 0;
const STARTED_AT = 1;
const DURATION = 2;
const TICKET = 3;

const SERVICE = 0;
const REVISION = 1;
const INSTANCE = 2;
const FLAGS = 3;

// In the flags: its lowest bits, and the number of retries above them.
const COLD = 1;
const RETRIED = 2;
const ATTEMPT_BITS = 2;

export class Requests implements RequestTable {
  private times = new Float64Array(0);
  private facts = new Int32Array(0);
  /** The client a request is of; only where a revision has session affinity. */
  private clients = new Int32Array(0);

  readonly slots = new Slots((capacity) => {
    check(capacity <= MOST_SUBJECTS, 'fewer requests are alive at once than an event can tell apart');
    this.times = longerFloat64(this.times, WIDTH * capacity);
    this.facts = longerInt32(this.facts, WIDTH * capacity);
  });

  // Each sets one time at most: a double handed to a function that is not put in line costs an allocation, and only the
  // smallest functions are sure to be.

  /** A request comes: whose it is, and its client's retry number `attempt`, or 0. */
  arrive(row: number, service: number, revision: number, attempt: number): void {
    const { facts } = this;
    const at = WIDTH * row;
    facts[at + SERVICE] = service;
    facts[at + REVISION] = revision;
    facts[at + FLAGS] = attempt << ATTEMPT_BITS;
  }

  setArrivedAt(row: number, now: number): void {
    this.times[WIDTH * row + ARRIVED_AT] = now;
  }

  setStartedAt(row: number, now: number): void {
    this.times[WIDTH * row + STARTED_AT] = now;
  }

  setInstance(row: number, instance: number): void {
    this.facts[WIDTH * row + INSTANCE] = instance;
  }

  /** It is on no instance. */
  pend(row: number): void {
    this.times[WIDTH * row + STARTED_AT] = -1;
    this.facts[WIDTH * row + INSTANCE] = -1;
  }

  arrivedAt(row: number): number {
    return this.times[WIDTH * row + ARRIVED_AT];
  }

  /** Negative while the request has not been placed on an instance. */
  startedAt(row: number): number {
    return this.times[WIDTH * row + STARTED_AT];
  }

  /** How long it takes once placed, ns; where CPU is shared, what is left after its CPU work. */
  duration(row: number): number {
    return this.times[WIDTH * row + DURATION];
  }

  setDuration(row: number, duration: number): void {
    this.times[WIDTH * row + DURATION] = duration;
  }

  /** Of the event that ends its pending or its execution. */
  ticket(row: number): number {
    return this.times[WIDTH * row + TICKET];
  }

  setTicket(row: number, ticket: number): void {
    this.times[WIDTH * row + TICKET] = ticket;
  }

  service(row: number): number {
    return this.facts[WIDTH * row + SERVICE];
  }

  revision(row: number): number {
    return this.facts[WIDTH * row + REVISION];
  }

  /** The instance it is on; -1 while it pends. */
  instance(row: number): number {
    return this.facts[WIDTH * row + INSTANCE];
  }

  /** Waited for, or was the first on, an instance started on demand: 1, else 0. */
  cold(row: number): number {
    return this.facts[WIDTH * row + FLAGS] & COLD;
  }

  setCold(row: number): void {
    this.facts[WIDTH * row + FLAGS] |= COLD;
  }

  /** Retries made before this attempt. */
  attempt(row: number): number {
    return this.facts[WIDTH * row + FLAGS] >> ATTEMPT_BITS;
  }

  /** Of one that is being refused: its client will ask again. */
  retried(row: number): boolean {
    return (this.facts[WIDTH * row + FLAGS] & RETRIED) !== 0;
  }

  setRetried(row: number): void {
    this.facts[WIDTH * row + FLAGS] |= RETRIED;
  }

  /** The client it is of, where its revision has session affinity. */
  session(row: number): number {
    return this.clients[row];
  }

  setSession(row: number, client: number): void {
    if (row >= this.clients.length) this.clients = longerInt32(this.clients, this.slots.capacity);
    this.clients[row] = client;
  }

  /**
   * Rows that belong to a live request on this instance, in the order in which they were placed: a row's number is an
   * accident. For what is rare: crashes and shutdowns.
   */
  on(instance: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.slots.capacity; row++) {
      if (this.slots.isLive(row) && this.instance(row) === instance) rows.push(row);
    }
    return rows.sort((one, other) => this.ticket(one) - this.ticket(other));
  }

  /** All live rows, ascending. */
  live(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.slots.capacity; row++) if (this.slots.isLive(row)) rows.push(row);
    return rows;
  }
}
