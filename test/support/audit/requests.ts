/**
 * The book of requests, kept beside a world: who came, who was answered and how, who waits and who is on which
 * instance. Compared with the world's own counts between any two events.
 */
import type { Plan } from '../../../src/model/plan.ts';
import type { RequestId, ServiceId } from '../../../src/units/ids.ts';
import { broken, instancesOf, type SmallWorld } from './small-world.ts';

export class RequestBook {
  private readonly plan: Plan;
  private readonly world: SmallWorld;
  private readonly arrivals: number[];
  private readonly answers: number[];
  private readonly freesSlots: boolean;

  constructor(plan: Plan, world: SmallWorld) {
    this.plan = plan;
    this.world = world;
    this.arrivals = plan.services.map(() => 0);
    this.answers = plan.services.map(() => 0);
    this.freesSlots = plan.assumptions.timedOutRequestFreesSlot;
  }

  arrived(service: ServiceId): void {
    this.arrivals[service]++;
  }

  answered(row: RequestId, code: number): void {
    const { requests, now } = this.world;
    if (!requests.isLive(row)) broken('I3', 'a request is answered that is there, and answered once');
    const service = requests.service(row);
    this.answers[service]++;
    const { clients, pendingTimeout } = this.plan.services[service];
    const stayed = now - requests.arrivedAt(row);
    const revision = this.plan.revisions[requests.revision(row)];
    if (revision !== undefined && stayed > revision.timeout)
      broken('I7', `an answer ${code} after the timeout`);
    if (stayed > (clients?.timeout ?? Infinity)) broken('I7', `an answer ${code} to nobody`);
    const placed = requests.startedAt(row) >= 0;
    if (code === 200 && !placed) broken('I3', 'who is served was on an instance');
    const waited = placed ? requests.startedAt(row) - requests.arrivedAt(row) : stayed;
    const bound = this.plan.services[service].autoscaler === 'per-request' ? null : pendingTimeout;
    if (bound !== null && waited > bound) broken('I7', `a request pends for ${waited} ns, above its limit`);
  }

  /** Between two events. */
  compare(): void {
    const { requests, revisions } = this.world;
    const live = this.plan.services.map(() => 0);
    const pending = revisions.map(() => 0);
    const load = new Map<number, number>();
    for (let row = 0; row < requests.capacity; row++) {
      if (!requests.isLive(row)) continue;
      live[requests.service(row)]++;
      const instance = requests.instance(row);
      if (requests.startedAt(row) < 0) pending[requests.revision(row)]++;
      else load.set(instance, (load.get(instance) ?? 0) + 1);
    }
    this.plan.services.forEach(({ name }, service) => {
      if (this.arrivals[service] !== this.answers[service] + live[service]) {
        broken(
          'I3',
          `${name}: ${this.arrivals[service]} came, ${this.answers[service]} left, ${live[service]} are there`,
        );
      }
    });
    for (const revision of revisions) {
      const { maxInstanceRequestConcurrency: room } = this.plan.revisions[revision.id];
      const { autoscaler, pendingLimit } = this.plan.services[revision.service];
      if (revision.pending !== pending[revision.id]) {
        broken('I3', `${pending[revision.id]} requests pend, and ${revision.pending} are counted`);
      }
      if (pendingLimit !== null && autoscaler !== 'per-request' && revision.pending > pendingLimit) {
        broken('I7', `${revision.pending} requests pend, where ${pendingLimit} may`);
      }
      const instances = instancesOf(revision);
      for (const row of revision.fleet.members) {
        const taken = instances.load[row];
        const own = load.get(row) ?? 0;
        if (this.freesSlots ? taken !== own : taken < own) broken('I3', `${own} requests count as ${taken}`);
        if (taken > room) broken('I7', `${taken} requests on an instance for ${room}`);
        if (taken < room && revision.pending > 0 && autoscaler !== 'per-request') {
          broken('I9', `${revision.pending} requests pend, and an instance has room`);
        }
      }
    }
  }
}
