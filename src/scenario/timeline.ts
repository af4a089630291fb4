/**
 * What happens to the world, resolved: names to ids, lengths to instants, deploys to the revisions they bring.
 *
 * A deploy inherits from the latest revision of its service at that time, so deploys are followed in the order of
 * time; everything else is resolved in the order of the file.
 */
import type { EkmConnectionPlan, Happening, KeyPlan, RevisionPlan, TimelinePlan } from '../model/plan.ts';
import type { AssumptionValues } from '../rules/assumptions.ts';
import { defaultEkmError, ekmError, type EkmErrorDomain } from '../rules/ekm-errors.ts';
import { refusesTransition, type KeyVersionState } from '../rules/key-version-states.ts';
import { isExternal } from '../rules/protection-levels.ts';
import type { EkmConnectionId, KeyId, PoolId, RevisionId, ServiceId } from '../units/ids.ts';
import { after, NEVER, type Duration, type Instant } from '../units/time.ts';
import type { Path } from './findings.ts';
import { checkUnique, type Pools } from './keys.ts';
import { wrong } from './messages.ts';
import { findByName } from './names.ts';
import { formatDuration } from './quantities.ts';
import { checkRevisionName, checkTag, inherit, nextRevisionName, resolveRevision } from './revisions.ts';
import type { Surroundings } from './revisions.ts';
import { HAPPENING_KINDS, type RevisionInput, type TimelineInput } from './schema.ts';
import type { Draft } from './services.ts';

export interface Stage {
  readonly end: Duration;
  readonly drafts: readonly (Draft | null)[];
  /** Names as given, of good and bad entries, so that a bad entry is not reported as a missing one. */
  readonly serviceNames: readonly string[];
  readonly connections: readonly EkmConnectionPlan[];
  readonly pools: Pools;
  readonly around: Surroundings;
}

/** Happens at one instant and cannot be undone. */
const NOT_UNDONE: ReadonlySet<string> = new Set([
  'keyRotation',
  'deploy',
  'instanceCrash',
  'instanceRestart',
]);
/** Of these, what may come again and again: only the time between is drawn. */
const COMES_AGAIN: ReadonlySet<string> = new Set(['instanceCrash', 'instanceRestart']);
/** Changes of a key, which take time to reach Cloud KMS. */
const PROPAGATES: ReadonlySet<string> = new Set(['keyState', 'keyVersionState', 'keyRotation', 'keyAccess']);

export type HappeningKind = Happening['kind'];

export const kindOf = (input: TimelineInput): HappeningKind =>
  HAPPENING_KINDS.find((kind) => input[kind] !== undefined)!;

/** Resolves all entries, and appends to `revisions` those that deploys bring. */
export function resolveTimeline(
  inputs: readonly (TimelineInput | null)[],
  revisions: RevisionPlan[],
  stage: Stage,
): TimelinePlan[] {
  const { findings } = stage.around;
  const names = timelineNames(inputs);
  checkUnique(
    'timeline entries',
    inputs.map((each) => each?.name),
    (i) => ['timeline', i, 'name'],
    findings,
  );
  const deploys = resolveDeploys(inputs, revisions, stage);
  const entries: TimelinePlan[] = [];
  inputs.forEach((input, i) => {
    if (input === null) return;
    const path: Path = ['timeline', i];
    const kind = kindOf(input);
    checkTimes(input, kind, path, stage);
    const what = new Resolver(stage, inputs, revisions, deploys).happening(input, kind, i);
    if (what === null) return;
    const at = input.at as Instant;
    const propagation = input.propagation ?? usualPropagation(what, stage.around.assumptions);
    entries.push({
      name: names[i],
      named: input.name !== undefined,
      at,
      until: input.for === undefined ? NEVER : (Math.min(after(at, input.for), stage.end) as Instant),
      propagation,
      repeat: input.repeat === undefined ? null : resolveRepeat(input.repeat, path, stage),
      what,
    });
  });
  checkTransitions(inputs, stage);
  return entries;
}

