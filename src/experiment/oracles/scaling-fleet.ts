/**
 * Fleets that scale, solved exactly: cold starts, idle timeouts, a bounded queue, a maximum, and a key that comes and
 * goes, all together.
 *
 * One request an instance at a time, no instance kept, all times exponential. The chains follow Cloud Run's rules as
 * this project reads them, not those of a textbook; the differences are these:
 *
 *  - In a `queueing` fleet a request takes an idle instance, or pends; as many instances start as requests pend, less
 *    those starting already, up to the maximum. A start is not called off when its request finds another instance
 *    (published results for M/M/k with set-up call it off: `setup-queue.ts`).
 *  - In a `perRequest` fleet a request without an idle instance waits for one of its own, and is lost where the maximum
 *    is reached.
 *  - While the key is down a start is refused at once. After a refused start the revision waits (`backOff`), then tries
 *    one start alone; only when that is ready may more follow. Starts that were past their key call go on. A request in
 *    front of a per-request fleet whose start is refused, or not tried, is lost.
 *
 * The wait after a refused start is constant, not exponential. While the key is down it only says how often somebody
 * looks; once the key is back what is left of it is uniform, on average half. The chain has an exponential time of that
 * mean instead: with a wait of a tenth of a second among times of a second, that is an error of the second order, far
 * below what replications can see. Under per-request scaling the wait is a nanosecond, and the chain exact.
 */
import { average, stationary, type Move } from './markov-chain.ts';

/** Rates per unit of time. */
export interface ScalingFleet {
  readonly rule: 'queueing' | 'perRequest';
  readonly arrivals: number;
  readonly service: number;
  readonly start: number;
  /** At which an idle instance leaves. */
  readonly leave: number;
  readonly maxInstances: number;
  /** How many may pend; a per-request fleet has no queue. */
  readonly pendingLimit: number;
  /** Mean times that the key is up and down; null: it is always up. */
  readonly key: { readonly up: number; readonly down: number } | null;
  /** The wait after a refused start. */
  readonly backOff: number;
}

export interface Answer {
  /** Share of requests that get no answer. */
  readonly lost: number;
  /** Share of all requests that have to wait for a start of their own; per-request only. */
  readonly cold: number;
  /** Mean wait and stay of those that are served. */
  readonly meanWait: number;
  readonly meanStay: number;
  /** Ready and starting, and those with a request. */
  readonly instances: number;
  readonly active: number;
  /** That become ready, per unit of time. */
  readonly starts: number;
}

/** Whether starts are free, waited with, possible again one at a time, or one is being tried. */
const OPEN = 0;
const WAITING = 1;
const ARMED = 2;
const TRIAL = 3;

/** Instances ready and starting, requests in service and pending, 1 while the key is down, and the above. */
type State = readonly [ready: number, starting: number, requests: number, down: number, mode: number];

export function solve(fleet: ScalingFleet): Answer {
  return fleet.rule === 'queueing' ? queueing(fleet) : perRequest(fleet);
}

function queueing(fleet: ScalingFleet): Answer {
  const law = stationary<State>([0, 0, 0, 0, OPEN], (state) => queueingMoves(fleet, state));
  const busy = ([ready, , requests]: State) => Math.min(ready, requests);
  const lost = average(law, (state) =>
    state[2] >= state[0] && pendingOf(state) >= fleet.pendingLimit ? 1 : 0,
  );
  const served = fleet.arrivals * (1 - lost);
  return {
    lost,
    cold: NaN,
    meanWait: average(law, pendingOf) / served,
    meanStay: average(law, ([, , requests]) => requests) / served,
    instances: average(law, ([ready, starting]) => ready + starting),
    active: average(law, busy),
    starts: fleet.start * average(law, ([, starting]) => starting),
  };
}

const pendingOf = ([ready, , requests]: State): number => Math.max(0, requests - ready);

/** What is started for requests that pend, and what becomes of that. */
function started(fleet: ScalingFleet, state: State): State {
  const [ready, starting, requests, down, mode] = state;
  const allowed = mode === OPEN ? Infinity : mode === ARMED ? 1 : 0;
  const missing = Math.max(0, pendingOf(state) - starting);
  const starts = Math.min(missing, fleet.maxInstances - ready - starting, allowed);
  if (starts === 0) return state;
  if (down === 1) return [ready, starting, requests, 1, WAITING];
  return [ready, starting + starts, requests, 0, mode === ARMED ? TRIAL : OPEN];
}

