/**
 * What becomes of a service when its key cannot be used: the table "Autoscaling behavior affected by CMEK" of
 * the Cloud Run page, row for row, in its order.
 *
 * The page's row on the external key manager holds two cases, told apart by whether the key request can be
 * retried; here they are two rows. A row is found by the cause of a failed key call ({@link rowFor}), and what
 * the model does with starts and with running instances is read from the row, never decided anywhere else.
 *
 *   starts   refused                    the start fails
 *            held                       the start waits and tries its key call again
 *   running  by-revocation-action       see revocation-actions.ts
 *            kept                       not shut down, for no reason, while the retries last
 *            shut-down-after-waiting    shut down at the end of the waiting period (its length: assumptions.ts)
 *            unaffected                 nothing happens to them because of the key
 */
import { assumed, CMEK_PAGE, section } from './sources.ts';
import type { StatusCode } from './status-codes.ts';

const TABLE = section(CMEK_PAGE, 'Autoscaling behavior affected by CMEK');
const RUNNING_UNAFFECTED = assumed(
  'the page names no effect of an exceeded quota on running instances, and a ready instance makes no key call',
);

// prettier-ignore
export const KEY_UNAVAILABILITY = [
  { row: 'Key disabled/destroyed/revoked', starts: 'refused', running: 'by-revocation-action', logs: 'cmek-message', text: 'New instances do not start.', source: TABLE },
  { row: 'External key manager unreachable, retryable', starts: 'held', running: 'kept', logs: 'ekm-message', text: 'While the key request is retried, no instance is shut down and no new instance starts. Scale-out may look slower than expected.', source: TABLE },
  { row: 'External key manager unreachable, not retryable', starts: 'refused', running: 'shut-down-after-waiting', logs: 'ekm-message', text: 'No new instance starts, and running instances are shut down after a waiting period.', source: TABLE },
  { row: 'KMS quota exceeded', starts: 'refused', running: 'unaffected', logs: 'RESOURCE_EXHAUSTED', text: 'A RESOURCE_EXHAUSTED error is logged and new instances do not start. More quota can be requested.', source: `${TABLE}; ${RUNNING_UNAFFECTED}` },
] as const satisfies readonly {
  readonly row: string;
  readonly starts: 'refused' | 'held';
  readonly running: 'by-revocation-action' | 'kept' | 'shut-down-after-waiting' | 'unaffected';
  readonly logs: 'cmek-message' | 'ekm-message' | 'RESOURCE_EXHAUSTED';
  readonly text: string;
  readonly source: string;
}[];

/**
 * Every cause a start can be refused or held for. The ids are those of the results: the keys of `refused` and
 * `evicted` in summary.json, the outcomes in cold-starts.csv. `code` is the status the key call ends with; where
 * an external key manager answered, its error decides (see ekm-errors.ts) and `code` is the usual one.
 */
// prettier-ignore
export const UNAVAILABILITY_CAUSES = [
  { cause: 'key-disabled', row: 'Key disabled/destroyed/revoked', code: 'FAILED_PRECONDITION', means: 'the key version that is needed is disabled', source: TABLE },
  { cause: 'key-destroyed', row: 'Key disabled/destroyed/revoked', code: 'FAILED_PRECONDITION', means: 'the key version that is needed has been destroyed', source: TABLE },
  { cause: 'key-scheduled-for-deletion', row: 'Key disabled/destroyed/revoked', code: 'FAILED_PRECONDITION', means: 'the key version that is needed is scheduled for destruction', source: section(CMEK_PAGE, 'Error messages') },
  { cause: 'key-access-revoked', row: 'Key disabled/destroyed/revoked', code: 'PERMISSION_DENIED', means: 'the service agent may not use the key', source: TABLE },
  { cause: 'ekm-unreachable', row: 'External key manager unreachable, retryable', code: 'FAILED_PRECONDITION', means: 'the external key manager could not be reached and the request can be retried', source: TABLE },
  { cause: 'ekm-not-retryable', row: 'External key manager unreachable, not retryable', code: 'FAILED_PRECONDITION', means: 'the external key manager could not be reached and the request cannot be retried', source: TABLE },
  { cause: 'quota-exceeded', row: 'KMS quota exceeded', code: 'RESOURCE_EXHAUSTED', means: 'the Cloud KMS quota that the key call is charged to is used up', source: TABLE },
] as const satisfies readonly {
  readonly cause: string;
  readonly row: (typeof KEY_UNAVAILABILITY)[number]['row'];
  readonly code: StatusCode;
  readonly means: string;
  readonly source: string;
}[];

export type KeyUnavailabilityRow = (typeof KEY_UNAVAILABILITY)[number];
export type KeyUnavailabilityRowName = KeyUnavailabilityRow['row'];
export type StartRule = KeyUnavailabilityRow['starts'];
export type RunningInstancesRule = KeyUnavailabilityRow['running'];
export type UnavailabilityCause = (typeof UNAVAILABILITY_CAUSES)[number]['cause'];

/** In the order of the table, for results that list one number per cause. */
export const UNAVAILABILITY_CAUSE_IDS: readonly UnavailabilityCause[] = UNAVAILABILITY_CAUSES.map(
  (row) => row.cause,
);

const rowOfCause: ReadonlyMap<UnavailabilityCause, KeyUnavailabilityRow> = new Map(
  UNAVAILABILITY_CAUSES.map((cause) => [
    cause.cause,
    KEY_UNAVAILABILITY.find((row) => row.row === cause.row)!,
  ]),
);

/** The row of the table that decides for a cause. */
export const rowFor = (cause: UnavailabilityCause): KeyUnavailabilityRow => rowOfCause.get(cause)!;

/** The status a key call with this cause ends with. */
export const statusOfCause = (cause: UnavailabilityCause): StatusCode =>
  UNAVAILABILITY_CAUSES.find((row) => row.cause === cause)!.code;

/** A key version in one of these states cannot decrypt; each state has its own cause and its own message. */
export const CAUSE_OF_VERSION_STATE = {
  DISABLED: 'key-disabled',
  DESTROY_SCHEDULED: 'key-scheduled-for-deletion',
  DESTROYED: 'key-destroyed',
} as const satisfies Record<string, UnavailabilityCause>;

export type KeyLossState = keyof typeof CAUSE_OF_VERSION_STATE;

/** Why a version in this state refuses; null where it is ENABLED and does not. */
export const causeOfVersionState = (state: 'ENABLED' | KeyLossState): UnavailabilityCause | null =>
  state === 'ENABLED' ? null : CAUSE_OF_VERSION_STATE[state];
