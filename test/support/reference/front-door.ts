/**
 * A request from its arrival to its answer: it is placed on an instance with a free slot, or it pends, first come,
 * first served, until there is one or its wait is over.
 */
import { ENDING } from './agenda.ts';
import { idles, show } from './instances.ts';
import { isAtMaximum } from './limits.ts';
import { readyOf, type Instance, type Request, type Revision, type Service, type Town } from './town.ts';

export interface Demand {
  /** A request has found no free slot and pends. */
  unplaced(request: Request): void;
  answered(request: Request, code: number): void;
}

export function arrive(
  town: Town,
  service: Service,
  lasts: number,
  attempt: number,
  patience: number | null,
  demand: Demand,
): void {
  const revision = service.revisions[0];
  const request: Request = {
    service,
    revision,
    arrivedAt: town.now,
    lasts,
    attempt,
    startedAt: null,
    instance: null,
    own: null,
    answered: false,
    gone: { at: Infinity, code: 0, outcome: '' },
  };
  town.tell(`${service.plan.name} gets a request, attempt ${attempt}`);
  count(town, revision, +1);
  request.gone = [
    { at: town.now + revision.plan.timeout, code: 504, outcome: 'timed-out' },
    ...(patience === null ? [] : [{ at: town.now + patience, code: 499, outcome: 'client-gave-up' }]),
  ].toSorted((a, b) => a.at - b.at)[0];

  const instance = choose(revision);
  if (instance !== null) {
    place(town, request, instance, demand);
    return;
  }
  const ofItsOwn = service.plan.autoscaler === 'per-request';
  const { pendingLimit } = service.plan;
  if (!ofItsOwn && pendingLimit !== null && revision.pending.length >= pendingLimit) {
    noInstance(town, request, demand);
    return;
  }
  revision.pending.push(request);
  // Where both are over at one instant, it is the wait that is.
  const waitsUntil = ofItsOwn
    ? Infinity
    : town.now + waitOf(revision) + (town.defect === 'waits a nanosecond longer' ? 1 : 0);
  const { at, code, outcome } = request.gone;
  town.agenda.plan(Math.min(waitsUntil, at), ENDING, () => {
    if (request.answered || request.startedAt !== null) return;
    if (waitsUntil <= at) noInstance(town, request, demand);
    else answer(town, request, code, outcome, demand);
  });
  demand.unplaced(request);
}

/** How long a request may pend that comes now. */
function waitOf({ service, startsDone, startTime }: Revision): number {
  if (service.plan.pendingTimeout !== null) return service.plan.pendingTimeout;
  if (startsDone === 0) return 10e9;
  return Math.max(10e9, Math.floor(3.5 * (startTime / startsDone) + 0.5));
}

function noInstance(town: Town, request: Request, demand: Demand): void {
  const { revision } = request;
  if (isAtMaximum(revision)) answer(town, request, 429, 'no-available-instance-at-maximum', demand);
  else {
    const failed = revision.lastStartFailed;
    const meanwhile = failed !== null && failed >= request.arrivedAt;
    answer(town, request, 500, meanwhile ? 'could-not-start' : 'no-available-instance', demand);
  }
}

/** The instance a request is routed to, or none: the oldest that are wanted first, the surplus when those are full. */
function choose(revision: Revision): Instance | null {
  const room = ({ requests }: Instance): boolean =>
    requests.length < revision.plan.maxInstanceRequestConcurrency;
  const core = readyOf(revision).filter((instance) => instance.core);
  const surplus = readyOf(revision).filter((instance) => !instance.core);
  const all = revision.service.plan.autoscaler === 'per-request' ? [readyOf(revision)] : [core, surplus];
  for (const group of all) {
    const free = group.filter(room);
    if (free.length === 0) continue;
    switch (revision.service.plan.routing) {
      case 'oldest-first':
        return free[0];
      case 'newest-first':
        return free.at(-1)!;
      case 'round-robin': {
        const next = free.find(({ number }) => number > revision.lastPlaced) ?? free[0];
        revision.lastPlaced = next.number;
        return next;
      }
      default: {
        // Of those with the fewest requests the one that has had so few, and has been in its group, for longest.
        const least = Math.min(...free.map(({ requests }) => requests.length));
        return free
          .filter(({ requests }) => requests.length === least)
          .toSorted((a, b) => a.loadedSince - b.loadedSince)[0];
      }
    }
  }
  return null;
}

export function place(town: Town, request: Request, instance: Instance, demand: Demand): void {
  const { revision } = instance;
  revision.pending = revision.pending.filter((other) => other !== request);
  request.startedAt = town.now;
  request.instance = instance;
  const first = request.service.plan.requests.firstDuration;
  const lasts = !instance.everServed && first?.kind === 'constant' ? first.value : request.lasts;
  instance.everServed = true;
  instance.requests.push(request);
  instance.loadedSince = town.turn();
  show(town, instance);
  // A response that comes at the last instant has come in time.
  const { at, code, outcome } = request.gone;
  const done = town.now + lasts;
  const ends = (when: number, what: () => void): void =>
    void town.agenda.plan(when, ENDING, () => {
      if (instance.requests.includes(request)) what();
    });
  if (at >= done) {
    ends(done, () => {
      answer(town, request, 200, 'served', demand);
      leave(town, request, demand);
    });
  } else {
    ends(at, () => {
      answer(town, request, code, outcome, demand);
      // Nobody waits for it any more, yet it may be worked on.
      if (code === 499 || town.plan.assumptions.timedOutRequestFreesSlot) leave(town, request, demand);
      else ends(done, () => leave(town, request, demand));
    });
  }
}

/**
 * Those that pend are placed on the instance that has a free slot now. Nobody chooses it: round-robin does not count
 * it as a turn.
 */
export function serveWaiting(town: Town, instance: Instance, demand: Demand): void {
  const { revision } = instance;
  while (instance.requests.length < revision.plan.maxInstanceRequestConcurrency) {
    const request = revision.pending.find(({ own }) => own === null);
    if (request === undefined) return;
    place(town, request, instance, demand);
  }
}

/** Its slot is free again. */
function leave(town: Town, request: Request, demand: Demand): void {
  const { instance } = request;
  if (instance === null || !instance.requests.includes(request)) return;
  instance.requests = instance.requests.filter((other) => other !== request);
  instance.loadedSince = town.turn();
  if (instance.stage === 'draining') {
    if (instance.requests.length === 0) {
      instance.stage = 'gone';
      instance.revision.instances = instance.revision.instances.filter((other) => other !== instance);
    }
    show(town, instance);
    return;
  }
  show(town, instance);
  serveWaiting(town, instance, demand);
  if (instance.stage === 'ready' && instance.requests.length === 0) idles(town, instance);
}

export function answer(town: Town, request: Request, code: number, outcome: string, demand: Demand): void {
  const { revision, service } = request;
  request.answered = true;
  revision.pending = revision.pending.filter((other) => other !== request);
  count(town, revision, -1);
  const started = request.startedAt === null ? 'never' : String(request.startedAt);
  town.tell(`${service.plan.name} answers ${request.arrivedAt} begun ${started}: ${code} ${outcome}`);
  demand.answered(request, code);
}

/** In flight and pending, for averages. */
function count(town: Town, revision: Revision, by: number): void {
  revision.crowd.push({ at: town.now, count: (revision.crowd.at(-1)?.count ?? 0) + by });
}
