/**
 * The timeline: what the outside world does to keys, quotas, services and traffic, and how it is undone.
 *
 * Each entry takes effect at `at` + its propagation and is undone at `until`, whichever entries begin or end in
 * between: what lasts for a while is laid over what lasts, and taken off again by its own name. An entry that would be undone
 * before it has propagated never takes effect. Entries with `repeat` come and go at random, with up and down times
 * from a stream of their own: each occurrence is asked for, propagates and is undone as one with `at` and `for` is.
 */
import { Distribution } from '../engine/distributions.ts';
import type { Stream, Streams } from '../engine/streams.ts';
import { DESTROY_SCHEDULED_DURATION } from '../rules/key-version-states.ts';
import { unreachable } from '../units/check.ts';
import type { PoolId, ServiceId, TimelineId } from '../units/ids.ts';
import { after, NEVER, type Duration, type Instant } from '../units/time.ts';
import type { Agenda } from './agenda.ts';
import { EVENT } from './events.ts';
import type { Key } from './kms/key.ts';
import type { Asked } from './kms/key-changes.ts';
import type { QuotaPool } from './kms/quota-pool.ts';
import { setsKey, type Happening, type KeyVersionState, type Plan, type TimelinePlan } from './plan.ts';
import type { Probe } from './probe.ts';
import type { Autoscaler } from './run/autoscaler.ts';
import type { Deployments } from './run/deployment.ts';
import type { Departures } from './run/departures.ts';
import { Shift, type Service } from './run/service.ts';
import type { Shares } from './run/traffic-split.ts';

interface Repetition {
  readonly up: Distribution;
  /** Null: it is over as soon as it has happened. */
  readonly down: Distribution | null;
  readonly luck: Stream;
  /** When the present occurrence is over for whoever asked for it: the next time up begins. */
  over: Instant;
}

/** What a `scaling` entry sets; null: not this. */
interface Limits {
  readonly minInstanceCount: number | null;
  readonly maxInstanceCount: number | null;
  readonly manualInstanceCount: number | null;
}

export class Timeline {
  private readonly plan: Plan;
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly keys: readonly Key[];
  private readonly pools: readonly QuotaPool[];
  private readonly services: readonly Service[];
  private readonly autoscaler: Autoscaler;
  private readonly departures: Departures;
  private readonly deployments: Deployments;
  private readonly crashLuck: readonly Stream[];
  private readonly repetitions: readonly (Repetition | null)[];

  /** Quota limits in force for a while, by pool, in order of their beginning; below them the lasting limit. */
  private readonly limits: { lasting: number; over: { entry: TimelineId; perMinute: number }[] }[];
  private readonly shifts = new Map<TimelineId, Shift>();
  /** Limits set for good and for a while, by service, in order of their beginning. */
  private readonly scalings: { lasting: Limits[]; over: { entry: TimelineId; limits: Limits }[] }[];

  constructor(
    plan: Plan,
    agenda: Agenda,
    probe: Probe,
    streams: Streams,
    keys: readonly Key[],
    pools: readonly QuotaPool[],
    services: readonly Service[],
    autoscaler: Autoscaler,
    departures: Departures,
    deployments: Deployments,
  ) {
    this.plan = plan;
    this.agenda = agenda;
    this.probe = probe;
    this.keys = keys;
    this.pools = pools;
    this.services = services;
    this.autoscaler = autoscaler;
    this.departures = departures;
    this.deployments = deployments;
    this.crashLuck = plan.services.map(({ name }) => streams.stream('crash-choice', name));
    this.scalings = plan.services.map(() => ({ lasting: [], over: [] }));
    this.limits = plan.quotas.limits.map(({ perMinute }) => ({ lasting: perMinute, over: [] }));
    this.repetitions = plan.timeline.map(({ name, at, repeat }) =>
      repeat === null
        ? null
        : {
            up: new Distribution(repeat.up),
            down: repeat.down === null ? null : new Distribution(repeat.down),
            luck: streams.stream('random-faults', name),
            over: at,
          },
    );
    plan.timeline.forEach((entry, id) => this.announce(entry, id as TimelineId));
  }

  begins(id: TimelineId): void {
    const entry = this.plan.timeline[id];
    const forNow = entry.until !== NEVER || entry.repeat !== null;
    // Of a change of a key it can be asked whether it has come to anything; what else happens is told before it does.
    const isOfKey = setsKey(entry.what);
    if (isOfKey) this.apply(entry.what, id, forNow);
    this.probe.began(id);
    if (!isOfKey) this.apply(entry.what, id, forNow);
    this.tellVersions(entry.what);
    const repetition = this.repetitions[id];
    if (repetition !== null && repetition.down === null) this.planNext(id, repetition);
  }

  ends(id: TimelineId): void {
    const { what } = this.plan.timeline[id];
    this.undo(what, id);
    this.tellVersions(what);
    this.probe.ended(id);
    const repetition = this.repetitions[id];
    if (repetition !== null) this.planNext(id, repetition);
  }

