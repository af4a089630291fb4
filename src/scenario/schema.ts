/**
 * The fields of a scenario file: their types, their checks, and the JSON Schema that editors complete from.
 *
 * All three come from the one zod schema below. Quantities are codecs: `2s` in the file is 2,000,000,000 here.
 * Unknown fields are errors everywhere. What a field by itself cannot show (that a key is declared, that a
 * minimum is below a maximum) is checked in `load`. Defaults are described here and applied in `load`.
 */
import { z } from 'zod';
import { ASSUMPTIONS, type AssumptionRow } from '../rules/assumptions.ts';
import { defaultOf, limitOf } from '../rules/cloud-run-limits.ts';
import { EKM_ERROR_DOMAIN_IDS } from '../rules/ekm-errors.ts';
import { PROTECTION_LEVEL_IDS } from '../rules/protection-levels.ts';
import { QUOTA_POLICY_IDS } from '../rules/quota-policies.ts';
import { REVOCATION_ACTION_IDS } from '../rules/revocation-actions.ts';
import type { Duration } from '../units/time.ts';
import { METRICS } from '../probes/metrics.ts';
import { wrong, type Wrong } from './messages.ts';
import {
  formatDuration,
  formatMemory,
  formatPercentage,
  formatRate,
  parseCpu,
  parseDuration,
  parseInstant,
  parseMemory,
  parsePercentage,
  parseRate,
  parseRatePerMinute,
  PATTERNS,
  type Parsed,
} from './quantities.ts';

// No code generation from strings: the checks run under a content security policy too.
z.config({ jitless: true });

// ------------------------------------------------------------------------------------------------ building blocks

/** Reports a broken rule of ours through zod: `load` finds it again under `params`. */
const issue = (found: Wrong, input: unknown) =>
  ({ code: 'custom', input, message: found.what, params: { wrong: found } }) as const;

function quantity<T>(
  parse: (input: unknown) => Parsed<T>,
  format: (value: T) => string,
  json: Record<string, unknown>,
) {
  return z.codec(z.any().meta(json), z.custom<T>(), {
    decode: (input, context) => {
      const parsed = parse(input);
      if ('value' in parsed) return parsed.value;
      context.issues.push(issue(parsed.wrong, input));
      return z.NEVER;
    },
    encode: (value) => format(value),
  });
}

const text = (pattern: string) => ({ type: 'string', pattern });

const length = () => quantity(parseDuration, formatDuration, text(PATTERNS.duration));
const instant = () => quantity(parseInstant, formatDuration, text(PATTERNS.signedDuration));
const rate = () => quantity(parseRate, formatRate, text(PATTERNS.rate));
const ratePerMinute = () =>
  quantity(parseRatePerMinute, (perMinute) => `${perMinute}/min`, text(PATTERNS.rate));
const memory = () => quantity(parseMemory, formatMemory, text(PATTERNS.memory));
const percentage = () => quantity(parsePercentage, formatPercentage, text(PATTERNS.percentage));
const cpu = () =>
  quantity(parseCpu, String, {
    anyOf: [{ type: 'number', exclusiveMinimum: 0 }, text(PATTERNS.cpu)],
  });

const count = (min = 0, max: number = 1_000_000) => z.number().int().min(min).max(max);

/** A map with these fields and no others; the message of an unknown one carries the names of those there are. */
const fields = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (found) => (found.code === 'unrecognized_keys' ? Object.keys(shape).join('\n') : undefined),
  });

/** Checks that exactly one of the named fields is there, whatever else is wrong with the map. */
const exactlyOne =
  (names: readonly string[]) =>
  (value: unknown, context: { addIssue(found: ReturnType<typeof issue>): void }) => {
    if (typeof value !== 'object' || value === null) return;
    const given = names.filter((name) => Object.hasOwn(value, name));
    if (given.length !== 1) context.addIssue(issue(wrong.notExactlyOne(given, names), value));
  };
const always = { when: () => true };

// -------------------------------------------------------------------------------------------------- distributions

const DISTRIBUTIONS = [
  'exponential',
  'lognormal',
  'gamma',
  'weibull',
  'uniform',
  'empirical',
  'mixture',
] as const;

/** A distribution as written; `load` reads its files and checks what its numbers mean together. */
export type DistributionInput =
  | Duration
  | {
      exponential?: { mean: Duration };
      lognormal?: { p50?: Duration; p95?: Duration; p99?: Duration; mean?: Duration; cv?: number };
      gamma?: { mean: Duration; cv: number };
      weibull?: { mean: Duration; shape: number };
      uniform?: { min: Duration; max: Duration };
      empirical?: string;
      mixture?: { weight: number; of: DistributionInput }[];
    };

