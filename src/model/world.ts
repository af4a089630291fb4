/**
 * The world: everything that acts, put together, and the loop that lets it act in the order of time.
 *
 * A world is made from a plan and a replication number, runs once, and tells a probe what happens. It is a pure
 * function of the two: no clock, no chance but the named streams, no order that depends on anything but the total
 * order (time, phase, planning). It begins at time 0, or at the earliest timeline entry if that is negative, so
 * that a run can start in the middle of an incident; requests arrive from time 0 on, before the horizon.
 *
 * Hot: `advance`. The events that come for every request are answered in the loop, everything else by name
 * in `ANSWERS`.
 */
import { BLOCK } from '../engine/draws.ts';
import { ExactSum } from '../engine/exact-sum.ts';
import { Fingerprint } from '../engine/fingerprint.ts';
import { Streams } from '../engine/streams.ts';
import { check } from '../units/check.ts';
import type { KeyId, RevisionId, ServiceId, TimelineId } from '../units/ids.ts';
import { after, SECOND, type Instant } from '../units/time.ts';
import { CrowdDoor } from './accelerated/crowd-door.ts';
import { CrowdFleet } from './accelerated/crowd-fleet.ts';
import { Agenda } from './agenda.ts';
import { EVENT, eventOf, EVENTS, subjectOf, type EventName } from './events.ts';
import { EkmConnection } from './kms/ekm-connection.ts';
import { Key } from './kms/key.ts';
import { Kms } from './kms/kms.ts';
import { QuotaPool } from './kms/quota-pool.ts';
import type { Plan, ServicePlan } from './plan.ts';
import type { Probe, WorldView } from './probe.ts';
import { Autoscaler } from './run/autoscaler.ts';
import { Clients } from './run/clients.ts';
import { ColdStart } from './run/cold-start.ts';
import { Cpu } from './run/cpu.ts';
import { Deployments } from './run/deployment.ts';
import { Departures } from './run/departures.ts';
import { Fleet } from './run/fleet.ts';
import { FrontDoor } from './run/front-door.ts';
import { Instances } from './run/instances.ts';
import { KeyChecks } from './run/key-check.ts';
import { KeyWatch } from './run/key-watch.ts';
import { Requests } from './run/requests.ts';
import { Revision } from './run/revision.ts';
import { Service } from './run/service.ts';
import { Timeline } from './timeline.ts';

type Answers = Readonly<Record<EventName, (subject: number) => void>>;

/** More events than this at one instant, and time has stopped. */
const MOST_AT_ONE_INSTANT = 1_000_000;

export class World implements WorldView {
  readonly plan: Plan;
  readonly replication: number;
  readonly requests: Requests;
  readonly revisions: readonly Revision[];
  readonly services: readonly Service[];
  readonly pools: readonly QuotaPool[];
  readonly keys: readonly Key[];
  events = 0;

  private readonly probe: Probe;
  private readonly agenda: Agenda;
  private readonly frontDoor: FrontDoor;
  /** The same, in accelerated mode; else null. */
  private readonly crowds: CrowdDoor | null;
  private readonly answers: readonly ((subject: number) => void)[];
  private readonly trajectory = new Fingerprint();
  private readonly open: () => void;
  private arrived = 0;
  private atThisInstant = 0;

