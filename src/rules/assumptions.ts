/**
 * Every number that no documentation gives, with its default and the reason for it.
 *
 * A simulator has to put some length on "a waiting period" and on "periodically". Such numbers stand here and
 * nowhere else; a scenario may override each under `assumptions`, and a report prints those a run relied on. The
 * name is the scenario's word. Values are plain data: times in whole nanoseconds, distributions as their
 * parameters.
 *
 *   duration   a length of time                     number    a number, 0 or more
 *   ratio      a share from 0 to 1                  boolean   true or false
 *   lognormal  {p50, p99}, lengths of time          uniform   {min, max}, lengths of time
 *   backoff    {initial, factor, max, jitter}       choice    one of `choices`
 *   bracket    {low, high}, whole numbers of 1 or more
 */
import { DAY, duration, HOUR, MILLISECOND, MINUTE, SECOND, type Duration } from '../units/time.ts';

const ms = (count: number): Duration => duration(count, MILLISECOND);
const seconds = (count: number): Duration => duration(count, SECOND);
const minutes = (count: number): Duration => duration(count, MINUTE);

// prettier-ignore
export const ASSUMPTIONS = [
  // What becomes of instances, and how the world learns of a key.
  { name: 'ekmWaitingPeriod', kind: 'duration', value: HOUR, why: 'The Cloud Run page names a waiting period without its length; Bigtable documents best effort for up to one hour while an external key manager cannot be reached.' },
  { name: 'keyStatePropagation', kind: 'duration', value: seconds(20), why: 'Cloud KMS documents that disabling a key version is normally effective within a minute and exceptionally after hours; 20 s is a middling case. Enabling is strongly consistent and takes no time.' },
  { name: 'keyAccessPropagation', kind: 'duration', value: seconds(7), why: 'Cloud KMS documents that changes of access take effect within seconds.' },
  { name: 'keyCheckInterval', kind: 'duration', value: minutes(5), why: 'The Cloud Run page says that the key is validated periodically; Bigtable documents a few key operations every 5 minutes.' },
  { name: 'checkDecryptVersion', kind: 'choice', choices: ['revision', 'primary'], value: 'revision', why: 'No page says which key version the decrypt of dummy data needs; with the version of the revision a check notices what would stop a start.' },
  // Trying again.
  { name: 'keyRetry', kind: 'backoff', value: { initial: ms(100), factor: 1.3, max: seconds(60), jitter: 'full' }, why: 'The Cloud Run page says that key requests are retried, not how; these are the delays of the generated Cloud KMS clients, with the full jitter that is generally recommended.' },
  { name: 'failedStartBackoff', kind: 'backoff', value: { initial: seconds(1), factor: 2, max: seconds(60), jitter: 'none' }, why: 'No page says how soon a failed start is followed by another; doubling from 1 s to 60 s keeps a lost key from being asked for without end.' },
  { name: 'ekmAttemptTimeout', kind: 'duration', value: seconds(1), why: 'The time Cloud KMS waits for an external key manager is not published; 1 s is several times the 150 ms at which the sample alert of Cloud KMS fires.' },
  { name: 'ekmTotalTimeout', kind: 'duration', value: seconds(10), why: 'How long one Cloud KMS call may take with all its attempts at an external key manager is not published; after 10 s without a valid response the service level agreement of Cloud EKM counts an error.' },
  { name: 'ekmAttempts', kind: 'number', value: 1, why: 'The metrics of Cloud KMS mark the last of several requests to an external key manager for one call, so some are repeated; how many times is not published. 1 repeats none inside Cloud KMS and leaves trying again to Cloud Run.' },
  // The steps of a cold start.
  { name: 'startScheduling', kind: 'duration', value: ms(50), why: 'Not published; public logs show 21 ms and 55 ms between a request and the start it caused.' },
  { name: 'startImageImport', kind: 'lognormal', value: { p50: ms(600), p99: ms(2500) }, why: 'Not published; public measurements of cold starts put 500 ms to 2 s on the image.' },
  { name: 'startContainer', kind: 'lognormal', value: { p50: seconds(1), p99: seconds(4) }, why: 'A property of the application; 1 s to 5 s is what is commonly reported.' },
  { name: 'layerDecrypts', kind: 'number', value: 1, why: 'The audit log has a reason for decrypting a layer at a start; how many calls a start makes for its layers is not stated.' },
  { name: 'dataKeyDecrypts', kind: 'number', value: 1, why: 'The audit log has a reason for decrypting the data key at a start; that it is one call per start is not stated.' },
  { name: 'decryptsPerStartBracket', kind: 'bracket', value: { low: 1, high: 8 }, why: 'The need for quota grows with the decrypts of a start, and no page gives their number. Where objectives are set and a quota is nearly used up, the first run is repeated with these numbers of decrypts a start; 1 for the data key alone, 8 for an image of several layers.' },
  { name: 'encryptsPerDeploy', kind: 'number', value: 1, why: 'The audit log has a reason for wrapping a new data key at a deployment; that it is one call is not stated.' },
  // Requests.
  { name: 'requestDuration', kind: 'lognormal', value: { p50: ms(80), p99: ms(900) }, why: 'A property of the application; a web request with a heavy tail. State your own.' },
  { name: 'sessionClients', kind: 'number', value: 1000, why: 'With session affinity it matters how many clients share the requests; a property of the service. State your own.' },
  { name: 'timedOutRequestFreesSlot', kind: 'boolean', value: true, why: 'Cloud Run documents that a request that timed out may go on being worked on; here it no longer holds a slot of its instance once it has been answered 504.' },
  { name: 'saturatedAtCpu', kind: 'ratio', value: 0, why: 'Cloud Run documents a 503 for instances whose CPU is saturated at a high concurrency and the maximum, without the load at which it is given. Where cpuTime is stated, a request that gets no instance at the maximum is told so if at least this share of the vCPU of the ready instances is in use; 0 % is never: it is 429.' },
  // Scaling.
  { name: 'idleTimeout', kind: 'uniform', value: { min: minutes(5), max: minutes(15) }, why: 'Cloud Run documents that an idle instance may be kept for up to 15 minutes; how much sooner it goes is not stated.' },
  { name: 'autoscalerInterval', kind: 'duration', value: seconds(5), why: 'The page says that instances are evaluated periodically; an older text of it says every 5 s.' },
  { name: 'autoscalerTolerance', kind: 'ratio', value: 0.1, why: 'A deviation of 10 % from the target before the count changes is reported of custom scaling controls; the page does not state it.' },
  { name: 'maxStartsPerSecond', kind: 'number', value: 0, why: 'No limit on the rate of starts is published; the page says only that Cloud Run may throttle scaling in exceptional circumstances. 0 is no limit.' },
  { name: 'concurrencyWindow', kind: 'choice', choices: ['larger', '60s', '600s'], value: 'larger', why: 'Averages over 1 and over 10 minutes are reported for the concurrency driver; that the larger counts is not stated.' },
  // Cloud KMS: latencies and limits.
  { name: 'kmsLatencySoftware', kind: 'lognormal', value: { p50: ms(8), p99: ms(40) }, why: 'No latency is published for software keys; a call inside one region.' },
  { name: 'kmsLatencyHsm', kind: 'lognormal', value: { p50: ms(20), p99: ms(100) }, why: 'No latency is published for Cloud HSM keys; a software call and a round trip to the module.' },
  { name: 'kmsLatencyExternal', kind: 'lognormal', value: { p50: ms(80), p99: ms(300) }, why: 'No latency is published for keys reached over the internet; twice that of EXTERNAL_VPC.' },
  { name: 'kmsLatencyExternalVpc', kind: 'lognormal', value: { p50: ms(45), p99: ms(150) }, why: 'No latency is published for keys reached through a VPC; the sample alert of Cloud KMS fires at a p99 above 150 ms.' },
  { name: 'hsmLimitPerMinute', kind: 'number', value: 30_000, why: 'The limit of a project is its own and must be looked up; 500 a second is the quoted default for symmetric Cloud HSM keys.' },
  { name: 'externalLimitPerMinute', kind: 'number', value: 6_000, why: 'The limit of a project is its own and must be looked up; 100 a second is the quoted default for external keys.' },
  { name: 'encryptTokens', kind: 'number', value: 1, why: 'Under soft-2026 a quota is counted in tokens, of which an operation may take more than one; no weights are published. 1 for an encrypt operation with a symmetric key.' },
  { name: 'decryptTokens', kind: 'number', value: 1, why: 'Under soft-2026 a quota is counted in tokens, of which an operation may take more than one; no weights are published. 1 for a decrypt operation with a symmetric key.' },
  { name: 'systemOverloadProbability', kind: 'ratio', value: 0, why: 'Cloud KMS serves calls above a soft quota while it has capacity; how often it has none is not published. A call above a soft quota is denied with this probability.' },
  { name: 'quotaAdjuster', kind: 'boolean', value: false, why: 'The quota adjuster has to be enabled for a project; where it is, it asks for more quota by itself, and that each request is granted is assumed.' },
  { name: 'quotaAdjusterShare', kind: 'ratio', value: 0.8, why: 'The page on the quota adjuster says that usage has approached the quota, not how far; 80 % is what its examples of automatic requests use.' },
  { name: 'quotaAdjusterPeriod', kind: 'duration', value: minutes(10), why: 'The page on the quota adjuster speaks of a specified duration without its length; here usage must be that high in every minute of it.' },
  { name: 'quotaAdjusterDelay', kind: 'duration', value: minutes(15), why: 'How long a request of the quota adjuster takes to be approved is not published.' },
  { name: 'quotaAdjusterFactor', kind: 'number', value: 1.2, why: 'The page on the quota adjuster says that it typically asks for about 10 to 20 % more.' },
] as const satisfies readonly AssumptionRow[];

