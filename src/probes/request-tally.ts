/**
 * Requests as counted: how many came, how they were answered, how long clients waited.
 *
 * Hot: every request passes twice. A request that was placed at once has an end-to-end latency equal to its
 * execution and has pended 0, so one number describes it and one histogram is told; only those that waited are
 * told to three. Counts are kept per interval of the grid: when an interval is over its row is written and its
 * counts are added to the total, so that curve and summary cannot differ and no request is recorded twice.
 *
 * Two rules of belonging: in the curve a request counts as arrived where it arrived, and its code and latency
 * where it was answered; a summary (and a window that an objective names) has the requests that arrived in it.
 */
import { LatencyHistogram } from '../engine/latency-histogram.ts';
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import { check, InvariantViolation } from '../units/check.ts';
import type { RequestId, RevisionId, ServiceId, TimelineId } from '../units/ids.ts';
import { inMilliseconds, inSeconds, type Instant } from '../units/time.ts';
import type { Cell, Table } from './results.ts';

/** How a request can end, in the order of the columns. */
export const OUTCOMES = ['2xx', '429', '499', '500', '503', '504'] as const;
const SERVED = 0;

const COLUMNS = [
  'time_s',
  'service_name',
  'arrived',
  ...OUTCOMES.map((code) => `code_${code}`),
  'e2e_p50_ms',
  'e2e_p95_ms',
  'e2e_p99_ms',
  'e2e_max_ms',
];

export class RequestTally {
  /** Per service: the requests of the summary. Complete once `finish` was called. */
  readonly totals: readonly RequestCounts[];
  readonly rows: (readonly Cell[])[] = [];
  /** By revision: requests of the summary that reached an instance, however they were answered. */
  readonly placed: Float64Array;

