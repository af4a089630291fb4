/**
 * The states of a key version, and what Cloud KMS lets become of each.
 *
 *   ENABLED <──▶ DISABLED ◀── restore ── DESTROY_SCHEDULED ── after 30 days ──▶ DESTROYED
 *
 * Only an ENABLED version can encrypt or decrypt. A version that is scheduled for destruction can be restored, and
 * is DISABLED then, so that somebody has to enable it; one that was destroyed is gone. A scenario may say DESTROYED
 * at once, which skips the wait.
 */
import { DAY, type Duration } from '../units/time.ts';
import { section } from './sources.ts';

const STATES = section('Cloud KMS, Key states', 'Key version states');
const DESTROY = section('Cloud KMS, Destroy and restore key versions', 'Restoring a key version');

// prettier-ignore
export const KEY_VERSION_STATES = [
  { state: 'ENABLED', usable: true, refusesTo: [], text: 'Can encrypt and decrypt.', source: STATES },
  { state: 'DISABLED', usable: false, refusesTo: [], text: 'Cannot be used, and can be enabled again.', source: STATES },
  { state: 'DESTROY_SCHEDULED', usable: false, refusesTo: ['ENABLED'], text: 'Cannot be used. Restored, it is DISABLED; otherwise it is destroyed 30 days later (1 day for keys made before 2024-02-01).', source: DESTROY },
  { state: 'DESTROYED', usable: false, refusesTo: ['ENABLED', 'DISABLED', 'DESTROY_SCHEDULED'], text: 'Cannot be used or brought back.', source: STATES },
] as const satisfies readonly {
  readonly state: string;
  readonly usable: boolean;
  readonly refusesTo: readonly string[];
  readonly text: string;
  readonly source: string;
}[];

export type KeyVersionState = (typeof KEY_VERSION_STATES)[number]['state'];

/** From when a version is scheduled until it is destroyed. */
export const DESTROY_SCHEDULED_DURATION: Duration = (30 * DAY) as Duration;

/** Whether Cloud KMS refuses to bring a version from one state to another. */
export const refusesTransition = (from: KeyVersionState, to: KeyVersionState): boolean => {
  const row = KEY_VERSION_STATES.find(({ state }) => state === from)!;
  return (row.refusesTo as readonly string[]).includes(to);
};