/** Warns of changes of key versions that Cloud KMS would refuse, in the order of time. */
function checkTransitions(inputs: readonly (TimelineInput | null)[], stage: Stage): void {
  const { findings, keyNames, keys } = stage.around;
  const states = new Map<string, KeyVersionState>();
  /** By key: versions that rotations have made so far. */
  const made = new Map<string, number>();
  const inTime = inputs
    .map((input, index) => ({ input, index }))
    .sort((a, b) => (a.input?.at ?? 0) - (b.input?.at ?? 0) || a.index - b.index);
  for (const { input, index } of inTime) {
    const change = input?.keyState ?? input?.keyVersionState;
    const named = change ?? input?.keyRotation;
    // What is undone is laid over the state, and leaves it as it was.
    if (input === null || named === undefined || input.for !== undefined || input.repeat !== undefined)
      continue;
    const key = findByName('key', named.key, keyNames);
    const plan = typeof key === 'number' ? keys[key] : null;
    if (plan === null) continue;
    const last = plan.versions + (made.get(plan.name) ?? 0);
    if (change === undefined) {
      made.set(plan.name, last + 1 - plan.versions);
      continue;
    }
    const versions =
      input.keyVersionState === undefined
        ? Array.from({ length: last }, (_, i) => i + 1)
        : [input.keyVersionState.version].filter((version) => version <= last);
    // A version that comes later is not concerned, whatever becomes of it.
    if (versions.length === 0) continue;
    const refused = versions
      .map((version) => states.get(`${plan.name}/${version}`) ?? 'ENABLED')
      .filter((from) => refusesTransition(from, change.state));
    if (refused.length === versions.length) {
      findings.add(wrong.refusedTransition(refused[0], change.state), [
        'timeline',
        index,
        kindOf(input),
        'state',
      ]);
    }
    for (const version of versions) {
      const name = `${plan.name}/${version}`;
      if (!refusesTransition(states.get(name) ?? 'ENABLED', change.state)) states.set(name, change.state);
    }
  }
}

/** Given, or the kind and the next number that is free: `ekmUnreachable-1`. */
export function timelineNames(inputs: readonly (TimelineInput | null)[]): string[] {
  const used = new Set(inputs.map((input) => input?.name));
  const numbers = new Map<string, number>();
  return inputs.map((input) => {
    if (input === null) return '';
    if (input.name !== undefined) return input.name;
    const kind = kindOf(input);
    let number = (numbers.get(kind) ?? 0) + 1;
    while (used.has(`${kind}-${number}`)) number++;
    numbers.set(kind, number);
    return `${kind}-${number}`;
  });
}

function checkTimes(input: TimelineInput, kind: HappeningKind, path: Path, stage: Stage): void {
  const { findings } = stage.around;
  const add = (found: ReturnType<typeof wrong.periodZero>, ...field: string[]) =>
    findings.add(found, [...path, ...field]);
  if (input.at >= stage.end)
    add(wrong.atBeyondEnd(formatDuration(input.at), formatDuration(stage.end)), 'at');
  if (input.for === 0) add(wrong.periodZero('the length'), 'for');
  if (input.for !== undefined && input.repeat !== undefined) add(wrong.repeatAndFor(), 'for');
  if (NOT_UNDONE.has(kind))
    for (const field of ['for', 'repeat'] as const)
      if (input[field] !== undefined && (field === 'for' || !COMES_AGAIN.has(kind)))
        add(wrong.notUndone(kind, field), field);
  if (input.repeat?.down !== undefined && COMES_AGAIN.has(kind))
    add(wrong.notUndone(kind, 'repeat.down'), 'repeat', 'down');
  if (input.repeat !== undefined && input.repeat.down === undefined && !NOT_UNDONE.has(kind))
    add(wrong.required('down'), 'repeat');
  if (input.over !== undefined && kind !== 'trafficShift')
    add(wrong.onlyWith('over', 'trafficShift'), 'over');
  if (input.over !== undefined && input.for !== undefined && input.over > input.for)
    add(wrong.overTooLong(formatDuration(input.over), formatDuration(input.for)), 'over');
  if (input.propagation !== undefined && !PROPAGATES.has(kind))
    add(wrong.onlyWith('propagation', [...PROPAGATES].join(', ')), 'propagation');
  if (input.for !== undefined && input.at + input.for <= 0 && input.at < 0)
    add(wrong.endsBeforeStart(), 'at');
}

