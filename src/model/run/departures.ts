/**
 * How instances leave: idle ones quietly, evicted ones with SIGTERM and ten seconds, crashed ones, and those of a
 * region that is lost, at once.
 */
import { TERMINATION_GRACE_PERIOD } from '../../rules/cloud-run-limits.ts';
import type { UnavailabilityCause } from '../../rules/key-unavailability.ts';
import { after } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import { EVENT } from '../events.ts';
import type { Probe } from '../probe.ts';
import type { ColdStart } from './cold-start.ts';
import type { FrontDoor } from './front-door.ts';
import type { Instance, Instances } from './instances.ts';
import type { Revision } from './revision.ts';

export class Departures {
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly instances: Instances;
  private readonly revisions: readonly Revision[];
  private readonly frontDoor: FrontDoor;
  private readonly coldStart: ColdStart;

  constructor(
    agenda: Agenda,
    probe: Probe,
    instances: Instances,
    revisions: readonly Revision[],
    frontDoor: FrontDoor,
    coldStart: ColdStart,
  ) {
    this.agenda = agenda;
    this.probe = probe;
    this.instances = instances;
    this.revisions = revisions;
    this.frontDoor = frontDoor;
    this.coldStart = coldStart;
  }

  /** Shuts down a ready instance: no more requests, ten seconds for those it has. */
  shutDown(instance: Instance, revision: Revision, because: string): void {
    revision.fleet.leave(instance.id);
    this.instances.move(revision, instance, 'draining', because);
    if (this.instances.load[instance.id] === 0) {
      this.instances.move(revision, instance, 'gone', because);
      return;
    }
    instance.ticket = this.agenda.plan(
      after(this.agenda.now, TERMINATION_GRACE_PERIOD),
      EVENT['grace-over'],
      instance.id,
    );
  }

  /** The last request of a draining instance has ended. */
  drained(revision: Revision, row: number): void {
    const instance = this.instances.at(row)!;
    this.instances.move(revision, instance, 'gone', 'its requests are finished');
  }

  /** Ten seconds after SIGTERM. */
  graceOver(row: number): void {
    const instance = this.instances.at(row);
    if (instance === null || instance.ticket !== this.agenda.ticket) return;
    this.frontDoor.cutOff(row);
    this.instances.move(this.revisions[instance.revision], instance, 'gone', 'ten seconds after SIGTERM');
  }

  /**
   * Shuts down all ready instances of a revision because of its key, and breaks off starts that are past their key
   * calls. Those that are not will learn of the key themselves.
   */
  evict(revision: Revision, cause: UnavailabilityCause): void {
    const leaving = revision.live.filter(
      ({ stage, step }) => stage === 'ready' || (stage === 'starting' && step === 'container'),
    );
    if (leaving.length === 0) return;
    this.probe.evicting({
      at: this.agenda.now,
      revision: revision.id,
      key: revision.plan.key!,
      cause,
      instances: leaving.length,
    });
    for (const instance of leaving) {
      if (instance.stage === 'ready') this.shutDown(instance, revision, cause);
      else this.coldStart.breakOff(instance, revision, 'evicted');
    }
  }

  /** An instance is gone from one moment to the next, with all its requests. */
  crash(instance: Instance, revision: Revision): void {
    revision.fleet.leave(instance.id);
    this.instances.move(revision, instance, 'gone', 'it crashed');
    this.frontDoor.cutOff(instance.id);
  }

  /** All that a revision has in its region is gone: instances, starts, and the requests on them and for them. */
  lose(revision: Revision): void {
    for (const instance of [...revision.live]) {
      if (instance.stage === 'starting') {
        if (instance.waiting >= 0) this.frontDoor.abandon(instance.waiting, 'region-lost');
        instance.waiting = -1;
        this.coldStart.breakOff(instance, revision, 'crashed');
      } else if (instance.stage !== 'gone') {
        if (instance.stage === 'ready') revision.fleet.leave(instance.id);
        this.instances.move(revision, instance, 'gone', 'its region is lost');
        this.frontDoor.cutOff(instance.id);
      }
    }
    this.frontDoor.turnAway(revision, 'region-lost');
  }
}
