/**
 * The playbill: everything that can happen at an instant of its own, declared once.
 *
 * A row names the event, whom it is about, the phase that settles ties at one instant, and says it in a sentence.
 * The world answers each by name (`world.ts`), and leaving one out does not compile. What is not here does not
 * take time: it happens as part of one of these. Arrivals of requests are not here either: they come from the
 * cursors in `traffic/arrivals.ts`, one per service, which is cheaper than a queue.
 */
import { PHASES, type Phase } from '../engine/sequencer.ts';

// prettier-ignore
export const EVENTS = [
  { name: 'timeline-begins',      about: 'timeline entry', phase: 'outside', says: 'A timeline entry takes effect in the world.' },
  { name: 'timeline-ends',        about: 'timeline entry', phase: 'outside', says: 'A timeline entry is undone.' },
  { name: 'versions-destroyed',   about: 'timeline entry', phase: 'outside', says: 'Key versions that were scheduled for destruction 30 days ago are destroyed.' },
  { name: 'request-completed',    about: 'request',        phase: 'release', says: 'An instance has finished a request.' },
  { name: 'request-timed-out',    about: 'request',        phase: 'release', says: 'The request timeout, pending and start-up included, is over: 504.' },
  { name: 'client-gave-up',       about: 'request',        phase: 'release', says: 'The client will not wait any longer: 499.' },
  { name: 'pending-expired',      about: 'request',        phase: 'release', says: 'A request has pended for as long as it may.' },
  { name: 'cpu-work-done',        about: 'instance',       phase: 'release', says: 'A request on an instance has had the CPU it needs.' },
  { name: 'slot-freed',           about: 'late request',   phase: 'release', says: 'The work on a request that was answered 504 before has ended.' },
  { name: 'start-step-done',      about: 'instance',       phase: 'release', says: 'Scheduling, image import or container start of an instance is over.' },
  { name: 'key-call-answered',    about: 'key call',       phase: 'release', says: 'Cloud KMS answers a call.' },
  { name: 'client-retries',       about: 'retry',          phase: 'arrival', says: 'A client that was refused asks again.' },
  { name: 'key-call-retried',     about: 'retry',          phase: 'control', says: 'The key call of a start that failed in a retryable way is made again.' },
  { name: 'deploy-call-retried',  about: 'revision',       phase: 'control', says: 'The key call of a deployment that failed in a retryable way is made again.' },
  { name: 'back-off-over',        about: 'revision',       phase: 'control', says: 'After a failed start, the next one may be tried.' },
  { name: 'pace-over',            about: 'revision',       phase: 'control', says: 'Where the rate of starts is limited, more of them may begin.' },
  { name: 'idle-expired',         about: 'instance',       phase: 'control', says: 'A surplus instance may have been idle for its whole idle timeout.' },
  { name: 'grace-over',           about: 'instance',       phase: 'control', says: 'Ten seconds after SIGTERM, what is unfinished is cut off.' },
  { name: 'key-check-due',        about: 'key check',      phase: 'control', says: 'The periodic encrypt and decrypt of dummy data begins.' },
  { name: 'key-waiting-over',     about: 'key',            phase: 'control', says: 'The waiting period after the first failure that cannot be retried is over.' },
  { name: 'shutdown-due',         about: 'revision',       phase: 'control', says: 'Running instances of a revision are shut down because its key was lost.' },
  { name: 'autoscaler-tick',      about: 'service',        phase: 'control', says: 'The autoscaler looks at a service.' },
  { name: 'sample',               about: 'grid point',     phase: 'observe', says: 'The curves take a point.' },
] as const satisfies readonly { readonly name: string; readonly about: string; readonly phase: keyof typeof PHASES; readonly says: string }[];

export type EventName = (typeof EVENTS)[number]['name'];

/** Number of an event's row, by name. */
export const EVENT = Object.fromEntries(EVENTS.map((event, number) => [event.name, number])) as {
  readonly [Name in EventName]: number;
};

export const PHASE_OF: readonly Phase[] = EVENTS.map((event) => PHASES[event.phase]);

const SUBJECT_BITS = 26;
const SUBJECT_MASK = (1 << SUBJECT_BITS) - 1;

/** At most this many of anything can be alive at once: 2^26. */
export const MOST_SUBJECTS = 1 << SUBJECT_BITS;

/** Event and subject in one 32-bit number, as the queues carry it. */
export const encode = (event: number, subject: number): number => (event << SUBJECT_BITS) | subject;
export const eventOf = (what: number): number => what >>> SUBJECT_BITS;
export const subjectOf = (what: number): number => what & SUBJECT_MASK;
