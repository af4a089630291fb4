/** What Cloud KMS answers a call of the scenario that was denied for quota, with the limit that is in force. */
import type { Plan } from '../model/plan.ts';
import type { KeyCallRecord, WorldView } from '../model/probe.ts';
import { quotaExceededError, type QuotaExceededStatus } from '../rules/quota-policies.ts';

/** Null for a call that was not denied for quota. */
export function quotaError(plan: Plan, view: WorldView, call: KeyCallRecord): QuotaExceededStatus | null {
  if (call.outcome !== 'exceeded' || call.pool === null) return null;
  const limit = plan.quotas.limits[call.pool];
  // A scenario gives numbers of the projects of its services; the key's project may be another.
  const service = plan.services.find((each) => each.project === limit.project);
  return quotaExceededError({
    policy: plan.quotas.policy,
    level: limit.protectionLevel,
    project: limit.project,
    projectNumber: service?.projectNumber ?? null,
    location: limit.location,
    perMinute: view.pools[call.pool].perMinute,
  });
}