  private view!: WorldView;
  private clock!: WorldView['clock'];
  private requests!: WorldView['requests'];
  private readonly plan: Plan;
  private readonly warmUp: Instant;
  /** Per service, of the interval that is open: those of the summary, and those that arrived before it begins. */
  private readonly counted: readonly RequestCounts[];
  private readonly early: readonly RequestCounts[];
  /** The same, each in a list of its own: where the requests of a class are counted if there are no windows. */
  private readonly alone: readonly (readonly (readonly RequestCounts[])[])[];
  /** Where the latencies of an interval are put together. */
  private readonly together = new LatencyHistogram();
  private interval = 0;
  private readonly lastInterval: number;
  private intervalEnd = NaN;
  private readonly windows: RequestWindow[] = [];
  private readonly windowOf = new Map<TimelineId, RequestWindow>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.placed = new Float64Array(plan.revisions.length);
    this.warmUp = plan.warmUp as number as Instant;
    const each = (): RequestCounts[] => plan.services.map(() => new RequestCounts());
    this.totals = each();
    this.counted = each();
    this.early = each();
    this.alone = [this.early, this.counted].map((all) => all.map((counts) => [counts]));
    this.lastInterval = Math.max(0, Math.ceil(plan.duration / plan.sampleInterval) - 1);
    this.intervalEnd = this.lastInterval === 0 ? Infinity : plan.sampleInterval;
    for (const { during } of plan.objectives) {
      if (during === null || this.windowOf.has(during)) continue;
      const window = new RequestWindow(plan, during, each());
      this.windowOf.set(during, window);
      this.windows.push(window);
    }
  }

  watch(view: WorldView): void {
    this.view = view;
    this.clock = view.clock;
    this.requests = view.requests;
  }

  /** Closes the intervals that are over at `instant`; to be told before anything that happens then. */
  passTo(instant: number): void {
    while (instant >= this.intervalEnd) this.closeInterval();
  }

  // For requests that are told of in numbers: see crowd-tally.ts.

  private closing: ((from: number, until: number) => void) | null = null;

  /** Is told when an interval is over, before its row is written; what it counts still belongs to it. */
  whenClosing(closing: (from: number, until: number) => void): void {
    this.closing = closing;
  }

  /** Requests that arrive at two instants of one class are counted at the same places. */
  classAt(instant: number): number {
    let place = instant >= this.warmUp ? 1 : 0;
    if (this.windows.length === 0) return place;
    this.windows.forEach((window, at) => {
      if (instant >= this.warmUp && window.holds(instant)) place += powerOf2(at + 1);
    });
    return place;
  }

  countsAt(service: ServiceId, arrivedAt: number): readonly RequestCounts[] {
    return this.countsOf(service, this.classAt(arrivedAt));
  }

  /** Requests that reached an instance and came at about `arrivedAt`. */
  placedMany(revision: RevisionId, count: number, arrivedAt: number): void {
    if (arrivedAt >= this.warmUp) this.placed[revision] += count;
  }

  /** Where the requests of a service are counted that belong to a class. */
  countsOf(service: ServiceId, place: number): readonly RequestCounts[] {
    if (this.windows.length === 0) return this.alone[place][service];
    const counts = [place % 2 === 1 ? this.counted[service] : this.early[service]];
    this.windows.forEach((window, at) => {
      if (Math.floor(place / powerOf2(at + 1)) % 2 === 1) counts.push(window.services[service]);
    });
    return counts;
  }

  /** `attempt`: 0 for what a user asked for first, then 1, 2 … for the client's retries. */
  arrived(service: ServiceId, attempt: number): void {
    const { now } = this.clock;
    const counts = now >= this.warmUp ? this.counted[service] : this.early[service];
    counts.arrived++;
    if (attempt > 0) counts.retries++;
    if (this.windows.length > 0) this.arrivedInWindows(service, attempt, now);
  }

  answered(request: RequestId, code: number): void {
    const { requests } = this;
    const { now } = this.clock;
    const arrivedAt = requests.arrivedAt(request);
    const startedAt = requests.startedAt(request);
    const service = requests.service(request);
    let counts = this.counted[service];
    if (arrivedAt < this.warmUp) counts = this.early[service];
    else if (startedAt >= 0) this.placed[requests.revision(request)]++;
    if (code === 200 && startedAt === arrivedAt) {
      counts.cold += requests.cold(request);
      counts.codes[SERVED]++;
      counts.direct.record(now - arrivedAt);
    } else {
      counts.answered(this.view, request, code);
    }
    if (this.windows.length > 0) this.answeredInWindows(request, code);
  }

  /** A timeline entry that comes and goes at random is in force from now on. */
  began(entry: TimelineId, now: Instant): void {
    this.windowOf.get(entry)?.open(now);
  }

  ended(entry: TimelineId, now: Instant): void {
    this.windowOf.get(entry)?.close(now);
  }

  /** Per service, the requests that arrived while a timeline entry was in force; for entries that an objective names. */
  during(entry: TimelineId): readonly RequestCounts[] {
    const window = this.windowOf.get(entry);
    check(window !== undefined, 'a window is kept for each timeline entry that an objective names');
    return window.services;
  }

  get table(): Table {
    return { columns: COLUMNS, rows: this.rows };
  }

  /** The horizon: closes what is open and checks the books. */
  finish(): void {
    while (this.interval < this.lastInterval) this.closeInterval();
    this.closeInterval();
    this.totals.forEach((total, service) => {
      const name = this.plan.services[service].name;
      check(total.inFlight >= 0, () => `${name} answers no more requests than arrive`);
      check(
        total.direct.count + total.waited.count === total.codes[SERVED],
        () => `${name} has a latency for each request answered 2xx`,
      );
    });
    if (this.warmUp === 0) this.checkCurve();
  }

  private checkCurve(): void {
    this.totals.forEach((total, service) => {
      const { name } = this.plan.services[service];
      const sums = new Array<number>(1 + OUTCOMES.length).fill(0);
      for (let row = service; row < this.rows.length; row += this.totals.length) {
        for (let column = 0; column < sums.length; column++) {
          sums[column] += this.rows[row][2 + column] as number;
        }
      }
      check(sums[0] === total.arrived, () => `the curve of ${name} shows each request that arrived`);
      OUTCOMES.forEach((code, slot) =>
        check(sums[1 + slot] === total.codes[slot], () => `the curve of ${name} shows each answer ${code}`),
      );
    });
  }

  private arrivedInWindows(service: ServiceId, attempt: number, now: number): void {
    for (const window of this.windows) {
      if (now < this.warmUp || !window.holds(now)) continue;
      window.services[service].arrived++;
      if (attempt > 0) window.services[service].retries++;
    }
  }

  private answeredInWindows(request: RequestId, code: number): void {
    const { view, requests } = this;
    const at = requests.arrivedAt(request);
    for (const window of this.windows) {
      if (at >= this.warmUp && window.holds(at)) {
        window.services[requests.service(request)].answered(view, request, code);
      }
    }
  }

  /** An interval ends before its last instant: [from, to). */
  private closeInterval(): void {
    const { plan, counted, early, totals } = this;
    this.closing?.(
      this.interval * plan.sampleInterval,
      Math.min(plan.duration, (this.interval + 1) * plan.sampleInterval),
    );
    const time = inSeconds((this.interval * plan.sampleInterval) as Instant);
    for (let service = 0; service < totals.length; service++) {
      this.rows.push(
        curveRow(time, plan.services[service].name, counted[service], early[service], this.together),
      );
      totals[service].add(counted[service]);
      counted[service].clear();
      early[service].clear();
    }
    this.interval++;
    this.intervalEnd =
      this.interval >= this.lastInterval ? Infinity : (this.interval + 1) * plan.sampleInterval;
  }
}

