/**
 * Instance time that is billed, per revision, in whole steps of 100 ms.
 *
 *   request-based    while an instance starts, has a request, or is shut down with requests
 *   instance-based   from the start of an instance until it is gone
 *
 * Such a stretch is rounded up to 100 ms. One that begins while the one before is still paid for goes on with it,
 * so that an instance is never billed for more than its time; where requests follow one another without a gap,
 * nothing is rounded between them. Time before the warm-up is left out. With startup CPU boost an instance is billed
 * for more CPU during its start and 10 s longer: that part of its billed time is counted apart, to the ns.
 * So is the time that starts wait for a key, of which no page says whether it is charged.
 *
 * Hot: `activeChanged` comes about as often as requests do where concurrency is 1. Whole numbers only, but for
 * instances that stand in for others in accelerated mode; no objects.
 *
 * Sources: Cloud Run, Billing settings (cloud.google.com/run/docs/configuring/billing-settings); Cloud Run pricing
 * (cloud.google.com/run/pricing); Cloud Run, Configure CPU limits, section "Startup CPU boost".
 */
import { longerFloat64, longerInt32 } from '../engine/columns.ts';
import { ExactSum } from '../engine/exact-sum.ts';
import type { Plan } from '../model/plan.ts';
import type { InstanceRecord, LifeStage } from '../model/probe.ts';
import { boostedCpu, STARTUP_CPU_BOOST_TAIL } from '../rules/cloud-run-limits.ts';
import { BILLING_STEP_SECONDS } from '../rules/prices.ts';
import { check } from '../units/check.ts';
import type { InstanceId, RevisionId } from '../units/ids.ts';
import { duration, SECOND, type Instant } from '../units/time.ts';

const STEP = duration(BILLING_STEP_SECONDS, SECOND);
const STEPS_PER_SECOND = SECOND / STEP;

/** In `until`: the stretch is under way. */
const RUNNING = Infinity;
/** In `from`: no instance has this row. */
const FREE = -1;
/** In `boostUntil`. */
const NEVER_BOOSTED = -1;
const STILL_STARTING = Infinity;

export class BilledTime {
  /** By revision: steps billed, and ns of them with boosted CPU. */
  private readonly steps: Float64Array;
  private readonly boosted: readonly ExactSum[];
  private readonly awaiting: readonly ExactSum[];
  private readonly warmUp: number;
  /** By revision: 1 with request-based billing; 1 where the boost gives more CPU than there is without it. */
  private readonly byRequest: Uint8Array;
  private readonly boosts: Uint8Array;

  // By row of an instance: its revision, its latest stretch (`until`: its end), until when it is boosted,
  // and since when it waits for a key (`FREE`: it does not).
  private revision = new Int32Array(0);
  private from = new Float64Array(0);
  private until = new Float64Array(0);
  private boostUntil = new Float64Array(0);
  private awaitingSince = new Float64Array(0);

  constructor(plan: Plan) {
    const { revisions } = plan;
    this.warmUp = plan.warmUp;
    this.steps = new Float64Array(revisions.length);
    this.boosted = revisions.map(() => new ExactSum());
    this.awaiting = revisions.map(() => new ExactSum());
    this.byRequest = Uint8Array.from(revisions, ({ cpuIdle }) => (cpuIdle ? 1 : 0));
    this.boosts = Uint8Array.from(revisions, ({ startupCpuBoost, cpu }) =>
      startupCpuBoost && boostedCpu(cpu) > cpu ? 1 : 0,
    );
  }

  /** A ready instance got its first request, or lost its last. */
  activeChanged(row: InstanceId, now: Instant): void {
    if (this.byRequest[this.revision[row]] === 0) return;
    if (this.until[row] === RUNNING) this.pause(row, now);
    else this.run(row, now);
  }

  /** The same, of one that stands in for others in numbers: what it was active is billed as it is. */
  activeChangedUnrounded(row: InstanceId, now: Instant): void {
    if (this.byRequest[this.revision[row]] === 0) return;
    const at = this.counted(now);
    if (this.until[row] === RUNNING) {
      this.billFor(row, at - this.from[row]);
      this.from[row] = at;
      this.until[row] = at;
    } else {
      this.run(row, now);
    }
  }

