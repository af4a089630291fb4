/**
 * How the traffic of a service is split over its revisions: a split for good, and over it those that hold for a while, in
 * the order of their beginning. The last of all is in force; each is taken off by itself.
 *
 * A deployment that gets traffic gets it at once, and keeps it whatever ends later: its share is given to it in the split
 * for good and in each that lies over it, the others of which keep their proportions.
 */
import type { RevisionId, TimelineId } from '../../units/ids.ts';

/** By revision, percent; they sum to 100. A revision that is not named gets nothing. */
export type Shares = ReadonlyMap<RevisionId, number>;

export class TrafficSplit {
  private lasting: Shares = new Map();
  private over: { readonly entry: TimelineId; readonly shares: Shares }[] = [];

  get inForce(): Shares {
    return this.over.at(-1)?.shares ?? this.lasting;
  }

  set(shares: Shares): void {
    this.lasting = shares;
  }

  /** Until `lift` is told the same entry. */
  lay(entry: TimelineId, shares: Shares): void {
    this.over.push({ entry, shares });
  }

  /** Nothing happens where the entry has laid nothing. */
  lift(entry: TimelineId): void {
    this.over = this.over.filter((one) => one.entry !== entry);
  }

  /** A revision gets so many percent. */
  give(revision: RevisionId, percent: number): void {
    const given = (shares: Shares): Shares =>
      new Map([
        ...[...shares].map(([id, share]) => [id, (share * (100 - percent)) / 100] as const),
        [revision, percent],
      ]);
    this.lasting = given(this.lasting);
    this.over = this.over.map(({ entry, shares }) => ({ entry, shares: given(shares) }));
  }
}
