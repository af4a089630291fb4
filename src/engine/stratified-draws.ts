/**
 * Lengths of time drawn so that any few thousand of them have every part of their distribution in its due share.
 *
 * A block has one draw from each of 4,096 equal strata of probability, in an order by chance. So a few in a row are as good
 * as independent, and sums and percentiles of many vary far less: for draws each of which stands for many requests, of
 * which the total varies little.
 */
import type { Distribution } from './distributions.ts';
import type { Stream } from './streams.ts';

const STRATA = 4096;
const MOST = 1 - 1 / 9007199254740992;

export class StratifiedDraws {
  private readonly distribution: Distribution;
  private readonly stream: Stream;
  private readonly block = new Float64Array(STRATA);
  private read = STRATA;

  constructor(distribution: Distribution, stream: Stream) {
    this.distribution = distribution;
    this.stream = stream;
  }

  /** The next of a block. */
  next(): number {
    if (this.read === STRATA) this.refill();
    return this.block[this.read++];
  }

  /** One that is independent of all others. */
  alone(): number {
    return this.distribution.draw(this.stream);
  }

  private refill(): void {
    const { block, distribution, stream } = this;
    for (let i = 0; i < STRATA; i++) {
      // The place of each is drawn as it comes (R. Durstenfeld 1964, inside out).
      const place = stream.below(i + 1);
      block[i] = block[place];
      block[place] = distribution.at(Math.min(MOST, (i + stream.next53()) / STRATA));
    }
    this.read = 0;
  }
}
