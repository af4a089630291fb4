/**
 * The numbers that the Knative autoscaler goes by, for one revision: its settings with the target worked out.
 *
 * The total is what one pod may take: its concurrency (100 where that is unlimited), or 200 requests/s under the
 * metric rps; a target of the revision's own replaces it, but one for concurrency never exceeds the concurrency that
 * the container admits. The target, what a pod should have, is the utilisation's share of that, at least 0.01.
 *
 * Source: knative/serving, config-autoscaler and pkg/reconciler/autoscaling/resources/target.go.
 */
import { check } from '../../../units/check.ts';
import { duration, SECOND, type Duration } from '../../../units/time.ts';
import type { KnativeSettings } from '../../plan.ts';
import { panicWindowOf } from './knative-window.ts';

/** What Knative's configuration says where a scenario has no word for it. */
export const KNATIVE_DEFAULTS = {
  /** Requests in flight per pod, where the container's concurrency is unlimited. */
  concurrency: 100,
  /** Requests per second and pod. */
  requestsPerSecond: 200,
  smallestTarget: 0.01,
  scaleToZero: true,
  podRetention: duration(0, SECOND),
  progressDeadline: duration(600, SECOND),
} as const;

export interface KnativeRule {
  /** What one pod may take, and what it should have: requests in flight, or per second. */
  readonly total: number;
  readonly target: number;
  readonly stableWindow: Duration;
  readonly panicWindow: Duration;
  /** Pods needed per ready pod at which panic begins; 2 is 200 %. */
  readonly panicThreshold: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  /** The least pods once there is load; 1 changes nothing. */
  readonly activationScale: number;
  readonly scaleDownDelay: Duration;
  /** Requests in flight to be absorbed at once; 0: none, -1: the activator is always in the path. */
  readonly targetBurstCapacity: number;
  readonly minimum: number;
  /** 0 (or Infinity): none. */
  readonly maximum: number;
  readonly initialScale: number;
  readonly scaleToZero: boolean;
  readonly gracePeriod: Duration;
  readonly podRetention: Duration;
  readonly progressDeadline: Duration;
}

/** The rule for a revision. `maxConcurrency` 0 means unlimited, `maximum` 0 none. */
export function knativeRule(
  settings: KnativeSettings,
  revision: { readonly maxConcurrency: number; readonly minimum: number; readonly maximum: number },
): KnativeRule {
  const total = totalOf(settings, revision.maxConcurrency);
  return {
    total,
    target: Math.max(KNATIVE_DEFAULTS.smallestTarget, total * settings.targetUtilization),
    stableWindow: settings.stableWindow,
    panicWindow: panicWindowOf(settings.stableWindow, settings.panicWindowPercentage),
    panicThreshold: settings.panicThresholdPercentage / 100,
    maxScaleUpRate: settings.maxScaleUpRate,
    maxScaleDownRate: settings.maxScaleDownRate,
    activationScale: settings.activationScale,
    scaleDownDelay: settings.scaleDownDelay,
    targetBurstCapacity: settings.targetBurstCapacity,
    minimum: revision.minimum,
    maximum: revision.maximum,
    initialScale: settings.initialScale,
    scaleToZero: KNATIVE_DEFAULTS.scaleToZero,
    gracePeriod: settings.scaleToZeroGracePeriod,
    podRetention: KNATIVE_DEFAULTS.podRetention,
    progressDeadline: KNATIVE_DEFAULTS.progressDeadline,
  };
}

function totalOf({ metric, target }: KnativeSettings, maxConcurrency: number): number {
  check(maxConcurrency >= 0, 'a concurrency is not negative');
  if (metric === 'rps') return target ?? KNATIVE_DEFAULTS.requestsPerSecond;
  if (maxConcurrency === 0) return target ?? KNATIVE_DEFAULTS.concurrency;
  return target === null ? maxConcurrency : Math.min(target, maxConcurrency);
}
