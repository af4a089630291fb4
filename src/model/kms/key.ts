/**
 * A key as Cloud KMS knows it: the states of its versions, who has access, how far away it is, and whether its
 * external key manager can be reached.
 *
 * What is here takes effect for Cloud KMS at once; propagation has passed already when it is called. What Cloud
 * Run knows of a key is another matter (`run/key-watch.ts`): it learns it from key calls only.
 *
 *   version   ENABLED <-> DISABLED, DESTROY_SCHEDULED -> DISABLED, and DESTROYED, from which nothing leads back
 *
 * A change that lasts for a while is laid over the lasting state; of several in force the most severe one shows, so
 * that overlapping changes do not depend on the order in which they end. Of lasting changes the one that was
 * asked for last holds, even where an earlier one takes longer to propagate.
 */
import { Distribution } from '../../engine/distributions.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import { refusesTransition } from '../../rules/key-version-states.ts';
import type { EkmErrorDomain } from '../../rules/ekm-errors.ts';
import type { KeyId, ServiceId, TimelineId } from '../../units/ids.ts';
import { between, HOUR, type Duration, type Instant } from '../../units/time.ts';
import type { KeyPlan, KeyVersionState } from '../plan.ts';

/** What stands against a call, and which timeline entry put it there. */
export interface VersionState {
  readonly state: KeyVersionState;
  readonly fault: TimelineId | null;
}

export interface EkmOutage {
  readonly fault: TimelineId;
  readonly since: Instant;
  readonly retryable: boolean;
  readonly error: EkmErrorDomain;
  readonly share: number;
  readonly disablesKeyVersion: boolean;
}

interface Grant {
  readonly granted: boolean;
  readonly fault: TimelineId;
}

const SEVERITY: Readonly<Record<KeyVersionState, number>> = {
  ENABLED: 0,
  DISABLED: 1,
  DESTROY_SCHEDULED: 2,
  DESTROYED: 3,
};

const ENABLED: VersionState = { state: 'ENABLED', fault: null };

interface Version {
  lasting: VersionState;
  /** When the lasting state was asked for. */
  askedAt: number;
  readonly overlaid: Map<TimelineId, VersionState>;
}

export class Key {
  readonly id: KeyId;
  readonly plan: KeyPlan;
  /** The version that new data is wrapped with; versions count from 1. */
  primary: number;
  /** Outages of the external key manager in force, in the order of the scenario file. */
  readonly outages: EkmOutage[] = [];

  private readonly versions: Version[] = [];
  /** By service, where a timeline entry has changed it. What is set for a while goes before what lasts. */
  private readonly access = new Map<ServiceId, { lasting: Grant; forNow: Grant[] }>();
  /** Outages that have ended, as long as a call may be under way that met them. */
  private ended: { readonly outage: EkmOutage; readonly until: Instant }[] = [];
  /** The outage that ended last, and when. */
  lastOutage: { readonly fault: TimelineId; readonly until: Instant } | null = null;
  private readonly factors = new Map<TimelineId, number>();
  private readonly latency: Distribution;
  private readonly latencies: Stream;
  private readonly failures: Stream;
  /** Of attempts after the first, within one call. */
  private readonly furtherLatencies: Stream;
  private readonly furtherFailures: Stream;

  constructor(id: KeyId, plan: KeyPlan, streams: Streams) {
    this.id = id;
    this.plan = plan;
    for (let version = 1; version <= plan.versions; version++) this.addVersion();
    this.primary = plan.versions;
    this.latency = new Distribution(plan.latency);
    this.latencies = streams.stream('kms-latency', plan.name);
    this.failures = streams.stream('ekm-failure', plan.name);
    this.furtherLatencies = streams.stream('ekm-attempt', `latency of key ${plan.name}`);
    this.furtherFailures = streams.stream('ekm-attempt', `failure of key ${plan.name}`);
  }

  get isExternal(): boolean {
    return this.plan.protectionLevel === 'EXTERNAL' || this.plan.protectionLevel === 'EXTERNAL_VPC';
  }

  /** Versions that are neither destroyed nor scheduled for it. */
  get activeVersions(): number {
    let active = 0;
    for (let version = 1; version <= this.versions.length; version++) {
      const { state } = this.stateOf(version);
      if (state === 'ENABLED' || state === 'DISABLED') active++;
    }
    return active;
  }

  /** A new version, which becomes the primary one. */
  rotate(): void {
    this.addVersion();
    this.primary = this.versions.length;
  }

