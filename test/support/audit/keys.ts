/**
 * The book of keys, kept beside a world: which key calls were granted when and what came of them, what is known of
 * each key, and whether instances start, stay and leave as that demands.
 */
import type { Plan } from '../../../src/model/plan.ts';
import type {
  EvictionRecord,
  InstanceRecord,
  KeyCallRecord,
  KeyKnowledgeRecord,
  LifeStage,
} from '../../../src/model/probe.ts';
import type { PoolId, TimelineId } from '../../../src/units/ids.ts';
import type { Instant } from '../../../src/units/time.ts';
import { broken, type SmallWorld } from './small-world.ts';

interface Known {
  condition: KeyKnowledgeRecord['condition'];
  /** When instances on this key are due to leave; null: not. */
  evictionAt: number | null;
}

interface Start {
  ok: number;
  denied: boolean;
}

export class KeyBook {
  private readonly plan: Plan;
  private readonly world: SmallWorld;
  private readonly taken: { readonly at: number; readonly cost: number }[][];
  private readonly limitSince: { limit: number; since: number; fixed: boolean }[];
  private readonly starts = new Map<string, Start>();
  /** Entries in force that make every call on some keys fail, or every call of some services. */
  private readonly inForce = new Set<TimelineId>();
  private readonly keys: Known[];
  private readonly losses = new Map<number, { readonly since: number; readonly cause: string }>();
  private readonly emptied: number[] = [];

  constructor(plan: Plan, world: SmallWorld) {
    this.plan = plan;
    this.world = world;
    this.taken = plan.quotas.limits.map(() => []);
    this.limitSince = plan.quotas.limits.map(({ perMinute }) => ({
      limit: perMinute,
      since: -Infinity,
      fixed: true,
    }));
    this.keys = plan.keys.map(() => ({ condition: 'usable', evictionAt: null }));
  }

  began(entry: TimelineId): void {
    this.inForce.add(entry);
    this.touched(entry);
  }

  ended(entry: TimelineId): void {
    this.inForce.delete(entry);
    this.touched(entry);
  }

  quotaTaken(pool: PoolId, at: Instant, cost: number): void {
    const { enforcement, window } = this.plan.quotas.limits[pool];
    const times = this.taken[pool];
    times.push({ at, cost });
    if (enforcement !== 'hard' || window !== 'sliding') return;
    const { limit, since } = this.limitSince[pool];
    // At most ceil(Q) calls in any ceil(Q)/Q seconds; in 60 ceil(Q)/limit, with Q = limit/60.
    const most = Math.ceil(limit / 60);
    const from = at - (most * 60e9) / limit;
    let sum = 0;
    for (let n = times.length - 1; n >= 0 && times[n].at > Math.max(from, since); n--) sum += times[n].cost;
    if (sum > most) broken('I11', `${sum} calls are granted at ${at}, in a window for ${most}`);
  }

  keyCalled(call: KeyCallRecord): void {
    const { key, service, outcome, issuedAt, instance } = call;
    if (outcome === 'ok') {
      for (const entry of this.inForce) {
        const { what } = this.plan.timeline[entry];
        const stands =
          (what.kind === 'ekmUnreachable' && what.share === 1 && what.keys.includes(key)) ||
          (what.kind === 'keyAccess' && !what.granted && what.key === key && what.service === service);
        // Told when it is answered: an outage cuts off calls under way, access is asked when the call is made.
        if (stands && (what.kind === 'ekmUnreachable' || issuedAt >= this.sinceOf(entry))) {
          broken(
            'I10',
            `a call succeeds at ${this.world.now} though ${this.plan.timeline[entry].name} is in force`,
          );
        }
      }
    }
    // Not told again where the clock runs already, and nobody is held any more.
    if (call.failure?.cause === 'ekm-not-retryable' && this.keys[key].condition === 'ekm-retrying') {
      this.keys[key].condition = 'ekm-not-retryable';
    }
    if (instance === null) return;
    const start = this.startOf(instance);
    if (outcome === 'ok') start.ok++;
    if (outcome === 'exceeded') start.denied = true;
  }