/**
 * What only several numbers of a distribution together can have wrong. Checked here rather than where plans are
 * made, so that the faults of all distributions are told at once, whatever else is wrong around them.
 */
function numbersTogether(
  { lognormal, uniform, mixture }: Exclude<DistributionInput, number>,
  context: { addIssue(found: ReturnType<typeof issue> & { readonly path: (string | number)[] }): void },
): void {
  const add = (found: Wrong, ...path: (string | number)[]) =>
    context.addIssue({ ...issue(found, undefined), path });
  if (lognormal !== undefined) {
    const given = Object.keys(lognormal);
    const names = [...given].sort().join(' ');
    const high = names === 'p50 p99' ? 'p99' : names === 'p50 p95' ? 'p95' : null;
    const { p50 } = lognormal;
    if (high === null && names !== 'cv mean') add(wrong.lognormalForm(given), 'lognormal');
    else if (high !== null && p50! > lognormal[high]!) add(wrong.quantilesFall(high), 'lognormal', high);
    else if (high !== null && p50 === 0 && lognormal[high] !== 0) add(wrong.zeroMedian(), 'lognormal', 'p50');
  }
  if (uniform !== undefined && uniform.min > uniform.max)
    add(wrong.minAboveMax(formatDuration(uniform.min), formatDuration(uniform.max)), 'uniform', 'min');
  if (mixture !== undefined && !mixture.some(({ weight }) => weight > 0)) add(wrong.noWeight(), 'mixture');
}

const cv = () => z.number().min(0).max(100).describe('Standard deviation over mean. Example: 1.5');

const distribution: z.ZodType<DistributionInput> = z
  .lazy(() =>
    z.union([
      length().describe('A constant length of time. Example: 250ms'),
      fields({
        exponential: fields({ mean: length() })
          .optional()
          .describe('Memoryless. Example: {exponential: {mean: 3m}}'),
        lognormal: fields({
          p50: length().optional(),
          p95: length().optional(),
          p99: length().optional(),
          mean: length().optional(),
          cv: cv().optional(),
        })
          .optional()
          .describe('By two quantiles or by mean and cv. Example: {lognormal: {p50: 80ms, p99: 900ms}}'),
        gamma: fields({ mean: length(), cv: cv() })
          .optional()
          .describe('Example: {gamma: {mean: 1s, cv: 0.5}}'),
        weibull: fields({ mean: length(), shape: z.number().min(0.1).max(100) })
          .optional()
          .describe('Example: {weibull: {mean: 1s, shape: 0.7}}'),
        uniform: fields({ min: length(), max: length() })
          .optional()
          .describe('Example: {uniform: {min: 5m, max: 15m}}'),
        empirical: z
          .string()
          .optional()
          .describe('A CSV file of measured lengths, one column with a unit in its header (duration_ms).'),
        mixture: z
          .array(fields({ weight: z.number().min(0).max(1e9), of: distribution }))
          .min(1)
          .optional()
          .describe(
            'One of several, by weight. Example: {mixture: [{weight: 9, of: 50ms}, {weight: 1, of: 2s}]}',
          ),
      })
        .superRefine(exactlyOne(DISTRIBUTIONS), always)
        .superRefine(numbersTogether),
    ]),
  )
  .meta({ id: 'distribution', description: 'A length of time, constant or drawn from a distribution.' });

// ------------------------------------------------------------------------------------------------------- services

const instances = (what: string) => count(0, 100_000).optional().describe(what);

const revisionScaling = fields({
  minInstanceCount: instances('Instances of a revision kept ready. Default 0. Example: 2'),
  maxInstanceCount: instances(
    `Most instances of a revision. Default ${defaultOf('maxInstanceCount')}. Example: 80`,
  ),
  cpuTarget: z
    .union([z.literal('disabled'), percentage()])
    .optional()
    .describe('Share of the CPU the autoscaler aims at, 10% to 90%, or disabled. Default 60%. Example: 70%'),
  concurrencyTarget: z
    .union([z.literal('disabled'), percentage()])
    .optional()
    .describe(
      'Share of the maximum concurrency the autoscaler aims at, 10% to 95%, or disabled. Default 60%. Example: 80%',
    ),
});

