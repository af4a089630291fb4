/**
 * The audit log: one Cloud KMS data-access entry per key call, as Cloud Logging shows them.
 *
 * The reason Cloud Run gives stands as caller-provided context, word for word as documented ("Audit logs" on the
 * Cloud Run CMEK page), the caller is the service agent, and a call that failed has the status it failed with. The
 * entry's time is when the call was made, which is when quota is taken: the log can be held against a quota.
 */
import type { Plan } from '../model/plan.ts';
import type { KeyCallRecord, KeyFailure, WorldView } from '../model/probe.ts';
import { isRepositoryUse, methodOf, reasonOf } from '../rules/key-uses.ts';
import { artifactRegistryAgent, permissionFor, serviceAgent } from '../rules/resource-names.ts';
import type { Instant } from '../units/time.ts';
import { quotaError } from './quota-error.ts';
import { timeFields } from './timestamp.ts';

export class AuditLog {
  private readonly plan: Plan;
  private view: WorldView | null = null;
  private readonly calls: { readonly at: Instant; readonly entry: string }[] = [];

  constructor(plan: Plan) {
    this.plan = plan;
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  keyCalled(call: KeyCallRecord): void {
    this.calls.push({ at: call.issuedAt, entry: JSON.stringify(this.entryOf(call)) });
  }

  /** In the order in which calls were made; those of one instant in the order of their answers. */
  get entries(): string[] {
    return this.calls
      .slice()
      .sort((a, b) => a.at - b.at)
      .map((call) => call.entry);
  }

  private entryOf(call: KeyCallRecord): object {
    const key = this.plan.keys[call.key];
    const service = this.plan.services[call.service];
    const method = methodOf(call.use);
    const callerOf = isRepositoryUse(call.use) ? artifactRegistryAgent : serviceAgent;
    const [, project, , location, , keyRing, , cryptoKey] = key.name.split('/');
    return {
      logName: `projects/${project}/logs/cloudaudit.googleapis.com%2Fdata_access`,
      resource: {
        type: 'cloudkms_cryptokey',
        labels: { project_id: project, location, key_ring_id: keyRing, crypto_key_id: cryptoKey },
      },
      severity: call.failure === null ? 'INFO' : 'ERROR',
      ...timeFields(this.plan.startsAt, call.issuedAt),
      labels: { crypto_key_version_id: String(call.version) },
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        serviceName: 'cloudkms.googleapis.com',
        methodName: method,
        resourceName: key.name,
        authenticationInfo: { principalEmail: callerOf(service.projectNumber) },
        authorizationInfo: [
          {
            resource: key.name,
            permission: permissionFor(method),
            granted: call.failure?.cause !== 'key-access-revoked',
          },
        ],
        requestMetadata: {},
        request: {
          '@type': `type.googleapis.com/google.cloud.kms.v1.${method}Request`,
          name: key.name,
        },
        status: this.statusOf(call, key.name),
        metadata: { entries: { caller_provided_context: reasonOf(call.use) } },
      },
    };
  }

  private statusOf(call: KeyCallRecord, key: string): object {
    const { failure } = call;
    if (failure === null) return { code: 0 };
    const quota = quotaError(this.plan, this.view!, call);
    if (quota !== null) return { code: quota.code, message: quota.message, details: quota.details };
    const status = { code: failure.code, message: failure.message };
    return failure.ekmError === null ? status : { ...status, details: [preconditions(key, failure)] };
  }
}

/**
 * How Cloud EKM words a failure ("Cloud EKM error reference"): the first violation is about the key, the second
 * about the attempt to reach the external key manager, its type the error domain.
 */
const preconditions = (key: string, failure: KeyFailure): object => ({
  '@type': 'type.googleapis.com/google.rpc.PreconditionFailure',
  violations: [
    { type: 'KEY', subject: key, description: 'The Cloud EKM key that was called.' },
    { type: failure.ekmError, subject: key, description: failure.message },
  ],
});
