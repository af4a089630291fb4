/**
 * The plan: everything a run is a function of, besides the replication number.
 *
 * A plan is plain data (it crosses thread borders by structured clone), every name in it is resolved to an
 * index, every default is filled in, every time is whole nanoseconds. `scenario/load` makes one out of a
 * scenario file and refuses what cannot be run, so the model may rely on a plan being consistent:
 * minimum <= maximum, each key in its service's location, timeline entries inside the horizon, and so on.
 */
import type { DistributionSpec } from '../engine/distributions.ts';
import type { AssumptionValues } from '../rules/assumptions.ts';
import type { EkmErrorDomain } from '../rules/ekm-errors.ts';
import type { KeyVersionState } from '../rules/key-version-states.ts';
import type { ProtectionLevel } from '../rules/protection-levels.ts';
import type { QuotaPolicy } from '../rules/quota-policies.ts';
import type { RevocationAction } from '../rules/revocation-actions.ts';
import type { StartupProbe } from '../rules/startup-probe.ts';
import type { EkmConnectionId, KeyId, PoolId, RevisionId, ServiceId, TimelineId } from '../units/ids.ts';
import type { Duration, Instant } from '../units/time.ts';

export interface Plan {
  readonly name: string;
  readonly description: string;
  /** Hash of the canonical scenario (manifests and traces included), hex. Never used for seeding. */
  readonly hash: string;
  /** Root seed as text; the number 42 and the text '42' are the same seed. */
  readonly seed: string;
  readonly duration: Duration;
  /** Requests that arrive, and starts and key calls that begin, before this are left out of the summary. */
  readonly warmUp: Duration;
  /** `accelerated`: requests in numbers instead of one by one; what is left out means `exact`. */
  readonly mode?: 'exact' | 'accelerated';
  /** Grid of the curves. */
  readonly sampleInterval: Duration;
  /** Unix time in ms of the scenario's time 0; labels axes and logs, changes nothing else. */
  readonly startsAt: number | null;
  readonly services: readonly ServicePlan[];
  /** All revisions, those a deploy will bring included. */
  readonly revisions: readonly RevisionPlan[];
  readonly keys: readonly KeyPlan[];
  readonly ekmConnections: readonly EkmConnectionPlan[];
  readonly quotas: QuotasPlan;
  readonly pricing: PricingPlan;
  /** In the order of the file; entries that begin at one instant act in this order. */
  readonly timeline: readonly TimelinePlan[];
  readonly objectives: readonly ObjectivePlan[];
  readonly assumptions: AssumptionValues;
  /** Every assumption this scenario relied on, for the report: name, value as text, reason, set by the user? */
  readonly assumptionsUsed: readonly AssumptionNote[];
  readonly experiment: ExperimentPlan;
  /** Manifest annotations and fields that matter to scaling or keys and that this version does not act on. */
  readonly notSimulated: readonly string[];
}

export interface AssumptionNote {
  readonly name: string;
  readonly value: string;
  readonly why: string;
  /** True where the scenario overrides the default. */
  readonly overridden: boolean;
}

export type AutoscalerKind = 'cloud-run' | 'knative' | 'per-request' | 'manual';

export type RoutingRule =
  'least-loaded' | 'newest-first' | 'oldest-first' | 'round-robin' | 'random' | 'best-of-two';

