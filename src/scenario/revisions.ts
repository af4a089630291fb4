/**
 * Revisions: what is fixed at a deploy, with defaults filled in and checked, and how they are called.
 *
 * A revision without a name is called SERVICE-NNNNN-sim, where NNNNN is one above the highest number in use by
 * that service (00001 for the first); Cloud Run's own names have the same form with three letters of chance.
 */
import type { ImageRepositoryPlan, KeyPlan, RevisionPlan } from '../model/plan.ts';
import type { AssumptionValues } from '../rules/assumptions.ts';
import { DEFAULT_TARGET } from '../rules/autoscaling.ts';
import { boostedCpu, defaultOf, effectiveConcurrency, limitOf } from '../rules/cloud-run-limits.ts';
import { isMultiRegion, parseKeyName, revisionNameProblems } from '../rules/resource-names.ts';
import { DEFAULT_REVOCATION_ACTION, shutdownDurationProblem } from '../rules/revocation-actions.ts';
import {
  DEFAULT_STARTUP_PROBE,
  LONGEST_STARTUP,
  STARTUP_PROBE_DEFAULTS,
  type StartupProbe,
} from '../rules/startup-probe.ts';
import type { KeyId, ServiceId } from '../units/ids.ts';
import type { Duration } from '../units/time.ts';
import type { Distributions } from './distributions.ts';
import type { Findings, Path } from './findings.ts';
import { wrong } from './messages.ts';
import { near } from './names.ts';
import { formatDuration, formatMemory, formatPercentage } from './quantities.ts';
import type { RevisionInput, StartupProbeInput } from './schema.ts';

/** What is stated of a revision, and with which CPU its start-up was measured where that is inherited. */
export type Settings = RevisionInput & {
  readonly measured?: { readonly cpu: number; readonly boost: boolean } | undefined;
};

/** What a revision needs to know of the rest of the scenario. */
export interface Surroundings {
  readonly findings: Findings;
  readonly distributions: Distributions;
  readonly assumptions: AssumptionValues;
  /** As declared, good or bad, so that a bad declaration is not reported as a missing one. */
  readonly keyNames: readonly string[];
  readonly keys: readonly (KeyPlan | null)[];
}

/** The service that a revision is of. */
export interface Owner {
  readonly id: ServiceId;
  readonly name: string;
  readonly location: string | null;
  /** Applies where the revision states no maximum. */
  readonly defaultMaximum: number;
}

/** Settings of a new revision: those of the latest one, and what the deploy changes. */
export function inherit(latest: Settings, set: RevisionInput): Settings {
  const merged = {
    ...latest,
    ...set,
    template: { scaling: { ...latest.template?.scaling, ...set.template?.scaling } },
    startup: { ...latest.startup, ...set.startup },
    // A container start that is inherited was measured as the latest revision had it.
    measured:
      set.startup?.containerStart === undefined ? (latest.measured ?? startingCpu(latest)) : undefined,
  };
  const takesBack =
    set.encryptionKeyRevocationAction === 'PREVENT_NEW' && set.encryptionKeyShutdownDuration === undefined;
  if (takesBack) delete merged.encryptionKeyShutdownDuration;
  return merged;
}

/** The name for a revision that was given none. */
export function nextRevisionName(service: string, used: readonly string[]): string {
  const prefix = `${service}-`;
  const numbers = used.map((name) =>
    name.startsWith(prefix) ? Number(/^([0-9]{5})(?:-|$)/.exec(name.slice(prefix.length))?.[1] ?? 0) : 0,
  );
  return `${prefix}${String(Math.max(0, ...numbers) + 1).padStart(5, '0')}-sim`;
}

export function checkRevisionName(name: string, service: string, path: Path, findings: Findings): void {
  if (revisionNameProblems(name, service).length > 0)
    findings.add(wrong.badRevisionName(name.slice(0, 80), service), path);
}

/** A tag of a revision: it becomes part of a host name. */
export function checkTag(tag: string, path: Path, findings: Findings): void {
  if (!TAG.test(tag))
    findings.add(
      wrong.badForm(tag.slice(0, 80), 'a tag: lower-case letters, digits and hyphens, 63 at most'),
      path,
    );
}