const startup = fields({
  scheduling: distribution
    .optional()
    .describe('Finding a place for the instance. Default: assumption startScheduling. Example: 50ms'),
  imageImport: distribution
    .optional()
    .describe(
      'Bringing the image there. Default: assumption startImageImport. Example: {lognormal: {p50: 600ms, p99: 2500ms}}',
    ),
  layerDecrypts: count(0, 1000)
    .optional()
    .describe('Decrypt calls for image layers per start. Default: assumption layerDecrypts. Example: 1'),
  dataKeyDecrypts: count(0, 1000)
    .optional()
    .describe('Decrypt calls for the data key per start. Default: assumption dataKeyDecrypts. Example: 1'),
  containerStart: distribution
    .optional()
    .describe(
      'From the start of the container until it listens, with startupCpuBoost as set. ' +
        'Default: assumption startContainer. Example: {lognormal: {p50: 1s, p99: 4s}}',
    ),
  decrypts: z
    .enum(['sequential', 'parallel'])
    .optional()
    .describe(
      'Key calls of a start one after another, or all at once. Default sequential. Example: parallel',
    ),
  dataKeyCache: fields({
    ttl: length().describe('How long a node keeps a data key. Example: 5m'),
    instancesPerNode: count(1, 10_000).describe('Instances of a revision on a node. Example: 10'),
  })
    .optional()
    .describe(
      'A data key decrypted on a node serves later starts there. Default: none. Example: {ttl: 5m, instancesPerNode: 10}',
    ),
  probe: fields({
    initialDelay: length().optional().describe('Before the first probe. Default 0s. Example: 2s'),
    period: length().optional().describe('Between two probes. Default 10s. Example: 3s'),
    timeout: length()
      .optional()
      .describe('How long a probe waits, at most the period. Default 1s. Example: 1s'),
    failureThreshold: count(1, 240)
      .optional()
      .describe('Failures in a row until Cloud Run gives up. Default 3. Example: 20'),
  })
    .optional()
    .describe('Startup probe. Default: one TCP probe of 240s. Example: {period: 3s, failureThreshold: 20}'),
});

const imageRepository = fields({
  encryptionKey: z
    .string()
    .describe(
      'Key of the repository, declared under keys. Example: projects/P/locations/L/keyRings/R/cryptoKeys/images',
    ),
  download: z
    .enum(['deploy', 'start'])
    .optional()
    .describe('When the image is downloaded: once at a deployment, or at each start. Default deploy.'),
  decryptsPerDownload: count(0, 1000)
    .optional()
    .describe('Decrypt calls of Artifact Registry for a download. Default 1. Example: 4'),
  encryptsPerUpload: count(0, 1000)
    .optional()
    .describe(
      'Encrypt calls of Artifact Registry for an upload just before each deployment. Default 0: no upload. Example: 4',
    ),
});

/** What is fixed at a deploy: given for a service's template, and in `deploy.set`. */
const revisionShape = {
  template: fields({ scaling: revisionScaling.optional() })
    .optional()
    .describe('Scaling of the revision. Example: {scaling: {maxInstanceCount: 80}}'),
  maxInstanceRequestConcurrency: count(1, 1000)
    .optional()
    .describe(
      `Requests an instance serves at a time, 1 to 1000. Default ${defaultOf('maxInstanceRequestConcurrency')} ` +
        '(1 below 1 vCPU). Example: 40',
    ),
  timeout: length()
    .optional()
    .describe('Request timeout, 1s to 1h, waiting for an instance included. Default 300s. Example: 60s'),
  cpu: cpu().optional().describe('vCPU of an instance, 0.08 to 8. Default 1. Example: 1000m'),
  memory: memory().optional().describe('Memory of an instance, up to 32Gi. Default 512Mi. Example: 1Gi'),
  cpuIdle: z
    .boolean()
    .optional()
    .describe('true: request-based billing, false: instance-based. Default true. Example: false'),
  startupCpuBoost: z
    .boolean()
    .optional()
    .describe(
      'Startup CPU boost; start-up times are as measured with it as set here. Default true. Example: false',
    ),
  sessionAffinity: z
    .boolean()
    .optional()
    .describe(
      'Requests of a client go to the instance it was on, if that has room. Default false. Example: true',
    ),
  encryptionKey: z
    .string()
    .optional()
    .describe(
      'Customer-managed encryption key, declared under keys. Default: none. ' +
        'Example: projects/P/locations/L/keyRings/R/cryptoKeys/K',
    ),
  encryptionKeyRevocationAction: z
    .enum(REVOCATION_ACTION_IDS as readonly ['PREVENT_NEW', 'SHUTDOWN'])
    .optional()
    .describe(
      'What happens to running instances when the key is lost. Default PREVENT_NEW. Example: SHUTDOWN',
    ),
  encryptionKeyShutdownDuration: length()
    .optional()
    .describe(
      'With SHUTDOWN: whole hours until instances are shut down. Default: as soon as possible. Example: 1h',
    ),
  imageRepository: imageRepository
    .optional()
    .describe(
      'Artifact Registry repository of the image, where it has a customer-managed encryption key. Default: none.',
    ),
  startup: startup.optional().describe('The steps of a cold start, in this order.'),
};

