/**
 * Stories: a tiny scenario is played, and what happened in it can be read.
 *
 * `tell` takes a scenario as a reader would write it and lays a plain shop under it, in which every length of time
 * is a constant: whatever a story sets matters, and its numbers can be worked out by hand. In every story it is checked
 * that each request that arrived was answered once or is in flight; the world checks its own books as it ends.
 *
 *   the shop   one request an instance at a time, no instance kept, none started by averages (the concurrency driver
 *              is disabled); a cold start is 1 s of image import, two key calls, 1 s of container start
 *   its key    EXTERNAL_VPC, 100 ms a call, and no periodic check, unless a story asks for one
 */
import { parse } from 'yaml';
import type { Plan } from '../../src/model/plan.ts';
import type {
  DecisionRecord,
  DeploymentRecord,
  EvictionRecord,
  InstanceRecord,
  KeyCallRecord,
  KeyKnowledgeRecord,
  LifeStage,
  Probe,
} from '../../src/model/probe.ts';
import { World } from '../../src/model/world.ts';
import { resultsOf } from '../../src/probes/play.ts';
import type { Cell, LogFile, Results, ServiceSummary, TableFile } from '../../src/probes/results.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import { httpOutcome, type HttpOutcomeId } from '../../src/rules/cloud-run-limits.ts';
import { overrideOf, type LoadOptions } from '../../src/scenario/load.ts';
import type { RequestId, RevisionId, TimelineId } from '../../src/units/ids.ts';
import { inSeconds, SECOND, type Instant } from '../../src/units/time.ts';
import { planOf, type TestFiles } from './plans.ts';

export const KEY = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/shop';
export const OTHER_KEY = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/spare';
export const AGENT = '1234567890@serverless-robot-prod.iam.gserviceaccount.com';

export interface Telling {
  /** When requests come, s, and how long each takes, s (default 1). */
  readonly arrivals?: readonly (number | readonly [at: number, lasting: number])[];
  readonly files?: TestFiles;
  /** `PATH=VALUE`, as `--set` takes them. */
  readonly set?: readonly string[];
  readonly seed?: string;
  readonly replication?: number;
  /** Watches along, and may look at the world. */
  readonly before?: (world: World) => void;
}

/** Loads, plays and tells a scenario. What it leaves out is as in the plain shop. */
export function tell(yaml: string, telling: Telling = {}): Story {
  const { arrivals = [], files = {}, set = [], seed, replication = 1, before } = telling;
  const rows = arrivals.map((each) => (typeof each === 'number' ? ([each, 1] as const) : each));
  const trace = ['time_s,duration_ms', ...rows.map(([at, lasting]) => `${at},${lasting * 1000}`)].join('\n');
  const overrides = set.map((each) => overrideOf(each));
  const options: Partial<LoadOptions> = {
    overrides: overrides as never,
    ...(seed === undefined ? {} : { seed }),
  };
  const text = JSON.stringify(withTheShop(parse(yaml) as Fields, arrivals.length > 0), null, 1);
  return play(planOf(text, { 'arrivals.csv': `${trace}\n`, ...files }, options), replication, before);
}

type Fields = Record<string, unknown>;

const SHOP: Fields = {
  name: 'shop',
  location: 'europe-west3',
  project: 'shop-prod',
  projectNumber: '1234567890',
  maxInstanceRequestConcurrency: 1,
  idleTimeout: '15m',
  template: { scaling: { concurrencyTarget: 'disabled' } },
  startup: {
    scheduling: '0s',
    imageImport: '1s',
    layerDecrypts: 1,
    dataKeyDecrypts: 1,
    containerStart: '1s',
  },
  requests: { duration: '1s' },
  encryptionKey: KEY,
};

const SHOPS_KEY: Fields = {
  name: KEY,
  protectionLevel: 'EXTERNAL_VPC',
  latency: '100ms',
  check: { interval: '100d', per: 'revision' },
};

