/**
 * The story of each timeline entry: who noticed it, what it held up and refused, and when all was well again.
 *
 * What happens is laid at the door of an entry where the model names it: a failed key call says which entry it
 * met, and a call denied for quota belongs to the entries that changed that quota. Requests and instances are told
 * by service: those of the services that the entry concerns, while it is in force.
 *
 * Recovered is the first instant, from its end on, at which nothing pends, no start that it held still waits, and
 * as many instances are ready as just before it began. An entry ends when it is undone, by itself or by a later
 * entry that puts the key back; one that Cloud KMS refuses, or that comes after one asked for later, ends nothing and
 * has no story of its own. A crash is over as soon as it has happened. Entries that come and go at random are
 * told as one: what they did adds up, the recovery is that from the last time.
 *
 * The fewest ready instances are looked for until it has recovered. An entry that is never undone has no recovery; for
 * it they are looked for until a later entry touches the same thing, or until all is as it was: at once where it
 * takes nothing away (a key enabled, a deployment, other limits), else when instances that it cost, or starts that
 * it refused, have been made good. Otherwise the idle instances that leave hours later would be laid at its door.
 *
 * Calls above the capacity of a connection come from the starts that an outage held: they belong to the last outage
 * of that connection, until it has recovered.
 */
import { isOverAtOnce, setsKey, type Happening, type Plan, type TimelinePlan } from '../model/plan.ts';
import type {
  EvictionRecord,
  InstanceRecord,
  KeyCallRecord,
  KeyKnowledgeRecord,
  LifeStage,
  WorldView,
} from '../model/probe.ts';
import type { KeyId, PoolId, ServiceId, TimelineId } from '../units/ids.ts';
import { inSeconds, NEVER, type Instant } from '../units/time.ts';
import { keysOf, servicesOf, takesAway, touchesTheSame, undoes } from './fault-scope.ts';
import type { FaultSummary } from './results.ts';

export class FaultStory {
  /** True while a service has its instances back and only waits for nothing to pend: `look` at every request. */
  expectant = false;

  private readonly plan: Plan;
  private view: WorldView | null = null;
  private readonly chapters: readonly Chapter[];
  /** Instances ready per service: now, and before the first change of the instant beside it. */
  private readonly ready: Int32Array;
  private readonly readyBefore: Int32Array;
  private readonly changedAt: Float64Array;

  constructor(plan: Plan) {
    this.plan = plan;
    this.chapters = plan.timeline.map((entry, id) => new Chapter(plan, entry, id as TimelineId));
    this.ready = new Int32Array(plan.services.length);
    this.readyBefore = new Int32Array(plan.services.length);
    this.changedAt = new Float64Array(plan.services.length).fill(-Infinity);
  }

  watch(view: WorldView): void {
    this.view = view;
    this.ready.fill(0);
    for (const { service, active, idle } of view.revisions) this.ready[service] += active + idle;
  }

  /** A request was answered otherwise than 2xx. */
  requestFailed(service: number, count = 1): void {
    const { now } = this.view!;
    for (const chapter of this.chapters) {
      // A crash is over at once; what it cut off is answered at that instant.
      const inForce = chapter.on || (isOverAtOnce(chapter.what) && chapter.endedAt === now);
      if (inForce && chapter.concerns(service)) chapter.failed += count;
    }
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage): void {
    const change = Number(isReady(to)) - Number(isReady(from));
    if (change === 0) return;
    const { service } = instance;
    const { now } = this.view!;
    // What is there when time begins was there before anything happened.
    if (instance.reason === 'INITIAL' && from === 'starting') this.readyBefore[service] += change;
    else if (now > this.changedAt[service]) {
      this.readyBefore[service] = this.ready[service];
      this.changedAt[service] = now;
    }
    this.ready[service] += change;
    for (const chapter of this.chapters) {
      if (chapter.concerns(service)) chapter.readyNow(this.readyOf(chapter));
    }
    this.look();
  }

  startHeld(instance: InstanceRecord, call: KeyCallRecord): void {
    for (const chapter of this.behind(call)) chapter.hold(instance);
  }

  startEnded(instance: InstanceRecord, call: KeyCallRecord | null): void {
    const { now } = this.view!;
    for (const chapter of this.chapters) chapter.holding.delete(nameOf(instance));
    if (instance.outcome === 'ready') {
      for (const chapter of this.chapters) {
        if (!chapter.concerns(instance.service)) continue;
        if (chapter.endedAt !== null) chapter.firstReady ??= now;
        chapter.mends ||= chapter.hurts;
      }
    } else if (call !== null && instance.outcome?.startsWith('refused:')) {
      for (const chapter of this.behind(call)) chapter.refuse();
    }
    this.look();
  }