export interface ServicePlan {
  readonly name: string;
  readonly location: string;
  readonly project: string;
  readonly projectNumber: string;
  /** Service-level scaling; null where not set. `maxInstanceCount` null means no service-level limit. */
  readonly minInstanceCount: number;
  readonly maxInstanceCount: number | null;
  readonly autoscaler: AutoscalerKind;
  /** Wanted count under `autoscaler: manual` (scalingMode MANUAL), else null. */
  readonly manualInstanceCount: number | null;
  readonly knative: KnativeSettings | null;
  readonly routing: RoutingRule;
  readonly idleTimeout: DistributionSpec;
  /** null: the documented rule, max(10 s, 3.5 x mean start-up time). */
  readonly pendingTimeout: Duration | null;
  readonly pendingLimit: number | null;
  /** null: the minimum (or manual) count. */
  readonly initialInstanceCount: number | null;
  readonly load: LoadPlan;
  readonly clients: ClientsPlan | null;
  readonly requests: RequestsPlan;
  /** Clients that come back, where a revision has session affinity. */
  readonly sessions: number;
  /** Share of this service's requests that each revision gets at time 0; sums to 100. */
  readonly traffic: readonly { readonly revision: RevisionId; readonly percent: number }[];
  /** Revisions that carry a tag at time 0; left out: none. */
  readonly tags?: readonly { readonly tag: string; readonly revision: RevisionId }[];
}

/** What is fixed at a deploy and never changes for a revision. */
export interface RevisionPlan {
  readonly name: string;
  readonly service: ServiceId;
  /** False for a revision that a timeline entry deploys later. */
  readonly initial: boolean;
  readonly minInstanceCount: number;
  readonly maxInstanceCount: number;
  readonly maxInstanceRequestConcurrency: number;
  readonly timeout: Duration;
  /** vCPU. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly cpuIdle: boolean;
  readonly startupCpuBoost: boolean;
  readonly sessionAffinity: boolean;
  /** null: Google-managed encryption; no start touches KMS. */
  readonly key: KeyId | null;
  readonly revocationAction: RevocationAction;
  /** With SHUTDOWN only; null: as soon as possible. */
  readonly shutdownDuration: Duration | null;
  /** Share of the concurrency (of the CPU) aimed at; null: that driver is disabled. */
  readonly concurrencyTarget: number | null;
  readonly cpuTarget: number | null;
  readonly startup: StartupPlan;
  /** The repository of the image, where it has a key; null: its calls, if any, are not simulated. */
  readonly imageRepository: ImageRepositoryPlan | null;
}

/** An Artifact Registry repository with a customer-managed encryption key. */
export interface ImageRepositoryPlan {
  readonly key: KeyId;
  /** Once, at the deployment, or at each start. */
  readonly download: 'deploy' | 'start';
  /** Decrypt calls for one download of the image. */
  readonly decryptsPerDownload: number;
  /** Encrypt calls for the upload of the image just before a deployment; 0: it is there already. */
  readonly encryptsPerUpload: number;
}

/** The steps of a cold start, in this order. */
export interface StartupPlan {
  readonly scheduling: DistributionSpec;
  readonly imageImport: DistributionSpec;
  readonly layerDecrypts: number;
  readonly dataKeyDecrypts: number;
  readonly containerStart: DistributionSpec;
  /** True where nothing in the scenario says how many key calls a start makes: results may hang on it. */
  readonly decryptsAssumed?: boolean;
  /** Key calls one after another, or all at once. */
  readonly decrypts: 'sequential' | 'parallel';
  /** A data key that was decrypted on a node serves other starts there for a while; null: every start asks. */
  readonly dataKeyCache: { readonly ttl: Duration; readonly instancesPerNode: number } | null;
  /** The container's start takes this many times as long as it was measured: another CPU, or another boost. */
  readonly containerFactor: number;
  readonly probe: StartupProbe;
}

export interface RequestsPlan {
  readonly duration: DistributionSpec;
  readonly firstDuration: DistributionSpec | null;
  readonly cpuTime: DistributionSpec | null;
}

/** A rate at an instant; between two points it is linear, after the last it stays. */
export interface RatePoint {
  readonly at: Instant;
  readonly perSecond: number;
}

