/**
 * Sums of whole numbers, exact beyond 2^53.
 *
 * Little's law over a finite run is an identity: the integral of the number of requests over time equals the sum of
 * their sojourns. It is only checked in earnest if neither side loses a nanosecond; and a mean is only independent
 * of the order of its addends, and of how many threads added them, if the sum is. A double stops counting at 2^53
 * (ten thousand requests of a quarter of an hour). So a sum is two of them: high x 2^52 + low, good to 2^105.
 */
import { check } from '../units/check.ts';

const LIMB = 4503599627370496; // 2^52
const HALF_LIMB = 67108864; // 2^26
const LARGEST = 9007199254740992; // 2^53

export class ExactSum {
  private high = NaN;
  /** Below 2^52, so that it and another addend below 2^52 add up without rounding. */
  private low = NaN;

  // A field that begins as no number is a double to V8 from the start. One that begins as 0 becomes a double when it no longer
  // fits a small whole number, and then the shape of the object is another: all that was compiled for it is void, and so
  // is, in the next run, all that was compiled for whoever holds such an object, this time for good.
  constructor() {
    this.high = 0;
    this.low = 0;
  }

  /** Adds a whole number, 0 <= x <= 2^53. */
  add(x: number): void {
    const low = this.low + x;
    if (x >= 0 && low < LIMB && Math.floor(x) === x) this.low = low;
    else this.addCarrying(x);
  }

  /** Adds n x dt, both whole, 0 <= n, dt <= 2^53; the product need not fit a double. */
  addProduct(n: number, dt: number): void {
    const product = n * dt;
    if (product < LIMB) this.add(product);
    else this.addLargeProduct(n, dt);
  }

  /** Adds another sum. */
  merge(other: ExactSum): void {
    this.high += other.high;
    this.add(other.low);
    check(this.high <= LARGEST, 'a sum stays below 2^105');
  }

  /** Takes away another sum, which is not larger. */
  subtract(other: ExactSum): void {
    this.high -= other.high;
    this.low -= other.low;
    if (this.low < 0) {
      this.low += LIMB;
      this.high -= 1;
    }
    check(this.high >= 0, 'what is taken from a sum is not larger than the sum');
  }

  equals(other: ExactSum): boolean {
    return this.high === other.high && this.low === other.low;
  }

  /** The sum as the double nearest to it. */
  toNumber(): number {
    return this.high * LIMB + this.low;
  }

  /** The sum as decimal digits, all of them: for messages. */
  toString(): string {
    return (BigInt(this.high) * BigInt(LIMB) + BigInt(this.low)).toString();
  }

  clear(): void {
    this.high = 0;
    this.low = 0;
  }

  /** [high, low] as plain data, to cross a thread border; `ExactSum.from` takes it back. */
  limbs(): [high: number, low: number] {
    return [this.high, this.low];
  }

  static from([high, low]: readonly [high: number, low: number]): ExactSum {
    check(whole(high) && whole(low) && low < LIMB, 'the limbs of a sum are whole, the low one below 2^52');
    const sum = new ExactSum();
    sum.high = high;
    sum.low = low;
    return sum;
  }

  /** The rare path of `add`, where also what is no whole number ends up. */
  private addCarrying(x: number): void {
    check(whole(x), () => `a sum is of whole numbers from 0 to 2^53, not ${x}`);
    const carried = Math.floor(x / LIMB);
    this.high += carried;
    this.low += x - carried * LIMB;
    if (this.low >= LIMB) {
      this.low -= LIMB;
      this.high += 1;
    }
    check(this.high <= LARGEST, 'a sum stays below 2^105');
  }

  /** By halves of 26 and 27 bits, whose products are exact. */
  private addLargeProduct(n: number, dt: number): void {
    check(whole(n) && whole(dt), () => `a product is of whole numbers from 0 to 2^53, not ${n} x ${dt}`);
    const n1 = Math.floor(n / HALF_LIMB);
    const n0 = n - n1 * HALF_LIMB;
    const dt1 = Math.floor(dt / HALF_LIMB);
    const dt0 = dt - dt1 * HALF_LIMB;
    this.high += n1 * dt1;
    this.addShifted(n1 * dt0);
    this.addShifted(n0 * dt1);
    this.add(n0 * dt0);
    check(this.high <= LARGEST, 'a sum stays below 2^105');
  }

  /** Adds x 2^26. */
  private addShifted(x: number): void {
    const high = Math.floor(x / HALF_LIMB);
    this.high += high;
    this.add((x - high * HALF_LIMB) * HALF_LIMB);
  }
}

const whole = (x: number): boolean => x >= 0 && x <= LARGEST && Math.floor(x) === x;
