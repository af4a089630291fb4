/**
 * A problem: something the reader of a message has to mend, in a scenario, a manifest or a call.
 *
 * Problems are values. They are collected, so that all of them are shown at once, and never thrown. Every
 * sentence stands in `scenario/messages.ts`; this file only says what a problem consists of.
 */
export interface Place {
  /** The file as the caller named it. */
  readonly file: string;
  /** 1-based; 0 where the problem concerns the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** The source line itself, for the caret; empty where there is none. */
  readonly text: string;
}

export interface Problem {
  readonly severity: 'error' | 'warning';
  /** One rule, one code: `UNKNOWN_FIELD`, `MISSING_UNIT` … */
  readonly code: string;
  readonly place: Place;
  /** Where in the document: `services.checkout.idleTimeout`. */
  readonly path: string;
  /** What is wrong, in one sentence without a full stop. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}
