/**
 * What the books look at: a world, small enough to be looked at between any two events, with what tests may read and
 * no part of the model may change. A broken rule throws its number and what was found.
 */
import type { World } from '../../../src/model/world.ts';
import type { Instances } from '../../../src/model/run/instances.ts';
import type { Revision } from '../../../src/model/run/revision.ts';

export type SmallWorld = Pick<
  World,
  'now' | 'plan' | 'requests' | 'revisions' | 'services' | 'keys' | 'pools' | 'events'
>;

/** The table of instances, which a revision's fleet keeps to itself. */
export const instancesOf = (revision: Revision): Instances =>
  (revision.fleet as unknown as { readonly instances: Instances }).instances;

/** A rule of the audit that does not hold. */
export class BrokenRule extends Error {
  override readonly name = 'BrokenRule';
}

export function broken(rule: string, what: string): never {
  throw new BrokenRule(`${rule}: ${what}`);
}