function queueingMoves(fleet: ScalingFleet, state: State): Move<State>[] {
  const [ready, starting, requests, down, mode] = state;
  const moves: Move<State>[] = [];
  if (requests < ready) {
    moves.push({ to: [ready, starting, requests + 1, down, mode], rate: fleet.arrivals });
  } else if (pendingOf(state) < fleet.pendingLimit) {
    moves.push({ to: started(fleet, [ready, starting, requests + 1, down, mode]), rate: fleet.arrivals });
  }
  const busy = Math.min(ready, requests);
  if (busy > 0) moves.push({ to: [ready, starting, requests - 1, down, mode], rate: busy * fleet.service });
  const trial = mode === TRIAL ? 1 : 0;
  if (starting > trial) {
    moves.push({
      to: [ready + 1, starting - 1, requests, down, mode],
      rate: (starting - trial) * fleet.start,
    });
  }
  if (trial === 1) {
    moves.push({ to: started(fleet, [ready + 1, starting - 1, requests, down, OPEN]), rate: fleet.start });
  }
  if (ready > busy)
    moves.push({ to: [ready - 1, starting, requests, down, mode], rate: (ready - busy) * fleet.leave });
  if (mode === WAITING) {
    moves.push({
      to: started(fleet, [ready, starting, requests, down, ARMED]),
      rate: (down === 1 ? 1 : 2) / fleet.backOff,
    });
  }
  if (fleet.key !== null) {
    moves.push({
      to: [ready, starting, requests, 1 - down, mode],
      rate: 1 / (down === 1 ? fleet.key.down : fleet.key.up),
    });
  }
  return moves;
}

type Counts = readonly [starting: number, busy: number, idle: number, down: number, mode: number];

function perRequest(fleet: ScalingFleet): Answer {
  const { arrivals, service, start, leave, maxInstances, key } = fleet;
  const alive = ([starting, busy, idle]: Counts) => starting + busy + idle;
  const law = stationary<Counts>([0, 0, 0, 0, OPEN], (state) => {
    const [starting, busy, idle, down, mode] = state;
    const moves: Move<Counts>[] = [];
    if (idle > 0) moves.push({ to: [starting, busy + 1, idle - 1, down, mode], rate: arrivals });
    else if (alive(state) < maxInstances && mode !== TRIAL) {
      const to: Counts =
        down === 1
          ? [starting, busy, idle, 1, ARMED]
          : [starting + 1, busy, idle, 0, mode === ARMED ? TRIAL : OPEN];
      moves.push({ to, rate: arrivals });
    }
    const trial = mode === TRIAL ? 1 : 0;
    if (starting > trial)
      moves.push({ to: [starting - 1, busy + 1, idle, down, mode], rate: (starting - trial) * start });
    if (trial === 1) moves.push({ to: [starting - 1, busy + 1, idle, down, OPEN], rate: start });
    if (busy > 0) moves.push({ to: [starting, busy - 1, idle + 1, down, mode], rate: busy * service });
    if (idle > 0) moves.push({ to: [starting, busy, idle - 1, down, mode], rate: idle * leave });
    if (key !== null) {
      moves.push({
        to: [starting, busy, idle, 1 - down, mode],
        rate: 1 / (down === 1 ? key.down : key.up),
      });
    }
    return moves;
  });
  const share = (of: (state: Counts) => boolean) => average(law, (state) => (of(state) ? 1 : 0));
  const refused = ([, , , down, mode]: Counts) => down === 1 || mode === TRIAL;
  const cold = share((state) => state[2] === 0 && alive(state) < maxInstances && !refused(state));
  const lost = share((state) => state[2] === 0 && (alive(state) === maxInstances || refused(state)));
  const served = arrivals * (1 - lost);
  const waiting = average(law, ([starting]) => starting);
  const active = average(law, ([, busy]) => busy);
  return {
    lost,
    cold,
    meanWait: waiting / served,
    meanStay: (waiting + active) / served,
    instances: average(law, alive),
    active,
    starts: start * waiting,
  };
}
