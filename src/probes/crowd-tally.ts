/**
 * What accelerated mode tells of requests, made into the counts that everybody reads.
 *
 * Arrivals and refusals are counted as they come. Who is answered 2xx is told as a number; which requests those were
 * follows from when they began, so they are allotted to the stretches of time in which requests began, in proportion to
 * how many of each are expected to end in the interval. Nothing is lost or made up: each request that began is answered
 * once, is cut off, or is in flight at the end.
 */
import type { Plan } from '../model/plan.ts';
import type { CrowdProbe } from '../model/probe.ts';
import type { HttpOutcomeId } from '../rules/cloud-run-limits.ts';
import type { InstanceId, RevisionId, ServiceId } from '../units/ids.ts';
import type { ActiveInstances } from './active-instances.ts';
import type { CostTally } from './cost.ts';
import { Durations } from './crowd-durations.ts';
import { allotted } from './crowd-shares.ts';
import { recordWaited, Starts } from './crowd-starts.ts';
import type { FaultStory } from './fault-story.ts';
import type { RequestTally } from './request-tally.ts';
import type { ServiceLog } from './service-log.ts';

/** Stretches into which the starts of an interval are sorted. */
const STRETCHES = 8;

export class CrowdTally implements CrowdProbe {
  private readonly requests: RequestTally;
  private readonly cost: CostTally;
  private readonly active: ActiveInstances;
  private readonly faults: FaultStory;
  private readonly log: ServiceLog | null;
  /** By kind: the requests of each service, then the first ones on instances of each. */
  private readonly durations: readonly (Durations | null)[];
  /** By service: a request takes this long at most, ns. */
  private readonly limits: readonly number[];
  private readonly stretch: number;
  private readonly starts: Starts[][];
  private readonly open: Map<number, Starts>[];
  /** By service: answered 2xx in the interval that is open. */
  private readonly served: Float64Array;
  private round = 0;

  constructor(
    plan: Plan,
    watchers: {
      requests: RequestTally;
      cost: CostTally;
      active: ActiveInstances;
      faults: FaultStory;
      log: ServiceLog | null;
    },
  ) {
    this.requests = watchers.requests;
    this.cost = watchers.cost;
    this.active = watchers.active;
    this.faults = watchers.faults;
    this.log = watchers.log;
    this.durations = [
      ...plan.services.map(({ requests }) => new Durations(requests.duration)),
      ...plan.services.map(({ requests }) =>
        requests.firstDuration === null ? null : new Durations(requests.firstDuration),
      ),
    ];
    this.limits = plan.services.map(({ clients }, service) => {
      const timeouts = plan.revisions.map((one) => (one.service === service ? one.timeout : 0));
      return Math.min(Math.max(...timeouts), clients?.timeout ?? Infinity);
    });
    this.stretch = Math.ceil(Math.min(plan.sampleInterval, plan.duration) / STRETCHES);
    this.starts = plan.services.map(() => []);
    this.open = plan.services.map(() => new Map());
    this.served = new Float64Array(plan.services.length);
    this.requests.whenClosing((from, until) => this.close(from, until));
  }

  crowdArrived(service: ServiceId, count: number, from: number, until: number): void {
    this.requests.passTo(from);
    for (const counts of this.requests.countsAt(service, 0.5 * (from + until))) counts.arrived += count;
    if (this.faults.expectant) this.faults.look();
  }

  crowdStarted(
    service: ServiceId,
    kind: number,
    count: number,
    cameFrom: number,
    cameUntil: number,
    from: number,
    until: number,
  ): void {
    if (count === 0) return;
    const klass = this.requests.classAt(0.5 * (cameFrom + cameUntil));
    const key = klass * this.durations.length + kind;
    let starts = this.open[service].get(key);
    if (starts === undefined || from >= starts.from + this.stretch) {
      starts = new Starts(klass, kind, from, until);
      this.open[service].set(key, starts);
      this.starts[service].push(starts);
    }
    starts.add(count, until, from - cameFrom, until - cameUntil);
  }

  crowdCold(service: ServiceId, count: number, arrivedAt: number): void {
    for (const counts of this.requests.countsAt(service, arrivedAt)) counts.cold += count;
  }

  crowdServed(service: ServiceId, revision: RevisionId, count: number, at: number): void {
    this.served[service] += count;
    this.requests.placedMany(revision, count, at);
    if (this.faults.expectant) this.faults.look();
  }

