/**
 * What happened, one line each: the common tongue of the two engines.
 *
 * Lines are compared instant by instant. Within an instant their order is not: the rules do not say whether the
 * shutdown of two instances is told before the answer to a request that was on one of them. What order there must be
 * at an instant shows in what follows from it. An instance that changes its state twice at one instant has changed
 * it once.
 */
export interface Line {
  readonly at: number;
  readonly text: string;
}

export class Diary {
  private readonly written: Line[] = [];
  /** The last known state of each thing that has states, and the one at the instant before. */
  private readonly states = new Map<string, string>();
  private readonly changed = new Map<string, string>();
  private instant = -Infinity;

  /** Something happened. */
  write(at: number, text: string): void {
    this.turnTo(at);
    this.written.push({ at, text });
  }

  /** `who` is now in this state. */
  is(at: number, who: string, state: string): void {
    this.turnTo(at);
    this.changed.set(who, state);
  }

  /** All lines, in time, those of one instant in alphabetical order. */
  get lines(): Line[] {
    this.turnTo(Infinity);
    return this.written.toSorted((a, b) => a.at - b.at || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  }

  private turnTo(at: number): void {
    if (at === this.instant) return;
    for (const [who, state] of this.changed) {
      const before = this.states.get(who);
      if (before === state) continue;
      this.states.set(who, state);
      this.written.push({ at: this.instant, text: `${who} is ${state}` });
    }
    this.changed.clear();
    this.instant = at;
  }
}
