/**
 * The service log: what Cloud Run writes to Cloud Logging about instances, their key and refused requests.
 *
 * Texts are those that are documented; a start that failed because of its key says so in the words of the page's
 * "Error messages", and what an external key manager reported is passed through. An overload refuses thousands of
 * requests with one sentence, so of each sentence and revision at most ten are written per interval of the grid,
 * and then one entry that says how many more there were. Everything else is written, always.
 */
import { probeFailed, probeSucceeded } from '../rules/startup-probe.ts';
import type { Plan } from '../model/plan.ts';
import type {
  DeploymentRecord,
  EvictionRecord,
  InstanceRecord,
  KeyCallRecord,
  LifeStage,
  WorldView,
} from '../model/probe.ts';
import {
  httpOutcome,
  startMessage,
  type HttpOutcomeId,
  type HttpOutcomeRow,
} from '../rules/cloud-run-limits.ts';
import { statusOfCause } from '../rules/key-unavailability.ts';
import { isRepositoryUse } from '../rules/key-uses.ts';
import { STATUS_CODES } from '../rules/status-codes.ts';
import type { RequestId, RevisionId, ServiceId } from '../units/ids.ts';
import { inSeconds, type Duration, type Instant } from '../units/time.ts';
import { quotaError } from './quota-error.ts';
import { timeFields } from './timestamp.ts';

/** Entries about refused requests per revision, sentence and interval. */
export const REQUEST_ENTRIES = 10;

type Severity = 'INFO' | 'WARNING' | 'ERROR';
type LogName = 'varlog%2Fsystem' | 'requests';

