/**
 * A small plan and a world made by hand: a test sets what matters and calls the watchers as a world would.
 */
import { DEFAULT_STARTUP_PROBE } from '../../src/rules/startup-probe.ts';
import { Requests } from '../../src/model/run/requests.ts';
import type { ObjectivePlan, Plan, TimelinePlan } from '../../src/model/plan.ts';
import type {
  InstanceRecord,
  KeyCallRecord,
  KeyFailure,
  LifeStage,
  WorldView,
} from '../../src/model/probe.ts';
import { defaultAssumptions } from '../../src/rules/assumptions.ts';
import { messageFor } from '../../src/rules/cmek-messages.ts';
import type { UnavailabilityCause } from '../../src/rules/key-unavailability.ts';
import { statusOfCause } from '../../src/rules/key-unavailability.ts';
import { statusNumber } from '../../src/rules/status-codes.ts';
import type {
  InstanceId,
  KeyId,
  PoolId,
  RequestId,
  RevisionId,
  ServiceId,
  TimelineId,
} from '../../src/units/ids.ts';
import { NEVER, SECOND, type Duration, type Instant } from '../../src/units/time.ts';
import type { Watchers } from '../../src/probes/watchers.ts';

export const s = (seconds: number): Instant => Math.round(seconds * SECOND) as Instant;
export const lasting = (seconds: number): Duration => Math.round(seconds * SECOND) as Duration;
export const service = (id: number): ServiceId => id as ServiceId;
export const revision = (id: number): RevisionId => id as RevisionId;
export const pool = (id: number): PoolId => id as PoolId;
export const entry = (id: number): TimelineId => id as TimelineId;

export const KEY_NAME = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/checkout';

/** One service with one revision on one HSM key, a minute long, a point every 10 s. */
export function aPlan(changes: Partial<Plan> = {}): Plan {
  return {
    name: 'a-test',
    description: '',
    hash: 'abc',
    seed: '42',
    duration: lasting(60),
    warmUp: lasting(0),
    sampleInterval: lasting(10),
    startsAt: null,
    services: [aService('checkout')],
    revisions: [aRevision('checkout-00001', 0, 0)],
    keys: [aKey('HSM', 0)],
    ekmConnections: [],
    quotas: { policy: 'hard-per-second', limits: [aLimit('HSM')] },
    pricing: { tier: 1, freeTier: false },
    timeline: [],
    objectives: [],
    assumptions: defaultAssumptions(),
    assumptionsUsed: [],
    experiment: {
      horizon: 'terminating',
      replications: { min: 1, max: 1, relativeHalfWidth: null, confidence: 0.95 },
    },
    notSimulated: [],
    ...changes,
  };
}

export const aService = (
  name: string,
  changes: Partial<Plan['services'][number]> = {},
): Plan['services'][number] => ({
  name,
  location: 'europe-west3',
  project: 'shop-prod',
  projectNumber: '123456789012',
  minInstanceCount: 0,
  maxInstanceCount: null,
  autoscaler: 'cloud-run',
  manualInstanceCount: null,
  knative: null,
  routing: 'least-loaded',
  idleTimeout: { kind: 'constant', value: 0 },
  pendingTimeout: null,
  pendingLimit: null,
  initialInstanceCount: null,
  load: { arrivals: { kind: 'poisson' }, rate: [], sinusoid: null },
  clients: null,
  sessions: 1000,
  requests: { duration: { kind: 'constant', value: 0 }, firstDuration: null, cpuTime: null },
  traffic: [],
  ...changes,
});

export const aRevision = (
  name: string,
  ofService: number,
  key: number | null,
): Plan['revisions'][number] => ({
  name,
  service: service(ofService),
  initial: true,
  minInstanceCount: 0,
  maxInstanceCount: 100,
  maxInstanceRequestConcurrency: 80,
  timeout: lasting(300),
  cpu: 1,
  memoryBytes: 0,
  cpuIdle: true,
  sessionAffinity: false,
  startupCpuBoost: false,
  key: key as KeyId | null,
  revocationAction: 'PREVENT_NEW',
  shutdownDuration: null,
  concurrencyTarget: 0.6,
  cpuTarget: null,
  startup: {
    scheduling: { kind: 'constant', value: 0 },
    imageImport: { kind: 'constant', value: 0 },
    layerDecrypts: 1,
    dataKeyDecrypts: 1,
    containerStart: { kind: 'constant', value: 0 },
    decrypts: 'sequential',
    dataKeyCache: null,
    containerFactor: 1,
    probe: DEFAULT_STARTUP_PROBE,
  },
  imageRepository: null,
});

