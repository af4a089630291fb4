/**
 * A scaling decision, and why: what every decider returns. Deciders are pure: readings in, decision out.
 */
export interface Decision {
  /** How many instances there should be. */
  readonly instances: number;
  /** One sentence with the numbers that decided. */
  readonly because: string;
}

/** Keeps a count within [minimum, maximum]; the maximum wins where they cross. */
export const clamp = (instances: number, minimum: number, maximum: number): number =>
  Math.min(Math.max(instances, minimum), maximum);

/** The smallest whole number not below x, forgiving the last digits: 3.0000000004 is 3. */
export const ceilOf = (x: number): number => Math.ceil(x - 1e-9);

/** A reading as a person writes it, for reasons and logs: at most three decimals. */
export const readable = (x: number): string => String(Math.round(x * 1000) / 1000);
