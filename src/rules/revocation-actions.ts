/**
 * What becomes of running instances when the key is revoked: the key revocation action of a revision.
 *
 * Either way no new instance starts. PREVENT_NEW lets running instances go on; SHUTDOWN shuts them down, as soon
 * as the loss is noticed, or after a number of whole hours. The Admin API says `PREVENT_NEW` and `SHUTDOWN` with
 * a duration of seconds, gcloud and YAML say `prevent-new` and `shut-down` with a number of hours. Here one name
 * holds, the API's, and a duration.
 */
import { HOUR, type Duration } from '../units/time.ts';
import { CMEK_PAGE, RUN_API, section } from './sources.ts';

const PAGE = section(CMEK_PAGE, 'Configure CMEK for your Cloud Run service');

// prettier-ignore
export const REVOCATION_ACTIONS = [
  { action: 'PREVENT_NEW', spelling: 'prevent-new', number: 1, label: 'Prevent new container instances', newInstances: 'not-started', running: 'kept', text: 'After the key is revoked no new instance starts.', source: `${PAGE}; ${RUN_API}` },
  { action: 'SHUTDOWN', spelling: 'shut-down', number: 2, label: 'Shut down', newInstances: 'not-started', running: 'shut-down', text: 'After the key is revoked no new instance starts, and existing instances are shut down: as soon as possible, or after the number of hours set as the shutdown delay.', source: `${PAGE}; ${RUN_API}` },
] as const satisfies readonly {
  readonly action: string;
  readonly spelling: string;
  readonly number: number;
  readonly label: string;
  readonly newInstances: 'not-started';
  readonly running: 'kept' | 'shut-down';
  readonly text: string;
  readonly source: string;
}[];

export type RevocationAction = (typeof REVOCATION_ACTIONS)[number]['action'];

/** What a revision does that names no action. (No page states it; an unset action shuts nothing down.) */
export const DEFAULT_REVOCATION_ACTION: RevocationAction = 'PREVENT_NEW';

/** The action meant by the API's name or by gcloud's and YAML's spelling; null if the text is neither. */
export function parseRevocationAction(text: string): RevocationAction | null {
  const row = REVOCATION_ACTIONS.find((each) => each.action === text || each.spelling === text);
  return row === undefined ? null : row.action;
}

/** Every spelling that {@link parseRevocationAction} understands, for messages. */
export const REVOCATION_ACTION_SPELLINGS: readonly string[] = REVOCATION_ACTIONS.flatMap((row) => [
  row.action,
  row.spelling,
]);

export const REVOCATION_ACTION_IDS: readonly RevocationAction[] = REVOCATION_ACTIONS.map((row) => row.action);

/**
 * What is wrong with a shutdown duration, as a sentence without a full stop; null if nothing is. It goes with
 * SHUTDOWN only, and is a whole number of hours, at least one (Admin API v2, encryptionKeyShutdownDuration).
 */
export function shutdownDurationProblem(action: RevocationAction, shutdown: Duration): string | null {
  if (action !== 'SHUTDOWN') return 'a shutdown duration is only valid with the revocation action SHUTDOWN';
  if (shutdown < HOUR) return 'a shutdown duration is at least 1 hour';
  if (shutdown % HOUR !== 0) return 'a shutdown duration is a whole number of hours';
  return null;
}

/**
 * The value of the annotation `run.googleapis.com/encryption-key-shutdown-hours` as a duration; null if it is not
 * a whole number of hours from 1 to 99999.
 */
export function parseShutdownHours(text: string): Duration | null {
  return /^[1-9][0-9]{0,4}$/.test(text) ? ((Number(text) * HOUR) as Duration) : null;
}
