/**
 * Chance, as it is documented: a text for each purpose of each entity, seedrandom's ARC4 keyed with it, four words of
 * which are the state of xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
 */
import seedrandom from 'seedrandom';
import type { DistributionSpec } from '../../../src/engine/distributions.ts';

export class Dice {
  private state: number[];

  constructor(seed: string, replication: number, purpose: string, entity: string) {
    const parts = ['cmeksim-rng/1', seed, String(replication), purpose, entity].map(plain);
    const key = `${parts.map((part) => `${part.length}:${part},`).join('')}.`;
    if (key.length > 200) throw new Error('the reference knows short names only');
    const words = seedrandom(key);
    this.state = [words.int32(), words.int32(), words.int32(), words.int32()];
  }

  /** A 32-bit word, from 0. */
  word(): number {
    const [a, b, c, d] = this.state;
    const result = Math.imul(turned(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    const c2 = c ^ a;
    const d2 = d ^ b;
    this.state = [a ^ d2, b ^ c2, c2 ^ shifted, turned(d2, 11)];
    return result >>> 0;
  }

  /** Uniform between 0 and 1: an odd multiple of 2^-53. */
  next(): number {
    const high = this.word();
    const low = this.word();
    // 26 + 26 bits, and a half.
    return ((high >>> 6) * 67108864 + (low >>> 6) + 0.5) / 4503599627370496;
  }
}

const turned = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const plain = (text: string): string =>
  text.replace(/[^A-Za-z0-9/_:, -]/g, (sign) => `%${sign.charCodeAt(0).toString(16)};`);

/** A length of time from a distribution. A constant one asks no dice for its value, yet takes its turn. */
export function lengthFrom(spec: DistributionSpec, dice: () => Dice): number {
  switch (spec.kind) {
    case 'constant':
      return spec.value;
    case 'uniform':
      return Math.floor(spec.min + dice().next() * (spec.max - spec.min) + 0.5);
    case 'exponential':
      return Math.floor(-Math.log(1 - dice().next()) * spec.mean + 0.5);
    default:
      throw new Error(`the reference draws no ${spec.kind}`);
  }
}
