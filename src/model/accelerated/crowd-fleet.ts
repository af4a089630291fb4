/**
 * The ready instances of a revision whose requests are a crowd: as {@link Fleet} keeps them, oldest first with the
 * core in front, and the crowd is told who joins the core, leaves it, or leaves for good.
 */
import { Fleet } from '../run/fleet.ts';
import type { Instances } from '../run/instances.ts';
import type { Stream } from '../../engine/streams.ts';

/** Who is told of the instances that are ready. */
export interface FleetFollower {
  /** Time has passed for it up to here, ns. */
  readonly at: number;
  /** An instance has become one of the core. */
  joinCore(row: number): void;
  /** One is not (any more) of the core, but ready. */
  leaveCore(row: number): void;
  /** One is not routed to any more. */
  leave(row: number): void;
  /** It may have to act sooner than it meant to. */
  replan(now: number): void;
}

export class CrowdFleet extends Fleet {
  private crowd!: FleetFollower;
  private coreSize = Infinity;

  constructor(instances: Instances, concurrency: number, chance: Stream) {
    super(instances, concurrency, 'least-loaded', chance);
  }

  serve(crowd: FleetFollower): void {
    this.crowd = crowd;
  }

  override join(row: number, number: number): void {
    super.join(row, number);
    const { members, coreSize, crowd } = this;
    if (this.isSurplus(row)) {
      crowd.leaveCore(row);
      return;
    }
    crowd.joinCore(row);
    if (members.length > coreSize) crowd.leaveCore(members[coreSize]);
  }

  override leave(row: number): void {
    this.crowd.leave(row);
    const wasCore = !this.isSurplus(row);
    super.leave(row);
    const { members, coreSize, crowd } = this;
    if (wasCore && members.length >= coreSize && coreSize > 0) crowd.joinCore(members[coreSize - 1]);
  }

  override want(wanted: number): void {
    const { members, crowd } = this;
    const before = Math.min(this.coreSize, members.length);
    super.want(wanted);
    this.coreSize = wanted;
    const now = Math.min(wanted, members.length);
    for (let at = before; at < now; at++) crowd.joinCore(members[at]);
    // The newest first, so that the even shares of those that stay do not depend on how many leave.
    for (let at = before - 1; at >= now; at--) crowd.leaveCore(members[at]);
    if (now !== before) crowd.replan(crowd.at);
  }
}
