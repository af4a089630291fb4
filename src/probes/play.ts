/**
 * Plays a plan once: the world acts, watchers watch, and what they saw is the result.
 *
 * A pure function of plan and replication number (and of this version): no clock, no file, no chance of its own.
 * `onProgress` is told how far simulated time has come and changes nothing.
 */
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import { World } from '../model/world.ts';
import { quotaOf, type ProtectionLevel } from '../rules/protection-levels.ts';
import { quotaPolicyRow, type QuotaPolicy } from '../rules/quota-policies.ts';
import { check } from '../units/check.ts';
import { inSeconds, type Instant } from '../units/time.ts';
import { percentileCautions } from './cautions.ts';
import { decryptsBracket } from './decrypts-bracket.ts';
import { judgeObjectives } from './objectives.ts';
import type { Results, Summary } from './results.ts';
import { serviceSummary } from './service-summary.ts';
import { isoTime } from './timestamp.ts';
import { VERSION } from './version.ts';
import { Watchers } from './watchers.ts';

export interface PlayOptions {
  /** Told now and then how far simulated time has come. */
  readonly onProgress?: (simulated: Instant) => void;
  /** False: the three logs stay empty, for a replication of which only the summary is wanted. */
  readonly logs?: boolean;
}

/** The results of one replication (1, 2 …). Throws an InvariantViolation if the books do not balance. */
export function play(plan: Plan, replication: number, options: PlayOptions = {}): Results {
  const watchers = new Watchers(plan, options.logs ?? true);
  const world = new World(plan, replication, watchers);
  watchers.watch(world);
  world.run(options.onProgress);
  check(watchers.isComplete, 'a world says when its time is over');
  const results = resultsOf(plan, watchers, world);
  if (options.logs === false || plan.objectives.length === 0) return results;
  const again = (changed: Plan): Summary => play(changed, replication, { logs: false }).summary;
  const other = otherPolicyOf(plan, results.summary);
  return {
    ...results,
    summary: {
      ...results.summary,
      other_policy: other === null ? null : differences(other, results.summary, again(other).objectives),
      decrypts_bracket: decryptsBracket(plan, results.summary, again),
    },
  };
}

/**
 * The plan under the other quota policy, where that could change a verdict: objectives are set, and calls were denied
 * (or would have been, had the limit been held). Null elsewhere. Where a limit states its enforcement, it keeps it.
 * An operation that takes several tokens takes them under one policy only, so then any use of a quota may matter.
 */
function otherPolicyOf(plan: Plan, summary: Summary): Plan | null {
  const policy: QuotaPolicy = plan.quotas.policy === 'hard-per-second' ? 'soft-2026' : 'hard-per-second';
  const limits = plan.quotas.limits.map((limit) => {
    const { enforcement, protectionLevel } = limit;
    const usual = quotaPolicyRow(plan.quotas.policy, protectionLevel).enforcement;
    return enforcement === usual
      ? { ...limit, enforcement: quotaPolicyRow(policy, protectionLevel).enforcement }
      : limit;
  });
  const { encryptTokens, decryptTokens, quotaAdjuster } = plan.assumptions;
  const weighs = encryptTokens !== 1 || decryptTokens !== 1;
  const matters = limits.some(
    (limit, pool) =>
      (weighs || limit.enforcement !== plan.quotas.limits[pool].enforcement) &&
      summary.kms.some(
        ({ project_id, location, protection_level, exceeded, peak_per_second }) =>
          project_id === limit.project &&
          location === limit.location &&
          quotaOf(protection_level as ProtectionLevel) === limit.protectionLevel &&
          ((exceeded as number) > 0 ||
            (peak_per_second as number) * 60 > lowestLimit(plan, pool, limit.perMinute) ||
            ((weighs || quotaAdjuster) && (peak_per_second as number) > 0)),
      ),
  );
  return matters ? { ...plan, quotas: { policy, limits } } : null;
}

/** The lowest that a limit is in the course of a run. */
const lowestLimit = (plan: Plan, pool: number, first: number): number =>
  plan.timeline.reduce(
    (lowest, { what }) =>
      what.kind === 'quotaLimit' && what.pool === pool ? Math.min(lowest, what.perMinute) : lowest,
    first,
  );

function differences(
  other: Plan,
  summary: Summary,
  objectives: Summary['objectives'],
): Summary['other_policy'] {
  const changed = objectives.filter(({ verdict }, at) => verdict !== summary.objectives[at].verdict);
  if (changed.length === 0) return null;
  return {
    policy: other.quotas.policy,
    objectives: changed.map(({ expect, service, during, value, verdict }) => ({
      expect,
      service,
      during,
      value,
      verdict,
    })),
  };
}

/** What watchers saw of a world whose time is over. */
export function resultsOf(plan: Plan, watchers: Watchers, world: WorldView): Results {
  return {
    summary: summaryOf(plan, watchers, world),
    tables: {
      'scale-out.csv': watchers.scaleOut.table,
      'requests.csv': watchers.requests.table,
      'kms-quota.csv': watchers.kms.quotaTable,
      'kms-operations.csv': watchers.kms.operationsTable,
      'cold-starts.csv': watchers.coldStarts.table,
    },
    logs: {
      'service-log.jsonl': watchers.serviceLog.entries,
      'audit-log.jsonl': watchers.auditLog.entries,
      'decisions.jsonl': watchers.decisionLog.entries,
    },
  };
}

function summaryOf(plan: Plan, watchers: Watchers, world: WorldView): Summary {
  const { requests, instances } = watchers;
  const { recoveries } = watchers.faults;
  const kms = watchers.kms.summary;
  const readings = { plan, requests, instances, kms, recoveries };
  const cautions = percentileCautions(readings);
  return {
    tool: { name: 'cmeksim', version: VERSION },
    scenario: {
      name: plan.name,
      description: plan.description,
      hash: plan.hash,
      seed: plan.seed,
      replications: 1,
      quotaPolicy: plan.quotas.policy,
      ...(plan.mode === 'accelerated' ? { mode: plan.mode } : {}),
      duration_s: inSeconds(plan.duration),
      warm_up_s: inSeconds(plan.warmUp),
      sample_interval_s: inSeconds(plan.sampleInterval),
      starts_at: plan.startsAt === null ? null : isoTime(plan.startsAt),
    },
    services: plan.services.map((service, id) =>
      serviceSummary(service, requests.totals[id], instances.services[id]),
    ),
    kms,
    faults: watchers.faults.summary,
    deployments: watchers.deployments.summary,
    cost: watchers.cost.summary,
    objectives: judgeObjectives(readings),
    other_policy: null,
    decrypts_bracket: null,
    ...(cautions.length === 0 ? {} : { cautions }),
    assumptions: plan.assumptionsUsed,
    not_simulated: plan.notSimulated,
    engine: { events: world.events, fingerprint: world.fingerprint },
  };
}