  keyCalled(call: KeyCallRecord): void {
    if (call.failure === null) return;
    for (const chapter of this.behind(call)) {
      chapter.detectedAt ??= this.view!.now;
      if (call.instance !== null && call.failure.retryable) chapter.hold(call.instance);
    }
  }

  keyLearned(knowledge: KeyKnowledgeRecord): void {
    const { at, condition, evictionAt, fault, key } = knowledge;
    if (condition === 'usable') {
      // What was due later is called off.
      for (const chapter of this.chapters) {
        if (chapter.keys.includes(key) && chapter.evictionAt !== null && chapter.evictionAt > at) {
          chapter.evictionAt = null;
        }
      }
      return;
    }
    if (fault === null) return;
    const chapter = this.chapters[fault];
    // What comes after the recovery did not notice it; a late answer to a call of that time is a call that failed.
    if (chapter.recoveredAt === null) chapter.detectedAt ??= at;
    if (evictionAt !== null && evictionAt < (chapter.evictionAt ?? Infinity)) chapter.evictionAt = evictionAt;
  }

  evicting(eviction: EvictionRecord): void {
    for (const chapter of this.chapters) {
      if (chapter.on && chapter.keys.includes(eviction.key)) chapter.detectedAt ??= eviction.at;
    }
  }

  began(entry: TimelineId): void {
    const { now } = this.view!;
    const { what } = this.plan.timeline[entry];
    const chapter = this.chapters[entry];
    if (!this.holds(what, entry)) {
      chapter.beginInVain(this.readyOf(chapter, now));
      return;
    }
    for (const earlier of this.chapters) {
      if (!earlier.on || earlier.entry === entry) continue;
      if (undoes(what, earlier.what) && !this.holds(earlier.what, earlier.entry)) {
        this.end(earlier);
        this.look();
      } else if (earlier.lasts && touchesTheSame(what, earlier.what)) earlier.watching = false;
    }
    chapter.begin(this.readyOf(chapter, now), this.readyOf(chapter));
    chapter.mends ||= chapter.lasts && !takesAway(what, this.view!.pools);
    this.lookAtLasting();
    // The instances leave right after this is told, so whether they are missed is seen then.
    if (isOverAtOnce(what)) this.end(chapter);
  }

  ended(entry: TimelineId): void {
    this.end(this.chapters[entry]);
    this.look();
  }

  sampled(): void {
    this.look();
  }

  /** Sees whether a service that has its instances back has nothing pending any more. */
  look(): void {
    this.expectant = false;
    this.lookAtLasting();
    for (const chapter of this.chapters) {
      if (chapter.endedAt === null || chapter.recoveredAt !== null) continue;
      if (chapter.holding.size > 0 || this.readyOf(chapter) < (chapter.readyBefore ?? 0)) continue;
      if (this.pendingOf(chapter) === 0) chapter.recoveredAt = this.view!.now;
      else this.expectant = true;
    }
  }

  /** Sees whether an entry that is never undone has been made good. */
  private lookAtLasting(): void {
    for (const chapter of this.chapters) {
      if (!chapter.on || !chapter.watching || !chapter.lasts || !chapter.mends) continue;
      if (chapter.holding.size > 0 || this.readyOf(chapter) < (chapter.readyBefore ?? 0)) continue;
      if (this.pendingOf(chapter) === 0) chapter.watching = false;
    }
  }

  get summary(): FaultSummary[] {
    return this.chapters.map((chapter) => chapter.summary());
  }

  /** Per timeline entry: when it ended (null: it has not) and from when on all was well again. */
  get recoveries(): Recovery[] {
    return this.chapters.map(({ endedAt, recoveredAt }) => ({ endedAt, recoveredAt }));
  }

  /** Whether what an entry has set holds; what sets nothing of a key does. */
  private holds(what: Happening, entry: TimelineId): boolean {
    return !setsKey(what) || this.view!.keys[what.key].inForce(entry);
  }

  private end(chapter: Chapter): void {
    if (!chapter.on) return;
    chapter.on = false;
    chapter.endedAt = this.view!.now;
    chapter.firstReady = null;
    chapter.recoveredAt = null;
  }

  /** The entries behind a call that failed. */
  private behind(call: KeyCallRecord): Chapter[] {
    const { failure, pool } = call;
    if (failure === null) return [];
    if (failure.fault !== null) {
      const chapter = this.chapters[failure.fault];
      return failure.ekmError === 'OVERLOADED_EKM' && chapter.recoveredAt !== null ? [] : [chapter];
    }
    if (call.outcome !== 'exceeded') return [];
    return this.chapters.filter((chapter) => chapter.on && chapter.pool !== null && chapter.pool === pool);
  }

