/**
 * Instances: how they come into being, change their state and leave.
 *
 * What is shut down gets ten seconds for its requests; what crashes has none.
 */
import { DECIDING, ENDING } from './agenda.ts';
import { allowedBy } from './back-off.ts';
import { lengthFrom } from './chance.ts';
import { minimumOf } from './limits.ts';
import { nameOf, readyOf, type Instance, type Request, type Revision, type Town } from './town.ts';

const GRACE = 10e9;

export function create(town: Town, revision: Revision): Instance {
  const trial = revision.backOff.state === 'trying';
  const instance: Instance = {
    revision,
    number: ++revision.started,
    startedAt: town.now,
    trial,
    afterWait: revision.backOff.waits,
    stage: 'starting',
    requests: [],
    everServed: false,
    core: false,
    timed: false,
    loadedSince: 0,
    idleSince: town.now,
    idleTimeout: 0,
    ownTime: 0,
    hasItsKey: false,
    owner: null,
  };
  if (trial && allowedBy(revision) === 1) revision.backOff.trial = instance;
  revision.instances.push(instance);
  return instance;
}

/** Writes down in which of the counted states it is now. */
export function show(town: Town, instance: Instance): void {
  const state =
    instance.stage !== 'ready' ? instance.stage : instance.requests.length > 0 ? 'active' : 'idle';
  town.diary.is(town.now, nameOf(instance), state);
}

export function moveTo(town: Town, instance: Instance, stage: Instance['stage']): void {
  instance.stage = stage;
  instance.loadedSince = town.turn();
  if (stage === 'gone') {
    const { revision } = instance;
    revision.instances = revision.instances.filter((other) => other !== instance);
  }
  regroup(town, instance.revision);
  show(town, instance);
}

/** It has no request from now on. */
export function idles(town: Town, instance: Instance): void {
  const { service } = instance.revision;
  instance.idleSince = town.now;
  instance.idleTimeout =
    service.plan.autoscaler === 'manual'
      ? 0
      : lengthFrom(service.plan.idleTimeout, () => town.dice('idle-timeout', service.plan.name));
  if (isNotNeeded(instance)) time(town, instance);
}

/** Beyond the oldest that are wanted; where each request may have its own, beyond the minimum in number. */
function isNotNeeded(instance: Instance): boolean {
  const { revision } = instance;
  if (revision.service.plan.autoscaler === 'per-request') {
    return readyOf(revision).length > minimumOf(revision);
  }
  return !instance.core;
}

/** It may leave when it has idled for long enough. */
function time(town: Town, instance: Instance): void {
  if (instance.timed) return;
  instance.timed = true;
  const over = Math.max(town.now, instance.idleSince + instance.idleTimeout);
  town.agenda.plan(over, DECIDING, () => {
    instance.timed = false;
    if (instance.stage !== 'ready' || instance.requests.length > 0 || !isNotNeeded(instance)) return;
    if (instance.idleSince + instance.idleTimeout > town.now) time(town, instance);
    else if (!isKept(town, instance.revision)) moveTo(town, instance, 'gone');
  });
}

/** The autoscaler has looked, or nobody is kept any more: idle ones that are not needed are given their time. */
export function lookForIdle(town: Town, revision: Revision): void {
  for (const instance of readyOf(revision)) {
    if (instance.requests.length === 0 && isNotNeeded(instance)) time(town, instance);
  }
}

/** Nobody on this key is shut down, but for those who know that they have lost it. */
const isKept = (town: Town, revision: Revision): boolean =>
  town.defect !== 'nobody is kept while a call is retried' &&
  revision.key !== null &&
  revision.key.retrying &&
  revision.lost === null;

/** The oldest that are wanted, as they are after each change of either. Whoever changes the group is the last of it. */
export function regroup(town: Town, revision: Revision): void {
  readyOf(revision).forEach((instance, place) => {
    const core = revision.service.plan.autoscaler !== 'per-request' && place < revision.desired;
    if (instance.core === core) return;
    instance.core = core;
    instance.loadedSince = town.turn();
  });
}

/** SIGTERM, and ten seconds. */
export function shutDown(town: Town, instance: Instance, cutOff: (request: Request) => void): void {
  if (instance.requests.length === 0) {
    moveTo(town, instance, 'gone');
    return;
  }
  moveTo(town, instance, 'draining');
  town.agenda.plan(town.now + GRACE, ENDING, () => {
    if (instance.stage !== 'draining') return;
    const unfinished = instance.requests;
    instance.requests = [];
    moveTo(town, instance, 'gone');
    unfinished.forEach(cutOff);
  });
}