/** Some of a service's requests: of an interval, of the summary, of a window. */
export class RequestCounts {
  arrived = 0;
  /** Of those, how many were a client's retry. */
  retries = 0;
  cold = 0;
  /** Answered without having reached an instance: Cloud Monitoring's request_count knows nothing of these. */
  unplaced = 0;
  /** Answered otherwise than 2xx, and not asked again: what a user wanted came to nothing. */
  givenUp = 0;
  /** By place in `OUTCOMES`. */
  readonly codes = new Float64Array(OUTCOMES.length);
  /** End to end, of requests answered 2xx that were placed at once: their execution too. */
  readonly direct = new LatencyHistogram();
  /** Of requests answered 2xx that pended first: end to end, execution alone, pending alone. */
  readonly waited = new LatencyHistogram();
  readonly waitedExecution = new LatencyHistogram();
  readonly waitedPending = new LatencyHistogram();

  answered(view: WorldView, request: RequestId, code: number): void {
    const { requests } = view;
    this.cold += requests.cold(request);
    const slot = code === 200 ? SERVED : slotOf(code);
    this.codes[slot]++;
    if (slot !== SERVED) {
      if (!requests.retried(request)) this.givenUp++;
      if (requests.startedAt(request) < 0) this.unplaced++;
      return;
    }
    const arrivedAt = requests.arrivedAt(request);
    const startedAt = requests.startedAt(request);
    if (startedAt === arrivedAt) {
      this.direct.record(view.now - arrivedAt);
    } else {
      this.waited.record(view.now - arrivedAt);
      this.waitedExecution.record(view.now - startedAt);
      this.waitedPending.record(startedAt - arrivedAt);
    }
  }

  /** Requests that are told of in numbers were answered 2xx; their latencies are recorded by who tells. */
  answeredOk(count: number): void {
    this.codes[SERVED] += count;
  }

  /** The same, answered otherwise and not asked again. */
  refused(code: number, count: number, placed: boolean): void {
    this.codes[slotOf(code)] += count;
    this.givenUp += count;
    if (!placed) this.unplaced += count;
  }

  get served(): number {
    return this.codes[SERVED];
  }

  /** How many were answered with one of `OUTCOMES`. */
  answeredWith(code: string): number {
    const slot = OUTCOMES.indexOf(code as (typeof OUTCOMES)[number]);
    check(slot >= 0, () => `requests are not counted by ${code}`);
    return this.codes[slot];
  }

