/** Keys, external key managers and quotas of a scenario, resolved; with a limit for every pool that a key needs. */
import type { EkmConnectionPlan, KeyPlan, QuotaLimitPlan, QuotasPlan, RatePoint } from '../model/plan.ts';
import type { AssumptionValues } from '../rules/assumptions.ts';
import {
  isExternal,
  latencyOf,
  quotaOf,
  type ProtectionLevel,
  type QuotaLevel,
} from '../rules/protection-levels.ts';
import { DEFAULT_QUOTA_POLICY, defaultLimitPerMinute, quotaPolicyRow } from '../rules/quota-policies.ts';
import type { QuotaPolicy } from '../rules/quota-policies.ts';
import { parseKeyName } from '../rules/resource-names.ts';
import type { EkmConnectionId, PoolId } from '../units/ids.ts';
import { MINUTE, type Duration } from '../units/time.ts';
import type { Distributions } from './distributions.ts';
import type { Findings, Path } from './findings.ts';
import { ratePoints } from './load-shape.ts';
import { wrong } from './messages.ts';
import { findByName } from './names.ts';
import type { EkmConnectionInput, KeyInput, QuotaLimitInput } from './schema.ts';

/** Reports names that were given before. */
export function checkUnique(
  what: string,
  names: readonly (string | undefined)[],
  pathOf: (index: number) => Path,
  findings: Findings,
): void {
  const seen = new Set<string>();
  names.forEach((name, index) => {
    if (name === undefined) return;
    if (seen.has(name)) findings.add(wrong.duplicateName(what, name), pathOf(index));
    seen.add(name);
  });
}

export function resolveConnections(
  inputs: readonly (EkmConnectionInput | null)[],
  findings: Findings,
  distributions: Distributions,
): EkmConnectionPlan[] {
  checkUnique(
    'connections',
    inputs.map((each) => each?.name),
    (i) => ['ekmConnections', i, 'name'],
    findings,
  );
  return inputs.map((input, i) => ({
    name: input?.name ?? '',
    capacity: input?.capacity ?? null,
    latency:
      input?.latency === undefined
        ? null
        : distributions.resolve(input.latency, ['ekmConnections', i, 'latency']),
    roundTripTime: input?.roundTripTime ?? (0 as Duration),
  }));
}

/** Limits as stated, by pool; see {@link Pools.of} for the others. */
export class Pools {
  readonly policy: QuotaPolicy;
  readonly #limits: QuotaLimitPlan[] = [];
  readonly #assumptions: AssumptionValues;

  constructor(
    policy: QuotaPolicy | undefined,
    inputs: readonly (QuotaLimitInput | null)[],
    assumptions: AssumptionValues,
    end: Duration,
    findings: Findings,
  ) {
    this.policy = policy ?? DEFAULT_QUOTA_POLICY;
    this.#assumptions = assumptions;
    inputs.forEach((input, i) => {
      if (input === null) return;
      const level: QuotaLevel = input.protectionLevel === 'HSM' ? 'HSM' : 'EXTERNAL';
      const same = this.#find(input.project, input.location, level);
      if (same !== undefined)
        findings.add(wrong.duplicateLimit(same.name), ['quotas', 'limits', i, 'protectionLevel']);
      this.#limits.push({
        ...this.#default(input.project, input.location, level),
        ...(input.name === undefined ? {} : { name: input.name }),
        ...(input.limit === undefined ? {} : { perMinute: input.limit }),
        ...(input.otherUsage === undefined ? {} : { otherUsage: usageOf(input.otherUsage, end) }),
        ...(input.window === undefined ? {} : { window: input.window }),
        ...(input.enforcement === undefined ? {} : { enforcement: input.enforcement }),
        stated: input.limit !== undefined,
      });
    });
    checkUnique(
      'limits',
      inputs.map((each) => each?.name),
      (i) => ['quotas', 'limits', i, 'name'],
      findings,
    );
  }

  /** The pool of a key, made with the default limit where none is stated. */
  of(project: string, location: string, level: QuotaLevel): PoolId {
    const found = this.#find(project, location, level);
    if (found !== undefined) return this.#limits.indexOf(found) as PoolId;
    this.#limits.push(this.#default(project, location, level));
    return (this.#limits.length - 1) as PoolId;
  }

  plan(): QuotasPlan {
    return { policy: this.policy, limits: this.#limits };
  }

  #find(project: string, location: string, level: QuotaLevel): QuotaLimitPlan | undefined {
    return this.#limits.find(
      (each) => each.project === project && each.location === location && each.protectionLevel === level,
    );
  }

  #default(project: string, location: string, level: QuotaLevel): QuotaLimitPlan {
    return {
      name: `${project}/${location}/${level}`,
      project,
      location,
      protectionLevel: level,
      perMinute: defaultLimitPerMinute(this.policy, level, this.#assumptions),
      otherUsage: [],
      window: 'sliding',
      enforcement: quotaPolicyRow(this.policy, level).enforcement,
      stated: false,
    };
  }
}

