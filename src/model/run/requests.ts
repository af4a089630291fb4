/**
 * Requests alive at this moment, pending or on an instance: one row each, in columns.
 *
 * A row is taken when a request arrives and given back when it is answered, so memory follows the requests in
 * flight and not those that were. A request's luck (how long it will take) is drawn when it arrives and kept
 * here: two plans meet the same customers.
 *
 * Hot: every request passes through here. 51 bytes a row; the queue holds another 20 for it.
 */
import { longerFloat64, longerInt32, longerUint8 } from '../../engine/columns.ts';
import { Slots } from '../../engine/slots.ts';
import { check } from '../../units/check.ts';
import { MOST_SUBJECTS } from '../events.ts';
import type { RequestColumns } from '../probe.ts';

export class Requests implements RequestColumns {
  arrivedAt = new Float64Array(0);
  /** Negative while the request has not been placed on an instance. */
  startedAt = new Float64Array(0);
  /** How long it takes once placed, ns. */
  duration = new Float64Array(0);
  /** Of the event that ends its pending or its execution. */
  ticket = new Float64Array(0);
  service = new Int32Array(0);
  revision = new Int32Array(0);
  /** The instance it is on; -1 while it pends. */
  instance = new Int32Array(0);
  /** Retries made before this attempt. */
  attempt = new Uint8Array(0);
  /** The client it is of, where its revision has session affinity. */
  session = new Int32Array(0);
  cold = new Uint8Array(0);
  /** Of one that is being refused: its client will ask again. */
  retried = new Uint8Array(0);

  readonly slots = new Slots((capacity) => {
    check(capacity <= MOST_SUBJECTS, 'fewer requests are alive at once than an event can tell apart');
    this.arrivedAt = longerFloat64(this.arrivedAt, capacity);
    this.startedAt = longerFloat64(this.startedAt, capacity);
    this.duration = longerFloat64(this.duration, capacity);
    this.ticket = longerFloat64(this.ticket, capacity);
    this.service = longerInt32(this.service, capacity);
    this.revision = longerInt32(this.revision, capacity);
    this.instance = longerInt32(this.instance, capacity);
    this.attempt = longerUint8(this.attempt, capacity);
    this.session = longerInt32(this.session, capacity);
    this.cold = longerUint8(this.cold, capacity);
    this.retried = longerUint8(this.retried, capacity);
  });

  /**
   * Rows that belong to a live request on this instance, in the order in which they were placed: a row's number is an
   * accident. For what is rare: crashes and shutdowns.
   */
  on(instance: number): number[] {
    const { ticket } = this;
    const rows: number[] = [];
    for (let row = 0; row < this.slots.capacity; row++) {
      if (this.slots.isLive(row) && this.instance[row] === instance) rows.push(row);
    }
    return rows.sort((one, other) => ticket[one] - ticket[other]);
  }

  /** All live rows, ascending. */
  live(): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.slots.capacity; row++) if (this.slots.isLive(row)) rows.push(row);
    return rows;
  }
}