const TAG = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A revision as the model has it. `base` is the path of the map that holds its settings. */
export function resolveRevision(
  settings: Settings,
  name: string,
  initial: boolean,
  owner: Owner,
  base: Path,
  around: Surroundings,
): RevisionPlan {
  const { findings } = around;
  const at = (...field: string[]): Path => [...base, ...field];
  const cpu = settings.cpu ?? defaultOf('cpu');
  const memory = settings.memory ?? defaultOf('memory');
  const timeout = settings.timeout ?? (defaultOf('timeout') as Duration);
  const cpuIdle = settings.cpuIdle ?? true;
  checkRange('cpu', cpu, `${cpu}`, String, at('cpu'), findings);
  checkRange('memory', memory, formatMemory(memory), formatMemory, at('memory'), findings);
  checkRange('timeout', timeout, formatDuration(timeout), formatDuration, at('timeout'), findings);
  if (cpu < 1 && (settings.maxInstanceRequestConcurrency ?? 1) > 1)
    findings.add(wrong.concurrencyNeedsCpu(cpu), at('maxInstanceRequestConcurrency'));
  if (cpu < 1 && !cpuIdle) findings.add(wrong.cpuBillingNeedsCpu(cpu), at('cpuIdle'));

  const scaling = settings.template?.scaling ?? {};
  const minInstanceCount = scaling.minInstanceCount ?? defaultOf('minInstanceCount');
  const maxInstanceCount = scaling.maxInstanceCount ?? Math.max(owner.defaultMaximum, 0);
  if (minInstanceCount > maxInstanceCount)
    findings.add(
      wrong.minAboveMax(String(minInstanceCount), String(maxInstanceCount)),
      at('template', 'scaling', 'minInstanceCount'),
    );
  const target = (name: 'cpuTarget' | 'concurrencyTarget'): number | null => {
    const given = scaling[name];
    if (given === undefined) return DEFAULT_TARGET;
    if (given === 'disabled') return null;
    checkRange(
      name,
      given,
      formatPercentage(given),
      formatPercentage,
      at('template', 'scaling', name),
      findings,
    );
    return given;
  };
  const cpuTarget = target('cpuTarget');
  const concurrencyTarget = target('concurrencyTarget');
  if (cpuTarget === null && concurrencyTarget === null)
    findings.add(wrong.bothTargetsDisabled(), at('template', 'scaling', 'concurrencyTarget'));

  return {
    name,
    service: owner.id,
    initial,
    minInstanceCount,
    maxInstanceCount,
    maxInstanceRequestConcurrency: effectiveConcurrency(
      cpu,
      settings.maxInstanceRequestConcurrency ?? defaultOf('maxInstanceRequestConcurrency'),
    ),
    timeout,
    cpu,
    memoryBytes: memory,
    cpuIdle,
    startupCpuBoost: settings.startupCpuBoost ?? true,
    sessionAffinity: settings.sessionAffinity ?? false,
    ...resolveEncryption(settings, owner, at, around),
    concurrencyTarget,
    cpuTarget,
    startup: resolveStartup(settings, at, around),
    imageRepository: resolveRepository(settings, at, around),
  };
}

/** A repository may lie in another location than the service, and so may its key. */
function resolveRepository(
  settings: Settings,
  at: (...field: string[]) => Path,
  { findings, keyNames }: Surroundings,
): ImageRepositoryPlan | null {
  const given = settings.imageRepository;
  if (given === undefined) return null;
  const { encryptionKey: name, download = 'deploy', decryptsPerDownload = 1, encryptsPerUpload = 0 } = given;
  const path = at('imageRepository', 'encryptionKey');
  const parsed = parseKeyName(name);
  const index = keyNames.indexOf(name);
  if (!parsed.ok) findings.add(wrong.badKeyName(name, parsed.reason, parsed.hint), path);
  else if (index < 0) findings.add(wrong.keyUndeclared(name, near(name, keyNames)), path);
  return index < 0 ? null : { key: index as KeyId, download, decryptsPerDownload, encryptsPerUpload };
}

