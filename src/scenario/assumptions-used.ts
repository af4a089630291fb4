/**
 * Which numbers without a source a scenario relied on: for the report, so that nobody takes one for documented.
 *
 * An assumption is listed if the scenario overrides it, or if nothing in the scenario stands in its place and
 * what it is about can happen. One that is about none of the cases below is listed always.
 */
import type { AssumptionNote, Plan } from '../model/plan.ts';
import { ASSUMPTIONS, assumptionText, type AssumptionName } from '../rules/assumptions.ts';
import { isExternal, PROTECTION_LEVELS } from '../rules/protection-levels.ts';
import type { KeyInput, RevisionInput, ServiceInput, TimelineInput } from './schema.ts';

export interface Given {
  readonly services: readonly (ServiceInput | null)[];
  readonly keys: readonly (KeyInput | null)[];
  readonly timeline: readonly (TimelineInput | null)[];
  /** Settings of every revision, inherited ones included. */
  readonly assumptions: Readonly<Record<string, unknown>>;
}

type Facts = Pick<Plan, 'services' | 'revisions' | 'keys' | 'quotas' | 'timeline' | 'assumptions'>;

export function assumptionsUsed(plan: Facts, given: Given): AssumptionNote[] {
  const uses = usesOf(plan, given);
  return ASSUMPTIONS.flatMap((row) => {
    const overridden = given.assumptions[row.name] !== undefined;
    if (!overridden && uses[row.name] === false) return [];
    return [
      {
        name: row.name,
        value: assumptionText(row.name, plan.assumptions[row.name]),
        why: row.why,
        overridden,
      },
    ];
  });
}

function usesOf(plan: Facts, given: Given): Partial<Record<AssumptionName, boolean>> {
  const withKey = plan.revisions.filter((revision) => revision.key !== null);
  const hasKey = withKey.length > 0;
  const repositories = plan.revisions.flatMap(({ imageRepository }) => imageRepository?.key ?? []);
  const used = new Set([...withKey.map((revision) => revision.key!), ...repositories]);
  const services = given.services.filter((each) => each !== null);
  const lacksStep = (step: keyof NonNullable<RevisionInput['startup']>) =>
    services.some((each) => each.startup?.[step] === undefined);
  const external = [...used].some((key) => isExternal(given.keys[key]?.protectionLevel ?? 'SOFTWARE'));
  const charged = [...used].some((key) => plan.keys[key].pool !== null);
  const inTokens = charged && plan.quotas.policy === 'soft-2026';
  const adjusts = charged && plan.assumptions.quotaAdjuster;
  const { ekmAttempts, ekmAttemptTimeout: attemptTimeout, ekmTotalTimeout: totalTimeout } = plan.assumptions;
  const what = plan.timeline.map((entry) => entry.what);
  const outages = what.filter((each) => each.kind === 'ekmUnreachable');
  const scaled = plan.services.some((each) => each.autoscaler === 'cloud-run');
  const changes = given.timeline.filter(
    (each) =>
      each?.propagation === undefined &&
      [each?.keyState, each?.keyVersionState].some((change) => change && change.state !== 'ENABLED'),
  );
  const latency = (name: AssumptionName) =>
    given.keys.some(
      (each, i) =>
        used.has(i as never) &&
        each?.latency === undefined &&
        PROTECTION_LEVELS.find((row) => row.level === each?.protectionLevel)?.latency === name,
    );
  const pool = (level: string) =>
    plan.quotas.limits.some((limit) => !limit.stated && limit.protectionLevel === level);
  return {
    ekmWaitingPeriod: outages.some((each) => !each.retryable),
    keyStatePropagation: changes.length > 0,
    keyAccessPropagation: given.timeline.some(
      (each) => each?.keyAccess !== undefined && each.propagation === undefined,
    ),
    keyCheckInterval: withKey.some(({ key }) => given.keys[key!]?.check?.interval === undefined),
    checkDecryptVersion: hasKey,
    keyRetry: outages.some((each) => each.retryable),
    failedStartBackoff: hasKey,
    ekmAttemptTimeout: external,
    startScheduling: lacksStep('scheduling'),
    startImageImport: lacksStep('imageImport'),
    startContainer: lacksStep('containerStart'),
    layerDecrypts: hasKey && lacksStep('layerDecrypts'),
    dataKeyDecrypts: hasKey && lacksStep('dataKeyDecrypts'),
    decryptsPerStartBracket: false,
    encryptsPerDeploy: what.some(
      (each) => each.kind === 'deploy' && plan.revisions[each.revision].key !== null,
    ),
    requestDuration: services.some((each) => each.requests?.duration === undefined),
    saturatedAtCpu: services.some((each) => each.requests?.cpuTime !== undefined),
    idleTimeout: services.some((each, i) => {
      return each.idleTimeout === undefined && plan.services[i]?.autoscaler !== 'manual';
    }),
    autoscalerInterval: scaled,
    autoscalerTolerance: scaled,
    maxStartsPerSecond: false,
    sessionClients:
      plan.revisions.some((revision) => revision.sessionAffinity) &&
      services.some((each) => each.sessions === undefined),
    concurrencyWindow: scaled,
    kmsLatencySoftware: latency('kmsLatencySoftware'),
    kmsLatencyHsm: latency('kmsLatencyHsm'),
    kmsLatencyExternal: latency('kmsLatencyExternal'),
    kmsLatencyExternalVpc: latency('kmsLatencyExternalVpc'),
    hsmLimitPerMinute: pool('HSM'),
    externalLimitPerMinute: pool('EXTERNAL'),
    ekmTotalTimeout: external && (ekmAttempts > 1 || attemptTimeout > totalTimeout),
    ekmAttempts: external,
    encryptTokens: inTokens,
    decryptTokens: inTokens,
    systemOverloadProbability: charged && plan.quotas.limits.some((limit) => limit.enforcement === 'soft'),
    quotaAdjuster: false,
    quotaAdjusterShare: adjusts,
    quotaAdjusterPeriod: adjusts,
    quotaAdjusterDelay: adjusts,
    quotaAdjusterFactor: adjusts,
  };
}
