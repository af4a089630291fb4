/** A Knative rule with round numbers, and instants in seconds, for tables that are worked out by hand. */
import type { KnativeSettings } from '../../../src/model/plan.ts';
import { knativeRule, type KnativeRule } from '../../../src/model/run/deciders/knative-rule.ts';
import { duration, SECOND, type Duration, type Instant } from '../../../src/units/time.ts';

export const seconds = (count: number): Duration => duration(count, SECOND);
export const at = (second: number): Instant => (second * SECOND) as Instant;

/** Knative's defaults. */
export const DEFAULTS: KnativeSettings = {
  metric: 'concurrency',
  target: null,
  targetUtilization: 0.7,
  stableWindow: seconds(60),
  panicWindowPercentage: 10,
  panicThresholdPercentage: 200,
  maxScaleUpRate: 1000,
  maxScaleDownRate: 2,
  scaleDownDelay: seconds(0),
  scaleToZeroGracePeriod: seconds(30),
  targetBurstCapacity: 211,
  activationScale: 1,
  initialScale: 1,
  tick: seconds(2),
};

/** A pod may take 10 and should have 10; no bounds; no burst; everything else as Knative's defaults. */
export const ruleWith = (changes: Partial<KnativeRule> = {}): KnativeRule => ({
  ...knativeRule(
    { ...DEFAULTS, targetUtilization: 1, targetBurstCapacity: 0 },
    { maxConcurrency: 10, minimum: 0, maximum: 0 },
  ),
  ...changes,
});
