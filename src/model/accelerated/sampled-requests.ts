/**
 * Requests that are simulated singly and stand for others: one row each, in columns.
 *
 * Each is in two lists: of those on its group of instances, and of all, in the order in which they arrived. The
 * second says whose time is over next, as all may take equally long.
 *
 * Hot: a row is taken and given back for each.
 */
import { longerFloat64, longerInt32 } from '../../engine/columns.ts';
import { Slots } from '../../engine/slots.ts';

export const NONE = -1;

export class SampledRequests {
  arrivedAt = new Float64Array(0);
  startedAt = new Float64Array(0);
  /** What it takes when its CPU work is done, ns. */
  left = new Float64Array(0);
  /** The virtual time of its group at which it will have had its CPU. */
  needs = new Float64Array(0);
  /** Of its place in the heap of its group; NONE: it is not at its CPU work. */
  entry = new Float64Array(0);
  /** After its CPU work: when it is finished, and the event that says so. */
  endsAt = new Float64Array(0);
  ticket = new Float64Array(0);
  group = new Int32Array(0);
  next = new Int32Array(0);
  previous = new Int32Array(0);
  older = new Int32Array(0);
  younger = new Int32Array(0);
  oldest = NONE;
  private youngest = NONE;

  private readonly slots = new Slots((capacity) => {
    for (const column of ['arrivedAt', 'startedAt', 'left', 'needs', 'entry', 'endsAt', 'ticket'] as const) {
      this[column] = longerFloat64(this[column], capacity);
    }
    for (const column of ['group', 'next', 'previous', 'older', 'younger'] as const) {
      this[column] = longerInt32(this[column], capacity);
    }
  });

  /** A row for one that comes after `elder` in the order of arrival; without it, after all. */
  take(elder = this.youngest): number {
    const row = this.slots.take();
    const { older, younger } = this;
    const after = elder === NONE ? NONE : younger[elder];
    older[row] = elder;
    younger[row] = after;
    if (elder === NONE) this.oldest = row;
    else younger[elder] = row;
    if (after === NONE) this.youngest = row;
    else older[after] = row;
    return row;
  }

  release(row: number): void {
    const elder = this.older[row];
    const after = this.younger[row];
    if (elder === NONE) this.oldest = after;
    else this.younger[elder] = after;
    if (after === NONE) this.youngest = elder;
    else this.older[after] = elder;
    this.slots.release(row);
  }
}
