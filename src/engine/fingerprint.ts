/**
 * The fingerprint of a run: 64 bits made of every event's time, kind and subject, in order.
 *
 * Two runs with the same fingerprint took the same course, for any practical purpose; that is how a result is
 * compared across machines, worker counts and versions without keeping its events. Every step can be undone
 * given what it mixed in, so runs that differ in the time, the kind or the subject of a single event never have the
 * same fingerprint, and others with a chance of about 1 in 2^64. It guards against accidents, not against forgery.
 *
 * Whole 32-bit arithmetic only: the same digits on every machine.
 */
const TWO_TO_MINUS_32 = 1 / 4_294_967_296;

export class Fingerprint {
  /** Two 32-bit halves. */
  private one = 0x243f6a88;
  private other = 0x85a308d3 | 0;

  /**
   * Takes in one event.
   * @param time ns, a whole number between -2^53 and 2^53
   * @param kind which kind of event, a whole number from 0 to 1023
   * @param subject whom it is about, a 32-bit whole number
   */
  mix(time: number, kind: number, subject: number): void {
    // The low 32 bits, exactly, of a number of any size; the 22 above those with the kind in the ten bits that this
    // leaves, and the subject, an odd number of times.
    const upper = (Math.floor(time * TWO_TO_MINUS_32) << 10) | kind;
    const a = this.one ^ (time | 0);
    const b = this.other ^ (upper + Math.imul(subject, 0x27d4eb2f));
    const first = (Math.imul((a << 15) | (a >>> 17), 0x9e3779b1) + b) | 0;
    const c = b ^ first;
    this.one = first;
    this.other = Math.imul((c << 13) | (c >>> 19), 0x85ebca77);
  }

  /** Of all that was mixed in so far: 16 hexadecimal digits. */
  toString(): string {
    const spread = new Fingerprint();
    spread.one = this.one;
    spread.other = this.other;
    for (let i = 0; i < 4; i++) spread.mix(0, 0, 0); // the last event reaches all digits too
    return hex(spread.one) + hex(spread.other);
  }
}

const hex = (half: number): string => (half >>> 0).toString(16).padStart(8, '0');
