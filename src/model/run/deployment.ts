/**
 * Deployments: how a new revision comes to serve, or does not.
 *
 *   begun ─▶ data key wrapped (Encrypt) ─▶ first instances start ─▶ they are ready ─▶ traffic moves: serving
 *               └── refused ──────────────────── refused ──▶ failed; the old revision keeps serving
 *
 * A revision's data key is wrapped by the version of the key that is primary at its deploy, and stays so: that
 * version is needed at every start of the revision, whatever is rotated later. A key call that fails in a way that
 * can be retried holds the deployment, as it holds a start.
 *
 * Where the repository of the image has a key of its own, Artifact Registry uses it before that: for the upload, where
 * the scenario has one, and for the download, where Cloud Run imports the image at the deployment. Cloud Run learns
 * nothing of its own key from these calls.
 */
import type { Stream, Streams } from '../../engine/streams.ts';
import { deploymentRuleFor, KEY_USE_OF_A_DEPLOYMENT } from '../../rules/deployment-rules.ts';
import { isRepositoryUse, type KeyUse } from '../../rules/key-uses.ts';
import type { RevisionId } from '../../units/ids.ts';
import { after, type Instant } from '../../units/time.ts';
import { NO_TICKET, type Agenda, type Ticket } from '../agenda.ts';
import { delayAfter } from '../back-off.ts';
import { EVENT } from '../events.ts';
import type { KeyCall, KeyCaller, Kms } from '../kms/kms.ts';
import type { Happening, Plan } from '../plan.ts';
import type { DeploymentRecord, Probe } from '../probe.ts';
import type { Autoscaler } from './autoscaler.ts';
import type { ColdStart } from './cold-start.ts';
import type { Departures } from './departures.ts';
import type { Instance } from './instances.ts';
import type { KeyWatch } from './key-watch.ts';
import type { Revision } from './revision.ts';
import type { Service } from './service.ts';

interface Rollout {
  readonly begunAt: Instant;
  readonly percent: number;
  readonly tag: string | null;
  /** Its place among the deployments of all services. */
  readonly number: number;
  /** Key calls to be made before its instances start, and how many have succeeded. */
  readonly calls: readonly KeyUse[];
  done: number;
  attempt: number;
  ticket: Ticket;
}

export class Deployments implements KeyCaller {
  private readonly plan: Plan;
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly services: readonly Service[];
  private readonly revisions: readonly Revision[];
  private readonly kms: Kms;
  private readonly watch: KeyWatch;
  private readonly coldStart: ColdStart;
  private readonly autoscaler: Autoscaler;
  private readonly departures: Departures;
  private readonly luck: readonly Stream[];
  /** Under way, by revision. */
  private readonly rollouts = new Map<RevisionId, Rollout>();
  private begun = 0;
  /** By service: the latest deployment whose revision has served. */
  private readonly latest: number[] = [];

  constructor(
    plan: Plan,
    agenda: Agenda,
    probe: Probe,
    streams: Streams,
    services: readonly Service[],
    revisions: readonly Revision[],
    kms: Kms,
    watch: KeyWatch,
    coldStart: ColdStart,
    autoscaler: Autoscaler,
    departures: Departures,
  ) {
    this.plan = plan;
    this.agenda = agenda;
    this.probe = probe;
    this.services = services;
    this.revisions = revisions;
    this.kms = kms;
    this.watch = watch;
    this.coldStart = coldStart;
    this.autoscaler = autoscaler;
    this.departures = departures;
    this.luck = plan.revisions.map(({ name }) => streams.stream('retry-jitter', `deploy ${name}`));
  }

  begin(what: Extract<Happening, { kind: 'deploy' }>): void {
    const revision = this.revisions[what.revision];
    const rollout: Rollout = {
      begunAt: this.agenda.now,
      percent: what.percent,
      tag: what.tag ?? null,
      number: ++this.begun,
      calls: this.callsOf(revision),
      done: 0,
      attempt: 0,
      ticket: NO_TICKET,
    };
    this.rollouts.set(revision.id, rollout);
    this.tell(revision, rollout, 'begun', '');
    this.goOn(revision, rollout);
  }

  keyAnswered(call: KeyCall): void {
    if (!isRepositoryUse(call.use)) this.watch.learn(call);
    const revision = this.revisions[call.revision];
    const rollout = this.rollouts.get(revision.id)!;
    if (call.outcome === 'ok') {
      rollout.done++;
      rollout.attempt = 0;
      if (call.use === KEY_USE_OF_A_DEPLOYMENT) revision.keyVersion = call.version;
      else if (call.use === 'image-upload') revision.imageVersion = call.version;
      this.goOn(revision, rollout);
      return;
    }
    const { cause, message } = call.failure!;
    if (deploymentRuleFor(cause).deployment === 'fails') {
      this.fail(revision, message);
      return;
    }
    const wait = delayAfter(call.attempt, this.plan.assumptions.keyRetry, this.luck[revision.id]);
    rollout.attempt = call.attempt + 1;
    rollout.ticket = this.agenda.plan(
      after(this.agenda.now, wait),
      EVENT['deploy-call-retried'],
      revision.id,
    );
  }

