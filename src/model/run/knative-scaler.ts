/**
 * The Knative autoscaler of one revision while it runs: what it has collected, and what it remembers.
 *
 * Each second it is told the average number of requests in flight and pending (or the requests that arrived), and at
 * each tick it decides (`deciders/knative.ts`, which is pure). Where nothing runs, a request that comes wakes it at
 * once: the activator tells of it, and that one is taken off what the next second brings.
 */
import { SECOND, type Instant } from '../../units/time.ts';
import type { KnativeSettings } from '../plan.ts';
import { knativeRule, type KnativeRule } from './deciders/knative-rule.ts';
import { KnativeMetrics } from './deciders/knative-window.ts';
import {
  decideKnative,
  deployedRevision,
  foundRevision,
  wakesAtOnce,
  type KnativeDecision,
  type KnativeMemory,
} from './deciders/knative.ts';
import type { Revision } from './revision.ts';

export class KnativeScaler {
  private readonly revision: Revision;
  private readonly byRate: boolean;
  private readonly rule: KnativeRule;
  private readonly metrics: KnativeMetrics;
  private memory: KnativeMemory | null = null;
  private arrivalsBefore = 0;
  private poked = 0;
  private collectedAt: Instant | null = null;

  constructor(settings: KnativeSettings, revision: Revision) {
    this.revision = revision;
    this.byRate = settings.metric === 'rps';
    const { maxInstanceRequestConcurrency, minInstanceCount, maxInstanceCount } = revision.plan;
    this.rule = knativeRule(settings, {
      maxConcurrency: maxInstanceRequestConcurrency,
      minimum: minInstanceCount,
      maximum: maxInstanceCount,
    });
    this.metrics = new KnativeMetrics(this.rule.stableWindow, this.rule.panicWindow);
  }

  /** Takes in what the last second brought; once an instant, however often it is called. */
  collect(now: Instant): void {
    const { revision } = this;
    this.remember(now);
    if (this.collectedAt === now) return;
    this.collectedAt = now;
    const average = revision.fold(now) / SECOND;
    const arrived = revision.arrived - this.arrivalsBefore;
    this.arrivalsBefore = revision.arrived;
    const load = this.byRate ? arrived : average;
    // Without pods and without load nobody reports, and windows run empty.
    if (revision.ready > 0 || load > 0) this.metrics.record(now, Math.max(0, load - this.poked));
    this.poked = 0;
  }

  /** A request came and pends: whether the autoscaler is to look at once. */
  wakes(now: Instant): boolean {
    if (!wakesAtOnce(this.remember(now))) return false;
    this.metrics.record(now, 1);
    this.poked++;
    return true;
  }

  decide(minimum: number, maximum: number, now: Instant): KnativeDecision {
    const { revision } = this;
    const before = this.remember(now);
    const { decision, memory } = decideKnative(
      {
        load: this.metrics.averages(now),
        ready: Math.min(revision.ready, revision.recommended),
        current: revision.recommended,
        // A rollout that has no traffic yet is under way, not out of reach.
        reachable: revision.percent > 0 || !before.initialReached,
        activatorAnswers: before.activatorSince !== null,
      },
      { ...this.rule, minimum, maximum },
      before,
      now,
    );
    this.memory = memory;
    return decision;
  }

  private remember(now: Instant): KnativeMemory {
    this.memory ??= this.revision.plan.initial
      ? foundRevision(this.rule, now, this.revision.ready)
      : deployedRevision(this.rule, now);
    return this.memory;
  }
}
