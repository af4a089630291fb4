/**
 * What is going to happen, and when: the clock and the four queues behind it.
 *
 * All of them share one total order (time, phase, order of planning), so that it cannot be seen from a result
 * which queue held an event. Random delays go through the heap; the deadlines of pending requests, which come in
 * ascending order nearly always, through a lane; arrivals through a heap that holds one cursor per service; and where
 * requests share the CPU, the instant to look at an instance, which every request moves, through a heap in which it can
 * be moved. Arrivals in one heap with everything else would make each of its operations slower by a third.
 *
 * Something that may be called off holds a ticket, the number `plan` returns. There is no cancelling: whoever
 * answers an event compares its ticket with the one that is held now, and does nothing if they differ.
 */
import { DelayLane } from '../engine/delay-lane.ts';
import { EventQueue } from '../engine/event-queue.ts';
import { MovingQueue } from '../engine/moving-queue.ts';
import { PHASES, Sequencer } from '../engine/sequencer.ts';
import { check } from '../units/check.ts';
import type { Instant } from '../units/time.ts';
import { encode, PHASE_OF } from './events.ts';

/** Tells one planned event from every other; also its place in the order of planning. */
export type Ticket = number;

/** Held by what waits for nothing. */
export const NO_TICKET: Ticket = -1;

export class Agenda {
  /** The present instant. */
  now = NaN as Instant;
  /** The ticket of the event being answered. */
  ticket: Ticket = NaN;

  readonly future = new EventQueue();
  readonly deadlines = new DelayLane();
  readonly arrivals = new EventQueue(8);
  readonly looks = new MovingQueue();
  private readonly sequencer = new Sequencer();

  constructor(start: Instant) {
    // Doubles from the start: see ExactSum.
    this.now = start;
    this.ticket = NO_TICKET;
  }

  plan(at: Instant, event: number, subject: number): Ticket {
    check(at >= this.now, 'nothing is planned in the past');
    const ticket = this.sequencer.next(PHASE_OF[event]);
    this.future.push(at, ticket, encode(event, subject));
    return ticket;
  }

  /** The ticket of an event that is planned now in the phase of releases. */
  nextRelease(): Ticket {
    return this.sequencer.next(PHASES.release);
  }

  planDeadline(at: Instant, event: number, subject: number): Ticket {
    const ticket = this.sequencer.next(PHASE_OF[event]);
    this.deadlines.push(at, ticket, encode(event, subject));
    return ticket;
  }

  /** When to look at an instance next, whatever was planned for it before. */
  planLook(at: Instant, instance: number): void {
    this.looks.set(instance, at, this.sequencer.next(PHASES.release));
  }

  /** Begins the arrivals of a service. */
  planArrival(at: number, service: number): void {
    this.arrivals.push(at, this.sequencer.next(PHASES.arrival), service);
  }

  /** Replaces the arrival being answered by the next of the same service. */
  planNextArrival(at: number, service: number): void {
    this.arrivals.replaceTop(at, this.sequencer.next(PHASES.arrival), service);
  }
}
