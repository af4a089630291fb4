/**
 * How far time passes at once for a crowd, and what holds on average in between.
 *
 * As long as there is clearly room for every request (it is calm), a step is five seconds long and nothing can be lost
 * in it. Where requests pend, or might, or their number is on the move, steps are milliseconds. No step reaches across
 * an instant at which a rate jumps. Edges are whole multiples of the step, so they do not depend on what disturbed it.
 */
import { exp } from '../../engine/portable-math.ts';
import { MILLISECOND, SECOND } from '../../units/time.ts';
import type { AtWork } from './at-work.ts';
import type { CrowdRules } from './crowd-rules.ts';
import { atWork, type Inflow } from './inflow.ts';
import type { Pending } from './pending.ts';
import type { Sharing } from './sharing.ts';

/** The longest step, and how far ahead it is looked for what may end the calm. */
const CALM_STEP = 5 * SECOND;
const OUTLOOK = 2 * SECOND;
/** Standard deviations between what is expected and what there is room for, for a calm step. */
const MARGIN = 7;
/**
 * Steps while requests pend for seconds: a fiftieth of that, at most this long and this part of the service time. Slots
 * are freed and taken within a step; with longer ones, too few of those would be taken that are freed twice.
 */
const PATIENT_STEP = 100 * MILLISECOND;
const OF_SERVICE_TIME = 1 / 8;
/** How far from steady the number at work may be for a calm step, as a share of it. */
const STEADY = 0.02;
/** Where nobody pends and there is some room, a step is so many of the shortest. */
const WIDE = 4;

export class Steps {
  /** In the step that is under way there is room for everybody. */
  calm = false;
  /** No calm step before this instant. */
  private unrest = 0;
  private readonly inflow: Inflow;
  private readonly rules: CrowdRules;
  private readonly work: AtWork;
  private readonly pending: Pending;
  private readonly sharing: Sharing;

  constructor(inflow: Inflow, rules: CrowdRules, work: AtWork, pending: Pending, sharing: Sharing) {
    this.inflow = inflow;
    this.rules = rules;
    this.work = work;
    this.pending = pending;
    this.sharing = sharing;
  }

  /** Where the step ends that begins at `at`. */
  next(at: number): number {
    this.calm = this.isCalm(at);
    const step = this.calm ? CALM_STEP : this.shortStep(at);
    this.work.completions.resolve(Math.min(step, 2 * this.work.mean));
    return Math.min((Math.floor(at / step) + 1) * step, this.rules.nextBreak(at), this.nextIdle(at));
  }

  /** An instance apart is idle once its last request is finished, however calm it is; that is not seen much later. */
  private nextIdle(at: number): number {
    return Math.max(this.sharing.apart.soonest, at + WIDE * this.work.step);
  }

  /** Something has happened at `now` that must be followed closely. */
  disturb(now: number): void {
    this.unrest = Math.max(this.unrest, now + 2 * SECOND + 5 * this.work.mean);
  }

  /** Whether nobody can have to wait before the next long step is over. */
  isCalm(at: number): boolean {
    const { inflow, work, pending, sharing } = this;
    if (at < this.unrest || pending.count > 0 || work.hasLate) return false;
    if (this.rules.isEventful(at - SECOND, at + CALM_STEP + OUTLOOK)) return false;
    const busy = work.count;
    const peak = inflow.peak(at, at + CALM_STEP + OUTLOOK);
    const most = Math.max(busy, atWork(peak, work.mean));
    if (most === 0) return true;
    // As long as their number rises or falls towards what the rate keeps at work, it is followed closely.
    const steady = atWork(inflow.peak(at, at), work.mean);
    const off = Math.abs(busy + sharing.apart.count - steady);
    if (off > Math.max(STEADY * steady, (MARGIN + 1) * Math.sqrt(steady))) return false;
    return most + MARGIN * Math.sqrt(most) < sharing.slots;
  }

  private shortStep(at: number): number {
    const { work, pending, sharing } = this;
    if (pending.count === 0) {
      // Where there is more room than chance and drift may take in a longer step, nobody pends in it.
      const wide = WIDE * work.step;
      const rate = this.inflow.peak(at, at + wide);
      const come = atWork(rate, wide);
      const drift = Math.max(0, come - (work.count * wide) / work.mean);
      return sharing.room > drift + MARGIN * Math.sqrt(come) ? wide : work.step;
    }
    const waited = (at - pending.queue.oldest) / 50;
    const patient = Math.min(PATIENT_STEP, waited, work.mean * OF_SERVICE_TIME);
    return Math.max(work.step, Math.floor(patient / work.step) * work.step);
  }
}

/**
 * How many requests there are on average over a step of `length` ns with `before` and `after` at its ends. A long step
 * is many service times long: what its ends have above or below the number that the `expected` arrivals keep at work
 * fades away within one.
 */
export function averageOver(
  length: number,
  before: number,
  after: number,
  expected: number,
  mean: number,
): number {
  const straight = 0.5 * (before + after);
  if (length <= mean) return straight;
  const steady = (expected * mean) / length;
  const near = 8 * Math.sqrt(steady);
  if (Math.abs(before - steady) >= near || Math.abs(after - steady) >= near) return straight;
  const fade = exp(-length / mean);
  return steady + ((before + after - 2 * steady) * mean * (1 - fade)) / ((1 + fade) * length);
}
