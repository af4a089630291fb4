/**
 * O17. M/M/k with set-up and delayed-off, solved twice (A. Gandhi, S. Doroudi, M. Harchol-Balter, A. Scheller-Wolf,
 * Queueing Systems 77, 2014; T. Phung-Duc, "Exact solutions for M/M/c/Setup queues", arXiv 1406.3084).
 *
 * k servers; an idle one leaves at rate beta, a request without one makes one set up at rate alpha, and a set-up is
 * called off when its request is served by another: with i requests and j servers on, min(i - j, k - j) are setting up.
 * With i >= k all servers that are on are busy, so j can only grow there: up to level k the chain is finite, above it
 * the law falls off by a matrix R, upper triangular, pi_(i+1) = pi_i R. Its diagonal solves a quadratic each,
 * j mu r^2 - (lambda + j mu + (k - j) alpha) r + lambda = 0, and what is right of it follows column by column from
 * lambda I + R A1 + R^2 A2 = 0, which is linear then. Nothing is cut off and nothing iterated.
 *
 * By hand, k = 1: alpha = beta = 1/2 and lambda = 1/2, mu = 1: an idle server has gone with
 * p = beta/(lambda + beta) = 1/2; e1 = 2 p = 1, e2 = 8 p = 4, so that Welch (O9) gives
 * E[W] = 1 + (2 + 2)/(2 (1 + 1/2)) = 7/3, and P(cold) = p (1/2)/(3/2) = 1/6.
 *
 * The chain cut off far out, by the solver of O16, has to give the same to 1e-9. The simulator itself does not call
 * starts off, so for k > 1 it is another system (O16 has its chain); for k = 1 there is nobody who could serve the
 * request instead, the two agree, and the simulator is held to the formula.
 */
import { average, stationary, type Move } from './markov-chain.ts';
import type { ByHand, Case, Oracle } from './oracle.ts';
import { solve } from './scaling-fleet.ts';
import {
  exponential,
  FEW,
  instances,
  mean,
  pending,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  share,
  startup,
  times,
} from './worlds.ts';

/** Rates per unit of time. */
export interface SetupQueue {
  readonly servers: number;
  readonly arrivals: number;
  readonly service: number;
  readonly setup: number;
  /** At which an idle server leaves. */
  readonly leave: number;
}

interface Figures {
  readonly requests: number;
  /** Servers that are on. */
  readonly on: number;
  readonly settingUp: number;
}

type State = readonly [requests: number, on: number];

function movesOf(queue: SetupQueue, [requests, on]: State): Move<State>[] {
  const { servers, arrivals, service, setup, leave } = queue;
  const busy = Math.min(requests, on);
  const settingUp = Math.max(0, Math.min(requests, servers) - on);
  return [
    { to: [requests + 1, on], rate: arrivals },
    ...(busy > 0 ? [{ to: [requests - 1, on] as State, rate: busy * service }] : []),
    ...(settingUp > 0 ? [{ to: [requests, on + 1] as State, rate: settingUp * setup }] : []),
    ...(on > busy ? [{ to: [requests, on - 1] as State, rate: (on - busy) * leave }] : []),
  ];
}

/** The chain without the states above `most` requests. */
export function cutOff(queue: SetupQueue, most: number): Figures {
  const law = stationary<State>([0, 0], (state) => movesOf(queue, state).filter(({ to }) => to[0] <= most));
  return {
    requests: average(law, ([requests]) => requests),
    on: average(law, ([, on]) => on),
    settingUp: average(law, ([requests, on]) => Math.max(0, Math.min(requests, queue.servers) - on)),
  };
}

/** The whole chain. */
export function explicit(queue: SetupQueue): Figures {
  const { servers: k } = queue;
  const r = rateMatrix(queue);
  // Above level k the law is known once level k is: what leaves upwards comes back to level k, somewhere to the right.
  const law = stationary<State>([0, 0], (state) =>
    movesOf(queue, state).flatMap(({ to, rate }): Move<State>[] => {
      if (to[0] <= k) return [{ to, rate }];
      // pi_(k+1) A2 = pi_k R A2: from server count j to m >= j at rate R[j][m] m mu.
      return r[state[1]].flatMap((share, m) =>
        share > 0 && m > 0 ? [{ to: [k, m] as State, rate: share * m * queue.service }] : [],
      );
    }),
  );
  const level = Array.from({ length: k + 1 }, () => 0);
  for (const { state, probability } of law) if (state[0] === k) level[state[1]] = probability;
  const above = beyond(level, r);
  const upTo = law.reduce((sum, { probability }) => sum + probability, 0);
  const total = upTo + sum(above.mass);
  const on = (states: readonly number[]) => states.reduce((all, p, j) => all + p * j, 0);
  const missing = (states: readonly number[]) => states.reduce((all, p, j) => all + p * (k - j), 0);
  const within = (of: (state: State) => number) => average(law, of);
  return {
    requests: (within(([requests]) => requests) + k * sum(above.mass) + sum(above.excess)) / total,
    on: (within(([, count]) => count) + on(above.mass)) / total,
    settingUp:
      (within(([requests, count]) => Math.max(0, Math.min(requests, k) - count)) + missing(above.mass)) /
      total,
  };
}

