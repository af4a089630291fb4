/**
 * One cryptographic call: quota, access, state of the version, external key manager, in this order.
 *
 * A denied call is denied at once. Access and state are those of the moment in which the call is made; the external key
 * manager has to be reached from then until the answer comes.
 */
import { EKM_ERROR_DOMAINS } from '../../../src/rules/ekm-errors.ts';
import { ENDING } from './agenda.ts';
import { lengthFrom } from './chance.ts';
import { takeFrom } from './quota.ts';
import {
  type Access,
  type Service,
  nameOf,
  type Instance,
  type Key,
  type Order,
  type Outage,
  type Revision,
  type Town,
  type Turn,
  type VersionState,
} from './town.ts';

export interface Call {
  readonly key: Key;
  readonly version: number;
  readonly use: string;
  readonly revision: Revision;
  readonly instance: Instance | null;
  readonly attempt: number;
}

/** 'ok', 'quota-exceeded', or any other cause. */
export type Answer = string;

const CAUSES: Record<VersionState, Answer> = {
  ENABLED: 'ok',
  DISABLED: 'key-disabled',
  DESTROY_SCHEDULED: 'key-scheduled-for-deletion',
  DESTROYED: 'key-destroyed',
};

const BADNESS: readonly VersionState[] = ['ENABLED', 'DISABLED', 'DESTROY_SCHEDULED', 'DESTROYED'];

/**
 * The state of a version: what was set for good, or, of the states that are laid over it for a while, the worst. Cloud
 * KMS takes or refuses what is asked of it in the order in which it is asked; of what it takes for good, the last that
 * has arrived is what calls meet. What it would not undo is not undone by laying something over it either, whichever of
 * the two was asked for first.
 */
export function stateOf(key: Key, version: number): VersionState {
  const isMeant = ({ turn, version: meant }: Order): boolean =>
    (meant === null || meant === version) && isLater(turn, key.versions[version - 1]);
  const orders = key.orders.filter(isMeant).sort((a, b) => (isLater(a.turn, b.turn) ? 1 : -1));
  const obeyed: Order[] = [];
  for (const order of orders) {
    if (mayFollow(obeyed.at(-1)?.state ?? 'ENABLED', order.state)) obeyed.push(order);
  }
  const met = obeyed.findLast(({ hasArrived }) => hasArrived);
  const laid = [...key.laidOver.values()].filter(isMeant).filter(({ state, turn }) => {
    const before = obeyed.findLast((order) => isLater(turn, order.turn));
    const isOverruled = met !== undefined && isLater(met.turn, turn) && !mayFollow(met.state, state);
    return mayFollow(before?.state ?? 'ENABLED', state) && !isOverruled;
  });
  const states = laid.length > 0 ? laid.map(({ state }) => state) : [met?.state ?? 'ENABLED'];
  return BADNESS[Math.max(...states.map((state) => BADNESS.indexOf(state)))];
}

export const isLater = ([at, place]: Turn, [otherAt, otherPlace]: Turn): boolean =>
  at === otherAt ? place > otherPlace : at > otherAt;

/** Cloud KMS brings back no version that was destroyed, and enables none that is scheduled for it. */
const mayFollow = (from: VersionState, to: VersionState): boolean =>
  (from !== 'DESTROYED' || to === 'DESTROYED') && !(from === 'DESTROY_SCHEDULED' && to === 'ENABLED');

export function accessOf(service: Service, key: string): Access {
  const access = service.access.get(key) ?? {
    granted: true,
    asked: [-Infinity, 0] as const,
    over: new Map<object, boolean>(),
  };
  service.access.set(key, access);
  return access;
}

function mayUse({ service }: Revision, key: Key): boolean {
  const { granted, over } = accessOf(service, key.plan.name);
  return over.size === 0 ? granted : [...over.values()].every((each) => each);
}

const isExternal = (key: Key): boolean => key.plan.protectionLevel.startsWith('EXTERNAL');

/** Makes a call; `then` is told the answer when it comes, and when the call was made. */
export function callKms(town: Town, call: Call, then: (answer: Answer, made: number) => void): void {
  const { key, revision } = call;
  const made = town.now;
  const answer = (text: Answer): void => {
    tellOf(town, call, made, text);
    then(text, made);
  };
  if (key.plan.pool !== null && !takeFrom(town.pools[key.plan.pool], town)) {
    // Told at once, after what was to happen at this instant anyhow.
    town.agenda.plan(made, ENDING, () => answer('quota-exceeded'));
    return;
  }
  const factor = key.latencyFactors.reduce((product, each) => product * each, 1);
  const latency = Math.floor(
    lengthFrom(key.plan.latency, () => town.dice('kms-latency', key.plan.name)) * factor + 0.5,
  );
  const after = (wait: number, what: () => void): void => void town.agenda.plan(made + wait, ENDING, what);

  if (!mayUse(revision, key)) {
    after(latency, () => answer('key-access-revoked'));
    return;
  }
  const state = stateOf(key, call.version);
  if (state !== 'ENABLED') {
    after(latency, () => answer(CAUSES[state]));
    return;
  }
  if (!isExternal(key)) {
    after(latency, () => answer('ok'));
    return;
  }
  const patience = town.plan.assumptions.ekmAttemptTimeout;
  if (latency > patience) {
    // Whatever would be answered then, nobody waits for it.
    after(patience, () => answer('ekm-unreachable'));
    return;
  }
  const fails = (outage: Outage): void => {
    const { answers } = EKM_ERROR_DOMAINS.find(({ domain }) => domain === outage.error)!;
    const told = outage.retryable ? 'ekm-unreachable' : 'ekm-not-retryable';
    const wait = answers === 'promptly' ? latency : patience;
    if (made + wait <= town.now && made < town.now) answer(told);
    else after(wait, () => answer(told));
  };
  if (key.outages.length > 0) {
    fails(key.outages[0]);
    return;
  }
  const outagesBefore = new Set(key.outages);
  const cut = { by: null as Outage | null };
  const watcher = (outage: Outage): void => {
    if (outagesBefore.has(outage)) return;
    if (cut.by === null || outage.place < cut.by.place) cut.by = outage;
  };
  watchersOf(key).add(watcher);
  after(latency, () => {
    watchersOf(key).delete(watcher);
    if (cut.by !== null) fails(cut.by);
    else answer('ok');
  });
}

const underWay = new WeakMap<Key, Set<(outage: Outage) => void>>();

function watchersOf(key: Key): Set<(outage: Outage) => void> {
  const set = underWay.get(key) ?? new Set();
  underWay.set(key, set);
  return set;
}

/** The external key manager is out of reach from now on: calls under way are cut off. */
export function outageBegins(key: Key, outage: Outage): void {
  key.outages.push(outage);
  key.outages.sort((a, b) => a.place - b.place);
  for (const watcher of watchersOf(key)) watcher(outage);
}

function tellOf(town: Town, call: Call, made: number, answer: Answer): void {
  const who = call.instance === null ? call.revision.plan.name : nameOf(call.instance);
  town.tell(`${who} ${call.use} v${call.version} attempt ${call.attempt} made ${made}: ${answer}`);
}