export interface LoadPlan {
  readonly arrivals:
    | { readonly kind: 'poisson' }
    | { readonly kind: 'regular' }
    | { readonly kind: 'interarrival'; readonly gap: DistributionSpec }
    | { readonly kind: 'mmpp'; readonly rates: readonly number[]; readonly stay: readonly Duration[] }
    | { readonly kind: 'trace'; readonly at: Float64Array; readonly duration: Float64Array | null };
  /** Requests per second at given instants, ascending from 0, linear in between, two entries at one instant: a
   * jump. Used by poisson and regular. Empty for the others. */
  readonly rate: readonly RatePoint[];
  /** Instead of `rate`: mean + amplitude x sin(2 pi t / period), per second. */
  readonly sinusoid: {
    readonly mean: number;
    readonly amplitude: number;
    readonly period: Duration;
  } | null;
}

export interface ClientsPlan {
  readonly timeout: Duration | null;
  readonly retries: number;
  /** At most this many retries for each first attempt, on average; null: no such bound. */
  readonly budget: number | null;
  readonly backoff: {
    readonly initial: Duration;
    readonly factor: number;
    readonly max: Duration;
    readonly jitter: 'full' | 'none';
  };
}

export interface KnativeSettings {
  readonly metric: 'concurrency' | 'rps';
  readonly target: number | null;
  readonly targetUtilization: number;
  readonly stableWindow: Duration;
  readonly panicWindowPercentage: number;
  readonly panicThresholdPercentage: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly scaleDownDelay: Duration;
  readonly scaleToZeroGracePeriod: Duration;
  readonly targetBurstCapacity: number;
  readonly activationScale: number;
  readonly initialScale: number;
  readonly tick: Duration;
}

export interface KeyPlan {
  /** projects/P/locations/L/keyRings/R/cryptoKeys/K */
  readonly name: string;
  readonly project: string;
  readonly location: string;
  readonly protectionLevel: ProtectionLevel;
  readonly latency: DistributionSpec;
  readonly check: { readonly interval: Duration; readonly per: 'revision' | 'key' };
  readonly ekmConnection: EkmConnectionId | null;
  /** Versions at time 0, all ENABLED; the newest is primary. */
  readonly versions: number;
  /** The pool its calls are charged to; null for SOFTWARE. */
  readonly pool: PoolId | null;
}

export interface EkmConnectionPlan {
  readonly name: string;
  /** Calls per second; null: unbounded. */
  readonly capacity: number | null;
  readonly latency: DistributionSpec | null;
  /** Between Cloud KMS and the external key manager, there and back; added to each attempt. */
  readonly roundTripTime: Duration;
}

export interface QuotasPlan {
  readonly policy: QuotaPolicy;
  /** One per (project, location, HSM | EXTERNAL) that a key of the scenario, or the file, names. */
  readonly limits: readonly QuotaLimitPlan[];
}

export interface QuotaLimitPlan {
  /** As the scenario names it, or PROJECT/LOCATION/LEVEL. */
  readonly name: string;
  readonly project: string;
  readonly location: string;
  readonly protectionLevel: 'HSM' | 'EXTERNAL';
  /** Calls per minute. */
  readonly perMinute: number;
  /** Calls that others make on this pool, Poisson at this rate; empty: none. */
  readonly otherUsage: readonly RatePoint[];
  readonly window: 'sliding' | 'calendar-second' | 'token-bucket';
  readonly enforcement: 'hard' | 'soft';
  /** False where the default applies because the scenario names no limit for this pool. */
  readonly stated: boolean;
}

/** Which list prices a bill is made by; `rules/prices` has those of tier 1, and no free tier. */
export interface PricingPlan {
  readonly tier: 1;
  readonly freeTier: false;
}

export interface TimelinePlan {
  /** Unique; given, or made from what happens and its position. */
  readonly name: string;
  readonly named: boolean;
  /** May be negative: it began before time 0. */
  readonly at: Instant;
  /** When it is undone; NEVER where it is not, cut to the horizon otherwise. */
  readonly until: Instant;
  /** When the change reaches KMS: at + this. */
  readonly propagation: Duration;
  /** At random instead: up and down times alternate, beginning up at `at`; no `down` where it is over at once. */
  readonly repeat: { readonly up: DistributionSpec; readonly down: DistributionSpec | null } | null;
  readonly what: Happening;
}

