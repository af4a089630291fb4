/**
 * A play with auditors in the room: three books are kept of all the world tells, and compared with the world between
 * any two events. For small worlds; it takes some ten times as long as the play alone.
 *
 * "Between two events" is found without a change to the model: the world counts its events, and the counter is
 * replaced by one that looks around before it counts. Then the event before is over and the next has done nothing.
 */
import type { Plan } from '../../../src/model/plan.ts';
import type {
  EvictionRecord,
  InstanceRecord,
  KeyCallRecord,
  KeyKnowledgeRecord,
  LifeStage,
} from '../../../src/model/probe.ts';
import { World } from '../../../src/model/world.ts';
import { resultsOf } from '../../../src/probes/play.ts';
import type { Results } from '../../../src/probes/results.ts';
import { Watchers } from '../../../src/probes/watchers.ts';
import type { PoolId, RequestId, ServiceId, TimelineId } from '../../../src/units/ids.ts';
import type { Instant } from '../../../src/units/time.ts';
import { InstanceBook } from './instances.ts';
import { KeyBook } from './keys.ts';
import { RequestBook } from './requests.ts';
import { broken } from './small-world.ts';

export interface AuditOptions {
  /** The plan that the books go by: another one than the world's is how a rule is seen to be looked after. */
  readonly claimed?: Plan;
  /** Calls that the books do not hear of, to the same end: the first of this name is kept from them. */
  readonly deaf?: 'arrived' | 'answered' | 'moved' | 'startEnded' | 'granted' | 'denied';
}

/** The results of a replication in which every rule held; throws a BrokenRule where one did not. */
export function audited(plan: Plan, replication: number, options: AuditOptions = {}): Results {
  const watchers = new AuditedWatchers(plan, options);
  const world = new World(plan, replication, watchers);
  watchers.watch(world);
  watchers.open(world);
  let events = 0;
  Object.defineProperty(world, 'events', {
    get: () => events,
    set: (count: number) => {
      watchers.compare();
      events = count;
    },
  });
  world.run();
  watchers.compare();
  const results = resultsOf(plan, watchers, world);
  plan.services.forEach(({ name }, service) => {
    const [told, own] = [results.summary.services[service].instances.mean, watchers.meanOf(service)];
    const same = told === own || Math.abs((told as number) - own!) <= 1e-9 * Math.max(1, own!);
    if (!same) broken('I5', `${name} has ${String(told)} instances on average, and by another sum ${own}`);
  });
  return results;
}

class AuditedWatchers extends Watchers {
  private readonly options: AuditOptions;
  private readonly claimed: Plan;
  private requestBook!: RequestBook;
  private instanceBook!: InstanceBook;
  private keyBook!: KeyBook;
  private heard = true;

  constructor(plan: Plan, options: AuditOptions) {
    super(plan);
    this.options = options;
    this.claimed = options.claimed ?? plan;
  }

  open(world: World): void {
    this.requestBook = new RequestBook(this.claimed, world);
    this.instanceBook = new InstanceBook(this.claimed, world);
    this.keyBook = new KeyBook(this.claimed, world);
  }

  compare(): void {
    this.requestBook.compare();
    this.instanceBook.compare();
    this.keyBook.compare();
  }

  meanOf(service: number): number | null {
    return this.instanceBook.meanOf(service);
  }

  /** False once for the call that the books are deaf to. */
  private hears(name: AuditOptions['deaf']): boolean {
    if (this.options.deaf !== name || !this.heard) return true;
    this.heard = false;
    return false;
  }

  override arrived(service: ServiceId, attempt: number): void {
    super.arrived(service, attempt);
    if (this.hears('arrived')) this.requestBook.arrived(service);
  }

  override answered(request: RequestId, code: number): void {
    super.answered(request, code);
    if (this.hears('answered')) this.requestBook.answered(request, code);
  }

  override moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage, because: string): void {
    super.moved(instance, from, to, because);
    if (this.hears('moved')) this.instanceBook.moved(instance, from, to);
    this.keyBook.moved(instance, from, to, because);
  }

  override startEnded(instance: InstanceRecord, call: KeyCallRecord | null): void {
    super.startEnded(instance, call);
    if (this.hears('startEnded')) this.instanceBook.startEnded(instance);
    this.keyBook.startEnded(instance);
  }

  override keyCalled(call: KeyCallRecord): void {
    super.keyCalled(call);
    const ofStart = call.instance === null ? undefined : call.outcome === 'exceeded' ? 'denied' : 'granted';
    if (ofStart === undefined || this.hears(ofStart)) this.keyBook.keyCalled(call);
  }

  override quotaTaken(pool: PoolId, ours: boolean, at: Instant, cost: number): void {
    super.quotaTaken(pool, ours, at, cost);
    this.keyBook.quotaTaken(pool, at, cost ?? 1);
  }

  override keyLearned(knowledge: KeyKnowledgeRecord): void {
    super.keyLearned(knowledge);
    this.keyBook.keyLearned(knowledge);
  }

  override evicting(eviction: EvictionRecord): void {
    super.evicting(eviction);
    this.keyBook.evicting(eviction);
  }

  override began(entry: TimelineId): void {
    super.began(entry);
    this.keyBook.began(entry);
  }

  override ended(entry: TimelineId): void {
    super.ended(entry);
    this.keyBook.ended(entry);
  }
}
