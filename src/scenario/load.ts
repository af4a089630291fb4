/**
 * A scenario file, made into a plan; or everything that is wrong with it.
 *
 *   text -> values with places -> manifests laid under, overrides laid over -> fields checked one by one
 *        -> names resolved, defaults filled in, fields checked against each other -> plan
 *
 * Nothing is thrown and nothing is read but through `read`. A part that is wrong by itself is left out of the
 * checks that follow, so that one mistake is told once; the rest goes on, so that all mistakes are told at once.
 * The plan is a function of the text, the files and the options alone.
 */
import type { z } from 'zod';
import type { Plan } from '../model/plan.ts';
import { defaultAssumptions, type AssumptionValues } from '../rules/assumptions.ts';
import { downloadsPerStart, keyCallsPerStart } from '../rules/cold-start-steps.ts';
import { costOf, windowOf } from '../rules/quota-policies.ts';
import type { Problem } from '../units/problem.ts';
import { LONGEST, MILLISECOND, SECOND, type Duration } from '../units/time.ts';
import { checkAccelerated } from './accelerated.ts';
import { assumptionsUsed } from './assumptions-used.ts';
import { startsAt } from './calendar.ts';
import { Distributions } from './distributions.ts';
import { Files, type ReadFile } from './files.ts';
import { Findings, inOrder, type Path } from './findings.ts';
import { problemsOfIssues } from './issues.ts';
import { Pools, resolveConnections, resolveKeys } from './keys.ts';
import { layOver, readManifest } from './manifest.ts';
import { wrong } from './messages.ts';
import { findByName } from './names.ts';
import { resolveExperiment, resolveObjectives } from './objectives.ts';
import { applyOverride, type Override } from './overrides.ts';
import { formatDuration } from './quantities.ts';
import type { Surroundings } from './revisions.ts';
import * as schema from './schema.ts';
import { resolveServices } from './services.ts';
import { sha256 } from './sha256.ts';
import { follow, plain, readSource, type MapValue, type Value } from './source.ts';
import { resolveTimeline, timelineNames } from './timeline.ts';

export { overrideOf, type Override } from './overrides.ts';
export { Unreadable, type ReadFile } from './files.ts';

export interface LoadOptions {
  /** Reads a file that the scenario names, relative to the scenario's folder; without it there is none. */
  readonly read?: ReadFile;
  /** `--set`, in order; see {@link overrideOf}. */
  readonly overrides?: readonly Override[];
  /** Instead of the file's seed. */
  readonly seed?: string;
  /** Exactly so many, instead of what the file's experiment says. */
  readonly replications?: number;
}

/** One line of `sweep`: each value as text that an override takes. */
export interface Sweep {
  readonly path: string;
  readonly values: readonly string[];
}

export interface Loaded {
  /** Null if there is any error. */
  readonly plan: Plan | null;
  /** Errors and warnings, in the order of the file; at most 50 and one that counts the rest. */
  readonly problems: readonly Problem[];
  /** The scenario's `sweep`; empty if it has none or is wrong. */
  readonly sweep: readonly Sweep[];
}

/** Fields of a plan that this version's model does not act on and therefore refuses, as paths in the scenario. */
export const UNSUPPORTED: readonly string[] = [];

/**
 * Loads a scenario. `file` is its name for messages; bytes are decoded as UTF-8. Never throws for what is wrong with the
 * scenario: that is among the problems.
 */
export function loadScenario(text: string | Uint8Array, file: string, options: LoadOptions = {}): Loaded {
  const read = readSource(text, file);
  if (read.value === null) {
    const others =
      read.rest?.kind === 'map'
        ? new Loading(read.rest, new Files(options.read ?? (() => null)), options).load().problems
        : [];
    return failed(inOrder([...read.problems, ...others]));
  }
  if (read.value.kind !== 'map') {
    const findings = new Findings(read.value);
    findings.add(wrong.wrongType('a map of fields', read.value.kind === 'list' ? 'a list' : 'one value'), []);
    return failed(findings.all());
  }
  const files = new Files(options.read ?? (() => null));
  const loaded = new Loading(read.value, files, options).load();
  if (loaded.plan === null || loaded.sweep.length === 0) return loaded;
  const swept = checkSweep(read.value, loaded.sweep, files, options);
  return swept.length === 0 ? loaded : failed(inOrder([...loaded.problems, ...swept]));
}

