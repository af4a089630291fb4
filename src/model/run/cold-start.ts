/**
 * The cold start: from the decision to start an instance until it is ready, or is not.
 *
 *   scheduling ─▶ image import ─▶ layer decrypts ─▶ data-key decrypts ─▶ container start ─▶ ready
 *                                 └── key calls, one after another or at once; none without a key ──┘
 *
 * Where each start downloads its image from a repository that has a key of its own, Artifact Registry's calls on that
 * key come first, one after another; Cloud Run learns nothing of its own key from them.
 *
 * What a failed key call does to a start is a row of the CMEK page's table: `held` waits and asks again, with a
 * growing delay and without end; `refused` ends the start.
 *
 * After a refused start the revision waits before its next one (assumption `failedStartBackoff`). Starts that were
 * issued before the wait began say nothing new, whether they fail or succeed. When the wait is over one start is
 * tried; if it succeeds, the rest may follow, and if it fails, the next wait is longer.
 */
import { Distribution } from '../../engine/distributions.ts';
import { Slots } from '../../engine/slots.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import { probed, probeFailed } from '../../rules/startup-probe.ts';
import type { StartReasonId } from '../../rules/cloud-run-limits.ts';
import { downloadsPerStart, keyCallsPerStart } from '../../rules/cold-start-steps.ts';
import { rowFor, type UnavailabilityCause } from '../../rules/key-unavailability.ts';
import { isRepositoryUse } from '../../rules/key-uses.ts';
import { check } from '../../units/check.ts';
import type { RevisionId } from '../../units/ids.ts';
import { after, between, type Duration } from '../../units/time.ts';
import { NO_TICKET, type Agenda } from '../agenda.ts';
import { delayAfter } from '../back-off.ts';
import { EVENT } from '../events.ts';
import type { KeyCall, KeyCaller, Kms } from '../kms/kms.ts';
import type { Plan } from '../plan.ts';
import type { Probe } from '../probe.ts';
import type { Instance, Instances } from './instances.ts';
import { NodeKeys } from './node-keys.ts';
import type { KeyWatch } from './key-watch.ts';
import type { Revision } from './revision.ts';

/** Who waits for starts. */
export interface Starts {
  /** The instance is ready, and not routed to yet. */
  becameReady(instance: Instance, revision: Revision): void;
  /** The start has come to nothing; the instance is gone. `message`: why it was refused; null: it was broken off. */
  cameToNothing(instance: Instance, revision: Revision, message: string | null): void;
  /** A revision may start instances again. */
  mayStartAgain(revision: Revision): void;
}

interface Luck {
  readonly scheduling: Distribution;
  readonly schedulingLuck: Stream;
  readonly imageImport: Distribution;
  readonly imageLuck: Stream;
  readonly container: Distribution;
  readonly containerLuck: Stream;
  readonly retryLuck: Stream;
}

export class ColdStart implements KeyCaller {
  private readonly plan: Plan;
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly instances: Instances;
  private readonly revisions: readonly Revision[];
  private readonly kms: Kms;
  private readonly watch: KeyWatch;
  private readonly luck: readonly Luck[];
  private readonly nodeKeys = new NodeKeys();
  /** Key calls of starts that are to be made again. */
  private readonly retries: { instance: Instance; index: number; attempt: number }[] = [];
  private readonly retryRows = new Slots(() => {});
  private starts!: Starts;

  constructor(
    plan: Plan,
    agenda: Agenda,
    probe: Probe,
    streams: Streams,
    instances: Instances,
    revisions: readonly Revision[],
    kms: Kms,
    watch: KeyWatch,
  ) {
    this.plan = plan;
    this.agenda = agenda;
    this.probe = probe;
    this.instances = instances;
    this.revisions = revisions;
    this.kms = kms;
    this.watch = watch;
    this.luck = plan.revisions.map(({ name, startup }) => ({
      scheduling: new Distribution(startup.scheduling),
      schedulingLuck: streams.stream('scheduling', name),
      imageImport: new Distribution(startup.imageImport),
      imageLuck: streams.stream('image-import', name),
      container: new Distribution(startup.containerStart),
      containerLuck: streams.stream('container-start', name),
      retryLuck: streams.stream('retry-jitter', name),
    }));
  }

  serve(starts: Starts): void {
    this.starts = starts;
  }

