/**
 * Requests that pend, first come, first served, as cohorts: so many that came evenly between two instants.
 *
 * A ring of columns. What has been taken of a cohort came before what is left of it, so a cohort and the number left
 * say when each of the rest arrived.
 */
import { longerFloat64 } from '../../engine/columns.ts';

export class Cohorts {
  /** Requests that wait. */
  waiting = 0;
  private from = new Float64Array(64);
  private to = new Float64Array(64);
  private count = new Float64Array(64);
  private left = new Float64Array(64);
  /** Whose requests they are. */
  private kind = new Float64Array(64);
  /** How long each may wait, ns. */
  private patience = new Float64Array(64);
  private head = 0;
  private entries = 0;

  push(from: number, to: number, count: number, kind: number, patience: number): void {
    if (this.entries === this.from.length) this.grow();
    const at = (this.head + this.entries++) & (this.from.length - 1);
    this.from[at] = from;
    this.to[at] = to;
    this.count[at] = count;
    this.left[at] = count;
    this.kind[at] = kind;
    this.patience[at] = patience;
    this.waiting += count;
  }

  /** Of the first cohort: how many are left, whose they are. */
  get first(): number {
    return this.left[this.head];
  }

  get kindOfFirst(): number {
    return this.kind[this.head];
  }

  get patienceOfFirst(): number {
    return this.patience[this.head];
  }

  /** When the request came that has waited longest; Infinity if none waits. */
  get oldest(): number {
    return this.waiting === 0 ? Infinity : this.arrivalOf(0);
  }

  /** When the request came before which `n` of the first cohort's are left. */
  arrivalOf(n: number): number {
    const at = this.head;
    const done = this.count[at] - this.left[at] + n;
    return this.from[at] + ((this.to[at] - this.from[at]) * done) / this.count[at];
  }

  /** How many of the first cohort came before `instant`. */
  before(instant: number): number {
    const at = this.head;
    if (this.to[at] <= instant) return this.left[at];
    if (this.from[at] >= instant) return 0;
    const share = (instant - this.from[at]) / (this.to[at] - this.from[at]);
    const gone = this.count[at] - this.left[at];
    return Math.max(0, Math.min(this.left[at], Math.floor(this.count[at] * share + 0.5) - gone));
  }

  /** Takes the first `n` of the first cohort. */
  take(n: number): void {
    this.left[this.head] -= n;
    this.waiting -= n;
    while (this.entries > 0 && this.left[this.head] === 0) {
      this.head = (this.head + 1) & (this.from.length - 1);
      this.entries--;
    }
  }

  /** Takes the `n` that came last. */
  dropLast(n: number): void {
    let left = n;
    while (left > 0) {
      const at = (this.head + this.entries - 1) & (this.from.length - 1);
      const gone = Math.min(left, this.left[at]);
      const came = this.count[at];
      this.to[at] -= ((this.to[at] - this.from[at]) * gone) / came;
      this.count[at] = came - gone;
      this.left[at] -= gone;
      this.waiting -= gone;
      left -= gone;
      if (this.left[at] === 0) this.entries--;
    }
  }

  private grow(): void {
    const length = this.from.length;
    for (const column of ['from', 'to', 'count', 'left', 'kind', 'patience'] as const) {
      const grown = longerFloat64(this[column], 2 * length);
      for (let i = 0; i < this.entries; i++) grown[i] = this[column][(this.head + i) & (length - 1)];
      this[column] = grown;
    }
    this.head = 0;
  }
}