  startEnded(instance: InstanceRecord): void {
    const start = this.startOf(instance);
    const revision = this.plan.revisions[instance.revision];
    const isReady = instance.outcome === 'ready';
    if (isReady && start.denied) broken('I12', 'a start whose call was denied became ready');
    if (instance.outcome === 'refused:quota-exceeded' && !start.denied)
      broken('I12', 'a start ends for no denial');
    const { layerDecrypts, dataKeyDecrypts, dataKeyCache } = revision.startup;
    const needed = revision.key === null ? 0 : layerDecrypts + dataKeyDecrypts;
    if (
      isReady &&
      dataKeyCache === null &&
      (revision.imageRepository ?? null) === null &&
      start.ok !== needed
    ) {
      broken('I10', `an instance is ready after ${start.ok} calls of ${needed}`);
    }
  }

  keyLearned({ key, condition, cause, revision, evictionAt, at }: KeyKnowledgeRecord): void {
    if (condition === 'lost') {
      this.losses.set(revision!, { since: at, cause: cause! });
      const { revocationAction, shutdownDuration } = this.plan.revisions[revision!];
      const due = revocationAction === 'SHUTDOWN' ? at + (shutdownDuration ?? 0) : null;
      if (evictionAt !== due) broken('I14', `a loss known at ${at} is to act at ${evictionAt}, not ${due}`);
      return;
    }
    if (condition === 'usable') {
      for (const [lost] of this.losses) if (this.plan.revisions[lost].key === key) this.losses.delete(lost);
    }
    const known = this.keys[key];
    known.condition = condition;
    if (condition === 'usable') known.evictionAt = null;
    // A failure that can be retried holds everybody in place, and does not stop the clock.
    if (condition === 'ekm-not-retryable') known.evictionAt = at + this.plan.assumptions.ekmWaitingPeriod;
  }

  evicting({ revision, key, cause, at }: EvictionRecord): void {
    const { revocationAction, shutdownDuration } = this.plan.revisions[revision];
    const loss = this.losses.get(revision);
    if (cause === 'ekm-not-retryable') {
      const { evictionAt } = this.keys[key];
      if (evictionAt === null || at < evictionAt)
        broken('I13', `instances leave at ${at}, before the waiting period is over`);
    } else {
      if (revocationAction !== 'SHUTDOWN') broken('I14', 'PREVENT_NEW, and running instances leave');
      const due = loss === undefined ? Infinity : loss.since + (shutdownDuration ?? 0);
      if (at < due) broken('I14', `instances leave at ${at}, before ${due}`);
    }
    this.emptied.push(revision);
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage, because: string): void {
    const { key } = this.plan.revisions[instance.revision];
    if (key === null || this.losses.has(instance.revision)) return;
    if (this.keys[key].condition !== 'ekm-retrying') return;
    const leaves = (from === 'active' || from === 'idle') && (to === 'draining' || to === 'gone');
    if (leaves && !/crashed|lost/.test(because))
      broken('I13', `an instance leaves during an outage: ${because}`);
    if (from === 'awaiting_key' && to === 'starting')
      broken('I13', 'a start gets past its key calls during an outage');
  }

  /** Between two events. */
  compare(): void {
    for (const revision of this.emptied) {
      const { active, idle } = this.world.revisions[revision];
      if (active + idle > 0) broken('I14', `${active + idle} instances are left after all were shut down`);
    }
    this.emptied.length = 0;
    this.world.pools.forEach(({ perMinute }, pool) => {
      const { limit, fixed } = this.limitSince[pool];
      // A limit stays until the timeline, or Cloud KMS's own adjuster, changes it.
      if (limit === perMinute || (fixed && !this.plan.assumptions.quotaAdjuster)) return;
      this.limitSince[pool] = { limit: perMinute, since: this.world.now, fixed: true };
    });
  }

  private touched(entry: TimelineId): void {
    const { what } = this.plan.timeline[entry];
    if (what.kind === 'quotaLimit') this.limitSince[what.pool].fixed = false;
  }

  private startOf({ revision, number }: InstanceRecord): Start {
    const name = `${revision}/${number}`;
    const start = this.starts.get(name) ?? { ok: 0, denied: false };
    this.starts.set(name, start);
    return start;
  }

  private sinceOf(entry: TimelineId): number {
    const { at, propagation } = this.plan.timeline[entry];
    return at + propagation;
  }
}