const knative = fields({
  metric: z.enum(['concurrency', 'rps']).optional().describe('What is measured. Default concurrency.'),
  target: z
    .number()
    .min(0.01)
    .max(1e6)
    .optional()
    .describe('Target per instance, in flight or per second. Default: maximum concurrency, or 200 for rps.'),
  targetUtilization: percentage().optional().describe('Share of the target aimed at. Default 70%.'),
  stableWindow: length().optional().describe('Averaging window, 6s to 1h. Default 60s.'),
  panicWindowPercentage: z
    .number()
    .min(1)
    .max(100)
    .optional()
    .describe('Panic window in percent of the stable one. Default 10.'),
  panicThresholdPercentage: z
    .number()
    .min(110)
    .max(1000)
    .optional()
    .describe('Load in percent of capacity at which panic begins. Default 200.'),
  maxScaleUpRate: z.number().gt(1).max(1e6).optional().describe('Largest growth a decision. Default 1000.'),
  maxScaleDownRate: z.number().gt(1).max(1e6).optional().describe('Largest shrinkage a decision. Default 2.'),
  scaleDownDelay: length().optional().describe('How long a lower want must last, up to 1h. Default 0s.'),
  scaleToZeroGracePeriod: length().optional().describe('How long the last instance stays. Default 30s.'),
  targetBurstCapacity: z
    .number()
    .min(-1)
    .max(1e9)
    .optional()
    .describe('Burst to absorb; 0: never buffer, -1: always. Default 211.'),
  activationScale: count(1, 100_000).optional().describe('Fewest instances once there are any. Default 1.'),
  initialScale: count(0, 100_000).optional().describe('Instances after a deploy. Default 1.'),
  tick: length().optional().describe('Interval of decisions. Default 2s.'),
});

const arrivals = z.union([
  z.enum(['poisson', 'regular']),
  fields({
    interarrival: distribution
      .optional()
      .describe('Time between arrivals. Example: {gamma: {mean: 20ms, cv: 2}}'),
    mmpp: fields({ rates: z.array(rate()).min(1).max(100), stay: z.array(length()).min(1).max(100) })
      .optional()
      .describe(
        'Poisson whose rate jumps: a rate and a mean stay for each state. Example: {rates: [20/s, 200/s], stay: [5m, 30s]}',
      ),
    trace: z
      .string()
      .optional()
      .describe(
        'A CSV file of arrivals: time_s [, duration_ms], or an Azure Functions trace. Example: peak.csv',
      ),
  }).superRefine(exactlyOne(['interarrival', 'mmpp', 'trace']), always),
]);

const load = z.union([
  rate().describe('A constant Poisson load. Example: 50/s'),
  fields({
    arrivals: arrivals.optional().describe('poisson (default), regular, or a process of its own.'),
    startRate: rate().optional().describe("Rate at time 0. Default: the first stage's target. Example: 50/s"),
    stages: z
      .array(fields({ duration: length(), target: rate() }))
      .max(1000)
      .optional()
      .describe(
        'The rate moves linearly to each target over each duration; 0s is a jump; after the last it stays.',
      ),
    repeatEvery: length()
      .optional()
      .describe('The stages begin again after this long, for a day or a week of its kind. Example: 24h'),
    repeatFactors: z
      .array(z.number().min(0).max(1e6))
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'With repeatEvery: what the rates of each repetition are multiplied by, in turn, the first from time 0 on. ' +
          'Default [1]. Example: [1, 1, 1, 1, 1.2, 0.4, 0.3]',
      ),
    sinusoid: fields({ mean: rate(), amplitude: rate(), period: length() })
      .optional()
      .describe('Instead of stages. Example: {mean: 50/s, amplitude: 30/s, period: 24h}'),
  }),
]);

const clients = fields({
  timeout: length().optional().describe('How long a client waits. Default: for ever. Example: 30s'),
  retries: count(0, 100).optional().describe('Further attempts after a failure. Default 0. Example: 3'),
  budget: percentage()
    .optional()
    .describe('Most retries as a share of first attempts, all clients together. Default: none. Example: 20%'),
  backoff: fields({
    initial: length().optional().describe('Delay before the first retry. Default 500ms.'),
    factor: z.number().min(1).max(100).optional().describe('Growth a retry. Default 2.'),
    max: length().optional().describe('Longest delay. Default 10s.'),
    jitter: z.enum(['full', 'none']).optional().describe('full: uniform from 0 to the delay. Default full.'),
  })
    .optional()
    .describe('Delays between attempts.'),
});