  /** How many starts the back-off allows now: none, one, or any number. None in a region that is lost. */
  allowed(revision: Revision): number {
    if (revision.barred) return 0;
    if (revision.waitBegan === null) return Infinity;
    return revision.waitTicket === NO_TICKET && revision.trial === null ? 1 : 0;
  }

  /** Starts an instance. Only where `allowed` says so. */
  begin(revision: Revision, reason: StartReasonId): Instance {
    check(this.allowed(revision) > 0, 'no start is issued during the back-off');
    const instance = this.instances.begin(revision, reason);
    instance.waitsBefore = revision.waits;
    if (revision.waitBegan !== null) revision.trial = instance;
    const luck = this.luck[revision.id];
    instance.scheduling = luck.scheduling.draw(luck.schedulingLuck);
    instance.imageImport = luck.imageImport.draw(luck.imageLuck);
    instance.container = luck.container.draw(luck.containerLuck);
    const { containerFactor } = revision.plan.startup;
    if (containerFactor !== 1) {
      instance.container = Math.floor(instance.container * containerFactor + 0.5) as Duration;
    }
    const prepared = after(after(this.agenda.now, instance.scheduling), instance.imageImport);
    instance.ticket = this.agenda.plan(prepared, EVENT['start-step-done'], instance.id);
    return instance;
  }

  /** Image import, or container start, is over. */
  stepDone(row: number): void {
    const instance = this.instances.at(row);
    if (instance === null || instance.ticket !== this.agenda.ticket) return;
    const revision = this.revisions[instance.revision];
    if (instance.step === 'preparing') this.unlock(instance, revision);
    else if (instance.probeFailed) this.refuse(instance, revision, 'startup-probe', null);
    else this.ready(instance, revision);
  }

  keyAnswered(call: KeyCall): void {
    if (!isRepositoryUse(call.use)) this.watch.learn(call);
    const instance = call.instance as Instance;
    if (instance.stage === 'gone') return;
    const revision = this.revisions[instance.revision];
    instance.key = between(instance.keyBegan!, this.agenda.now);
    if (call.outcome === 'ok') {
      if (call.use === 'data-key-decrypt') this.nodeKeys.remember(revision, instance, this.agenda.now);
      instance.decrypts++;
      if (instance.decrypts === instance.keyCalls) this.startContainer(instance, revision);
      else this.askNext(instance, revision);
      return;
    }
    const { cause } = call.failure!;
    if (rowFor(cause).starts === 'refused') this.refuse(instance, revision, cause, call);
    else this.hold(instance, revision, call);
  }

  /** A key call of a start that holds is made again. */
  askAgain(row: number): void {
    const { instance, index, attempt } = this.retries[row];
    this.retryRows.release(row);
    if (instance.stage !== 'starting') return;
    this.ask(instance, this.revisions[instance.revision], index, attempt);
  }

  /** The wait after a failed start is over. */
  waitOver(id: RevisionId): void {
    const revision = this.revisions[id];
    if (revision.waitTicket !== this.agenda.ticket) return;
    revision.waitTicket = NO_TICKET;
    this.starts.mayStartAgain(revision);
  }

  /** Breaks off a start that is not at fault: what comes after it need not wait. */
  breakOff(instance: Instance, revision: Revision, outcome: 'crashed' | 'evicted' | 'withdrawn'): void {
    if (revision.trial === instance) revision.trial = null;
    this.end(instance, revision, outcome, null);
  }

  /** The image is there: its key calls begin, if it has any to make. */
  private unlock(instance: Instance, revision: Revision): void {
    const { key, startup } = revision.plan;
    const cached = key !== null && this.nodeKeys.has(revision, instance, this.agenda.now);
    instance.keyCalls =
      downloadsPerStart(revision.plan.imageRepository) +
      keyCallsPerStart(key !== null, cached ? { ...startup, dataKeyDecrypts: 0 } : startup);
    if (instance.keyCalls === 0) {
      this.startContainer(instance, revision);
      return;
    }
    instance.keyBegan = this.agenda.now;
    instance.step = 'key';
    this.instances.awaitKey(revision, instance, true, 'a key call is outstanding');
    this.askNext(instance, revision);
  }

  /** Makes the calls that may be made once those before them have succeeded: the next one, or all that are left. */
  private askNext(instance: Instance, revision: Revision): void {
    const { imageRepository, startup } = revision.plan;
    const first = instance.decrypts;
    const downloads = downloadsPerStart(imageRepository);
    if (first < downloads || startup.decrypts === 'sequential') this.ask(instance, revision, first, 0);
    else if (first === downloads)
      for (let index = first; index < instance.keyCalls; index++) this.ask(instance, revision, index, 0);
  }

