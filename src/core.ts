/**
 * `cmeksim/core`: the simulator without files, threads or a clock, for browsers, workers and other programs.
 *
 * A scenario's text becomes a plan, or problems with their places; a plan and the number of a replication become
 * results. Both steps are pure: the same input gives the same output, to the byte, on every machine.
 *
 * @example
 * const { plan, problems } = loadScenario(text, 'checkout.yaml');
 * if (plan !== null) console.log(play(plan, 1).summary.services[0].e2e_latencies_ms.p99);
 *
 * @packageDocumentation
 */

// From a text to results.
export {
  loadScenario,
  overrideOf,
  Unreadable,
  type Loaded,
  type LoadOptions,
  type Override,
  type ReadFile,
} from './scenario/load.ts';
export { formatProblem } from './scenario/messages.ts';
export { jsonSchema } from './scenario/schema.ts';
export { play, type PlayOptions } from './probes/play.ts';
export { METRICS, type Metric } from './probes/metrics.ts';
export { VERSION } from './probes/version.ts';
export { EXPLANATIONS, type Explanation } from './rules/explanations.ts';
export type * from './model/plan.ts';
export type * from './probes/results.ts';
export type { Place, Problem } from './units/problem.ts';
export type { Duration, Instant } from './units/time.ts';
export { InvariantViolation } from './units/check.ts';

// The deciders: how many instances there should be, given readings. Pure, so that they can be driven by hand.
export { type Decision } from './model/run/deciders/decision.ts';
export {
  decideCloudRun,
  onDemandStarts,
  type CloudRunReadings,
  type CloudRunSettings,
} from './model/run/deciders/cloud-run.ts';
export {
  decideKnative,
  deployedRevision,
  foundRevision,
  wakesAtOnce,
  type KnativeDecision,
  type KnativeMemory,
  type KnativeReadings,
} from './model/run/deciders/knative.ts';
export { knativeRule, type KnativeRule } from './model/run/deciders/knative-rule.ts';
export { KnativeMetrics } from './model/run/deciders/knative-window.ts';

// The engine: time, chance and queues, which know nothing of clouds.
export { DelayLane } from './engine/delay-lane.ts';
export { Distribution, type DistributionSpec } from './engine/distributions.ts';
export { Draws } from './engine/draws.ts';
export { EventQueue } from './engine/event-queue.ts';
export { Fingerprint } from './engine/fingerprint.ts';
export { LatencyHistogram } from './engine/latency-histogram.ts';
export { LoadLists } from './engine/load-lists.ts';
export { RoomSet } from './engine/room-set.ts';
export { PHASES, Sequencer, type Phase } from './engine/sequencer.ts';
export {
  CalendarWindow,
  PeakMeter,
  SlidingWindow,
  TokenBucket,
  type QuotaWindow,
} from './engine/sliding-window.ts';
export { Slots } from './engine/slots.ts';
export { Stream, Streams, type StreamPurpose } from './engine/streams.ts';
