/**
 * O16. Everything together, small: cold starts, idle timeouts, a maximum, a bounded queue and a key that comes and goes,
 * against the exact chain of `scaling-fleet.ts`.
 *
 * The concurrency driver of the autoscaler is disabled, so what scales is the rule for requests that find no slot; all
 * times are exponential; outages are `ekmUnreachable` entries that repeat, with an error that cannot be retried. (With one that
 * can, no instance leaves while a start is held, and starts ask again at constant times: no small chain.) Three worlds
 * chosen by hand, and many drawn from a seed: each an independent sample of the claim that the simulator plays the
 * chain, so that beside the largest z the z's themselves have to look like draws from the normal law.
 *
 * By hand: on and off with rates 1 and 3 is on a quarter of the time. Instances that start at once and never leave are
 * a fixed fleet, M/M/2/6. An instance a request that leaves at once holds it for U + S, so that Erlang B has the answer
 * whatever their laws: 2 instances, lambda = 1, E[U + S] = 1: 1/5.
 */
import { Streams } from '../../engine/streams.ts';
import { stationary } from './markov-chain.ts';
import type { Case, Defect, Oracle } from './oracle.ts';
import { boundedQueue, erlangB } from './queues.ts';
import { solve, type ScalingFleet } from './scaling-fleet.ts';
import {
  exponential,
  FEW,
  instances,
  key,
  KEY,
  lognormal,
  mean,
  oneKeyCall,
  pending,
  plain,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  seconds,
  service,
  share,
  startup,
  stay,
  times,
} from './worlds.ts';

const WARM_UP = 200;
const BACK_OFF = 0.1;

/** The scenario in which this fleet is what happens. */
export function played(fleet: ScalingFleet, until: number): string {
  const queues = fleet.rule === 'queueing';
  const container = exponential(1 / fleet.start);
  return scenario({
    rate: fleet.arrivals,
    until,
    after: 0,
    warmUp: WARM_UP,
    service: {
      autoscaler: queues ? 'cloud-run' : 'per-request',
      scaling: { maxInstanceCount: fleet.maxInstances },
      ...(queues
        ? { template: { scaling: { concurrencyTarget: 'disabled' } }, pendingLimit: fleet.pendingLimit }
        : {}),
      maxInstanceRequestConcurrency: 1,
      idleTimeout: exponential(1 / fleet.leave),
      startup:
        fleet.key === null
          ? startup({ containerStart: container })
          : { ...oneKeyCall, containerStart: container },
      requests: { duration: exponential(1 / fleet.service) },
      ...(fleet.key === null ? {} : { encryptionKey: KEY }),
    },
    world:
      fleet.key === null
        ? {}
        : {
            keys: [key('EXTERNAL')],
            assumptions: {
              autoscalerInterval: '1h',
              failedStartBackoff: {
                initial: seconds(fleet.backOff),
                factor: 1,
                max: seconds(fleet.backOff),
                jitter: 'none',
              },
            },
            timeline: [
              {
                at: '0s',
                repeat: { up: exponential(fleet.key.up), down: exponential(fleet.key.down) },
                ekmUnreachable: { key: 'shop', error: 'TLS_CERT' },
              },
            ],
          },
  });
}

const FIXED = { key: null, backOff: BACK_OFF } as const;
const SYSTEMS: readonly ScalingFleet[] = [
  {
    ...FIXED,
    rule: 'queueing',
    arrivals: 1.5,
    service: 1,
    start: 0.5,
    leave: 0.4,
    maxInstances: 4,
    pendingLimit: 6,
  },
  {
    ...FIXED,
    rule: 'queueing',
    arrivals: 3,
    service: 1,
    start: 2,
    leave: 3,
    maxInstances: 3,
    pendingLimit: 2,
  },
  {
    ...FIXED,
    rule: 'queueing',
    arrivals: 0.8,
    service: 1,
    start: 0.1,
    leave: 0.05,
    maxInstances: 6,
    pendingLimit: 5,
  },
  {
    ...FIXED,
    rule: 'perRequest',
    arrivals: 2,
    service: 1,
    start: 0.5,
    leave: 0.3,
    maxInstances: 5,
    pendingLimit: 0,
  },
  {
    rule: 'queueing',
    arrivals: 1.2,
    service: 1,
    start: 0.5,
    leave: 0.3,
    maxInstances: 3,
    pendingLimit: 4,
    key: { up: 20, down: 6 },
    backOff: BACK_OFF,
  },
  {
    rule: 'perRequest',
    arrivals: 1.2,
    service: 1,
    start: 0.5,
    leave: 0.3,
    maxInstances: 3,
    pendingLimit: 0,
    key: { up: 20, down: 6 },
    backOff: 0,
  },
];

