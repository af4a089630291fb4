/**
 * The Knative pod autoscaler (KPA), as published: an alternative to Cloud Run's own, which is not documented to be one.
 *
 *   knative-window          seconds in, averages over a stable and a panic window out
 *   knative-rule            the settings of a revision, with the target worked out
 *   knative-recommendation  averages in, pods asked for and excess burst capacity out: rates, panic, delay
 *   knative-scale           bounds, and the way to zero
 *
 * This file is all of it: one look at a revision, at an instant. Nothing is kept here. What the rule remembers is a
 * plain value that goes in and comes out, so a decision can be replayed, compared and tested without a simulation:
 *
 *   const rule = knativeRule(settings, { maxConcurrency: 80, minimum: 0, maximum: 100 });
 *   let memory = foundRevision(rule, START, 0);
 *   ({ memory, decision } = decideKnative(readings, rule, memory, now));
 *
 * Source: knative/serving, pkg/autoscaler and pkg/reconciler/autoscaling/kpa.
 */
import { check } from '../../../units/check.ts';
import type { Instant } from '../../../units/time.ts';
import type { Decision } from './decision.ts';
import {
  excessBurstCapacity,
  panicMemory,
  recommendKnative,
  type PanicMemory,
} from './knative-recommendation.ts';
import type { KnativeRule } from './knative-rule.ts';
import { activeThreshold, scaleKnative, type Activity, type ScaleMemory } from './knative-scale.ts';

export interface KnativeReadings {
  /** Averages of the metric (`KnativeMetrics`); null without data, and then nothing new is decided. */
  readonly load: { readonly stable: number; readonly panic: number } | null;
  /** Pods that are ready, those on their way out left out. */
  readonly ready: number;
  /** Pods asked for at present. */
  readonly current: number;
  /** Whether requests are routed to the revision. */
  readonly reachable: boolean;
  /** Whether the activator answers a probe of the revision. */
  readonly activatorAnswers: boolean;
}

/** `instances` is what there should be from now on: `want` where it is applied, else what there was. */
export interface KnativeDecision extends Decision {
  /** Pods that are wanted; -1 without data, or while the revision is activated. */
  readonly want: number;
  /** False: nothing changes, though `want` says where it goes. */
  readonly applied: boolean;
  /** Negative: the activator stays in the path. */
  readonly excessBurstCapacity: number;
  /** Whether the activator is in the path from now on. */
  readonly activatorInPath: boolean;
  readonly panicking: boolean;
  readonly activity: Activity;
}

/** All that the rule remembers of a revision. */
export interface KnativeMemory extends PanicMemory, ScaleMemory {
  /** The last answer of the autoscaler, before bounds; -1 before the first. */
  readonly desired: number;
  readonly excessBurstCapacity: number;
}

/** One look at a revision: at each tick, and at once when a request comes while `wakesAtOnce`. */
export function decideKnative(
  readings: KnativeReadings,
  rule: KnativeRule,
  memory: KnativeMemory,
  at: Instant,
): { readonly decision: KnativeDecision; readonly memory: KnativeMemory } {
  const { load, ready, current, reachable } = readings;
  check(Number.isInteger(ready) && ready >= 0, 'ready pods are counted');
  let { desired, excessBurstCapacity: excess } = memory;
  let because = desired < 0 ? '' : `no data, ${desired} as before`;
  let panic: PanicMemory = memory;
  if (load !== null) {
    const recommendation = recommendKnative({ ...load, ready, reachable }, rule, memory, at);
    desired = recommendation.instances;
    because = recommendation.because;
    excess = recommendation.excessBurstCapacity;
    panic = recommendation.memory;
  }
  const scale = scaleKnative(desired, excess, readings, rule, memory, at);
  const { want, applied } = scale;
  // The initial scale of a new revision comes with its deploy, not with an answer.
  const initial =
    memory.initialReached || want === 0 ? 0 : Math.min(rule.initialScale, rule.maximum || Infinity);
  return {
    decision: {
      instances: applied ? want : Math.max(current, initial),
      because: [because, scale.because].filter((part) => part !== '').join('; '),
      want,
      applied,
      excessBurstCapacity: excess,
      activatorInPath: scale.memory.activatorSince !== null,
      panicking: panic.panicSince !== null,
      activity: scale.memory.activity,
    },
    memory: {
      desired,
      excessBurstCapacity: excess,
      panicSince: panic.panicSince,
      panicMaximum: panic.panicMaximum,
      delayed: panic.delayed,
      ...scale.memory,
    },
  };
}

/** Whether the first request that comes is answered at once instead of at the next tick: the answer was 0. */
export const wakesAtOnce = (memory: KnativeMemory): boolean => memory.desired === 0;

/** The memory for a revision deployed at `at`: its initial scale is to be reached first. */
export const deployedRevision = (rule: KnativeRule, at: Instant): KnativeMemory => ({
  ...panicMemory(at, 0),
  desired: -1,
  excessBurstCapacity: initialExcess(rule),
  activity: rule.initialScale === 0 && rule.minimum === 0 ? 'inactive' : 'activating',
  activitySince: at,
  initialReached: rule.initialScale === 0 && rule.minimum === 0,
  activatorSince: null,
});

/** The memory of a scaler that finds a revision at `at` with pods ready, or scaled to zero. */
export const foundRevision = (rule: KnativeRule, at: Instant, ready: number): KnativeMemory => ({
  ...panicMemory(at, ready),
  desired: ready === 0 ? 0 : -1,
  excessBurstCapacity: initialExcess(rule),
  activity: ready === 0 ? 'inactive' : ready >= activeThreshold(rule, true, true) ? 'active' : 'activating',
  activitySince: at,
  initialReached: true,
  activatorSince: ready === 0 || initialExcess(rule) < 0 ? at : null,
});

/** Before the first answer: the room of the initial scale, without load. */
const initialExcess = (rule: KnativeRule): number =>
  excessBurstCapacity({ ready: rule.initialScale, panic: 0 }, rule);
