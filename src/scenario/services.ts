/** The services of a scenario, resolved, with the revisions that are there at time 0. */
import type {
  AutoscalerKind,
  ClientsPlan,
  KnativeSettings,
  RequestsPlan,
  RevisionPlan,
  ServicePlan,
} from '../model/plan.ts';
import { defaultOf } from '../rules/cloud-run-limits.ts';
import { isMultiRegion, parseKeyName, serviceNameProblems } from '../rules/resource-names.ts';
import type { RevisionId, ServiceId } from '../units/ids.ts';
import { duration, HOUR, MILLISECOND, SECOND, type Duration } from '../units/time.ts';
import type { Files } from './files.ts';
import type { Findings, Path } from './findings.ts';
import { checkUnique } from './keys.ts';
import { resolveLoad } from './load-shape.ts';
import { wrong } from './messages.ts';
import { formatDuration } from './quantities.ts';
import {
  checkRevisionName,
  checkTag,
  nextRevisionName,
  resolveRevision,
  type Owner,
  type Surroundings,
} from './revisions.ts';
import type { RevisionInput, ServiceInput } from './schema.ts';

/** A service while the scenario is being resolved. */
export interface Draft {
  readonly plan: ServicePlan;
  readonly owner: Owner;
  /** Settings of the template, for deploys to inherit. */
  readonly template: RevisionInput;
  /** Names of its revisions, the latest last. */
  readonly revisionNames: readonly string[];
  /** What is assumed about it, in sentences without a full stop. */
  readonly notes: readonly string[];
}

/** The largest counts that the timeline asks of a service; they raise a maximum that nobody states. */
export interface Asked {
  readonly maxInstanceCount: number;
  readonly manualInstanceCount: number;
}

/** The project of a service that names none and has no key, and the number of one that gives none: placeholders. */
export const UNKNOWN_PROJECT = 'my-project';
export const UNKNOWN_PROJECT_NUMBER = '000000000000';

export function resolveServices(
  inputs: readonly (ServiceInput | null)[],
  end: Duration,
  askedOf: (name: string) => Asked,
  files: Files,
  around: Surroundings,
): { readonly drafts: readonly (Draft | null)[]; readonly revisions: RevisionPlan[] } {
  const { findings } = around;
  checkUnique(
    'services',
    inputs.map((each) => each?.name),
    (i) => ['services', i, 'name'],
    findings,
  );
  const revisions: RevisionPlan[] = [];
  const drafts = inputs.map((input, i) => {
    if (input === null) return null;
    const path: Path = ['services', i];
    const good = checkIdentity(input, path, findings);
    if (!good) return null;
    const asked = askedOf(input.name!);
    return resolveService(input, i as ServiceId, end, asked, path, revisions, files, around);
  });
  return { drafts, revisions };
}

function checkIdentity(input: ServiceInput, path: Path, findings: Findings): boolean {
  const { name, location } = input;
  for (const field of ['name', 'location'] as const)
    if (input[field] === undefined)
      findings.add(input.manifest === undefined ? wrong.required(field) : wrong.manifestMissing(field), [
        ...path,
        field,
      ]);
  if (name !== undefined && (name === '' || serviceNameProblems(name).length > 0))
    findings.add(wrong.badServiceName(name.slice(0, 80)), [...path, 'name']);
  if (location !== undefined && (!REGION.test(location) || isMultiRegion(location)))
    findings.add(wrong.badForm(location.slice(0, 60), 'a region such as europe-west3'), [
      ...path,
      'location',
    ]);
  return name !== undefined;
}

const REGION = /^[a-z][a-z0-9]{0,30}(-[a-z0-9]{1,30}){1,4}$/;

