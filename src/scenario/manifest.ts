/**
 * A Knative Service, as `gcloud run services describe --format export` prints it, as the entry of a scenario's
 * `services` that says the same.
 *
 * The result is a tree like the scenario's own, whose values stand where the manifest has them. So a manifest is
 * checked by the rules of the scenario file, a problem with it shows the line of the manifest, and fields given
 * beside `manifest:` replace or complete it. What changes scaling or keys and is not simulated is listed.
 */
import { annotationAt, KNATIVE_FIELDS, placeOfAnnotation } from '../rules/knative-annotations.ts';
import { parseRevocationAction } from '../rules/revocation-actions.ts';
import type { Place, Problem } from '../units/problem.ts';
import { problem, wrong } from './messages.ts';
import { formatMemory, parseCpu, parseMemory } from './quantities.ts';
import type { Entry, MapValue, ScalarValue, Value } from './source.ts';

export interface Manifest {
  /** An entry for `services`. */
  readonly entry: MapValue;
  readonly problems: readonly Problem[];
  /** What matters to scaling, starts or keys and is not acted on, in sentences without a full stop. */
  readonly notSimulated: readonly string[];
}

export function readManifest(root: Value, path: string): Manifest {
  return new Reading(root, path).manifest();
}

/** A scenario's entry laid over a manifest's: its fields win, `scaling` and `template` field by field. */
export function layOver(manifest: MapValue, entry: MapValue): MapValue {
  const entries = new Map(manifest.entries);
  for (const [name, own] of entry.entries) {
    const under = entries.get(name)?.value;
    const both = under?.kind === 'map' && own.value.kind === 'map' && MERGED.has(name);
    entries.set(name, both ? { place: own.place, value: layOver(under, own.value as MapValue) } : own);
  }
  // A scenario that says PREVENT_NEW takes back the manifest's delay with its SHUTDOWN.
  const action = entry.entries.get('encryptionKeyRevocationAction')?.value;
  if (action?.kind === 'scalar' && action.value === 'PREVENT_NEW')
    if (!entry.entries.has('encryptionKeyShutdownDuration')) entries.delete('encryptionKeyShutdownDuration');
  return { kind: 'map', place: entry.place, entries };
}

const MERGED: ReadonlySet<string> = new Set(['scaling', 'template', 'startup']);

/** Annotations of these are Cloud Run's or Knative's; one that is not in the table may matter. */
const SYSTEMS = ['run.googleapis.com/', 'autoscaling.knative.dev/', 'serving.knative.dev/'];

class Reading {
  readonly #root: Value;
  readonly #path: string;
  readonly #problems: Problem[] = [];
  readonly #notSimulated: string[] = [];
  readonly #fields: Record<string, Value> = {};

  constructor(root: Value, path: string) {
    this.#root = root;
    this.#path = path;
  }

