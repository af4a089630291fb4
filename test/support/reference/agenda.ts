/**
 * The clock of the reference engine, and the list of what is still to happen.
 *
 * One sorted list. At one instant what the outside world does comes first, then what ends, then what arrives, then
 * what is decided; within one of these, what was planned first comes first. Nothing is fast here on purpose.
 */
export const OUTSIDE = 0;
export const ENDING = 1;
export const ARRIVING = 2;
export const DECIDING = 3;

export interface Appointment {
  readonly at: number;
  readonly turn: number;
  readonly number: number;
  readonly what: () => void;
  called: 'on' | 'off';
}

export class Agenda {
  now = 0;
  private readonly swapped: boolean;
  private planned = 0;
  private readonly ahead: Appointment[] = [];

  /** `swapped`: what arrives comes before what ends; a defect, for the test of the test. */
  constructor(swapped: boolean) {
    this.swapped = swapped;
  }

  plan(at: number, turn: number, what: () => void): Appointment {
    const swap = this.swapped && (turn === ENDING || turn === ARRIVING);
    const appointment: Appointment = {
      at,
      turn: swap ? ENDING + ARRIVING - turn : turn,
      number: this.planned++,
      what,
      called: 'on',
    };
    let place = this.ahead.length;
    while (place > 0 && isBefore(appointment, this.ahead[place - 1])) place--;
    this.ahead.splice(place, 0, appointment);
    return appointment;
  }

  /** Keeps every appointment before `end`, which itself is not part of the run. */
  runUntil(end: number): void {
    while (this.ahead.length > 0 && this.ahead[0].at < end) {
      const next = this.ahead.shift()!;
      this.now = next.at;
      if (next.called === 'on') next.what();
    }
  }
}

const isBefore = (one: Appointment, other: Appointment): boolean =>
  one.at !== other.at
    ? one.at < other.at
    : one.turn !== other.turn
      ? one.turn < other.turn
      : one.number < other.number;
