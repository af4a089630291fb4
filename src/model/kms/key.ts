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
 * that overlapping changes do not depend on the order in which they end. Which of the lasting changes holds is
 * decided in the order of asking (`key-changes.ts`), even where an earlier one takes longer to propagate.
 */
import { Distribution } from '../../engine/distributions.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import { refusesTransition } from '../../rules/key-version-states.ts';
import type { EkmErrorDomain } from '../../rules/ekm-errors.ts';
import type { KeyId, ServiceId, TimelineId } from '../../units/ids.ts';
import { between, HOUR, type Duration, type Instant } from '../../units/time.ts';
import type { KeyPlan, KeyVersionState } from '../plan.ts';
import type { KeyView } from '../probe.ts';
import {
  AFTER_THE_FILE,
  AT_FIRST,
  concerns,
  isBefore,
  standingOf,
  type Asked,
  type Change,
  type Standing,
} from './key-changes.ts';

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
  readonly asked: Asked;
}

const SEVERITY: Readonly<Record<KeyVersionState, number>> = {
  ENABLED: 0,
  DISABLED: 1,
  DESTROY_SCHEDULED: 2,
  DESTROYED: 3,
};

const ENABLED: VersionState = { state: 'ENABLED', fault: null };

interface Version {
  /** When its making was asked for. */
  readonly born: Asked;
  /** The lasting change that calls meet; null: none. */
  lasting: Change | null;
}

export class Key implements KeyView {
  readonly id: KeyId;
  readonly plan: KeyPlan;
  /** The version that new data is wrapped with; versions count from 1. */
  primary: number;
  /** Outages of the external key manager in force, in the order of the scenario file. */
  readonly outages: EkmOutage[] = [];

  private readonly versions: Version[] = [];
  /** Lasting changes, in the order of asking: those that have arrived, and those that will. */
  private readonly changes: Change[] = [];
  /** What is laid over them now. */
  private overlaid: Change[] = [];
  /** By service, where a timeline entry has changed it. What is set for a while goes before what lasts. */
  private readonly access = new Map<ServiceId, { lasting: Grant | null; forNow: Grant[] }>();
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
    for (let version = 1; version <= plan.versions; version++) this.addVersion(AT_FIRST);
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
  rotate(asked: Asked): void {
    this.addVersion(asked);
    this.primary = this.versions.length;
    this.settle();
  }

  stateOf(version: number): VersionState {
    const { lasting } = this.versions[version - 1];
    let worst: VersionState | null = null;
    for (const over of this.overlaid) {
      if (!this.shows(over, version)) continue;
      if (worst === null || SEVERITY[over.state] > SEVERITY[worst.state]) worst = over;
    }
    const state = worst ?? lasting;
    return state === null || state.state === 'ENABLED' ? ENABLED : state;
  }

  /** A lasting change is asked for at `asked`, of one version or of all; to be told before anything has arrived. */
  ask(version: number | null, state: KeyVersionState, fault: TimelineId, asked: Asked): void {
    this.add({ asked, version, state, fault, arrived: false });
  }

  /** The lasting change of an entry has reached Cloud KMS. */
  arrive(fault: TimelineId): void {
    for (const change of this.changes) if (change.fault === fault) change.arrived = true;
    this.settle();
  }

  /** A change reaches Cloud KMS that holds until `lift` takes it off again. */
  layOver(version: number | null, state: KeyVersionState, fault: TimelineId, asked: Asked): void {
    this.overlaid.push({ asked, version, state, fault, arrived: true });
  }

  lift(fault: TimelineId): void {
    this.overlaid = this.overlaid.filter((over) => over.fault !== fault);
  }

  /** Cloud EKM disables a version, for good: one that is enabled. */
  disable(version: number, fault: TimelineId | null, now: Instant): void {
    const asked: Asked = { at: now, place: AFTER_THE_FILE };
    const { taken, arrived } = this.standing(version, asked);
    const state = taken?.state ?? 'ENABLED';
    // To disable what is scheduled for destruction would be to restore it, which is not Cloud EKM's to do.
    if (state === 'DESTROY_SCHEDULED' || state === 'DESTROYED') return;
    if (state === 'DISABLED' && taken === arrived) return;
    this.add({ asked, version, state: 'DISABLED', fault, arrived: true });
    this.settle();
  }

  /** The versions that an entry scheduled for destruction, and that nobody has asked to restore, are destroyed. */
  destroyScheduledBy(fault: TimelineId, now: Instant): void {
    const asked: Asked = { at: now, place: AFTER_THE_FILE };
    for (let version = 1; version <= this.versions.length; version++) {
      const { taken } = this.standing(version, asked);
      if (taken === null || taken.state !== 'DESTROY_SCHEDULED' || taken.fault !== fault) continue;
      this.add({ asked, version, state: 'DESTROYED', fault, arrived: true });
    }
    this.settle();
  }

  inForce(entry: TimelineId): boolean {
    for (let version = 1; version <= this.versions.length; version++) {
      if (this.versions[version - 1].lasting?.fault === entry) return true;
      if (this.overlaid.some((over) => over.fault === entry && this.shows(over, version))) return true;
    }
    return [...this.access.values()].some(
      ({ lasting, forNow }) => lasting?.fault === entry || forNow.some(({ fault }) => fault === entry),
    );
  }

  /** The entry that took a service's access away; null where it has access. */
  accessTakenBy(service: ServiceId): TimelineId | null {
    const access = this.access.get(service);
    if (access === undefined) return null;
    const { forNow, lasting } = access;
    const grant = forNow.find((one) => !one.granted) ?? forNow.at(-1) ?? lasting;
    return grant === null || grant.granted ? null : grant.fault;
  }

  /** `forNow`: until `restoreAccess`. Of what lasts, what was asked for last holds. */
  setAccess(service: ServiceId, granted: boolean, fault: TimelineId, asked: Asked, forNow: boolean): void {
    const access = this.access.get(service) ?? { lasting: null, forNow: [] };
    const grant: Grant = { granted, fault, asked };
    if (forNow) access.forNow.push(grant);
    else if (access.lasting === null || isBefore(access.lasting.asked, asked)) access.lasting = grant;
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

  private addVersion(born: Asked): void {
    this.versions.push({ born, lasting: null });
  }

  private add(change: Change): void {
    let at = this.changes.length;
    while (at > 0 && isBefore(change.asked, this.changes[at - 1].asked)) at--;
    this.changes.splice(at, 0, change);
  }

  private standing(version: number, before: Asked | null): Standing {
    return standingOf(this.changes, version, this.versions[version - 1].born, before);
  }

  /** What calls meet has changed. */
  private settle(): void {
    this.versions.forEach((one, at) => (one.lasting = this.standing(at + 1, null).arrived));
  }

  /** Whether what is laid over a version is what it is now, as far as what lasts goes. */
  private shows(over: Change, version: number): boolean {
    const { born, lasting } = this.versions[version - 1];
    if (!concerns(over, version, born)) return false;
    // Refused when it was asked for.
    const before = this.standing(version, over.asked).taken;
    if (before !== null && refusesTransition(before.state, over.state)) return false;
    // Destruction that was asked for meanwhile shows through what does not undo it.
    const since = lasting !== null && isBefore(over.asked, lasting.asked) ? lasting.state : 'ENABLED';
    return !refusesTransition(since, over.state);
  }
}