  constructor(plan: Plan, replication: number, probe: Probe) {
    this.plan = plan;
    this.replication = replication;
    this.probe = probe;
    const start = Math.min(0, ...plan.timeline.map(({ at }) => at)) as Instant;
    const streams = new Streams(plan.seed, replication);
    const agenda = new Agenda(start);
    this.agenda = agenda;
    const isAccelerated = plan.mode === 'accelerated';

    const keys = plan.keys.map((key, id) => new Key(id as KeyId, key, streams));
    this.keys = keys;
    this.pools = plan.quotas.limits.map(
      (_, id) => new QuotaPool(id as QuotaPool['id'], plan, streams, probe, start),
    );
    const connections = plan.ekmConnections.map((connection) => new EkmConnection(connection, streams));
    const kms = new Kms(plan, keys, this.pools, connections, agenda, probe);

    const instances = new Instances(agenda, probe);
    const services = plan.services.map((_, id) => new Service(id as ServiceId, plan, streams));
    this.services = services;
    this.revisions = plan.revisions.map((revision, id) => {
      const { routing } = plan.services[revision.service];
      const chance = streams.stream('routing', revision.name);
      const concurrency = revision.maxInstanceRequestConcurrency;
      const fleet = isAccelerated
        ? new CrowdFleet(instances, concurrency, chance)
        : new Fleet(instances, concurrency, routing, chance);
      return new Revision(id as RevisionId, revision, fleet, start);
    });
    const { revisions } = this;
    const requests = new Requests(plan.revisions.map(({ service }) => service));
    this.requests = requests;
    const clients = new Clients(plan, agenda, streams);
    const sharesCpu = services.some((service) => service.cpuTimes !== null);
    const cpu =
      sharesCpu && !isAccelerated
        ? new Cpu(
            agenda,
            plan.revisions.map(({ cpu: vCpu }) => vCpu),
          )
        : null;
    this.crowds = isAccelerated
      ? new CrowdDoor(plan, agenda, probe, streams, requests, instances, services, revisions, clients)
      : null;
    const frontDoor =
      this.crowds ??
      new FrontDoor(
        agenda,
        probe,
        requests,
        instances,
        services,
        revisions,
        clients,
        cpu,
        plan.assumptions.timedOutRequestFreesSlot,
        plan.assumptions.saturatedAtCpu,
        Math.max(...plan.services.map((service) => this.tickOf(service))),
      );
    this.frontDoor = frontDoor;
    const watch = new KeyWatch(plan, agenda, probe, revisions);
    const coldStart = new ColdStart(plan, agenda, probe, streams, instances, revisions, kms, watch);
    const departures = new Departures(agenda, probe, instances, revisions, frontDoor, coldStart);
    const autoscaler = new Autoscaler(
      plan,
      agenda,
      probe,
      instances,
      services,
      revisions,
      coldStart,
      departures,
      watch,
      sharesCpu ? (cpu ?? this.crowds!.use) : null,
    );
    const deployments = new Deployments(
      plan,
      agenda,
      probe,
      streams,
      services,
      revisions,
      kms,
      watch,
      coldStart,
      autoscaler,
      departures,
    );
    const timeline = new Timeline(
      plan,
      agenda,
      probe,
      streams,
      keys,
      this.pools,
      services,
      autoscaler,
      departures,
      deployments,
    );
    const checks = new KeyChecks(plan, agenda, streams, revisions, kms, watch);

    // What is told upwards: see the interfaces.
    frontDoor.serve(autoscaler);
    watch.serve({
      evict: (revision, cause) => departures.evict(revision, cause),
      released: (key) => autoscaler.released(key),
    });
    coldStart.serve({
      becameReady: (instance, revision) => {
        frontDoor.opened(instance, revision);
        deployments.becameReady(revision);
      },
      cameToNothing: (instance, revision, message) => {
        if (instance.waiting >= 0) frontDoor.abandon(instance.waiting, 'could-not-start');
        // Traffic may move to those of a deployment that are ready.
        this.crowds?.passTo(revision.service);
        deployments.startLost(revision, message ?? 'The first instance was shut down before it was ready.');
        if (revision.exists && revision.pending > 0) autoscaler.pends(revision);
      },
      mayStartAgain: (revision) => {
        if (revision.exists) autoscaler.replenish(revision);
      },
    });

    const answers: Answers = {
      'timeline-begins': (entry) => timeline.begins(entry as TimelineId),
      'timeline-ends': (entry) => timeline.ends(entry as TimelineId),
      'versions-destroyed': (entry) => timeline.destroy(entry as TimelineId),
      'request-completed': (row) => frontDoor.complete(row),
      'request-timed-out': (row) => this.overFor(row, 'timed-out'),
      'client-gave-up': (row) => this.overFor(row, 'client-gave-up'),
      'pending-expired': (row) => frontDoor.expire(row, null),
      'cpu-work-done': (row) => frontDoor.worked(row),
      'slot-freed': (row) => frontDoor.slotFreed(row),
      'start-step-done': (row) => coldStart.stepDone(row),
      'key-call-answered': (call) => kms.answer(call),
      'client-retries': (row) => {
        const { service, attempt, duration } = clients.take(row);
        this.arrived++;
        frontDoor.admit(services[service], duration, attempt);
      },
      'key-call-retried': (row) => coldStart.askAgain(row),
      'deploy-call-retried': (revision) => deployments.askAgain(revision as RevisionId),
      'back-off-over': (revision) => coldStart.waitOver(revision as RevisionId),
      'pace-over': (revision) => autoscaler.paceOver(revision as RevisionId),
      'idle-expired': (row) => autoscaler.idleExpired(row),
      'grace-over': (row) => departures.graceOver(row),
      'key-check-due': (index) => checks.due(index),
      'key-waiting-over': (key) => watch.waitingOver(key as KeyId),
      'shutdown-due': (revision) => watch.shutdownDue(revision as RevisionId),
      'autoscaler-tick': (service) => {
        frontDoor.planLimits();
        autoscaler.tick(service as ServiceId);
      },
      sample: (index) => this.sample(index),
    };
    const { crowds } = this;
    this.answers = EVENTS.map(({ name }) =>
      crowds === null ? answers[name] : crowds.before(name, answers[name]),
    );

    this.open = () => this.begin(instances, keys);
  }

