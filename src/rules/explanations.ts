/**
 * Every rule of this floor as a short text with its source, for `cmeksim explain NAME`.
 *
 * Built from the tables, so that what is explained is what is simulated: nothing is typed a second time. A name
 * may lead to several explanations (`quota-exceeded` is a cause, a message and what it does to a deployment);
 * `kind` tells them apart.
 */
import { KEY_VERSION_STATES } from './key-version-states.ts';
import type { Duration } from '../units/time.ts';
import { ASSUMPTIONS, assumptionText, durationText } from './assumptions.ts';
import { CLOUD_RUN_AUTOSCALER, INSTANCE_RULES } from './autoscaling.ts';
import {
  CLOUD_RUN_LIMITS,
  HTTP_OUTCOMES,
  START_REASONS,
  STARTUP_CPU_BOOST,
  STARTUP_CPU_BOOST_TAIL,
} from './cloud-run-limits.ts';
import { CMEK_MESSAGES } from './cmek-messages.ts';
import { COLD_START_STEPS } from './cold-start-steps.ts';
import { DEPLOYMENT_FACTS, DEPLOYMENT_RULES } from './deployment-rules.ts';
import { DEFAULT_EKM_ERROR, EKM_CALL_FACTS, EKM_ERROR_DOMAINS } from './ekm-errors.ts';
import {
  KEY_UNAVAILABILITY,
  UNAVAILABILITY_CAUSES,
  type KeyUnavailabilityRow,
} from './key-unavailability.ts';
import { KEY_USES, REPOSITORY_KEY_USES } from './key-uses.ts';
import { KNATIVE_ANNOTATIONS, KNATIVE_FIELDS } from './knative-annotations.ts';
import { LEFT_OUT } from './left-out.ts';
import { PRICES } from './prices.ts';
import { PROTECTION_LEVELS } from './protection-levels.ts';
import { DEFAULT_QUOTA_POLICY, QUOTA_FACTS, QUOTA_POLICIES } from './quota-policies.ts';
import { NAME_RULES } from './resource-names.ts';
import { DEFAULT_REVOCATION_ACTION, REVOCATION_ACTIONS } from './revocation-actions.ts';
import { assumed, section, CPU_PAGE } from './sources.ts';

export interface Explanation {
  readonly kind: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly text: string;
  readonly source: string;
}

const STARTS = {
  refused: 'New instances do not start.',
  held: 'New instances wait and try their key call again.',
} as const satisfies Record<KeyUnavailabilityRow['starts'], string>;

const RUNNING = {
  'by-revocation-action': 'Running instances: as the revocation action says.',
  kept: 'Running instances are kept.',
  'shut-down-after-waiting': 'Running instances are shut down after a waiting period (ekmWaitingPeriod).',
  unaffected: 'Running instances are not affected.',
} as const satisfies Record<KeyUnavailabilityRow['running'], string>;

const explain = (
  kind: string,
  name: string,
  aliases: readonly string[],
  text: string,
  source: string,
): Explanation => ({ kind, name, aliases, text, source });