export const service = fields({
  manifest: z
    .string()
    .optional()
    .describe(
      'A Knative Service as `gcloud run services describe --format export` prints it. Example: shop.yaml',
    ),
  name: z.string().optional().describe('Name of the service. Default: from the manifest. Example: checkout'),
  location: z.string().optional().describe('Region. Default: from the manifest. Example: europe-west3'),
  project: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("Project id of the service. Default: the key's project. Example: shop-prod"),
  projectNumber: z
    .union([z.string(), z.number().int().min(0)])
    .optional()
    .describe('Project number, names the service agent. Default: 000000000000.'),
  scaling: fields({
    scalingMode: z.enum(['AUTOMATIC', 'MANUAL']).optional().describe('Default AUTOMATIC.'),
    minInstanceCount: instances('Instances kept ready, over all revisions. Default 0. Example: 2'),
    maxInstanceCount: instances('Most instances, over all revisions. Default: no limit. Example: 100'),
    manualInstanceCount: instances('With MANUAL: the number of instances. Example: 10'),
  })
    .optional()
    .describe('Service-level scaling.'),
  revision: z
    .string()
    .optional()
    .describe('Name of the latest revision. Default: SERVICE-NNNNN-sim. Example: checkout-00007-kal'),
  ...revisionShape,
  autoscaler: z
    .union([
      z.enum(['cloud-run', 'knative', 'per-request', 'manual']),
      fields({ knative: knative.describe('Settings of the Knative pod autoscaler.') }),
    ])
    .optional()
    .describe('Which rule scales. Default cloud-run. Example: {knative: {metric: rps, target: 10}}'),
  routing: z
    .enum(['least-loaded', 'newest-first', 'oldest-first', 'round-robin', 'random', 'best-of-two'])
    .optional()
    .describe('Which instance with room gets a request. Default least-loaded.'),
  idleTimeout: distribution
    .optional()
    .describe('How long an instance stays without a request. Default: assumption idleTimeout. Example: 15m'),
  pendingTimeout: length()
    .optional()
    .describe(
      'How long a request waits for an instance. Default: max(10 s, 3.5 x mean start-up time). Example: 10s',
    ),
  pendingLimit: count(0, 1e9)
    .optional()
    .describe('Most requests that wait. Default: no limit. Example: 1000'),
  initialInstanceCount: instances(
    'Instances ready at time 0. Default: the minimum (or manual) count. Example: 0',
  ),
  requests: fields({
    duration: distribution
      .optional()
      .describe(
        'Execution time. Default: assumption requestDuration. Example: {lognormal: {p50: 80ms, p99: 900ms}}',
      ),
    firstDuration: distribution
      .optional()
      .describe('Execution time of the first request on an instance. Default: as duration. Example: 400ms'),
    cpuTime: distribution
      .optional()
      .describe(
        "CPU time a request takes; given, requests share the instance's CPU. Default: not simulated.",
      ),
  })
    .optional()
    .describe('The work a request is.'),
  load: load.describe('Arrivals of requests. Example: 50/s'),
  sessions: count(1, 10_000_000)
    .optional()
    .describe(
      'Clients that come back, with sessionAffinity. Default: assumption sessionClients. Example: 500',
    ),
  clients: clients.optional().describe('Clients that give up and try again. Default: neither.'),
  traffic: z
    .array(
      fields({
        revision: z.string().optional().describe('Example: checkout-00007-kal'),
        latestRevision: z.boolean().optional().describe('true: the latest revision.'),
        percent: count(0, 100).optional().describe('Share of the traffic, 0 to 100. Default 0 with a tag.'),
        tag: z
          .string()
          .optional()
          .describe(
            'A tag: its own minimum is kept for a revision with one even without traffic. Example: green',
          ),
      }),
    )
    .min(1)
    .max(100)
    .optional()
    .describe('Traffic split at time 0. Default: all to the latest revision.'),
});

// ----------------------------------------------------------------------------------------------- keys and quotas