  /** The thirty days of an entry that scheduled versions for destruction are over. */
  destroy(id: TimelineId): void {
    const { what } = this.plan.timeline[id];
    if (!('key' in what)) return;
    this.keys[what.key].destroyScheduledBy(id, this.agenda.now);
    this.tellVersions(what);
  }

  private tellVersions(what: Happening): void {
    const { kind } = what;
    if (kind === 'keyState' || kind === 'keyVersionState' || kind === 'keyRotation') {
      this.probe.versionsChanged(what.key);
    }
  }

  private planDestruction(id: TimelineId): void {
    const at = after(this.agenda.now, DESTROY_SCHEDULED_DURATION);
    this.agenda.plan(at, EVENT['versions-destroyed'], id);
  }

  private announce(entry: TimelinePlan, id: TimelineId): void {
    const repetition = this.repetitions[id];
    if (repetition !== null) {
      this.planNext(id, repetition);
      return;
    }
    const from = after(entry.at, entry.propagation);
    if (entry.until === NEVER) {
      this.askForState(entry, id);
      this.agenda.plan(from, EVENT['timeline-begins'], id);
      return;
    }
    const to = after(entry.until, this.propagationOfUndoing(entry));
    if (from >= to) return;
    this.agenda.plan(from, EVENT['timeline-begins'], id);
    this.agenda.plan(to, EVENT['timeline-ends'], id);
  }

  /** Cloud KMS decides on a lasting change of a key when it is asked for, whatever arrives before it does. */
  private askForState({ at, what }: TimelinePlan, id: TimelineId): void {
    if (what.kind !== 'keyState' && what.kind !== 'keyVersionState') return;
    this.keys[what.key].ask(versionOf(what), what.state, id, { at, place: id });
  }

  /** Plans the next occurrence that takes effect: one that is taken back before it has propagated does not. */
  private planNext(id: TimelineId, repetition: Repetition): void {
    const { up, down, luck } = repetition;
    const entry = this.plan.timeline[id];
    for (;;) {
      const asked = after(repetition.over, up.draw(luck));
      if (asked >= this.plan.duration) return;
      if (down === null) {
        repetition.over = asked;
        this.agenda.plan(asked, EVENT['timeline-begins'], id);
        return;
      }
      repetition.over = after(asked, down.draw(luck));
      const from = after(asked, entry.propagation);
      const to = after(repetition.over, this.propagationOfUndoing(entry));
      if (from >= to) continue;
      this.agenda.plan(from, EVENT['timeline-begins'], id);
      this.agenda.plan(to, EVENT['timeline-ends'], id);
      return;
    }
  }

  /** Enabling a version is strongly consistent; access takes its time both ways. */
  private propagationOfUndoing(entry: TimelinePlan): Duration {
    return entry.what.kind === 'keyAccess' ? entry.propagation : (0 as Duration);
  }

  private apply(what: Happening, id: TimelineId, forNow: boolean): void {
    const { now } = this.agenda;
    switch (what.kind) {
      case 'ekmUnreachable': {
        const { retryable, error, share, disablesKeyVersion } = what;
        for (const key of what.keys) {
          const { outages } = this.keys[key];
          outages.push({ fault: id, since: now, retryable, error, share, disablesKeyVersion });
          outages.sort((a, b) => a.fault - b.fault);
        }
        return;
      }
      case 'quotaLimit': {
        const limit = this.limits[what.pool];
        if (forNow) limit.over.push({ entry: id, perMinute: what.perMinute });
        else limit.lasting = what.perMinute;
        this.setLimit(what.pool);
        return;
      }
      case 'keyState':
      case 'keyVersionState': {
        const key = this.keys[what.key];
        if (forNow) key.layOver(versionOf(what), what.state, id, this.askedOf(id));
        else key.arrive(id);
        if (what.state === 'DESTROY_SCHEDULED' && !forNow) this.planDestruction(id);
        return;
      }
      case 'keyRotation':
        this.keys[what.key].rotate(this.askedOf(id));
        return;
      case 'keyAccess':
        this.keys[what.key].setAccess(what.service, what.granted, id, this.askedOf(id), forNow);
        return;
      case 'deploy':
        this.deployments.begin(what);
        return;
      case 'scaling': {
        const { lasting, over } = this.scalings[what.service];
        if (forNow) over.push({ entry: id, limits: what });
        else lasting.push(what);
        this.setScaling(what.service);
        return;
      }
      case 'traffic': {
        const service = this.services[what.service];
        const shares = new Map(what.split.map((one) => [one.revision, one.percent]));
        if (!canServe(service, shares)) return;
        if (forNow) service.traffic.lay(id, shares);
        else service.traffic.set(shares);
        this.splitTraffic(service);
        return;
      }
      case 'trafficShift': {
        const shift = new Shift(this.services[what.to], what.share, what.over, now);
        const from = this.services[what.from];
        this.shifts.set(id, shift);
        from.shifts = [...from.shifts.filter((one) => !one.isOver(now)), shift];
        return;
      }
      case 'kmsLatency':
        this.keys[what.key].slowDown(id, what.factor);
        return;
      case 'instanceCrash':
        this.crash(this.services[what.service], what.share);
        return;
      case 'instanceRestart':
        this.autoscaler.restart(this.services[what.service], what.count);
        return;
      case 'regionLost':
        for (const service of what.services) this.lose(this.services[service], id);
        return;
      default:
        unreachable(what);
    }
  }

