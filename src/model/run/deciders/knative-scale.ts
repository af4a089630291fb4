/**
 * What Knative makes of an answer of its autoscaler: keeps it within the bounds of the revision, and takes the last
 * pod away only in steps.
 *
 *   activating   pods were asked for and are not yet ready: an answer of 0 waits; after the progress deadline and
 *                30 s more the revision is given up, at 0
 *   active       an answer of 0 leaves one pod at most, until the revision has been active for a stable window;
 *                then it is inactive, its pods stay
 *   inactive     the activator takes the requests; 0 after the grace period (or the retention, where that is
 *                longer), or sooner, once the activator has been in the path for the grace period anyway
 *
 * An answer of -1 is none: nothing is done. Source: knative/serving, pkg/reconciler/autoscaling/kpa.
 */
import { duration, SECOND, type Instant } from '../../../units/time.ts';
import { clamp } from './decision.ts';
import type { KnativeRule } from './knative-rule.ts';

export type Activity = 'activating' | 'active' | 'inactive';

export interface ScaleMemory {
  readonly activity: Activity;
  readonly activitySince: Instant;
  /** Whether the initial scale (and the minimum) was ever ready; from then on the initial scale is ignored. */
  readonly initialReached: boolean;
  /** Since when the activator has been in the request path; null where it is not. */
  readonly activatorSince: Instant | null;
}

export interface ScaleReadings {
  readonly ready: number;
  readonly reachable: boolean;
  /** Whether the activator answers a probe of the revision. Not asked if the target burst capacity is -1. */
  readonly activatorAnswers: boolean;
}

export interface Scale {
  /** Pods asked for; -1 where nothing can be said yet. */
  readonly want: number;
  /** Whether `want` is carried out; if not, everything stays as it is. */
  readonly applied: boolean;
  /** Why it is not the answer of the autoscaler; empty where it is. */
  readonly because: string;
  readonly memory: ScaleMemory;
}

/** Time a revision is given beyond its progress deadline. */
const ACTIVATION_BUFFER = duration(30, SECOND);

/** `desired` is the autoscaler's answer, -1 before its first; the excess burst capacity comes with it. */
export function scaleKnative(
  desired: number,
  excessBurstCapacity: number,
  readings: ScaleReadings,
  rule: KnativeRule,
  memory: ScaleMemory,
  at: Instant,
): Scale {
  const { want, applied, because } = bounded(desired, readings, rule, memory, at);
  const inPath = want === 0 || excessBurstCapacity < 0 || (want === -1 && memory.activity === 'inactive');
  return {
    want,
    applied,
    because,
    memory: {
      ...activityAfter(want, readings, rule, memory, at),
      activatorSince: inPath ? (memory.activatorSince ?? at) : null,
    },
  };
}

/** The pods that must be ready for a revision to be active, for the first time or again. */
export const activeThreshold = (rule: KnativeRule, reachable: boolean, initialReached: boolean): number =>
  Math.max(reachable ? rule.minimum : 0, initialReached ? 1 : rule.initialScale);

type Verdict = Omit<Scale, 'memory'>;

function bounded(
  desired: number,
  readings: ScaleReadings,
  rule: KnativeRule,
  memory: ScaleMemory,
  at: Instant,
): Verdict {
  if (desired < 0 && memory.activity !== 'activating') {
    return { want: -1, applied: false, because: 'no data' };
  }
  const minimum = readings.reachable ? rule.minimum : 0;
  const initial = memory.initialReached || rule.initialScale <= 1 ? 0 : rule.initialScale;
  const maximum = rule.maximum === 0 ? Infinity : rule.maximum;
  const want = clamp(Math.max(0, desired), Math.max(minimum, initial), maximum);
  if (want === 0) return toZero(readings, rule, memory, at);
  const because =
    want < desired
      ? 'the maximum'
      : want === desired
        ? ''
        : initial > minimum
          ? 'the initial scale'
          : 'the minimum';
  return { want, applied: true, because };
}

function toZero(readings: ScaleReadings, rule: KnativeRule, memory: ScaleMemory, at: Instant): Verdict {
  if (!rule.scaleToZero) return { want: 1, applied: true, because: 'the last pod is always kept' };
  const lasted = at - memory.activitySince;
  switch (memory.activity) {
    case 'activating':
      return lasted > rule.progressDeadline + ACTIVATION_BUFFER
        ? { want: 0, applied: true, because: 'it could not be activated in time' }
        : { want: -1, applied: false, because: 'it is being activated' };
    case 'active':
      return lasted >= rule.stableWindow
        ? { want: 0, applied: false, because: 'it becomes inactive' }
        : { want: 1, applied: true, because: 'not active for a stable window yet' };
    case 'inactive':
      return inactiveToZero(lasted, readings, rule, memory, at);
  }
}

function inactiveToZero(
  inactiveFor: number,
  readings: ScaleReadings,
  rule: KnativeRule,
  memory: ScaleMemory,
  at: Instant,
): Verdict {
  const later = (because: string): Verdict => ({ want: 0, applied: false, because });
  if (rule.targetBurstCapacity !== -1 && !readings.activatorAnswers) {
    return later('the activator is not in the path yet');
  }
  const zero: Verdict = { want: 0, applied: true, because: '' };
  if (inactiveFor >= Math.max(rule.gracePeriod, rule.podRetention)) return zero;
  if (inactiveFor < rule.podRetention) return later('the retention period of the last pod');
  const inPathFor = memory.activatorSince === null ? 0 : at - memory.activatorSince;
  return inPathFor >= rule.gracePeriod ? zero : later('the grace period');
}

function activityAfter(
  want: number,
  readings: ScaleReadings,
  rule: KnativeRule,
  memory: ScaleMemory,
  at: Instant,
): Omit<ScaleMemory, 'activatorSince'> {
  const threshold = activeThreshold(rule, readings.reachable, memory.initialReached);
  const enough = readings.ready >= threshold;
  let { activity } = memory;
  if (want === 0 || threshold === 0) activity = 'inactive';
  else if (want > 0 || activity !== 'inactive') activity = enough ? 'active' : 'activating';
  return {
    activity,
    activitySince: activity === memory.activity ? memory.activitySince : at,
    initialReached: memory.initialReached || enough,
  };
}
