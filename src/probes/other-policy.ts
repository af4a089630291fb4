/**
 * Whether a verdict hangs on which of two quota policies holds.
 *
 * Both are in the documentation, so where the other one could change what was decided the run is repeated under it,
 * and the objectives that come out otherwise are told. Where no limit was reached nothing is repeated.
 */
import type { Plan } from '../model/plan.ts';
import { quotaPolicyRow, type QuotaPolicy } from '../rules/quota-policies.ts';
import { lowestLimit, rowsOf, verdictsOf } from './pool-use.ts';
import type { Summary } from './results.ts';

/** `again` plays a changed plan with the same luck. Null where every verdict is the same. */
export function otherPolicy(
  plan: Plan,
  summary: Summary,
  again: (changed: Plan) => Summary,
): Summary['other_policy'] {
  const other = underOtherPolicy(plan);
  if (!couldMatter(plan, other, summary)) return null;
  const { objectives } = again(other);
  const changed = objectives.filter(({ verdict }, at) => verdict !== summary.objectives[at].verdict);
  return changed.length === 0 ? null : { policy: other.quotas.policy, objectives: verdictsOf(changed) };
}

/** Where a limit states its enforcement, it keeps it. */
function underOtherPolicy(plan: Plan): Plan {
  const policy: QuotaPolicy = plan.quotas.policy === 'hard-per-second' ? 'soft-2026' : 'hard-per-second';
  const limits = plan.quotas.limits.map((limit) => {
    const { enforcement, protectionLevel } = limit;
    const usual = quotaPolicyRow(plan.quotas.policy, protectionLevel).enforcement;
    return enforcement === usual
      ? { ...limit, enforcement: quotaPolicyRow(policy, protectionLevel).enforcement }
      : limit;
  });
  return { ...plan, quotas: { policy, limits } };
}

/**
 * Calls were denied, or would have been had the limit been held. An operation that takes several tokens takes them under
 * one policy only, so then any use of a quota may matter.
 */
function couldMatter(plan: Plan, other: Plan, summary: Summary): boolean {
  const { encryptTokens, decryptTokens, quotaAdjuster } = plan.assumptions;
  const weighs = encryptTokens !== 1 || decryptTokens !== 1;
  return plan.quotas.limits.some(
    (limit, pool) =>
      (weighs || limit.enforcement !== other.quotas.limits[pool].enforcement) &&
      rowsOf(limit, summary).some(
        ({ exceeded, peak_per_second }) =>
          (exceeded as number) > 0 ||
          (peak_per_second as number) * 60 > lowestLimit(plan, pool) ||
          ((weighs || quotaAdjuster) && (peak_per_second as number) > 0),
      ),
  );
}