  /** Answered otherwise than 2xx. */
  get failed(): number {
    let failed = 0;
    for (let slot = 1; slot < OUTCOMES.length; slot++) failed += this.codes[slot];
    return failed;
  }

  get inFlight(): number {
    return this.arrived - this.served - this.failed;
  }

  /** Share of the answered that were not answered 2xx; null where nothing was answered. */
  get errorRatio(): number | null {
    const answered = this.served + this.failed;
    return answered === 0 ? null : this.failed / answered;
  }

  add(other: RequestCounts): void {
    this.arrived += other.arrived;
    this.retries += other.retries;
    this.cold += other.cold;
    this.givenUp += other.givenUp;
    this.unplaced += other.unplaced;
    for (let slot = 0; slot < OUTCOMES.length; slot++) this.codes[slot] += other.codes[slot];
    if (other.direct.count > 0) this.direct.add(other.direct);
    if (other.waited.count > 0) {
      this.waited.add(other.waited);
      this.waitedExecution.add(other.waitedExecution);
      this.waitedPending.add(other.waitedPending);
    }
  }

  clear(): void {
    this.arrived = this.retries = this.cold = this.givenUp = this.unplaced = 0;
    this.codes.fill(0);
    if (this.direct.count > 0) this.direct.clear();
    if (this.waited.count > 0) {
      this.waited.clear();
      this.waitedExecution.clear();
      this.waitedPending.clear();
    }
  }
}

/** When a timeline entry was in force, and what arrived then: its own window or, at random, several. */
class RequestWindow {
  readonly services: readonly RequestCounts[];
  /** Ascending, apart from each other; the last may be open, then its end is Infinity. */
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private readonly random: boolean;

  constructor(plan: Plan, entry: TimelineId, services: readonly RequestCounts[]) {
    const { at, until, repeat } = plan.timeline[entry];
    this.services = services;
    this.random = repeat !== null;
    if (this.random) return;
    this.from.push(at);
    this.to.push(until);
  }

  open(now: Instant): void {
    if (!this.random) return;
    this.from.push(now);
    this.to.push(Infinity);
  }

  close(now: Instant): void {
    if (this.random && this.to.length > 0) this.to[this.to.length - 1] = now;
  }

  holds(instant: number): boolean {
    for (let i = this.from.length - 1; i >= 0; i--) {
      if (instant >= this.from[i]) return instant < this.to[i];
    }
    return false;
  }
}

/** 2^k, k from 0 to 52. */
const powerOf2 = (k: number): number => (k < 31 ? 1 << k : (1 << 30) * powerOf2(k - 30));

function slotOf(code: number): number {
  if (code >= 200 && code < 300) return SERVED;
  switch (code) {
    case 429:
      return 1;
    case 499:
      return 2;
    case 500:
      return 3;
    case 503:
      return 4;
    case 504:
      return 5;
    default:
      throw new InvariantViolation(`a request is answered 2xx, 429, 499, 500, 503 or 504, not ${code}`);
  }
}

const SHARES = [0.5, 0.95, 0.99];

function curveRow(
  time: number,
  service: string,
  counted: RequestCounts,
  early: RequestCounts,
  together: LatencyHistogram,
): Cell[] {
  const row: Cell[] = [time, service, counted.arrived + early.arrived];
  for (let slot = 0; slot < OUTCOMES.length; slot++) row.push(counted.codes[slot] + early.codes[slot]);
  const latencies = merged([counted.direct, counted.waited, early.direct, early.waited], together);
  if (latencies === null) return [...row, null, null, null, null];
  for (const ns of latencies.quantiles(SHARES)) row.push(inMilliseconds(ns as Instant));
  row.push(inMilliseconds(latencies.max as Instant));
  return row;
}

/** All that is in the parts; null where they are empty. They are put `together` only where more than one holds anything. */
function merged(parts: readonly LatencyHistogram[], together: LatencyHistogram): LatencyHistogram | null {
  const filled = parts.filter((part) => part.count > 0);
  if (filled.length <= 1) return filled[0] ?? null;
  together.clear();
  for (const part of filled) together.add(part);
  return together;
}
