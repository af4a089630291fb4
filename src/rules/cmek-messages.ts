/**
 * What Cloud Run writes to a service's log when a key call fails: the five messages of the page's table "Error
 * messages", word for word, in its order, `%s` being the place of the argument.
 *
 * The last one says "CMEK Key:" with a capital K; that is how it is logged, and a log filter depends on it. What
 * an external key manager has to say is passed through to the log unchanged.
 */
import type { UnavailabilityCause } from './key-unavailability.ts';
import { CMEK_PAGE, section } from './sources.ts';

const TABLE = section(CMEK_PAGE, 'Error messages');

// prettier-ignore
export const CMEK_MESSAGES = [
  { cause: 'key-access-revoked', message: "User's service account does not have CMEK decrypter permission. Service account: %s", argument: 'service-agent', remedy: 'Allow the service to access the key.', source: TABLE },
  { cause: 'quota-exceeded', message: "User's KMS operation quota has been exceeded. CMEK key: %s", argument: 'key', remedy: 'Request more KMS quota.', source: TABLE },
  { cause: 'key-disabled', message: "User's CMEK key has been disabled. CMEK key: %s", argument: 'key', remedy: 'Change the CMEK key of the service and redeploy the service.', source: TABLE },
  { cause: 'key-destroyed', message: "User's CMEK key has been destroyed. CMEK key: %s", argument: 'key', remedy: 'Change the CMEK key of the service and redeploy the service.', source: TABLE },
  { cause: 'key-scheduled-for-deletion', message: "User's CMEK key has been scheduled for deletion. CMEK Key: %s", argument: 'key', remedy: 'Change the CMEK key of the service and redeploy the service.', source: TABLE },
] as const satisfies readonly {
  readonly cause: UnavailabilityCause;
  readonly message: string;
  readonly argument: 'service-agent' | 'key';
  readonly remedy: string;
  readonly source: string;
}[];

type Row = (typeof CMEK_MESSAGES)[number];
/** The causes that Cloud Run words itself. The others are worded by the external key manager. */
export type CmekMessageCause = Row['cause'];

const byCause: ReadonlyMap<UnavailabilityCause, Row> = new Map(CMEK_MESSAGES.map((row) => [row.cause, row]));

/**
 * The log text for a cause. `argument` is what stands for `%s`: the service agent's e-mail where access is
 * missing, the full key name otherwise. For `ekm-unreachable` and `ekm-not-retryable` it is the message of the
 * external key manager, and is returned as it is.
 */
export function messageFor(cause: UnavailabilityCause, argument: string): string {
  const row = byCause.get(cause);
  if (row === undefined) return argument;
  // The argument is put in by position, not by String.replace, which would read a `$` in it as a pattern.
  const at = row.message.indexOf('%s');
  return row.message.slice(0, at) + argument + row.message.slice(at + 2);
}

/** What the page advises; null for what an external key manager reports. */
export const remedyFor = (cause: UnavailabilityCause): string | null => byCause.get(cause)?.remedy ?? null;

/** What stands for `%s`: the service agent or the key; null where there is no such message. */
export const argumentOf = (cause: UnavailabilityCause): Row['argument'] | null =>
  byCause.get(cause)?.argument ?? null;