/** In the order of the floor's main tables first. */
export const EXPLANATIONS: readonly Explanation[] = [
  ...KEY_UNAVAILABILITY.map((row) =>
    explain(
      'key unavailability',
      row.row,
      UNAVAILABILITY_CAUSES.filter((cause) => cause.row === row.row).map((cause) => cause.cause),
      `${row.text} ${STARTS[row.starts]} ${RUNNING[row.running]}`,
      row.source,
    ),
  ),
  ...UNAVAILABILITY_CAUSES.map((row) =>
    explain('cause', row.cause, [], `${row.means}. Row: ${row.row}. Status: ${row.code}.`, row.source),
  ),
  ...REVOCATION_ACTIONS.map((row) =>
    explain(
      'revocation action',
      row.action,
      [row.spelling, row.label, 'encryptionKeyRevocationAction'],
      row.action === DEFAULT_REVOCATION_ACTION ? `${row.text} The default.` : row.text,
      row.source,
    ),
  ),
  ...KEY_USES.map((row) =>
    explain(
      'audit reason',
      row.use,
      [row.reason],
      `"${row.reason}" ${row.method}. Written ${row.written}.`,
      row.source,
    ),
  ),
  ...REPOSITORY_KEY_USES.map((row) =>
    explain(
      'Artifact Registry key call',
      row.use,
      [row.reason, 'imageRepository'],
      `${row.method} with the key of the repository (imageRepository), by the Artifact Registry service agent, ${row.written}. "${row.reason}"`,
      row.source,
    ),
  ),
  ...CMEK_MESSAGES.map((row) =>
    explain(
      'message',
      row.message,
      [row.cause, row.message.slice(0, row.message.indexOf('. '))],
      `Cause: ${row.cause}. ${row.remedy}`,
      row.source,
    ),
  ),
  ...PROTECTION_LEVELS.map((row) =>
    explain(
      'protection level',
      row.level,
      [row.name],
      `Answered by ${row.answeredBy}. ${row.text}`,
      row.source,
    ),
  ),
  ...QUOTA_POLICIES.map((row) =>
    explain(
      'quota policy',
      `${row.policy} ${row.level}`,
      [row.policy, row.metric, row.limitId],
      `${row.level} keys: ${row.enforcement} limit per ${row.heldPer}; metric ${row.metric}.` +
        (row.policy === DEFAULT_QUOTA_POLICY ? ' The default policy.' : ''),
      row.source,
    ),
  ),
  ...QUOTA_FACTS.map((row) => explain('quota', row.fact, row.aliases, row.text, row.source)),
  ...EKM_CALL_FACTS.map((row) =>
    explain('external key manager', row.fact, row.aliases, row.text, row.source),
  ),
  ...EKM_ERROR_DOMAINS.map((row) =>
    explain(
      'external key manager error',
      row.domain,
      [],
      `${row.message} ${row.retryable ? 'Can be retried' : 'Cannot be retried'} (${row.class}). Status: ${row.code}.` +
        (row.disablesKeyVersion
          ? ' Cloud EKM also disables the key version where the key itself is denied (disablesKeyVersion).'
          : '') +
        (row.domain === DEFAULT_EKM_ERROR.retryable ? ' The default of a retryable outage.' : '') +
        (row.domain === DEFAULT_EKM_ERROR.notRetryable
          ? ' The default of an outage that is not retryable.'
          : ''),
      row.source,
    ),
  ),
  ...COLD_START_STEPS.map((row, index) =>
    explain(
      'cold-start step',
      row.step,
      [row.setting, row.setting.slice(row.setting.indexOf('.') + 1)],
      `Step ${index + 1} of a cold start. ${row.text}` + (row.keyUse === null ? '' : ' Calls Cloud KMS.'),
      row.source,
    ),
  ),
  ...DEPLOYMENT_RULES.map((row) =>
    explain('deployment', `deployment ${row.cause}`, [row.cause, 'deploy'], row.text, row.source),
  ),
  ...DEPLOYMENT_FACTS.map((row) => explain('deployment', row.fact, ['deploy'], row.text, row.source)),
  ...HTTP_OUTCOMES.map((row) =>
    explain(
      'HTTP outcome',
      row.outcome,
      [String(row.code)],
      `${row.code}: "${row.message}" When ${row.when}.`,
      row.source,
    ),
  ),
  ...START_REASONS.map((row) => explain('start reason', row.reason, [], row.sentence, row.source)),
  ...CLOUD_RUN_LIMITS.map((row) => {
    const words = (value: number): string =>
      row.unit === 'ns' ? durationText(value as Duration) : `${value} ${row.unit}`;
    const range = row.max === null ? `at least ${words(row.min)}` : `${words(row.min)} to ${words(row.max)}`;
    return explain('limit', row.name, [], `${row.text} Default ${words(row.default)}, ${range}.`, row.source);
  }),
  explain(
    'limit',
    'startupCpuBoost',
    ['startup-cpu-boost'],
    `vCPU during the start and ${durationText(STARTUP_CPU_BOOST_TAIL)} longer: ${STARTUP_CPU_BOOST.map((row) => `${row.cpu} becomes ${row.boosted}`).join(', ')}.`,
    section(CPU_PAGE, 'Startup CPU boost'),
  ),
  ...CLOUD_RUN_AUTOSCALER.map((row) =>
    explain('autoscaler', `cloud-run ${row.name}`, [row.name, 'cloud-run'], row.text, row.source),
  ),
  ...INSTANCE_RULES.map((row) => explain('instances', row.rule, row.aliases, row.text, row.source)),
  ...LEFT_OUT.map((row) =>
    explain('not simulated', row.name, row.aliases, `Not simulated. ${row.why}`, row.source),
  ),
  ...KEY_VERSION_STATES.map((row) => explain('key version state', row.state, [], row.text, row.source)),
  ...NAME_RULES.map((row) => explain('name', row.rule, [], row.text, row.source)),
  ...PRICES.map((row) =>
    explain('price', row.price, [], `${row.text} USD ${row.amount} per ${row.per} ${row.unit}.`, row.source),
  ),
  ...[...KNATIVE_ANNOTATIONS, ...KNATIVE_FIELDS].map((row) =>
    explain(
      'manifest',
      row.name,
      [row.name.slice(row.name.lastIndexOf('/') + 1)],
      `Of the ${row.where}. Values: ${row.values}. ` +
        (row.simulated === 'yes'
          ? `In a scenario: ${row.scenario}.`
          : row.simulated === 'no'
            ? 'Not simulated.'
            : 'Has no effect on scaling or keys.'),
      row.source,
    ),
  ),
  ...ASSUMPTIONS.map((row) =>
    explain(
      'assumption',
      row.name,
      [],
      `${assumptionText(row.name, row.value)}. ${row.why}`,
      assumed('see the text'),
    ),
  ),
];

/**
 * The explanations of a name, whatever its capitals: those it is the name or an alias of; if there are none, those
 * whose name contains it. Empty if there are none either.
 */
export function explanationsOf(name: string): readonly Explanation[] {
  const wanted = name.trim().toLowerCase();
  if (wanted === '') return [];
  const exact = EXPLANATIONS.filter(
    (each) =>
      each.name.toLowerCase() === wanted || each.aliases.some((alias) => alias.toLowerCase() === wanted),
  );
  return exact.length > 0 ? exact : EXPLANATIONS.filter((each) => each.name.toLowerCase().includes(wanted));
}