  crowdFinished(
    service: ServiceId,
    revision: RevisionId,
    count: number,
    arrivedAt: number,
    startedAt: number,
    at: number,
  ): void {
    this.requests.passTo(at);
    for (const counts of this.requests.countsAt(service, arrivedAt)) {
      counts.answeredOk(count);
      if (startedAt === arrivedAt) counts.direct.recordMany(at - arrivedAt, count);
      else recordWaited(counts, at - startedAt, startedAt - arrivedAt, count);
    }
    this.requests.placedMany(revision, count, at);
    if (this.faults.expectant) this.faults.look();
  }

  crowdActiveChanged(revision: RevisionId, instance: InstanceId, by: number): void {
    this.active.changed(revision, by);
    this.cost.activeChangedUnrounded(revision, instance);
  }

  crowdPaidIdle(revision: RevisionId, length: number, at: number): void {
    this.cost.paidIdle(revision, length, at);
  }

  crowdRefused(
    service: ServiceId,
    revision: RevisionId,
    outcome: HttpOutcomeId,
    code: number,
    count: number,
    arrivedAt: number,
    placed: boolean,
  ): void {
    for (const counts of this.requests.countsAt(service, arrivedAt)) counts.refused(code, count, placed);
    if (placed) this.requests.placedMany(revision, count, arrivedAt);
    if (outcome === 'instance-gone') this.cut(service, count, arrivedAt);
    this.faults.requestFailed(service, count);
    this.log?.rejectedMany(service, revision, outcome, count);
    if (this.faults.expectant) this.faults.look();
  }

  /** Requests that began and are not going to be answered 2xx: of the latest, as these are those at work. */
  private cut(service: number, count: number, around: number): void {
    let left = count;
    const starts = this.starts[service];
    for (let at = starts.length - 1; at >= 0 && left > 0; at--) {
      const one = starts[at];
      if (one.from > around && at > 0) continue;
      const gone = Math.min(left, one.left);
      one.take(gone);
      left -= gone;
    }
    for (let at = starts.length - 1; at >= 0 && left > 0; at--) {
      const gone = Math.min(left, starts[at].left);
      starts[at].take(gone);
      left -= gone;
    }
  }

  /** An interval is over: who was answered in it is allotted and recorded. */
  private close(from: number, until: number): void {
    this.round++;
    for (let service = 0; service < this.starts.length; service++) {
      this.allot(service as ServiceId, from, until);
      this.open[service].clear();
      this.starts[service] = this.starts[service].filter((starts) => starts.left > 0);
      this.served[service] = 0;
    }
  }

  private allot(service: ServiceId, from: number, until: number): void {
    const served = this.served[service];
    if (served === 0) return;
    const starts = this.starts[service];
    const limit = this.limits[service];
    const parts = allotted(
      served,
      starts.map(({ left }) => left),
      starts.map((one) => this.endingShare(one, from, until)),
    );
    // Those of which all end in the interval need not be told apart.
    const together = new Map<number, { starts: Starts; count: number }>();
    starts.forEach((one, index) => {
      const count = parts[index];
      if (count === 0) return;
      const direct = one.take(count);
      const counts = this.requests.countsOf(service, one.klass);
      for (const each of counts) each.answeredOk(count);
      const durations = this.durations[one.kind]!;
      if (direct > 0) {
        const whole = one.from >= from && one.left === 0;
        const key = one.klass * this.durations.length + one.kind;
        const mate = whole ? together.get(key) : undefined;
        if (mate !== undefined) mate.count += direct;
        else if (whole) together.set(key, { starts: one, count: direct });
        else one.recordDirect(counts, durations, direct, this.round, from, until, limit);
      }
      if (count > direct) {
        one.recordWaited(counts, durations, count - direct, this.round + index, from, until, limit);
      }
    });
    for (const { starts: one, count } of together.values()) {
      const counts = this.requests.countsOf(service, one.klass);
      one.recordDirect(counts, this.durations[one.kind]!, count, this.round, -Infinity, Infinity, limit);
    }
  }

  /** How likely a request of these that was at work when the interval began is to be finished when it ends. */
  private endingShare(starts: Starts, from: number, until: number): number {
    const { survival } = this.durations[starts.kind]!;
    const width = starts.until - starts.from;
    const before = starts.from >= from ? 1 : survival.afterStretch(Math.max(0, from - starts.until), width);
    const after = survival.afterStretch(Math.max(0, until - starts.until), width);
    return before <= 0 ? 1 : 1 - after / before;
  }
}