export class ServiceLog {
  readonly entries: string[] = [];
  private readonly plan: Plan;
  private view: WorldView | null = null;
  /** Of the interval that is open, by place (a revision, or a service that had none for a request) and outcome. */
  private readonly refusals: Map<HttpOutcomeId, Refusals>[];
  /** The last call that ended a start or a deployment, by revision: where a deployment fails, for which call. */
  private readonly fatal = new Map<RevisionId, KeyCallRecord>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.refusals = [...plan.revisions, ...plan.services].map(() => new Map());
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none'): void {
    if (from !== 'none' || instance.reason === 'INITIAL') return;
    this.system('INFO', instance.service, instance.revision, startMessage(instance.reason), {
      instance: instance.number,
    });
  }

  startHeld(instance: InstanceRecord, call: KeyCallRecord): void {
    this.keyFailed(call, instance);
  }

  startEnded(instance: InstanceRecord, call: KeyCallRecord | null): void {
    if (instance.reason === 'INITIAL' || instance.outcome === null) return;
    const { probe } = this.plan.revisions[instance.revision].startup;
    const container = `${this.plan.services[instance.service].name}-1`;
    if (instance.outcome === 'ready') {
      const text = probeSucceeded(probe, instance.container, container);
      this.system('INFO', instance.service, instance.revision, text, { instance: instance.number });
      return;
    }
    if (call !== null && call.failure !== null) {
      this.fatal.set(call.revision, call);
      this.keyFailed(call, instance);
      return;
    }
    const severity = instance.outcome === 'withdrawn' ? 'INFO' : 'ERROR';
    const text =
      instance.outcome === 'refused:startup-probe'
        ? probeFailed(probe, container)
        : `The instance was not started: ${instance.outcome}.`;
    this.system(severity, instance.service, instance.revision, text, { instance: instance.number });
  }

  /** Starts tell of their calls themselves; a check's and a deployment's are told here. */
  keyCalled(call: KeyCallRecord): void {
    if (call.instance !== null || call.failure === null) return;
    // A deployment that fails has an entry of its own.
    const ofDeployment = call.use === 'data-key-encrypt' || isRepositoryUse(call.use);
    if (ofDeployment && !call.failure.retryable) {
      this.fatal.set(call.revision, call);
      return;
    }
    if (call.attempt === 0 || !call.failure.retryable) this.keyFailed(call, null);
  }

  deployed(deployment: DeploymentRecord): void {
    if (deployment.stage === 'begun') return;
    const failed = deployment.stage === 'failed';
    const call = failed ? this.fatal.get(deployment.revision) : undefined;
    const name = this.plan.revisions[deployment.revision].name;
    const text =
      deployment.message !== ''
        ? deployment.message
        : failed
          ? `Revision '${name}' is not ready and cannot serve traffic.`
          : `Revision '${name}' is serving traffic.`;
    this.system(failed ? 'ERROR' : 'INFO', deployment.service, deployment.revision, text, {
      // It may have failed for something else since.
      ...(call?.failure?.message === text ? { jsonPayload: this.payloadOf(call) } : {}),
    });
  }

  evicting(eviction: EvictionRecord): void {
    const { revision, cause, instances, key } = eviction;
    const text =
      `Shutting down ${instances} ${instances === 1 ? 'instance' : 'instances'} ` +
      `because the CMEK key cannot be used (${cause}). CMEK key: ${this.plan.keys[key].name}`;
    this.system('WARNING', this.plan.revisions[revision].service, revision, text, {
      jsonPayload: { status: statusOfCause(cause), cause, instances },
    });
  }

  rejected(request: RequestId, outcome: HttpOutcomeId): void {
    const { requests } = this.view!;
    const revision = requests.revision(request) as RevisionId;
    const service = requests.service(request) as ServiceId;
    const here = this.refusals[revision >= 0 ? revision : this.plan.revisions.length + service];
    let refusals = here.get(outcome);
    if (refusals === undefined) {
      refusals = { service, revision, row: httpOutcome(outcome), count: 0 };
      here.set(outcome, refusals);
    }
    if (++refusals.count > REQUEST_ENTRIES) return;
    const { row } = refusals;
    const waited = (this.view!.now - requests.arrivedAt(request)) as Duration;
    this.write('requests', row.severity, service, revision, row.message, {
      httpRequest: { status: row.code, latency: `${inSeconds(waited)}s` },
    });
  }

  /** Requests told of in numbers: they are in the entry that counts, and have none of their own. */
  rejectedMany(service: ServiceId, revision: RevisionId, outcome: HttpOutcomeId, count: number): void {
    const here = this.refusals[revision];
    let refusals = here.get(outcome);
    if (refusals === undefined) {
      refusals = { service, revision, row: httpOutcome(outcome), count: REQUEST_ENTRIES };
      here.set(outcome, refusals);
    }
    refusals.count += count;
  }

  sampled(): void {
    this.closeInterval();
  }

  finish(): void {
    this.closeInterval();
  }

  private closeInterval(): void {
    for (const here of this.refusals) {
      for (const refusals of here.values()) this.closeRefusals(refusals);
      here.clear();
    }
  }

  private closeRefusals({ service, revision, row, count }: Refusals): void {
    const more = count - REQUEST_ENTRIES;
    if (more <= 0) return;
    const text = `${more} more ${more === 1 ? 'entry' : 'entries'} like this left out: ${row.message}`;
    this.write('requests', row.severity, service, revision, text, {
      httpRequest: { status: row.code },
      jsonPayload: { left_out: more },
    });
  }

  private keyFailed(call: KeyCallRecord, instance: InstanceRecord | null): void {
    this.system('ERROR', call.service, call.revision, call.failure!.message, {
      ...(instance === null ? {} : { instance: instance.number }),
      jsonPayload: this.payloadOf(call),
    });
  }

  /** What a failed call is, for a machine to read. */
  private payloadOf(call: KeyCallRecord): object {
    const failure = call.failure!;
    const quota = quotaError(this.plan, this.view!, call);
    const status = STATUS_CODES.find((row) => row.code === failure.code)?.name ?? String(failure.code);
    return {
      status,
      cause: failure.cause,
      ...(failure.ekmError === null ? {} : { ekm_error: failure.ekmError }),
      ...(quota === null ? {} : { error: quota }),
    };
  }

  private system(
    severity: Severity,
    service: ServiceId,
    revision: RevisionId,
    text: string,
    more: { readonly instance?: number; readonly jsonPayload?: object },
  ): void {
    const { instance, ...rest } = more;
    const labels = instance === undefined ? {} : { labels: { instanceId: String(instance) } };
    this.write('varlog%2Fsystem', severity, service, revision, text, { ...labels, ...rest });
  }

  private write(
    log: LogName,
    severity: Severity,
    service: ServiceId,
    revision: RevisionId,
    textPayload: string,
    more: object,
  ): void {
    const { name, project, location } = this.plan.services[service];
    this.entries.push(
      JSON.stringify({
        logName: `projects/${project}/logs/run.googleapis.com%2F${log}`,
        resource: {
          type: 'cloud_run_revision',
          labels: {
            project_id: project,
            location,
            service_name: name,
            // A request that was sent to no revision has none.
            revision_name: this.plan.revisions[revision]?.name ?? '',
            configuration_name: name,
          },
        },
        severity,
        ...timeFields(this.plan.startsAt, this.view!.now as Instant),
        textPayload,
        ...more,
      }),
    );
  }
}

/** Requests of one revision that were refused with one sentence. */
interface Refusals {
  readonly service: ServiceId;
  readonly revision: RevisionId;
  readonly row: HttpOutcomeRow;
  count: number;
}
