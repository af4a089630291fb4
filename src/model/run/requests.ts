/**
 * Requests alive at this moment, pending or on an instance: one row each.
 *
 * A row is taken when a request arrives and given back when it is answered, so memory follows the requests in
 * flight and not those that were. A request's luck (how long it will take) is drawn when it arrives and kept
 * here: two plans meet the same customers.
 *
 * A row is 32 bytes, half a line of the processor's cache, so that with many in flight a request is fetched from memory at
 * once: three times and two words of facts.
 *
 *   bytes  0 to 7    when it arrived
 *          8 to 15   when it was placed on its instance; before that, below zero, how long it will take
 *         16 to 23   the ticket of the event that ends its pending or its execution
 *         24 to 27   its instance, -1 while it pends; of a free row, the next one
 *         28 to 31   revision, retries before this one, whether its client asks again, whether it is cold
 *
 * Hot: every request passes through here. 32 bytes a row; the queue holds another 20 for it.
 */
import { longerFloat64, longerInt32 } from '../../engine/columns.ts';
import { check } from '../../units/check.ts';
import type { RevisionId, ServiceId } from '../../units/ids.ts';
import { MOST_SUBJECTS } from '../events.ts';
import type { RequestTable } from '../probe.ts';

// A row is four doubles, or eight words: what is at `(row << DOUBLES) | ARRIVED_AT` of `times`, or at
// `(row << WORDS) | INSTANCE` of `words`.
export const DOUBLES = 2;
export const ARRIVED_AT = 0;
/** Before the request is placed: -1 less its duration. */
export const STARTED_AT = 1;
export const TICKET = 2;
export const WORDS = 3;
export const INSTANCE = 6;
export const FACTS = 7;

/** In place of an instance, and at the end of the list of free rows. */
const NOWHERE = -1;

// The facts, from the lowest bit.
const COLD = 1;
const RETRIED = 2;
export const ATTEMPT_BITS = 2;
export const REVISION_BITS = 16;
/** Facts of a row that is free. */
const FREE = -1;
const FIRST_CAPACITY = 64;
const MOST_ATTEMPTS = 1 << (REVISION_BITS - ATTEMPT_BITS);
const MOST_REVISIONS = 1 << (31 - REVISION_BITS);

export class Requests implements RequestTable {
  // Open to the front door and its limits, which do what happens to every request. Everybody else asks by name.
  times = new Float64Array(0);
  /** The same memory. */
  words = new Int32Array(0);
  /** The client a request is of; only where a revision has session affinity. */
  private clients = new Int32Array(0);
  private readonly serviceOf: readonly ServiceId[];

  /** The free rows are a list that runs through the word of their instance; the row given back last is its first. */
  private firstFree = NOWHERE;

  /** @param serviceOf the service of each revision */
  constructor(serviceOf: readonly ServiceId[]) {
    check(serviceOf.length <= MOST_REVISIONS, 'a row has room for the number of any revision');
    this.serviceOf = serviceOf;
  }

  /** How many rows there are, taken and free. */
  get capacity(): number {
    return this.words.length >> WORDS;
  }

  /** Whether a row is that of a live request. */
  isLive(row: number): boolean {
    return this.words[(row << WORDS) | FACTS] >= 0;
  }

  /** A row nobody holds. */
  take(): number {
    if (this.firstFree === NOWHERE) this.grow();
    const row = this.firstFree;
    this.firstFree = this.words[(row << WORDS) | INSTANCE];
    return row;
  }

  /** Gives a row back. To give back a free row is an invariant violation: it would soon have two holders. */
  release(row: number): void {
    const { words } = this;
    const at = row << WORDS;
    if (words[at | FACTS] < 0) check(false, 'only a row that is taken is given back');
    words[at | INSTANCE] = this.firstFree;
    words[at | FACTS] = FREE;
    this.firstFree = row;
  }

  // Each sets one time at most: a double handed to a function that is not put in line costs an allocation, and only the
  // smallest functions are sure to be.

