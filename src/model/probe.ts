/**
 * What may be watched: the one interface between the simulated world and everything that counts, draws or logs.
 *
 * The model never logs, formats or counts for output; it tells a probe what happened, and curves, tables, the
 * audit log, the service log, the decision log and the story of each fault are watchers of the same play. The
 * two calls at the top come once a request and carry small whole numbers only (a double handed to a function
 * that is not inlined costs an allocation): what else a watcher needs stands in the tables of the world it was
 * given. All others are rare, and carry records.
 */
import type { UnavailabilityCause } from '../rules/key-unavailability.ts';
import type { KeyUse } from '../rules/key-uses.ts';
import type { EkmErrorDomain } from '../rules/ekm-errors.ts';
import type { HttpOutcomeId, StartReasonId } from '../rules/cloud-run-limits.ts';
import type {
  InstanceId,
  KeyId,
  PoolId,
  RequestId,
  RevisionId,
  ServiceId,
  TimelineId,
} from '../units/ids.ts';
import type { Duration, Instant } from '../units/time.ts';
import type { Plan } from './plan.ts';

export interface Probe {
  /** A request came to this service; a client's retry is a new one, with its number: `attempt` 1, 2 …, else 0. */
  arrived(service: ServiceId, attempt: number): void;
  /**
   * A request was answered with this HTTP code (499: the client gave up). Its row in `WorldView.requests` is
   * still valid during the call: `arrivedAt`, `startedAt` (negative: never placed), `cold`, `service`, `revision`.
   */
  answered(request: RequestId, code: number): void;
  /**
   * A ready instance of a revision got its first request (`by` 1), or lost its last (-1): how many have one has changed by
   * that, and the new count is in the world's counts.
   */
  activeChanged(revision: RevisionId, instance: InstanceId, by: number): void;

  /** How many instances a revision keeps without traffic has changed: limits, or its part of them. */
  minimumChanged(revision: RevisionId): void;
  /** Versions of a key were made, or changed their state. */
  versionsChanged(key: KeyId): void;
  /** A request was answered otherwise than 2xx, in the documented words; after `answered`, same request row. */
  rejected(request: RequestId, outcome: HttpOutcomeId): void;
  /** Counts of a revision changed other than by requests: a start began, an instance moved or left. */
  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage, because: string): void;
  /** A start met a key call that failed in a retryable way for the first time: it holds. */
  startHeld(instance: InstanceRecord, call: KeyCallRecord): void;
  /** A start ended: ready, refused, crashed or shut down before it was ready. `instance.outcome` says which. */
  startEnded(instance: InstanceRecord, call: KeyCallRecord | null): void;
  /** One attempt of a cryptographic call, told when its answer (or its denial) has come. */
  keyCalled(call: KeyCallRecord): void;
  /**
   * Quota of a pool was taken by one granted call, at the present instant. `ours`: by a service of the scenario.
   * `cost`: how much, in requests or tokens.
   */
  quotaTaken(pool: PoolId, ours: boolean, at: Instant, cost: number): void;
  /** A call was denied for quota. */
  quotaDenied(pool: PoolId, ours: boolean, at: Instant): void;
  /** The quota adjuster has raised a limit; told when somebody next looks at the pool, so `at` may lie before now. */
  quotaAdjusted(adjustment: QuotaAdjustmentRecord): void;
  /** The autoscaler (or a request that found no slot) decided something. */
  decided(decision: DecisionRecord): void;
  /** What Cloud Run knows of a key changed. */
  keyLearned(knowledge: KeyKnowledgeRecord): void;
  /** Running instances of a revision are about to be shut down because of their key. */
  evicting(eviction: EvictionRecord): void;
  /** A deployment was begun, failed or serves. */
  deployed(deployment: DeploymentRecord): void;
  /** A timeline entry began (took effect in the world; a key's propagation is part of it). */
  began(entry: TimelineId): void;
  ended(entry: TimelineId): void;
  /** All that happens before this point of the sampling grid has happened, and nothing after; not told of 0 and the horizon. */
  passed(instant: Instant): void;
  /** A point of the sampling grid, 0 included, the horizon not. */
  sampled(index: number): void;
  /** The horizon: what is still in flight is in the table of requests. */
  finished(): void;
  /** Told instead of `arrived`, `answered` and `rejected` in accelerated mode. */
  readonly crowd?: CrowdProbe;
}