function withTheShop(given: Fields, anybodyComes: boolean): Fields {
  const services = (given.services as Fields[] | undefined) ?? [{}];
  const keys = (given.keys as Fields[] | undefined) ?? [{}];
  return {
    name: 'story',
    duration: '10m',
    sampleInterval: '1s',
    ...given,
    services: services.map((each) => {
      const load = anybodyComes ? { arrivals: { trace: 'arrivals.csv' } } : '0/s';
      const laid: Fields = { ...SHOP, load, ...each };
      for (const part of ['startup', 'requests']) {
        laid[part] = { ...(SHOP[part] as Fields), ...((each[part] as Fields | undefined) ?? {}) };
      }
      if (laid.encryptionKey === null) delete laid.encryptionKey;
      return laid;
    }),
    keys: keys.map((each) => ({ ...SHOPS_KEY, ...each })),
  };
}

function play(plan: Plan, replication: number, before?: (world: World) => void): Story {
  const watchers = new Watchers(plan);
  const recorder = new Recorder(plan);
  const world = new World(plan, replication, bothOf(watchers, recorder));
  watchers.watch(world);
  recorder.world = world;
  before?.(world);
  world.run();
  const story = new Story(plan, resultsOf(plan, watchers, world), recorder);
  for (const { requests } of story.results.summary.services) {
    const { arrived, served, code_429, code_499, code_500, code_503, code_504, in_flight } =
      requests as Counts;
    const sum = served + code_429 + code_499 + code_500 + code_503 + code_504 + in_flight;
    if (arrived !== sum) throw new Error(`${arrived} requests arrived, ${sum} are accounted for`);
  }
  return story;
}

type Counts = Record<keyof ServiceSummary['requests'], number>;

export type Kind =
  'start' | 'leave' | 'evict' | 'refusal' | 'served' | 'key' | 'knows' | 'deploy' | 'world' | 'decide';

const USUAL: readonly Kind[] = ['start', 'leave', 'evict', 'refusal', 'deploy', 'world'];

interface Line {
  /** Seconds. */
  readonly at: number;
  readonly kind: Kind;
  readonly text: string;
}

export interface InstanceCounts {
  readonly starting: number;
  readonly awaiting_key: number;
  readonly active: number;
  readonly idle: number;
  readonly draining: number;
}

const NOBODY: InstanceCounts = { starting: 0, awaiting_key: 0, active: 0, idle: 0, draining: 0 };

export class Story {
  readonly plan: Plan;
  readonly results: Results;
  private readonly recorder: Recorder;
  private readonly read = new Map<LogFile, unknown[]>();

  constructor(plan: Plan, results: Results, recorder: Recorder) {
    this.plan = plan;
    this.results = results;
    this.recorder = recorder;
  }

  /** What happened, one line each: time, who, what. */
  timeline(...kinds: Kind[]): string[] {
    const wanted = kinds.length === 0 ? USUAL : kinds;
    return this.recorder.lines
      .filter(({ kind }) => wanted.includes(kind))
      .map(({ at, text }) => `${seconds(at)} ${text}`);
  }

  /** Times, s, of the lines that contain a text. */
  times(text: string | RegExp): number[] {
    const says = (line: Line) => (typeof text === 'string' ? line.text.includes(text) : text.test(line.text));
    return this.recorder.lines.filter(says).map(({ at }) => at);
  }

  /** Instances by stage, all revisions of all services together or one of them, when all of instant `at` (s) is over. */
  counts(at: number, revision?: string): InstanceCounts {
    const sum = { ...NOBODY };
    this.plan.revisions.forEach(({ name }, id) => {
      if (revision !== undefined && name !== revision) return;
      const snapshot = this.recorder.snapshots.findLast((one) => one.revision === id && one.at <= at);
      if (snapshot === undefined) return;
      for (const stage of Object.keys(sum) as (keyof InstanceCounts)[]) sum[stage] += snapshot.counts[stage];
    });
    return sum;
  }

  /** active + idle at an instant. */
  ready(at: number, revision?: string): number {
    const { active, idle } = this.counts(at, revision);
    return active + idle;
  }

