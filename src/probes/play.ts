/**
 * Plays a plan once: the world acts, watchers watch, and what they saw is the result.
 *
 * A pure function of plan and replication number (and of this version): no clock, no file, no chance of its own.
 * `onProgress` is told how far simulated time has come and changes nothing.
 */
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import { World } from '../model/world.ts';
import { check } from '../units/check.ts';
import { inSeconds, type Instant } from '../units/time.ts';
import { percentileCautions } from './cautions.ts';
import { decryptsBracket } from './decrypts-bracket.ts';
import { judgeObjectives } from './objectives.ts';
import { otherPolicy } from './other-policy.ts';
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
  return {
    ...results,
    summary: {
      ...results.summary,
      other_policy: otherPolicy(plan, results.summary, again),
      decrypts_bracket: decryptsBracket(plan, results.summary, again),
    },
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
