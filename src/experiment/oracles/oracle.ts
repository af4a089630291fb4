/**
 * An oracle: something that knows what the simulator has to say, and is no simulator.
 *
 * Each says where its formula comes from, what it gives for numbers that a person can follow by hand, which scenarios
 * are held to it (as text, as a user would write them: they go through the loader and come back as results), and
 * which defects planted into those scenarios its gates have to notice. It comes in two sizes with the same gates:
 * `small` for every commit, `full` for figures known to a quarter of a percent.
 */
import type { Results } from '../../probes/results.ts';

export type Size = 'small' | 'full';

export interface Oracle {
  /** O1 … O19. */
  readonly id: string;
  /** The system and its name in the literature. */
  readonly title: string;
  /** Where the formula can be looked up. */
  readonly source: string;
  /** What the formulas give for numbers that were also worked out by hand. */
  readonly byHand: readonly ByHand[];
  cases(size: Size, seed: string): readonly Case[];
  /** Of the small size. */
  defects(): readonly Defect[];
  /** True: its cases are samples of one claim, and the report tells how they are distributed. */
  readonly ensemble?: boolean;
}

export interface ByHand {
  readonly what: string;
  readonly ours: number;
  readonly known: number;
  /** Largest difference allowed, relative to the known value (absolute where that is 0). */
  readonly within: number;
}

/** A scenario, and what is claimed of its replications. */
export interface Case {
  /** A sentence: what is so, if all claims hold. */
  readonly name: string;
  readonly scenario: string;
  /** Files that the scenario names, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly replications: number;
  /**
   * Names its luck, beside the seed. Cases of one luck meet the same arrivals and the same service, so that their z's
   * would be no independent witnesses.
   */
  readonly luck?: string;
  readonly claims: readonly Claim[];
  /** The largest standard error allowed, over the expected value: a gate is worth no more than this. */
  readonly precision: number;
  /** True: claims look at tables too. */
  readonly tables?: boolean;
}

/** A case with something wrong in it, and the claims that must not hold because of it. */
export interface Defect {
  readonly name: string;
  readonly wrong: Case;
  /** Names of claims; left out: all. */
  readonly noticedBy?: readonly string[];
}

/** What a claim may look at. */
export interface Seen {
  readonly summary: Results['summary'];
  /** Null where the case did not ask for tables. */
  readonly tables: Results['tables'] | null;
}

export type Claim = MeanClaim | BoundClaim | ExactClaim | LawClaim;

/** The mean over replications is what theory says. */
export interface MeanClaim {
  readonly kind: 'mean';
  readonly name: string;
  readonly is: number;
  of(seen: Seen): number;
  /** See `reading`. */
  readonly resolution?: number;
  /** Instead of the case's, where this figure is harder to know. */
  readonly precision?: number;
}

/** The mean over replications is below a bound, clearly: by the width of the gate. */
export interface BoundClaim {
  readonly kind: 'bound';
  readonly name: string;
  readonly is: number;
  of(seen: Seen): number;
}

/** Every replication gives this very number. */
export interface ExactClaim {
  readonly kind: 'exact';
  readonly name: string;
  readonly is: number;
  of(seen: Seen): number;
  /** Largest relative difference, for what is divided in binary; 0 where left out. */
  readonly within?: number;
}

/** Counts, summed over replications, follow a law. */
export interface LawClaim {
  readonly kind: 'law';
  readonly name: string;
  /** Probability of 0, 1, 2 … */
  readonly law: readonly number[];
  /** How often 0, 1, 2 … was seen. */
  of(seen: Seen): readonly number[];
}
