/**
 * Which instances have room for another request, in the order of their age, for routing by age, in turn or at
 * random.
 *
 * The caller gives the instances oldest first and from then on speaks of positions, 0 being the oldest. The
 * set answers "the first with room", "the last with room before position n", "the next with room from here
 * on" and "the k-th with room" by descending a tree of 32-bit words: a bit at the bottom is an instance, a
 * bit above it says that the word below is not empty. Two levels serve 1,024 instances, so a question costs a
 * handful of steps where a scan of an array would cost a thousand.
 *
 * Membership changes rarely (an instance becomes ready or leaves) and rebuilds everything; room changes
 * often. Hot: up to two changes and a question per request.
 */
import { check } from '../units/check.ts';
import { longerInt32 } from './columns.ts';

const NONE = -1;

export class RoomSet {
  /** By position. */
  private rows: number[] = [];
  /** By row; NONE for a row that is not in the set. */
  private position = new Int32Array(0);
  /** `bits[0]` by position; a bit of `bits[level]` says that a word of the level below is not empty. */
  private bits: Int32Array[] = [new Int32Array(1)];
  /** `filled[level][w]`: how many positions below word `w` of that level have room. */
  private filled: Int32Array[] = [new Int32Array(1)];

  /**
   * Replaces the instances. Positions follow the order of `rows`, which is copied.
   * @param rows instances, oldest first, each once
   * @param hasRoom asked once for each
   */
  setAll(rows: readonly number[], hasRoom: (row: number, position: number) => boolean): void {
    for (const row of this.rows) this.position[row] = NONE;
    this.rows = rows.slice();
    this.clearBits(rows.length);
    for (let position = 0; position < rows.length; position++) {
      const row = rows[position];
      if (row >= this.position.length) {
        this.position = longerInt32(this.position, Math.max(64, 2 * this.position.length, row + 1), NONE);
      }
      check(this.position[row] === NONE, 'an instance has one position');
      this.position[row] = position;
      if (hasRoom(row, position)) this.setRoom(position, true);
    }
  }

  /** How many instances there are, with room or without. */
  get size(): number {
    return this.rows.length;
  }

  /** How many have room. */
  get count(): number {
    return this.filled[this.filled.length - 1][0];
  }

  /** The instance at `position`, 0 to `size` - 1. */
  rowAt(position: number): number {
    return this.rows[position];
  }

  /** Where `row` stands; -1 for an instance that is not in the set. */
  positionOf(row: number): number {
    return row < this.position.length ? this.position[row] : NONE;
  }

  /** Whether the instance at `position` has room. */
  hasRoom(position: number): boolean {
    return (this.bits[0][position >> 5] & (1 << (position & 31))) !== 0;
  }

  /** The instance at `position` has room from now on, or has none. Saying so twice changes nothing. */
  setRoom(position: number, room: boolean): void {
    if (this.hasRoom(position) === room) return;
    const change = room ? 1 : -1;
    let place = position;
    let flip = true;
    for (let level = 0; level < this.bits.length; level++) {
      const word = place >> 5;
      // The bit above flips only when the word below becomes empty or stops being so.
      if (flip) {
        const before = this.bits[level][word];
        const now = before ^ (1 << (place & 31));
        this.bits[level][word] = now;
        flip = before === 0 || now === 0;
      }
      this.filled[level][word] += change;
      place = word;
    }
  }

  /** The oldest with room; -1 when none has. */
  first(): number {
    return this.count === 0 ? NONE : this.lowest(this.bits.length - 1, 0);
  }

  /** The newest with room; -1 when none has. */
  last(): number {
    return this.count === 0 ? NONE : this.highest(this.bits.length - 1, 0);
  }

  /** The newest with room among the `limit` oldest, that is at a position below `limit`; -1 when none has. */
  lastBelow(limit: number): number {
    if (limit >= this.rows.length) return this.last();
    let place = limit;
    for (let level = 0; level < this.bits.length && place > 0; level++) {
      const word = place >> 5;
      const found = this.bits[level][word] & below(place);
      if (found !== 0) return this.highest(level - 1, (word << 5) + 31 - Math.clz32(found));
      place = word;
    }
    return NONE;
  }

  /** The oldest with room at `position` or after it; -1 when none has (the caller goes round to `first`). */
  firstAtOrAfter(position: number): number {
    if (position >= this.rows.length) return NONE;
    let place = Math.max(0, position);
    for (let level = 0; level < this.bits.length; level++) {
      const word = place >> 5;
      if (word >= this.bits[level].length) return NONE;
      const found = this.bits[level][word] & ~below(place);
      if (found !== 0) return this.lowest(level - 1, (word << 5) + 31 - Math.clz32(found & -found));
      place = word + 1; // what is in this word and at or after the place has been looked at
    }
    return NONE;
  }

  /** The position of the `k`-th with room, counted from 0, oldest first; -1 unless 0 <= k < `count`. */
  nth(k: number): number {
    if (k < 0 || k >= this.count) return NONE;
    let left = k;
    let word = 0;
    for (let level = this.bits.length - 1; level > 0; level--) {
      const filled = this.filled[level - 1];
      word <<= 5;
      while (left >= filled[word]) left -= filled[word++];
    }
    let bits = this.bits[0][word];
    while (left-- > 0) bits &= bits - 1; // takes away the lowest bit
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  /** How many of the `limit` oldest have room, that is at a position below `limit`. */
  countBelow(limit: number): number {
    if (limit >= this.rows.length) return this.count;
    if (limit <= 0) return 0;
    let word = limit >> 5;
    let sum = ones(this.bits[0][word] & below(limit));
    for (let level = 1; level < this.bits.length; level++) {
      const filled = this.filled[level - 1];
      for (let sibling = word & ~31; sibling < word; sibling++) sum += filled[sibling];
      word >>= 5;
    }
    return sum;
  }

  /** The first position with room in the part of the tree below bit `place` of the level above `level`. */
  private lowest(level: number, place: number): number {
    let found = place;
    for (let l = level; l >= 0; l--) {
      const word = this.bits[l][found];
      found = (found << 5) + 31 - Math.clz32(word & -word);
    }
    return found;
  }

  /** The last position with room in the part of the tree below bit `place` of the level above `level`. */
  private highest(level: number, place: number): number {
    let found = place;
    for (let l = level; l >= 0; l--) found = (found << 5) + 31 - Math.clz32(this.bits[l][found]);
    return found;
  }

  /** Empties the tree, and gives it as many levels as `size` positions need. */
  private clearBits(size: number): void {
    if (size <= 32 * this.bits[0].length && size > 8 * this.bits[0].length) {
      for (const level of this.bits) level.fill(0);
      for (const level of this.filled) level.fill(0);
      return;
    }
    this.bits = [];
    this.filled = [];
    let words = size;
    do {
      words = Math.max(1, (words + 31) >> 5);
      this.bits.push(new Int32Array(words));
      this.filled.push(new Int32Array(words));
    } while (words > 1);
  }
}

/** The bits of a word that stand for places before `place`. */
const below = (place: number): number => (1 << (place & 31)) - 1;

/** How many bits are set. */
function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
