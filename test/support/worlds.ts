/**
 * Small worlds from a number: the same number gives the same world for ever.
 *
 * Times come from a coarse grid, so that much happens at one instant, and some of them are a nanosecond off it. Lengths
 * of time are constants, so that no luck is needed. A world is a plan, made out of one that the loader has made.
 */
import type { Backoff } from '../../src/rules/assumptions.ts';
import type {
  Happening,
  KeyPlan,
  KeyVersionState,
  Plan,
  RevisionPlan,
  ServicePlan,
  TimelinePlan,
} from '../../src/model/plan.ts';
import type { KeyId, PoolId } from '../../src/units/ids.ts';
import { NEVER, type Duration, type Instant } from '../../src/units/time.ts';
import { planOf } from './plans.ts';

const SECOND = 1e9;
const MS = 1e6;

/** A small generator (Mulberry32 by Tommy Ettinger, public domain, as widely described): worlds need no more. */
class Chooser {
  private state: number;

  constructor(seed: number) {
    this.state = Math.imul(seed, 0x9e3779b1) | 0;
  }

  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  }

  of<T>(...choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

const keyName = (id: number): string =>
  `projects/kms/locations/europe-west3/keyRings/run/cryptoKeys/key-${id}`;

const BASE = planOf(
  JSON.stringify({
    name: 'world',
    duration: '60s',
    services: [{ name: 'shop', location: 'europe-west3', load: '0/s', encryptionKey: keyName(0) }],
    keys: [{ name: keyName(0), protectionLevel: 'HSM' }],
    quotas: {
      limits: [
        { name: 'hsm', project: 'kms', location: 'europe-west3', protectionLevel: 'HSM', limit: '60/min' },
        {
          name: 'ekm',
          project: 'kms',
          location: 'europe-west3',
          protectionLevel: 'EXTERNAL',
          limit: '60/min',
        },
      ],
    },
  }),
);

const constant = (value: number) => ({ kind: 'constant', value }) as const;
const id = <Id extends number>(value: number): Id => value as Id;

/** How much of the world there is; `key-changes`: keys, and one change of them after another. */
export type Breadth = 'requests' | 'keys' | 'all' | 'key-changes';

export function worldOf(seed: number, breadth: Breadth = 'all'): Plan {
  const choose = new Chooser(seed);
  const duration = choose.of(20, 40, 60) * SECOND;
  const keys = breadth === 'requests' ? [] : keysOf(choose);
  const services = Array.from({ length: choose.of(1, 1, 1, 2, 2, 3) }, (_, at) =>
    serviceOf(choose, at, duration),
  );
  const drawn = services.map((service, at) => revisionOf(choose, service, at, keys));
  const revisions = breadth === 'key-changes' ? drawn.map((each) => withoutCalls(choose, each)) : drawn;
  const entries = breadth === 'all' ? choose.of(0, 1, 2, 3, 4) : 0;
  const backoff = (initial: number): Backoff => ({
    initial: (choose.of(1, 2) * initial) as Duration,
    factor: choose.of(1, 2, 2),
    max: (choose.of(4, 60) * SECOND) as Duration,
    jitter: 'none',
  });
  return {
    ...BASE,
    name: `world-${seed}`,
    seed: String(seed),
    duration: duration as Duration,
    sampleInterval: (10 * SECOND) as Duration,
    services,
    revisions,
    keys,
    quotas: {
      ...BASE.quotas,
      limits: BASE.quotas.limits.map((limit) => ({
        ...limit,
        perMinute: choose.of(0, 30, 60, 60, 90, 120, 240, 600, 6000, 6000, 6000),
      })),
    },
    assumptions: {
      ...BASE.assumptions,
      keyRetry: backoff(SECOND / 2),
      failedStartBackoff: backoff(SECOND),
      ekmWaitingPeriod: choose.of(0, 2 * SECOND, 10 * SECOND, 3600 * SECOND) as Duration,
      ekmAttemptTimeout: choose.of(SECOND, 500 * MS) as Duration,
      autoscalerInterval: choose.of(5 * SECOND, 5 * SECOND, 1 * SECOND) as Duration,
      concurrencyWindow: choose.of('larger', 'larger', '60s', '600s'),
      checkDecryptVersion: choose.of('revision', 'primary'),
      timedOutRequestFreesSlot: choose.of(true, true, false),
    },
    timeline:
      breadth === 'key-changes'
        ? keyChangesOf(choose, duration, services, revisions, keys)
        : Array.from({ length: entries }, (_, at) =>
            entryOf(choose, at, duration, services, revisions, keys),
          ),
  };
}

/** On the grid, or a nanosecond beside it. */
function instant(choose: Chooser, duration: number): Instant {
  const grid = choose.of(SECOND, SECOND, 500 * MS, 100 * MS);
  const at = choose.below(Math.floor(duration / grid)) * grid;
  return Math.max(0, at + choose.of(0, 0, 0, 0, 0, 0, 0, 0, -1, 1)) as Instant;
}

function serviceOf(choose: Chooser, at: number, duration: number): ServicePlan {
  const autoscaler = choose.of('cloud-run', 'cloud-run', 'cloud-run', 'per-request', 'manual');
  const minimum = choose.of(0, 0, 0, 1, 2);
  const manual = autoscaler === 'manual' ? choose.of(0, 1, 2, 3) : null;
  return {
    ...BASE.services[0],
    name: ['shop', 'depot', 'office'][at],
    minInstanceCount: autoscaler === 'manual' ? 0 : minimum,
    maxInstanceCount: autoscaler !== 'manual' && choose.chance(30) ? minimum + choose.of(0, 1, 2, 3) : null,
    autoscaler,
    manualInstanceCount: manual,
    routing: choose.of('least-loaded', 'newest-first', 'oldest-first', 'round-robin'),
    idleTimeout: constant(choose.of(0, 1, 2, 5, 10, 900) * SECOND),
    pendingTimeout: choose.chance(40) ? ((choose.of(500, 1000, 3000, 5000) * MS) as Duration) : null,
    pendingLimit: choose.chance(15) ? choose.of(0, 1, 2, 5) : null,
    initialInstanceCount: choose.chance(25) ? choose.of(0, 1, 2, 4) : null,
    load: { ...BASE.services[0].load, rate: [], arrivals: traceOf(choose, duration) },
    clients: clientsOf(choose),
    requests: {
      duration: constant(SECOND),
      firstDuration: choose.chance(10) ? constant(choose.of(0, 500, 2000) * MS) : null,
      cpuTime: null,
    },
    traffic: [{ revision: id(at), percent: 100 }],
  };
}

function clientsOf(choose: Chooser): ServicePlan['clients'] {
  if (!choose.chance(20)) return null;
  return {
    timeout: choose.chance(60) ? ((choose.of(500, 1000, 3000) * MS) as Duration) : null,
    retries: choose.of(0, 1, 1, 2, 3),
    budget: null,
    backoff: {
      initial: (choose.of(500, 1000) * MS) as Duration,
      factor: choose.of(1, 2),
      max: (2 * SECOND) as Duration,
      jitter: 'none',
    },
  };
}

function traceOf(choose: Chooser, duration: number): ServicePlan['load']['arrivals'] {
  const count = choose.of(0, 1, 3, 6, 10, 20, 30);
  const lasting = choose.of([1000], [0, 500, 1000, 2000], [3000, 10_000], [100, 30_000]);
  const rows = Array.from({ length: count }, () => [instant(choose, duration), choose.of(...lasting) * MS]);
  rows.sort(([a], [b]) => a - b);
  return {
    kind: 'trace',
    at: Float64Array.from(rows, ([when]) => when),
    duration: Float64Array.from(rows, ([, long]) => long),
  };
}

function revisionOf(
  choose: Chooser,
  service: ServicePlan,
  at: number,
  keys: readonly KeyPlan[],
): RevisionPlan {
  const shutDown = choose.chance(60);
  return {
    ...BASE.revisions[0],
    name: `${service.name}-00001-sim`,
    service: id(at),
    minInstanceCount:
      service.autoscaler !== 'manual' && service.maxInstanceCount === null ? choose.of(0, 0, 0, 1) : 0,
    maxInstanceCount: Math.max(
      service.minInstanceCount,
      service.manualInstanceCount ?? 0,
      choose.of(1, 2, 3, 4, 100),
    ),
    maxInstanceRequestConcurrency: choose.of(1, 1, 2, 4, 10),
    timeout: (choose.of(1, 3, 5, 10, 300) * SECOND) as Duration,
    key: keys.length === 0 || choose.chance(10) ? null : id<KeyId>(choose.below(keys.length)),
    revocationAction: shutDown ? 'SHUTDOWN' : 'PREVENT_NEW',
    shutdownDuration: shutDown && choose.chance(50) ? ((choose.of(1, 3, 10) * SECOND) as Duration) : null,
    concurrencyTarget: choose.of(0.6, 0.6, 0.5, 0.95, null),
    cpuTarget: null,
    startup: {
      ...BASE.revisions[0].startup,
      scheduling: constant(choose.of(0, 0, 50, 100) * MS),
      imageImport: constant(choose.of(0, 500, 1000, 950) * MS),
      ...choose.of(
        { layerDecrypts: 1, dataKeyDecrypts: 1 },
        { layerDecrypts: 1, dataKeyDecrypts: 0 },
        { layerDecrypts: 0, dataKeyDecrypts: 1 },
        { layerDecrypts: 2, dataKeyDecrypts: 1 },
      ),
      containerStart: constant(choose.of(0, 500, 1000, 3000, 5000, 10_000) * MS),
    },
  };
}

function keysOf(choose: Chooser): readonly KeyPlan[] {
  return Array.from({ length: choose.of(1, 1, 1, 2, 3) }, (_, at) => {
    const level = choose.of('SOFTWARE', 'HSM', 'HSM', 'EXTERNAL', 'EXTERNAL', 'EXTERNAL_VPC');
    return {
      ...BASE.keys[0],
      name: keyName(at),
      protectionLevel: level,
      latency: constant(choose.of(0, 50, 100, 100, 500, 600) * MS),
      check: { interval: (choose.of(2, 5, 10, 1000) * SECOND) as Duration, per: 'revision' },
      versions: choose.of(1, 1, 2),
      pool: level === 'SOFTWARE' ? null : id<PoolId>(level === 'HSM' ? 0 : 1),
    } satisfies KeyPlan;
  });
}

function entryOf(
  choose: Chooser,
  position: number,
  duration: number,
  services: readonly ServicePlan[],
  revisions: readonly RevisionPlan[],
  keys: readonly KeyPlan[],
): TimelinePlan {
  const at = instant(choose, duration);
  const what = happeningOf(choose, services, revisions, keys);
  const isUndone = what.kind !== 'keyRotation' && what.kind !== 'instanceCrash' && choose.chance(70);
  const until = at + choose.of(1, 2, 5, 10, 20) * SECOND + choose.of(0, 0, 0, 0, -1, 1);
  const propagates = what.kind === 'keyState' || what.kind === 'keyVersionState' || what.kind === 'keyAccess';
  const never = what.kind === 'keyState' && what.state === 'ENABLED';
  return {
    name: `entry-${position}`,
    named: true,
    at,
    until: !isUndone ? NEVER : (Math.min(until, duration) as Instant),
    propagation: (propagates && !never ? choose.of(0, 0, 1, 3) * SECOND : 0) as Duration,
    repeat: null,
    what,
  };
}

function happeningOf(
  choose: Chooser,
  services: readonly ServicePlan[],
  revisions: readonly RevisionPlan[],
  keys: readonly KeyPlan[],
): Happening {
  const service = choose.below(services.length);
  const plan = services[service];
  const used = revisions[service].key ?? choose.below(keys.length);
  const key = id<KeyId>(used);
  const external = keys[used].protectionLevel.startsWith('EXTERNAL');
  const kind = choose.of(
    'ekm',
    'ekm',
    'ekm',
    'keyState',
    'keyState',
    'keyVersionState',
    'keyRotation',
    'keyAccess',
    'quotaLimit',
    'scaling',
    'crash',
  );
  switch (kind) {
    case 'ekm': {
      if (!external) return { kind: 'keyState', key, state: 'DISABLED' };
      const retryable = choose.chance(60);
      return {
        kind: 'ekmUnreachable',
        keys: [key],
        retryable,
        error: retryable ? choose.of('UNREACHABLE_NETWORK', 'OVERLOADED_EKM') : choose.of('TLS_CERT', 'DNS'),
        share: 1,
        disablesKeyVersion: false,
      };
    }
    case 'keyState':
      return {
        kind: 'keyState',
        key,
        state: choose.of('DISABLED', 'DISABLED', 'DESTROY_SCHEDULED', 'DESTROYED', 'ENABLED'),
      };
    case 'keyVersionState':
      return {
        kind: 'keyVersionState',
        key,
        version: 1,
        state: choose.of('DISABLED', 'DISABLED', 'DESTROY_SCHEDULED'),
      };
    case 'keyRotation':
      return { kind: 'keyRotation', key };
    case 'keyAccess':
      return { kind: 'keyAccess', key, service: id(service), granted: choose.chance(20) };
    case 'quotaLimit':
      return { kind: 'quotaLimit', pool: id(choose.below(2)), perMinute: choose.of(0, 30, 60, 120, 6000) };
    case 'scaling': {
      const manual = plan.autoscaler === 'manual';
      const max = plan.maxInstanceCount ?? 100;
      return {
        kind: 'scaling',
        service: id(service),
        minInstanceCount: manual ? null : choose.below(Math.min(4, max + 1)),
        maxInstanceCount: null,
        manualInstanceCount: manual ? choose.below(4) : null,
      };
    }
    case 'crash':
      return { kind: 'instanceCrash', service: id(service), share: 1 };
  }
}

/** Some start without a key call, and so come back when they have been shut down because of their key. */
const withoutCalls = (choose: Chooser, revision: RevisionPlan): RevisionPlan =>
  choose.chance(20)
    ? { ...revision, startup: { ...revision.startup, layerDecrypts: 0, dataKeyDecrypts: 0 } }
    : revision;

/** Changes of one key in any order of arrival, a few seconds apart: most are asked for while others are on their way. */
function keyChangesOf(
  choose: Chooser,
  duration: number,
  services: readonly ServicePlan[],
  revisions: readonly RevisionPlan[],
  keys: readonly KeyPlan[],
): TimelinePlan[] {
  const key = id<KeyId>(revisions[0].key ?? 0);
  const state = (): KeyVersionState =>
    choose.of('ENABLED', 'ENABLED', 'DISABLED', 'DISABLED', 'DESTROY_SCHEDULED', 'DESTROYED');
  const last = keys[key].versions;
  const happenings: readonly (() => Happening)[] = [
    () => ({ kind: 'keyState', key, state: state() }),
    () => ({ kind: 'keyState', key, state: state() }),
    () => ({ kind: 'keyVersionState', key, version: choose.of(last, last, last + 1), state: state() }),
    () => ({ kind: 'keyRotation', key }),
    () => ({
      kind: 'keyAccess',
      key,
      service: id(choose.below(services.length)),
      granted: choose.chance(50),
    }),
  ];
  return Array.from({ length: choose.of(2, 3, 4, 5, 6) }, (_, position) => {
    const at = choose.below(duration / SECOND) * SECOND;
    const what = choose.of(...happenings)();
    const isUndone = what.kind !== 'keyRotation' && choose.chance(25);
    return {
      name: `entry-${position}`,
      named: true,
      at: at as Instant,
      until: isUndone ? (Math.min(at + choose.of(2, 5, 10) * SECOND, duration) as Instant) : NEVER,
      propagation: (choose.of(0, 0, 2, 5, 10) * SECOND) as Duration,
      repeat: null,
      what,
    };
  });
}
