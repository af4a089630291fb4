/**
 * When requests that have been started will be finished: counts per stretch of time, fine soon and coarse later.
 *
 * Levels of cells, each four times as wide as those of the level below. A level reaches at least eight cells ahead of
 * the present when it is needed, so a request is known to within an eighth of the time it has still to go. As a wide
 * cell comes near, it is split into four by chance, as it slopes towards the next one. Starts are spread over the cells
 * by conditional binomials with the probabilities of their service time; the cost depends on the number of cells, some
 * forty, and not on the number of requests.
 */
import { binomial } from '../../engine/binomial.ts';
import type { Stream } from '../../engine/streams.ts';
import { check } from '../../units/check.ts';
import type { Survival } from './survival.ts';

const RING = 32;
const MASK = RING - 1;
const FANOUT = 4;
const LEAD = 8;
/** With the narrowest cells 5 ms wide, the widest are five years. */
const LEVELS = 18;

export class Completions {
  /** Up to here everything has been taken, ns. */
  now: number;
  /** How many are still to come. */
  count = 0;
  private readonly luck: Stream;
  private readonly width = new Float64Array(LEVELS);
  /** By level: where its cells end and those of the next begin, ns; at the end of a cell of the next level. */
  private readonly reach = new Float64Array(LEVELS);
  private readonly cells: readonly Float64Array[];
  /** The finest level that is kept ahead of the present. */
  private finest = 0;

  /** @param width of the narrowest cells, ns; `start` is a whole multiple of it. */
  constructor(width: number, start: number, luck: Stream) {
    this.now = start;
    this.luck = luck;
    this.cells = Array.from({ length: LEVELS }, () => new Float64Array(RING));
    for (let level = 0; level < LEVELS; level++) {
      this.width[level] = level === 0 ? width : FANOUT * this.width[level - 1];
    }
    for (let level = 0; level < LEVELS; level++) this.reach[level] = this.nextEdge(level + 1, start);
    this.reach[LEVELS - 1] = Infinity;
    this.keepAhead();
  }

  /** Keeps cells of at most a quarter of a step ahead of the present from now on. */
  resolve(step: number): void {
    let finest = 0;
    while (finest + 1 < LEVELS && FANOUT * this.width[finest + 1] <= step) finest++;
    this.finest = finest;
    this.keepAhead();
  }

  /** Lets time pass up to `until`; how many are finished before it. */
  take(until: number): number {
    let taken = 0;
    let level = 0;
    while (level < LEVELS) {
      const width = this.width[level];
      const cells = this.cells[level];
      const end = Math.min(until, this.reach[level]);
      let inside = false;
      while (this.now < end) {
        const index = Math.floor(this.now / width);
        const cellEnd = (index + 1) * width;
        const at = index & MASK;
        if (cellEnd <= end) {
          taken += cells[at];
          cells[at] = 0;
          this.now = cellEnd;
        } else if (level > 0) {
          this.reach[level - 1] = this.now;
          this.split(level);
          inside = true;
          break;
        } else {
          const part = binomial(cells[at], (end - this.now) / (cellEnd - this.now), this.luck);
          taken += part;
          cells[at] -= part;
          this.now = end;
        }
      }
      if (inside) {
        level--;
        continue;
      }
      if (this.now >= until) break;
      level++;
    }
    // Where the present lies at the end of a level, the level begins anew.
    for (let low = 0; low < LEVELS - 1 && this.reach[low] < this.now; low++) this.reach[low] = this.now;
    this.count -= taken;
    this.keepAhead();
    return taken;
  }

