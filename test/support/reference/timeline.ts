/**
 * What happens to the world from outside.
 */
import type { TimelinePlan } from '../../../src/model/plan.ts';
import { OUTSIDE } from './agenda.ts';
import { aim } from './autoscaler.ts';
import type { Starts } from './cold-start.ts';
import { moveTo } from './instances.ts';
import { accessOf, isLater, outageBegins } from './kms.ts';
import { readyOf, type Order, type Outage, type Town, type Turn } from './town.ts';

export function layOut(town: Town, starts: Starts): void {
  for (const entry of town.plan.timeline) {
    if (entry.repeat !== null || entry.at < 0)
      throw new Error('the reference knows neither repeat nor the past');
    order(town, entry);
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
  const turn = turnOf(town, entry);
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
    case 'keyState':
    case 'keyVersionState': {
      const { orders, laidOver } = town.keys[what.key];
      if (forGood) orders.find((each) => each.turn[1] === turn[1])!.hasArrived = true;
      else laidOver.set(entry, { ...orderOf(what, turn), hasArrived: true });
      return () => void laidOver.delete(entry);
    }
    case 'keyRotation':
      town.keys[what.key].versions.push(turn);
      return () => {};
    case 'keyAccess': {
      const { name } = town.keys[what.key].plan;
      const access = accessOf(town.services[what.service], name);
      if (!forGood) access.over.set(entry, what.granted);
      else if (isLater(turn, access.asked)) {
        access.granted = what.granted;
        access.asked = turn;
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

const turnOf = (town: Town, entry: TimelinePlan): Turn => [entry.at, town.plan.timeline.indexOf(entry)];

/** A state is set for good: Cloud KMS hears of it when it is asked for, whenever it arrives. */
function order(town: Town, entry: TimelinePlan): void {
  const { what, until } = entry;
  if (until !== Infinity || (what.kind !== 'keyState' && what.kind !== 'keyVersionState')) return;
  town.keys[what.key].orders.push(orderOf(what, turnOf(town, entry)));
}

const orderOf = (
  what: Extract<TimelinePlan['what'], { kind: 'keyState' | 'keyVersionState' }>,
  turn: Turn,
): Order => ({
  turn,
  version: what.kind === 'keyVersionState' ? what.version : null,
  state: what.state,
  hasArrived: false,
});
