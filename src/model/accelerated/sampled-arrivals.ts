/**
 * The requests of a revision that have arrived and not begun, where instances are sampled; and those that have begun and
 * not arrived.
 *
 * How many arrive is drawn for the whole revision, as in {@link Crowd}. On a group as many begin as it has instances.
 * Where fewer are there (the last few of a load, a new instance that joins a group with requests, two groups that became
 * one), the difference is owed: those that come next are taken to be at work already. So every request that arrived is
 * answered once, or is in flight, at any time.
 */
import { poisson } from '../../engine/poisson.ts';
import type { Stream } from '../../engine/streams.ts';
import type { CrowdProbe } from '../probe.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import type { Inflow } from './inflow.ts';
import type { Waiting } from './pending.ts';

export class SampledArrivals {
  /** Those that have arrived and not begun, first come, first served. */
  readonly waiting: Waiting;
  /** All that have arrived so far. */
  count = 0;
  /** Requests that are at work and have not arrived yet. */
  owed = 0;
  /** When those came that were taken last, on average, ns. */
  takenCameAt = 0;
  private readonly revision: Revision;
  private readonly service: Service;
  private readonly inflow: Inflow;
  /** How many services there are that requests may come from. */
  private readonly sources: number;
  private readonly tell: CrowdProbe | undefined;
  private readonly luck: Stream;

  constructor(
    revision: Revision,
    service: Service,
    inflow: Inflow,
    sources: number,
    waiting: Waiting,
    tell: CrowdProbe | undefined,
    luck: Stream,
  ) {
    this.revision = revision;
    this.service = service;
    this.inflow = inflow;
    this.sources = sources;
    this.waiting = waiting;
    this.tell = tell;
    this.luck = luck;
  }

  /** Draws who arrives between two instants; they stand at the end of the queue. Returns how many stand there. */
  arrive(from: number, until: number): number {
    const { inflow, revision, tell, service, waiting } = this;
    let come = 0;
    const { patience } = waiting;
    for (let source = 0; source < this.sources; source++) {
      if (!inflow.comesFrom(source)) continue;
      const mean = inflow.expected(source, from, until);
      if (mean <= 0) continue;
      const arrived = poisson(mean, this.luck);
      if (arrived === 0) continue;
      this.count += arrived;
      revision.arrived += arrived;
      tell?.crowdArrived(service.id, arrived, from, until);
      const count = this.withoutOwed(arrived);
      if (count > 0) waiting.queue.push(from, until, count, source, patience);
      come += count;
    }
    return come;
  }

  /** Takes the first so many, at `now`; what is missing is owed. Returns how many there were. */
  take(wanted: number, now: number): number {
    const { queue } = this.waiting;
    const count = Math.min(wanted, queue.waiting);
    let sum = 0;
    for (let left = count; left > 0;) {
      const n = Math.min(left, queue.first);
      sum += n * queue.arrivalOf(0.5 * n);
      queue.take(n);
      left -= n;
    }
    this.owed += wanted - count;
    this.takenCameAt = count === 0 ? now : Math.floor(sum / count);
    return count;
  }

  /** So many more are at work than before, or fewer (below 0), that have neither begun nor ended: those wait again. */
  madeUp(more: number, now: number): void {
    const { waiting } = this;
    if (more > 0) this.owed += more;
    const again = more < 0 ? this.withoutOwed(-more) : 0;
    if (again > 0) waiting.queue.push(now, now, again, this.service.id, waiting.patience);
  }

  /** Of so many that arrive, are answered or wait again, those that were not owed. The others are not owed any more. */
  withoutOwed(count: number): number {
    const known = Math.min(this.owed, count);
    this.owed -= known;
    return count - known;
  }
}