function resolveService(
  input: ServiceInput,
  id: ServiceId,
  end: Duration,
  asked: Asked,
  path: Path,
  revisions: RevisionPlan[],
  files: Files,
  around: Surroundings,
): Draft {
  const { findings, distributions, assumptions } = around;
  const name = input.name!;
  const scaling = input.scaling ?? {};
  const autoscaler = resolveAutoscaler(input, path, findings);
  const manual = autoscaler.manualInstanceCount;
  const defaultMaximum = Math.max(
    defaultOf('maxInstanceCount'),
    scaling.maxInstanceCount ?? scaling.minInstanceCount ?? 0,
    asked.maxInstanceCount,
    manual === null ? 0 : Math.max(manual, asked.manualInstanceCount),
  );
  const owner: Owner = { id, name, location: input.location ?? null, defaultMaximum };

  const split = resolveTraffic(input, path, findings);
  const own: RevisionPlan[] = [];
  for (const revision of split.names) {
    // All of them have the template's settings, so what is wrong with these is told once.
    own.push(
      own.length === 0
        ? resolveRevision(input, revision, true, owner, path, around)
        : { ...own[0], name: revision },
    );
  }
  const first = revisions.length;
  revisions.push(...own);

  const minInstanceCount = scaling.minInstanceCount ?? defaultOf('minInstanceCount');
  const maxInstanceCount = scaling.maxInstanceCount ?? null;
  checkCounts(input, { minInstanceCount, maxInstanceCount, manual }, own[0], split, path, findings);

  const key = input.encryptionKey === undefined ? null : parseKeyName(input.encryptionKey);
  const plan: ServicePlan = {
    name,
    location: input.location ?? '',
    project: input.project ?? (key?.ok ? key.name.project : UNKNOWN_PROJECT),
    projectNumber: String(input.projectNumber ?? UNKNOWN_PROJECT_NUMBER),
    minInstanceCount,
    maxInstanceCount,
    ...autoscaler,
    routing: input.routing ?? 'least-loaded',
    idleTimeout:
      input.idleTimeout === undefined
        ? { kind: 'uniform', ...assumptions.idleTimeout }
        : distributions.resolve(input.idleTimeout, [...path, 'idleTimeout']),
    pendingTimeout: input.pendingTimeout ?? null,
    pendingLimit: input.pendingLimit ?? null,
    initialInstanceCount: input.initialInstanceCount ?? null,
    load: resolveLoad(input.load, end, [...path, 'load'], { files, findings, distributions }),
    clients: resolveClients(input.clients),
    sessions: input.sessions ?? around.assumptions.sessionClients,
    requests: resolveRequests(input, path, around),
    traffic: split.percents.map((percent, i) => ({ revision: (first + i) as RevisionId, percent })),
    ...(split.tags.length === 0
      ? {}
      : {
          tags: split.tags.map(({ tag, name: of }) => ({
            tag,
            revision: (first + split.names.indexOf(of)) as RevisionId,
          })),
        }),
  };
  const others = split.names.filter((each) => each !== split.latest);
  const notes =
    others.length === 0
      ? []
      : [`${name}: ${others.join(', ')}: not described here, taken to have the settings of ${split.latest}`];
  return { plan, owner, template: input, revisionNames: [...others, split.latest], notes };
}

interface Split {
  /** In the order of their mention. */
  readonly names: readonly string[];
  readonly percents: readonly number[];
  readonly tags: readonly { readonly tag: string; readonly name: string }[];
  readonly latest: string;
}

function resolveTraffic(input: ServiceInput, path: Path, findings: Findings): Split {
  const service = input.name!;
  const traffic = input.traffic ?? [{ latestRevision: true, percent: 100 }];
  const named = traffic.flatMap((each) => (each.revision === undefined ? [] : [each.revision]));
  if (input.revision !== undefined)
    checkRevisionName(input.revision, service, [...path, 'revision'], findings);
  const hasLatest = traffic.some((each) => each.latestRevision === true);
  const highest = [...named].sort().at(-1);
  const latest =
    input.revision ?? (hasLatest || highest === undefined ? nextRevisionName(service, named) : highest);

  const percents = new Map<string, number>();
  const tags: { readonly tag: string; readonly name: string }[] = [];
  let sum = 0;
  traffic.forEach((each, i) => {
    const here = [...path, 'traffic', i];
    if ((each.revision === undefined) === (each.latestRevision !== true))
      findings.add(wrong.trafficTarget(), here);
    if (each.revision !== undefined)
      checkRevisionName(each.revision, service, [...here, 'revision'], findings);
    const name = each.revision ?? latest;
    if (each.percent === undefined && each.tag === undefined) findings.add(wrong.required('percent'), here);
    const percent = each.percent ?? 0;
    percents.set(name, (percents.get(name) ?? 0) + percent);
    sum += percent;
    if (each.tag !== undefined) {
      checkTag(each.tag, [...here, 'tag'], findings);
      if (tags.some(({ tag }) => tag === each.tag))
        findings.add(wrong.duplicateName('tags', each.tag), [...here, 'tag']);
      tags.push({ tag: each.tag, name });
    }
  });
  if (sum !== 100) findings.add(wrong.trafficSum(sum), [...path, 'traffic']);
  if (!percents.has(latest)) percents.set(latest, 0);
  return { names: [...percents.keys()], percents: [...percents.values()], tags, latest };
}

function checkCounts(
  input: ServiceInput,
  counts: {
    readonly minInstanceCount: number;
    readonly maxInstanceCount: number | null;
    readonly manual: number | null;
  },
  revision: RevisionPlan,
  split: Split,
  path: Path,
  findings: Findings,
): void {
  const { minInstanceCount, maxInstanceCount, manual } = counts;
  const serving = Math.max(1, split.percents.filter((percent) => percent > 0).length);
  const most = Math.min(maxInstanceCount ?? Infinity, serving * revision.maxInstanceCount);
  if (minInstanceCount > most)
    findings.add(wrong.minAboveMax(String(minInstanceCount), String(most)), [
      ...path,
      'scaling',
      'minInstanceCount',
    ]);
  if (maxInstanceCount !== null && revision.minInstanceCount > maxInstanceCount)
    findings.add(wrong.minAboveMax(String(revision.minInstanceCount), String(maxInstanceCount)), [
      ...path,
      'template',
      'scaling',
      'minInstanceCount',
    ]);
  if (manual !== null && manual > most)
    findings.add(wrong.manualAboveMax(manual, most), [...path, 'scaling', 'manualInstanceCount']);
  const initial = input.initialInstanceCount ?? 0;
  if (initial > most) findings.add(wrong.initialAboveMax(initial, most), [...path, 'initialInstanceCount']);
}