  manifest(): Manifest {
    const root = this.#root;
    const kind = text(get(root, 'kind'));
    const version = text(get(root, 'apiVersion')) ?? '';
    if (kind !== 'Service' || !version.startsWith('serving.knative.dev/'))
      this.#problems.push(problem(wrong.manifestKind(this.#path), root.place, 'manifest'));
    else this.#read();
    return {
      entry: mapOf(root.place, this.#fields),
      problems: this.#problems,
      notSimulated: this.#notSimulated,
    };
  }

  #read(): void {
    const metadata = get(this.#root, 'metadata');
    const spec = get(this.#root, 'spec');
    const template = get(spec, 'template');
    const revision = get(template, 'spec');
    this.#text('name', get(metadata, 'name'));
    this.#text('location', get(metadata, 'labels', 'cloud.googleapis.com/location'));
    const namespace = get(metadata, 'namespace');
    if (namespace?.kind === 'scalar')
      this.#text(/^[0-9]+$/.test(String(namespace.value)) ? 'projectNumber' : 'project', namespace);
    this.#text('revision', get(template, 'metadata', 'name'));

    const ofService = new Annotations(get(metadata, 'annotations'), 'service');
    const ofRevision = new Annotations(get(template, 'metadata', 'annotations'), 'revision');
    this.#scaling(ofService, ofRevision);
    this.#encryption(ofRevision);
    this.#flag('startupCpuBoost', ofRevision, 'run.googleapis.com/startup-cpu-boost');
    this.#flag('sessionAffinity', ofRevision, 'run.googleapis.com/sessionAffinity');
    this.#flag('cpuIdle', ofRevision, 'run.googleapis.com/cpu-throttling');
    this.#container(revision);
    this.#startupProbe(get(revision, 'containers'));
    this.#traffic(get(spec, 'traffic'));
    const service = text(get(metadata, 'name')) ?? 'service';
    this.#notSimulated.push(...ofService.leftOver(service), ...ofRevision.leftOver(service));
    this.#probes(get(revision, 'containers'), service);
  }

  #scaling(ofService: Annotations, ofRevision: Annotations): void {
    const service: Record<string, Value> = {};
    this.#count(service, 'minInstanceCount', ofService, 'run.googleapis.com/minScale');
    this.#count(service, 'maxInstanceCount', ofService, 'run.googleapis.com/maxScale');
    this.#count(service, 'manualInstanceCount', ofService, 'run.googleapis.com/manualInstanceCount');
    const mode = ofService.take('run.googleapis.com/scalingMode');
    if (mode !== null) {
      const word = String(mode.value).toUpperCase();
      if (word === 'MANUAL' || word === 'AUTOMATIC') service.scalingMode = { ...mode, value: word };
      else this.#refuse(mode, 'run.googleapis.com/scalingMode', 'automatic or manual');
    }
    if (Object.keys(service).length > 0) this.#fields.scaling = mapOf(this.#root.place, service);

    const revision: Record<string, Value> = {};
    this.#count(revision, 'minInstanceCount', ofRevision, 'autoscaling.knative.dev/minScale');
    this.#count(revision, 'maxInstanceCount', ofRevision, 'autoscaling.knative.dev/maxScale');
    this.#target(revision, 'cpuTarget', ofRevision, 'run.googleapis.com/scaling-cpu-target');
    this.#target(revision, 'concurrencyTarget', ofRevision, 'run.googleapis.com/scaling-concurrency-target');
    if (Object.keys(revision).length > 0)
      this.#fields.template = mapOf(this.#root.place, { scaling: mapOf(this.#root.place, revision) });
  }

  #encryption(annotations: Annotations): void {
    this.#text('encryptionKey', annotations.take('run.googleapis.com/encryption-key') ?? undefined);
    const action = annotations.take('run.googleapis.com/post-key-revocation-action-type');
    if (action !== null) {
      const parsed = parseRevocationAction(String(action.value));
      if (parsed === null)
        this.#refuse(
          action,
          'run.googleapis.com/post-key-revocation-action-type',
          'prevent-new or shut-down',
        );
      else this.#fields.encryptionKeyRevocationAction = { ...action, value: parsed };
    }
    const hours = annotations.take('run.googleapis.com/encryption-key-shutdown-hours');
    if (hours !== null) {
      if (WHOLE.test(String(hours.value)))
        this.#fields.encryptionKeyShutdownDuration = { ...hours, value: `${hours.value}h` };
      else
        this.#refuse(hours, 'run.googleapis.com/encryption-key-shutdown-hours', 'whole hours of at least 1');
    }
  }

  /** An instance has the CPU and memory of all its containers. */
  #container(revision: Value | undefined): void {
    const concurrency = get(revision, 'containerConcurrency');
    // 0 is Knative's way to write "not set".
    if (concurrency?.kind === 'scalar' && concurrency.value !== null && concurrency.value !== 0)
      this.#fields.maxInstanceRequestConcurrency = concurrency;
    const seconds = get(revision, 'timeoutSeconds');
    if (seconds?.kind === 'scalar' && seconds.value !== null) {
      if (WHOLE.test(String(seconds.value)))
        this.#fields.timeout = { ...seconds, value: `${seconds.value}s` };
      else this.#refuse(seconds, 'timeoutSeconds', 'whole seconds, 1 to 3600');
    }
    const containers = get(revision, 'containers');
    const all = containers?.kind === 'list' ? containers.items : [];
    const sum = (resource: string, parse: (found: ScalarValue) => number | null) => {
      let total = 0;
      let first: ScalarValue | null = null;
      for (const container of all) {
        const limit = get(container, 'resources', 'limits', resource);
        if (limit?.kind !== 'scalar' || limit.value === null) continue;
        const amount = parse(limit);
        if (amount === null)
          this.#refuse(limit, `resources.limits.${resource}`, 'an amount such as 1 or 512Mi');
        else total += amount;
        first ??= limit;
      }
      return first === null || total === 0 ? null : { ...first, total };
    };
    const cpu = sum('cpu', (found) => {
      const parsed = parseCpu(found.value);
      return 'value' in parsed ? parsed.value : null;
    });
    if (cpu !== null) this.#fields.cpu = { kind: 'scalar', place: cpu.place, value: cpu.total };
    const memory = sum('memory', (found) => {
      const written = String(found.value);
      const parsed = parseMemory(WHOLE.test(written) ? `${Number(written) / 1000}k` : written);
      return 'value' in parsed ? parsed.value : null;
    });
    if (memory !== null)
      this.#fields.memory = { kind: 'scalar', place: memory.place, value: formatMemory(memory.total) };
  }

  /** The startup probe of the first container that has one: that of the container which takes the requests. */
  #startupProbe(containers: Value | undefined): void {
    if (containers?.kind !== 'list') return;
    const probe = containers.items
      .map((each) => get(each, 'startupProbe'))
      .find((each) => each?.kind === 'map');
    if (probe === undefined) return;
    const fields: Record<string, Value> = {};
    const seconds = {
      initialDelay: 'initialDelaySeconds',
      period: 'periodSeconds',
      timeout: 'timeoutSeconds',
    };
    for (const [field, name] of Object.entries(seconds)) {
      const value = get(probe, name);
      if (value?.kind !== 'scalar' || value.value === null) continue;
      if (WHOLE.test(String(value.value))) fields[field] = { ...value, value: `${value.value}s` };
      else this.#refuse(value, `startupProbe.${name}`, 'whole seconds');
    }
    const threshold = get(probe, 'failureThreshold');
    if (threshold?.kind === 'scalar' && threshold.value !== null) fields.failureThreshold = threshold;
    this.#fields.startup = mapOf(probe.place, { probe: mapOf(probe.place, fields) });
  }

  #traffic(traffic: Value | undefined): void {
    if (traffic?.kind !== 'list' || traffic.items.length === 0) return;
    const items = traffic.items.map((item): Value => {
      const fields: Record<string, Value> = {};
      const latest = get(item, 'latestRevision');
      const revision = get(item, 'revisionName');
      if (latest?.kind === 'scalar' && latest.value === true) fields.latestRevision = latest;
      else if (revision !== undefined) fields.revision = revision;
      // A tag alone has an address and no share.
      fields.percent = get(item, 'percent') ?? { kind: 'scalar', place: item.place, value: 0 };
      const tag = get(item, 'tag');
      if (tag?.kind === 'scalar' && tag.value !== null) fields.tag = { ...tag, value: String(tag.value) };
      return mapOf(item.place, fields);
    });
    this.#fields.traffic = { kind: 'list', place: traffic.place, items };
  }

  #probes(containers: Value | undefined, service: string): void {
    if (containers?.kind !== 'list') return;
    for (const row of KNATIVE_FIELDS) {
      const field = row.name.slice(row.name.lastIndexOf('.') + 1);
      if (row.simulated !== 'no') continue;
      if (containers.items.some((container) => get(container, field) !== undefined))
        this.#notSimulated.push(`${service}: ${field} (${row.values}) is not simulated`);
    }
  }

  #text(field: string, value: Value | undefined): void {
    if (value?.kind === 'scalar' && value.value !== null)
      this.#fields[field] = { ...value, value: String(value.value) };
  }

  #count(into: Record<string, Value>, field: string, annotations: Annotations, name: string): void {
    const value = annotations.take(name);
    if (value === null) return;
    if (WHOLE.test(String(value.value))) into[field] = { ...value, value: Number(value.value) };
    else this.#refuse(value, name, 'a whole number');
  }

  #target(into: Record<string, Value>, field: string, annotations: Annotations, name: string): void {
    const value = annotations.take(name);
    const word = String(value?.value);
    if (value === null || word === 'default') return;
    if (word === 'disabled') into[field] = { ...value, value: 'disabled' };
    else if (/^0?\.[0-9]{1,4}$/.test(word))
      into[field] = { ...value, value: `${Number((Number(word) * 100).toPrecision(6))}%` };
    else this.#refuse(value, name, 'a share such as 0.6, disabled or default');
  }

  #flag(field: string, annotations: Annotations, name: string): void {
    const value = annotations.take(name);
    const word = String(value?.value);
    if (value === null) return;
    if (word === 'true' || word === 'false') this.#fields[field] = { ...value, value: word === 'true' };
    else this.#refuse(value, name, 'true or false');
  }

  #refuse(value: ScalarValue, field: string, allowed: string): void {
    this.#problems.push(
      problem(wrong.manifestValue(String(value.value), field, allowed), value.place, `manifest.${field}`),
    );
  }
}

