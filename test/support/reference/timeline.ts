/**
 * What happens to the world from outside.
 */
import type { TimelinePlan } from '../../../src/model/plan.ts';
import { OUTSIDE } from './agenda.ts';
import { aim } from './autoscaler.ts';
import type { Starts } from './cold-start.ts';
import { moveTo } from './instances.ts';
import { accessOf, mayFollow, outageBegins } from './kms.ts';
import { readyOf, type Key, type Outage, type Town, type VersionState } from './town.ts';

export function layOut(town: Town, starts: Starts): void {
  for (const entry of town.plan.timeline) {
    if (entry.repeat !== null || entry.at < 0)
      throw new Error('the reference knows neither repeat nor the past');
    const begins = entry.at + entry.propagation;
    const ends = entry.until;
    const undo: (() => void)[] = [];
    // What would be undone before it has reached Cloud KMS never takes effect.
    if (ends !== Infinity && endOf(entry) <= begins) continue;
    town.agenda.plan(begins, OUTSIDE, () => void undo.push(act(town, entry, starts)));
    if (ends < town.plan.duration) {
      town.agenda.plan(endOf(entry), OUTSIDE, () => undo.forEach((each) => each()));
    }
  }
}

/** When it is undone: access takes as long to come back as to go. */
const endOf = ({ what, until, propagation }: TimelinePlan): number =>
  what.kind === 'keyAccess' ? until + propagation : until;

/** Does it, and says how it is undone. */
function act(town: Town, entry: TimelinePlan, starts: Starts): () => void {
  const { what } = entry;
  const forGood = entry.until === Infinity;
  switch (what.kind) {
    case 'ekmUnreachable': {
      const outage: Outage = {
        retryable: what.retryable,
        error: what.error,
        place: town.plan.timeline.indexOf(entry),
      };
      const keys = what.keys.map((key) => town.keys[key]);
      for (const key of keys) outageBegins(key, outage);
      return () => {
        for (const key of keys) key.outages.splice(key.outages.indexOf(outage), 1);
      };
    }
    case 'quotaLimit': {
      const pool = town.pools[what.pool];
      if (forGood) {
        pool.perMinute = what.perMinute;
        return () => {};
      }
      const limit = { perMinute: what.perMinute };
      pool.limits.push(limit);
      return () => void pool.limits.splice(pool.limits.indexOf(limit), 1);
    }
    case 'keyState': {
      const key = town.keys[what.key];
      for (let version = 1; version <= key.versions.length; version++) {
        bring(key, version, what.state, entry);
      }
      return () => key.versions.forEach(({ over }) => over.delete(entry));
    }
    case 'keyVersionState': {
      const key = town.keys[what.key];
      bring(key, what.version, what.state, entry);
      return () => key.versions.forEach(({ over }) => over.delete(entry));
    }
    case 'keyRotation':
      town.keys[what.key].versions.push({ state: 'ENABLED', askedAt: -Infinity, over: new Map() });
      return () => {};
    case 'keyAccess': {
      const { name } = town.keys[what.key].plan;
      const access = accessOf(town.services[what.service], name);
      if (!forGood) access.over.set(entry, what.granted);
      else if (entry.at >= access.askedAt) {
        access.granted = what.granted;
        access.askedAt = entry.at;
      }
      return () => void access.over.delete(entry);
    }
    case 'scaling': {
      const service = town.services[what.service];
      const counts = {
        min: what.minInstanceCount,
        max: what.maxInstanceCount,
        manual: what.manualInstanceCount,
      };
      const changed = (): void => service.revisions.forEach((revision) => aim(town, revision, starts));
      (forGood ? service.scalingForGood : service.scaling).push(counts);
      changed();
      return () => {
        service.scaling.splice(service.scaling.indexOf(counts), 1);
        changed();
      };
    }
    case 'instanceCrash': {
      if (what.share !== 1) throw new Error('the reference crashes all or none');
      for (const revision of town.services[what.service].revisions) {
        for (const instance of readyOf(revision)) {
          const { requests } = instance;
          instance.requests = [];
          moveTo(town, instance, 'gone');
          requests.forEach((request) => starts.cutOff(request));
        }
        aim(town, revision, starts);
      }
      return () => {};
    }
    default:
      throw new Error(`the reference does not know ${what.kind}`);
  }
}

/**
 * For good, or laid over what it was. Of two changes for good the one that was asked for later holds, though the other
 * may take longer to reach Cloud KMS.
 */
function bring(key: Key, version: number, state: VersionState, entry: TimelinePlan): void {
  const row = key.versions[version - 1];
  if (entry.until !== Infinity) row.over.set(entry, state);
  else if (mayFollow(row.state, state) && entry.at >= row.askedAt) {
    row.state = state;
    row.askedAt = entry.at;
  }
}
