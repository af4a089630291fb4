/**
 * Cloud KMS as used: calls and quota per key protection level, in total, over time, and by who used it for what.
 *
 * A call belongs to the interval, and to the summary, in which it was made, which is when quota is taken; it is
 * told when it is answered, so rows are written at the end. A call that was not answered by the horizon appears in
 * the peak and in no other number. `operations` = granted + denied; what a granted call was answered with (`failed`)
 * is another matter. `usage`, peaks and what others used are in the unit of the quota: requests, or tokens where
 * an operation takes several. EXTERNAL and EXTERNAL_VPC share a quota, so both rows show its limit, its peak and what others
 * used of it. Calls on software keys use no quota; their peak is that of the calls themselves.
 */
import { PeakMeter } from '../engine/sliding-window.ts';
import type { Plan } from '../model/plan.ts';
import type { KeyCallRecord, WorldView } from '../model/probe.ts';
import { ALL_KEY_USE_IDS, methodOf, reasonOf } from '../rules/key-uses.ts';
import { check } from '../units/check.ts';
import type { KeyId, PoolId } from '../units/ids.ts';
import { inMilliseconds, inSeconds, MINUTE, SECOND, type Duration, type Instant } from '../units/time.ts';
import type { Cell, KmsSummary, Table } from './results.ts';

const QUOTA_COLUMNS = [
  'time_s',
  'project_id',
  'location',
  'protection_level',
  'operations',
  'usage',
  'exceeded',
  'other_usage',
  'peak_per_second',
  'limit_per_minute',
];

const OPERATION_COLUMNS = [
  'time_s',
  'key',
  'version',
  'protection_level',
  'service_name',
  'caller_context',
  'method',
  'granted',
  'exceeded',
  'failed',
  'retries',
  'latency_p50_ms',
  'latency_p99_ms',
];

export class KmsTally {
  private readonly plan: Plan;
  private readonly intervals: number;
  private view: WorldView | null = null;
  private readonly groups: readonly Group[];
  /** By key: its group. */
  private readonly groupOf: readonly Group[];
  private readonly pools: readonly PoolUse[];
  /** By interval: who used which key for what. */
  private readonly uses: Map<string, KeyUsage>[] = [];

