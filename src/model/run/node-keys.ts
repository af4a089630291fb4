/**
 * Data keys that a node still has: where a start on the same node decrypted one a short while ago, the next one
 * need not ask Cloud KMS for it again.
 *
 * No page says that there is such a cache; it is off unless a scenario states it. Instances of a revision are taken to
 * be put on nodes one after another, so many to a node.
 */
import type { Instant } from '../../units/time.ts';
import type { Instance } from './instances.ts';
import type { Revision } from './revision.ts';

export class NodeKeys {
  /** Until when a node has a revision's data key, by `revision/node`. */
  private readonly until = new Map<string, number>();

  has(revision: Revision, instance: Instance, now: Instant): boolean {
    const { dataKeyCache } = revision.plan.startup;
    if (dataKeyCache === null) return false;
    return (this.until.get(placeOf(instance, dataKeyCache.instancesPerNode)) ?? 0) > now;
  }

  remember(revision: Revision, instance: Instance, now: Instant): void {
    const { dataKeyCache } = revision.plan.startup;
    if (dataKeyCache === null) return;
    this.until.set(placeOf(instance, dataKeyCache.instancesPerNode), now + dataKeyCache.ttl);
  }
}

const placeOf = ({ revision, number }: Instance, perNode: number): string =>
  `${revision}/${Math.floor((number - 1) / perNode)}`;