  get clock(): { readonly now: Instant } {
    return this.agenda;
  }

  get now(): Instant {
    return this.agenda.now;
  }

  get fingerprint(): string {
    return this.trajectory.toString();
  }

  /** Lets the whole time pass. `onProgress` hears the simulated time now and then. */
  run(onProgress?: (simulated: Instant) => void): void {
    this.open();
    const { duration, sampleInterval } = this.plan;
    for (let until = this.agenda.now as number; until < duration;) {
      until = Math.min(duration, Math.max(until, 0) + sampleInterval);
      this.advance(until);
      if (until < duration) this.probe.passed(until as Instant);
      onProgress?.(until as Instant);
    }
    this.agenda.now = duration as number as Instant;
    this.crowds?.finish();
    for (const pool of this.pools) pool.catchUp((duration - 1) as Instant);
    this.probe.finished();
    this.verify();
  }

  /** How often the autoscaler looks at a service, ns. */
  private tickOf({ knative }: ServicePlan): number {
    return knative === null ? this.plan.assumptions.autoscalerInterval : SECOND;
  }

  /** What stands at the beginning: revisions, their first instances, and the events that plan themselves. */
  private begin(instances: Instances, keys: readonly Key[]): void {
    const { plan, agenda } = this;
    for (const revision of this.revisions) {
      const { key, imageRepository } = revision.plan;
      if (key !== null) revision.keyVersion = keys[key].primary;
      // An image that is not uploaded during the run has been in its repository from the beginning.
      if (imageRepository !== null) revision.imageVersion = keys[imageRepository.key].primary;
      if (!revision.plan.initial) continue;
      revision.exists = true;
      this.services[revision.service].revisions.push(revision);
    }
    for (const service of this.services) {
      service.traffic.set(new Map(service.plan.traffic.map(({ revision, percent }) => [revision, percent])));
      service.followSplit();
      for (const { tag, revision } of service.plan.tags ?? []) service.tag(tag, revision);
      for (const revision of service.revisions) this.furnish(service, revision, instances);
      const interval = this.tickOf(service.plan);
      const firstTick = (Math.floor(agenda.now / interval) + 1) * interval;
      agenda.plan(firstTick as Instant, EVENT['autoscaler-tick'], service.id);
      if (this.crowds !== null) continue;
      const first = service.arrivals.next();
      if (first < plan.duration) agenda.planArrival(first, service.id);
    }
    this.crowds?.begin();
    agenda.plan(0 as Instant, EVENT.sample, 0);
  }

