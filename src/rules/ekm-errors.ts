/**
 * How a call to an external key manager fails: the error domains of the Cloud EKM error reference, row for row.
 *
 * Nearly every such failure is FAILED_PRECONDITION, so the status does not tell whether trying again can help;
 * the error domain does (`violation[1].type` of the PreconditionFailure). Cloud Run's page distinguishes key
 * requests that can be retried from those that cannot without defining the two; this table is used for it.
 * Whether a failure is told promptly or found out by waiting is assumed: no page says.
 */
import { assumed, EKM_ERRORS, EKM_MONITORING } from './sources.ts';
import type { StatusCode } from './status-codes.ts';

const SOURCE = `${EKM_ERRORS}; ${assumed('the wording of the message; that only a silent network is found out by waiting')}`;

// prettier-ignore
export const EKM_ERROR_DOMAINS = [
  { domain: 'EXTERNAL_RESOURCE_EXHAUSTED', class: 'retriable', retryable: true, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The external key manager is out of a resource that the request needs.', source: SOURCE },
  { domain: 'UNREACHABLE_NETWORK', class: 'retriable', retryable: true, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'after-timeout', message: 'The external key manager could not be reached over the network.', source: SOURCE },
  { domain: 'OVERLOADED_EKM', class: 'retriable', retryable: true, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The external key manager is overloaded.', source: SOURCE },
  { domain: 'TIMEOUT', class: 'retriable', retryable: true, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'after-timeout', message: 'The external key manager did not answer in time.', source: SOURCE },
  { domain: 'REQUEST_CANCELLED', class: 'retriable', retryable: true, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The request to the external key manager was cancelled.', source: SOURCE },
  { domain: 'EXTERNAL_PERMISSION_DENIED', class: 'input', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: true, answers: 'promptly', message: 'The external key manager denied permission to use the key.', source: SOURCE },
  { domain: 'EXTERNAL_NOT_FOUND', class: 'input', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The external key manager does not know the key.', source: SOURCE },
  { domain: 'EXTERNAL_KEY_URI_INVALID', class: 'input', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The key URI is not valid for the external key manager.', source: SOURCE },
  { domain: 'EXTERNAL_KEY_HOST_NOT_WHITELISTED', class: 'input', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The host of the key URI is not an allowed external key manager.', source: SOURCE },
  { domain: 'DNS', class: 'input', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The host name of the external key manager could not be resolved.', source: SOURCE },
  { domain: 'TLS_CERT', class: 'ekm-system', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The TLS certificate of the external key manager is not valid.', source: SOURCE },
  { domain: 'UNEXPECTED_RESPONSE', class: 'ekm-system', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The external key manager gave a response that could not be understood.', source: SOURCE },
  { domain: 'EXTERNAL_SERVER_ERROR', class: 'ekm-system', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The external key manager reported an internal error.', source: SOURCE },
  { domain: 'EXTERNAL_NOT_IMPLEMENTED', class: 'ekm-system', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The external key manager does not implement the operation.', source: SOURCE },
  { domain: 'UNEXPECTED_ERROR', class: 'ekm-system', retryable: false, code: 'FAILED_PRECONDITION', disablesKeyVersion: false, answers: 'promptly', message: 'The call to the external key manager failed unexpectedly.', source: SOURCE },
  { domain: 'DECRYPTION_FAILED', class: 'ekm-system', retryable: false, code: 'INVALID_ARGUMENT', disablesKeyVersion: false, answers: 'promptly', message: 'The external key manager could not decrypt the ciphertext.', source: SOURCE },
] as const satisfies readonly {
  readonly domain: string;
  readonly class: 'retriable' | 'input' | 'ekm-system';
  readonly retryable: boolean;
  readonly code: StatusCode;
  /** Whether Cloud EKM also disables the key version (where the key itself is what permission is missing for). */
  readonly disablesKeyVersion: boolean;
  readonly answers: 'promptly' | 'after-timeout';
  /** As the external key manager words it. */
  readonly message: string;
  readonly source: string;
}[];

/** What holds of every call to an external key manager, for `explain`. */
// prettier-ignore
export const EKM_CALL_FACTS = [
  { fact: 'attempts at an external key manager', aliases: ['final', 'attempt'], text: 'One Cloud KMS call may make several attempts at the external key manager (ekmAttempts), one right after the other while the error can be retried; each may take ekmAttemptTimeout, all together ekmTotalTimeout. An attempt that takes longer fails with TIMEOUT. The call is one operation and takes quota once.', source: `${EKM_MONITORING}; ${assumed('how many attempts there are, that no delay is between them, and how long each may take')}` },
  { fact: 'distance of an external key manager', aliases: ['roundTripTime', 'distance'], text: 'ekmConnections[].roundTripTime is added to every attempt, so a key whose location is far away is slower and nearer to the time-out.', source: `${EKM_ERRORS}: place the key near the external key manager if calls time out` },
  { fact: 'denied key', aliases: ['disablesKeyVersion'], text: 'With EXTERNAL_PERMISSION_DENIED Cloud EKM disables the key version only where permission for the key itself is missing. disablesKeyVersion: false says that it is missing for something else: calls succeed again as soon as it is granted.', source: EKM_ERRORS },
] as const satisfies readonly {
  readonly fact: string;
  readonly aliases: readonly string[];
  readonly text: string;
  readonly source: string;
}[];

type Row = (typeof EKM_ERROR_DOMAINS)[number];
export type EkmErrorDomain = Row['domain'];
/** Of which kind an error is: it passes, or the key's settings are wrong, or the external system is at fault. */
export type EkmErrorClass = Row['class'];

/** In the table's order. */
export const EKM_ERROR_DOMAIN_IDS: readonly EkmErrorDomain[] = EKM_ERROR_DOMAINS.map((row) => row.domain);

/** What an outage is taken for where only its retryability is stated. */
export const DEFAULT_EKM_ERROR = {
  retryable: 'UNREACHABLE_NETWORK',
  notRetryable: 'TLS_CERT',
} as const satisfies Record<string, EkmErrorDomain>;

const byDomain: ReadonlyMap<EkmErrorDomain, Row> = new Map(EKM_ERROR_DOMAINS.map((row) => [row.domain, row]));

export const isEkmErrorDomain = (text: string): text is EkmErrorDomain =>
  byDomain.has(text as EkmErrorDomain);

/** The row of a domain. */
export const ekmError = (domain: EkmErrorDomain): Row => byDomain.get(domain)!;

/** The domain an outage has where a scenario says only whether it can be retried. */
export const defaultEkmError = (retryable: boolean): EkmErrorDomain =>
  retryable ? DEFAULT_EKM_ERROR.retryable : DEFAULT_EKM_ERROR.notRetryable;

/** The text that is passed through to the service's log. */
export const ekmMessage = (domain: EkmErrorDomain): string => `${domain}: ${byDomain.get(domain)!.message}`;