  /** Makes the key call number `index` of a start: those for the download, for layers, and for the data key. */
  private ask(instance: Instance, revision: Revision, index: number, attempt: number): void {
    instance.keyAttempts++;
    const { key, imageRepository, startup } = revision.plan;
    const downloads = downloadsPerStart(imageRepository);
    const isDownload = index < downloads;
    this.kms.ask({
      key: isDownload ? imageRepository!.key : key!,
      version: isDownload ? revision.imageVersion : revision.keyVersion,
      use: isDownload
        ? 'image-download'
        : index - downloads < startup.layerDecrypts
          ? 'layer-decrypt'
          : 'data-key-decrypt',
      service: revision.service,
      revision: revision.id,
      instance,
      index,
      attempt,
      caller: this,
    });
  }

  private hold(instance: Instance, revision: Revision, call: KeyCall): void {
    if (!instance.held) {
      instance.held = true;
      this.probe.startHeld(instance, call);
    }
    const wait = delayAfter(call.attempt, this.plan.assumptions.keyRetry, this.luck[revision.id].retryLuck);
    const row = this.retryRows.take();
    this.retries[row] = { instance, index: call.index, attempt: call.attempt + 1 };
    this.agenda.plan(after(this.agenda.now, wait), EVENT['key-call-retried'], row);
  }

  /** Of the container that takes the requests; a plan does not say how it is called. */
  private nameOf(revision: Revision): string {
    return `${this.plan.services[revision.service].name}-1`;
  }

  private startContainer(instance: Instance, revision: Revision): void {
    instance.step = 'container';
    this.instances.awaitKey(revision, instance, false, 'its key calls have succeeded');
    const { ready, at } = probed(instance.container, revision.plan.startup.probe);
    instance.container = at;
    instance.probeFailed = !ready;
    const up = after(this.agenda.now, at);
    instance.ticket = this.agenda.plan(up, EVENT['start-step-done'], instance.id);
  }

  private ready(instance: Instance, revision: Revision): void {
    instance.readyAt = this.agenda.now;
    instance.outcome = 'ready';
    instance.ticket = NO_TICKET;
    revision.startupSum += instance.readyAt - instance.startedAt - instance.key;
    revision.startupCount++;
    revision.lastStartFailedAt = null;
    this.instances.move(revision, instance, 'ready', 'its container answers');
    this.probe.startEnded(instance, null);
    const released = revision.trial === instance;
    if (released) {
      revision.trial = null;
      revision.waitBegan = null;
      revision.failedWaits = 0;
    }
    this.starts.becameReady(instance, revision);
    if (released) this.starts.mayStartAgain(revision);
  }

  private refuse(
    instance: Instance,
    revision: Revision,
    cause: UnavailabilityCause | 'startup-probe',
    call: KeyCall | null,
  ): void {
    const { now } = this.agenda;
    revision.lastStartFailedAt = now;
    const isTrial = revision.trial === instance;
    const isFirst = revision.waitBegan === null && instance.waitsBefore === revision.waits;
    if (isFirst) revision.waits++;
    if (isFirst || isTrial) {
      revision.trial = null;
      revision.waitBegan = now;
      const { failedStartBackoff } = this.plan.assumptions;
      const wait = delayAfter(revision.failedWaits, failedStartBackoff, this.luck[revision.id].retryLuck);
      revision.failedWaits++;
      revision.waitTicket = this.agenda.plan(after(now, wait), EVENT['back-off-over'], revision.id);
    }
    this.end(instance, revision, `refused:${cause}`, call);
  }

  private end(
    instance: Instance,
    revision: Revision,
    outcome: Exclude<Instance['outcome'], 'ready' | null>,
    call: KeyCall | null,
  ): void {
    instance.outcome = outcome;
    instance.ticket = NO_TICKET;
    this.instances.move(revision, instance, 'gone', outcome);
    this.probe.startEnded(instance, call);
    this.starts.cameToNothing(
      instance,
      revision,
      call?.failure?.message ??
        (outcome.startsWith('refused:')
          ? probeFailed(revision.plan.startup.probe, this.nameOf(revision))
          : null),
    );
  }
}