  /** A request comes, to no instance yet: whose it is, and its client's retry number `attempt`, or 0. */
  arrive(row: number, revision: RevisionId, attempt: number): void {
    const { words } = this;
    if (attempt >= MOST_ATTEMPTS) check(false, 'a row has room for the number of any attempt');
    words[(row << WORDS) | INSTANCE] = NOWHERE;
    words[(row << WORDS) | FACTS] = (revision << REVISION_BITS) | (attempt << ATTEMPT_BITS);
  }

  setArrivedAt(row: number, now: number): void {
    this.times[(row << DOUBLES) | ARRIVED_AT] = now;
  }

  /** How long it will take once it is placed, ns; forgotten then. */
  setDuration(row: number, duration: number): void {
    this.times[(row << DOUBLES) | STARTED_AT] = -1 - duration;
  }

  duration(row: number): number {
    return -1 - this.times[(row << DOUBLES) | STARTED_AT];
  }

  /** It begins on an instance; its duration has been read. */
  setStartedAt(row: number, now: number): void {
    this.times[(row << DOUBLES) | STARTED_AT] = now;
  }

  arrivedAt(row: number): number {
    return this.times[(row << DOUBLES) | ARRIVED_AT];
  }

  /** Negative while it has not been placed on an instance. */
  startedAt(row: number): number {
    return this.times[(row << DOUBLES) | STARTED_AT];
  }

  /** Of the event that ends its pending or its execution. */
  ticket(row: number): number {
    return this.times[(row << DOUBLES) | TICKET];
  }

  setTicket(row: number, ticket: number): void {
    this.times[(row << DOUBLES) | TICKET] = ticket;
  }

  service(row: number): ServiceId {
    return this.serviceOf[this.revision(row)];
  }

  revision(row: number): number {
    return this.words[(row << WORDS) | FACTS] >> REVISION_BITS;
  }

  /** The instance it is on; -1 while it pends. */
  instance(row: number): number {
    return this.words[(row << WORDS) | INSTANCE];
  }

  /** Waited for, or was the first on, an instance started on demand: 1, else 0. */
  cold(row: number): number {
    return this.words[(row << WORDS) | FACTS] & COLD;
  }

  setCold(row: number): void {
    this.words[(row << WORDS) | FACTS] |= COLD;
  }

  /** Retries made before this attempt. */
  attempt(row: number): number {
    return (this.words[(row << WORDS) | FACTS] >> ATTEMPT_BITS) & (MOST_ATTEMPTS - 1);
  }

  /** Of one that is being refused: its client will ask again. */
  retried(row: number): boolean {
    return (this.words[(row << WORDS) | FACTS] & RETRIED) !== 0;
  }

  setRetried(row: number): void {
    this.words[(row << WORDS) | FACTS] |= RETRIED;
  }

  /** The client it is of, where its revision has session affinity. */
  session(row: number): number {
    return this.clients[row];
  }

  setSession(row: number, client: number): void {
    if (row >= this.clients.length) this.clients = longerInt32(this.clients, this.capacity);
    this.clients[row] = client;
  }

  /**
   * Rows that belong to a live request on this instance, in the order in which they were placed: a row's number is an
   * accident. For what is rare: crashes and shutdowns.
   */
  on(instance: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.capacity; row++) {
      if (this.isLive(row) && this.instance(row) === instance) rows.push(row);
    }
    const order = (row: number): number => Math.abs(this.ticket(row));
    return rows.sort(
      (one, other) => this.startedAt(one) - this.startedAt(other) || order(one) - order(other),
    );
  }

  /** All live rows, ascending. */
  live(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.capacity; row++) if (this.isLive(row)) rows.push(row);
    return rows;
  }

  private grow(): void {
    const before = this.capacity;
    const capacity = Math.max(FIRST_CAPACITY, 2 * before);
    check(capacity <= MOST_SUBJECTS, 'fewer requests are alive at once than an event can tell apart');
    this.times = longerFloat64(this.times, capacity << DOUBLES);
    this.words = new Int32Array(this.times.buffer);
    for (let row = before; row < capacity; row++) {
      this.words[(row << WORDS) | INSTANCE] = row + 1 < capacity ? row + 1 : NOWHERE;
      this.words[(row << WORDS) | FACTS] = FREE;
    }
    this.firstFree = before;
  }
}