/** Requests in numbers, as accelerated mode knows them; times are ns, a stretch is what came, or began, evenly in it. */
export interface CrowdProbe {
  /** `count` requests came to a service. */
  crowdArrived(service: ServiceId, count: number, from: number, until: number): void;
  /**
   * Of those that came between two instants `count` began to be worked on between two others, in the same order. `kind`:
   * whose duration they have; a service, or beyond those the first requests on instances of a service.
   */
  crowdStarted(
    service: ServiceId,
    kind: number,
    count: number,
    cameFrom: number,
    cameUntil: number,
    from: number,
    until: number,
  ): void;
  /** `count` that came at about `arrivedAt` waited for, or were the first on, an instance started on demand. */
  crowdCold(service: ServiceId, count: number, arrivedAt: number): void;
  /** `count` were answered 2xx in the step that ends at `at`. */
  crowdServed(service: ServiceId, revision: RevisionId, count: number, at: number): void;
  /** `count` of which each is known singly, and was answered 2xx; who is told of by this is not told of by the last two. */
  crowdFinished(
    service: ServiceId,
    revision: RevisionId,
    count: number,
    arrivedAt: number,
    startedAt: number,
    at: number,
  ): void;
  /**
   * As `activeChanged`, of an instance that stands in for others: how many are active is known, not which. So how long
   * one has been is not, and nothing is rounded by it.
   */
  crowdActiveChanged(revision: RevisionId, instance: InstanceId, by: number): void;
  /** By rounding, instances of a revision were paid for while they were idle, for so long in all, ns. */
  crowdPaidIdle(revision: RevisionId, length: number, at: number): void;
  /** `count` that came at about `arrivedAt` were answered otherwise. `placed`: while they were worked on. */
  crowdRefused(
    service: ServiceId,
    revision: RevisionId,
    outcome: HttpOutcomeId,
    code: number,
    count: number,
    arrivedAt: number,
    placed: boolean,
  ): void;
}

/** The stages of an instance's life, as counted: each live instance is in exactly one. */
export type LifeStage = 'starting' | 'awaiting_key' | 'active' | 'idle' | 'draining' | 'gone';

/** What a watcher may read. The world implements it; a probe is handed it before time begins. */
export interface WorldView {
  readonly plan: Plan;
  readonly replication: number;
  /** The present instant. */
  readonly now: Instant;
  /** The same, for those who ask at every request. */
  readonly clock: { readonly now: Instant };
  readonly requests: RequestTable;
  /** Indexed by RevisionId. */
  readonly revisions: readonly RevisionView[];
  /** Indexed by KeyId. */
  readonly keys: readonly KeyView[];
  /** Indexed by PoolId. */
  readonly pools: readonly { readonly perMinute: number }[];
  /** Events handled so far. */
  readonly events: number;
  /** Hash over time, kind and subject of every event, 16 hex digits. */
  readonly fingerprint: string;
}

export interface KeyView {
  /** Versions that are ENABLED or DISABLED, which Cloud KMS charges for. */
  readonly activeVersions: number;
  /**
   * Whether what an entry has set (a state, or access) is what holds, for one version or service at least: not where Cloud
   * KMS has refused it, nor where another has taken its place.
   */
  inForce(entry: TimelineId): boolean;
}

/** Asked by RequestId; an answer is valid from the request's arrival until `answered` returns. */
export interface RequestTable {
  arrivedAt(request: number): number;
  /** Negative while the request has not been placed on an instance. */
  startedAt(request: number): number;
  /** Waited for, or was the first on, an instance started on demand: 1, else 0. */
  cold(request: number): number;
  /** Retries before this one. */
  attempt(request: number): number;
  /** Of one that is answered otherwise than 2xx: its client will ask again. */
  retried(request: number): boolean;
  revision(request: number): number;
  service(request: number): number;
}

export interface RevisionView {
  readonly id: RevisionId;
  readonly service: ServiceId;
  readonly starting: number;
  readonly awaitingKey: number;
  readonly active: number;
  readonly idle: number;
  readonly draining: number;
  /** What the autoscaler last asked for. */
  readonly recommended: number;
  /** Instances it keeps whatever the traffic: its minimum, or its part of the manual count. */
  readonly minimum: number;
  readonly pending: number;
  /** True once it is, or was, part of the service: deployed and not failed. */
  readonly exists: boolean;
}