  /** active + idle after each change, in order: whole curves are compared with this. */
  readyCurve(from = -Infinity, to = Infinity): [at: number, ready: number][] {
    const curve: [number, number][] = [];
    for (const { at } of this.recorder.snapshots) {
      if (at < from || at > to || curve.at(-1)?.[0] === at) continue;
      const ready = this.ready(at);
      if (curve.at(-1)?.[1] !== ready) curve.push([at, ready]);
    }
    return curve;
  }

  get summary(): Results['summary'] {
    return this.results.summary;
  }

  /** Requests of the first service, or a named one, by answer. */
  requests(service?: string): Counts {
    const { services } = this.summary;
    const one = service === undefined ? services[0] : services.find((each) => each.service_name === service);
    return one!.requests as Counts;
  }

  /** Rows of a table, by column. */
  rows(table: TableFile): Record<string, Cell>[] {
    const { columns, rows } = this.results.tables[table];
    return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  }

  /** The row of scale-out.csv at a time, s. */
  scaleOut(at: number): Record<string, Cell> {
    return this.rows('scale-out.csv').find((row) => row.time_s === at)!;
  }

  // A log entry is whatever JSON it is; stories pick out of it what they are about.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  log(file: LogFile): any[] {
    const read = this.read.get(file) ?? this.results.logs[file].map((entry) => JSON.parse(entry) as unknown);
    this.read.set(file, read);
    return read;
  }

  /** Texts of the service log, of one severity or all. */
  texts(severity?: string): string[] {
    return this.log('service-log.jsonl')
      .filter((entry) => severity === undefined || entry.severity === severity)
      .map((entry) => entry.textPayload as string);
  }

  /** The audit log, as time (s), reason, status code, project and caller. */
  get audit(): {
    at: number;
    reason: string;
    method: string;
    code: number;
    message?: string;
    entry: unknown;
  }[] {
    return this.log('audit-log.jsonl').map((entry) => {
      const { methodName, status, metadata } = entry.protoPayload;
      return {
        at: entry.simulated_s,
        reason: metadata.entries.caller_provided_context,
        method: methodName,
        code: status.code,
        message: status.message,
        entry,
      };
    });
  }

  /** Key calls as the world made them, in the order of their answers. */
  get calls(): readonly KeyCallRecord[] {
    return this.recorder.calls;
  }

  get decisions(): readonly DecisionRecord[] {
    return this.recorder.decisions;
  }

  /** Requests answered 2xx after `from` and until `to`, s. */
  served(from: number, to: number): number {
    return this.recorder.served.filter(({ at }) => at > from && at <= to).length;
  }

  /** The same, of one revision. */
  servedBy(revision: string, from: number, to: number): number {
    const id = this.plan.revisions.findIndex(({ name }) => name === revision);
    return this.recorder.served.filter((one) => one.revision === id && one.at > from && one.at <= to).length;
  }

  /** When quota of a pool was taken, s, by us and by others. */
  get granted(): readonly number[] {
    return this.recorder.granted;
  }
}

/** The sum of two times in s, to the nanosecond. */
export const sum = (a: number, b: number): number => Math.round((a + b) * 1e9) / 1e9;

const seconds = (at: number): string => `${Math.round(at * 1000) / 1000}s`;

/** Writes down what it hears. */
class Recorder implements Partial<Probe> {
  world!: World;
  readonly lines: Line[] = [];
  readonly calls: KeyCallRecord[] = [];
  readonly decisions: DecisionRecord[] = [];
  readonly granted: number[] = [];
  readonly served: { at: number; revision: number }[] = [];
  readonly snapshots: { at: number; revision: number; counts: InstanceCounts }[] = [];
  private readonly plan: Plan;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  answered(request: RequestId, code: number): void {
    if (code !== 200) return;
    const { requests } = this.world;
    const waited = inSeconds((requests.startedAt(request) - requests.arrivedAt(request)) as Instant);
    this.served.push({ at: inSeconds(this.world.now), revision: this.world.requests.revision(request) });
    this.say('served', `200 after ${seconds(waited)} of waiting`);
  }