/** A delay before the next attempt: `initial`, then times `factor` each, at most `max`; `full` draws from [0, delay]. */
export interface Backoff {
  readonly initial: Duration;
  readonly factor: number;
  readonly max: Duration;
  readonly jitter: 'full' | 'none';
}

/** A lognormal length of time by its median and its 99th percentile, ns. */
export interface LognormalParameters {
  readonly p50: Duration;
  readonly p99: Duration;
}

/** A uniform length of time, ns. */
export interface UniformParameters {
  readonly min: Duration;
  readonly max: Duration;
}

/** Two ends between which a number lies. */
export interface Bracket {
  readonly low: number;
  readonly high: number;
}

interface ValueOfKind {
  readonly duration: Duration;
  readonly number: number;
  readonly ratio: number;
  readonly boolean: boolean;
  readonly backoff: Backoff;
  readonly lognormal: LognormalParameters;
  readonly uniform: UniformParameters;
  readonly bracket: Bracket;
  readonly choice: string;
}

export type AssumptionKind = keyof ValueOfKind;

/** Any row, for code that walks the table; `choices` is there where `kind` is `choice`. */
export type AssumptionRow = {
  readonly [K in AssumptionKind]: {
    readonly name: string;
    readonly kind: K;
    readonly value: ValueOfKind[K];
    readonly why: string;
  } & (K extends 'choice' ? { readonly choices: readonly string[] } : object);
}[AssumptionKind];

