/**
 * Exit codes. Scripts hold on to these numbers, so one never changes its meaning.
 */
export const EXIT = {
  /** All objectives met, or none given. */
  ok: 0,
  /** Any failure of the program that has no number of its own. */
  failure: 1,
  /** The scenario or the call is wrong; trying again does not help. */
  wrong: 2,
  /** More replications are needed. */
  inconclusive: 3,
  /** The batch is finished, and some of its runs failed. */
  failedRuns: 4,
  /** Results cannot be written. */
  cannotWrite: 5,
  /** The output folder is in use. */
  locked: 6,
  /** A defect of the simulator was caught; nothing of that run counts. */
  invariant: 8,
  /** An objective is missed. */
  missed: 99,
  /** Interrupted; finished runs are kept. */
  SIGINT: 130,
  SIGTERM: 143,
} as const;

/** Where several apply, the first of these. 7 is the queue's. */
const PRECEDENCE: readonly number[] = [130, 143, 8, 6, 7, 5, 1, 2, 4, 99, 3, 0];

/** The exit code of a call in which all of these happened. */
export const exitCode = (happened: Iterable<number>): number => {
  const codes = new Set(happened);
  return PRECEDENCE.find((code) => codes.has(code)) ?? EXIT.ok;
};

/** Ends the command with a code and one line for the reader: what is wrong, and what to do. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