export const key = fields({
  name: z.string().describe('Example: projects/P/locations/L/keyRings/R/cryptoKeys/K'),
  protectionLevel: z
    .enum(PROTECTION_LEVEL_IDS as readonly ['SOFTWARE', 'HSM', 'EXTERNAL', 'EXTERNAL_VPC'])
    .describe('Who answers key calls, and whose quota they use. Example: HSM'),
  latency: distribution
    .optional()
    .describe(
      'Time a key call takes. Default: assumption per level. Example: {lognormal: {p50: 45ms, p99: 150ms}}',
    ),
  check: fields({
    interval: length().optional().describe('Default: assumption keyCheckInterval. Example: 5m'),
    per: z.enum(['revision', 'key']).optional().describe('Who checks. Default revision.'),
  })
    .optional()
    .describe('The periodic encrypt and decrypt of dummy data.'),
  ekmConnection: z.string().optional().describe('One of ekmConnections. Default: none. Example: hq'),
  versions: count(1, 1000)
    .optional()
    .describe('Key versions at time 0, all enabled; the newest is primary. Default 1.'),
});

export const ekmConnection = fields({
  name: z.string().min(1).describe('Example: hq'),
  capacity: rate()
    .optional()
    .describe('Calls the external key manager serves. Default: no limit. Example: 200/s'),
  latency: distribution
    .optional()
    .describe("Time the external key manager takes. Default: contained in the key's latency. Example: 30ms"),
  roundTripTime: length()
    .optional()
    .describe(
      'The distance: from Cloud KMS to the external key manager and back, added to each attempt. Default 0s. Example: 12ms',
    ),
});

export const quotaLimit = fields({
  name: z.string().min(1).optional().describe('Default: PROJECT/LOCATION/LEVEL. Example: ekm-prod'),
  project: z.string().min(1).describe('Project that holds the keys. Example: kms-prod'),
  location: z.string().min(1).describe('Example: europe-west3'),
  protectionLevel: z
    .enum(['HSM', 'EXTERNAL', 'EXTERNAL_VPC'])
    .describe('EXTERNAL and EXTERNAL_VPC share one limit.'),
  limit: ratePerMinute().optional().describe('Default: assumption per level. Example: 6000/min'),
  otherUsage: z
    .union([
      rate(),
      fields({
        startRate: rate().optional().describe("Default: the first stage's target."),
        stages: z
          .array(fields({ duration: length(), target: rate() }))
          .min(1)
          .max(1000),
      }),
    ])
    .optional()
    .describe('Calls of others on the same limit, constant or in stages. Default 0/s. Example: 20/s'),
  enforcement: z
    .enum(['hard', 'soft'])
    .optional()
    .describe('hard: a call above the limit is denied. Default: by policy.'),
  window: z
    .enum(['sliding', 'calendar-second', 'token-bucket'])
    .optional()
    .describe('How a second is counted. Default sliding.'),
});

const policy = z.enum(QUOTA_POLICY_IDS as readonly ['hard-per-second', 'soft-2026']);

// ------------------------------------------------------------------------------------------------------- timeline

const keyState = () => z.enum(['ENABLED', 'DISABLED', 'DESTROY_SCHEDULED', 'DESTROYED']);
const keyName = () => z.string().describe('Full name or short id of a key.');
const serviceName = () => z.string().describe('Name of a service.');
const share = () => percentage().optional().describe('Default 100%.');

export const happenings = {
  ekmUnreachable: fields({
    key: keyName().optional(),
    ekmConnection: z.string().optional().describe('Instead of key: every key of the connection.'),
    retryable: z
      .boolean()
      .optional()
      .describe('Whether Cloud EKM reports it as retryable. Default: by error.'),
    error: z
      .enum(EKM_ERROR_DOMAIN_IDS as unknown as readonly [(typeof EKM_ERROR_DOMAIN_IDS)[number]])
      .optional()
      .describe('Error domain. Default UNREACHABLE_NETWORK (retryable) or TLS_CERT.'),
    share: share().describe('Share of the calls that fail. Default 100%.'),
    disablesKeyVersion: z
      .boolean()
      .optional()
      .describe(
        'With EXTERNAL_PERMISSION_DENIED: whether the key itself is denied, so that Cloud EKM disables its version. Default true.',
      ),
  }),
  quotaLimit: fields({
    limit: z.string().describe('Name of a limit.'),
    to: ratePerMinute().describe('Example: 20/s'),
  }),
  keyState: fields({ key: keyName(), state: keyState() }),
  keyVersionState: fields({ key: keyName(), version: count(1, 100_000), state: keyState() }),
  keyRotation: fields({ key: keyName() }),
  keyAccess: fields({ key: keyName(), service: serviceName(), granted: z.boolean() }),
  deploy: fields({
    service: serviceName(),
    revision: z.string().optional().describe('Default: SERVICE-NNNNN-sim, the next number.'),
    set: fields(revisionShape).optional().describe('What the new revision does not inherit from the latest.'),
    percent: count(0, 100).optional().describe('Share of the traffic it gets. Default 100.'),
    tag: z.string().optional().describe('A tag it gets when it serves. Default: none. Example: green'),
  }),
  scaling: fields({
    service: serviceName(),
    minInstanceCount: instances('Example: 60'),
    maxInstanceCount: instances('Example: 200'),
    manualInstanceCount: instances('With manual scaling. Example: 10'),
  }),
  traffic: fields({
    service: serviceName(),
    split: z
      .array(fields({ revision: z.string(), percent: count(0, 100) }))
      .min(1)
      .describe('Revisions of the service and their shares, 100 in all.'),
  }),
  trafficShift: fields({ from: serviceName(), to: serviceName(), share: share() }),
  kmsLatency: fields({ key: keyName(), factor: z.number().min(0).max(1e6) }),
  instanceCrash: fields({ service: serviceName(), share: share() }),
  instanceRestart: fields({
    service: serviceName(),
    count: count(1, 100_000).optional().describe('Instances of a minimum that are restarted. Default 1.'),
  }),
  regionLost: fields({ location: z.string().describe('A location of services. Example: europe-west3') }),
};

