/**
 * How a revision waits after a start that failed: a delay, doubled up to a longest one, then one start that is tried.
 * Starts that were issued before the wait began say nothing about its end.
 */
import { DECIDING } from './agenda.ts';
import type { Instance, Revision, Town } from './town.ts';

/** How many starts may be issued now. */
export function allowedBy({ backOff }: Revision): number {
  if (backOff.state === 'free') return Infinity;
  return backOff.state === 'trying' && backOff.trial === null ? 1 : 0;
}

export function startFailed(town: Town, instance: Instance, lookAgain: (revision: Revision) => void): void {
  const { revision } = instance;
  const { backOff } = revision;
  const { initial, factor, max } = town.plan.assumptions.failedStartBackoff;
  if (instance === backOff.trial) {
    backOff.delay = Math.min(max, Math.floor(backOff.delay * factor + 0.5));
    backOff.trial = null;
  } else if (backOff.state === 'free' && instance.afterWait === backOff.waits) {
    backOff.waits++;
    if (backOff.delay === 0) backOff.delay = initial;
  } else return;
  backOff.state = 'waiting';
  town.agenda.plan(town.now + backOff.delay, DECIDING, () => {
    backOff.state = 'trying';
    lookAgain(revision);
  });
}

/** True if it was the one that was tried: the others are released. */
export function startSucceeded(town: Town, instance: Instance): boolean {
  const { backOff } = instance.revision;
  if (instance !== backOff.trial) return false;
  backOff.state = 'free';
  if (town.defect !== 'back-off not reset') backOff.delay = 0;
  backOff.trial = null;
  return true;
}

/** It was broken off and proves nothing; another may be tried. */
export function startBrokenOff(instance: Instance): void {
  const { backOff } = instance.revision;
  if (instance === backOff.trial) backOff.trial = null;
}