function resolveEncryption(
  settings: Settings,
  owner: Owner,
  at: (...field: string[]) => Path,
  around: Surroundings,
): Pick<RevisionPlan, 'key' | 'revocationAction' | 'shutdownDuration'> {
  const { findings } = around;
  const name = settings.encryptionKey;
  const action = settings.encryptionKeyRevocationAction ?? DEFAULT_REVOCATION_ACTION;
  const shutdown = settings.encryptionKeyShutdownDuration ?? null;
  const path = at('encryptionKey');
  let key: KeyId | null = null;
  if (name !== undefined) {
    const parsed = parseKeyName(name);
    const index = around.keyNames.indexOf(name);
    if (!parsed.ok) findings.add(wrong.badKeyName(name, parsed.reason, parsed.hint), path);
    else if (isMultiRegion(parsed.name.location))
      findings.add(wrong.keyMultiRegion(parsed.name.location), path);
    else if (owner.location !== null && parsed.name.location !== owner.location)
      findings.add(wrong.keyLocation(parsed.name.location, owner.location), path);
    if (parsed.ok && index < 0) findings.add(wrong.keyUndeclared(name, near(name, around.keyNames)), path);
    if (index >= 0) key = index as KeyId;
  } else if (settings.encryptionKeyRevocationAction !== undefined)
    findings.add(wrong.revocationWithoutKey(), at('encryptionKeyRevocationAction'));
  if (shutdown !== null) {
    const field = at('encryptionKeyShutdownDuration');
    if (action !== 'SHUTDOWN') findings.add(wrong.shutdownWithoutAction(), field);
    else if (shutdownDurationProblem(action, shutdown) !== null)
      findings.add(wrong.shutdownHours(formatDuration(shutdown)), field);
  }
  return { key, revocationAction: action, shutdownDuration: action === 'SHUTDOWN' ? shutdown : null };
}

function resolveStartup(
  settings: Settings,
  at: (...field: string[]) => Path,
  around: Surroundings,
): RevisionPlan['startup'] {
  const { assumptions, distributions } = around;
  const given = settings.startup ?? {};
  const step = (name: 'scheduling' | 'imageImport' | 'containerStart') =>
    given[name] === undefined ? null : distributions.resolve(given[name], at('startup', name));
  return {
    scheduling: step('scheduling') ?? { kind: 'constant', value: assumptions.startScheduling },
    imageImport: step('imageImport') ?? { kind: 'lognormal', ...assumptions.startImageImport },
    layerDecrypts: given.layerDecrypts ?? assumptions.layerDecrypts,
    decryptsAssumed: given.layerDecrypts === undefined && given.dataKeyDecrypts === undefined,
    dataKeyDecrypts: given.dataKeyDecrypts ?? assumptions.dataKeyDecrypts,
    containerStart: step('containerStart') ?? { kind: 'lognormal', ...assumptions.startContainer },
    decrypts: given.decrypts ?? 'sequential',
    dataKeyCache: given.dataKeyCache ?? null,
    containerFactor: containerFactor(settings),
    probe: resolveProbe(given.probe, at, around),
  };
}

/**
 * How much longer the container takes to start than it was measured: start-up work is bound by the CPU, so it goes
 * with what an instance has while it starts (boost included), now and where `containerStart` was measured.
 */
function containerFactor(settings: Settings): number {
  const { measured } = settings;
  if (measured === undefined) return 1;
  const { cpu, boost } = startingCpu(settings);
  return startVCpu(measured.cpu, measured.boost) / startVCpu(cpu, boost);
}

const startingCpu = (settings: Settings): { readonly cpu: number; readonly boost: boolean } => ({
  cpu: settings.cpu ?? defaultOf('cpu'),
  boost: settings.startupCpuBoost ?? true,
});

const startVCpu = (cpu: number, boost: boolean): number => (boost ? boostedCpu(cpu) : cpu);

function resolveProbe(
  given: StartupProbeInput | undefined,
  at: (...field: string[]) => Path,
  { findings }: Surroundings,
): StartupProbe {
  if (given === undefined) return DEFAULT_STARTUP_PROBE;
  const probe = { ...STARTUP_PROBE_DEFAULTS, ...given };
  if (probe.failureThreshold * probe.period > LONGEST_STARTUP || probe.period === 0) {
    findings.add(wrong.startupTooLong(), at('startup', 'probe'));
  } else if (probe.timeout > probe.period)
    findings.add(wrong.probeTimeout(), at('startup', 'probe', 'timeout'));
  return probe;
}

/** Checks a value against its documented limits. */
function checkRange(
  name: 'cpu' | 'memory' | 'timeout' | 'cpuTarget' | 'concurrencyTarget',
  value: number,
  text: string,
  format: (value: number) => string,
  path: Path,
  findings: Findings,
): void {
  const { min, max } = limitOf(name);
  if (value < min || (max !== null && value > max))
    findings.add(wrong.outOfRange(text, format(min), max === null ? null : format(max)), path);
}
