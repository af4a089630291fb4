/**
 * What a run made of one quota pool, read off its summary: for questions asked after the run, such as whether another
 * rule or another number of calls could have changed it.
 */
import type { Plan } from '../model/plan.ts';
import { quotaOf, type ProtectionLevel } from '../rules/protection-levels.ts';
import type { KmsSummary, Summary } from './results.ts';

/** The rows of the summary whose calls are charged to this limit: EXTERNAL and EXTERNAL_VPC share one. */
export function rowsOf(limit: Plan['quotas']['limits'][number], { kms }: Summary): readonly KmsSummary[] {
  return kms.filter(
    ({ project_id, location, protection_level }) =>
      project_id === limit.project &&
      location === limit.location &&
      quotaOf(protection_level as ProtectionLevel) === limit.protectionLevel,
  );
}

/** Calls per minute: the lowest that a limit is in the course of a run. */
export const lowestLimit = (plan: Plan, pool: number): number =>
  plan.timeline.reduce(
    (lowest, { what }) =>
      what.kind === 'quotaLimit' && what.pool === pool ? Math.min(lowest, what.perMinute) : lowest,
    plan.quotas.limits[pool].perMinute,
  );

/** An objective as it comes out when the run is repeated under another supposition. */
export const verdictsOf = (
  objectives: Summary['objectives'],
): NonNullable<Summary['other_policy']>['objectives'] =>
  objectives.map(({ expect, service, during, value, verdict }) => ({
    expect,
    service,
    during,
    value,
    verdict,
  }));
