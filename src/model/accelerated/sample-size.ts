/**
 * How many groups of instances there are, of which one instance each is simulated.
 *
 * The fewer instances are idle, the more it matters that all of a few groups are busy now and then, which all of many
 * instances are not: then there are more groups. The most there are in a spike and after it, as long as instances differ:
 * two that become one lose what the tail of the latencies is made of.
 */
import { SECOND } from '../../units/time.ts';
import type { SampledInstances } from './sampled-instances.ts';

const FEWEST = 64;
const MOST = 2048;
const OF_NEW_ONES = 512;
const MOST_IN_UNREST = 1024;
/** So many, over the square of the share of the CPU that is not in use. */
const BY_IDLE_CPU = 6;
/** Above and below these shares of the number it is seen to, and in unrest down to this share. */
const MANY = 1.5;
const FEW = 0.7;
const LESS = 0.9;
/** Over so long the CPU in use is averaged, and so long after requests have pended unrest lasts. */
const MEMORY = 20 * SECOND;
const AFTERMATH = 60 * SECOND;

export class SampleSize {
  /** Share of the CPU in use of late; it is not known at first. */
  private used = 0.9;
  private wanted = 600;
  private unrestUntil = 0;

  /** So much of the CPU of the core was in use for `length` ns. */
  noteUse(share: number, length: number): void {
    this.used += (share - this.used) * Math.min(1, length / MEMORY);
    const idle = Math.max(0, 1 - this.used);
    const wanted = idle > 0 ? Math.ceil(BY_IDLE_CPU / (idle * idle)) : Infinity;
    this.wanted = Math.max(FEWEST, Math.min(MOST, wanted));
  }

  /** Requests pend. */
  disturb(at: number): void {
    this.unrestUntil = at + AFTERMATH;
  }

  /** Unites or divides groups. Returns how many requests more than before they have by that; it may be below 0. */
  keep(sampled: SampledInstances, at: number): number {
    const { wanted } = this;
    const isUnrest = at < this.unrestUntil;
    if (sampled.count > (isUnrest ? MOST_IN_UNREST : MANY * wanted)) {
      return sampled.unite(isUnrest ? LESS * MOST_IN_UNREST : wanted, FEWEST / 2);
    }
    if (!isUnrest && sampled.coreCount < FEW * wanted && sampled.coreSize > sampled.coreCount) {
      sampled.divide(wanted);
    }
    return 0;
  }

  /** How many new instances of the same age may be one group. */
  static ofNewOnes(coreSize: number): number {
    return Math.floor(coreSize / OF_NEW_ONES);
  }
}
