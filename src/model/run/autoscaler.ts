/**
 * The autoscaler: looks at each service from time to time, and whenever a request finds no free slot, and acts on
 * what the service's decider says.
 *
 *   cloud-run     decides every 5 s from averages, and at once for requests that pend
 *   per-request   a request without a free slot starts an instance of its own
 *   knative       collects every second, decides at its tick, and at once for the first request after none
 *   manual        exactly as many instances as the service asks for
 *
 * Deciders (`deciders/`) are pure; this file takes their readings and carries out what they say, in one place:
 * `aim`. Instances beyond what is wanted are surplus and leave once they have idled for their idle timeout, unless
 * their key holds everybody in place.
 */
import { SlidingWindow } from '../../engine/sliding-window.ts';
import type { StartReasonId } from '../../rules/cloud-run-limits.ts';
import { CONCURRENCY_LONG_WINDOW, CONCURRENCY_SHORT_WINDOW, CPU_WINDOW } from '../../rules/autoscaling.ts';
import type { KeyId, RevisionId, ServiceId } from '../../units/ids.ts';
import { after, SECOND, START, type Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import { EVENT } from '../events.ts';
import type { Plan } from '../plan.ts';
import type { DecisionRecord, Probe } from '../probe.ts';
import type { ColdStart } from './cold-start.ts';
import type { CpuUse } from './cpu.ts';
import { decideCloudRun, onDemandStarts } from './deciders/cloud-run.ts';
import type { Decision } from './deciders/decision.ts';
import type { Departures } from './departures.ts';
import type { Demand } from './front-door.ts';
import { UNDRAWN, type Instance, type Instances } from './instances.ts';
import { KnativeScaler } from './knative-scaler.ts';
import type { KeyWatch } from './key-watch.ts';
import type { Revision } from './revision.ts';
import type { Service } from './service.ts';
import { WindowedArea } from './windowed-area.ts';

export class Autoscaler implements Demand {
  private readonly plan: Plan;
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly instances: Instances;
  private readonly services: readonly Service[];
  private readonly revisions: readonly Revision[];
  private readonly coldStart: ColdStart;
  private readonly departures: Departures;
  private readonly watch: KeyWatch;
  private readonly concurrency: readonly WindowedArea[];
  /** Null where no service states the CPU its requests need. */
  private readonly cpu: CpuUse | null;
  private readonly cpuUse: readonly WindowedArea[];
  /** By revision; null where the service is scaled otherwise. */
  private readonly knative: readonly (KnativeScaler | null)[];
  /** How many starts a second a service may begin; null: any number. */
  private readonly pace: readonly (SlidingWindow | null)[];
  /** Revisions that wait for the pace to let them start more. */
  private readonly paced = new Set<RevisionId>();

  constructor(
    plan: Plan,
    agenda: Agenda,
    probe: Probe,
    instances: Instances,
    services: readonly Service[],
    revisions: readonly Revision[],
    coldStart: ColdStart,
    departures: Departures,
    watch: KeyWatch,
    cpu: CpuUse | null,
  ) {
    this.plan = plan;
    this.agenda = agenda;
    this.probe = probe;
    this.instances = instances;
    this.services = services;
    this.revisions = revisions;
    this.coldStart = coldStart;
    this.departures = departures;
    this.watch = watch;
    this.cpu = cpu;
    const slice = plan.assumptions.autoscalerInterval;
    this.concurrency = revisions.map(
      () => new WindowedArea(slice, [CONCURRENCY_SHORT_WINDOW, CONCURRENCY_LONG_WINDOW]),
    );
    this.knative = revisions.map((revision) => {
      const settings = services[revision.service].plan.knative;
      return settings === null ? null : new KnativeScaler(settings, revision);
    });
    const { maxStartsPerSecond } = plan.assumptions;
    this.pace = services.map(() =>
      maxStartsPerSecond > 0 ? new SlidingWindow(maxStartsPerSecond, SECOND) : null,
    );
    this.cpuUse = revisions.map(() => new WindowedArea(slice, [CPU_WINDOW]));
  }

  /** The periodic look at a service; plans the next one. */
  tick(id: ServiceId): void {
    const { now } = this.agenda;
    const service = this.services[id];
    if (service.plan.knative !== null) {
      this.tickKnative(service, service.plan.knative.tick);
      return;
    }
    const looksAtLoad = service.plan.autoscaler === 'cloud-run';
    for (const revision of service.revisions) {
      const area = revision.fold(now);
      if (looksAtLoad) {
        this.concurrency[revision.id].push(area, now > START);
        if (this.cpu !== null) this.cpuUse[revision.id].push(this.cpu.fold(revision.id), now > START);
      }
      if (!this.isAtRest(service, revision)) this.evaluate(service, revision, 'metrics');
      // Requests may still pend because starts were not allowed when they came.
      if (revision.pending > 0) this.pends(revision);
    }
    this.agenda.plan(after(now, this.plan.assumptions.autoscalerInterval), EVENT['autoscaler-tick'], id);
  }

  /**
   * Under the per-request autoscaler without a minimum there is nothing to decide: requests start instances, and those get
   * their timers as they become idle.
   */
  private isAtRest(service: Service, revision: Revision): boolean {
    if (!service.isPerRequest || revision.recommended > 0 || revision.minimum > 0) return false;
    return this.minimumOf(service, revision) === 0;
  }

  private tickKnative(service: Service, tick: number): void {
    const { now } = this.agenda;
    for (const revision of service.revisions) {
      this.knative[revision.id]!.collect(now);
      if (now % tick === 0) this.evaluate(service, revision, 'metrics');
    }
    this.agenda.plan(after(now, SECOND), EVENT['autoscaler-tick'], service.id);
  }

  /** Limits or traffic of a service were changed: acts on it at once. */
  limitsChanged(service: Service): void {
    for (const revision of service.revisions) this.evaluate(service, revision, 'scaling');
  }

  /** A request found no free slot. */
  pends(revision: Revision): void {
    const service = this.services[revision.service];
    if (service.plan.autoscaler === 'knative') {
      if (this.knative[revision.id]!.wakes(this.agenda.now)) this.evaluate(service, revision, 'on-demand');
      return;
    }
    if (service.plan.autoscaler !== 'cloud-run') return;
    const starting = revision.starting + revision.awaitingKey;
    const missing = onDemandStarts(revision.pending, revision.plan.maxInstanceRequestConcurrency, starting);
    if (missing === 0) return;
    const starts = this.start(service, revision, missing, 'AUTOSCALING');
    if (starts === 0) return;
    this.tell(service, revision, 'on-demand', {
      readings: { pending: revision.pending },
      starts,
      decision: { instances: revision.recommended, because: 'requests found no free slot' },
    });
  }

  /** Under the per-request autoscaler: an instance for the request that arrived now. */
  startFor(revision: Revision): Instance | null {
    const service = this.services[revision.service];
    if (this.room(service, revision) === 0) return null;
    const pace = this.pace[service.id];
    if (pace !== null && !pace.tryTake(this.agenda.now)) return null;
    return this.coldStart.begin(revision, 'AUTOSCALING');
  }

  /** An instance has no request (any more). */
  idles(revision: Revision, row: number): void {
    if (this.mayLeave(revision, row)) this.armIdleTimer(revision, row);
  }

  /** An instance that drains has no request any more. */
  drained(revision: Revision, row: number): void {
    this.departures.drained(revision, row);
  }

  /** The idle timeout of an instance may be over. */
  idleExpired(row: number): void {
    const { instances } = this;
    const instance = instances.at(row);
    if (instance === null || instances.idleTicket[row] !== this.agenda.ticket) return;
    instances.idleTimer[row] = Infinity;
    const revision = this.revisions[instance.revision];
    if (instances.load[row] > 0 || !this.mayLeave(revision, row)) return;
    const { idleSince, idleFor } = instances;
    // The timer may be that of an earlier spell of idleness: this one has a timeout of its own.
    if (idleFor[row] === UNDRAWN || this.agenda.now < idleSince[row] + idleFor[row]) {
      this.armIdleTimer(revision, row);
    } else if (!this.watch.holds(revision)) {
      this.departures.shutDown(instance, revision, 'it was idle and not needed');
    }
  }

  /** Instances on this key may be shut down again: those whose time came meanwhile leave now. */
  released(key: KeyId): void {
    for (const revision of this.revisions) {
      if (revision.plan.key === key) this.lookForIdle(revision);
    }
  }

  /** A revision may start instances again, or lost one that was starting. */
  replenish(revision: Revision): void {
    const service = this.services[revision.service];
    this.pends(revision);
    if (service.plan.autoscaler === 'per-request') this.evaluate(service, revision, 'back-off');
    else
      this.aim(
        service,
        revision,
        { instances: revision.recommended, because: 'starts are allowed again' },
        'back-off',
        {},
      );
  }

  /** A revision that was held up by the pace of starts may start more. */
  paceOver(id: RevisionId): void {
    this.paced.delete(id);
    const revision = this.revisions[id];
    if (revision.exists) this.replenish(revision);
  }

  /**
   * Shuts down the oldest of the instances that a minimum (or a manual count) keeps, and starts others in their place.
   * None where a key holds all instances in place.
   */
  restart(service: Service, count: number): void {
    const kept = service.revisions
      .filter((revision) => !this.watch.holds(revision))
      .flatMap(({ live, minimum }) => live.filter(({ stage }) => stage === 'ready').slice(0, minimum))
      .sort((a, b) => a.startedAt - b.startedAt);
    for (const instance of kept.slice(0, count)) {
      this.departures.shutDown(instance, this.revisions[instance.revision], 'it is restarted');
    }
    this.limitsChanged(service);
  }

  /** The least instances a revision keeps: its own minimum, or its part of the service's. */
  minimumOf(service: Service, revision: Revision): number {
    if (revision.percent === 0 && !revision.tagged) return 0;
    const part = service.partOf(service.minInstanceCount, revision);
    return Math.min(Math.max(revision.plan.minInstanceCount, part), this.maximumOf(service, revision));
  }

  private maximumOf(service: Service, revision: Revision): number {
    return Math.min(revision.plan.maxInstanceCount, service.maxInstanceCount);
  }

  private evaluate(service: Service, revision: Revision, by: DecisionRecord['by']): void {
    const minimum = this.minimumOf(service, revision);
    const maximum = this.maximumOf(service, revision);
    switch (service.plan.autoscaler) {
      case 'manual': {
        const part = service.partOf(service.manualInstanceCount ?? 0, revision);
        this.aim(service, revision, { instances: part, because: 'manual scaling' }, by, {});
        return;
      }
      case 'per-request':
        this.aim(service, revision, { instances: minimum, because: 'the minimum' }, by, {});
        return;
      case 'knative': {
        const decision = this.knative[revision.id]!.decide(minimum, maximum, this.agenda.now);
        this.aim(service, revision, decision, by, {
          want: decision.want,
          excess_burst_capacity: decision.excessBurstCapacity,
          panicking: decision.panicking ? 1 : 0,
        });
        return;
      }
      default: {
        const [short, long] = this.concurrency[revision.id].averages();
        const vCpuInUse = service.cpuTimes === null ? null : this.cpuUse[revision.id].averages()[0];
        const { maxInstanceRequestConcurrency, cpu, concurrencyTarget, cpuTarget } = revision.plan;
        const decision = decideCloudRun(
          { concurrencyShort: short, concurrencyLong: long, cpu: vCpuInUse, current: revision.recommended },
          {
            maxConcurrency: maxInstanceRequestConcurrency,
            vCpu: cpu,
            concurrencyTarget,
            cpuTarget,
            window: this.plan.assumptions.concurrencyWindow,
            tolerance: this.plan.assumptions.autoscalerTolerance,
            minimum,
            maximum,
          },
        );
        const readings = { concurrency_60s: short, concurrency_600s: long };
        const withCpu = vCpuInUse === null ? readings : { ...readings, cpu_60s: vCpuInUse };
        this.aim(service, revision, decision, by, withCpu);
      }
    }
  }

  /** Carries out a decision: starts what is missing, and lets surplus instances go once they are idle. */
  private aim(
    service: Service,
    revision: Revision,
    decided: Decision,
    by: DecisionRecord['by'],
    readings: Readonly<Record<string, number>>,
  ): void {
    const before = revision.recommended;
    // Without traffic nothing else would keep them, and the deployment would wait for ever.
    const decision =
      decided.instances < revision.firstInstances
        ? { instances: revision.firstInstances, because: 'its deployment waits for them' }
        : decided;
    const wanted = decision.instances;
    revision.recommended = wanted;
    if (service.plan.autoscaler !== 'per-request') revision.fleet.want(wanted);
    const kept =
      service.plan.autoscaler === 'manual'
        ? decided.instances
        : Math.min(wanted, this.minimumOf(service, revision));
    if (kept !== revision.minimum) {
      revision.minimum = kept;
      this.probe.minimumChanged(revision.id);
    }
    let starts = 0;
    if (revision.alive < kept) {
      starts += this.start(service, revision, kept - revision.alive, 'MANUAL_OR_CUSTOMER_MIN_INSTANCE');
    }
    if (revision.alive < wanted) {
      starts += this.start(service, revision, wanted - revision.alive, 'AUTOSCALING');
    }
    this.lookForIdle(revision);
    if (starts > 0 || wanted !== before) this.tell(service, revision, by, { readings, starts, decision });
  }

  /** Starts up to `count` instances, as far as limits and the back-off allow; tells how many. */
  private start(service: Service, revision: Revision, count: number, reason: StartReasonId): number {
    const most = Math.min(count, this.room(service, revision));
    const pace = this.pace[service.id];
    let starts = 0;
    while (starts < most && (pace === null || pace.tryTake(this.agenda.now))) {
      this.coldStart.begin(revision, reason);
      starts++;
    }
    if (starts < most && !this.paced.has(revision.id)) {
      this.paced.add(revision.id);
      this.agenda.plan(after(this.agenda.now, SECOND), EVENT['pace-over'], revision.id);
    }
    return starts;
  }

  private room(service: Service, revision: Revision): number {
    return Math.max(
      0,
      Math.min(
        this.coldStart.allowed(revision),
        // Under manual scaling the maximum does not apply.
        service.manualInstanceCount !== null ? Infinity : revision.plan.maxInstanceCount - revision.alive,
        service.manualInstanceCount !== null ? Infinity : service.maxInstanceCount - service.alive,
      ),
    );
  }

  private mayLeave(revision: Revision, row: number): boolean {
    const service = this.services[revision.service];
    if (!service.isPerRequest) return revision.fleet.isSurplus(row);
    return revision.ready > Math.max(this.minimumOf(service, revision), revision.firstInstances);
  }

  /** Sets the timers of idle instances that may leave and have none. */
  private lookForIdle(revision: Revision): void {
    const members = revision.fleet.members;
    const { isPerRequest } = this.services[revision.service];
    for (let at = isPerRequest ? 0 : revision.recommended; at < members.length; at++) {
      const row = members[at];
      if (this.instances.load[row] > 0 || this.instances.idleTimer[row] !== Infinity) continue;
      if (this.mayLeave(revision, row)) this.armIdleTimer(revision, row);
    }
  }

  private armIdleTimer(revision: Revision, row: number): void {
    const { instances, agenda } = this;
    if (instances.idleFor[row] === UNDRAWN) {
      const { idleTimeouts, idleLuck } = this.services[revision.service];
      instances.idleFor[row] = idleTimeouts.isConstant ? idleTimeouts.at(0.5) : idleTimeouts.draw(idleLuck);
    }
    const expiry = Math.max(agenda.now, instances.idleSince[row] + instances.idleFor[row]);
    if (instances.idleTimer[row] <= expiry) return;
    if (this.watch.holds(revision) && expiry === agenda.now) return;
    instances.idleTimer[row] = expiry;
    instances.idleTicket[row] = agenda.plan(expiry as Instant, EVENT['idle-expired'], row);
  }

  private tell(
    service: Service,
    revision: Revision,
    by: DecisionRecord['by'],
    what: { readings: Readonly<Record<string, number>>; starts: number; decision: Decision },
  ): void {
    this.probe.decided({
      at: this.agenda.now,
      service: service.id,
      revision: revision.id as RevisionId,
      by,
      readings: {
        ...what.readings,
        in_system: revision.inSystem,
        ready: revision.ready,
        // Before the starts that this decision issued.
        starting: revision.starting + revision.awaitingKey - what.starts,
      },
      desired: what.decision.instances,
      starts: what.starts,
      because: what.decision.because,
    });
  }
}
