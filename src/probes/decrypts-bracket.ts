/**
 * How much of a result hangs on a number that nobody publishes: the decrypts of a start.
 *
 * The need for quota is starts times decrypts, so where a quota is nearly used up, twice as many decrypts are half as many
 * starts a second. Where the scenario does not state them, sets objectives, and a quota could run out at the high
 * end of the bracket (assumption `decryptsPerStartBracket`), the run is repeated at both ends, and what the objectives
 * come to there is told beside the verdict. Everywhere else nothing is repeated.
 *
 * Whether a quota could run out is read off the run as played: it did, or its busiest second times the factor by
 * which the calls of a start grow is above the least limit that applied. Decrypts for layers make up the ends; one is
 * for the data key.
 */
import type { Plan, RevisionPlan } from '../model/plan.ts';
import { lowestLimit, rowsOf, verdictsOf } from './pool-use.ts';
import type { DecryptsEnd, Summary } from './results.ts';

/** `again` plays a changed plan with the same luck. */
export function decryptsBracket(
  plan: Plan,
  summary: Summary,
  again: (changed: Plan) => Summary,
): NonNullable<Summary['decrypts_bracket']> | null {
  const assumed = plan.revisions.filter((revision) => isAssumed(plan, revision));
  if (assumed.length === 0) return null;
  const { low, high } = plan.assumptions.decryptsPerStartBracket;
  const [played] = assumed.map(callsOf);
  if (!isNearLimit(plan, summary, assumed, Math.max(high, played) / played)) return null;
  const end = (decrypts: number): DecryptsEnd => {
    const { kms, objectives } = decrypts === played ? summary : again(withDecrypts(plan, decrypts));
    return {
      decrypts_per_start: decrypts,
      kms_exceeded: kms.reduce((sum, { exceeded }) => sum + (exceeded as number), 0),
      objectives: verdictsOf(objectives),
    };
  };
  return { decrypts_per_start: played, low: end(low), high: end(high) };
}

const callsOf = ({ startup }: RevisionPlan): number => startup.layerDecrypts + startup.dataKeyDecrypts;

/** Whether the decrypts of a revision's starts stand nowhere in the scenario. */
function isAssumed({ assumptionsUsed }: Plan, revision: RevisionPlan): boolean {
  if (revision.key === null || revision.startup.decryptsAssumed !== true || callsOf(revision) === 0) {
    return false;
  }
  return !assumptionsUsed.some(
    ({ name, overridden }) => overridden && (name === 'layerDecrypts' || name === 'dataKeyDecrypts'),
  );
}

function withDecrypts(plan: Plan, decrypts: number): Plan {
  const revisions = plan.revisions.map((revision) =>
    isAssumed(plan, revision)
      ? { ...revision, startup: { ...revision.startup, layerDecrypts: decrypts - 1, dataKeyDecrypts: 1 } }
      : revision,
  );
  return { ...plan, revisions };
}

function isNearLimit(
  plan: Plan,
  summary: Summary,
  revisions: readonly RevisionPlan[],
  factor: number,
): boolean {
  const pools = new Set<number | null>(revisions.map(({ key }) => plan.keys[key!].pool));
  return plan.quotas.limits.some(
    (limit, pool) =>
      pools.has(pool) &&
      rowsOf(limit, summary).some(
        ({ exceeded, peak_per_second }) =>
          (exceeded as number) > 0 ||
          (limit.enforcement === 'hard' &&
            (peak_per_second as number) * 60 * factor > lowestLimit(plan, pool)),
      ),
  );
}
