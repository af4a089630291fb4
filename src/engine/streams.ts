/**
 * Chance: one stream of random numbers for every purpose of every entity, each a function of the seed, the
 * replication and its own name alone.
 *
 * So two runs of one seed meet the same customers even where their settings differ (common random numbers:
 * differences between them need far fewer replications), and a purpose added to the list moves no other stream.
 *
 * How a stream is seeded. The five parts ("cmeksim-rng/1", seed, replication, purpose, entity) are written one
 * after the other, each with its length in front, and end in a full stop that occurs nowhere else. That text is
 * the key of seedrandom's ARC4, whose first four 32-bit words are the state of xoshiro128** (Blackman and Vigna,
 * "Scrambled linear pseudorandom number generators", 2021), which draws. ARC4 repeats a short key until it fills
 * 256 bytes, so '1', '11' and '111' are one key to it; a text that ends in the only full stop it has is no
 * repetition of anything, and two different ones stay different when repeated. Seedrandom folds what is longer
 * than 256 characters back onto the beginning and looks at the low byte of a character only; therefore longer
 * texts go in block by block, and every character outside printable ASCII is written as its number. With n
 * streams the chance that any two of them share a state is below n^2 / 2^129.
 */
import seedrandom from 'seedrandom';
import { check } from '../units/check.ts';

/** What chance is asked about, and the only things it is asked about. */
export const STREAM_PURPOSES = {
  arrivals: 'When the next request of a service arrives.',
  'service-time': 'How long a request runs on an instance that is warm and otherwise idle.',
  'first-request': 'How long the first request of a new instance runs.',
  'cpu-time': 'How much CPU time a request needs.',
  routing: 'Which instance a request goes to, where the routing rule leaves it to chance.',
  'revision-choice': 'Which revision of a traffic split a request goes to.',
  'traffic-shift': 'Whether a request is one of those moved to another service.',
  scheduling: 'How long it takes to find a place for a new instance.',
  'image-import': 'How long the import of the container image takes.',
  'container-start': 'How long a container takes from its launch until it can serve.',
  'kms-latency': 'How long Cloud KMS takes to answer a call.',
  'ekm-latency': 'How long the external key manager takes to answer a call.',
  'ekm-failure': 'Whether a call fails while only a share of the calls to the external key manager fails.',
  'retry-jitter': 'How long a failed key call waits before it is repeated.',
  'other-usage': 'When others use up the quota that the keys of the scenario share with them.',
  'key-check-phase': 'When, within its interval, the periodic check of a key falls.',
  'idle-timeout': 'How long an instance without work is kept.',
  'random-faults': 'When a fault that strikes at random begins and ends.',
  'crash-choice': 'Which instances crash when a share of them does.',
  'client-retry': 'How long a client waits before it sends a failed request again.',
  session: 'Which of its returning clients a request is from.',
  'quota-overload': 'Whether Cloud KMS is overloaded when a call comes that is above a soft quota.',
  'ekm-attempt': 'How a further attempt at an external key manager goes, within one call of Cloud KMS.',
  'crowd-arrivals': 'How many requests come in a stretch of time, in accelerated mode.',
  'crowd-work': 'How many of those at work are finished in a stretch of time, in accelerated mode.',
  'sampled-duration': 'How long a request takes that stands for others, in accelerated mode.',
  'sampled-cpu': 'How much CPU time it needs.',
  mmpp: 'How long modulated arrivals stay at one rate, and which rate follows.',
} as const;

export type StreamPurpose = keyof typeof STREAM_PURPOSES;

const FORMAT = 'cmeksim-rng/1';
const TWO_26 = 67108864;
const TWO_MINUS_52 = 1 / 4503599627370496;

/** The streams of one replication. */
export class Streams {
  private readonly seed: string;
  private readonly replication: number;
  private readonly given = new Set<string>();

  /** `replication` counts from 0. The text '42' is one seed, however the scenario wrote it. */
  constructor(seed: string, replication: number) {
    check(typeof seed === 'string', 'a root seed is text');
    check(Number.isSafeInteger(replication) && replication >= 0, 'replications are numbered 0, 1, 2 …');
    this.seed = seed;
    this.replication = replication;
  }

  /**
   * The stream for one purpose of one entity (a service's name, a key's name …), at its beginning. Each can be
   * had once: two owners would draw the same numbers without knowing of each other.
   */
  stream(purpose: StreamPurpose, entity: string): Stream {
    check(Object.hasOwn(STREAM_PURPOSES, purpose), () => `'${purpose}' is a purpose of random streams`);
    const key = seedText([FORMAT, this.seed, String(this.replication), purpose, entity]);
    check(!this.given.has(key), () => `the stream ${purpose} of '${entity}' has one owner`);
    this.given.add(key);
    return new Stream(() => stateFrom(key));
  }
}

