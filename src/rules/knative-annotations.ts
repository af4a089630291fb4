/**
 * What the annotations and fields of a Knative service manifest mean for a simulation.
 *
 * A manifest is taken as gcloud exports it. `scenario` is the scenario field that a name becomes. `simulated` is
 * `yes`; or `no` where the name matters to scaling, starts or keys and is not acted upon, which a report has to
 * say; or `irrelevant`, where it changes neither scaling nor keys. `where` is the place of an annotation:
 * metadata.annotations of the service, or of spec.template, the revision.
 */
import { CMEK_PAGE, RUN_YAML, section } from './sources.ts';

const CMEK = section(CMEK_PAGE, 'Configure CMEK for your Cloud Run service');

// prettier-ignore
export const KNATIVE_ANNOTATIONS = [
  { name: 'autoscaling.knative.dev/minScale', where: 'revision', simulated: 'yes', scenario: 'template.scaling.minInstanceCount', values: 'whole number, 0 by default', source: RUN_YAML },
  { name: 'autoscaling.knative.dev/maxScale', where: 'revision', simulated: 'yes', scenario: 'template.scaling.maxInstanceCount', values: 'whole number, 100 by default', source: RUN_YAML },
  { name: 'run.googleapis.com/minScale', where: 'service', simulated: 'yes', scenario: 'scaling.minInstanceCount', values: 'whole number', source: RUN_YAML },
  { name: 'run.googleapis.com/maxScale', where: 'service', simulated: 'yes', scenario: 'scaling.maxInstanceCount', values: 'whole number', source: RUN_YAML },
  { name: 'run.googleapis.com/scalingMode', where: 'service', simulated: 'yes', scenario: 'scaling.scalingMode', values: 'automatic, manual', source: RUN_YAML },
  { name: 'run.googleapis.com/manualInstanceCount', where: 'service', simulated: 'yes', scenario: 'scaling.manualInstanceCount', values: 'whole number', source: RUN_YAML },
  { name: 'run.googleapis.com/scaling-cpu-target', where: 'revision', simulated: 'yes', scenario: 'template.scaling.cpuTarget', values: '0.1 to 0.9, disabled, default', source: RUN_YAML },
  { name: 'run.googleapis.com/scaling-concurrency-target', where: 'revision', simulated: 'yes', scenario: 'template.scaling.concurrencyTarget', values: '0.1 to 0.95, disabled, default', source: RUN_YAML },
  { name: 'run.googleapis.com/encryption-key', where: 'revision', simulated: 'yes', scenario: 'encryptionKey', values: 'full key name', source: CMEK },
  { name: 'run.googleapis.com/post-key-revocation-action-type', where: 'revision', simulated: 'yes', scenario: 'encryptionKeyRevocationAction', values: 'prevent-new, shut-down', source: CMEK },
  { name: 'run.googleapis.com/encryption-key-shutdown-hours', where: 'revision', simulated: 'yes', scenario: 'encryptionKeyShutdownDuration', values: 'whole number of hours, at least 1', source: CMEK },
  { name: 'run.googleapis.com/startup-cpu-boost', where: 'revision', simulated: 'yes', scenario: 'startupCpuBoost', values: 'true, false', source: RUN_YAML },
  { name: 'run.googleapis.com/cpu-throttling', where: 'revision', simulated: 'yes', scenario: 'cpuIdle', values: 'true (request-based billing, the default), false', source: RUN_YAML },
  { name: 'run.googleapis.com/sessionAffinity', where: 'revision', simulated: 'yes', scenario: 'sessionAffinity', values: 'true, false', source: RUN_YAML },
  { name: 'run.googleapis.com/health-check-disabled', where: 'revision', simulated: 'no', scenario: null, values: 'true, false', source: RUN_YAML },
  { name: 'run.googleapis.com/container-dependencies', where: 'revision', simulated: 'no', scenario: null, values: 'JSON', source: RUN_YAML },
  { name: 'run.googleapis.com/execution-environment', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'gen1, gen2', source: RUN_YAML },
  { name: 'run.googleapis.com/network-interfaces', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'JSON', source: RUN_YAML },
  { name: 'run.googleapis.com/vpc-access-connector', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'name', source: RUN_YAML },
  { name: 'run.googleapis.com/vpc-access-egress', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'all-traffic, private-ranges-only', source: RUN_YAML },
  { name: 'run.googleapis.com/cloudsql-instances', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'names', source: RUN_YAML },
  { name: 'run.googleapis.com/secrets', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'names', source: RUN_YAML },
  { name: 'run.googleapis.com/client-name', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'text', source: RUN_YAML },
  { name: 'run.googleapis.com/client-version', where: 'revision', simulated: 'irrelevant', scenario: null, values: 'text', source: RUN_YAML },
  { name: 'run.googleapis.com/client-name', where: 'service', simulated: 'irrelevant', scenario: null, values: 'text', source: RUN_YAML },
  { name: 'run.googleapis.com/client-version', where: 'service', simulated: 'irrelevant', scenario: null, values: 'text', source: RUN_YAML },
  { name: 'run.googleapis.com/launch-stage', where: 'service', simulated: 'irrelevant', scenario: null, values: 'ALPHA, BETA, GA', source: RUN_YAML },
  { name: 'run.googleapis.com/ingress', where: 'service', simulated: 'irrelevant', scenario: null, values: 'all, internal, internal-and-cloud-load-balancing', source: RUN_YAML },
  { name: 'run.googleapis.com/ingress-status', where: 'service', simulated: 'irrelevant', scenario: null, values: 'text', source: RUN_YAML },
  { name: 'run.googleapis.com/description', where: 'service', simulated: 'irrelevant', scenario: null, values: 'text', source: RUN_YAML },
  { name: 'run.googleapis.com/operation-id', where: 'service', simulated: 'irrelevant', scenario: null, values: 'text', source: RUN_YAML },
  { name: 'run.googleapis.com/urls', where: 'service', simulated: 'irrelevant', scenario: null, values: 'JSON', source: RUN_YAML },
  { name: 'run.googleapis.com/invoker-iam-disabled', where: 'service', simulated: 'irrelevant', scenario: null, values: 'true, false', source: RUN_YAML },
  { name: 'run.googleapis.com/default-url-disabled', where: 'service', simulated: 'irrelevant', scenario: null, values: 'true, false', source: RUN_YAML },
  { name: 'serving.knative.dev/creator', where: 'service', simulated: 'irrelevant', scenario: null, values: 'e-mail', source: RUN_YAML },
  { name: 'serving.knative.dev/lastModifier', where: 'service', simulated: 'irrelevant', scenario: null, values: 'e-mail', source: RUN_YAML },
] as const satisfies readonly ManifestRow[];