/** The annotations of one place; what nobody takes is left over. */
class Annotations {
  readonly #left: Map<string, Entry>;
  readonly #where: 'service' | 'revision';

  constructor(value: Value | undefined, where: 'service' | 'revision') {
    this.#left = new Map(value?.kind === 'map' ? value.entries : []);
    this.#where = where;
  }

  take(name: string): ScalarValue | null {
    const value = this.#left.get(name)?.value;
    this.#left.delete(name);
    return value?.kind === 'scalar' && value.value !== null ? value : null;
  }

  leftOver(service: string): string[] {
    const found: string[] = [];
    for (const [name, entry] of this.#left) {
      const value = text(entry.value) ?? '';
      const row = annotationAt(name, this.#where);
      const elsewhere = placeOfAnnotation(name);
      if (row !== undefined) {
        if (row.simulated === 'no') found.push(`${service}: annotation ${name} (${value}) is not simulated`);
      } else if (elsewhere !== undefined && elsewhere !== this.#where)
        found.push(
          `${service}: annotation ${name} (${value}) belongs to the ${elsewhere} and has no effect here`,
        );
      else if (SYSTEMS.some((system) => name.startsWith(system)))
        found.push(`${service}: annotation ${name} (${value}) is not known and not simulated`);
    }
    return found;
  }
}

const WHOLE = /^(0|[1-9][0-9]{0,14})$/;

const get = (value: Value | undefined, ...path: readonly string[]): Value | undefined => {
  let at = value;
  for (const step of path) at = at?.kind === 'map' ? at.entries.get(step)?.value : undefined;
  return at;
};

const text = (value: Value | undefined): string | null =>
  value?.kind === 'scalar' && value.value !== null ? String(value.value) : null;

const mapOf = (place: Place, fields: Readonly<Record<string, Value>>): MapValue => ({
  kind: 'map',
  place,
  entries: new Map(Object.entries(fields).map(([name, value]) => [name, { place: value.place, value }])),
});