  activeChanged(revision: RevisionId): void {
    this.snap(revision);
  }

  rejected(request: RequestId, outcome: HttpOutcomeId): void {
    const waited = inSeconds((this.world.now - this.world.requests.arrivedAt(request)) as Instant);
    this.say('refusal', `${httpOutcome(outcome).code} ${outcome} after ${seconds(waited)}`);
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage, because: string): void {
    this.snap(instance.revision);
    const who = this.nameOf(instance);
    if (from === 'none') {
      this.say(
        'start',
        instance.reason === 'INITIAL' ? `${who} is there` : `${who} starts: ${instance.reason}`,
      );
    } else if (to === 'draining') this.say('leave', `${who} gets SIGTERM: ${because}`);
    else if (to === 'gone' && from !== 'starting' && from !== 'awaiting_key') {
      this.say('leave', `${who} is gone: ${because}`);
    }
  }

  startHeld(instance: InstanceRecord, call: KeyCallRecord): void {
    this.say('start', `${this.nameOf(instance)} holds: ${call.failure!.cause}`);
  }

  startEnded(instance: InstanceRecord): void {
    this.say('start', `${this.nameOf(instance)} ${instance.outcome}`);
  }

  keyCalled(call: KeyCallRecord): void {
    this.calls.push(call);
    const who = call.instance === null ? '' : ` ${this.nameOf(call.instance)}`;
    this.say('key', `${call.use}${who} v${call.version} ${call.failure?.cause ?? 'ok'}`);
  }

  quotaTaken(_pool: number, _ours: boolean, at: Instant): void {
    this.granted.push(inSeconds(at));
  }

  decided(decision: DecisionRecord): void {
    this.decisions.push(decision);
    const { desired, by, starts, because } = decision;
    this.say('decide', `${by}: wants ${desired}, starts ${starts}: ${because}`);
  }

  keyLearned({ condition, cause, evictionAt }: KeyKnowledgeRecord): void {
    const end = evictionAt === null ? '' : `, shuts down at ${seconds(inSeconds(evictionAt))}`;
    this.say('knows', `${condition}${cause === null ? '' : `: ${cause}`}${end}`);
  }

  evicting({ instances, cause }: EvictionRecord): void {
    this.say('evict', `evicts ${instances}: ${cause}`);
  }

  deployed({ revision, stage, message }: DeploymentRecord): void {
    const name = this.plan.revisions[revision].name;
    this.say('deploy', `deployment of ${name} ${stage}${message === '' ? '' : `: ${message}`}`);
  }

  began(entry: TimelineId): void {
    this.say('world', `${this.plan.timeline[entry].name} begins`);
  }

  ended(entry: TimelineId): void {
    this.say('world', `${this.plan.timeline[entry].name} ends`);
  }

  private nameOf(instance: InstanceRecord): string {
    const revision = this.plan.revisions.length > 1 ? this.plan.revisions[instance.revision].name : '';
    return `${revision}#${instance.number}`;
  }

  private say(kind: Kind, text: string): void {
    this.lines.push({ at: this.world.now / SECOND, kind, text });
  }

  private snap(revision: RevisionId): void {
    const { starting, awaitingKey, active, idle, draining } = this.world.revisions[revision];
    this.snapshots.push({
      at: this.world.now / SECOND,
      revision,
      counts: { starting, awaiting_key: awaitingKey, active, idle, draining },
    });
  }
}

/** A probe that hands every call to two. */
function bothOf(first: Probe, second: Partial<Probe>): Probe {
  return new Proxy(first, {
    get: (target, name: string) => {
      const one = Reflect.get(target, name) as unknown;
      if (typeof one !== 'function') return one;
      const other = Reflect.get(second, name) as unknown;
      return (...heard: unknown[]) => {
        (one as (...heard: unknown[]) => void).apply(target, heard);
        if (typeof other === 'function') other.apply(second, heard);
      };
    },
  });
}
