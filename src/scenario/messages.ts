/**
 * Every sentence that says what is wrong with a scenario, a manifest or an override, and what to do about it.
 *
 * One rule, one code, one entry; warnings have codes that begin with `W_`. `what` is one sentence without a full
 * stop, `remedy` is one or two with. Beside each rule's test stands a file that breaks it and the message it gets
 * (test/problems).
 */
import type { Place, Problem } from '../units/problem.ts';
import { visible } from '../units/visible.ts';

/** A broken rule without its place. */
export interface Wrong {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}

const UNIT_EXAMPLES: Readonly<Record<string, string>> = {
  duration: 'a length of time such as 250ms, 2s, 15m, 1h or 2d',
  rate: 'a rate such as 50/s or 3000/min',
  memory: 'memory such as 512Mi or 1Gi',
  cpu: 'a number of vCPU such as 1, 0.5 or 1000m',
  percentage: 'a percentage such as 5%',
};

const define = <Args extends readonly unknown[]>(
  code: string,
  say: (...args: Args) => { readonly what: string; readonly remedy: string },
): ((...args: Args) => Wrong) => {
  return (...args) => ({ code, ...say(...args) });
};

const hint = (names: readonly string[], otherwise: string): string =>
  names.length === 1 ? `Did you mean "${names[0]}"?` : otherwise;

const oneOf = (names: readonly string[]): string =>
  names.length === 0
    ? 'There are none.'
    : `Known: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`;