export type { KeyVersionState };

export type Happening =
  | {
      readonly kind: 'ekmUnreachable';
      /** The keys it concerns (all keys of the connection, where one was named). */
      readonly keys: readonly KeyId[];
      readonly retryable: boolean;
      readonly error: EkmErrorDomain;
      /** Share of the calls that fail, 0 < share <= 1. */
      readonly share: number;
      /** Whether a call that meets it has Cloud EKM disable the key version. */
      readonly disablesKeyVersion: boolean;
    }
  | { readonly kind: 'quotaLimit'; readonly pool: PoolId; readonly perMinute: number }
  | { readonly kind: 'keyState'; readonly key: KeyId; readonly state: KeyVersionState }
  | {
      readonly kind: 'keyVersionState';
      readonly key: KeyId;
      readonly version: number;
      readonly state: KeyVersionState;
    }
  | { readonly kind: 'keyRotation'; readonly key: KeyId }
  | {
      readonly kind: 'keyAccess';
      readonly key: KeyId;
      readonly service: ServiceId;
      readonly granted: boolean;
    }
  | {
      readonly kind: 'deploy';
      readonly service: ServiceId;
      readonly revision: RevisionId;
      /** Share of the traffic that the new revision gets when it serves. */
      readonly percent: number;
      /** A tag it gets when it serves; it is taken from the revision that has it. */
      readonly tag?: string;
    }
  | {
      readonly kind: 'scaling';
      readonly service: ServiceId;
      readonly minInstanceCount: number | null;
      readonly maxInstanceCount: number | null;
      readonly manualInstanceCount: number | null;
    }
  | {
      readonly kind: 'traffic';
      readonly service: ServiceId;
      /** The split from now on; shares sum to 100. */
      readonly split: readonly { readonly revision: RevisionId; readonly percent: number }[];
    }
  | {
      readonly kind: 'trafficShift';
      readonly from: ServiceId;
      readonly to: ServiceId;
      readonly share: number;
      /** The share moves linearly over this long (and back, when it is undone). */
      readonly over: Duration;
    }
  | { readonly kind: 'kmsLatency'; readonly key: KeyId; readonly factor: number }
  | { readonly kind: 'instanceCrash'; readonly service: ServiceId; readonly share: number }
  /** Instances that a minimum keeps are shut down and started anew. */
  | { readonly kind: 'instanceRestart'; readonly service: ServiceId; readonly count: number }
  /** A location is gone, with everything of these services in it. */
  | { readonly kind: 'regionLost'; readonly location: string; readonly services: readonly ServiceId[] };

/** Whether it is over as soon as it has happened, so that nothing is undone. */
export const isOverAtOnce = ({ kind }: Happening): boolean =>
  kind === 'instanceCrash' || kind === 'instanceRestart';

/** Whether it sets the state of a key, or access to it, which Cloud KMS can refuse. */
export const setsKey = (
  what: Happening,
): what is Extract<Happening, { kind: 'keyState' | 'keyVersionState' | 'keyAccess' }> =>
  what.kind === 'keyState' || what.kind === 'keyVersionState' || what.kind === 'keyAccess';

export interface ObjectivePlan {
  /** As written: `e2e_latencies.p99 < 2s`. */
  readonly expect: string;
  /** A name of `probes/metrics`: `e2e_latencies.p99`. */
  readonly metric: string;
  readonly comparison: '<' | '<=' | '>' | '>=' | '==' | '!=';
  /** In the metric's own unit (ms, ratio, count). */
  readonly limit: number;
  readonly service: ServiceId | null;
  readonly during: TimelineId | null;
  readonly severity: 'error' | 'warn';
}

export interface ExperimentPlan {
  readonly horizon: 'terminating' | 'steady-state';
  readonly replications: {
    readonly min: number;
    readonly max: number;
    /** Null: exactly `min`. */
    readonly relativeHalfWidth: number | null;
    readonly confidence: number;
  };
}
