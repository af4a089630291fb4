/**
 * The protection levels of a key: who answers its calls, and which Cloud KMS quota they use up.
 *
 * A key's level is chosen when the key is made and never changes. Calls on software keys use no quota; calls on
 * hardware and on external keys count against the quota of the project that holds the key, whichever project the
 * service runs in. EXTERNAL and EXTERNAL_VPC draw from one quota.
 */
import { defaultAssumptions, type AssumptionValues, type LognormalParameters } from './assumptions.ts';
import { CMEK_PAGE, EKM_PAGE, section } from './sources.ts';

const PAGE = section(CMEK_PAGE, 'Cloud KMS quotas and Cloud Run');

// prettier-ignore
export const PROTECTION_LEVELS = [
  { level: 'SOFTWARE', name: 'software key', answeredBy: 'Cloud KMS', quota: null, chargedTo: null, latency: 'kmsLatencySoftware', text: 'Key calls use no Cloud KMS quota.', source: PAGE },
  { level: 'HSM', name: 'hardware key, Cloud HSM key', answeredBy: 'Cloud HSM', quota: 'HSM', chargedTo: 'key-project', latency: 'kmsLatencyHsm', text: 'Encrypt and decrypt operations count against the Cloud HSM quota of the project that holds the key.', source: PAGE },
  { level: 'EXTERNAL', name: 'external key over the internet, Cloud EKM key', answeredBy: 'external key manager', quota: 'EXTERNAL', chargedTo: 'key-project', latency: 'kmsLatencyExternal', text: 'Encrypt and decrypt operations call the external key manager over the internet and count against the Cloud EKM quota of the project that holds the key.', source: `${PAGE}; ${EKM_PAGE}` },
  { level: 'EXTERNAL_VPC', name: 'external key through a VPC, Cloud EKM key', answeredBy: 'external key manager', quota: 'EXTERNAL', chargedTo: 'key-project', latency: 'kmsLatencyExternalVpc', text: 'Encrypt and decrypt operations call the external key manager through a VPC and count against the Cloud EKM quota of the project that holds the key, the same as EXTERNAL.', source: `${PAGE}; ${EKM_PAGE}` },
] as const satisfies readonly {
  readonly level: string;
  readonly name: string;
  readonly answeredBy: 'Cloud KMS' | 'Cloud HSM' | 'external key manager';
  readonly quota: 'HSM' | 'EXTERNAL' | null;
  readonly chargedTo: 'key-project' | null;
  readonly latency: keyof AssumptionValues;
  readonly text: string;
  readonly source: string;
}[];

type Row = (typeof PROTECTION_LEVELS)[number];
export type ProtectionLevel = Row['level'];
/** The levels that a quota is held for. */
export type QuotaLevel = NonNullable<Row['quota']>;

/** In the table's order. */
export const PROTECTION_LEVEL_IDS: readonly ProtectionLevel[] = PROTECTION_LEVELS.map((row) => row.level);

const byLevel: ReadonlyMap<ProtectionLevel, Row> = new Map(PROTECTION_LEVELS.map((row) => [row.level, row]));

export const isProtectionLevel = (text: string): text is ProtectionLevel =>
  byLevel.has(text as ProtectionLevel);

/** The quota that calls on such a key use up; null for none. */
export const quotaOf = (level: ProtectionLevel): QuotaLevel | null => byLevel.get(level)!.quota;

/** Whether such a key's calls depend on an external key manager. */
export const isExternal = (level: ProtectionLevel): boolean =>
  byLevel.get(level)!.answeredBy === 'external key manager';

/** How long a key call takes (no page gives a figure): a lognormal time, ns. */
export const latencyOf = (
  level: ProtectionLevel,
  assumptions: AssumptionValues = defaultAssumptions(),
): LognormalParameters => assumptions[byLevel.get(level)!.latency];