/**
 * Whose default latency a key has that states none: its level's, or, where the latency of its connection is stated
 * and comes on top, that of Cloud KMS alone, which is what a software key takes.
 */
const ownPart = (level: ProtectionLevel, connection: EkmConnectionPlan | null): ProtectionLevel =>
  connection === null || connection.latency === null ? level : 'SOFTWARE';

/** The rate of others' calls as points, none where it is 0 all along. */
function usageOf(given: NonNullable<QuotaLimitInput['otherUsage']>, end: Duration): readonly RatePoint[] {
  if (typeof given !== 'number') return ratePoints(given.startRate, given.stages, end);
  return given === 0 ? [] : ratePoints(given, [], end);
}

export function resolveKeys(
  inputs: readonly (KeyInput | null)[],
  connections: readonly EkmConnectionPlan[],
  pools: Pools,
  assumptions: AssumptionValues,
  findings: Findings,
  distributions: Distributions,
): (KeyPlan | null)[] {
  checkUnique(
    'keys',
    inputs.map((each) => each?.name),
    (i) => ['keys', i, 'name'],
    findings,
  );
  return inputs.map((input, i) => {
    if (input === null) return null;
    const path: Path = ['keys', i];
    const parsed = parseKeyName(input.name);
    if (!parsed.ok) {
      findings.add(wrong.badKeyName(input.name, parsed.reason, parsed.hint), [...path, 'name']);
      return null;
    }
    const { project, location } = parsed.name;
    const level = quotaOf(input.protectionLevel);
    const interval = input.check?.interval ?? assumptions.keyCheckInterval;
    if (interval === 0) findings.add(wrong.periodZero('the interval'), [...path, 'check', 'interval']);
    let connection: EkmConnectionId | null = null;
    if (input.ekmConnection !== undefined) {
      const at = [...path, 'ekmConnection'];
      const found = findByName(
        'connection',
        input.ekmConnection,
        connections.map((each) => each.name),
      );
      if (typeof found !== 'number') findings.add(found, at);
      else connection = found as EkmConnectionId;
      if (!isExternal(input.protectionLevel))
        findings.add(wrong.connectionNotExternal(input.protectionLevel), at);
    }
    return {
      name: input.name,
      project,
      location,
      protectionLevel: input.protectionLevel,
      latency:
        input.latency === undefined
          ? {
              kind: 'lognormal',
              ...latencyOf(
                ownPart(input.protectionLevel, connections[connection ?? -1] ?? null),
                assumptions,
              ),
            }
          : distributions.resolve(input.latency, [...path, 'latency']),
      check: { interval: interval === 0 ? MINUTE : interval, per: input.check?.per ?? 'revision' },
      ekmConnection: connection,
      versions: input.versions ?? 1,
      pool: level === null ? null : pools.of(project, location, level),
    };
  });
}