const failed = (problems: readonly Problem[]): Loaded => ({ plan: null, problems, sweep: [] });

const isError = (found: Problem): boolean => found.severity === 'error';

/** Values of a sweep that are tried out on loading; further ones are found out when they are run. */
const MOST_SWEPT = 200;

/** Each value of a sweep by itself has to give a scenario that can be run. */
function checkSweep(
  document: MapValue,
  sweep: readonly Sweep[],
  files: Files,
  options: LoadOptions,
): readonly Problem[] {
  const findings = new Findings(document);
  let tried = 0;
  sweep.forEach(({ path, values }, i) =>
    values.forEach((value, j) => {
      if (++tried > MOST_SWEPT) return;
      const overrides = [...(options.overrides ?? []), { path, value }];
      const { problems } = new Loading(document, files, { ...options, overrides }).load();
      const first = problems.find(isError);
      if (first === undefined) return;
      const noWay = first.code === 'UNKNOWN_PATH';
      findings.add(
        noWay ? first : wrong.sweepValue(value, first.path, first.what, first.remedy),
        noWay ? ['sweep', i, 'path'] : ['sweep', i, 'values', j],
      );
    }),
  );
  return findings.all();
}

/** The parts of a document that are right by themselves; null stands for one that is not. */
interface Parts {
  readonly top: Partial<Pick<schema.ScenarioInput, keyof typeof schema.topFields>>;
  readonly services: readonly (schema.ServiceInput | null)[];
  readonly keys: readonly (schema.KeyInput | null)[];
  readonly ekmConnections: readonly (schema.EkmConnectionInput | null)[];
  readonly policy: NonNullable<schema.ScenarioInput['quotas']>['policy'];
  readonly limits: readonly (schema.QuotaLimitInput | null)[];
  readonly timeline: readonly (schema.TimelineInput | null)[];
  readonly objectives: readonly (schema.ObjectiveInput | null)[];
  readonly assumptions: Readonly<Record<string, unknown>>;
  readonly experiment: schema.ExperimentInput | undefined;
  readonly sweep: readonly Sweep[];
}

class Loading {
  readonly #files: Files;
  readonly #options: LoadOptions;
  readonly #problems: Problem[] = [];
  readonly #notSimulated: string[] = [];
  #root: Value;

  constructor(document: MapValue, files: Files, options: LoadOptions) {
    this.#root = document;
    this.#files = files;
    this.#options = options;
  }

