/**
 * What crowds ask about the plan as a whole: at which instants something happens to the world, and which instants a
 * step of time must not reach across, because a rate jumps or bends there.
 */
import type { HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import type { Plan } from '../plan.ts';
import type { Revision } from '../run/revision.ts';
import type { LoadRate } from './load-rate.ts';

export interface CrowdRules {
  /** Why a request that came at `since` gets no instance. */
  whyNoInstance(revision: Revision, since: number): HttpOutcomeId;
  /** Whether something is planned to happen to the world between two instants. */
  isEventful(from: number, to: number): boolean;
  /** The first instant after `at` that a step must not reach across. */
  nextBreak(at: number): number;
}

export function rulesOf(
  plan: Plan,
  rates: readonly LoadRate[],
  whyNoInstance: CrowdRules['whyNoInstance'],
): CrowdRules {
  const instants = new Set<number>();
  for (const { at, until, propagation } of plan.timeline) {
    for (const instant of [at, at + propagation, until, until + propagation]) instants.add(instant);
  }
  const eventful = ascending(instants);
  const breaks = new Set(instants);
  for (const rate of rates) for (const at of rate.breaks) breaks.add(at);
  for (const { at, until, what } of plan.timeline) {
    if (what.kind === 'trafficShift') for (const instant of [at, until]) breaks.add(instant + what.over);
  }
  const edges = ascending(breaks);
  return {
    whyNoInstance,
    isEventful: (from, to) => firstAfter(eventful, from) <= to,
    nextBreak: (at) => firstAfter(edges, at),
  };
}

const ascending = (instants: ReadonlySet<number>): Float64Array =>
  Float64Array.from([...instants].filter((instant) => instant < Infinity)).sort();

/** The first of ascending instants after `at`; Infinity if there is none. */
function firstAfter(instants: Float64Array, at: number): number {
  let low = 0;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (instants[middle] > at) high = middle;
    else low = middle + 1;
  }
  return low < instants.length ? instants[low] : Infinity;
}