function usualPropagation(what: Happening, assumptions: AssumptionValues): Duration {
  if (what.kind === 'keyAccess') return assumptions.keyAccessPropagation;
  if (what.kind === 'keyState' || what.kind === 'keyVersionState')
    return what.state === 'ENABLED' ? (0 as Duration) : assumptions.keyStatePropagation;
  return 0 as Duration;
}

function resolveRepeat(
  repeat: NonNullable<TimelineInput['repeat']>,
  path: Path,
  stage: Stage,
): NonNullable<TimelinePlan['repeat']> {
  const { distributions, findings } = stage.around;
  const up = distributions.resolve(repeat.up, [...path, 'repeat', 'up']);
  const down =
    repeat.down === undefined ? null : distributions.resolve(repeat.down, [...path, 'repeat', 'down']);
  // With both at zero the two would alternate for ever at one instant.
  const lasts = down !== null && (down.kind !== 'constant' || down.value > 0);
  if (up.kind === 'constant' && up.value === 0 && !lasts)
    findings.add(wrong.periodZero('the period'), [...path, 'repeat']);
  return { up, down };
}

/** The revision that each deploy brings, by its place in the timeline. */
function resolveDeploys(
  inputs: readonly (TimelineInput | null)[],
  revisions: RevisionPlan[],
  stage: Stage,
): ReadonlyMap<number, RevisionId> {
  const { findings } = stage.around;
  const inTime = inputs
    .map((input, index) => ({ input, index }))
    .filter((each) => each.input?.deploy !== undefined)
    .sort((a, b) => a.input!.at - b.input!.at || a.index - b.index);
  const latest = new Map<number, RevisionInput>();
  const names = new Map<number, string[]>();
  const brought = new Map<number, RevisionPlan>();
  for (const { input, index } of inTime) {
    const deploy = input!.deploy!;
    const path: Path = ['timeline', index, 'deploy'];
    const service = findByName('service', deploy.service, stage.serviceNames);
    const draft = typeof service === 'number' ? stage.drafts[service] : null;
    if (typeof service !== 'number' || draft === null) continue;
    const used = names.get(service) ?? [...draft.revisionNames];
    const name = deploy.revision ?? nextRevisionName(draft.owner.name, used);
    if (deploy.revision !== undefined)
      checkRevisionName(name, draft.owner.name, [...path, 'revision'], findings);
    if (used.includes(name)) findings.add(wrong.revisionExists(name), [...path, 'revision']);
    const settings = inherit(latest.get(service) ?? draft.template, deploy.set ?? {});
    brought.set(index, resolveRevision(settings, name, false, draft.owner, [...path, 'set'], stage.around));
    latest.set(service, settings);
    names.set(service, [...used, name]);
  }
  const ids = new Map<number, RevisionId>();
  for (let index = 0; index < inputs.length; index++) {
    const revision = brought.get(index);
    if (revision === undefined) continue;
    ids.set(index, revisions.length as RevisionId);
    revisions.push(revision);
  }
  return ids;
}

/** Resolves what one entry says. */
class Resolver {
  readonly #stage: Stage;
  readonly #inputs: readonly (TimelineInput | null)[];
  readonly #revisions: readonly RevisionPlan[];
  readonly #deploys: ReadonlyMap<number, RevisionId>;

  constructor(
    stage: Stage,
    inputs: readonly (TimelineInput | null)[],
    revisions: readonly RevisionPlan[],
    deploys: ReadonlyMap<number, RevisionId>,
  ) {
    this.#stage = stage;
    this.#inputs = inputs;
    this.#revisions = revisions;
    this.#deploys = deploys;
  }

