/**
 * The reference world: who tells whom, and how time begins.
 *
 * Written from the documents, to be compared with the fast engine event by event; that one was looked at only where the
 * two differed and the documents had to be made to say which is right. What it does not know it refuses.
 */
import type { Plan } from '../../../src/model/plan.ts';
import { ARRIVING } from './agenda.ts';
import { desire, keepLooking, mayStart, startForPending, startMissing, startOne } from './autoscaler.ts';
import { lengthFrom } from './chance.ts';
import { checkPeriodically } from './checks.ts';
import type { Starts } from './cold-start.ts';
import type { Line } from './diary.ts';
import { answer, arrive, place, serveWaiting, type Demand } from './front-door.ts';
import { create, idles, moveTo } from './instances.ts';
import { minimumOf, roomOf } from './limits.ts';
import { layOut } from './timeline.ts';
import { Town, type Defect, type Request, type Revision, type Service } from './town.ts';

/** What happens in a plan, line by line. `defect`: a rule is broken on purpose, to see whether anybody notices. */
export function playReference(
  plan: Plan,
  replication: number,
  defect: Defect | null = null,
): readonly Line[] {
  const town = new Town(plan, replication, defect);
  const demand: Demand = {
    unplaced: (request) => {
      if (request.service.plan.autoscaler === 'per-request') startOwn(request);
      else startForPending(town, request.revision, starts);
    },
    answered: (request, code) => askAgain(town, request, code, demand),
  };
  const starts: Starts = {
    ready: (instance) => {
      const { owner } = instance;
      if (owner !== null && !owner.answered) {
        owner.own = null;
        place(town, owner, instance, demand);
      }
      serveWaiting(town, instance, demand);
    },
    cameToNothing: ({ owner, revision }) => {
      if (owner !== null && !owner.answered) answer(town, owner, 500, 'could-not-start', demand);
      startForPending(town, revision, starts);
    },
    cutOff: (request) => {
      if (!request.answered) answer(town, request, 503, 'instance-gone', demand);
    },
    lookAgain: (revision) => startMissing(town, revision, starts),
  };
  /** A request for which nobody has room starts an instance of its own, or is told at once that it cannot. */
  const startOwn = (request: Request): void => {
    const { revision } = request;
    if (roomOf(revision) === 0) {
      answer(town, request, 429, 'no-available-instance-at-maximum', demand);
    } else if (!mayStart(revision)) {
      answer(town, request, 500, 'could-not-start', demand);
    } else {
      request.own = startOne(town, revision, starts);
      request.own.owner = request;
    }
  };

  for (const revision of town.revisions) if (revision.plan.initial) initialInstances(town, revision);
  layOut(town, starts);
  for (const revision of town.revisions) {
    keepLooking(town, revision, starts);
    checkPeriodically(town, revision, starts);
  }
  for (const service of town.services) requestsOf(town, service, demand);
  town.agenda.runUntil(plan.duration);
  return town.diary.lines;
}

/** Ready at time 0. */
function initialInstances(town: Town, revision: Revision): void {
  desire(town, revision, minimumOf(revision));
  const count = revision.service.plan.initialInstanceCount ?? minimumOf(revision);
  for (let i = 0; i < count; i++) {
    const instance = create(town, revision);
    instance.hasItsKey = true;
    moveTo(town, instance, 'ready');
    idles(town, instance);
  }
}

/** Each arrival is planned when the one before it has come. */
function requestsOf(town: Town, service: Service, demand: Demand): void {
  const { arrivals } = service.plan.load;
  if (arrivals.kind !== 'trace') {
    if (service.plan.load.rate.some(({ perSecond }) => perSecond > 0))
      throw new Error('the reference knows traces only');
    return;
  }
  const patience = service.plan.clients?.timeout ?? null;
  const next = (row: number): void => {
    if (row >= arrivals.at.length) return;
    town.agenda.plan(arrivals.at[row], ARRIVING, () => {
      const lasts =
        arrivals.duration?.[row] ??
        lengthFrom(service.plan.requests.duration, () => town.dice('service-time', service.plan.name));
      arrive(town, service, lasts, 0, patience, demand);
      next(row + 1);
    });
  };
  next(0);
}

/**
 * A client that was not served asks again after a growing delay, as often as it may. What it asks for is a new request,
 * as long as those are that come in no trace.
 */
function askAgain(town: Town, request: Request, code: number, demand: Demand): void {
  const { clients } = request.service.plan;
  if (code === 200 || clients === null || request.attempt >= clients.retries) return;
  const { initial, factor, max, jitter } = clients.backoff;
  const lasts = lengthFrom(request.service.plan.requests.duration, () =>
    town.dice('client-retry', request.service.plan.name),
  );
  if (jitter !== 'none') throw new Error('the reference knows clients without jitter only');
  const delay = Math.min(max, Math.floor(initial * factor ** request.attempt + 0.5));
  town.agenda.plan(town.now + delay, ARRIVING, () =>
    arrive(town, request.service, lasts, request.attempt + 1, clients.timeout, demand),
  );
}