export const aKey = (
  protectionLevel: Plan['keys'][number]['protectionLevel'],
  ofPool: number | null,
): Plan['keys'][number] => ({
  name: KEY_NAME,
  project: 'kms-prod',
  location: 'europe-west3',
  protectionLevel,
  latency: { kind: 'constant', value: 0 },
  check: { interval: lasting(300), per: 'revision' },
  ekmConnection: null,
  versions: 1,
  pool: ofPool as PoolId | null,
});

export const aLimit = (
  protectionLevel: 'HSM' | 'EXTERNAL',
  perMinute = 600,
): Plan['quotas']['limits'][number] => ({
  name: `${protectionLevel.toLowerCase()}-limit`,
  project: 'kms-prod',
  location: 'europe-west3',
  protectionLevel,
  perMinute,
  otherUsage: [],
  window: 'sliding',
  enforcement: 'hard',
  stated: true,
});

/** In force from `at` to `until` (left out: never undone), in seconds. */
export const anEntry = (
  name: string,
  at: number,
  until: number | null,
  what: TimelinePlan['what'],
): TimelinePlan => ({
  name,
  named: true,
  at: s(at),
  until: until === null ? NEVER : s(until),
  propagation: lasting(0),
  repeat: null,
  what,
});

export const anOutage = (name: string, at: number, until: number | null): TimelinePlan =>
  anEntry(name, at, until, {
    kind: 'ekmUnreachable',
    keys: [0 as KeyId],
    retryable: true,
    error: 'UNREACHABLE_NETWORK',
    share: 1,
    disablesKeyVersion: false,
  });

export const anObjective = (
  metric: string,
  comparison: ObjectivePlan['comparison'],
  limit: number,
  changes: Partial<ObjectivePlan> = {},
): ObjectivePlan => ({
  expect: `${metric} ${comparison} ${limit}`,
  metric,
  comparison,
  limit,
  service: null,
  during: null,
  severity: 'error',
  ...changes,
});

/** A world without a will of its own: the test says what time it is and what happens. */
export class HandmadeWorld implements WorldView {
  readonly plan: Plan;
  readonly replication = 1;
  readonly events = 7;
  readonly fingerprint = '0123456789abcdef';
  now = s(0);
  readonly clock = this;
  /** Set by the test where versions come and go. */
  readonly keys: { activeVersions: number; inForce: (entry: TimelineId) => boolean }[];
  readonly requests: Requests;
  readonly revisions: {
    id: RevisionId;
    service: ServiceId;
    starting: number;
    awaitingKey: number;
    active: number;
    idle: number;
    draining: number;
    recommended: number;
    minimum: number;
    pending: number;
    percent: number;
    exists: boolean;
  }[];
  readonly pools: { perMinute: number }[];

  private readonly watchers: Watchers;
  private readonly ready: { id: InstanceId; revision: RevisionId; busy: boolean }[] = [];
  private started = 0;

  constructor(plan: Plan, watchers: Watchers) {
    this.plan = plan;
    this.requests = new Requests(plan.revisions.map((each) => each.service));
    this.keys = plan.keys.map(({ versions }) => ({ activeVersions: versions, inForce: () => true }));
    this.watchers = watchers;
    this.revisions = plan.revisions.map((each, id) => ({
      id: revision(id),
      service: each.service,
      starting: 0,
      awaitingKey: 0,
      active: 0,
      idle: 0,
      draining: 0,
      recommended: 0,
      minimum: 0,
      pending: 0,
      percent: 100,
      exists: each.initial,
    }));
    this.pools = plan.quotas.limits.map((limit) => ({ perMinute: limit.perMinute }));
    watchers.watch(this);
  }

  /** Moves on to a time, in seconds, passing the points of the grid between; at a point, what happens there comes first. */
  at(seconds: number): this {
    const to = s(seconds);
    while (this.nextSample * this.plan.sampleInterval < to) this.sample();
    if (this.nextSample * this.plan.sampleInterval === to) this.pass();
    this.now = to;
    return this;
  }

  private nextSample = 0;

  private passed = 0;

  /** What happens at the next point of the grid begins. */
  private pass(): void {
    if (this.passed >= this.nextSample) return;
    this.passed = this.nextSample;
    const instant = this.nextSample * this.plan.sampleInterval;
    if (instant < this.plan.duration) this.watchers.passed(instant as Instant);
  }

  private sample(): void {
    this.pass();
    this.now = (this.nextSample * this.plan.sampleInterval) as Instant;
    this.watchers.sampled(this.nextSample++);
  }

  /** A request arrives now; its row. */
  arrive(changes: { service?: number; attempt?: number } = {}): RequestId {
    const { requests } = this;
    const row = requests.take();
    const its = changes.service ?? 0;
    requests.arrive(row, its as RevisionId, changes.attempt ?? 0);
    requests.setArrivedAt(row, this.now);
    requests.setDuration(row, 0);
    this.watchers.arrived(service(changes.service ?? 0), changes.attempt ?? 0);
    return row as RequestId;
  }

