/**
 * How Cloud KMS holds callers to their quota: two sets of rules, each a word in a scenario.
 *
 * `hard-per-second` is what the Cloud Run page describes: a call above the quota is denied with
 * RESOURCE_EXHAUSTED. The console shows calls per minute, the quota is enforced every second. `soft-2026` is the
 * regime announced for 2026-02-16: it counts tokens, of which an operation may take several; hardware keys are served
 * above their quota of a minute while Cloud KMS has capacity, external keys are still denied, second by second. Pages of one date contradict each other on which one is live, so both are here,
 * the stricter is the default, and every output names the one that was used.
 *
 * A limit belongs to a project (the key's), a location and a level (HSM or EXTERNAL).
 */
import { MINUTE, SECOND, type Duration } from '../units/time.ts';
import { defaultAssumptions, type AssumptionValues } from './assumptions.ts';
import type { KeyMethod } from './key-uses.ts';
import type { QuotaLevel } from './protection-levels.ts';
import { assumed, KMS_QUOTAS, QUOTA_ADJUSTER } from './sources.ts';
import { statusNumber } from './status-codes.ts';

// prettier-ignore
export const QUOTA_POLICIES = [
  { policy: 'hard-per-second', level: 'HSM', enforcement: 'hard', heldPer: 'second', defaultLimit: 'hsmLimitPerMinute', metric: 'cloudkms.googleapis.com/hsm_symmetric_requests', metricName: 'HSM symmetric cryptographic requests per region', limitId: 'HsmSymmetricRequestsPerMinutePerProjectPerRegion', limitName: 'HSM symmetric cryptographic requests per minute per region', source: `${KMS_QUOTAS}; ${assumed('the name and the id of the limit')}` },
  { policy: 'hard-per-second', level: 'EXTERNAL', enforcement: 'hard', heldPer: 'second', defaultLimit: 'externalLimitPerMinute', metric: 'cloudkms.googleapis.com/external_kms_requests', metricName: 'External KMS cryptographic requests per region', limitId: 'ExternalKmsRequestsPerMinutePerProjectPerRegion', limitName: 'External KMS cryptographic requests per minute per region', source: `${KMS_QUOTAS}; ${assumed('the name of the metric, the name and the id of the limit')}` },
  { policy: 'soft-2026', level: 'HSM', enforcement: 'soft', heldPer: 'minute', defaultLimit: 'hsmLimitPerMinute', metric: 'cloudkms.googleapis.com/hsm_usage', metricName: 'HSM usage', limitId: 'HsmTokensUsagePerMinutePerProjectPerRegion', limitName: 'HSM tokens usage per minute per project per region', source: `${KMS_QUOTAS}; ${assumed('the display names; one token an operation unless stated')}` },
  { policy: 'soft-2026', level: 'EXTERNAL', enforcement: 'hard', heldPer: 'second', defaultLimit: 'externalLimitPerMinute', metric: 'cloudkms.googleapis.com/external_kms_usage', metricName: 'External KMS usage', limitId: 'ExternalTokensUsagePerMinutePerProjectPerRegion', limitName: 'External tokens usage per minute per project per region', source: `${KMS_QUOTAS}; ${assumed('the display names; held per second; one token an operation unless stated')}` },
] as const satisfies readonly {
  readonly policy: string;
  readonly level: QuotaLevel;
  /** hard: a call above the limit is denied. soft: it is served, unless Cloud KMS is overloaded. */
  readonly enforcement: 'hard' | 'soft';
  readonly heldPer: 'second' | 'minute';
  readonly defaultLimit: keyof AssumptionValues;
  readonly metric: string;
  readonly metricName: string;
  readonly limitId: string;
  readonly limitName: string;
  readonly source: string;
}[];

export type QuotaPolicyRow = (typeof QUOTA_POLICIES)[number];
export type QuotaPolicy = QuotaPolicyRow['policy'];
export type QuotaEnforcement = QuotaPolicyRow['enforcement'];

export const DEFAULT_QUOTA_POLICY: QuotaPolicy = 'hard-per-second';

export const QUOTA_POLICY_IDS: readonly QuotaPolicy[] = ['hard-per-second', 'soft-2026'];

/** The row that holds for a level under a policy. */
export const quotaPolicyRow = (policy: QuotaPolicy, level: QuotaLevel): QuotaPolicyRow =>
  QUOTA_POLICIES.find((row) => row.policy === policy && row.level === level)!;

