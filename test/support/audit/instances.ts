/**
 * The book of instances, kept beside a world: how many are in which stage, which starts are under way and how the
 * others ended, and how long there were instances at all.
 */
import type { Plan } from '../../../src/model/plan.ts';
import type { InstanceRecord, LifeStage } from '../../../src/model/probe.ts';
import { broken, type SmallWorld } from './small-world.ts';

type Stage = 'starting' | 'awaiting_key' | 'ready' | 'draining' | 'gone';

const stageOf = (stage: LifeStage): Stage => (stage === 'active' || stage === 'idle' ? 'ready' : stage);

/** From where to where an instance may go. */
const WAYS: Readonly<Record<string, readonly Stage[]>> = {
  none: ['starting', 'ready'],
  starting: ['awaiting_key', 'ready', 'gone'],
  awaiting_key: ['starting', 'gone'],
  ready: ['draining', 'gone'],
  draining: ['gone'],
};

export class InstanceBook {
  private readonly plan: Plan;
  private readonly world: SmallWorld;
  private readonly stages: Record<Stage, number>[];
  private readonly where = new Map<string, Stage>();
  private readonly underWay = new Set<string>();
  private readonly alive: number[];
  private readonly aliveIn: number[];
  private started = 0;
  /** A deployment's first instance may come on top of the service's maximum. */
  private readonly rollouts: boolean[];
  private ended = 0;
  /** Per service: instances x ns since the warm-up, and up to when. */
  private readonly area: number[];
  private readonly upTo: number[];

  constructor(plan: Plan, world: SmallWorld) {
    this.plan = plan;
    this.world = world;
    this.stages = plan.revisions.map(() => ({
      starting: 0,
      awaiting_key: 0,
      ready: 0,
      draining: 0,
      gone: 0,
    }));
    this.alive = plan.revisions.map(() => 0);
    this.aliveIn = plan.services.map(() => 0);
    this.rollouts = plan.services.map(() => false);
    this.area = plan.services.map(() => 0);
    this.upTo = plan.services.map(() => plan.warmUp);
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage): void {
    const name = `${instance.revision}/${instance.number}`;
    const [before, after] = [from === 'none' ? 'none' : stageOf(from), stageOf(to)];
    const known = this.where.get(name) ?? 'none';
    if (before !== 'none' && known !== before) broken('I6', `${name} is ${known} and not ${before}`);
    if (known === 'gone' || !WAYS[before].includes(after))
      broken('I6', `${name} goes from ${known} to ${after}`);
    this.foldTime(instance.service);
    if (known !== 'none') this.stages[instance.revision][known]--;
    this.stages[instance.revision][after]++;
    this.where.set(name, after);
    if (known === 'none' && instance.reason !== 'INITIAL') {
      this.started++;
      if (instance.reason === 'DEPLOYMENT_ROLLOUT') this.rollouts[instance.service] = true;
      this.underWay.add(name);
    }
  }

  startEnded(instance: InstanceRecord): void {
    if (!this.underWay.delete(`${instance.revision}/${instance.number}`)) {
      broken('I6', 'a start ends that began, and ends once');
    }
    this.ended++;
  }

  /** Between two events. */
  compare(): void {
    const { revisions, services } = this.world;
    if (this.started !== this.ended + this.underWay.size) broken('I6', 'starts begun are ended or under way');
    let starting = 0;
    for (const one of revisions) starting += one.starting + one.awaitingKey;
    if (starting !== this.underWay.size)
      broken('I6', `${starting} instances start, and ${this.underWay.size} starts`);
    for (const revision of revisions) {
      const own = this.stages[revision.id];
      const { awaitingKey, active, idle, draining } = revision;
      if (
        own.starting !== revision.starting ||
        own.awaiting_key !== awaitingKey ||
        own.ready !== active + idle ||
        own.draining !== draining ||
        Math.min(revision.starting, awaitingKey, active, idle, draining) < 0
      ) {
        broken('I6', `stages of ${this.plan.revisions[revision.id].name} are not as told`);
      }
      const alive = revision.starting + awaitingKey + active + idle;
      const most = this.plan.revisions[revision.id].maxInstanceCount;
      const manual = services[revision.service].manualInstanceCount !== null;
      // A limit that was lowered sends nobody away: there may be more than it, and no more may come.
      if (!manual && alive > most && alive > this.alive[revision.id])
        broken('I7', `${alive} instances of ${most}`);
      this.alive[revision.id] = alive;
    }
    for (const service of services) {
      const alive = service.alive;
      const manual = service.manualInstanceCount !== null;
      const exempt = manual || this.rollouts[service.id];
      this.rollouts[service.id] = false;
      if (!exempt && alive > service.maxInstanceCount && alive > this.aliveIn[service.id]) {
        broken('I7', `${alive} instances of the service's ${service.maxInstanceCount}`);
      }
      this.aliveIn[service.id] = alive;
    }
  }

  /** The time average of instances of a service at the end, by its own sum; null over no time. */
  meanOf(service: number): number | null {
    this.foldTime(service);
    const time = this.plan.duration - this.plan.warmUp;
    return time > 0 ? this.area[service] / time : null;
  }

  private foldTime(service: number): void {
    const now = this.world.now;
    if (now <= this.upTo[service]) return;
    let count = 0;
    this.plan.revisions.forEach(({ service: of }, revision) => {
      if (of !== service) return;
      const { starting, awaiting_key, ready } = this.stages[revision];
      count += starting + awaiting_key + ready;
    });
    this.area[service] += count * (now - this.upTo[service]);
    this.upTo[service] = now;
  }
}