/** All that the chain knows of a fleet, claimed of a world that may be another. */
function chosen(
  fleet: ScalingFleet,
  lengths: number,
  precision: number,
  world: ScalingFleet = fleet,
  replications = REPLICATIONS,
): Case {
  const { lost, cold, meanWait, instances: alive, active, starts } = solve(fleet);
  const until = WARM_UP + 1800 * lengths;
  return {
    name: `waits, losses and instances are those of the chain: ${described(fleet)}`,
    scenario: played(world, until),
    replications,
    precision,
    claims: [
      mean('mean wait, s', meanWait, pending('mean')),
      // Of those answered: the last ones are still there at the end.
      mean('share served', 1 - lost, (seen) => 1 - plain(service(seen).error_ratio)),
      mean('mean instances', alive, instances('mean')),
      mean('mean active', active, instances('mean_active')),
      ...(fleet.rule === 'perRequest' ? [mean('share that starts cold', cold, share('cold'))] : []),
      ...(fleet.key === null
        ? [mean('starts a second', starts, (seen) => instances('started')(seen) / (until - WARM_UP))]
        : []),
    ],
  };
}

const described = ({
  rule,
  arrivals,
  start,
  leave,
  maxInstances,
  pendingLimit,
  key: watched,
}: ScalingFleet) =>
  [
    rule === 'queueing' ? `a queue of ${pendingLimit}` : 'an instance a request',
    `arrivals ${arrivals}`,
    `start ${start}`,
    `leave ${leave}`,
    `at most ${maxInstances}`,
    ...(watched === null ? [] : [`key ${watched.up} up, ${watched.down} down`]),
  ].join(', ');

/** How many fleets are drawn. */
const DRAWN = { small: 24, full: 200 };
/** Replications and length of each: a fleet is one sample of many, and its own figures need not be known well. */
const SAMPLE = { replications: 20, until: WARM_UP + 1000, precision: 0.35 };

/**
 * Fleet number `n` of a seed. What is lost is kept between 2 % and 60 %: rarer losses are no bell curve in runs of this
 * length, and a fleet that loses most is not one anybody has.
 */
export function drawn(seed: string, n: number): ScalingFleet {
  const stream = new Streams(`oracle O16/${seed}`, n).stream('arrivals', 'fleet');
  const between = (low: number, high: number) =>
    Math.round((low + (high - low) * stream.next53()) * 1000) / 1000;
  for (;;) {
    const rule = between(0, 3) < 2 ? 'queueing' : 'perRequest';
    const maxInstances = Math.floor(between(1, 3.999));
    const fleet: ScalingFleet = {
      rule,
      maxInstances,
      arrivals: between(0.3, 1.1) * maxInstances,
      service: 1,
      start: between(0.25, 3),
      leave: between(0.05, 2),
      pendingLimit: rule === 'queueing' ? Math.floor(between(1, 4.999)) : 0,
      key: between(0, 1) < 0.7 ? { up: between(10, 40), down: between(2, 8) } : null,
      backOff: rule === 'queueing' ? BACK_OFF : 0,
    };
    const { lost } = solve(fleet);
    if (lost >= 0.02 && lost <= 0.6) return fleet;
  }
}

function sample(fleet: ScalingFleet, n: number, world = fleet): Case {
  const { lost, meanStay, instances: alive } = solve(fleet);
  return {
    name: `system ${n}: ${described(fleet)}`,
    scenario: played(world, SAMPLE.until),
    replications: SAMPLE.replications,
    luck: `system ${n}`,
    precision: SAMPLE.precision,
    claims: [
      mean('mean sojourn, s', meanStay, stay('mean')),
      mean('share lost', lost, (seen) => plain(service(seen).error_ratio)),
      mean('mean instances', alive, instances('mean')),
    ],
  };
}

/** An instance a request, none of which stays: start and first request together are the service of Erlang B. */
const firstRequests = (
  lengths: number,
  longer: number,
  replications = REPLICATIONS,
  precision = 0.015,
): Case => ({
  name: 'where no instance stays, start and first request together are the service of Erlang B',
  scenario: scenario({
    rate: 2,
    until: 1500 * lengths,
    warmUp: 100,
    service: {
      autoscaler: 'per-request',
      maxInstanceRequestConcurrency: 1,
      startup: startup({ containerStart: { gamma: { mean: `${800 * longer}ms`, cv: 0.7 } } }),
      scaling: { maxInstanceCount: 4 },
      idleTimeout: '0s',
      requests: { duration: '10s', firstDuration: lognormal(0.7, 1.5) },
    },
  }),
  replications,
  precision,
  claims: [mean('share of 429', erlangB(4, 2 * 1.5), share('code_429'))],
});

