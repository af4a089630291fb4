/**
 * Requests that wait at the front door of a revision, first come, first served.
 *
 * A ring of (row, ticket). A request that leaves before its turn (its time ran out) is not searched for: its row no
 * longer holds the ticket it was queued with, and the entry is passed over when it comes to the front.
 *
 * Hot when a service is short of instances, which is when it matters.
 */
import { longerFloat64, longerInt32 } from '../../engine/columns.ts';
import type { Requests } from './requests.ts';

export class PendingQueue {
  /** Requests that really wait. */
  waiting = 0;
  private rows = new Int32Array(16);
  private tickets = new Float64Array(16);
  private head = 0;
  private entries = 0;

  push(row: number, ticket: number): void {
    if (this.entries === this.rows.length) this.grow();
    const at = (this.head + this.entries) & (this.rows.length - 1);
    this.rows[at] = row;
    this.tickets[at] = ticket;
    this.entries++;
    this.waiting++;
  }

  /** Takes the request that has waited longest; -1 when none waits. */
  take(requests: Requests): number {
    const row = this.first(requests);
    if (row < 0) return -1;
    this.drop();
    this.waiting--;
    return row;
  }

  /** A request gave up its place; its row must not hold its ticket any more. */
  left(requests: Requests): void {
    this.waiting--;
    this.first(requests);
  }

  private first(requests: Requests): number {
    while (this.entries > 0) {
      const row = this.rows[this.head];
      if (requests.ticket(row) === this.tickets[this.head]) return row;
      this.drop();
    }
    return -1;
  }

  private drop(): void {
    this.head = (this.head + 1) & (this.rows.length - 1);
    this.entries--;
  }

  private grow(): void {
    const length = this.rows.length;
    const rows = longerInt32(this.rows, 2 * length);
    const tickets = longerFloat64(this.tickets, 2 * length);
    for (let i = 0; i < this.entries; i++) {
      const from = (this.head + i) & (length - 1);
      rows[i] = this.rows[from];
      tickets[i] = this.tickets[from];
    }
    this.rows = rows;
    this.tickets = tickets;
    this.head = 0;
  }
}