  place(request: RequestId, cold = false): RequestId {
    this.requests.setStartedAt(request, this.now);
    if (cold) this.requests.setCold(request);
    return request;
  }

  /** `again`: its client will ask once more. */
  answer(request: RequestId, code = 200, again = false): void {
    if (again) this.requests.setRetried(request);
    this.watchers.answered(request, code);
    this.requests.release(request);
  }

  /** An instance whose start is decided now. */
  start(changes: Partial<InstanceRecord> = {}): Writable<InstanceRecord> {
    const instance: Writable<InstanceRecord> = {
      id: this.started as InstanceId,
      number: ++this.started,
      service: this.revisions[changes.revision ?? 0].service,
      revision: revision(0),
      reason: 'AUTOSCALING',
      startedAt: this.now,
      readyAt: null,
      scheduling: lasting(0),
      imageImport: lasting(0),
      key: lasting(0),
      container: lasting(0),
      keyAttempts: 0,
      outcome: null,
      ...changes,
    };
    this.count(instance.revision, 'starting', 1);
    this.watchers.moved(instance, 'none', 'starting', '');
    return instance;
  }

  move(instance: InstanceRecord, from: LifeStage, to: LifeStage): void {
    const { id, revision } = instance;
    const at = this.ready.findIndex((one) => one.id === id);
    if (at >= 0) this.ready.splice(at, 1);
    if (to === 'idle' || to === 'active') this.ready.push({ id, revision, busy: to === 'active' });
    this.count(instance.revision, from, -1);
    this.count(instance.revision, to, 1);
    this.watchers.moved(instance, from, to, '');
  }

  /** A start succeeds now. */
  becomeReady(instance: Writable<InstanceRecord>, from: LifeStage = 'starting'): void {
    instance.readyAt = this.now;
    instance.outcome = 'ready';
    this.move(instance, from, 'idle');
    this.watchers.startEnded(instance, null);
  }

  refuse(instance: Writable<InstanceRecord>, call: KeyCallRecord): void {
    instance.outcome = `refused:${call.failure!.cause}`;
    this.move(instance, 'starting', 'gone');
    this.watchers.startEnded(instance, call);
  }

  /** Instances that are ready at time 0. */
  initial(count: number, ofRevision = 0): Writable<InstanceRecord>[] {
    return Array.from({ length: count }, () => {
      const instance = this.start({ reason: 'INITIAL', revision: revision(ofRevision) });
      this.becomeReady(instance);
      return instance;
    });
  }

  /** So many more instances have a request, the first of those without one; or fewer, the last of those with one. */
  activate(by: number, ofRevision = 0): void {
    this.revisions[ofRevision].active += by;
    this.revisions[ofRevision].idle -= by;
    const changing = this.ready.filter((one) => one.revision === ofRevision && one.busy === by < 0);
    if (by < 0) changing.reverse();
    for (const one of changing.slice(0, Math.abs(by))) {
      one.busy = by > 0;
      this.watchers.activeChanged(revision(ofRevision), one.id, by > 0 ? 1 : -1);
    }
  }

  /** The horizon. */
  finish(): void {
    while (this.nextSample * this.plan.sampleInterval < this.plan.duration) this.sample();
    this.now = this.plan.duration as number as Instant;
    this.watchers.finished();
  }

  private count(of: RevisionId, stage: LifeStage, by: number): void {
    const counts = this.revisions[of];
    if (stage === 'awaiting_key') counts.awaitingKey += by;
    else if (stage !== 'gone') counts[stage] += by;
  }
}

export type Writable<T> = { -readonly [K in keyof T]: T[K] };

export const aCall = (changes: Partial<KeyCallRecord> = {}): KeyCallRecord => ({
  key: 0 as KeyId,
  version: 1,
  use: 'layer-decrypt',
  service: service(0),
  revision: revision(0),
  instance: null,
  attempt: 0,
  issuedAt: s(0),
  answeredAt: s(0),
  outcome: 'ok',
  failure: null,
  pool: pool(0),
  cost: changes.pool === null ? 0 : 1,
  ekmAttempts: 0,
  ...changes,
});

export const aFailure = (cause: UnavailabilityCause, changes: Partial<KeyFailure> = {}): KeyFailure => ({
  cause,
  retryable: cause === 'ekm-unreachable',
  code: statusNumber(statusOfCause(cause)),
  message: messageFor(cause, KEY_NAME),
  ekmError: null,
  fault: null,
  ...changes,
});
