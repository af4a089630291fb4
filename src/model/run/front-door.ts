/**
 * The front door: what becomes of a request between its arrival and its answer.
 *
 *   arrives ──▶ placed on an instance ──▶ completed            2xx
 *      │              ▲                └▶ timeout, client gone, instance gone    504, 499, 503
 *      └──▶ pends ────┘
 *             └▶ waited too long: 429 at the maximum, else 500; timeout 504; client gone 499
 *
 * Requests pend first come, first served, in front of their revision; one is not bound to the start it caused,
 * except under the per-request autoscaler. How long one may pend is fixed when it begins to: max(10 s, 3.5 x the
 * mean start-up time of the starts completed by then), unless the scenario says otherwise. All limits of a request
 * (timeout, the client's patience) are known when it is placed, so it has one event to come, not three.
 *
 * Hot: everything above `expire` is done for every request, in about two events, without making an object.
 */
import { ExactSum } from '../../engine/exact-sum.ts';
import { Slots } from '../../engine/slots.ts';
import { httpOutcome, pendingTimeout, type HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import type { InstanceId, RequestId, ServiceId } from '../../units/ids.ts';
import type { Instant } from '../../units/time.ts';
import { NO_TICKET, type Agenda } from '../agenda.ts';
import { encode, EVENT } from '../events.ts';
import type { Probe } from '../probe.ts';
import type { Clients } from './clients.ts';
import type { Cpu, CpuUse } from './cpu.ts';
import { UNDRAWN, type Instance, type Instances } from './instances.ts';
import { Limits } from './limits.ts';
import {
  ARRIVED_AT,
  DOUBLES,
  FACTS,
  INSTANCE,
  REVISION_BITS,
  STARTED_AT,
  TICKET,
  WORDS,
  type Requests,
} from './requests.ts';
import type { Revision } from './revision.ts';
import type { Service } from './service.ts';
import { Sessions } from './sessions.ts';

/** The completion of the request in a row, as the queue carries it, less the row. */
const COMPLETION = encode(EVENT['request-completed'], 0);
const TIMED_OUT = EVENT['request-timed-out'];

/** Who sees to it that there are instances. */
export interface Demand {
  /** A request found no free slot and pends now. */
  pends(revision: Revision): void;
  /** Under the per-request autoscaler: starts an instance for one request; null if that is not possible now. */
  startFor(revision: Revision): Instance | null;
  /** An instance has no request any more. */
  idles(revision: Revision, row: number): void;
  /** An instance that drains has no request any more. */
  drained(revision: Revision, row: number): void;
}

export class FrontDoor {
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly requests: Requests;
  private readonly instances: Instances;
  private readonly services: readonly Service[];
  private readonly revisions: readonly Revision[];
  private readonly clients: Clients;
  private readonly cpu: Cpu | null;
  /** Who knows how much of the CPU is in use; null: nobody. */
  protected cpuUse: CpuUse | null;
  private demand!: Demand;
  /** By service, where a revision of it has session affinity. */
  private readonly sessions: (Sessions | undefined)[] = [];
  /** Whether a request that timed out no longer holds its slot (assumption `timedOutRequestFreesSlot`). */
  private readonly freesSlots: boolean;
  /** Share of the CPU from which on a refusal at the maximum is 503 (assumption `saturatedAtCpu`); 0: never. */
  private readonly saturatedAtCpu: number;
  private readonly late: Instance[] = [];
  private readonly lateRows = new Slots(() => {});
  /** When the work on a request will have ended that is cut short before, where its slot is held until then. */
  private readonly ends = new Map<number, number>();
  private readonly limits: Limits;
  /** Time all requests have spent here, ns; equals the integral of their number. */
  readonly sojourns = new ExactSum();
  answered = 0;

  constructor(
    agenda: Agenda,
    probe: Probe,
    requests: Requests,
    instances: Instances,
    services: readonly Service[],
    revisions: readonly Revision[],
    clients: Clients,
    cpu: Cpu | null,
    timedOutRequestFreesSlot: boolean,
    saturatedAtCpu: number,
    tick: number,
  ) {
    this.agenda = agenda;
    this.probe = probe;
    this.requests = requests;
    this.instances = instances;
    this.services = services;
    this.revisions = revisions;
    this.clients = clients;
    this.cpu = cpu;
    this.cpuUse = cpu;
    this.limits = new Limits(agenda, requests, revisions, clients.patience, tick);
    this.freesSlots = timedOutRequestFreesSlot;
    this.saturatedAtCpu = saturatedAtCpu;
  }

  serve(demand: Demand): void {
    this.demand = demand;
  }

  /** The next request of a service's load arrives. */
  arrive(source: number): void {
    const { requests } = this;
    const service = this.services[source];
    if (service.hasBudget) this.clients.earn(service.id);
    const row = requests.take();
    requests.times[(row << DOUBLES) | STARTED_AT] = -1 - service.drawDuration();
    this.receive(row, service.shifts.length === 0 ? service : this.shifted(service), 0);
  }

  /** A client asks a service again, for the `attempt`-th time; its request will take `duration` ns once placed. */
  admit(service: Service, duration: number, attempt: number): void {
    const row = this.requests.take();
    this.requests.setDuration(row, duration);
    this.receive(row, service, attempt);
  }

  /** A request has come to a service. */
  private receive(row: number, service: Service, attempt: number): void {
    const { requests } = this;
    const { now } = this.agenda;
    const revision = service.only ?? service.route();
    requests.times[(row << DOUBLES) | ARRIVED_AT] = now;
    requests.arrive(row, revision.id, attempt);
    if (service.cpuTimes !== null) this.cpu!.note(row, service.cpuTimes.next());
    revision.passTo(now);
    revision.inSystem++;
    revision.arrived++;
    this.probe.arrived(service.id, attempt);
    const instance = revision.hasSessions ? this.pickFor(row, service, revision) : revision.fleet.pick();
    if (instance >= 0) this.place(row, instance, revision, service);
    else this.pend(row, revision, service);
  }

  /** An instance finished the request in this row. */
  complete(row: number): void {
    const { requests } = this;
    const instance = requests.words[(row << WORDS) | INSTANCE];
    const revision = this.revisions[requests.words[(row << WORDS) | FACTS] >> REVISION_BITS];
    this.answer(row, revision, 200);
    requests.release(row);
    this.freeSlot(instance, revision);
  }

  private place(row: number, instance: number, revision: Revision, service: Service): void {
    const { requests, instances } = this;
    requests.words[(row << WORDS) | INSTANCE] = instance;
    if (++instances.load[instance] === 1) this.becomesActive(row, instance, revision, service);
    if (revision.hasSessions) this.sessions[service.id]?.remember(requests.session(row), instance);
    revision.fleet.loadChanged(instance, 1);
    if (service.cpuTimes !== null) {
      this.work(row, instance, revision);
      return;
    }
    this.execute(row, revision);
  }

  /** A request that is on an instance begins. */
  private execute(row: number, revision: Revision): void {
    const { times } = this.requests;
    const at = row << DOUBLES;
    const { now } = this.agenda;
    const end = now - 1 - times[at | STARTED_AT];
    times[at | STARTED_AT] = now;
    this.run(row, end, revision);
  }

  /** A request will be finished at `end`, unless its time is over before. */
  private run(row: number, end: number, revision: Revision): void {
    const { times } = this.requests;
    const at = row << DOUBLES;
    if (end - times[at | ARRIVED_AT] <= this.limits.longest[revision.id]) {
      const ticket = this.agenda.nextRelease();
      times[at | TICKET] = ticket;
      this.agenda.future.push(end, ticket, COMPLETION | row);
    } else {
      this.planCut(row, end, revision);
    }
  }

  private becomesActive(row: number, instance: number, revision: Revision, service: Service): void {
    if (this.instances.served[instance] === 0) this.takeFirst(row, instance, service);
    revision.active++;
    revision.idle--;
    this.probe.activeChanged(revision.id, instance as InstanceId, 1);
  }

  /** A request would be finished at `end`, but its time is over before. */
  private planCut(row: number, end: number, revision: Revision): void {
    const { requests, agenda } = this;
    const { longest, events } = this.limits;
    const event = events[revision.id];
    const sharesCpu = this.services[revision.service].cpuTimes !== null;
    if (event === TIMED_OUT && !this.freesSlots && !sharesCpu) this.ends.set(row, end);
    const at = requests.arrivedAt(row) + longest[revision.id];
    requests.setTicket(row, agenda.plan(at as Instant, event, row));
  }

  private freeSlot(instance: number, revision: Revision): void {
    const { instances } = this;
    const load = --instances.load[instance];
    if (instances.ready[instance] === 0) {
      if (load === 0) this.demand.drained(revision, instance);
      return;
    }
    revision.fleet.loadChanged(instance, -1);
    if (load === 0) this.becomesIdle(instance, revision);
    if (revision.queue.waiting > 0) this.fill(instance, revision, false);
    if (load === 0 && instances.load[instance] === 0) this.demand.idles(revision, instance);
  }

  private becomesIdle(instance: number, revision: Revision): void {
    const { instances } = this;
    revision.active--;
    revision.idle++;
    instances.idleSince[instance] = this.agenda.now;
    instances.idleFor[instance] = UNDRAWN;
    this.probe.activeChanged(revision.id, instance as InstanceId, -1);
  }

  /** The request's story ends with this code. */
  private answer(row: number, revision: Revision, code: number): void {
    const { times } = this.requests;
    const at = row << DOUBLES;
    const { now } = this.agenda;
    revision.passTo(now);
    revision.inSystem--;
    this.answered++;
    this.sojourns.add(now - times[at | ARRIVED_AT]);
    times[at | TICKET] = NO_TICKET;
    this.probe.answered(row as RequestId, code);
  }

  /** Places pending requests on an instance as long as it has room. `cold`: it has just become ready for them. */
  fill(instance: number, revision: Revision, cold: boolean): void {
    const { requests, instances } = this;
    const concurrency = revision.plan.maxInstanceRequestConcurrency;
    const service = this.services[revision.service];
    while (revision.queue.waiting > 0 && instances.load[instance] < concurrency) {
      const row = revision.queue.take(requests);
      if (cold) requests.setCold(row);
      this.place(row, instance, revision, service);
    }
  }

  // From here on: what does not happen to every request.

  /** The instance the client of this request was on; any other if that is gone or full. */
  private pickFor(row: number, service: Service, revision: Revision): number {
    const sessions = (this.sessions[service.id] ??= new Sessions(
      this.instances,
      service.plan.sessions,
      service.sessionLuck,
    ));
    const client = sessions.draw();
    const { maxInstanceRequestConcurrency } = revision.plan;
    const own = sessions.instanceOf(client, revision.id, maxInstanceRequestConcurrency);
    this.requests.setSession(row, client);
    return own >= 0 ? own : revision.fleet.pick();
  }

  /** An instance became ready: it is routed to from now on, first by those that wait. */
  opened(instance: Instance, revision: Revision): void {
    revision.fleet.join(instance.id, instance.number);
    if (instance.waiting >= 0) {
      const row = instance.waiting;
      instance.waiting = -1;
      revision.bound--;
      this.requests.setCold(row);
      this.place(row, instance.id, revision, this.services[revision.service]);
    }
    this.fill(instance.id, revision, instance.reason !== 'INITIAL');
    if (this.instances.load[instance.id] === 0) this.demand.idles(revision, instance.id);
  }

  /** The time of a request on an instance is over: `timed-out` or `client-gave-up`. Its slot is free. */
  cutShort(row: number, outcome: HttpOutcomeId): void {
    const { requests } = this;
    const revision = this.revisions[requests.revision(row)];
    const instance = requests.instance(row);
    const end = outcome === 'timed-out' && !this.freesSlots ? this.ends.get(row) : undefined;
    this.reject(row, revision, outcome);
    if (end === undefined) {
      this.freeSlot(instance, revision);
    } else {
      this.ends.delete(row);
      this.keepSlot(this.instances.at(instance)!, end);
    }
  }

  /** The work on a request that was answered goes on until `end`, and so does its hold on a slot. */
  private keepSlot(instance: Instance, end: number): void {
    const row = this.lateRows.take();
    this.late[row] = instance;
    this.agenda.plan(end as Instant, EVENT['slot-freed'], row);
  }

  /** The work on a request that timed out has ended. */
  slotFreed(row: number): void {
    const instance = this.late[row];
    this.lateRows.release(row);
    if (instance.stage === 'ready' || instance.stage === 'draining') {
      this.freeSlot(instance.id, this.revisions[instance.revision]);
    }
  }

  /** A pending request's time is over. */
  expire(row: number, outcome: HttpOutcomeId | null): void {
    const { requests } = this;
    const revision = this.revisions[requests.revision(row)];
    const pendedSince = requests.arrivedAt(row);
    const verdict = outcome ?? this.whyNoInstance(revision, pendedSince);
    if (this.services[revision.service].plan.autoscaler === 'per-request') {
      // It waits for an instance of its own and stands in no queue; that instance will be nobody's.
      const own = revision.live.find((instance) => instance.waiting === row);
      if (own !== undefined) own.waiting = -1;
      revision.bound--;
      this.reject(row, revision, verdict);
      return;
    }
    this.reject(row, revision, verdict);
    revision.queue.left(requests);
  }

  /** The start that a request was bound to has failed, or its instance is gone. */
  abandon(row: number, outcome: HttpOutcomeId): void {
    const revision = this.revisions[this.requests.revision(row)];
    revision.bound--;
    this.reject(row, revision, outcome);
  }

  /** A request begins with its CPU work, and what is left of its duration follows. */
  private work(row: number, instance: number, revision: Revision): void {
    const { agenda } = this;
    const { times } = this.requests;
    const at = row << DOUBLES;
    this.limits.planWork(row, revision.id);
    const duration = -1 - times[at | STARTED_AT];
    times[at | STARTED_AT] = agenda.now;
    this.cpu!.enter(row, duration, instance, revision.id);
  }

  /** To be called at every tick of an autoscaler: limits of CPU work that come near are planned. */
  planLimits(): void {
    if (this.cpu !== null) this.limits.look();
  }

  /** A request on this instance may have had the CPU it needs. */
  worked(instance: number): void {
    const cpu = this.cpu!;
    const revision = this.revisions[this.instances.revision[instance]];
    for (;;) {
      const row = cpu.finished(instance, revision.id);
      if (row < 0) break;
      const left = cpu.leftOf(row);
      if (left === 0) this.complete(row);
      else this.run(row, this.agenda.now + left, revision);
    }
    cpu.lookAgain(instance);
  }

  /** Everything on an instance that is cut off: 503. The instance is not routed to any more. */
  cutOff(instance: number): void {
    for (const row of this.requests.on(instance)) {
      this.instances.load[instance]--;
      this.reject(row, this.revisions[this.requests.revision(row)], 'instance-gone');
    }
  }

  /** Everything that pends for a revision is refused. */
  turnAway(revision: Revision, outcome: HttpOutcomeId): void {
    for (;;) {
      const row = revision.queue.take(this.requests);
      if (row < 0) return;
      this.reject(row, revision, outcome);
    }
  }

  private takeFirst(row: number, instance: number, service: Service): void {
    this.instances.served[instance] = 1;
    if (this.instances.onDemand[instance] === 1) this.requests.setCold(row);
    if (service.firstDurations !== null) {
      this.requests.setDuration(row, service.firstDurations.at(service.firstLuck.next53()));
    }
  }

  private pend(row: number, revision: Revision, service: Service): void {
    if (revision.barred) {
      this.reject(row, revision, 'region-lost');
      return;
    }
    const now = this.agenda.now;
    const { requests } = this;
    if (service.plan.autoscaler === 'per-request') {
      const instance = this.demand.startFor(revision);
      if (instance === null) {
        // During the back-off nothing may start: the start that failed is what this request is refused for.
        const backingOff = revision.waitBegan !== null && !this.isAtMaximum(service, revision);
        this.reject(row, revision, backingOff ? 'could-not-start' : this.whyNoInstance(revision, now));
        return;
      }
      instance.waiting = row;
      revision.bound++;
      this.limits.planPending(row, revision.id, Infinity);
      return;
    }
    if (service.plan.pendingLimit !== null && revision.queue.waiting >= service.plan.pendingLimit) {
      this.reject(row, revision, this.whyNoInstance(revision, now));
      return;
    }
    const longest =
      service.plan.pendingTimeout ??
      pendingTimeout(revision.startupCount === 0 ? null : revision.startupSum / revision.startupCount);
    this.limits.planPending(row, revision.id, now + longest);
    revision.queue.push(row, requests.ticket(row));
    this.demand.pends(revision);
  }

  /** What a request is told that got no instance; it has waited since `since`. */
  protected whyNoInstance(revision: Revision, since: number): HttpOutcomeId {
    const service = this.services[revision.service];
    if (this.isAtMaximum(service, revision)) {
      return this.isSaturated(revision) ? 'saturated' : 'no-available-instance-at-maximum';
    }
    const failed = revision.lastStartFailedAt;
    if (failed !== null && failed >= since) return 'could-not-start';
    return 'no-available-instance';
  }

  /** Whether the CPU of its instances is used up by requests that they serve several at a time. */
  private isSaturated({ id, ready, plan }: Revision): boolean {
    if (this.saturatedAtCpu === 0 || this.cpuUse === null || plan.maxInstanceRequestConcurrency === 1)
      return false;
    return ready > 0 && this.cpuUse.inUseBy(id) >= this.saturatedAtCpu * ready * plan.cpu;
  }

  /** Whether as many instances are ready as there may be; under per-request scaling, as many live. */
  private isAtMaximum(service: Service, revision: Revision): boolean {
    if (service.manualInstanceCount !== null) {
      return revision.ready >= service.partOf(service.manualInstanceCount, revision);
    }
    const { maxInstanceCount } = revision.plan;
    return service.plan.autoscaler === 'per-request'
      ? revision.alive >= maxInstanceCount || service.alive >= service.maxInstanceCount
      : revision.ready >= maxInstanceCount || service.ready >= service.maxInstanceCount;
  }

  private reject(row: number, revision: Revision, outcome: HttpOutcomeId): void {
    const { requests } = this;
    this.cpu?.abandon(row, requests.instance(row), revision.id);
    const service = requests.service(row) as ServiceId;
    if (this.clients.refused(service, requests.attempt(row))) requests.setRetried(row);
    this.answer(row, revision, httpOutcome(outcome).code);
    this.probe.rejected(row as RequestId, outcome);
    requests.release(row);
  }

  private shifted(service: Service): Service {
    const now = this.agenda.now;
    const luck = service.shiftLuck.next53();
    let upTo = 0;
    for (const shift of service.shifts) {
      upTo += shift.at(now);
      if (luck < upTo) return shift.to;
    }
    return service;
  }
}