export const HAPPENING_KINDS = Object.keys(happenings) as (keyof typeof happenings)[];

const optional = <S extends z.ZodRawShape>(shape: S) =>
  Object.fromEntries(
    Object.entries(shape).map(([name, each]) => [name, (each as z.ZodType).optional()]),
  ) as unknown as {
    [N in keyof S]: z.ZodOptional<S[N]>;
  };

export const timelineEntry = fields({
  name: z.string().min(1).max(100).optional().describe('Default: the kind and a number (ekmUnreachable-1).'),
  at: instant().describe('When it begins; negative: before time 0. Example: 12m'),
  for: length().optional().describe('When it is undone. Default: never. Example: 90s'),
  over: length().optional().describe('With trafficShift: how long the shift takes. Default 0s. Example: 1m'),
  propagation: length()
    .optional()
    .describe(
      'Until a change of a key reaches Cloud KMS. Default: assumptions keyStatePropagation, keyAccessPropagation.',
    ),
  repeat: fields({ up: distribution, down: distribution.optional() })
    .optional()
    .describe('At random: lengths of the times without and with it, in turn.'),
  ...optional(happenings),
}).superRefine(exactlyOne(HAPPENING_KINDS), always);

// ---------------------------------------------------------------------------------------------------- the scenario

export const objective = fields({
  expect: z
    .string()
    .max(200)
    .describe(`NAME COMPARISON VALUE, ${METRICS.length} names. Example: e2e_latencies.p99 < 2s`),
  service: z.string().optional().describe('Default: all services.'),
  during: z.string().optional().describe('Name of a timeline entry. Default: the whole run.'),
  severity: z.enum(['error', 'warn']).optional().describe('warn: does not fail the run. Default error.'),
});

export const sweepEntry = fields({
  path: z.string().min(1).max(500).describe('Example: services.checkout.scaling.minInstanceCount'),
  values: z.array(z.unknown()).min(1).max(1000).describe('Example: [0, 2, 5, 10]'),
});

const assumptionSchema = (row: AssumptionRow): z.ZodType => {
  switch (row.kind) {
    case 'duration':
      return length();
    case 'number':
      return z.number().min(0).max(1e9);
    case 'ratio':
      return percentage();
    case 'boolean':
      return z.boolean();
    case 'choice':
      return z.enum([...row.choices] as [string, ...string[]]);
    // A part that is left out is that of the default.
    case 'lognormal':
      return fields({ p50: length().optional(), p99: length().optional() });
    case 'uniform':
      return fields({ min: length().optional(), max: length().optional() });
    case 'bracket':
      return fields({ low: count(1, 1000).optional(), high: count(1, 1000).optional() });
    case 'backoff':
      return fields({
        initial: length().optional(),
        factor: z.number().min(1).max(100).optional(),
        max: length().optional(),
        jitter: z.enum(['full', 'none']).optional(),
      });
  }
};

export const assumptions = fields(
  Object.fromEntries(
    ASSUMPTIONS.map((row): [string, z.ZodType] => [
      row.name,
      assumptionSchema(row as AssumptionRow)
        .optional()
        .describe(row.why),
    ]),
  ),
);