type Row = (typeof ASSUMPTIONS)[number];
type ValueOf<R extends Row> = R extends { readonly choices: readonly (infer C)[] }
  ? C
  : ValueOfKind[R['kind']];

export type AssumptionName = Row['name'];

/** A value for every assumption, by name. */
export type AssumptionValues = {
  readonly [N in AssumptionName]: ValueOf<Extract<Row, { readonly name: N }>>;
};

/** In the table's order. */
export const ASSUMPTION_NAMES: readonly AssumptionName[] = ASSUMPTIONS.map((row) => row.name);

/** The table's own values, as a fresh object. */
export function defaultAssumptions(): AssumptionValues {
  const values: Record<string, unknown> = {};
  for (const row of ASSUMPTIONS)
    values[row.name] = typeof row.value === 'object' ? { ...row.value } : row.value;
  return values as AssumptionValues;
}

/** The row of an assumption, or undefined if there is none of that name. */
export const assumptionRow = (name: string): AssumptionRow | undefined =>
  ASSUMPTIONS.find((row) => row.name === name);

const UNITS: readonly (readonly [Duration, string])[] = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'm'],
  [SECOND, 's'],
  [MILLISECOND, 'ms'],
];

/** A length of time as a scenario writes it, in the largest unit of which it is a whole number: 1h, 90s, 0.5ms. */
export function durationText(time: Duration): string {
  if (time === 0) return '0s';
  const unit = UNITS.find(([length]) => time % length === 0);
  return unit === undefined ? `${time / MILLISECOND}ms` : `${time / unit[0]}${unit[1]}`;
}

/** The value of an assumption as a scenario writes it, for reports: `1h`, `10%`, `{lognormal: {p50: 1s, p99: 4s}}`. */
export function assumptionText<N extends AssumptionName>(name: N, value: AssumptionValues[N]): string {
  // The kind says which of the shapes the value has; the type system cannot follow that through the table.
  const given: unknown = value;
  switch (assumptionRow(name)!.kind) {
    case 'duration':
      return durationText(given as Duration);
    case 'number':
    case 'boolean':
    case 'choice':
      return String(given);
    case 'ratio':
      return `${Math.round((given as number) * 1e6) / 1e4}%`;
    case 'lognormal': {
      const { p50, p99 } = given as LognormalParameters;
      return `{lognormal: {p50: ${durationText(p50)}, p99: ${durationText(p99)}}}`;
    }
    case 'uniform': {
      const { min, max } = given as UniformParameters;
      return `{uniform: {min: ${durationText(min)}, max: ${durationText(max)}}}`;
    }
    case 'bracket': {
      const { low, high } = given as Bracket;
      return `{low: ${low}, high: ${high}}`;
    }
    case 'backoff': {
      const { initial, factor, max, jitter } = given as Backoff;
      return `{initial: ${durationText(initial)}, factor: ${factor}, max: ${durationText(max)}, jitter: ${jitter}}`;
    }
  }
}