  /** Instances ready on the services concerned, now or just before an instant that is now. */
  private readyOf(chapter: Chapter, before?: Instant): number {
    let sum = 0;
    for (const service of chapter.services) {
      sum += this.changedAt[service] === before ? this.readyBefore[service] : this.ready[service];
    }
    return sum;
  }

  private pendingOf(chapter: Chapter): number {
    let sum = 0;
    for (const { service, pending } of this.view!.revisions) if (chapter.concerns(service)) sum += pending;
    return sum;
  }
}

export interface Recovery {
  readonly endedAt: Instant | null;
  readonly recoveredAt: Instant | null;
}

/** One timeline entry. */
class Chapter {
  readonly entry: TimelineId;
  readonly what: Happening;
  readonly services: readonly ServiceId[];
  readonly keys: readonly KeyId[];
  /** Of an entry that changes a quota. */
  readonly pool: PoolId | null;
  /** Never undone by itself. */
  readonly lasts: boolean;
  on = false;
  /** Whether the fewest ready instances are still looked for. */
  watching = false;
  /** It cost an instance or a start; since then a start has succeeded, or it takes nothing away anyway. */
  hurts = false;
  mends = false;
  detectedAt: Instant | null = null;
  evictionAt: Instant | null = null;
  /** Starts by revision and number: all that it held, and those that still wait. */
  readonly held = new Set<string>();
  readonly holding = new Set<string>();
  refused = 0;
  failed = 0;
  readyBefore: number | null = null;
  endedAt: Instant | null = null;
  firstReady: Instant | null = null;
  recoveredAt: Instant | null = null;
  private readyMin: number | null = null;
  private readonly plan: TimelinePlan;
  private readonly concerned: readonly boolean[];
  private readonly duration: Instant;

  constructor(plan: Plan, entry: TimelinePlan, id: TimelineId) {
    this.plan = entry;
    this.entry = id;
    this.what = entry.what;
    this.lasts = entry.until === NEVER && entry.repeat === null;
    this.duration = plan.duration as number as Instant;
    this.pool = entry.what.kind === 'quotaLimit' ? entry.what.pool : null;
    this.keys = keysOf(plan, entry.what);
    this.services = servicesOf(plan, entry.what, this.keys);
    this.concerned = plan.services.map((_, service) => this.services.includes(service as ServiceId));
  }

  concerns(service: number): boolean {
    return this.concerned[service];
  }

  refuse(): void {
    this.refused++;
    this.hurts = true;
  }

  hold(instance: InstanceRecord): void {
    this.hurts = true;
    this.held.add(nameOf(instance));
    this.holding.add(nameOf(instance));
  }

  begin(before: number, now: number): void {
    this.on = true;
    this.watching = true;
    this.endedAt = null;
    this.recoveredAt = null;
    if (this.readyBefore !== null || this.services.length === 0) return;
    this.readyBefore = before;
    this.readyMin = Math.min(before, now);
  }

  /** Cloud KMS has refused it, or something that was asked for later is there already: nothing comes of it. */
  beginInVain(ready: number): void {
    if (this.readyBefore !== null || this.services.length === 0) return;
    this.readyBefore = ready;
    this.readyMin = ready;
  }

  readyNow(ready: number): void {
    if (this.readyMin === null || !this.watching || this.recoveredAt !== null) return;
    if (ready >= this.readyMin) return;
    this.readyMin = ready;
    this.hurts = true;
  }

  summary(): FaultSummary {
    const { at, until, name } = this.plan;
    return {
      name,
      kind: this.what.kind,
      at_s: inSeconds(at),
      until_s: until <= this.duration ? inSeconds(until) : null,
      detected_s: seconds(this.detectedAt),
      starts_held: this.held.size,
      starts_refused: this.refused,
      requests_failed: this.failed,
      ready_before: this.readyBefore,
      ready_min: this.readyMin,
      first_ready_after_s: seconds(this.firstReady),
      recovered_s: seconds(this.recoveredAt),
      next_eviction_s: seconds(this.evictionAt),
    };
  }
}

const isReady = (stage: LifeStage | 'none'): boolean => stage === 'active' || stage === 'idle';
const nameOf = (instance: InstanceRecord): string => `${instance.revision} ${instance.number}`;
const seconds = (at: Instant | null): number | null => (at === null ? null : inSeconds(at));