  stateOf(version: number): VersionState {
    const { lasting, overlaid } = this.versions[version - 1];
    let worst: VersionState | null = null;
    for (const over of overlaid.values()) {
      // Destruction that was scheduled meanwhile shows through what does not undo it.
      if (refusesTransition(lasting.state, over.state)) continue;
      if (worst === null || SEVERITY[over.state] > SEVERITY[worst.state]) worst = over;
    }
    if (worst === null) return lasting;
    return worst.state === 'ENABLED' ? ENABLED : worst;
  }

  /**
   * Sets the state of one version, or of all there are. `forNow`: until `lift` takes it off again. `askedAt`: when
   * the change was asked for, which is before it takes effect.
   */
  setState(
    version: number | null,
    state: KeyVersionState,
    fault: TimelineId | null,
    askedAt: Instant,
    forNow: boolean,
  ): void {
    for (let v = 1; v <= this.versions.length; v++) {
      if (version !== null && v !== version) continue;
      const one = this.versions[v - 1];
      if (refusesTransition(one.lasting.state, state)) continue;
      if (forNow && fault !== null) one.overlaid.set(fault, { state, fault });
      else if (askedAt >= one.askedAt) {
        one.lasting = state === 'ENABLED' ? ENABLED : { state, fault };
        one.askedAt = askedAt;
      }
    }
  }

  /** The versions that an entry scheduled for destruction, and that were not restored, are destroyed. */
  destroyScheduledBy(fault: TimelineId): void {
    for (const version of this.versions) {
      const { state, fault: by } = version.lasting;
      if (state === 'DESTROY_SCHEDULED' && by === fault) version.lasting = { state: 'DESTROYED', fault };
    }
  }

  lift(fault: TimelineId): void {
    for (const version of this.versions) version.overlaid.delete(fault);
  }

  /** The entry that took a service's access away; null where it has access. */
  accessTakenBy(service: ServiceId): TimelineId | null {
    const access = this.access.get(service);
    if (access === undefined) return null;
    const { forNow, lasting } = access;
    const { granted, fault } = forNow.find((one) => !one.granted) ?? forNow.at(-1) ?? lasting;
    return granted ? null : fault;
  }

  setAccess(service: ServiceId, granted: boolean, fault: TimelineId, forNow: boolean): void {
    const access = this.access.get(service) ?? { lasting: { granted: true, fault }, forNow: [] };
    if (forNow) access.forNow.push({ granted, fault });
    else access.lasting = { granted, fault };
    this.access.set(service, access);
  }

  /** Undoes what one entry did to a service's access for a while. */
  restoreAccess(service: ServiceId, fault: TimelineId): void {
    const access = this.access.get(service);
    if (access !== undefined) access.forNow = access.forNow.filter((one) => one.fault !== fault);
  }

  slowDown(fault: TimelineId, factor: number): void {
    this.factors.set(fault, factor);
  }

  speedUp(fault: TimelineId): void {
    this.factors.delete(fault);
  }

  /** The last entry in force that makes this key slow; null: none. */
  get slowedBy(): TimelineId | null {
    return [...this.factors.keys()].at(-1) ?? null;
  }

  /** How long Cloud KMS takes to answer the call that is made now, the external key manager's part included. */
  drawLatency(): Duration {
    return this.slowed(this.latencies);
  }

  /** The same of a further attempt at the external key manager, within one call. */
  drawFurtherLatency(): Duration {
    return this.slowed(this.furtherLatencies);
  }

  /** The luck of a call, in (0, 1): it fails in an outage whose share is above it. */
  drawLuck(): number {
    return this.isExternal ? this.failures.next53() : 1;
  }

  /** The luck of a further attempt. */
  drawFurtherLuck(): number {
    return this.furtherFailures.next53();
  }

  outageEnded(outage: EkmOutage, now: Instant): void {
    // No call is under way for longer than an hour.
    this.ended = this.ended.filter(({ until }) => between(until, now) < HOUR);
    this.ended.push({ outage, until: now });
    this.lastOutage = { fault: outage.fault, until: now };
  }

  /** The outage that a call made at `since` with this luck has met by now; null: none. */
  outageMetSince(since: Instant, luck: number): EkmOutage | null {
    const past = this.ended.find(({ outage, until }) => until > since && luck < outage.share);
    return past?.outage ?? this.outageMetBy(luck);
  }

  /** The outage in force that a call with this luck meets, the first in the order of the file; null: none. */
  outageMetBy(luck: number): EkmOutage | null {
    return this.outages.find((outage) => luck < outage.share) ?? null;
  }

  private slowed(luck: Stream): Duration {
    let factor = 1;
    for (const one of this.factors.values()) factor *= one;
    const drawn = this.latency.draw(luck);
    return (factor === 1 ? drawn : Math.floor(drawn * factor + 0.5)) as Duration;
  }

  private addVersion(): void {
    this.versions.push({ lasting: ENABLED, askedAt: -Infinity, overlaid: new Map() });
  }
}
