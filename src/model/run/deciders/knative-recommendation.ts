/**
 * How many pods the Knative autoscaler asks for, from the averages of its two windows.
 *
 * Each window wants load / target pods, within what the rates allow to change at once. Normally the stable window is
 * followed. If the panic window wants twice what is ready (or whatever the threshold says), panic begins: as long as
 * it lasts the larger of the two is followed, and never downwards. It ends once the threshold has not been reached
 * for longer than the stable window, because by then the surge is in the stable average. With a delay, an answer is
 * lowered only after it has been lower for that long.
 *
 * Besides there is the excess burst capacity, the room that ready pods have beyond the load and a burst; where it
 * is negative the activator stays in the path and holds what pods have no room for.
 *
 * Source: knative/serving, pkg/autoscaler/scaling/autoscaler.go, with its memory made plain: a value in, a value out.
 */
import { after, duration, inSeconds, SECOND, type Instant } from '../../../units/time.ts';
import { clamp, readable } from './decision.ts';
import type { KnativeRule } from './knative-rule.ts';

/** The averages of the windows and the state of the revision. */
export interface LoadReadings {
  /** Requests in flight, or per second: over the stable and over the panic window. */
  readonly stable: number;
  readonly panic: number;
  /** Pods that are ready, 0 where none is. */
  readonly ready: number;
  /** Whether requests are routed to the revision. One that is not may shrink at any rate, and at once. */
  readonly reachable: boolean;
}

export interface PanicMemory {
  /** When the threshold was last reached in this panic; null outside panic. */
  readonly panicSince: Instant | null;
  /** The largest answer of this panic, 0 outside. */
  readonly panicMaximum: number;
  /** Answers that still hold up a lower one: cells ascend, answers descend. Empty without a delay. */
  readonly delayed: readonly { readonly cell: number; readonly instances: number }[];
}

export interface Recommendation {
  readonly instances: number;
  readonly because: string;
  /** Negative: the activator stays in the path. */
  readonly excessBurstCapacity: number;
  readonly memory: PanicMemory;
}

/** Answers of one cell count as one, the largest of them. */
const DELAY_CELL = duration(2, SECOND);

/** The memory of a scaler that begins at `at`: where pods are ready it may not drop them before it has data. */
export const panicMemory = (at: Instant, ready: number): PanicMemory => ({
  panicSince: ready > 1 ? at : null,
  panicMaximum: ready > 1 ? ready : 0,
  delayed: [],
});

export function recommendKnative(
  readings: LoadReadings,
  rule: KnativeRule,
  memory: PanicMemory,
  at: Instant,
): Recommendation {
  const ready = Math.max(1, readings.ready);
  const neededStable = ceiling(readings.stable / rule.target);
  const neededPanic = ceiling(readings.panic / rule.target);
  const wantStable = within(neededStable, ready, readings.reachable, rule);
  const wantPanic = within(neededPanic, ready, readings.reachable, rule);

  let { panicSince, panicMaximum } = memory;
  if (neededPanic / ready >= rule.panicThreshold) {
    panicSince = at;
  } else if (panicSince !== null && panicSince + rule.stableWindow < at) {
    panicSince = null;
    panicMaximum = 0;
  }

  let instances = wantStable;
  let because = `stable window: ${readable(readings.stable)} at ${readable(rule.target)} each needs ${neededStable}`;
  if (panicSince !== null) {
    panicMaximum = Math.max(panicMaximum, wantStable, wantPanic);
    instances = panicMaximum;
    because =
      `panic until ${readable(inSeconds(after(panicSince, rule.stableWindow)))} s at least: ${readable(readings.panic)} at ` +
      `${readable(rule.target)} each needs ${neededPanic}, the largest answer so far is ${panicMaximum}`;
  } else if (wantStable !== neededStable) {
    const lifted = neededStable > 0 && wantStable > neededStable && wantStable === rule.activationScale;
    because += `, ${wantStable} by ${lifted ? 'the activation scale' : 'the rates'}`;
  }

  let { delayed } = memory;
  if (rule.scaleDownDelay > 0 && readings.reachable) {
    delayed = remember(delayed, instances, rule, at);
    if (delayed[0].instances > instances) because += `, kept at ${delayed[0].instances} by the delay`;
    instances = delayed[0].instances;
  }
  return {
    instances,
    because,
    excessBurstCapacity: excessBurstCapacity(readings, rule),
    memory: { panicSince, panicMaximum, delayed },
  };
}

/** The room of the ready pods beyond the load of the panic window and the burst; fixed for a burst of 0 and -1. */
export function excessBurstCapacity(
  readings: Pick<LoadReadings, 'ready' | 'panic'>,
  rule: Pick<KnativeRule, 'total' | 'targetBurstCapacity'>,
): number {
  if (rule.targetBurstCapacity === 0) return 0;
  if (rule.targetBurstCapacity < 0) return -1;
  return floor(readings.ready * rule.total - rule.targetBurstCapacity - readings.panic);
}

/** A want within the rates. The activation scale lifts what load alone wants, or the last pods would never leave. */
function within(needed: number, ready: number, reachable: boolean, rule: KnativeRule): number {
  const most = ceiling(rule.maxScaleUpRate * ready);
  const least = reachable ? floor(ready / rule.maxScaleDownRate) : 0;
  const want = clamp(needed, least, most);
  return needed > 0 ? Math.max(want, rule.activationScale) : want;
}

/** Adds an answer to the delay window; the first entry is then its maximum. */
function remember(
  delayed: PanicMemory['delayed'],
  instances: number,
  rule: KnativeRule,
  at: Instant,
): PanicMemory['delayed'] {
  const cells = Math.ceil(rule.scaleDownDelay / DELAY_CELL);
  const cell = Math.floor(at / DELAY_CELL);
  const kept = delayed.filter((entry) => entry.instances > instances && cell - entry.cell < cells);
  const newest = kept.at(-1);
  return newest !== undefined && newest.cell === cell ? kept : [...kept, { cell, instances }];
}

// Decimals are not exact in binary: 3 x 0.7 is a little less than 2.1, and 21 over it a little more than 10. What is
// as close as that to a whole number is that number; but anything above 0, however little, needs one pod.
const ceiling = (x: number): number => Math.ceil(x - 1e-12 * x);
const floor = (x: number): number => Math.floor(x + 1e-12 * Math.max(1, Math.abs(x)));
