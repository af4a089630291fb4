/**
 * After how long what others see of sampled instances is brought up to date: at the latest before somebody may have to wait.
 *
 * Nothing is lost in a long step, as requests are simulated singly in it. But whoever pends starts instances, and the
 * number of active instances holds for a step.
 */
import { MILLISECOND, SECOND } from '../../units/time.ts';
import { atWork, type Inflow } from './inflow.ts';

/** From the longest; the last is taken where there may not be room for everybody. */
const STEPS = [SECOND, 200 * MILLISECOND, 50 * MILLISECOND, 20 * MILLISECOND];
const SHORTEST = 5 * MILLISECOND;
/** Where active instances become more or fewer by more than this share of all, steps are not longer than: */
const STEADY = 0.1;
const UNSTEADY_STEP = 50 * MILLISECOND;
/** Standard deviations between those who come and the room there is. */
const MARGIN = 7;

export class SampledSteps {
  private readonly inflow: Inflow;
  private longest = UNSTEADY_STEP;

  constructor(inflow: Inflow) {
    this.inflow = inflow;
  }

  /** Of `all` instances so many were active on average in a step, and at its end. How many will be in the next. */
  nextActive(average: number, last: number, all: number, length: number): number {
    const isSteady = all > 0 && Math.abs(last - average) <= STEADY * all;
    this.longest = isSteady ? Math.max(this.longest, 4 * length) : UNSTEADY_STEP;
    return isSteady ? average : last;
  }

  /** Where the step ends that begins at `at` if nobody can come in it. */
  asleep(at: number): number {
    return (Math.floor(at / SECOND) + 1) * SECOND;
  }

  /** Where the step ends that begins at `at`, with room for so many requests. */
  next(at: number, room: number): number {
    const step = this.stepAt(at, room);
    return (Math.floor(at / step) + 1) * step;
  }

  /** The longest step in which everybody that may come finds room. */
  private stepAt(at: number, room: number): number {
    for (const step of STEPS) {
      if (step > this.longest) continue;
      const come = atWork(this.inflow.peak(at, at + step), step);
      if (room > come + MARGIN * Math.sqrt(come)) return step;
    }
    return SHORTEST;
  }
}