  /** The instances a revision begins with; they are ready. */
  private furnish(service: Service, revision: Revision, instances: Instances): void {
    const { initialInstanceCount, manualInstanceCount, minInstanceCount } = service.plan;
    const { percent } = revision;
    const own = revision.plan.minInstanceCount;
    const minimum =
      percent > 0 || revision.tagged ? Math.max(own, service.partOf(minInstanceCount, revision)) : 0;
    const manual = manualInstanceCount === null ? null : service.partOf(manualInstanceCount, revision);
    revision.recommended = manual ?? minimum;
    revision.minimum = revision.recommended;
    this.probe.minimumChanged(revision.id);
    if (service.plan.autoscaler !== 'per-request') revision.fleet.want(revision.recommended);
    const count =
      initialInstanceCount === null ? revision.recommended : service.partOf(initialInstanceCount, revision);
    for (let n = 0; n < count; n++) {
      const instance = instances.begin(revision, 'INITIAL');
      instance.readyAt = this.now;
      instance.outcome = 'ready';
      instances.move(revision, instance, 'ready', 'it was there at the beginning');
      this.frontDoor.opened(instance, revision);
    }
  }

  /** Answers everything that happens before `until`. */
  private advance(until: number): void {
    const { agenda, frontDoor, requests, trajectory } = this;
    const { future, deadlines, arrivals, looks } = agenda;
    for (;;) {
      // The earliest of four queues, by (time, order).
      let time = future.first;
      let from = FUTURE;
      const arrival = arrivals.first;
      if (arrival <= time && (arrival < time || arrivals.topOrder() < future.topOrder())) {
        time = arrival;
        from = ARRIVALS;
      }
      const look = looks.first;
      if (look <= time && (look < time || looks.topOrder() < this.topOrder(from))) {
        time = look;
        from = LOOKS;
      }
      const deadline = deadlines.first;
      if (deadline <= time && (deadline < time || deadlines.topOrder() < this.topOrder(from))) {
        time = deadline;
        from = DEADLINES;
      }
      if (!(time < until)) return;

      // What comes for every request, here; everything else, by name.
      let event = COMPLETED;
      let subject = 0;
      if (from === ARRIVALS) {
        event = ARRIVAL;
        subject = arrivals.topWhat();
      } else if (from === FUTURE && eventOf(future.topWhat()) === COMPLETED) {
        const ticket = future.topOrder();
        subject = subjectOf(future.pop());
        // One that was called off: its request was cut off meanwhile.
        if (requests.ticket(subject) !== ticket) continue;
      } else if (from === LOOKS) {
        event = CPU_WORK_DONE;
        subject = looks.topSubject();
      } else {
        this.answerNamed(time, from);
        continue;
      }
      this.step(time);
      trajectory.mix(time, event, subject);
      if (event === COMPLETED) {
        frontDoor.complete(subject);
      } else if (event === ARRIVAL) {
        this.arrived++;
        frontDoor.arrive(subject);
        this.planNextArrival(subject);
      } else {
        frontDoor.worked(subject);
      }
    }
  }

  /** An event that does not come for every request. */
  private answerNamed(time: number, from: number): void {
    const { agenda } = this;
    const queue = from === DEADLINES ? agenda.deadlines : agenda.future;
    const ticket = queue.topOrder();
    const what = queue.pop();
    const event = eventOf(what);
    const subject = subjectOf(what);
    // A request's event that was called off: it was placed, or cut off, meanwhile.
    if (event >= COMPLETED && event <= LAST_OF_REQUESTS && this.requests.ticket(subject) !== ticket) return;
    this.step(time);
    this.trajectory.mix(time, event, subject);
    agenda.ticket = ticket;
    this.answers[event](subject);
  }

  private step(time: number): void {
    const { agenda } = this;
    if (time === agenda.now) {
      if (++this.atThisInstant > MOST_AT_ONE_INSTANT) this.stuck();
    } else {
      if (time < agenda.now) check(false, 'time does not go back');
      agenda.now = time as Instant;
      this.atThisInstant = 0;
    }
    this.events++;
  }