function resolveAutoscaler(
  input: ServiceInput,
  path: Path,
  findings: Findings,
): Pick<ServicePlan, 'autoscaler' | 'manualInstanceCount' | 'knative'> {
  const { scalingMode, manualInstanceCount } = input.scaling ?? {};
  const given = input.autoscaler;
  const kind: AutoscalerKind | undefined = typeof given === 'object' ? 'knative' : given;
  const count = [...path, 'scaling', 'manualInstanceCount'];
  if (scalingMode === 'MANUAL' && kind !== undefined && kind !== 'manual')
    findings.add(wrong.autoscalerContradiction(`autoscaler: ${kind}`, 'scalingMode: MANUAL'), [
      ...path,
      'autoscaler',
    ]);
  else if (scalingMode === 'AUTOMATIC' && kind === 'manual')
    findings.add(wrong.autoscalerContradiction('autoscaler: manual', 'scalingMode: AUTOMATIC'), [
      ...path,
      'autoscaler',
    ]);
  else if (scalingMode === 'MANUAL' || kind === 'manual') {
    if (manualInstanceCount === undefined) findings.add(wrong.manualCountMissing(), count);
    return { autoscaler: 'manual', manualInstanceCount: manualInstanceCount ?? 0, knative: null };
  } else if (manualInstanceCount !== undefined) findings.add(wrong.manualCountUnused(), count);
  const knative =
    kind === 'knative'
      ? resolveKnative(
          typeof given === 'object' ? given.knative : {},
          [...path, 'autoscaler', 'knative'],
          findings,
        )
      : null;
  return { autoscaler: kind ?? 'cloud-run', manualInstanceCount: null, knative };
}

/** Knative's defaults (knative/serving, config-autoscaler). */
function resolveKnative(
  given: Exclude<NonNullable<ServiceInput['autoscaler']>, string>['knative'],
  path: Path,
  findings: Findings,
): KnativeSettings {
  const seconds = (count: number) => duration(count, SECOND);
  const settings: KnativeSettings = {
    metric: given.metric ?? 'concurrency',
    target: given.target ?? null,
    targetUtilization: given.targetUtilization ?? 0.7,
    stableWindow: given.stableWindow ?? seconds(60),
    panicWindowPercentage: given.panicWindowPercentage ?? 10,
    panicThresholdPercentage: given.panicThresholdPercentage ?? 200,
    maxScaleUpRate: given.maxScaleUpRate ?? 1000,
    maxScaleDownRate: given.maxScaleDownRate ?? 2,
    scaleDownDelay: given.scaleDownDelay ?? seconds(0),
    scaleToZeroGracePeriod: given.scaleToZeroGracePeriod ?? seconds(30),
    targetBurstCapacity: given.targetBurstCapacity ?? 211,
    activationScale: given.activationScale ?? 1,
    initialScale: given.initialScale ?? 1,
    tick: given.tick ?? seconds(2),
  };
  const range = (field: 'stableWindow' | 'scaleDownDelay' | 'tick', low: Duration, high: Duration) => {
    const value = settings[field];
    if (value < low || value > high)
      findings.add(wrong.outOfRange(formatDuration(value), formatDuration(low), formatDuration(high)), [
        ...path,
        field,
      ]);
  };
  range('stableWindow', seconds(6), HOUR);
  range('scaleDownDelay', seconds(0), HOUR);
  range('tick', SECOND, HOUR);
  if (settings.tick % SECOND !== 0) findings.add(wrong.wholeSeconds(), [...path, 'tick']);
  if (settings.targetUtilization === 0)
    findings.add(wrong.outOfRange('0%', 'more than 0%', '100%'), [...path, 'targetUtilization']);
  return settings;
}

function resolveClients(given: ServiceInput['clients']): ClientsPlan | null {
  if (given === undefined) return null;
  return {
    timeout: given.timeout ?? null,
    retries: given.retries ?? 0,
    budget: given.budget ?? null,
    backoff: {
      initial: given.backoff?.initial ?? duration(500, MILLISECOND),
      factor: given.backoff?.factor ?? 2,
      max: given.backoff?.max ?? duration(10, SECOND),
      jitter: given.backoff?.jitter ?? 'full',
    },
  };
}

function resolveRequests(input: ServiceInput, path: Path, around: Surroundings): RequestsPlan {
  const { distributions, assumptions } = around;
  const given = input.requests ?? {};
  const optional = (field: 'firstDuration' | 'cpuTime') =>
    given[field] === undefined ? null : distributions.resolve(given[field], [...path, 'requests', field]);
  return {
    duration:
      given.duration === undefined
        ? { kind: 'lognormal', ...assumptions.requestDuration }
        : distributions.resolve(given.duration, [...path, 'requests', 'duration']),
    firstDuration: optional('firstDuration'),
    cpuTime: optional('cpuTime'),
  };
}
