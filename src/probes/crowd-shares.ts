/**
 * Whole numbers shared out by weights: the parts are whole too, and sum to what was there.
 *
 * Requests that are known in numbers only are divided again and again, among stretches of time and among latencies.
 * Rounding each part for itself would lose some or make some up; here each is what is due up to it, less what was given.
 */
import { check } from '../units/check.ts';

/** The parts of one number, in turn. */
export class Shares {
  private readonly count: number;
  private readonly total: number;
  private weight = 0;
  private given = 0;

  constructor(count: number, total: number) {
    this.count = count;
    this.total = total;
  }

  /** The part of the next one. */
  next(weight: number): number {
    this.weight += weight;
    const upTo = Math.min(
      this.count,
      this.total > 0 ? Math.floor((this.count * this.weight) / this.total + 0.5) : 0,
    );
    const part = Math.max(0, upTo - this.given);
    this.given += part;
    return part;
  }

  /** What rounding has left over. */
  rest(give: (count: number) => void): void {
    if (this.given < this.count) give(this.count - this.given);
    this.given = this.count;
  }
}

/**
 * How many of each sort end, if `count` do in all. Each sort is expected to end with its share of those there are; by what
 * there are more or fewer in all is put down to each as far as chance may be the reason. Nobody gets more than there are.
 */
export function allotted(count: number, left: readonly number[], shares: readonly number[]): number[] {
  let expected = 0;
  let variance = 0;
  for (let i = 0; i < left.length; i++) {
    expected += left[i] * shares[i];
    variance += left[i] * shares[i] * (1 - shares[i]);
  }
  const excess = variance > 0 ? (count - expected) / variance : 0;
  const wanted = left.map((all, i) =>
    Math.min(all, Math.max(0, all * shares[i] * (1 + excess * (1 - shares[i])))),
  );
  const share = new Shares(
    count,
    wanted.reduce((sum, one) => sum + one, 0),
  );
  let over = count;
  const parts = wanted.map((one, i) => {
    const part = Math.min(share.next(one), left[i]);
    over -= part;
    return part;
  });
  for (let i = 0; over > 0 && i < parts.length; i++) {
    const more = Math.min(over, left[i] - parts[i]);
    parts[i] += more;
    over -= more;
  }
  check(over === 0, 'who is answered 2xx began before');
  return parts;
}
