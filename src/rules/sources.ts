/**
 * Where the rows of this floor come from: public pages, each named once.
 *
 * Every row of every table here says its `source`: a page of this list, with the section where it has one, or
 * {@link assumed} and the reason. A row whose source is a page states what the page states, no more; what no
 * page states begins with the word `assumed`, so that a reader can tell the two apart by looking.
 */
export const CMEK_PAGE =
  'Cloud Run, Using customer managed encryption keys (docs.cloud.google.com/run/docs/securing/using-cmek)';
export const AUTOSCALING_PAGE =
  'Cloud Run, About instance autoscaling (docs.cloud.google.com/run/docs/about-instance-autoscaling)';
export const SCALING_CONTROLS_PAGE =
  'Cloud Run, Configure custom scaling controls (docs.cloud.google.com/run/docs/configuring/scaling-controls)';
export const CONCURRENCY_PAGE =
  'Cloud Run, Maximum concurrent requests (docs.cloud.google.com/run/docs/about-concurrency)';
export const MAX_INSTANCES_PAGE =
  'Cloud Run, Set maximum instances (docs.cloud.google.com/run/docs/configuring/max-instances)';
export const MIN_INSTANCES_PAGE =
  'Cloud Run, Set minimum instances (docs.cloud.google.com/run/docs/configuring/min-instances)';
export const TIMEOUT_PAGE =
  'Cloud Run, Set request timeout (docs.cloud.google.com/run/docs/configuring/request-timeout)';
export const CPU_PAGE =
  'Cloud Run, Configure CPU limits (docs.cloud.google.com/run/docs/configuring/services/cpu)';
export const HEALTH_CHECKS_PAGE =
  'Cloud Run, Configure container health checks (docs.cloud.google.com/run/docs/configuring/healthchecks)';
export const CONTAINER_CONTRACT =
  'Cloud Run, Container runtime contract (docs.cloud.google.com/run/docs/container-contract)';
export const RUN_TROUBLESHOOTING =
  'Cloud Run, Troubleshooting (docs.cloud.google.com/run/docs/troubleshooting)';
export const RUN_LOGGING = 'Cloud Run, Logging: system log entries of instance starts';
export const RUN_API = 'Cloud Run Admin API v2, RevisionTemplate';
export const RUN_YAML = 'Cloud Run, YAML reference of a Knative service';
export const RUN_PRICING = 'Cloud Run pricing (cloud.google.com/run/pricing)';
export const KMS_QUOTAS = 'Cloud KMS, Quotas (docs.cloud.google.com/kms/quotas)';
export const QUOTA_ADJUSTER =
  'Cloud Quotas, Quota adjuster (docs.cloud.google.com/docs/quotas/quota-adjuster)';
export const ARTIFACT_REGISTRY_AGENT =
  'Artifact Registry, Artifact Registry service agent (docs.cloud.google.com/artifact-registry/docs/ar-service-account)';
export const EKM_MONITORING = 'Cloud KMS, Monitor EKM usage (2026-04-02)';
export const KMS_CONSISTENCY = 'Cloud KMS, Resource consistency (docs.cloud.google.com/kms/docs/consistency)';
export const KMS_RESOURCE_NAMES =
  'Cloud KMS, Getting a resource ID (docs.cloud.google.com/kms/docs/getting-resource-ids)';
export const KMS_PERMISSIONS =
  'Cloud KMS, Permissions and roles (docs.cloud.google.com/kms/docs/reference/permissions-and-roles)';
export const KMS_LOCATIONS = 'Cloud KMS, Locations (docs.cloud.google.com/kms/docs/locations)';
export const KMS_PRICING = 'Cloud KMS pricing (cloud.google.com/kms/pricing), effective 2025-03-17';
export const EKM_ERRORS =
  'Cloud EKM, Error reference (docs.cloud.google.com/kms/docs/reference/ekm_errors), 2026-04-08';
export const EKM_PAGE = 'Cloud KMS, Cloud External Key Manager (docs.cloud.google.com/kms/docs/ekm)';

/** The source of a row that no page states. */
export const assumed = (why: string): string => `assumed: ${why}`;

/** A page and a section of it. */
export const section = (page: string, name: string): string => `${page}, section "${name}"`;
