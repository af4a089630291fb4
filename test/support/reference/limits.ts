/**
 * How many instances there may be, and how many there have to be: what the service says (the timeline may lay other
 * counts over it) and what the revision says.
 */
import { liveOf, readyOf, sumOver, type Revision, type Service } from './town.ts';

type Count = 'min' | 'max' | 'manual';

function countOf(service: Service, which: Count): number | null {
  const laid = [...service.scalingForGood, ...service.scaling].findLast((counts) => counts[which] !== null);
  if (laid !== undefined) return laid[which];
  if (which === 'min') return service.plan.minInstanceCount;
  return which === 'max' ? service.plan.maxInstanceCount : service.plan.manualInstanceCount;
}

/** Instances that are kept whatever the traffic. One revision has all of the traffic. */
export function minimumOf(revision: Revision): number {
  if (revision.service.plan.autoscaler === 'manual') return countOf(revision.service, 'manual') ?? 0;
  return Math.max(countOf(revision.service, 'min') ?? 0, revision.plan.minInstanceCount);
}

const maximumOfService = (service: Service): number => countOf(service, 'max') ?? Infinity;

export const maximumOf = (revision: Revision): number =>
  revision.service.plan.autoscaler === 'manual'
    ? Infinity
    : Math.min(revision.plan.maxInstanceCount, maximumOfService(revision.service));

/** How many more may be started. Under manual scaling the maximum does not apply. */
export const roomOf = (revision: Revision): number =>
  revision.service.plan.autoscaler === 'manual'
    ? Infinity
    : Math.max(
        0,
        Math.min(
          revision.plan.maxInstanceCount - liveOf(revision),
          maximumOfService(revision.service) - sumOver(revision.service, liveOf),
        ),
      );

/** Whether as many are ready as there may be; under manual scaling, as many as there are to be. */
export function isAtMaximum(revision: Revision): boolean {
  const { service } = revision;
  if (service.plan.autoscaler === 'manual') return readyOf(revision).length >= minimumOf(revision);
  return (
    readyOf(revision).length >= revision.plan.maxInstanceCount ||
    sumOver(service, (each) => readyOf(each).length) >= maximumOfService(service)
  );
}