  /** The order of the earliest event of a queue: asked where two are at one time. */
  private topOrder(of: number): number {
    const { future, arrivals, looks } = this.agenda;
    return of === FUTURE ? future.topOrder() : of === ARRIVALS ? arrivals.topOrder() : looks.topOrder();
  }

  private stuck(): void {
    check(false, () => `time has stopped at ${this.agenda.now} ns: a million events at one instant`);
  }

  private planNextArrival(source: number): void {
    let next = Infinity;
    if (this.crowds === null) {
      const ahead = this.services[source].arrivals;
      if (ahead.read === BLOCK) ahead.refill();
      next = ahead.block[ahead.read++];
    } else {
      next = this.crowds.nextOf(source);
    }
    if (next < this.plan.duration) this.agenda.planNextArrival(next, source);
    else this.agenda.arrivals.pop();
  }

  /** A limit of a request is over, on an instance or before it had one. */
  private overFor(row: number, outcome: 'timed-out' | 'client-gave-up'): void {
    if (this.requests.startedAt(row) < 0) this.frontDoor.expire(row, outcome);
    else this.frontDoor.cutShort(row, outcome);
  }

  private sample(index: number): void {
    const { plan, agenda } = this;
    for (const pool of this.pools) pool.observe(agenda.now);
    this.probe.sampled(index);
    const next = after(agenda.now, plan.sampleInterval);
    if (next < plan.duration) agenda.plan(next, EVENT.sample, index + 1);
  }

  /** Identities that hold in every run, whatever happened in it; exact, in whole nanoseconds. */
  private verify(): void {
    const { requests, revisions, agenda } = this;
    const inFlight = requests.live();
    const area = new ExactSum();
    const sojourns = this.frontDoor.sojourns;
    let inSystem = 0;
    for (const revision of revisions) this.verifyCounts(revision);
    for (const service of this.services) this.verifySplit(service);
    // Requests in numbers have no stays of their own; what holds for them is checked where they are kept.
    if (this.crowds !== null) return;
    for (const revision of revisions) {
      revision.fold(agenda.now);
      area.merge(revision.totalArea);
      inSystem += revision.inSystem;
    }
    for (const row of inFlight) sojourns.add(agenda.now - requests.arrivedAt(row));
    check(inSystem === inFlight.length, 'requests in flight are those that arrived and were not answered');
    check(
      this.arrived === this.frontDoor.answered + inFlight.length,
      'every request that arrived was answered once or is in flight',
    );
    check(
      area.equals(sojourns),
      "Little's identity: the integral of the requests present is the sum of their stays",
    );
  }

  private verifySplit({ revisions, plan }: Service): void {
    if (revisions.length === 0) return;
    const percent = revisions.reduce((sum, one) => sum + one.percent, 0);
    check(Math.abs(percent - 100) < 1e-6, () => `the traffic of ${plan.name} goes to revisions that exist`);
  }

  private verifyCounts(revision: Revision): void {
    const stages = { starting: 0, awaiting: 0, ready: 0, draining: 0 };
    for (const { stage, awaitingKey } of revision.live) {
      if (stage === 'starting') stages[awaitingKey ? 'awaiting' : 'starting']++;
      else if (stage === 'ready') stages.ready++;
      else if (stage === 'draining') stages.draining++;
    }
    check(
      stages.starting === revision.starting &&
        stages.awaiting === revision.awaitingKey &&
        stages.ready === revision.ready &&
        stages.ready === revision.fleet.size &&
        stages.draining === revision.draining,
      'each live instance is counted in exactly one stage',
    );
  }
}

// Where an event comes from.
const FUTURE = 0;
const ARRIVALS = 1;
const LOOKS = 2;
const DEADLINES = 3;

/** In a fingerprint: an arrival, which is not in the playbill. */
const ARRIVAL: number = EVENTS.length;

/** The events of requests stand together in the playbill, from `request-completed` to here. */
const COMPLETED = EVENT['request-completed'];
const CPU_WORK_DONE = EVENT['cpu-work-done'];
const LAST_OF_REQUESTS = EVENT['pending-expired'];