/** Fields of the manifest besides its annotations, from the root of the document. */
// prettier-ignore
export const KNATIVE_FIELDS = [
  { name: 'metadata.name', where: 'service', simulated: 'yes', scenario: 'name', values: 'service name', source: RUN_YAML },
  { name: 'metadata.labels.cloud.googleapis.com/location', where: 'service', simulated: 'yes', scenario: 'location', values: 'region', source: RUN_YAML },
  { name: 'metadata.namespace', where: 'service', simulated: 'yes', scenario: 'projectNumber', values: 'project number', source: RUN_YAML },
  { name: 'spec.template.metadata.name', where: 'revision', simulated: 'yes', scenario: 'traffic.revision', values: 'revision name', source: CMEK },
  { name: 'spec.template.spec.containerConcurrency', where: 'revision', simulated: 'yes', scenario: 'maxInstanceRequestConcurrency', values: '1 to 1000, 80 by default', source: RUN_YAML },
  { name: 'spec.template.spec.timeoutSeconds', where: 'revision', simulated: 'yes', scenario: 'timeout', values: '1 to 3600, 300 by default', source: RUN_YAML },
  { name: 'spec.template.spec.containers.resources.limits.cpu', where: 'revision', simulated: 'yes', scenario: 'cpu', values: 'vCPU, 1000m is 1', source: RUN_YAML },
  { name: 'spec.template.spec.containers.resources.limits.memory', where: 'revision', simulated: 'yes', scenario: 'memory', values: '512Mi', source: RUN_YAML },
  { name: 'spec.traffic', where: 'service', simulated: 'yes', scenario: 'traffic', values: 'percent per revision', source: RUN_YAML },
  { name: 'spec.template.spec.containers.startupProbe', where: 'revision', simulated: 'yes', scenario: 'startup.probe', values: 'probe', source: RUN_YAML },
  { name: 'spec.template.spec.containers.livenessProbe', where: 'revision', simulated: 'no', scenario: null, values: 'probe', source: RUN_YAML },
  { name: 'spec.template.spec.containers.readinessProbe', where: 'revision', simulated: 'no', scenario: null, values: 'probe', source: RUN_YAML },
] as const satisfies readonly ManifestRow[];

export interface ManifestRow {
  readonly name: string;
  readonly where: 'service' | 'revision';
  readonly simulated: 'yes' | 'no' | 'irrelevant';
  /** The scenario field it becomes, from a service's entry on; null where it becomes none. */
  readonly scenario: string | null;
  readonly values: string;
  readonly source: string;
}

/** The row of an annotation at its place; undefined if it is not known there. */
export const annotationAt = (name: string, where: ManifestRow['where']): ManifestRow | undefined =>
  KNATIVE_ANNOTATIONS.find((row) => row.name === name && row.where === where);

/** Where an annotation belongs, for a message about one in the wrong place; undefined if it is not known. */
export const placeOfAnnotation = (name: string): ManifestRow['where'] | undefined =>
  KNATIVE_ANNOTATIONS.find((row) => row.name === name)?.where;