export const wrong = {
  // The text.
  notUtf8: define('NOT_UTF8', () => ({
    what: 'the file is not UTF-8 text',
    remedy: 'Save it with the encoding UTF-8.',
  })),
  tooLarge: define('TOO_LARGE', (size: number, limit: number) => ({
    what: `the file has ${size} characters, more than ${limit}`,
    remedy: 'Move traces and samples into files of their own (`trace:`, `empirical:`).',
  })),
  controlCharacter: define('CONTROL_CHARACTER', (code: number) => ({
    what: `the file contains the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}`,
    remedy: 'Remove it; lines end with LF or CRLF.',
  })),
  tooDeep: define('TOO_DEEP', (limit: number) => ({
    what: `values are nested more than ${limit} deep`,
    remedy: 'A scenario needs fewer than ten levels; look for a bracket that is not closed.',
  })),
  tooMany: define('TOO_MANY', (what: string, limit: number) => ({
    what: `there are more than ${limit} ${what}`,
    remedy: 'Move traces and samples into files of their own (`trace:`, `empirical:`).',
  })),
  directive: define('DIRECTIVE', () => ({
    what: 'YAML directives (a line that begins with %) are not allowed',
    remedy: 'Remove the line; every file is read as YAML 1.2.',
  })),
  severalDocuments: define('SEVERAL_DOCUMENTS', () => ({
    what: 'the file holds more than one YAML document',
    remedy: 'Keep one scenario a file, and remove the line "---" in the middle.',
  })),
  tabIndent: define('TAB_INDENT', () => ({
    what: 'a tab stands where YAML needs spaces',
    remedy: 'Indent with spaces.',
  })),
  tag: define('TAG', () => ({
    what: 'YAML tags (words that begin with !) are not allowed',
    remedy: 'Remove the tag, or put the text in quotes.',
  })),
  malformed: define('MALFORMED', (message: string) => ({
    what: `this is not valid YAML: ${firstLine(message)}`,
    remedy: 'Check indentation, colons, quotes and brackets here and on the line above.',
  })),
  badEscape: define('BAD_ESCAPE', () => ({
    what: 'YAML does not know this escape (a backslash in double quotes)',
    remedy: 'Use single quotes, or write the backslash twice.',
  })),
  empty: define('EMPTY', () => ({
    what: 'the file is empty',
    remedy: 'A scenario needs name, duration and one service with name, location and load.',
  })),
  alias: define('ALIAS', () => ({
    what: 'YAML anchors and aliases (& and *) are not allowed',
    remedy: 'Write the value out where it is needed, or put the text in quotes.',
  })),
  duplicateKey: define('DUPLICATE_FIELD', (key: string, first: Place) => ({
    what: `"${key}" is given twice, first on line ${first.line}`,
    remedy: 'Keep one of the two.',
  })),
  complexKey: define('COMPLEX_KEY', () => ({
    what: 'the name of a field is not a plain text',
    remedy: 'Field names are words such as duration; put template values like {{x}} in quotes.',
  })),
  mergeKey: define('MERGE_KEY', () => ({
    what: 'YAML merge keys (<<) are not allowed',
    remedy: 'Write the fields out.',
  })),
  reservedKey: define('RESERVED_NAME', (key: string) => ({
    what: `"${key}" cannot be the name of a field`,
    remedy: 'Choose another name.',
  })),
  notFinite: define('NOT_FINITE', (text: string) => ({
    what: `${text} is not a finite number`,
    remedy: 'Give a number; leave the field out where there is no limit.',
  })),
  numberForm: define('NUMBER_FORM', (text: string) => ({
    what: `the number ${text} is not written in plain decimal form`,
    remedy: 'Write it without leading zeros, sign or base, or in quotes if it is a text.',
  })),
  unsafeInteger: define('UNSAFE_INTEGER', (text: string) => ({
    what: `the whole number ${text} is too large to be exact`,
    remedy: 'Stay below 9007199254740992, or put it in quotes if it is a text.',
  })),

  // One value.
  unknownField: define('UNKNOWN_FIELD', (key: string, near: readonly string[], known: readonly string[]) => ({
    what: `there is no field "${key}" here`,
    remedy: hint(near, oneOf(known)),
  })),
  required: define('REQUIRED', (field: string) => ({
    what: `"${field}" is missing`,
    remedy: `Add "${field}"; \`cmeksim schema\` describes it.`,
  })),
  emptyValue: define('EMPTY_VALUE', () => ({
    what: 'the field has no value',
    remedy: 'Give a value, or remove the line for the default.',
  })),
  wrongType: define('WRONG_TYPE', (expected: string, found: string) => ({
    what: `expected ${expected}, found ${found}`,
    remedy: /text/.test(found) && /number/.test(expected) ? 'Write it without quotes.' : `Give ${expected}.`,
  })),
  notAQuantity: define('WRONG_TYPE', (kind: string, found: string) => ({
    what: `expected ${UNIT_EXAMPLES[kind]}, found ${found}`,
    remedy: `Give ${UNIT_EXAMPLES[kind]}.`,
  })),
  missingUnit: define('MISSING_UNIT', (kind: string, text: string) => ({
    what: `${text} has no unit`,
    remedy: `Give ${UNIT_EXAMPLES[kind]}.`,
  })),
  badQuantity: define('BAD_QUANTITY', (kind: string, text: string) => ({
    what: `"${text}" is not ${UNIT_EXAMPLES[kind].replace(/ such as.*/, '')}`,
    remedy: `Write one number and one unit: ${UNIT_EXAMPLES[kind]}.`,
  })),
  negative: define('NEGATIVE', (text: string) => ({
    what: `${text} is negative`,
    remedy: 'Give zero or more.',
  })),
  tooLong: define('TOO_LONG', (text: string) => ({
    what: `${text} is longer than 104 days`,
    remedy: 'Time is counted in nanoseconds and reaches 104 days; give less.',
  })),
  notWhole: define('NOT_WHOLE', (text: string) => ({
    what: `${text} is not a whole number`,
    remedy: 'Give a whole number.',
  })),
  outOfRange: define('OUT_OF_RANGE', (text: string, low: string | null, high: string | null) => ({
    what: `${text} is out of range`,
    remedy:
      low === null
        ? `Give at most ${high}.`
        : high === null
          ? `Give at least ${low}.`
          : `Give ${low} to ${high}.`,
  })),
  notOneOf: define('NOT_ONE_OF', (text: string, near: readonly string[], known: readonly string[]) => ({
    what: `${text} is not one of the words allowed here`,
    remedy: hint(near, oneOf(known)),
  })),
  badForm: define('BAD_FORM', (text: string, form: string) => ({
    what: `"${text}" is not ${form}`,
    remedy: `Write ${form}.`,
  })),
  tooFew: define('TOO_FEW', (least: number) => ({
    what: `the list has fewer than ${least} entries`,
    remedy: `Give at least ${least}.`,
  })),
  notExactlyOne: define('NOT_EXACTLY_ONE', (given: readonly string[], known: readonly string[]) => ({
    what: given.length === 0 ? 'none of the choices is given' : `${given.join(' and ')} exclude one another`,
    remedy: `Give exactly one of ${known.join(', ')}.`,
  })),

  // Distributions and arrivals.
  quantilesFall: define('QUANTILES_FALL', (high: string) => ({
    what: `the ${high} is below the p50`,
    remedy: `Give a ${high} that is not below the p50.`,
  })),
  lognormalForm: define('LOGNORMAL_FORM', (given: readonly string[]) => ({
    what: `a lognormal distribution is not given by ${given.length === 0 ? 'nothing' : given.join(', ')}`,
    remedy: 'Give {p50, p99}, {p50, p95} or {mean, cv}.',
  })),
  zeroMedian: define('ZERO_MEDIAN', () => ({
    what: 'the p50 of a lognormal distribution is zero',
    remedy: 'Give a p50 above zero, or a constant length of time.',
  })),
  minAboveMax: define('MIN_ABOVE_MAX', (min: string, max: string) => ({
    what: `the minimum ${min} is above the maximum ${max}`,
    remedy: 'Lower the minimum or raise the maximum.',
  })),
  noWeight: define('NO_WEIGHT', () => ({
    what: 'the weights of the mixture are all zero',
    remedy: 'Give at least one weight above zero.',
  })),
  stagesAndSinusoid: define('STAGES_AND_SINUSOID', () => ({
    what: 'stages and a sinusoid exclude one another',
    remedy: 'Keep one of the two.',
  })),
  arrivalsHaveRate: define('ARRIVALS_HAVE_RATE', (kind: string, field: string) => ({
    what: `arrivals by ${kind} have a rate of their own, so ${field} has no meaning`,
    remedy: `Remove ${field}, or use arrivals: poisson or regular.`,
  })),
  stagesBeyondRepeat: define('STAGES_BEYOND_REPEAT', (stages: string, every: string) => ({
    what: `the stages take ${stages}, longer than the ${every} after which they begin again`,
    remedy: 'Shorten the stages, or raise repeatEvery.',
  })),
  noRate: define('NO_RATE', () => ({
    what: 'the load has no rate',
    remedy: 'Give stages, startRate or a sinusoid, or write `load: 50/s`.',
  })),
  amplitudeAboveMean: define('AMPLITUDE_ABOVE_MEAN', (amplitude: string, mean: string) => ({
    what: `the amplitude ${amplitude} is above the mean ${mean}, so the rate would be negative`,
    remedy: 'Lower the amplitude or raise the mean.',
  })),
  periodZero: define('ZERO_LENGTH', (field: string) => ({
    what: `${field} is zero`,
    remedy: 'Give a length of time above zero.',
  })),
  gapTooShort: define('GAP_TOO_SHORT', () => ({
    what: 'arrivals are nearer to one another than a microsecond on average',
    remedy: 'Give gaps with a mean of at least 1us, which is 1000000 requests a second.',
  })),
  stayTooShort: define('STAY_TOO_SHORT', () => ({
    what: 'the stay at one rate is shorter than a microsecond on average',
    remedy: 'Give stays with a mean of at least 1us.',
  })),
  mmppLengths: define('MMPP_LENGTHS', (rates: number, stays: number) => ({
    what: `there are ${rates} rates and ${stays} stays`,
    remedy: 'Give one mean length of stay for each rate.',
  })),

  // Files.
  fileMissing: define('FILE_MISSING', (path: string) => ({
    what: `the file ${path} is not there`,
    remedy: 'Paths are relative to the folder of the scenario.',
  })),
  fileUnreadable: define('FILE_UNREADABLE', (path: string, why: string) => ({
    what: `the file ${path} cannot be read: ${why}`,
    remedy: 'Name a file that can be read; traces, samples and manifests are regular files.',
  })),
  badPath: define('BAD_PATH', (path: string) => ({
    what: `"${path}" is not a relative path`,
    remedy: 'Give a path relative to the folder of the scenario, with forward slashes.',
  })),
  csvColumn: define('CSV_COLUMN', (path: string, columns: string) => ({
    what: `${path} has no column that can be used here`,
    remedy: `Give a header line with ${columns}.`,
  })),
  csvValue: define('CSV_VALUE', (path: string, line: number, text: string) => ({
    what: `line ${line} of ${path} holds "${text}" where a number of 0 or more belongs`,
    remedy: 'Correct the line.',
  })),
  csvEmpty: define('CSV_EMPTY', (path: string) => ({
    what: `${path} holds no values`,
    remedy: 'Give at least one line below the header.',
  })),
  traceBeyondEnd: define('W_TRACE_CUT', (path: string, count: number) => ({
    what: `${count} arrivals of ${path} lie after the end of the scenario and are left out`,
    remedy: 'Lengthen the duration to play all of the trace.',
  })),

  // Names.
  duplicateName: define('DUPLICATE_NAME', (what: string, name: string) => ({
    what: `there are two ${what} of the name "${name}"`,
    remedy: 'Give each its own name.',
  })),
  unknownName: define(
    'UNKNOWN_NAME',
    (what: string, name: string, near: readonly string[], known: readonly string[]) => ({
      what: `there is no ${what} "${name}"`,
      remedy: hint(near, oneOf(known)),
    }),
  ),
  ambiguousName: define('AMBIGUOUS_NAME', (what: string, name: string, found: readonly string[]) => ({
    what: `the short name "${name}" fits more than one ${what}`,
    remedy: `Write one of them in full: ${found.join(', ')}.`,
  })),
  badKeyName: define('BAD_KEY_NAME', (name: string, why: string, hint: string) => ({
    what: `"${name.slice(0, 100)}" is not the name of a key: ${why}`,
    remedy: hint,
  })),
  badRevisionName: define('BAD_REVISION_NAME', (name: string, service: string) => ({
    what: `"${name}" cannot be the name of a revision of ${service}`,
    remedy: `It begins with "${service}-", has lower-case letters, digits and hyphens, does not end with a hyphen, and has at most 63 characters.`,
  })),
  badServiceName: define('BAD_SERVICE_NAME', (name: string) => ({
    what: `"${name}" cannot be the name of a service`,
    remedy:
      'It begins with a letter, has lower-case letters, digits and hyphens, does not end with a hyphen, and has at most 49 characters.',
  })),
  revisionExists: define('REVISION_EXISTS', (name: string) => ({
    what: `there already is a revision "${name}"`,
    remedy: 'A revision never changes; give the new one another name.',
  })),

  // Services.
  manifestKind: define('NOT_A_SERVICE', (path: string) => ({
    what: `${path} is not a Knative Service`,
    remedy:
      'Export it with `gcloud run services describe SERVICE --format export`; it says `kind: Service` of `serving.knative.dev/v1`.',
  })),
  manifestValue: define('MANIFEST_VALUE', (text: string, field: string, allowed: string) => ({
    what: `"${text}" is not a value of ${field}`,
    remedy: `Give ${allowed}.`,
  })),
  manifestMissing: define('MANIFEST_MISSING', (field: string) => ({
    what: `the manifest has no ${field}`,
    remedy: `Add it to the manifest, or give the value in the scenario beside "manifest:".`,
  })),
  autoscalerContradiction: define('AUTOSCALER_CONTRADICTION', (one: string, other: string) => ({
    what: `${one} contradicts ${other}`,
    remedy: 'autoscaler: manual and scalingMode: MANUAL imply each other; remove one of the two settings.',
  })),
  manualCountMissing: define('MANUAL_COUNT_MISSING', () => ({
    what: 'manual scaling needs the number of instances',
    remedy: 'Give scaling: {manualInstanceCount: N}.',
  })),
  manualCountUnused: define('MANUAL_COUNT_UNUSED', () => ({
    what: 'manualInstanceCount has a meaning with manual scaling only',
    remedy: 'Add scalingMode: MANUAL, or remove manualInstanceCount.',
  })),
  manualAboveMax: define('MANUAL_ABOVE_MAX', (count: number, max: number) => ({
    what: `manualInstanceCount ${count} is above the maximum of ${max} instances`,
    remedy: 'Lower it, or raise maxInstanceCount.',
  })),
  concurrencyNeedsCpu: define('CONCURRENCY_NEEDS_CPU', (cpu: number) => ({
    what: `with ${cpu} vCPU an instance serves one request at a time`,
    remedy: 'Give at least 1 vCPU, or maxInstanceRequestConcurrency: 1.',
  })),
  cpuBillingNeedsCpu: define('CPU_IDLE_NEEDS_CPU', (cpu: number) => ({
    what: `with ${cpu} vCPU a service has request-based billing`,
    remedy: 'Give at least 1 vCPU, or cpuIdle: true.',
  })),
  bothTargetsDisabled: define('TARGETS_DISABLED', () => ({
    what: 'the CPU target and the concurrency target are both disabled',
    remedy: 'Cloud Run needs one of the two; disable at most one.',
  })),
  startupTooLong: define('STARTUP_TOO_LONG', () => ({
    what: 'failureThreshold x period of the startup probe has to be above 0 and at most 240s',
    remedy: 'Cloud Run waits four minutes at most; lower one of the two.',
  })),
  probeTimeout: define('PROBE_TIMEOUT', () => ({
    what: 'the timeout of the startup probe is longer than its period',
    remedy: 'Lower the timeout, or raise the period.',
  })),
  initialAboveMax: define('INITIAL_ABOVE_MAX', (count: number, max: number) => ({
    what: `initialInstanceCount ${count} is above the maximum of ${max} instances`,
    remedy: 'Lower it, or raise maxInstanceCount.',
  })),
  trafficSum: define('TRAFFIC_SUM', (sum: number) => ({
    what: `the percentages of the traffic sum to ${sum}, not to 100`,
    remedy: 'Correct the percentages.',
  })),
  trafficTarget: define('TRAFFIC_TARGET', () => ({
    what: 'a part of the traffic names either a revision or latestRevision: true',
    remedy: 'Give exactly one of the two.',
  })),

  // Keys.
  keyUndeclared: define('KEY_UNDECLARED', (name: string, near: readonly string[]) => ({
    what: `the key ${name} is not declared under "keys"`,
    remedy: hint(
      near,
      'Declare it with its protectionLevel (SOFTWARE, HSM, EXTERNAL or EXTERNAL_VPC); that cannot be guessed.',
    ),
  })),
  keyLocation: define('KEY_LOCATION', (key: string, location: string) => ({
    what: `the key lies in ${key}, the service in ${location}`,
    remedy: 'Cloud Run needs a key in the location of the service.',
  })),
  keyMultiRegion: define('KEY_MULTI_REGION', (location: string) => ({
    what: `the key lies in ${location}, which is not a region`,
    remedy:
      'Cloud Run needs a key in the region of the service; global and multi-region keys cannot be used.',
  })),
  shutdownWithoutAction: define('SHUTDOWN_DURATION_UNUSED', () => ({
    what: 'a shutdown duration has a meaning with the revocation action SHUTDOWN only',
    remedy: 'Add encryptionKeyRevocationAction: SHUTDOWN, or remove the duration.',
  })),
  shutdownHours: define('SHUTDOWN_HOURS', (text: string) => ({
    what: `the shutdown duration ${text} is not a whole number of hours of at least one`,
    remedy: 'Give 1h, 2h and so on; leave it out to shut down as soon as possible.',
  })),
  revocationWithoutKey: define('W_REVOCATION_WITHOUT_KEY', () => ({
    what: 'a key revocation action has no effect without a key',
    remedy: 'Add encryptionKey, or remove the action.',
  })),
  connectionNotExternal: define('CONNECTION_NOT_EXTERNAL', (level: string) => ({
    what: `a key of the protection level ${level} has no external key manager`,
    remedy: 'Remove ekmConnection, or correct the protectionLevel.',
  })),
  keyNotExternal: define('KEY_NOT_EXTERNAL', (key: string, level: string) => ({
    what: `the key ${key} is ${level}; it has no external key manager that could be unreachable`,
    remedy: 'Name a key with the protection level EXTERNAL or EXTERNAL_VPC.',
  })),
  connectionUnused: define('CONNECTION_UNUSED', (name: string) => ({
    what: `no key uses the connection "${name}"`,
    remedy: 'Give it to a key with ekmConnection.',
  })),
  versionUnknown: define('VERSION_UNKNOWN', (version: number, last: number) => ({
    what: `the key has no version ${version}`,
    remedy: `Its versions are 1 to ${last}, rotations included.`,
  })),
  keyUnused: define('W_KEY_UNUSED', (name: string) => ({
    what: `no service uses the key ${name}`,
    remedy: 'Give it to a service with encryptionKey, or remove it.',
  })),
  quotaBelowOneStart: define('W_QUOTA_BELOW_ONE_START', (calls: number, span: string, needed: number) => ({
    what: `the quota grants ${calls} in ${span}, and a single start makes ${needed} calls`,
    remedy: 'Starts on this key fail as long as the limit is this low; raise it.',
  })),
  duplicateLimit: define('DUPLICATE_LIMIT', (name: string) => ({
    what: `the limit "${name}" already holds for this project, location and level`,
    remedy: 'Keep one; EXTERNAL and EXTERNAL_VPC share the limit EXTERNAL.',
  })),

  // Time.
  durationZero: define('DURATION_ZERO', () => ({
    what: 'the duration is zero',
    remedy: 'Give a length of time above zero.',
  })),
  warmUpTooLong: define('WARM_UP_TOO_LONG', (warmUp: string, duration: string) => ({
    what: `the warm-up of ${warmUp} is not shorter than the duration of ${duration}`,
    remedy: 'Shorten the warm-up or lengthen the duration.',
  })),
  atBeyondEnd: define('AT_BEYOND_END', (at: string, duration: string) => ({
    what: `the entry begins at ${at}, the scenario ends at ${duration}`,
    remedy: 'Let it begin earlier, or lengthen the duration.',
  })),
  notAccelerated: define('NOT_ACCELERATED', (what: string, why: string) => ({
    what: `${what} cannot be simulated in accelerated mode: ${why}`,
    remedy:
      'Run the scenario in exact mode (leave out "mode: accelerated" and --accelerate), or change this.',
  })),
  notUndone: define('NOT_UNDONE', (kind: string, field: string) => ({
    what: `${kind} happens at one instant, so "${field}" has no meaning`,
    remedy: `Remove "${field}".`,
  })),
  repeatAndFor: define('REPEAT_AND_FOR', () => ({
    what: '"repeat" draws the lengths itself, so "for" has no meaning beside it',
    remedy: 'Keep one of the two.',
  })),
  onlyWith: define('ONLY_WITH', (field: string, kinds: string) => ({
    what: `"${field}" has a meaning with ${kinds} only`,
    remedy: `Remove "${field}".`,
  })),
  overTooLong: define('OVER_TOO_LONG', (over: string, length: string) => ({
    what: `the shift takes ${over}, longer than the ${length} it lasts`,
    remedy: 'Shorten "over" or lengthen "for".',
  })),
  sameService: define('SAME_SERVICE', () => ({
    what: 'traffic is shifted from a service to itself',
    remedy: 'Name two services.',
  })),
  nothingChanges: define('NOTHING_CHANGES', (fields: string) => ({
    what: 'the entry changes nothing',
    remedy: `Give at least one of ${fields}.`,
  })),
  keyOrConnection: define('KEY_OR_CONNECTION', () => ({
    what: 'an outage concerns either a key or a connection',
    remedy: 'Give exactly one of key and ekmConnection.',
  })),
  shareZero: define('SHARE_ZERO', () => ({
    what: 'the share is zero, so nothing happens',
    remedy: 'Give a share above 0%, up to 100%.',
  })),
  wholeSeconds: define('WHOLE_SECONDS', () => ({
    what: 'the tick is not a whole number of seconds, and metrics are collected every second',
    remedy: 'Give 1s, 2s and so on.',
  })),
  retryableContradiction: define('W_RETRYABLE_CONTRADICTION', (error: string, retryable: boolean) => ({
    what: `Cloud EKM documents ${error} as ${retryable ? 'not retryable' : 'retryable'}, the entry says the opposite`,
    remedy: 'The entry is played as written; remove "retryable" to follow the documentation.',
  })),
  refusedTransition: define('W_KEY_TRANSITION', (from: string, to: string) => ({
    what: `Cloud KMS does not bring a version from ${from} to ${to}; the entry has no effect`,
    remedy:
      from === 'DESTROYED' ? 'Remove the entry.' : 'Restore the version first: an entry with state DISABLED.',
  })),
  endsBeforeStart: define('W_ENDS_BEFORE_START', () => ({
    what: 'the entry is over before the scenario begins and has no effect',
    remedy: 'Move "at", or lengthen "for".',
  })),
  badInstant: define('BAD_DATE', (text: string) => ({
    what: `"${text}" is not a date and time with a time zone`,
    remedy: 'Write it as 2026-11-27T02:47:00Z.',
  })),

  // Objectives, experiment, sweep, overrides.
  badExpectation: define('BAD_EXPECTATION', (text: string) => ({
    what: `"${text}" is not an expectation`,
    remedy:
      'Write NAME COMPARISON VALUE, for example e2e_latencies.p99 < 2s; comparisons are < <= > >= == and !=.',
  })),
  unknownMetric: define(
    'UNKNOWN_METRIC',
    (name: string, near: readonly string[], known: readonly string[]) => ({
      what: `there is no metric "${name}"`,
      remedy: hint(near, oneOf(known)),
    }),
  ),
  metricNotPerService: define('METRIC_NOT_PER_SERVICE', (name: string) => ({
    what: `${name} belongs to no single service`,
    remedy: 'Remove "service".',
  })),
  metricNotPerWindow: define('METRIC_NOT_PER_WINDOW', (name: string) => ({
    what: `${name} is known for the whole run only`,
    remedy: 'Remove "during".',
  })),
  metricUnit: define('METRIC_UNIT', (name: string, example: string) => ({
    what: `the limit of ${name} has the wrong unit`,
    remedy: `Give ${example}.`,
  })),
  replicationBounds: define('REPLICATION_BOUNDS', (min: number, max: number) => ({
    what: `at least ${min} replications are asked for and at most ${max}`,
    remedy: 'Give a min that is not above max.',
  })),
  intervalNeedsTwo: define('INTERVAL_NEEDS_TWO', () => ({
    what: 'a confidence interval needs two replications at least',
    remedy: 'Give replications: {min: 2, …} or more.',
  })),
  confidenceRange: define('CONFIDENCE_RANGE', (text: string) => ({
    what: `a confidence of ${text} is not strictly between 0% and 100%`,
    remedy: 'Give for example 95%.',
  })),
  sweepValue: define('SWEEP_VALUE', (value: string, path: string, what: string, remedy: string) => ({
    what: `the scenario is wrong with ${value}: ${path}: ${what}`,
    remedy,
  })),
  unknownPath: define('UNKNOWN_PATH', (path: string, part: string, near: readonly string[]) => ({
    what: `the path ${path} leads nowhere: there is no "${part}"`,
    remedy: hint(near, 'Write fields separated by dots, and entries of lists by their name.'),
  })),
  badOverride: define('BAD_OVERRIDE', (path: string, message: string) => ({
    what: `the value for ${path} cannot be read: ${message}`,
    remedy: 'Write PATH=VALUE with a value as in the file.',
  })),
  tooManyProblems: define('TOO_MANY_PROBLEMS', (count: number) => ({
    what: `there are ${count} more problems`,
    remedy: 'Mend those above first.',
  })),
} as const;

