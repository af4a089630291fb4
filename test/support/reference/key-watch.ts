/**
 * What Cloud Run knows of a key, learnt from key calls only, and what follows for running instances: the table
 * "Autoscaling behavior affected by CMEK" of the Cloud Run page.
 */
import { DECIDING } from './agenda.ts';
import { lookForIdle, moveTo, shutDown } from './instances.ts';
import {
  nameOf,
  readyOf,
  startingOf,
  type Instance,
  type Key,
  type Request,
  type Revision,
  type Town,
} from './town.ts';
import type { Answer, Call } from './kms.ts';
import { startBrokenOff } from './back-off.ts';

export interface Consequences {
  /** A request in flight that was cut off with its instance. */
  cutOff(request: Request): void;
  /** A start that was refused or broken off. */
  cameToNothing(instance: Instance): void;
}

/** `made`: when the call was made, which is what its answer tells of. */
export function learn(town: Town, call: Call, answer: Answer, made: number, then: Consequences): void {
  const { key } = call;
  switch (answer) {
    case 'quota-exceeded':
      return;
    case 'ok':
      succeeded(town, call, made);
      return;
    case 'ekm-unreachable':
      key.retrying = true;
      return;
    case 'ekm-not-retryable': {
      // Who gets a definitive answer does not retry: nobody is kept for it any more. What is overdue for all comes
      // before single instances go for being idle.
      const kept = key.retrying;
      key.retrying = false;
      if (key.waiting === null) startWaiting(town, key, answer, then);
      else if (key.waiting.isOver) evictAll(town, key, answer, then);
      if (kept) lookAtIdle(town, key);
      return;
    }
    default:
      lost(town, call, answer, made, then);
  }
}

/**
 * Whom a loss concerns: that access is gone all revisions of the service on the key, that a version is gone all
 * revisions that need it.
 */
const concerned = (town: Town, { revision, key, version }: Call, cause: string): readonly Revision[] =>
  town.revisions.filter(
    (each) =>
      each.key === key &&
      (cause === 'key-access-revoked' ? each.service === revision.service : each.keyVersion === version),
  );

/** Whatever is known to be wrong is not: clocks stop, and whoever was kept may go. */
function succeeded(town: Town, call: Call, made: number): void {
  const { key } = call;
  for (const each of town.revisions) {
    const { lost } = each;
    if (lost === null || !concerned(town, call, lost.cause).includes(each)) continue;
    // A call that was made before the one that failed says nothing about what came after.
    if (made < lost.made) continue;
    if (lost.end !== null) lost.end.called = 'off';
    each.lost = null;
  }
  if (key.waiting !== null) {
    if (key.waiting.end !== null && town.defect !== 'a success stops no clock')
      key.waiting.end.called = 'off';
    key.waiting = null;
  }
  release(town, key);
}

function release(town: Town, key: Key): void {
  if (!key.retrying) return;
  key.retrying = false;
  lookAtIdle(town, key);
}

function lookAtIdle(town: Town, key: Key): void {
  for (const each of town.revisions) if (each.key === key) lookForIdle(town, each);
}

function startWaiting(town: Town, key: Key, cause: string, then: Consequences): void {
  const waiting: Key['waiting'] = { isOver: false, end: null };
  key.waiting = waiting;
  waiting.end = town.agenda.plan(town.now + town.plan.assumptions.ekmWaitingPeriod, DECIDING, () => {
    waiting.isOver = true;
    evictAll(town, key, cause, then);
  });
}

/** All but those that are kept because calls are being repeated; who has lost the key is not. */
function evictAll(town: Town, key: Key, cause: string, then: Consequences): void {
  for (const revision of town.revisions) {
    if (revision.key !== key || (key.retrying && revision.lost === null)) continue;
    evict(town, revision, cause, then);
  }
}

/** Lost: what runs stays or is shut down, now or later, as the action of each revision says. */
function lost(town: Town, call: Call, cause: string, made: number, then: Consequences): void {
  // What was found out first is what instances are shut down for.
  const whom = concerned(town, call, cause);
  const news = whom.filter((revision) => revision.lost === null);
  for (const revision of whom) {
    const isNews = revision.lost === null;
    const loss = (revision.lost ??= { cause, made, end: null, wasDue: false });
    if (revision.plan.revocationAction !== 'SHUTDOWN' || (!isNews && !loss.wasDue)) continue;
    // Shutting down is a decision, and comes after what else this instant brings. Who has come past it is shut down when
    // the loss shows again.
    const due = town.now + (isNews ? (revision.plan.shutdownDuration ?? 0) : 0);
    loss.end ??= town.agenda.plan(due, DECIDING, () => {
      loss.wasDue = true;
      loss.end = null;
      evict(town, revision, loss.cause, then);
    });
  }
  // Who has lost the key is not kept any more by calls that others repeat.
  if (call.key.retrying) news.forEach((revision) => lookForIdle(town, revision));
}

/** Ready instances get SIGTERM, and starts that have their key already are broken off. */
function evict(town: Town, revision: Revision, cause: string, then: Consequences): void {
  const ready = readyOf(revision);
  const starts = startingOf(revision).filter(
    ({ hasItsKey }) => hasItsKey && town.defect !== 'starts with their key are not broken off',
  );
  if (ready.length + starts.length === 0) return;
  town.tell(`${revision.plan.name} evicts ${ready.length + starts.length}: ${cause}`);
  for (const instance of ready) shutDown(town, instance, (request) => then.cutOff(request));
  for (const instance of starts) {
    town.tell(`${nameOf(instance)} evicted`);
    moveTo(town, instance, 'gone');
    startBrokenOff(instance);
    then.cameToNothing(instance);
  }
}
