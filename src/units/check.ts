/**
 * Invariants of our own code. A broken one is a defect of the simulator, never of its input: the run stops,
 * nothing of it is written as a result, and the program ends with exit code 8.
 */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Throws an {@link InvariantViolation} unless `truth` holds. `why` says what should have been true. */
export function check(truth: boolean, why: string | (() => string)): asserts truth {
  if (!truth) throw new InvariantViolation(typeof why === 'string' ? why : why());
}

/** For the branch a closed list leaves over: a new member that is not answered does not compile. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`no answer for ${JSON.stringify(value)}`);
}