/** What else holds of quotas, for `explain`. */
// prettier-ignore
export const QUOTA_FACTS = [
  { fact: 'soft enforcement', aliases: ['soft', 'overloaded'], text: 'A call is above a soft quota if it and what was served in the last 60 s, others included, are more than the limit. It is served all the same, unless Cloud KMS is overloaded: with the probability systemOverloadProbability, drawn once a call, it is denied.', source: `${KMS_QUOTAS}; ${assumed('the sliding minute and the probability')}` },
  { fact: 'tokens', aliases: ['token', 'TPM'], text: 'Under soft-2026 a quota is counted in tokens: encryptTokens and decryptTokens say how many an operation takes, and usage, peaks and limits are in that unit. Calls of others take one each. Under hard-per-second every call is one request.', source: `${KMS_QUOTAS}; ${assumed('that an operation takes 1 token')}` },
  { fact: 'quota adjuster', aliases: ['quota-adjuster'], text: 'Where it is enabled (assumption quotaAdjuster), it requests more when in each minute of quotaAdjusterPeriod usage was at least quotaAdjusterShare of the limit; quotaAdjusterDelay later the limit is quotaAdjusterFactor times as high. It never lowers one, and begins anew when somebody else sets the limit.', source: `${QUOTA_ADJUSTER}; ${assumed('how near, how long, how soon, and that every request is granted')}` },
] as const satisfies readonly {
  readonly fact: string;
  readonly aliases: readonly string[];
  readonly text: string;
  readonly source: string;
}[];

/** Calls per minute of a pool that no limit is stated for. */
export const defaultLimitPerMinute = (
  policy: QuotaPolicy,
  level: QuotaLevel,
  assumptions: AssumptionValues = defaultAssumptions(),
): number => assumptions[quotaPolicyRow(policy, level).defaultLimit];

/**
 * A limit per minute, held per second: at most `calls` granted calls in any `span`. With Q = limit/60 calls per
 * second that is n = ceil(Q) calls in n/Q seconds, so that a limit below one call a second still lets calls
 * through: 3,000/min is 50 in 1 s, 90/min is 2 in 1.333333333 s, 30/min is 1 in 2 s. A limit of 0 grants nothing.
 */
export function windowOf(perMinute: number): { readonly calls: number; readonly span: Duration } {
  if (!(perMinute > 0)) return { calls: 0, span: SECOND };
  const calls = Math.ceil(perMinute / 60);
  return { calls, span: Math.round((calls * MINUTE) / perMinute) as Duration };
}

/**
 * What a granted operation takes of a quota: one request, or under `soft-2026` so many tokens (no weights are
 * published; see assumptions `encryptTokens` and `decryptTokens`).
 */
export const costOf = (policy: QuotaPolicy, method: KeyMethod, assumptions: AssumptionValues): number =>
  policy === 'hard-per-second' ? 1 : assumptions[method === 'Encrypt' ? 'encryptTokens' : 'decryptTokens'];

/** Whose quota was exceeded. */
export interface ExceededQuota {
  readonly policy: QuotaPolicy;
  readonly level: QuotaLevel;
  /** The key's project: its id, and its number where that is known. */
  readonly project: string;
  readonly projectNumber?: string | null;
  readonly location: string;
  readonly perMinute: number;
}

/** `google.rpc.Status` with an ErrorInfo and a Help, as plain data. */
export interface QuotaExceededStatus {
  readonly code: number;
  readonly status: 'RESOURCE_EXHAUSTED';
  readonly message: string;
  readonly details: readonly [
    {
      readonly '@type': 'type.googleapis.com/google.rpc.ErrorInfo';
      readonly reason: 'RATE_LIMIT_EXCEEDED';
      readonly domain: 'googleapis.com';
      readonly metadata: Readonly<Record<string, string>>;
    },
    {
      readonly '@type': 'type.googleapis.com/google.rpc.Help';
      readonly links: readonly { readonly description: string; readonly url: string }[];
    },
  ];
}

/** Where the error sends its reader. */
const HELP = {
  description: 'Request a higher quota limit.',
  url: 'https://cloud.google.com/docs/quotas/help/request_increase',
} as const;

/**
 * The error of a call that was denied for want of quota, in the shape in which Cloud KMS returns it: the metric and the
 * limit are those of the policy in force (`hsm_usage` and `external_kms_usage` under `soft-2026`).
 */
export function quotaExceededError(exceeded: ExceededQuota): QuotaExceededStatus {
  const row = quotaPolicyRow(exceeded.policy, exceeded.level);
  const number = exceeded.projectNumber ?? null;
  const consumer = number === null ? `projects/${exceeded.project}` : `project_number:${number}`;
  return {
    code: statusNumber('RESOURCE_EXHAUSTED'),
    status: 'RESOURCE_EXHAUSTED',
    message:
      `Quota exceeded for quota metric '${row.metricName}' and limit '${row.limitName}' ` +
      `of service 'cloudkms.googleapis.com' for consumer '${consumer}'.`,
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'RATE_LIMIT_EXCEEDED',
        domain: 'googleapis.com',
        metadata: {
          consumer: `projects/${number ?? exceeded.project}`,
          quota_limit: row.limitId,
          quota_limit_value: String(exceeded.perMinute),
          quota_location: exceeded.location,
          quota_metric: row.metric,
          service: 'cloudkms.googleapis.com',
        },
      },
      { '@type': 'type.googleapis.com/google.rpc.Help', links: [HELP] },
    ],
  };
}
