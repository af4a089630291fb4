/**
 * Which changes of a key version hold, of those that were asked for: a pure rule over the order of asking.
 *
 * Cloud KMS decides on a change when it is asked for, against what was asked for before (`rules/key-version-states`):
 * what it refuses never comes. What it takes arrives after its propagation, and holds from then on, unless one that was
 * asked for later has arrived before it. So DESTROYED is final from the moment it is asked for, though the version can
 * be used until it arrives; and a version that is being restored can be enabled at once.
 */
import { refusesTransition } from '../../rules/key-version-states.ts';
import type { TimelineId } from '../../units/ids.ts';
import type { KeyVersionState } from '../plan.ts';

/** When something was asked for: ns, and at one instant its place in the scenario file. */
export interface Asked {
  readonly at: number;
  readonly place: number;
}

/** The place of what the file has not: what a run brings about by itself comes after what the world does. */
export const AFTER_THE_FILE = Infinity;

/** Of what is there when the run begins. */
export const AT_FIRST: Asked = { at: -Infinity, place: -1 };

export const isBefore = (one: Asked, other: Asked): boolean =>
  one.at < other.at || (one.at === other.at && one.place < other.place);

export interface Change {
  readonly asked: Asked;
  /** Null: all versions that there were when it was asked for. */
  readonly version: number | null;
  readonly state: KeyVersionState;
  /** The timeline entry behind it. */
  readonly fault: TimelineId | null;
  /** Whether it has propagated. */
  arrived: boolean;
}

export interface Standing {
  /** The last change that Cloud KMS has taken; null: none, it is ENABLED. */
  readonly taken: Change | null;
  /** The last one of these that has arrived, which is what calls meet. */
  readonly arrived: Change | null;
}

/** Whether a change is about a version: named, or there when it was asked for. */
export const concerns = (change: Change, version: number, born: Asked): boolean =>
  (change.version === null || change.version === version) && !isBefore(change.asked, born);

/** How a version stands after its changes, `changes` in the order of asking; `before`: only what was asked before. */
export function standingOf(
  changes: readonly Change[],
  version: number,
  born: Asked,
  before: Asked | null = null,
): Standing {
  let taken: Change | null = null;
  let arrived: Change | null = null;
  for (const change of changes) {
    if (before !== null && !isBefore(change.asked, before)) break;
    if (!concerns(change, version, born)) continue;
    if (refusesTransition(taken?.state ?? 'ENABLED', change.state)) continue;
    taken = change;
    if (change.arrived) arrived = change;
  }
  return { taken, arrived };
}
