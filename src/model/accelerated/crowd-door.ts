/**
 * The front door where requests are crowds: the same questions as to {@link FrontDoor}, answered for a revision as a
 * whole. One crowd for each revision; everything else of the world is the one that single requests have.
 */
import { Distribution } from '../../engine/distributions.ts';
import type { Streams } from '../../engine/streams.ts';
import type { HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import type { ServiceId } from '../../units/ids.ts';
import { NEVER } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import type { EventName } from '../events.ts';
import type { Plan } from '../plan.ts';
import type { Probe } from '../probe.ts';
import type { Clients } from '../run/clients.ts';
import type { CpuUse } from '../run/cpu.ts';
import { FrontDoor, type Demand } from '../run/front-door.ts';
import type { Instance, Instances } from '../run/instances.ts';
import type { Requests } from '../run/requests.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import { CrowdFleet, type FleetFollower } from './crowd-fleet.ts';
import { rulesOf } from './crowd-rules.ts';
import { Crowd } from './crowd.ts';
import { Inflow } from './inflow.ts';
import { LoadRate } from './load-rate.ts';
import { SampledCrowd } from './sampled-crowd.ts';
import { Survival } from './survival.ts';

type Answer = (subject: number) => void;

/** The requests of a revision, however they are followed. */
export interface RequestCrowd extends FleetFollower {
  readonly revision: Revision;
  /** When it acts next on its own. */
  edge: number;
  readonly cpuInUse: number;
  foldCpu(): number;
  serve(demand: Demand): void;
  act(): void;
  passTo(now: number): void;
  disturb(): void;
  opened(row: number, onDemand: boolean, initial: boolean): void;
  cutOff(row: number): void;
  turnAway(outcome: HttpOutcomeId): void;
  verify(): void;
}

export class CrowdDoor extends FrontDoor {
  /** By revision. */
  private readonly crowds: readonly RequestCrowd[];
  /** The vCPU in use where requests share it. */
  readonly use: CpuUse = {
    inUseBy: (revision) => this.crowds[revision].cpuInUse,
    fold: (revision) => this.crowds[revision].foldCpu(),
  };
  private readonly clock: Agenda;
  private readonly staff: Instances;
  private readonly allServices: readonly Service[];
  private acted = Infinity;

  constructor(
    plan: Plan,
    agenda: Agenda,
    probe: Probe,
    streams: Streams,
    requests: Requests,
    instances: Instances,
    services: readonly Service[],
    revisions: readonly Revision[],
    clients: Clients,
  ) {
    super(
      agenda,
      probe,
      requests,
      instances,
      services,
      revisions,
      clients,
      null,
      true,
      plan.assumptions.saturatedAtCpu,
      plan.assumptions.autoscalerInterval,
    );
    this.clock = agenda;
    this.staff = instances;
    this.allServices = services;
    const rates = plan.services.map(({ load }) => new LoadRate(load));
    const survivals = plan.services.map((service) => Survival.of(service.requests.duration));
    const durations = plan.services.map((service) => new Distribution(service.requests.duration));
    const rules = rulesOf(plan, rates, (revision, since) => this.whyNoInstance(revision, since as never));
    if (services.some(({ cpuTimes }) => cpuTimes !== null)) this.cpuUse = this.use;
    this.crowds = revisions.map((revision) => {
      const service = services[revision.service];
      const { name } = revision.plan;
      const inflow = new Inflow(services, rates, revision);
      const world = {
        agenda,
        probe,
        instances,
        rules,
        arrivalLuck: streams.stream('crowd-arrivals', name),
        luck: streams.stream('crowd-work', name),
        start: agenda.now,
      };
      const crowd =
        service.cpuTimes === null
          ? new Crowd(revision, service, inflow, survivals, world)
          : new SampledCrowd(revision, service, inflow, durations, {
              ...world,
              durationLuck: streams.stream('sampled-duration', name),
              cpuLuck: streams.stream('sampled-cpu', name),
            });
      (revision.fleet as CrowdFleet).serve(crowd);
      return crowd;
    });
  }

  override serve(demand: Demand): void {
    super.serve(demand);
    for (const crowd of this.crowds) crowd.serve(demand);
  }

  /** Time begins: each crowd acts for the first time. */
  begin(): void {
    for (const crowd of this.crowds) {
      crowd.edge = Math.max(0, this.clock.now);
      this.clock.planArrival(crowd.edge, crowd.revision.id);
    }
  }

  /** The time of a crowd has come. One whose time was moved forward comes again, and is passed over. */
  override arrive(revision: number): void {
    const crowd = this.crowds[revision];
    this.acted = crowd.edge === this.clock.now ? revision : NOBODY;
    if (this.acted !== NOBODY) crowd.act();
  }

  /** When the crowd that has just acted acts next; NEVER where the other event planned for it stands. */
  nextOf(revision: number): number {
    return this.acted === revision ? this.crowds[revision].edge : NEVER;
  }

  /** An event that looks at requests, or changes where they go, finds them as they are at that instant. */
  before(name: EventName, answer: Answer): Answer {
    switch (name) {
      case 'timeline-begins':
      case 'timeline-ends':
        return (subject) => {
          this.passTo(null);
          answer(subject);
          for (const crowd of this.crowds) crowd.disturb();
        };
      case 'sample':
        return (subject) => {
          this.passTo(null);
          answer(subject);
        };
      case 'autoscaler-tick':
        return (service) => {
          this.passTo(service as ServiceId);
          answer(service);
        };
      case 'start-step-done':
      case 'grace-over':
        return (row) => {
          const instance = this.staff.at(row);
          if (instance !== null) this.passTo(instance.service);
          answer(row);
        };
      default:
        return answer;
    }
  }

  override opened(instance: Instance, revision: Revision): void {
    revision.fleet.join(instance.id, instance.number);
    const initial = instance.reason === 'INITIAL';
    const onDemand = this.staff.onDemand[instance.id] === 1;
    this.crowds[revision.id].opened(instance.id, onDemand, initial);
  }

  override cutOff(row: number): void {
    this.crowds[this.staff.revision[row]].cutOff(row);
  }

  override turnAway(revision: Revision, outcome: HttpOutcomeId): void {
    this.crowds[revision.id].turnAway(outcome);
  }

  /** The horizon: everything up to it has happened. */
  finish(): void {
    this.passTo(null);
    for (const crowd of this.crowds) crowd.verify();
  }

  /** Lets the crowds of a service, or all, come to the present: before what they go by changes. */
  passTo(service: ServiceId | null): void {
    const { now } = this.clock;
    if (service === null) {
      for (const crowd of this.crowds) crowd.passTo(now);
    } else {
      for (const { id } of this.allServices[service].revisions) this.crowds[id].passTo(now);
    }
  }
}

const NOBODY = -1;
