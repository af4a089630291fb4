/**
 * Random numbers drawn ahead, a block at a time.
 *
 * A stream has one owner and answers its n-th question with its n-th number, so it cannot be seen from a result when
 * that number was drawn. Drawing 64 of them in a row lets the processor work on several at once; one at a time, each
 * would wait for the one before, in the middle of everything else that a request needs.
 *
 * Hot: asked once a request.
 */
import type { Distribution } from './distributions.ts';
import { negLn } from './portable-math.ts';
import type { Stream } from './streams.ts';

export const BLOCK = 64;

/** Lengths of time from one distribution and one stream, whole ns. */
export class Draws {
  readonly distribution: Distribution;
  private readonly stream: Stream;
  /** What was drawn ahead, and how much of it has been given out; when that is all, `refill`. `next` says the same. */
  readonly block = new Float64Array(BLOCK);
  read = BLOCK;

  /** From now on nobody else draws from `stream`. */
  constructor(distribution: Distribution, stream: Stream) {
    this.distribution = distribution;
    this.stream = stream;
  }

  /** The next length of time; what `distribution.draw(stream)` would have given. */
  next(): number {
    if (this.read === BLOCK) this.refill();
    return this.block[this.read++];
  }

  refill(): void {
    const { block, distribution } = this;
    this.stream.fill53(block);
    for (let i = 0; i < BLOCK; i++) block[i] = distribution.at(block[i]);
    this.read = 0;
  }
}

/** Exponential with mean one: the gaps of a Poisson process at rate one. */
export class UnitExponentials {
  private readonly stream: Stream;
  private readonly block = new Float64Array(BLOCK);
  private read = BLOCK;

  /** From now on nobody else draws from `stream`. */
  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** The next gap; above zero. */
  next(): number {
    if (this.read === BLOCK) this.refill();
    return this.block[this.read++];
  }

  /** As many gaps as there is room in `into`: what as many calls of `next` would give. Not to be mixed with those. */
  fill(into: Float64Array): void {
    this.stream.fill53(into);
    for (let i = 0; i < into.length; i++) into[i] = negLn(into[i]);
  }

  private refill(): void {
    this.fill(this.block);
    this.read = 0;
  }
}