  /** What rounding adds to those of a revision that are billed as they are, ns. */
  addRounding(revision: RevisionId, length: number): void {
    if (this.byRequest[revision] === 1) this.steps[revision] += length / STEP;
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none', to: LifeStage, now: Instant): void {
    const row = instance.id;
    if (from === 'none') this.begin(instance, now);
    else if (from === 'awaiting_key') this.keyCame(row, now);
    switch (to) {
      case 'starting':
        return;
      case 'awaiting_key':
        this.awaitingSince[row] = this.counted(now);
        return;
      case 'active':
      case 'idle':
        if (this.boostUntil[row] === STILL_STARTING) this.boostUntil[row] = now + STARTUP_CPU_BOOST_TAIL;
        if (this.byRequest[instance.revision] === 0) return;
        if (to === 'active') this.run(row, now);
        else this.pause(row, now);
        return;
      case 'draining':
        // Goes on if it has requests; an idle one has no more to do.
        return;
      case 'gone':
        this.end(row, now);
        return;
    }
  }

  /** The horizon: what is under way is billed up to here. */
  finish(end: Instant): void {
    for (let row = 0; row < this.from.length; row++) if (this.from[row] !== FREE) this.end(row, end);
  }

  /** Of a revision: billed instance time, s. */
  seconds(revision: number): number {
    return this.steps[revision] / STEPS_PER_SECOND;
  }

  /** Of a revision: how much of it with boosted CPU, s. */
  boostedSeconds(revision: number): number {
    return this.boosted[revision].toNumber() / SECOND;
  }

  /** Of a revision: how much of it waiting for a key, s. */
  awaitingSeconds(revision: number): number {
    return this.awaiting[revision].toNumber() / SECOND;
  }

  private begin(instance: InstanceRecord, now: Instant): void {
    const row = instance.id;
    while (row >= this.from.length) this.grow();
    check(this.from[row] === FREE, 'a row is taken by an instance when the one before is gone');
    this.revision[row] = instance.revision;
    this.from[row] = this.counted(now);
    this.until[row] = RUNNING;
    this.awaitingSince[row] = FREE;
    const starts = instance.reason !== 'INITIAL' && this.boosts[instance.revision] === 1;
    this.boostUntil[row] = starts ? STILL_STARTING : NEVER_BOOSTED;
  }

  private run(row: number, now: Instant): void {
    if (this.until[row] === RUNNING) return;
    const at = this.counted(now);
    const steps = this.stepsOf(row);
    if (at > this.from[row] + steps * STEP) {
      this.bill(row, steps);
      this.from[row] = at;
    }
    this.until[row] = RUNNING;
  }

  private pause(row: number, now: Instant): void {
    if (this.until[row] === RUNNING) this.until[row] = this.counted(now);
  }

  private keyCame(row: number, now: Instant): void {
    this.awaiting[this.revision[row]].add(this.counted(now) - this.awaitingSince[row]);
    this.awaitingSince[row] = FREE;
  }

  private end(row: number, now: Instant): void {
    if (this.awaitingSince[row] !== FREE) this.keyCame(row, now);
    this.pause(row, now);
    this.bill(row, this.stepsOf(row));
    this.from[row] = FREE;
  }

  private bill(row: number, steps: number): void {
    this.billFor(row, steps * STEP);
  }

  private billFor(row: number, length: number): void {
    const revision = this.revision[row];
    this.steps[revision] += length / STEP;
    const from = this.from[row];
    if (this.boostUntil[row] <= from) return;
    const boostEnd = Math.min(from + length, this.boostUntil[row]);
    this.boosted[revision].add(boostEnd - from);
  }

  private stepsOf(row: number): number {
    return Math.ceil((this.until[row] - this.from[row]) / STEP);
  }

  /** What is before the warm-up counts as if it were at its end: stretches there have no length. */
  private counted(now: Instant): number {
    return now > this.warmUp ? now : this.warmUp;
  }

  private grow(): void {
    const before = this.from.length;
    const capacity = Math.max(64, 2 * before);
    this.revision = longerInt32(this.revision, capacity);
    this.from = longerFloat64(this.from, capacity).fill(FREE, before);
    this.until = longerFloat64(this.until, capacity);
    this.boostUntil = longerFloat64(this.boostUntil, capacity);
    this.awaitingSince = longerFloat64(this.awaitingSince, capacity);
  }
}