/** One instance, from the decision to start it until it is gone. */
export interface InstanceRecord {
  readonly id: InstanceId;
  /** 1, 2, 3 … in order of start within the revision. */
  readonly number: number;
  readonly service: ServiceId;
  readonly revision: RevisionId;
  readonly reason: StartReasonId | 'INITIAL';
  readonly startedAt: Instant;
  /** Null until it is ready. */
  readonly readyAt: Instant | null;
  /** Durations of the steps so far, ns. `key`: from the first key call until the last was answered. */
  readonly scheduling: Duration;
  readonly imageImport: Duration;
  readonly key: Duration;
  readonly container: Duration;
  /** KMS calls attempted, retries included. */
  readonly keyAttempts: number;
  /** Null while it starts. */
  readonly outcome:
    'ready' | `refused:${UnavailabilityCause | 'startup-probe'}` | 'crashed' | 'evicted' | 'withdrawn' | null;
}

export interface KeyCallRecord {
  readonly key: KeyId;
  readonly version: number;
  readonly use: KeyUse;
  readonly service: ServiceId;
  readonly revision: RevisionId;
  /** The start it belongs to; null for a deploy's and a check's. */
  readonly instance: InstanceRecord | null;
  /** 0 for the first attempt, then 1, 2 … for its retries. */
  readonly attempt: number;
  readonly issuedAt: Instant;
  readonly answeredAt: Instant;
  readonly outcome: 'ok' | 'exceeded' | 'failed';
  readonly failure: KeyFailure | null;
  readonly pool: PoolId | null;
  /** What it takes of the pool's quota if it is granted, in requests or tokens; 0 without a pool. */
  readonly cost: number;
  /** Attempts at the external key manager that Cloud KMS made for it; 0 where it made none. */
  readonly ekmAttempts: number;
}

export interface KeyFailure {
  readonly cause: UnavailabilityCause;
  readonly retryable: boolean;
  /** gRPC status code: 7, 8, 9 … */
  readonly code: number;
  /** As Cloud Run logs it: one of the five messages, or the external key manager's own, passed through. */
  readonly message: string;
  readonly ekmError: EkmErrorDomain | null;
  /** The timeline entry behind it, where there is one. */
  readonly fault: TimelineId | null;
}

export interface QuotaAdjustmentRecord {
  readonly at: Instant;
  readonly pool: PoolId;
  /** Limits per minute, before and after. */
  readonly from: number;
  readonly to: number;
  /** Usage of the last minute before more was requested. */
  readonly usage: number;
  readonly because: string;
}

export interface DecisionRecord {
  readonly at: Instant;
  readonly service: ServiceId;
  readonly revision: RevisionId;
  /** `metrics`: the periodic evaluation; `on-demand`: a request found no slot; `scaling`: limits were changed. */
  readonly by: 'metrics' | 'on-demand' | 'scaling' | 'back-off';
  /** What was looked at, in the decider's own words: numbers by name. */
  readonly readings: Readonly<Record<string, number>>;
  readonly desired: number;
  /** Starts issued. */
  readonly starts: number;
  readonly because: string;
}

export interface KeyKnowledgeRecord {
  readonly at: Instant;
  readonly key: KeyId;
  readonly condition: 'usable' | 'ekm-retrying' | 'ekm-not-retryable' | 'lost';
  readonly cause: UnavailabilityCause | null;
  readonly revision: RevisionId | null;
  /** When running instances will be shut down because of it; null: not. */
  readonly evictionAt: Instant | null;
  readonly fault: TimelineId | null;
}

export interface EvictionRecord {
  readonly at: Instant;
  readonly revision: RevisionId;
  readonly key: KeyId;
  readonly cause: UnavailabilityCause;
  /** Ready instances that are told to leave, and starts that are broken off. */
  readonly instances: number;
}

export interface DeploymentRecord {
  readonly at: Instant;
  /** When it was asked for. */
  readonly begunAt: Instant;
  readonly service: ServiceId;
  readonly revision: RevisionId;
  readonly stage: 'begun' | 'failed' | 'serving';
  readonly message: string;
}
