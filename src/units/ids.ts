/**
 * Names for the things of the simulated world: small whole numbers that index the arrays which hold them, branded
 * so that a key cannot be passed where a service is wanted. Names as the reader knows them (`checkout`,
 * `projects/…/cryptoKeys/checkout`) live in the plan, under these numbers.
 */
declare const brand: unique symbol;
type Id<Name extends string> = number & { readonly [brand]: Name };

/** Index into `Plan.services`. */
export type ServiceId = Id<'service'>;
/** Index into `Plan.revisions`; revisions of all services share one numbering, in order of first mention. */
export type RevisionId = Id<'revision'>;
/** Index into `Plan.keys`. */
export type KeyId = Id<'key'>;
/** Index into `Plan.quotas.limits` (and of the pool it bounds). */
export type PoolId = Id<'pool'>;
/** Index into `Plan.ekmConnections`. */
export type EkmConnectionId = Id<'ekm-connection'>;
/** Index into `Plan.timeline`. */
export type TimelineId = Id<'timeline'>;
/** A live request's row in `Requests`; reused once the request has been answered. */
export type RequestId = Id<'request'>;
/** A live instance's row in `Instances`; reused once the instance is gone. */
export type InstanceId = Id<'instance'>;
