/**
 * What Cloud Run uses a key for: the five reasons of the page's table "Audit logs", word for word, in its order.
 *
 * Cloud Run hands its reason to Cloud KMS with every call, and the audit log shows it as caller-provided context,
 * so these sentences are what an operator greps for. They are never composed: the text in the table is the text
 * in the log.
 */
import { CMEK_PAGE, section } from './sources.ts';

const TABLE = section(CMEK_PAGE, 'Audit logs');

// prettier-ignore
export const KEY_USES = [
  { use: 'layer-decrypt', reason: 'Decrypting CMEK-encrypted layer during container clone start.', method: 'Decrypt', during: 'start', written: 'whenever a new instance starts', source: TABLE },
  { use: 'data-key-encrypt', reason: 'Encrypting a newly created data-encryption-key w/ the customer-managed-encryption-key.', method: 'Encrypt', during: 'deployment', written: 'during the deployment of a service with CMEK, whose data key is wrapped by the KMS key', source: TABLE },
  { use: 'data-key-decrypt', reason: 'Decrypting an existing encrypted data-encryption-key, under the same customer-managed-encryption-key, to be used to encrypt container contents.', method: 'Decrypt', during: 'start', written: 'when a new instance starts that needs the image decrypted', source: TABLE },
  { use: 'check-encrypt', reason: 'Performing an encrypt operation on dummy data to check the customer-managed-encryption-key status and access.', method: 'Encrypt', during: 'check', written: 'when the key is validated, which happens periodically', source: TABLE },
  { use: 'check-decrypt', reason: 'Performing a decrypt operation on dummy data to check the customer-managed-encryption-key status and access.', method: 'Decrypt', during: 'check', written: 'when the key is validated, which happens periodically', source: TABLE },
] as const satisfies readonly {
  readonly use: string;
  readonly reason: string;
  readonly method: 'Encrypt' | 'Decrypt';
  readonly during: 'start' | 'deployment' | 'check';
  readonly written: string;
  readonly source: string;
}[];

type Row = (typeof KEY_USES)[number];
export type KeyUse = Row['use'];
export type KeyMethod = Row['method'];

/** In the page's order. */
export const KEY_USE_IDS: readonly KeyUse[] = KEY_USES.map((row) => row.use);

const byUse: ReadonlyMap<KeyUse, Row> = new Map(KEY_USES.map((row) => [row.use, row]));

/** The sentence the audit log shows as caller-provided context. */
export const reasonOf = (use: KeyUse): string => byUse.get(use)!.reason;

/** The Cloud KMS method that is called. */
export const methodOf = (use: KeyUse): KeyMethod => byUse.get(use)!.method;