/** Uniform random numbers, one question at a time. Two 32-bit words a number, 2^128 - 1 words before it repeats. */
export class Stream {
  private state: Int32Array | null;
  private readonly seed: () => Int32Array;

  /**
   * Four words of state, not all zero; taken over, not copied. `Streams` makes them. Or how they are made, which is done
   * when the first number is drawn: most streams of a run are never asked.
   */
  constructor(state: Int32Array | (() => Int32Array)) {
    this.seed = typeof state === 'function' ? state : () => state;
    this.state = typeof state === 'function' ? null : checkedState(state);
  }

  /**
   * Uniform in the open interval (0, 1): an odd multiple of 2^-53, so neither end occurs, 1 - u is exact and as
   * likely as u.
   */
  next53(): number {
    // 26 bits of each word; the top ones are the better ones. Left to right is the order of the draws.
    const top = this.nextInt32() >>> 6;
    return (top * TWO_26 + (this.nextInt32() >>> 6) + 0.5) * TWO_MINUS_52;
  }

  /** Fills `into` with what as many calls of `next53` would give. */
  fill53(into: Float64Array): void {
    // The steps of nextInt32, with the state in registers.
    const state = this.state ?? this.begin();
    let s0 = state[0];
    let s1 = state[1];
    let s2 = state[2];
    let s3 = state[3];
    for (let i = 0; i < into.length; i++) {
      let product = Math.imul(s1, 5);
      const first = Math.imul((product << 7) | (product >>> 25), 9);
      let shifted = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = (s3 << 11) | (s3 >>> 21);
      product = Math.imul(s1, 5);
      const second = Math.imul((product << 7) | (product >>> 25), 9);
      shifted = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = (s3 << 11) | (s3 >>> 21);
      into[i] = ((first >>> 6) * TWO_26 + (second >>> 6) + 0.5) * TWO_MINUS_52;
    }
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
  }

  /** 32 random bits, as a number from -2^31 to 2^31 - 1. */
  nextInt32(): number {
    const state = this.state ?? this.begin();
    const s1 = state[1];
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const s2 = state[2] ^ state[0];
    const s3 = state[3] ^ s1;
    state[1] = s1 ^ s2;
    state[0] ^= s3;
    state[2] = s2 ^ (s1 << 9);
    state[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  private begin(): Int32Array {
    return (this.state = checkedState(this.seed()));
  }

  /** A whole number from 0 to n - 1, 1 <= n <= 2^31; each as likely as the other to within 2^-21. */
  below(n: number): number {
    check(n >= 1 && n <= 2147483648 && Math.floor(n) === n, 'one of at least one and at most 2^31');
    return Math.floor(this.next53() * n);
  }
}

function checkedState(state: Int32Array): Int32Array {
  check(state.length === 4, 'the state of a stream is four words');
  check((state[0] | state[1] | state[2] | state[3]) !== 0, 'the state of a stream is not zero');
  return state;
}

/** The parts as one text that no other parts give: length, colon, part, comma, … and one full stop at the end. */
export function seedText(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) {
    const plain = inPlainCharacters(part);
    text += `${plain.length}:${plain},`;
  }
  return text + '.';
}

/** Letters, digits and most signs as they are, everything else (the full stop too) as %, its code in hex, and ;. */
const inPlainCharacters = (text: string): string =>
  text.replace(/[^ !"#$&-\-/-~]/g, (unit) => `%${unit.charCodeAt(0).toString(16)};`);

// What fits into one key beside a state of 32 digits and the full stop.
const BLOCK = 200;

/**
 * Four words out of a text made by {@link seedText}. A long text goes in by blocks of 200 characters, the state so
 * far in front of each.
 */
export function stateFrom(text: string): Int32Array {
  check(text.indexOf('.') === text.length - 1, 'the text of a seed ends in its only full stop');
  const body = text.slice(0, -1);
  let state = fourWords(body.slice(0, BLOCK) + '.');
  for (let from = BLOCK; from < body.length; from += BLOCK) {
    let chain = '';
    for (const word of state) chain += (word >>> 0).toString(16).padStart(8, '0');
    state = fourWords(`${chain}${body.slice(from, from + BLOCK)}.`);
  }
  return state;
}

function fourWords(key: string): Int32Array {
  check(key.length <= 256 && key.indexOf('.') === key.length - 1, 'a key of ARC4 is not periodic');
  const arc4 = seedrandom(key);
  return Int32Array.of(arc4.int32(), arc4.int32(), arc4.int32(), arc4.int32());
}