export const experiment = fields({
  horizon: z
    .enum(['terminating', 'steady-state'])
    .optional()
    .describe('steady-state: the warm-up is found and deleted. Default terminating.'),
  replications: z
    .union([
      count(1, 1_000_000),
      fields({
        min: count(1, 1_000_000).optional().describe('Default 5.'),
        max: count(1, 1_000_000).optional().describe('Default 200.'),
        relativeHalfWidth: percentage()
          .optional()
          .describe(
            'Half the width of the interval over the mean, at which replications stop. Default 5% where max is above min.',
          ),
        confidence: percentage().optional().describe('Default 95%.'),
      }),
    ])
    .optional()
    .describe(
      'Independent runs. Default 1. Example: {min: 5, max: 200, relativeHalfWidth: 5%, confidence: 95%}',
    ),
});

/** The top-level fields that hold one value each. */
export const topFields = {
  name: z
    .string()
    .max(100)
    .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/)
    .describe('a-z 0-9 and hyphens; also the results folder. Example: ekm-outage'),
  description: z.string().max(10_000).optional().describe('What the scenario shows.'),
  duration: length().describe('Simulated time, up to 104d. Example: 30m'),
  warmUp: length().optional().describe('Simulated, left out of the summary. Default 0s. Example: 5m'),
  seed: z
    .union([z.number().int(), z.string().min(1).max(200)])
    .optional()
    .describe('Root of all chance: whole number or text. Default 1. Example: 42'),
  mode: z
    .enum(['exact', 'accelerated'])
    .optional()
    .describe(
      'accelerated: requests are followed in numbers, not one by one; for very high rates. Default exact.',
    ),
  sampleInterval: length()
    .optional()
    .describe('Grid of the curves. Default: duration/200 rounded up to a whole second. Example: 10s'),
  startsAt: z
    .string()
    .max(40)
    .optional()
    .describe('Date and time of time 0; labels axes and logs only. Example: 2026-11-27T02:47:00Z'),
};

export const quotas = fields({
  policy: policy.optional().describe('Default hard-per-second.'),
  limits: z
    .array(quotaLimit)
    .optional()
    .describe('Limits that differ from the default, and what others use.'),
});

const pricing = fields({
  tier: z.literal(1).optional().describe('Price tier of the locations. Default 1, the only one known.'),
  freeTier: z
    .literal(false)
    .optional()
    .describe('Whether the monthly free tier is taken off; it is not. Default false.'),
});

export const scenario = fields({
  ...topFields,
  services: z.array(service).min(1).describe('The Cloud Run services.'),
  keys: z.array(key).optional().describe('The keys that services use.'),
  ekmConnections: z.array(ekmConnection).optional().describe('External key managers that keys share.'),
  quotas: quotas.optional().describe('Cloud KMS quotas.'),
  pricing: pricing.optional().describe('Which list prices the cost is worked out by.'),
  assumptions: assumptions.optional().describe('Numbers no documentation gives, overridden.'),
  timeline: z.array(timelineEntry).optional().describe('What happens to the world.'),
  objectives: z.array(objective).optional().describe('What the run is held to.'),
  experiment: experiment.optional().describe('How often it is played.'),
  sweep: z.array(sweepEntry).optional().describe('Values to try in every combination.'),
});

export type ScenarioInput = z.output<typeof scenario>;
export type ServiceInput = z.output<typeof service>;
export type KeyInput = z.output<typeof key>;
export type EkmConnectionInput = z.output<typeof ekmConnection>;
export type QuotaLimitInput = z.output<typeof quotaLimit>;
export type TimelineInput = z.output<typeof timelineEntry>;
export type ObjectiveInput = z.output<typeof objective>;
export type LoadInput = z.output<typeof load>;
export type RevisionInput = NonNullable<NonNullable<TimelineInput['deploy']>['set']>;
export type StartupInput = NonNullable<RevisionInput['startup']>;
export type StartupProbeInput = NonNullable<StartupInput['probe']>;
export type ExperimentInput = z.output<typeof experiment>;

/** Documented limits of what is a quantity here, checked in `load`. */
export const documentedRange = (name: 'timeout' | 'cpu' | 'memory' | 'cpuTarget' | 'concurrencyTarget') =>
  limitOf(name);

/** The JSON Schema of the scenario file (draft-07, which editors know best), as text that ends with a line feed. */
export function jsonSchema(): string {
  const schema = z.toJSONSchema(scenario, { io: 'input', target: 'draft-7' }) as Record<string, unknown>;
  const { $schema, ...rest } = schema;
  const titled = { $schema, title: 'cmeksim scenario', ...rest };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
