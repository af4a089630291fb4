/**
 * The order of events that happen at the same instant.
 *
 * What the outside world does comes first, then what is set free (completions), then arrivals, then control
 * (ticks of autoscalers, key checks), then observation; within a phase, whatever was planned first. A slot
 * freed at an instant is therefore there for a request that arrives at that instant, a decision sees all of
 * the traffic of its instant, and a sample sees the decision. Without a rule the order would follow from the
 * accidents of a heap, and one changed line could change a result.
 *
 * Phase and sequence travel as one number, phase x 2^48 + sequence, so that a tie costs one comparison. 2^48
 * events are more than any run plans, and the largest such number is far below 2^53, so all of them are
 * exact.
 */
export const PHASES = { outside: 0, release: 1, arrival: 2, control: 3, observe: 4 } as const;

/** The phase of an event at its instant: a value of {@link PHASES}. */
export type Phase = (typeof PHASES)[keyof typeof PHASES];

const PHASE_STEP = 281_474_976_710_656; // 2^48

/** Hands out places in the order of planning. One per run. */
export class Sequencer {
  private planned = 0;

  /** The place of an event planned now, for the queues' `order`; no two are equal. */
  next(phase: Phase): number {
    return phase * PHASE_STEP + this.planned++;
  }
}
