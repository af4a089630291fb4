/**
 * What an entry of the timeline is about: keys, services, and how it stands to other entries.
 *
 * Tables in the form of code: one line a kind, and a kind that is left out does not compile.
 */
import type { Happening, Plan } from '../model/plan.ts';
import { unreachable } from '../units/check.ts';
import type { KeyId, ServiceId } from '../units/ids.ts';

/** The keys an entry is about. */
export function keysOf(plan: Plan, what: Happening): readonly KeyId[] {
  switch (what.kind) {
    case 'ekmUnreachable':
      return what.keys;
    case 'quotaLimit':
      return plan.keys.flatMap((key, id) => (key.pool === what.pool ? [id as KeyId] : []));
    case 'keyState':
    case 'keyVersionState':
    case 'keyRotation':
    case 'keyAccess':
    case 'kmsLatency':
      return [what.key];
    case 'deploy':
    case 'scaling':
    case 'traffic':
    case 'trafficShift':
    case 'instanceCrash':
    case 'instanceRestart':
    case 'regionLost':
      return [];
    default:
      return unreachable(what);
  }
}

/** The services an entry is about: named, or using its keys. */
export function servicesOf(plan: Plan, what: Happening, keys: readonly KeyId[]): readonly ServiceId[] {
  switch (what.kind) {
    case 'keyAccess':
    case 'deploy':
    case 'scaling':
    case 'traffic':
    case 'instanceCrash':
    case 'instanceRestart':
      return [what.service];
    case 'regionLost':
      return what.services;
    case 'trafficShift':
      return [what.from, what.to];
    default: {
      const using = plan.revisions.filter(({ key, imageRepository }) =>
        [key, imageRepository?.key ?? null].some((one) => one !== null && keys.includes(one)),
      );
      return [...new Set(using.map((revision) => revision.service))].sort((a, b) => a - b);
    }
  }
}

/** Whether an entry would put back what an earlier one took away; whether it does, the key knows. */
export function undoes(what: Happening, earlier: Happening): boolean {
  if (what.kind === 'keyState' && what.state === 'ENABLED') {
    return (
      (earlier.kind === 'keyState' || earlier.kind === 'keyVersionState') &&
      earlier.key === what.key &&
      earlier.state !== 'ENABLED'
    );
  }
  if (what.kind === 'keyVersionState' && what.state === 'ENABLED') {
    return (
      earlier.kind === 'keyVersionState' &&
      earlier.key === what.key &&
      earlier.version === what.version &&
      earlier.state !== 'ENABLED'
    );
  }
  if (what.kind === 'keyAccess' && what.granted) {
    return (
      earlier.kind === 'keyAccess' &&
      earlier.key === what.key &&
      earlier.service === what.service &&
      !earlier.granted
    );
  }
  return false;
}

/** Whether two entries set the same thing: then what is seen from the later one on is not the earlier one's. */
export function touchesTheSame(what: Happening, earlier: Happening): boolean {
  switch (what.kind) {
    case 'ekmUnreachable':
      return earlier.kind === what.kind && what.keys.some((key) => earlier.keys.includes(key));
    case 'quotaLimit':
      return earlier.kind === what.kind && earlier.pool === what.pool;
    case 'keyState':
      return (earlier.kind === what.kind || earlier.kind === 'keyVersionState') && earlier.key === what.key;
    case 'keyVersionState':
      return earlier.kind === 'keyVersionState'
        ? earlier.key === what.key && earlier.version === what.version
        : earlier.kind === 'keyState' && earlier.key === what.key;
    case 'keyAccess':
      return earlier.kind === what.kind && earlier.key === what.key && earlier.service === what.service;
    case 'keyRotation':
    case 'kmsLatency':
      return earlier.kind === what.kind && earlier.key === what.key;
    case 'regionLost':
      return earlier.kind === what.kind && earlier.location === what.location;
    case 'scaling':
    case 'instanceCrash':
    case 'instanceRestart':
      return earlier.kind === what.kind && earlier.service === what.service;
    case 'deploy':
    case 'traffic':
      return (earlier.kind === 'deploy' || earlier.kind === 'traffic') && earlier.service === what.service;
    case 'trafficShift':
      return earlier.kind === what.kind && earlier.from === what.from;
    default:
      return unreachable(what);
  }
}

/** Whether what happens can cost instances, or keep them from starting; `pools`: the limits before it. */
export function takesAway(what: Happening, pools: readonly { readonly perMinute: number }[]): boolean {
  switch (what.kind) {
    case 'ekmUnreachable':
    case 'instanceCrash':
    case 'instanceRestart':
    case 'regionLost':
      return true;
    case 'quotaLimit':
      return what.perMinute < pools[what.pool].perMinute;
    case 'keyState':
    case 'keyVersionState':
      return what.state !== 'ENABLED';
    case 'keyAccess':
      return !what.granted;
    case 'kmsLatency':
      return what.factor > 1;
    case 'keyRotation':
    case 'deploy':
    case 'scaling':
    case 'traffic':
    case 'trafficShift':
      return false;
    default:
      return unreachable(what);
  }
}