  /** A deployment that holds asks again. */
  askAgain(id: RevisionId): void {
    const rollout = this.rollouts.get(id);
    if (rollout === undefined || rollout.ticket !== this.agenda.ticket) return;
    this.ask(this.revisions[id], rollout);
  }

  /** An instance of a revision is ready: if its rollout has waited for it, traffic moves. */
  becameReady(revision: Revision): void {
    const rollout = this.rollouts.get(revision.id);
    if (rollout === undefined || revision.ready < revision.firstInstances) return;
    this.serve(revision, rollout);
  }

  private serve(revision: Revision, rollout: Rollout): void {
    this.rollouts.delete(revision.id);
    revision.firstInstances = 0;
    const service = this.services[revision.service];
    if (rollout.tag !== null) service.tag(rollout.tag, revision.id);
    if ((this.latest[service.id] ?? 0) > rollout.number) {
      this.tell(revision, rollout, 'serving', 'A later deployment has the traffic.');
      return;
    }
    this.latest[service.id] = rollout.number;
    service.traffic.give(revision.id, rollout.percent);
    service.followSplit();
    this.tell(revision, rollout, 'serving', '');
    this.autoscaler.limitsChanged(service);
  }

  /** A start of a revision has come to nothing: if its rollout hangs on it, the deployment has failed. */
  startLost(revision: Revision, message: string): void {
    const rollout = this.rollouts.get(revision.id);
    if (rollout === undefined) return;
    if (revision.ready === 0) this.fail(revision, message);
    else if (revision.starting + revision.awaitingKey === 0) this.serve(revision, rollout);
  }

  private callsOf({ plan: { key, imageRepository } }: Revision): KeyUse[] {
    const uploads = imageRepository?.encryptsPerUpload ?? 0;
    const downloads = imageRepository?.download === 'deploy' ? imageRepository.decryptsPerDownload : 0;
    const wraps = key === null ? 0 : this.plan.assumptions.encryptsPerDeploy;
    return [
      ...Array<KeyUse>(uploads).fill('image-upload'),
      ...Array<KeyUse>(downloads).fill('image-download'),
      ...Array<KeyUse>(Math.ceil(wraps)).fill(KEY_USE_OF_A_DEPLOYMENT),
    ];
  }

  private goOn(revision: Revision, rollout: Rollout): void {
    if (rollout.done < rollout.calls.length) this.ask(revision, rollout);
    else this.create(revision);
  }

  private ask(revision: Revision, rollout: Rollout): void {
    const use = rollout.calls[rollout.done];
    const key = isRepositoryUse(use) ? revision.plan.imageRepository!.key : revision.plan.key!;
    this.kms.ask({
      key,
      version: use === 'image-download' ? revision.imageVersion : this.kms.keys[key].primary,
      use,
      service: revision.service,
      revision: revision.id,
      instance: null,
      index: rollout.done,
      attempt: rollout.attempt,
      caller: this,
    });
  }

  private create(revision: Revision): void {
    const service = this.services[revision.service];
    if (service.lostBy.size > 0) {
      this.fail(revision, `The region ${service.plan.location} is not available.`);
      return;
    }
    revision.exists = true;
    service.revisions.push(revision);
    const { percent } = this.rollouts.get(revision.id)!;
    const { minInstanceCount, maxInstanceCount } = revision.plan;
    const manual = Math.round(((service.manualInstanceCount ?? 0) * percent) / 100);
    const first = Math.max(1, minInstanceCount, manual, service.plan.knative?.initialScale ?? 1);
    const starts = manual > 0 ? first : Math.min(first, maxInstanceCount);
    revision.firstInstances = starts;
    // What it is to have until it has traffic; no decision of the autoscaler.
    revision.recommended = starts;
    if (!service.isPerRequest) revision.fleet.want(starts);
    for (let n = 0; n < starts; n++) this.coldStart.begin(revision, 'DEPLOYMENT_ROLLOUT');
  }

  private fail(revision: Revision, message: string): void {
    const rollout = this.rollouts.get(revision.id)!;
    this.rollouts.delete(revision.id);
    revision.firstInstances = 0;
    const service = this.services[revision.service];
    const at = service.revisions.indexOf(revision);
    if (at >= 0) service.revisions.splice(at, 1);
    revision.exists = false;
    for (const instance of [...revision.live]) this.withdraw(instance, revision);
    this.tell(revision, rollout, 'failed', message);
  }

  private withdraw(instance: Instance, revision: Revision): void {
    if (instance.stage === 'starting') this.coldStart.breakOff(instance, revision, 'withdrawn');
    else if (instance.stage === 'ready')
      this.departures.shutDown(instance, revision, 'its deployment failed');
  }

  private tell(
    revision: Revision,
    rollout: Rollout,
    stage: DeploymentRecord['stage'],
    message: string,
  ): void {
    this.probe.deployed({
      at: this.agenda.now,
      begunAt: rollout.begunAt,
      service: revision.service,
      revision: revision.id,
      stage,
      message,
    });
  }
}