/** R of the levels above k. */
function rateMatrix({ servers: k, arrivals, service, setup }: SetupQueue): number[][] {
  const r = Array.from({ length: k + 1 }, () => new Array<number>(k + 1).fill(0));
  const leaving = (j: number) => arrivals + j * service + (k - j) * setup;
  for (let j = 0; j <= k; j++) {
    const b = leaving(j);
    // The smaller root, in the form that subtracts nothing of equal size; for j = 0 the equation is linear.
    r[j][j] = (2 * arrivals) / (b + Math.sqrt(b * b - 4 * j * service * arrivals));
  }
  for (let apart = 1; apart <= k; apart++) {
    for (let i = 0; i + apart <= k; i++) {
      const j = i + apart;
      let known = r[i][j - 1] * (k - j + 1) * setup;
      for (let m = i + 1; m < j; m++) known += j * service * r[i][m] * r[m][j];
      r[i][j] = known / (leaving(j) - j * service * (r[i][i] + r[j][j]));
    }
  }
  return r;
}

/**
 * With v = level k: the probability of all levels above, v (R + R^2 + ...), and how far above k they are on average,
 * v (R + 2 R^2 + 3 R^3 + ...), state by state from the left, since R is triangular.
 */
function beyond(v: readonly number[], r: readonly (readonly number[])[]) {
  const times = (row: readonly number[]) => r.map((_, j) => sum(row.map((p, i) => p * r[i][j])));
  /** x with x = given + x R. */
  const solved = (given: readonly number[]) => {
    const x: number[] = [];
    given.forEach((right, j) => {
      let all = right;
      for (let i = 0; i < j; i++) all += x[i] * r[i][j];
      x.push(all / (1 - r[j][j]));
    });
    return x;
  };
  const mass = solved(times(v));
  return { mass, excess: solved(mass) };
}

const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);

const QUEUES: readonly SetupQueue[] = [
  { servers: 1, arrivals: 0.5, service: 1, setup: 0.5, leave: 0.5 },
  { servers: 2, arrivals: 1.2, service: 1, setup: 0.3, leave: 0.2 },
  { servers: 3, arrivals: 2.1, service: 1, setup: 0.1, leave: 1.5 },
  { servers: 4, arrivals: 2.8, service: 1, setup: 2, leave: 0.05 },
  { servers: 6, arrivals: 3, service: 1, setup: 0.5, leave: 4 },
];

/** The formula against the chain cut off at 400 requests; what lies beyond is below 1e-20 at these loads. */
function agreement(queue: SetupQueue): ByHand[] {
  const [ours, chain] = [explicit(queue), cutOff(queue, 400)];
  const { servers, arrivals, setup, leave } = queue;
  const of = `M/M/${servers}, arrivals ${arrivals}, set-up ${setup}, leave ${leave}`;
  return (['requests', 'on', 'settingUp'] as const).map((figure) => ({
    what: `mean ${figure === 'settingUp' ? 'setting up' : figure}, ${of}: formula and chain`,
    ours: ours[figure],
    known: chain[figure],
    within: 1e-9,
  }));
}

const ONE = QUEUES[0];

const single = (lengths: number, setup: number, replications = REPLICATIONS, precision = 0.02): Case => {
  const until = 5000 * lengths;
  const figures = explicit(ONE);
  return {
    name: 'one server that sets up and leaves late: waits, cold starts and instances are those of the formula',
    scenario: scenario({
      rate: ONE.arrivals,
      until,
      after: 0,
      warmUp: 100,
      service: {
        scaling: { maxInstanceCount: 1 },
        template: { scaling: { concurrencyTarget: 'disabled' } },
        maxInstanceRequestConcurrency: 1,
        idleTimeout: exponential(1 / ONE.leave),
        startup: startup({ containerStart: exponential(1 / setup) }),
        requests: { duration: exponential(1 / ONE.service) },
      },
    }),
    replications,
    precision,
    claims: [
      mean('mean wait, s', figures.requests / ONE.arrivals - 1 / ONE.service, pending('mean')),
      mean('cold share', 1 / 6, share('cold')),
      mean('mean instances', figures.on + figures.settingUp, instances('mean')),
    ],
  };
};

export const setupQueue: Oracle = {
  id: 'O17',
  title: 'set-up and delayed-off, closed form (M/M/k/setup/delayed-off)',
  source: 'A. Gandhi et al., Queueing Systems 77 (2014); T. Phung-Duc, arXiv 1406.3084',
  get byHand() {
    const worked = explicit(ONE);
    const fleet = solve({
      rule: 'queueing',
      arrivals: ONE.arrivals,
      service: ONE.service,
      start: ONE.setup,
      leave: ONE.leave,
      maxInstances: 1,
      pendingLimit: 400,
      key: null,
      backOff: 1,
    });
    return [
      { what: 'E[W], k = 1', ours: worked.requests / 0.5 - 1, known: 7 / 3, within: 1e-12 },
      { what: 'E[W], k = 1, by the chain of O16', ours: fleet.meanWait, known: 7 / 3, within: 1e-9 },
      ...QUEUES.flatMap(agreement),
    ];
  },
  cases: (size) => [
    single(times(size, 20), ONE.setup, REPLICATIONS, size === 'small' ? 0.02 : QUARTER_PERCENT),
  ],
  defects: () => [
    {
      name: 'a set-up that takes 10 % longer',
      wrong: single(1, ONE.setup / 1.1, FEW),
      noticedBy: ['mean wait, s'],
    },
  ],
};
