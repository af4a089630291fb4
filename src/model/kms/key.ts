/**
 * A key as Cloud KMS knows it: the states of its versions, who has access, how far away it is, and whether its
 * external key manager can be reached.
 *
 * What is here takes effect for Cloud KMS at once; propagation has passed already when it is called. What Cloud
 * Run knows of a key is another matter (`run/key-watch.ts`): it learns it from key calls only.
 *
 *   version   ENABLED <-> DISABLED, DESTROY_SCHEDULED -> DISABLED, and DESTROYED, from which nothing leads back
 *
 * A change that lasts for a while is laid over the lasting state, the most severe one in force showing, so that
 * overlapping changes do not depend on the order in which they end.
 */
import { Distribution } from '../../engine/distributions.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import type { EkmErrorDomain } from '../../rules/ekm-errors.ts';
import type { KeyId, ServiceId, TimelineId } from '../../units/ids.ts';
import type { Duration, Instant } from '../../units/time.ts';
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
  /** Revocations in force, by service; the last one wins. */
  private readonly revoked = new Map<ServiceId, TimelineId[]>();
  private readonly factors = new Map<TimelineId, number>();
  private readonly latency: Distribution;
  private readonly latencies: Stream;
  private readonly failures: Stream;

  constructor(id: KeyId, plan: KeyPlan, streams: Streams) {
    this.id = id;
    this.plan = plan;
    for (let version = 1; version <= plan.versions; version++) this.addVersion();
    this.primary = plan.versions;
    this.latency = new Distribution(plan.latency);
    this.latencies = streams.stream('kms-latency', plan.name);
    this.failures = streams.stream('ekm-failure', plan.name);
  }

  get isExternal(): boolean {
    return this.plan.protectionLevel === 'EXTERNAL' || this.plan.protectionLevel === 'EXTERNAL_VPC';
  }

  /** A new version, which becomes the primary one. */
  rotate(): void {
    this.addVersion();
    this.primary = this.versions.length;
  }

  stateOf(version: number): VersionState {
    const { lasting, overlaid } = this.versions[version - 1];
    let worst = lasting;
    for (const over of overlaid.values()) if (SEVERITY[over.state] > SEVERITY[worst.state]) worst = over;
    return worst;
  }

  /** Sets the state of one version, or of all there are. `forNow`: until `lift` takes it off again. */
  setState(version: number | null, state: KeyVersionState, fault: TimelineId | null, forNow: boolean): void {
    for (let v = 1; v <= this.versions.length; v++) {
      if (version !== null && v !== version) continue;
      const one = this.versions[v - 1];
      if (one.lasting.state === 'DESTROYED') continue;
      if (forNow && fault !== null) one.overlaid.set(fault, { state, fault });
      else one.lasting = state === 'ENABLED' ? ENABLED : { state, fault };
    }
  }

  lift(fault: TimelineId): void {
    for (const version of this.versions) version.overlaid.delete(fault);
  }

  /** The entry that took a service's access away; null where it has access. */
  accessTakenBy(service: ServiceId): TimelineId | null {
    return this.revoked.get(service)?.at(-1) ?? null;
  }

  setAccess(service: ServiceId, granted: boolean, fault: TimelineId): void {
    if (granted) this.revoked.delete(service);
    else this.revoked.set(service, [...(this.revoked.get(service) ?? []), fault]);
  }

  /** Undoes what one entry did to a service's access. */
  restoreAccess(service: ServiceId, fault: TimelineId): void {
    const left = (this.revoked.get(service) ?? []).filter((one) => one !== fault);
    if (left.length > 0) this.revoked.set(service, left);
    else this.revoked.delete(service);
  }

  slowDown(fault: TimelineId, factor: number): void {
    this.factors.set(fault, factor);
  }

  speedUp(fault: TimelineId): void {
    this.factors.delete(fault);
  }

  /** How long Cloud KMS takes to answer the call that is made now, the external key manager's part included. */
  drawLatency(): Duration {
    let factor = 1;
    for (const one of this.factors.values()) factor *= one;
    const drawn = this.latency.draw(this.latencies);
    return (factor === 1 ? drawn : Math.floor(drawn * factor + 0.5)) as Duration;
  }

  /** The luck of a call, in (0, 1): it fails in an outage whose share is above it. */
  drawLuck(): number {
    return this.isExternal ? this.failures.next53() : 1;
  }

  /** The outage in force that a call with this luck meets, the first in the order of the file; null: none. */
  outageMetBy(luck: number): EkmOutage | null {
    return this.outages.find((outage) => luck < outage.share) ?? null;
  }

  private addVersion(): void {
    this.versions.push({ lasting: ENABLED, overlaid: new Map() });
  }
}