  /**
   * Starts `n` requests at random moments of the `stretch` ns that ended `ago` ns ago. Returns how many of them are
   * finished by now; the others are to come. `cut`: how likely one would be to outlast what it may; none of these does.
   */
  spread(n: number, ago: number, stretch: number, service: Survival, cut: number): number {
    let alive = service.afterStretch(ago, stretch) - cut;
    const finished = binomial(n, 1 - alive / (1 - cut), this.luck);
    let left = n - finished;
    this.count += left;
    let from = this.now;
    for (let level = 0; left > 0; level++) {
      const width = this.width[level];
      const cells = this.cells[level];
      const reach = this.reach[level];
      while (left > 0 && from < reach) {
        const index = Math.floor(from / width);
        const end = (index + 1) * width;
        const then = Math.max(0, service.afterStretch(ago + end - this.now, stretch) - cut);
        const ends = then <= 0 ? left : binomial(left, 1 - then / alive, this.luck);
        cells[index & MASK] += ends;
        left -= ends;
        alive = then;
        from = end;
      }
    }
    return finished;
  }

  /** One more, or with `n` several, that will be finished at `at`. */
  add(at: number, n = 1): void {
    let level = 0;
    while (at >= this.reach[level]) level++;
    this.cells[level][Math.floor(Math.max(at, this.now) / this.width[level]) & MASK] += n;
    this.count += n;
  }

  /** Removes `n` at random and tells each when it will be finished, in order. */
  remove(n: number, tell: (at: number) => void): void {
    check(n <= this.count, 'no more are taken away than there are');
    let left = n;
    let others = this.count;
    let from = this.now;
    for (let level = 0; left > 0; level++) {
      const width = this.width[level];
      const cells = this.cells[level];
      while (left > 0 && from < this.reach[level]) {
        const index = Math.floor(from / width);
        const at = index & MASK;
        const end = (index + 1) * width;
        const here = cells[at];
        const gone = this.without(here, others, left);
        for (let k = 0; k < gone; k++) tell(from + Math.floor(this.luck.next53() * (end - from)));
        others -= here;
        left -= gone;
        cells[at] = here - gone;
        from = end;
      }
    }
    this.count -= n;
  }

  /** Of `drawn` out of `all`, none put back, how many are among the `here`. Nearly: many are drawn as if put back. */
  private without(here: number, all: number, drawn: number): number {
    if (here === 0) return 0;
    const others = all - here;
    const least = Math.max(0, drawn - others);
    const most = Math.min(here, drawn);
    if (least === most) return least;
    if (drawn > 200) return Math.min(most, Math.max(least, binomial(drawn, here / all, this.luck)));
    let gone = 0;
    for (let k = 0; k < drawn; k++) if (this.luck.next53() * (all - k) < here - gone) gone++;
    return gone;
  }

  private keepAhead(): void {
    for (let level = LEVELS - 2; level >= this.finest; level--) {
      while (this.reach[level] < this.now + LEAD * this.width[level]) this.split(level + 1);
    }
  }

  /** Splits the first cell of a level into four of the level below. */
  private split(level: number): void {
    const below = level - 1;
    const from = this.reach[below];
    const width = this.width[level];
    const at = Math.floor(from / width) & MASK;
    let left = this.cells[level][at];
    this.cells[level][at] = 0;
    this.reach[below] = from + width;
    if (left === 0) return;
    const slope = this.slopeAfter(level, from + width, left);
    const first = Math.floor(from / this.width[below]);
    const cells = this.cells[below];
    let rest = 1;
    for (let child = 0; child < FANOUT && left > 0; child++) {
      const part = (1 + slope * ((child + 0.5) / FANOUT - 0.5)) / FANOUT;
      const count = child === FANOUT - 1 ? left : binomial(left, part / rest, this.luck);
      cells[(first + child) & MASK] += count;
      left -= count;
      rest -= part;
    }
  }

  /** How much more, as a share, the cell that begins at `next` holds than the `count` of the one before it. */
  private slopeAfter(level: number, next: number, count: number): number {
    const beyond = next >= this.reach[level] ? 1 : 0;
    const { width, cells } = this;
    const other = cells[level + beyond][Math.floor(next / width[level + beyond]) & MASK];
    return Math.min(1, (beyond === 1 ? other / FANOUT : other) / count - 1);
  }

  /** The first edge of a level's cells at or after `at`. */
  private nextEdge(level: number, at: number): number {
    const width = level < LEVELS ? this.width[level] : Infinity;
    return width === Infinity ? Infinity : Math.ceil(at / width) * width;
  }
}