  happening(input: TimelineInput, kind: HappeningKind, index: number): Happening | null {
    const path: Path = ['timeline', index, kind];
    switch (kind) {
      case 'ekmUnreachable':
        return this.#ekmUnreachable(input.ekmUnreachable!, path);
      case 'quotaLimit': {
        const { limit, to } = input.quotaLimit!;
        const pool = this.#find('limit', limit, this.#limitNames(), [...path, 'limit']);
        return pool === null ? null : { kind, pool: pool as PoolId, perMinute: to };
      }
      case 'keyState': {
        const { key: name, state } = input.keyState!;
        const key = this.#key(name, [...path, 'key']);
        return key === null ? null : { kind, key, state };
      }
      case 'keyVersionState': {
        const { key: name, version, state } = input.keyVersionState!;
        const key = this.#key(name, [...path, 'key']);
        if (key !== null) this.#checkVersion(key, version, [...path, 'version']);
        return key === null ? null : { kind, key, version, state };
      }
      case 'keyRotation': {
        const key = this.#key(input.keyRotation!.key, [...path, 'key']);
        return key === null ? null : { kind, key };
      }
      case 'keyAccess': {
        const { key: name, service: of, granted } = input.keyAccess!;
        const key = this.#key(name, [...path, 'key']);
        const service = this.#service(of, [...path, 'service']);
        return key === null || service === null ? null : { kind, key, service, granted };
      }
      case 'deploy': {
        const service = this.#service(input.deploy!.service, [...path, 'service']);
        const revision = this.#deploys.get(index);
        if (service === null || revision === undefined) return null;
        const { percent = 100, tag } = input.deploy!;
        if (tag !== undefined) checkTag(tag, [...path, 'tag'], this.#stage.around.findings);
        return { kind, service, revision, percent, ...(tag === undefined ? {} : { tag }) };
      }
      case 'scaling':
        return this.#scaling(input.scaling!, path);
      case 'traffic': {
        const service = this.#service(input.traffic!.service, [...path, 'service']);
        const split = input.traffic!.split.map(({ revision: name, percent }, i) => {
          const found =
            service === null ? null : this.#revision(service, name, [...path, 'split', i, 'revision']);
          return found === null ? null : { revision: found, percent };
        });
        const sum = input.traffic!.split.reduce((total, { percent }) => total + percent, 0);
        if (sum !== 100) this.#add(wrong.trafficSum(sum), [...path, 'split']);
        return service === null || split.includes(null)
          ? null
          : { kind, service, split: split.flatMap((each) => (each === null ? [] : [each])) };
      }
      case 'trafficShift': {
        const { from: a, to: b, share = 1 } = input.trafficShift!;
        const from = this.#service(a, [...path, 'from']);
        const to = this.#service(b, [...path, 'to']);
        this.#checkShare(share, path);
        if (from !== null && from === to) this.#add(wrong.sameService(), [...path, 'to']);
        return from === null || to === null
          ? null
          : { kind, from, to, share, over: input.over ?? (0 as Duration) };
      }
      case 'kmsLatency': {
        const key = this.#key(input.kmsLatency!.key, [...path, 'key']);
        return key === null ? null : { kind, key, factor: input.kmsLatency!.factor };
      }
      case 'instanceCrash': {
        const { service: of, share = 1 } = input.instanceCrash!;
        const service = this.#service(of, [...path, 'service']);
        this.#checkShare(share, path);
        return service === null ? null : { kind, service, share };
      }
      case 'instanceRestart': {
        const { service: of, count = 1 } = input.instanceRestart!;
        const service = this.#service(of, [...path, 'service']);
        return service === null ? null : { kind, service, count };
      }
      case 'regionLost': {
        const { location } = input.regionLost!;
        const locations = this.#stage.drafts.map((draft) => draft?.plan.location ?? null);
        const known = [...new Set(locations.filter((each) => each !== null))];
        // A service that is wrong itself may be the one that is meant.
        if (locations.includes(null) && !known.includes(location)) return null;
        if (this.#find('location', location, known, [...path, 'location']) === null) return null;
        const services = locations.flatMap((each, i) => (each === location ? [i as ServiceId] : []));
        return { kind, location, services };
      }
    }
  }

  #ekmUnreachable(given: NonNullable<TimelineInput['ekmUnreachable']>, path: Path): Happening | null {
    const { keys: declared } = this.#stage.around;
    const share = given.share ?? 1;
    this.#checkShare(share, path);
    if ((given.key === undefined) === (given.ekmConnection === undefined)) {
      this.#add(wrong.keyOrConnection(), path);
      return null;
    }
    let keys: KeyId[] = [];
    if (given.key !== undefined) {
      const key = this.#key(given.key, [...path, 'key']);
      const plan = key === null ? null : declared[key];
      if (plan !== null && !isExternal(plan.protectionLevel))
        this.#add(wrong.keyNotExternal(given.key, plan.protectionLevel), [...path, 'key']);
      keys = key === null ? [] : [key];
    } else {
      const at = [...path, 'ekmConnection'];
      const names = this.#stage.connections.map((each) => each.name);
      const found = this.#find('connection', given.ekmConnection!, names, at);
      if (found === null) return null;
      keys = declared.flatMap((key, i) =>
        key?.ekmConnection === (found as EkmConnectionId) ? [i as KeyId] : [],
      );
      if (keys.length === 0 && !declared.includes(null)) this.#add(wrong.connectionUnused(names[found]), at);
    }
    const error: EkmErrorDomain = given.error ?? defaultEkmError(given.retryable ?? true);
    const documented = ekmError(error).retryable;
    const retryable = given.retryable ?? documented;
    if (retryable !== documented)
      this.#add(wrong.retryableContradiction(error, retryable), [...path, 'retryable']);
    if (given.disablesKeyVersion !== undefined && !ekmError(error).disablesKeyVersion)
      this.#add(wrong.onlyWith('disablesKeyVersion', 'EXTERNAL_PERMISSION_DENIED'), [
        ...path,
        'disablesKeyVersion',
      ]);
    const disablesKeyVersion = given.disablesKeyVersion ?? ekmError(error).disablesKeyVersion;
    return { kind: 'ekmUnreachable', keys, retryable, error, share, disablesKeyVersion };
  }

  #scaling(given: NonNullable<TimelineInput['scaling']>, path: Path): Happening | null {
    const service = this.#service(given.service, [...path, 'service']);
    const min = given.minInstanceCount ?? null;
    const max = given.maxInstanceCount ?? null;
    const manual = given.manualInstanceCount ?? null;
    if (min === null && max === null && manual === null)
      this.#add(wrong.nothingChanges('minInstanceCount, maxInstanceCount, manualInstanceCount'), path);
    if (service === null) return null;
    const plan = this.#stage.drafts[service]?.plan;
    if (plan !== undefined && manual !== null && plan.autoscaler !== 'manual')
      this.#add(wrong.manualCountUnused(), [...path, 'manualInstanceCount']);
    const lowest = min ?? plan?.minInstanceCount ?? 0;
    const highest = max ?? plan?.maxInstanceCount ?? Infinity;
    if (lowest > highest && (min !== null || max !== null))
      this.#add(wrong.minAboveMax(String(lowest), String(highest)), [
        ...path,
        min === null ? 'maxInstanceCount' : 'minInstanceCount',
      ]);
    return {
      kind: 'scaling',
      service,
      minInstanceCount: min,
      maxInstanceCount: max,
      manualInstanceCount: manual,
    };
  }

  /** A version is there at time 0 or comes with a rotation. */
  #checkVersion(key: KeyId, version: number, path: Path): void {
    const plan: KeyPlan | null = this.#stage.around.keys[key];
    if (plan === null) return;
    const names = this.#stage.around.keyNames;
    const rotations = this.#inputs.filter(
      (each) => each?.keyRotation !== undefined && findByName('key', each.keyRotation.key, names) === key,
    );
    const last = plan.versions + rotations.length;
    if (version > last) this.#add(wrong.versionUnknown(version, last), path);
  }

  #limitNames(): readonly string[] {
    return this.#stage.pools.plan().limits.map((limit) => limit.name);
  }

  #key(name: string, path: Path): KeyId | null {
    return this.#find('key', name, this.#stage.around.keyNames, path) as KeyId | null;
  }

  #service(name: string, path: Path): ServiceId | null {
    return this.#find('service', name, this.#stage.serviceNames, path) as ServiceId | null;
  }

  #revision(service: ServiceId, name: string, path: Path): RevisionId | null {
    const names = this.#revisions.map((revision) => (revision.service === service ? revision.name : ''));
    return this.#find('revision', name, names, path) as RevisionId | null;
  }

  #find(what: string, name: string, known: readonly string[], path: Path): number | null {
    const found = findByName(what, name, known);
    if (typeof found === 'number') return found;
    this.#add(found, path);
    return null;
  }

  #checkShare(share: number, path: Path): void {
    if (share === 0) this.#add(wrong.shareZero(), [...path, 'share']);
  }

  #add(found: ReturnType<typeof wrong.shareZero>, path: Path): void {
    this.#stage.around.findings.add(found, path);
  }
}