  /** When the occurrence of an entry that takes effect now was asked for. */
  private askedOf(id: TimelineId): Asked {
    return { at: this.agenda.now - this.plan.timeline[id].propagation, place: id };
  }

  private undo(what: Happening, id: TimelineId): void {
    switch (what.kind) {
      case 'ekmUnreachable':
        for (const key of what.keys) {
          const { outages } = this.keys[key];
          const [ended] = outages.splice(
            outages.findIndex((outage) => outage.fault === id),
            1,
          );
          this.keys[key].outageEnded(ended, this.agenda.now);
        }
        return;
      case 'quotaLimit': {
        const { over } = this.limits[what.pool];
        over.splice(
          over.findIndex((one) => one.entry === id),
          1,
        );
        this.setLimit(what.pool);
        return;
      }
      case 'keyState':
      case 'keyVersionState':
        this.keys[what.key].lift(id);
        return;
      case 'keyAccess':
        this.keys[what.key].restoreAccess(what.service, id);
        return;
      case 'scaling': {
        const { over } = this.scalings[what.service];
        over.splice(
          over.findIndex((one) => one.entry === id),
          1,
        );
        this.setScaling(what.service);
        return;
      }
      case 'traffic':
        this.services[what.service].traffic.lift(id);
        this.splitTraffic(this.services[what.service]);
        return;
      case 'trafficShift':
        this.shifts.get(id)!.end(this.agenda.now);
        return;
      case 'kmsLatency':
        this.keys[what.key].speedUp(id);
        return;
      case 'regionLost':
        for (const service of what.services) this.regain(this.services[service], id);
        return;
      case 'keyRotation':
      case 'deploy':
      case 'instanceCrash':
      case 'instanceRestart':
        // Happens at an instant and is not undone.
        return;
      default:
        unreachable(what);
    }
  }

  private splitTraffic(service: Service): void {
    service.followSplit();
    this.autoscaler.limitsChanged(service);
  }

  /** Each limit of a service is that of the last entry in force which sets it, else the last lasting one's. */
  private setScaling(id: ServiceId): void {
    const service = this.services[id];
    const { lasting, over } = this.scalings[id];
    const inForce = [...lasting, ...over.map(({ limits }) => limits)];
    const last = <K extends keyof Limits>(name: K): Limits[K] => {
      for (let at = inForce.length - 1; at >= 0; at--)
        if (inForce[at][name] !== null) return inForce[at][name];
      return null;
    };
    service.minInstanceCount = last('minInstanceCount') ?? service.plan.minInstanceCount;
    service.maxInstanceCount = last('maxInstanceCount') ?? service.plan.maxInstanceCount ?? Infinity;
    service.manualInstanceCount = last('manualInstanceCount') ?? service.plan.manualInstanceCount;
    this.autoscaler.limitsChanged(service);
  }

  private setLimit(pool: PoolId): void {
    const { lasting, over } = this.limits[pool];
    this.pools[pool].setLimit(over.at(-1)?.perMinute ?? lasting, this.agenda.now);
  }

  /** A service loses its region: all revisions are barred before the first of them loses anything. */
  private lose(service: Service, id: TimelineId): void {
    service.lostBy.add(id);
    const revisions = [...service.revisions];
    for (const revision of revisions) revision.barred = true;
    for (const revision of revisions) this.departures.lose(revision);
  }

  /** Its region is there again: what minimum and traffic ask for starts at once. */
  private regain(service: Service, id: TimelineId): void {
    service.lostBy.delete(id);
    if (service.lostBy.size > 0) return;
    for (const revision of service.revisions) revision.barred = false;
    this.autoscaler.limitsChanged(service);
  }

  /** A share of the ready instances of a service, rounded up, drawn without regard to what they do. */
  private crash(service: Service, share: number): void {
    const luck = this.crashLuck[service.id];
    const ready = service.revisions.flatMap((revision) =>
      revision.live
        .filter((instance) => instance.stage === 'ready')
        .map((instance) => ({ instance, revision })),
    );
    let left = Math.ceil(ready.length * share - 1e-9);
    while (left-- > 0) {
      const [{ instance, revision }] = ready.splice(luck.below(ready.length), 1);
      this.departures.crash(instance, revision);
    }
    this.autoscaler.limitsChanged(service);
  }
}

/** Whether each revision that is to get traffic is there, and not one whose deployment failed or is still under way. */
function canServe(service: Service, shares: Shares): boolean {
  return [...shares].every(
    ([id, percent]) =>
      percent === 0 || service.revisions.some((one) => one.id === id && one.firstInstances === 0),
  );
}

const versionOf = (what: Extract<Happening, { state: KeyVersionState }>): number | null =>
  what.kind === 'keyVersionState' ? what.version : null;
