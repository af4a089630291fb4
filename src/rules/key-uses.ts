/**
 * What a key is used for: by Cloud Run, the five reasons of the page's table "Audit logs", word for word, in its
 * order; and by Artifact Registry, where the repository of the image has a key of its own.
 *
 * Cloud Run hands its reason to Cloud KMS with every call, and the audit log shows it as caller-provided context,
 * so these sentences are what an operator greps for. They are never composed: the text in the table is the text
 * in the log.
 */
import { ARTIFACT_REGISTRY_AGENT, assumed, CMEK_PAGE, section } from './sources.ts';

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

/**
 * What Artifact Registry uses the key of a repository for. The page says that uploads and downloads use up quota; the
 * sentences are this program's own, and tell the two apart in `kms-operations.csv` and in the audit log.
 */
const REPOSITORY = `${section(CMEK_PAGE, 'Cloud KMS quotas and Cloud Run')}; ${ARTIFACT_REGISTRY_AGENT}`;
const REPOSITORY_WORDS = assumed('the words of the reason, and how many calls an image takes');

// prettier-ignore
export const REPOSITORY_KEY_USES = [
  { use: 'image-upload', reason: 'Artifact Registry: encrypting an image that is uploaded to a repository with a customer-managed encryption key.', method: 'Encrypt', during: 'deployment', written: 'when an image is uploaded before a deployment', source: `${REPOSITORY}; ${REPOSITORY_WORDS}` },
  { use: 'image-download', reason: 'Artifact Registry: decrypting an image that is downloaded from a repository with a customer-managed encryption key.', method: 'Decrypt', during: 'deployment or start', written: 'when an image is downloaded, at a deployment or at each start', source: `${REPOSITORY}; ${REPOSITORY_WORDS}` },
] as const satisfies readonly {
  readonly use: string;
  readonly reason: string;
  readonly method: 'Encrypt' | 'Decrypt';
  readonly during: 'deployment' | 'deployment or start';
  readonly written: string;
  readonly source: string;
}[];

type Row = (typeof KEY_USES)[number] | (typeof REPOSITORY_KEY_USES)[number];
export type KeyUse = Row['use'];
export type KeyMethod = Row['method'];

/** Cloud Run's, in the page's order. */
export const KEY_USE_IDS: readonly KeyUse[] = KEY_USES.map((row) => row.use);

/** Cloud Run's and then Artifact Registry's, for tables that list one line per use. */
export const ALL_KEY_USE_IDS: readonly KeyUse[] = [
  ...KEY_USE_IDS,
  ...REPOSITORY_KEY_USES.map((row) => row.use),
];

const byUse: ReadonlyMap<KeyUse, Row> = new Map(
  [...KEY_USES, ...REPOSITORY_KEY_USES].map((row) => [row.use, row]),
);

/** The sentence the audit log shows as caller-provided context. */
export const reasonOf = (use: KeyUse): string => byUse.get(use)!.reason;

/** Whether Artifact Registry calls, for the repository of an image, and not Cloud Run. */
export const isRepositoryUse = (use: KeyUse): boolean => use === 'image-upload' || use === 'image-download';

/** The Cloud KMS method that is called. */
export const methodOf = (use: KeyUse): KeyMethod => byUse.get(use)!.method;