/** A broken rule at its place. */
export const problem = (found: Wrong, place: Place, path: string): Problem => ({
  severity: found.code.startsWith('W_') ? 'warning' : 'error',
  code: found.code,
  place,
  path: path === '' ? 'document' : path,
  what: found.what,
  remedy: found.remedy,
});

const PLAIN = { colour: false };

/**
 * A problem as the reader sees it:
 *
 *     shop.yaml:3:11: duration: 30 has no unit [MISSING_UNIT]
 *       duration: 30
 *                 ^
 *       Give a length of time such as 250ms, 2s, 15m, 1h or 2d.
 */
export function formatProblem(found: Problem, { colour }: { readonly colour: boolean } = PLAIN): string {
  const paint = (code: string, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { file, line, column, text } = found.place;
  const tone = found.severity === 'error' ? '31' : '33';
  const word = found.severity === 'warning' ? 'warning: ' : '';
  const where = `${visible(file)}:${Math.max(1, line)}:${Math.max(1, column)}`;
  const lines = [
    `${paint('1', where)}: ${visible(found.path)}: ${word}${visible(found.what)} ${paint(tone, `[${found.code}]`)}`,
  ];
  if (text !== '') {
    // A long line is shown around the place.
    const start = column > 100 ? column - 60 : 0;
    const shown = text.slice(start, start + 140);
    const indent = shown.slice(0, Math.max(0, column - 1 - start)).replace(/[^\t]/g, ' ');
    lines.push(`  ${visible(shown)}`, `  ${indent}${paint(tone, '^')}`);
  }
  lines.push(`  ${visible(found.remedy)}`);
  return lines.join('\n');
}

const firstLine = (message: string): string => message.split('\n', 1)[0].replace(/[.:]$/, '');
