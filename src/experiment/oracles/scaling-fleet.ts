/**
 * Fleets that scale, solved exactly: cold starts, idle timeouts, a bounded queue and a maximum together.
 *
 * One request an instance at a time, no instance kept. In a `scalingFleet` a request takes an idle instance, or pends; as many instances
 * start as requests pend, less those starting already, up to the maximum. A start is not called off when its request
 * finds another instance. This is the rule for requests that find no slot, alone; published results for M/M/k with
 * set-up (A. Gandhi et al., Queueing Systems 77, 2014) call starts off and so do not apply. In a `perRequestFleet` a
 * request without an idle instance waits for one of its own, and is lost where the maximum is reached.
 */
import { average, stationary, type Move } from './markov-chain.ts';

/** All times exponential; rates per unit of time. */
export interface ScalingFleet {
  readonly arrivals: number;
  readonly service: number;
  readonly start: number;
  /** At which an idle instance leaves. */
  readonly leave: number;
  readonly maxInstances: number;
  readonly pendingLimit: number;
}

/** Instances ready and starting, requests in service and pending. */
type State = readonly [ready: number, starting: number, requests: number];

export function scalingFleet(fleet: ScalingFleet) {
  const law = stationary<State>([0, 0, 0], (state) => movesOf(fleet, state));
  const busy = ([ready, , requests]: State) => Math.min(ready, requests);
  const pending = ([ready, , requests]: State) => Math.max(0, requests - ready);
  const lost = average(law, (state) =>
    state[2] >= state[0] && pending(state) >= fleet.pendingLimit ? 1 : 0,
  );
  return {
    lost,
    /** Over those that are served. */
    meanWait: average(law, pending) / (fleet.arrivals * (1 - lost)),
    instances: average(law, ([ready, starting]) => ready + starting),
    active: average(law, busy),
    /** Per unit of time. */
    starts: fleet.start * average(law, ([, starting]) => starting),
  };
}

function movesOf(fleet: ScalingFleet, [ready, starting, requests]: State): Move<State>[] {
  const moves: Move<State>[] = [];
  const pending = Math.max(0, requests - ready);
  if (requests < ready) {
    moves.push({ to: [ready, starting, requests + 1], rate: fleet.arrivals });
  } else if (pending < fleet.pendingLimit) {
    const missing = Math.max(0, pending + 1 - starting);
    const more = Math.min(missing, fleet.maxInstances - ready - starting);
    moves.push({ to: [ready, starting + more, requests + 1], rate: fleet.arrivals });
  }
  const busy = Math.min(ready, requests);
  if (busy > 0) moves.push({ to: [ready, starting, requests - 1], rate: busy * fleet.service });
  if (starting > 0) moves.push({ to: [ready + 1, starting - 1, requests], rate: starting * fleet.start });
  if (ready > busy) moves.push({ to: [ready - 1, starting, requests], rate: (ready - busy) * fleet.leave });
  return moves;
}

/** All times exponential; rates per unit of time. */
export type PerRequestFleet = Omit<ScalingFleet, 'pendingLimit'>;

export function perRequestFleet(fleet: PerRequestFleet) {
  const { arrivals, service, start, leave, maxInstances } = fleet;
  type Counts = readonly [starting: number, busy: number, idle: number];
  const alive = ([starting, busy, idle]: Counts) => starting + busy + idle;
  const law = stationary<Counts>([0, 0, 0], (state) => {
    const [starting, busy, idle] = state;
    const moves: Move<Counts>[] = [];
    if (idle > 0) moves.push({ to: [starting, busy + 1, idle - 1], rate: arrivals });
    else if (alive(state) < maxInstances) moves.push({ to: [starting + 1, busy, idle], rate: arrivals });
    if (starting > 0) moves.push({ to: [starting - 1, busy + 1, idle], rate: starting * start });
    if (busy > 0) moves.push({ to: [starting, busy - 1, idle + 1], rate: busy * service });
    if (idle > 0) moves.push({ to: [starting, busy, idle - 1], rate: idle * leave });
    return moves;
  });
  const share = (of: (state: Counts) => boolean) => average(law, (state) => (of(state) ? 1 : 0));
  return {
    lost: share((state) => state[2] === 0 && alive(state) === maxInstances),
    /** Share of all arrivals. */
    cold: share((state) => state[2] === 0 && alive(state) < maxInstances),
    instances: average(law, alive),
  };
}