const [first, , , each, watched, eachWatched] = SYSTEMS;

const defects = (): readonly Defect[] => {
  const wrong = (fleet: ScalingFleet, change: Partial<ScalingFleet>, replications = REPLICATIONS) =>
    chosen(fleet, 1, 1, { ...fleet, ...change }, replications);
  return [
    {
      name: 'starts that take 10 % longer',
      wrong: wrong(first, { start: 0.5 / 1.1 }),
      noticedBy: ['mean wait, s'],
    },
    {
      name: 'idle times 10 % longer',
      wrong: wrong(first, { leave: 0.4 / 1.1 }, FEW),
      noticedBy: ['starts a second'],
    },
    {
      name: 'an instance more',
      wrong: wrong(first, { maxInstances: 5 }, FEW),
      noticedBy: ['mean wait, s', 'mean instances'],
    },
    {
      name: 'an instance a request: starts that take 20 % longer',
      wrong: wrong(each, { start: 0.5 / 1.2 }),
      noticedBy: ['share served'],
    },
    {
      name: 'an instance a request: idle times 10 % longer',
      wrong: wrong(each, { leave: 0.3 / 1.1 }, FEW),
      noticedBy: ['share that starts cold'],
    },
    {
      name: 'outages 20 % longer',
      wrong: wrong(watched, { key: { up: 20, down: 7.2 } }),
      noticedBy: ['share served', 'mean wait, s'],
    },
    {
      name: 'no outages',
      wrong: wrong(watched, { key: null }, FEW),
      noticedBy: ['share served', 'mean wait, s', 'mean instances'],
    },
    {
      name: 'an instance a request: outages 20 % longer',
      wrong: wrong(eachWatched, { key: { up: 20, down: 7.2 } }),
      noticedBy: ['share served'],
    },
    { name: 'starts before the first request that take 8 % longer', wrong: firstRequests(1, 1.08, FEW) },
    {
      name: 'a drawn system with one place more in its queue',
      wrong: sample({ ...watched, pendingLimit: 2 }, 0, { ...watched, pendingLimit: 3 }),
      noticedBy: ['mean sojourn, s', 'share lost'],
    },
  ];
};

const [off, on] = stationary(0, (state) => [{ to: 1 - state, rate: state === 0 ? 1 : 3 }]);
const fixed = solve({
  ...FIXED,
  rule: 'queueing',
  arrivals: 1.8,
  service: 1,
  start: 1e9,
  leave: 1e-9,
  maxInstances: 2,
  pendingLimit: 4,
});
const atOnce = solve({
  ...FIXED,
  rule: 'perRequest',
  arrivals: 1,
  service: 2,
  start: 2,
  leave: 1e9,
  maxInstances: 2,
  pendingLimit: 0,
});

export const smallWorlds: Oracle = {
  id: 'O16',
  title:
    'everything together, chosen: set-up, idle timeout, queue cap, maximum, key up and down (exact chain)',
  source: 'W. K. Grassmann, M. I. Taksar, D. P. Heyman, Operations Research 33 (1985)',
  byHand: [
    { what: 'off, at rates 1 and 3', ours: off.probability, known: 0.75, within: 0 },
    { what: 'on', ours: on.probability, known: 0.25, within: 0 },
    { what: 'M/M/2/6: lost', ours: fixed.lost, known: boundedQueue(2, 6, 1.8, 1).lost, within: 1e-6 },
    { what: 'M/M/2/6: E[W]', ours: fixed.meanWait, known: boundedQueue(2, 6, 1.8, 1).meanWait, within: 1e-6 },
    { what: 'an instance a request, gone at once: lost', ours: atOnce.lost, known: 1 / 5, within: 1e-6 },
  ],
  cases: (size) => {
    const full = size === 'full';
    return [
      ...SYSTEMS.map((fleet) =>
        // A start costs ten times what a request does to simulate, and where waits are rare few requests tell of them.
        chosen(fleet, times(size, fleet.key === null ? 12 : 9), full ? 0.009 : 0.06),
      ),
      firstRequests(times(size, 11), 1, REPLICATIONS, full ? QUARTER_PERCENT : 0.015),
    ];
  },
  defects,
};

/** The same chain, over fleets that nobody chose. */
export const drawnWorlds: Oracle = {
  id: 'O16d',
  title: 'everything together, drawn at random (exact chain)',
  source: smallWorlds.source,
  byHand: [],
  cases: (size, seed) => Array.from({ length: DRAWN[size] }, (_, n) => sample(drawn(seed, n + 1), n + 1)),
  defects: () => [],
  ensemble: true,
};