  load(): Loaded {
    const manifestsRead = this.#layManifests();
    for (const override of this.#options.overrides ?? []) {
      const applied = applyOverride(this.#root, override);
      this.#root = applied.value;
      this.#problems.push(...applied.problems);
    }
    const root = this.#root;
    const checked = schema.scenario.safeParse(plain(root));
    if (!checked.success) this.#problems.push(...problemsOfIssues(root, [], checked.error.issues));
    if (!manifestsRead) return failed(inOrder(this.#problems));

    const findings = new Findings(root);
    const parts = checked.success ? partsOf(checked.data) : partsOfWrong(root);
    const made = this.#resolve(parts, findings);
    findings.addAll(this.#problems);
    const problems = findings.all();
    return problems.some(isError) ? failed(problems) : { plan: made, problems, sweep: parts.sweep };
  }

  /** Puts each manifest under the entry that names it; false if one could not be read. */
  #layManifests(): boolean {
    const root = this.#root as MapValue;
    const services = root.entries.get('services');
    if (services?.value.kind !== 'list') return true;
    let all = true;
    const items = services.value.items.map((item, i) => {
      const named = item.kind === 'map' ? item.entries.get('manifest')?.value : undefined;
      if (item.kind !== 'map' || named?.kind !== 'scalar' || typeof named.value !== 'string') return item;
      const raw = this.#files.raw(named.value);
      if ('wrong' in raw) {
        new FindingsInto(root, this.#problems).add(raw.wrong, ['services', i, 'manifest']);
        all = false;
        return item;
      }
      const read = readSource(raw.content, named.value);
      const manifest = read.value === null ? null : readManifest(read.value, named.value);
      const problems = manifest?.problems ?? read.problems;
      this.#problems.push(...problems);
      if (manifest === null || problems.length > 0) all = false;
      if (manifest === null) return item;
      this.#notSimulated.push(...manifest.notSimulated);
      return layOver(manifest.entry, item);
    });
    const value: Value = { ...services.value, items };
    this.#root = { ...root, entries: new Map(root.entries).set('services', { ...services, value }) };
    return all;
  }

  #resolve(parts: Parts, findings: Findings): Plan {
    const { top } = parts;
    // Without a duration nothing is beyond the end.
    const end = top.duration ?? LONGEST;
    const times = resolveTimes(top, end, findings);
    const assumptions = resolveAssumptions(parts.assumptions, findings);
    const distributions = new Distributions(this.#files, findings);

    const connections = resolveConnections(parts.ekmConnections, findings, distributions);
    const pools = new Pools(parts.policy, parts.limits, assumptions, end, findings);
    const keys = resolveKeys(parts.keys, connections, pools, assumptions, findings, distributions);
    const keyNames = parts.keys.map((each, i) => each?.name ?? textAt(this.#root, ['keys', i, 'name']));
    const around: Surroundings = { findings, distributions, assumptions, keyNames, keys };

    const serviceNames = parts.services.map(
      (each, i) => each?.name ?? textAt(this.#root, ['services', i, 'name']),
    );
    const askedOf = (name: string) => askedCounts(parts.timeline, serviceNames, name);
    const { drafts, revisions } = resolveServices(parts.services, end, askedOf, this.#files, around);
    const stage = { end, drafts, serviceNames, connections, pools, around };
    const timeline = resolveTimeline(parts.timeline, revisions, stage);
    const objectives = resolveObjectives(
      parts.objectives,
      serviceNames,
      timelineNames(parts.timeline),
      findings,
    );
    const experiment = resolveExperiment(parts.experiment, this.#options.replications, findings);

    const seed = this.#options.seed ?? String(top.seed ?? 1);
    const made = {
      name: top.name ?? '',
      description: top.description ?? '',
      hash: this.#hash(seed, experiment),
      seed,
      ...(top.mode === 'accelerated' ? { mode: 'accelerated' as const } : {}),
      ...times,
      services: drafts.flatMap((draft) => (draft === null ? [] : [draft.plan])),
      revisions,
      keys: keys.filter((each) => each !== null),
      ekmConnections: connections,
      quotas: pools.plan(),
      // The schema allows no others.
      pricing: { tier: 1, freeTier: false } as const,
      timeline,
      objectives,
      assumptions,
      experiment,
      notSimulated: [...this.#notSimulated, ...drafts.flatMap((draft) => draft?.notes ?? [])],
    };
    // The checks below look things up by id, which holds where nothing was left out.
    const whole = !this.#problems.some(isError) && !findings.all().some(isError);
    if (!whole) return { ...made, assumptionsUsed: [] };
    checkQuotas(made, parts, findings);
    checkKeysUsed(made, findings);
    if (top.mode === 'accelerated') checkAccelerated(made, findings);
    return { ...made, assumptionsUsed: assumptionsUsed(made, parts) };
  }

  /** Of the document with manifests and overrides, the files it names, and the options that change results. */
  #hash(seed: string, experiment: Plan['experiment']): string {
    const scenario = plain(this.#root) as Record<string, unknown>;
    return sha256(canonical({ scenario: { ...scenario, seed }, experiment, files: this.#files.hashes() }));
  }
}

/** Findings that end up in a list that is there already. */
class FindingsInto {
  readonly #findings: Findings;
  readonly #into: Problem[];

  constructor(root: Value, into: Problem[]) {
    this.#findings = new Findings(root);
    this.#into = into;
  }

  add(found: Parameters<Findings['add']>[0], path: Path): void {
    this.#findings.add(found, path);
    this.#into.push(...this.#findings.all());
  }
}

/** JSON with the keys of maps in the order of their code units. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const map = value as Record<string, unknown>;
  const parts = Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(map[key])}`);
  return `{${parts.join(',')}}`;
}

function partsOf(data: schema.ScenarioInput): Parts {
  return {
    top: data,
    services: data.services,
    keys: data.keys ?? [],
    ekmConnections: data.ekmConnections ?? [],
    policy: data.quotas?.policy,
    limits: data.quotas?.limits ?? [],
    timeline: data.timeline ?? [],
    objectives: data.objectives ?? [],
    assumptions: data.assumptions ?? {},
    experiment: data.experiment,
    sweep: (data.sweep ?? []).map(({ path, values }) => ({ path, values: values.map(overrideText) })),
  };
}

/** The same of a document with faults, field by field and entry by entry. */
function partsOfWrong(root: Value): Parts {
  const one = <T>(type: z.ZodType<T>, path: Path): T | undefined => {
    const { value, all } = follow(root, path);
    if (!all) return undefined;
    const checked = type.safeParse(plain(value));
    return checked.success ? checked.data : undefined;
  };
  const each = <T>(type: z.ZodType<T>, path: Path): (T | null)[] => {
    const { value, all } = follow(root, path);
    if (!all || value.kind !== 'list') return [];
    return value.items.map((_, i) => one(type, [...path, i]) ?? null);
  };
  const top: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(schema.topFields)) top[name] = one(type as z.ZodType, [name]);
  return {
    top,
    services: each(schema.service, ['services']).map(
      (service, i) => service ?? serviceWithout(follow(root, ['services', i]).value),
    ),
    keys: each(schema.key, ['keys']),
    ekmConnections: each(schema.ekmConnection, ['ekmConnections']),
    policy: one(schema.quotas.shape.policy, ['quotas', 'policy']),
    limits: each(schema.quotaLimit, ['quotas', 'limits']),
    timeline: each(schema.timelineEntry, ['timeline']),
    objectives: each(schema.objective, ['objectives']),
    assumptions: Object.fromEntries(
      Object.entries(schema.assumptions.shape).map(([name, type]) => [
        name,
        one(type, ['assumptions', name]),
      ]),
    ),
    experiment: one(schema.experiment, ['experiment']),
    sweep: [],
  };
}

/** Fields that are checked against one another: with one of them wrong, the others are left out as well. */
const TOGETHER: readonly (readonly string[])[] = [
  ['scaling', 'template', 'autoscaler', 'initialInstanceCount'],
  ['encryptionKey', 'encryptionKeyRevocationAction', 'encryptionKeyShutdownDuration'],
  ['cpu', 'cpuIdle', 'maxInstanceRequestConcurrency'],
  ['traffic', 'revision'],
];

/** Maps whose fields are checked one by one. */
const PARTED: readonly string[] = ['startup', 'requests'];

/** A service with faults, without its faulty fields, so that its others are checked too; null where that fails. */
function serviceWithout(value: Value): schema.ServiceInput | null {
  if (value.kind !== 'map') return null;
  const given = plain(value) as Record<string, unknown>;
  const first = schema.service.safeParse(given);
  for (const issue of first.error?.issues ?? []) {
    const [field, part] = issue.path;
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    // Of a map of distributions only the faulty one goes.
    const map = (PARTED.includes(String(field)) && given[String(field)]) as Record<string, unknown> | false;
    if (map && typeof map === 'object' && (part !== undefined || unknown.length > 0)) {
      for (const name of part === undefined ? unknown : [part]) delete map[String(name)];
      continue;
    }
    const faulty = unknown.length > 0 && issue.path.length === 0 ? unknown : [field];
    for (const name of faulty)
      for (const each of TOGETHER.find((group) => group.includes(String(name))) ?? [name])
        delete given[String(each)];
  }
  given.load ??= '1/s';
  const second = schema.service.safeParse(given);
  return second.success ? second.data : null;
}

const textAt = (root: Value, path: Path): string => {
  const { value, all } = follow(root, path);
  return all && value.kind === 'scalar' && typeof value.value === 'string' ? value.value : '';
};

/** A value of a sweep as an override takes it; a text stays bare where it reads back as itself. */
function overrideText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const back = /^[A-Za-z0-9./%_-]+$/.test(value) ? readSource(value, '').value : null;
  return back?.kind === 'scalar' && back.value === value ? value : JSON.stringify(value);
}

function resolveTimes(
  top: Parts['top'],
  end: Duration,
  findings: Findings,
): Pick<Plan, 'duration' | 'warmUp' | 'sampleInterval' | 'startsAt'> {
  const warmUp = top.warmUp ?? (0 as Duration);
  const sampleInterval = top.sampleInterval ?? ((Math.ceil(end / 200 / SECOND) * SECOND) as Duration);
  if (end === 0) findings.add(wrong.durationZero(), ['duration']);
  else if (top.duration !== undefined && warmUp >= end)
    findings.add(wrong.warmUpTooLong(formatDuration(warmUp), formatDuration(end)), ['warmUp']);
  if (sampleInterval === 0 && end > 0)
    findings.add(wrong.periodZero('the sample interval'), ['sampleInterval']);
  else if (top.duration !== undefined && sampleInterval * MOST_SAMPLES < end)
    findings.add(
      wrong.outOfRange(formatDuration(sampleInterval), formatDuration(Math.ceil(end / MOST_SAMPLES)), null),
      ['sampleInterval'],
    );
  const instant = top.startsAt === undefined ? null : startsAt(top.startsAt);
  if (top.startsAt !== undefined && instant === null)
    findings.add(wrong.badInstant(top.startsAt), ['startsAt']);
  return { duration: end, warmUp, sampleInterval, startsAt: instant };
}

/** Points of a curve; more would be a file nobody opens. */
const MOST_SAMPLES = 1_000_000;

/** Assumptions that are counts of at least 1, and the most each may be. */
const WHOLE: Readonly<Record<string, number>> = {
  ekmAttempts: 100,
  encryptTokens: 1000,
  decryptTokens: 1000,
};

function resolveAssumptions(given: Readonly<Record<string, unknown>>, findings: Findings): AssumptionValues {
  const values: Record<string, unknown> = { ...defaultAssumptions() };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const usual = values[name];
    values[name] = typeof value === 'object' && value !== null ? { ...(usual as object), ...value } : value;
    const { p50, p99, min, max, low, high } = values[name] as Readonly<Record<string, number | undefined>>;
    if (p50 !== undefined && p99 !== undefined && p50 > p99)
      findings.add(wrong.quantilesFall('p99'), ['assumptions', name, 'p99']);
    else if (p50 === 0 && p99 !== 0) findings.add(wrong.zeroMedian(), ['assumptions', name, 'p50']);
    if (min !== undefined && max !== undefined && min > max)
      findings.add(wrong.minAboveMax(formatDuration(min), formatDuration(max)), ['assumptions', name, 'min']);
    const range = WHOLE[name];
    if (
      range !== undefined &&
      !(Number.isInteger(value) && (value as number) >= 1 && (value as number) <= range)
    )
      findings.add(wrong.outOfRange(String(value), '1', `${range}, a whole number`), ['assumptions', name]);
    if (name === 'quotaAdjusterFactor' && !((value as number) >= 1.01 && (value as number) <= 10))
      findings.add(wrong.outOfRange(String(value), '1.01', '10'), ['assumptions', name]);
    if (['quotaAdjusterPeriod', 'ekmTotalTimeout'].includes(name) && value === 0)
      findings.add(wrong.periodZero('the time'), ['assumptions', name]);
    if (low !== undefined && high !== undefined && low > high)
      findings.add(wrong.minAboveMax(String(low), String(high)), ['assumptions', name, 'low']);
    if (name === 'autoscalerInterval' && value === 0)
      findings.add(wrong.periodZero('the interval'), ['assumptions', name]);
    // The autoscaler keeps what it saw at each look of the last ten minutes.
    else if (name === 'autoscalerInterval' && (value as number) < MILLISECOND)
      findings.add(wrong.outOfRange(formatDuration(value as number), '1ms', null), ['assumptions', name]);
  }
  return values as unknown as AssumptionValues;
}

/** The largest counts that `scaling` entries of the timeline ask of a service. */
function askedCounts(
  timeline: Parts['timeline'],
  serviceNames: readonly string[],
  name: string,
): { readonly maxInstanceCount: number; readonly manualInstanceCount: number } {
  let maxInstanceCount = 0;
  let manualInstanceCount = 0;
  for (const entry of timeline) {
    const scaling = entry?.scaling;
    if (scaling === undefined) continue;
    const found = findByName('service', scaling.service, serviceNames);
    if (typeof found !== 'number' || serviceNames[found] !== name) continue;
    // A minimum asks for as many too.
    maxInstanceCount = Math.max(
      maxInstanceCount,
      scaling.maxInstanceCount ?? 0,
      scaling.minInstanceCount ?? 0,
    );
    manualInstanceCount = Math.max(manualInstanceCount, scaling.manualInstanceCount ?? 0);
  }
  return { maxInstanceCount, manualInstanceCount };
}

type Made = Omit<Plan, 'assumptionsUsed'>;

/** Warns of a limit below the calls of a single start, at time 0 or later. */
function checkQuotas(made: Made, parts: Parts, findings: Findings): void {
  const needed = made.quotas.limits.map(() => 0);
  const firstKey = made.quotas.limits.map(() => 0);
  const token = costOf(made.quotas.policy, 'Decrypt', made.assumptions);
  for (const { key: own, imageRepository, startup } of made.revisions) {
    const calls = new Map<number, number>();
    const count = (key: number | null, more: number) => {
      const pool = key === null ? null : made.keys[key].pool;
      if (pool === null) return;
      calls.set(pool, (calls.get(pool) ?? 0) + more);
      if (calls.get(pool)! * token > needed[pool]) firstKey[pool] = key!;
    };
    count(own, keyCallsPerStart(own !== null, startup));
    count(imageRepository?.key ?? null, downloadsPerStart(imageRepository));
    for (const [pool, all] of calls) needed[pool] = Math.max(needed[pool], all * token);
  }
  const warn = (pool: number, perMinute: number, path: Path) => {
    const limit = made.quotas.limits[pool];
    const { calls, span } = windowOf(perMinute);
    if (limit.enforcement === 'hard' && calls < needed[pool])
      findings.add(wrong.quotaBelowOneStart(calls, formatDuration(span), needed[pool]), path);
  };
  made.quotas.limits.forEach((limit, pool) => {
    const stated = pool < parts.limits.length;
    warn(pool, limit.perMinute, stated ? ['quotas', 'limits', pool, 'limit'] : ['keys', firstKey[pool]]);
  });
  made.timeline.forEach(({ what }, i) => {
    if (what.kind === 'quotaLimit') warn(what.pool, what.perMinute, ['timeline', i, 'quotaLimit', 'to']);
  });
}

function checkKeysUsed(made: Made, findings: Findings): void {
  made.keys.forEach((key, i) => {
    const users = made.revisions.filter(
      ({ key: own, imageRepository }) => own === i || imageRepository?.key === i,
    );
    if (users.length === 0) findings.add(wrong.keyUnused(key.name), ['keys', i, 'name']);
  });
}