  constructor(plan: Plan) {
    this.plan = plan;
    this.intervals = Math.max(1, Math.ceil(plan.duration / plan.sampleInterval));
    this.pools = plan.quotas.limits.map(() => new PoolUse(plan, this.intervals));
    const groups = new Map<string, Group>();
    this.groupOf = plan.keys.map((key) => {
      const name = `${key.project}/${key.location}/${key.protectionLevel}`;
      const group = groups.get(name) ?? new Group(key, this.intervals);
      groups.set(name, group);
      return group;
    });
    this.groups = [...groups.values()];
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  /** The limits in force at a point of the grid, which their interval's rows show. */
  sampled(index: number): void {
    this.pools.forEach((pool, id) => {
      pool.limits[index] = this.view!.pools[id].perMinute;
    });
  }

  quotaTaken(pool: PoolId, ours: boolean, at: Instant, cost: number): void {
    this.pools[pool].taken(ours, at, cost);
  }

  keyCalled(call: KeyCallRecord): void {
    // A run may begin before time 0, in the middle of an incident; curves and summary begin at 0.
    if (call.issuedAt < 0) return;
    const interval = Math.min(Math.floor(call.issuedAt / this.plan.sampleInterval), this.intervals - 1);
    const group = this.groupOf[call.key];
    const counted = call.issuedAt >= this.plan.warmUp;
    if (call.outcome === 'exceeded') {
      group.exceeded[interval]++;
      if (counted) group.totalExceeded++;
    } else {
      group.granted[interval]++;
      group.usage[interval] += call.cost;
      if (counted) {
        group.totalGranted++;
        group.totalUsage += call.cost;
      }
      if (call.pool === null) group.grantedAt.push(call.issuedAt);
    }
    this.usageOf(call, interval).count(call);
  }

  /** The horizon: no more calls. */
  finish(): void {
    const end = this.plan.duration as number as Instant;
    for (const pool of this.pools) pool.finish();
    for (const group of this.groups) {
      if (group.pool !== null) {
        const { ours } = this.pools[group.pool];
        check(group.totalUsage <= ours, 'a call on an HSM or external key takes quota when it is granted');
        continue;
      }
      const calls = new PoolUse(this.plan, this.intervals);
      group.grantedAt.sort((a, b) => a - b);
      for (const at of group.grantedAt) if (at <= end) calls.taken(true, at, 1);
      calls.finish();
      group.own = calls;
    }
  }

  get summary(): KmsSummary[] {
    return this.groups.map((group) => {
      const pool = this.usedBy(group);
      return {
        project_id: group.project,
        location: group.location,
        protection_level: group.level,
        operations: group.totalGranted + group.totalExceeded,
        usage: group.totalUsage,
        exceeded: group.totalExceeded,
        other_usage: pool.others,
        peak_per_second: pool.perSecond.highest,
        peak_per_minute: pool.perMinute.highest,
        limit_per_minute: group.pool === null ? null : this.plan.quotas.limits[group.pool].perMinute,
      };
    });
  }

  get quotaTable(): Table {
    const rows: Cell[][] = [];
    for (let i = 0; i < this.intervals; i++) {
      const time = inSeconds((i * this.plan.sampleInterval) as Instant);
      for (const group of this.groups) {
        const { others, peaks, limits } = this.curvesOf(group);
        const granted = group.granted[i];
        const exceeded = group.exceeded[i];
        rows.push([
          time,
          group.project,
          group.location,
          group.level,
          granted + exceeded,
          group.usage[i],
          exceeded,
          others[i],
          peaks[i],
          group.pool === null ? null : limits[i],
        ]);
      }
    }
    return { columns: QUOTA_COLUMNS, rows };
  }

  get operationsTable(): Table {
    const rows: Cell[][] = [];
    for (let i = 0; i < this.intervals; i++) {
      const uses = this.uses[i];
      if (uses === undefined) continue;
      const time = inSeconds((i * this.plan.sampleInterval) as Instant);
      for (const usage of [...uses.values()].sort(inOrder)) rows.push([time, ...usage.row(this.plan)]);
    }
    return { columns: OPERATION_COLUMNS, rows };
  }

  private usedBy(group: Group): PoolUse {
    const pool = group.pool === null ? group.own : this.pools[group.pool];
    check(pool !== null, 'the peak is known at the horizon');
    return pool;
  }

  private curvesOf(group: Group): { others: Float64Array; peaks: Float64Array; limits: Float64Array } {
    const pool = this.usedBy(group);
    return { others: pool.othersBy, peaks: pool.peaks, limits: pool.limits };
  }

  private usageOf(call: KeyCallRecord, interval: number): KeyUsage {
    const uses = (this.uses[interval] ??= new Map());
    const name = `${call.key} ${call.version} ${call.service} ${call.use}`;
    const usage = uses.get(name) ?? new KeyUsage(call);
    uses.set(name, usage);
    return usage;
  }
}

/** The keys of one project, location and protection level. */
class Group {
  readonly project: string;
  readonly location: string;
  readonly level: string;
  readonly pool: PoolId | null;
  readonly granted: Float64Array;
  readonly exceeded: Float64Array;
  /** What the granted calls took of the quota. */
  readonly usage: Float64Array;
  totalGranted = 0;
  totalUsage = 0;
  totalExceeded = 0;
  /** Where no quota applies: when calls were made, and what a quota would have seen of them. */
  readonly grantedAt: Instant[] = [];
  own: PoolUse | null = null;

  constructor(key: Plan['keys'][number], intervals: number) {
    this.project = key.project;
    this.location = key.location;
    this.level = key.protectionLevel;
    this.pool = key.pool;
    this.granted = new Float64Array(intervals);
    this.usage = new Float64Array(intervals);
    this.exceeded = new Float64Array(intervals);
  }
}

/** What a quota pool granted, to our services and to others. */
class PoolUse {
  readonly perSecond = new PeakMeter(SECOND);
  readonly perMinute = new PeakMeter(MINUTE);
  /** What was granted to others, and to ours, since the warm-up. */
  others = 0;
  ours = 0;
  readonly othersBy: Float64Array;
  readonly peaks: Float64Array;
  readonly limits: Float64Array;
  private readonly meter = new PeakMeter(SECOND);
  private readonly warmUp: number;
  private readonly length: number;
  private interval = 0;

  constructor(plan: Plan, intervals: number) {
    this.warmUp = plan.warmUp;
    this.length = plan.sampleInterval;
    this.othersBy = new Float64Array(intervals);
    this.peaks = new Float64Array(intervals);
    this.limits = new Float64Array(intervals);
  }

  taken(ours: boolean, at: Instant, cost: number): void {
    if (at < 0) return;
    const interval = Math.min(Math.floor(at / this.length), this.peaks.length - 1);
    while (this.interval < interval) this.closeInterval();
    for (let n = 0; n < cost; n++) this.meter.add(at);
    if (!ours) this.othersBy[interval] += cost;
    if (at < this.warmUp) return;
    if (ours) this.ours += cost;
    else this.others += cost;
    for (let n = 0; n < cost; n++) {
      this.perSecond.add(at);
      this.perMinute.add(at);
    }
  }

  finish(): void {
    while (this.interval < this.peaks.length) this.closeInterval();
  }

  /** An interval is [from, to): the last second that ends in it ends a nanosecond before the next one begins. */
  private closeInterval(): void {
    const last = (this.interval + 1) * this.length - 1;
    this.peaks[this.interval] = this.meter.takePeak(last as Instant);
    this.interval++;
  }
}

/** One line of who used a key, and for what, in one interval. */
class KeyUsage {
  readonly call: KeyCallRecord;
  private granted = 0;
  private exceeded = 0;
  private failed = 0;
  private retries = 0;
  /** Of granted calls, ns. */
  private readonly latencies: Duration[] = [];

  constructor(call: KeyCallRecord) {
    this.call = call;
  }

  count(call: KeyCallRecord): void {
    if (call.attempt > 0) this.retries++;
    if (call.outcome === 'exceeded') {
      this.exceeded++;
      return;
    }
    this.granted++;
    if (call.outcome === 'failed') this.failed++;
    this.latencies.push((call.answeredAt - call.issuedAt) as Duration);
  }

  row(plan: Plan): Cell[] {
    const { key, version, service, use } = this.call;
    this.latencies.sort((a, b) => a - b);
    return [
      plan.keys[key].name,
      version,
      plan.keys[key].protectionLevel,
      plan.services[service].name,
      reasonOf(use),
      methodOf(use),
      this.granted,
      this.exceeded,
      this.failed,
      this.retries,
      nearestRank(this.latencies, 50),
      nearestRank(this.latencies, 99),
    ];
  }
}

const inOrder = (a: KeyUsage, b: KeyUsage): number =>
  (a.call.key as KeyId) - b.call.key ||
  a.call.version - b.call.version ||
  a.call.service - b.call.service ||
  ALL_KEY_USE_IDS.indexOf(a.call.use) - ALL_KEY_USE_IDS.indexOf(b.call.use);

/** The smallest of the sorted lengths of time that at least so many percent of them do not exceed, ms. */
function nearestRank(sorted: readonly Duration[], percent: number): number | null {
  if (sorted.length === 0) return null;
  const rank = Math.ceil((percent * sorted.length) / 100);
  return inMilliseconds(sorted[Math.max(rank, 1) - 1]);
}
