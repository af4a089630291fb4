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

// A row of `stretches` is four times of an instance, side by side since all are asked for together: when its latest stretch
// began, up to when that is paid for in whole steps, since when it goes on now, and until when its CPU is boosted.
const ROW_BITS = 2;
const FROM = 0;
const PAID = 1;
const SINCE = 2;
const BOOSTED = 3;

/** In place of a beginning: no instance has this row, or nothing goes on. */
const NONE = -1;
/** In place of the end of the boost. */
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

  /** A step in ns. In a field that is a double from the start (see ExactSum): what it is multiplied with soon leaves 32 bits. */
  private readonly step: number = NaN;
  /** The present, or the end of the warm-up if that is later. In a field: a double handed on would be an object. */
  private at = NaN;

  // By row of an instance: its revision, its stretches, and since when it waits for a key.
  private revision = new Int32Array(0);
  private stretches = new Float64Array(0);
  private awaitingSince = new Float64Array(0);

  constructor(plan: Plan) {
    const { revisions } = plan;
    this.warmUp = plan.warmUp;
    this.step = STEP;
    this.steps = new Float64Array(revisions.length);
    this.boosted = revisions.map(() => new ExactSum());
    this.awaiting = revisions.map(() => new ExactSum());
    this.byRequest = Uint8Array.from(revisions, ({ cpuIdle }) => (cpuIdle ? 1 : 0));
    this.boosts = Uint8Array.from(revisions, ({ startupCpuBoost, cpu }) =>
      startupCpuBoost && boostedCpu(cpu) > cpu ? 1 : 0,
    );
  }

  /** A ready instance of a revision got its first request (`by` 1), or lost its last (-1). */
  activeChanged(revision: RevisionId, row: InstanceId, by: number, now: Instant): void {
    if (this.byRequest[revision] === 0) return;
    this.at = now > this.warmUp ? now : this.warmUp;
    if (by < 0) this.pause(row);
    else this.run(row);
  }

  /** The same, of one that stands in for others in numbers: what it was active is billed as it is. */
  activeChangedUnrounded(row: InstanceId, now: Instant): void {
    if (this.byRequest[this.revision[row]] === 0) return;
    const { stretches } = this;
    const place = row << ROW_BITS;
    this.at = this.counted(now);
    if (stretches[place | SINCE] === NONE) {
      this.run(row);
      return;
    }
    if (stretches[place | SINCE] > stretches[place | PAID]) this.beginStretch(row);
    this.billFor(row, this.at - stretches[place | FROM]);
    stretches[place | FROM] = this.at;
    stretches[place | PAID] = this.at;
    stretches[place | SINCE] = NONE;
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
        if (this.stretches[(row << ROW_BITS) | BOOSTED] === STILL_STARTING)
          this.stretches[(row << ROW_BITS) | BOOSTED] = now + STARTUP_CPU_BOOST_TAIL;
        if (this.byRequest[instance.revision] === 0) return;
        this.at = this.counted(now);
        if (to === 'active') this.run(row);
        else this.pause(row);
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
    for (let row = 0; row < this.revision.length; row++)
      if (this.stretches[(row << ROW_BITS) | FROM] !== NONE) this.end(row, end);
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
    const place = row << ROW_BITS;
    while (row >= this.revision.length) this.grow();
    const { stretches } = this;
    check(stretches[place | FROM] === NONE, 'a row is taken by an instance when the one before is gone');
    this.revision[row] = instance.revision;
    const at = this.counted(now);
    stretches[place | FROM] = at;
    stretches[place | PAID] = at;
    stretches[place | SINCE] = at;
    this.awaitingSince[row] = NONE;
    const starts = instance.reason !== 'INITIAL' && this.boosts[instance.revision] === 1;
    stretches[place | BOOSTED] = starts ? STILL_STARTING : NEVER_BOOSTED;
  }

  private run(row: number): void {
    const place = (row << ROW_BITS) | SINCE;
    if (this.stretches[place] === NONE) this.stretches[place] = this.at;
  }

  /** What goes on ends; up to which step the stretch is paid for is known then. */
  private pause(row: number): void {
    const { stretches } = this;
    const place = row << ROW_BITS;
    const since = stretches[place | SINCE];
    if (since === NONE) return;
    if (since > stretches[place | PAID]) this.beginStretch(row);
    const from = stretches[place | FROM];
    stretches[place | PAID] = from + Math.ceil((this.at - from) / STEP) * this.step;
    stretches[place | SINCE] = NONE;
  }

  /** What goes on began when the stretch before was no longer paid for: that is over, and this is one of its own. */
  private beginStretch(row: number): void {
    const { stretches } = this;
    const place = row << ROW_BITS;
    this.billFor(row, stretches[place | PAID] - stretches[place | FROM]);
    stretches[place | FROM] = stretches[place | SINCE];
  }

  private keyCame(row: number, now: Instant): void {
    this.awaiting[this.revision[row]].add(this.counted(now) - this.awaitingSince[row]);
    this.awaitingSince[row] = NONE;
  }

  private end(row: number, now: Instant): void {
    if (this.awaitingSince[row] !== NONE) this.keyCame(row, now);
    this.at = this.counted(now);
    this.pause(row);
    const { stretches } = this;
    const place = row << ROW_BITS;
    this.billFor(row, stretches[place | PAID] - stretches[place | FROM]);
    stretches[place | FROM] = NONE;
  }

  /** Bills a length of time from the beginning of the stretch, ns. */
  private billFor(row: number, length: number): void {
    const revision = this.revision[row];
    this.steps[revision] += length / STEP;
    const from = this.stretches[(row << ROW_BITS) | FROM];
    const boostedUntil = this.stretches[(row << ROW_BITS) | BOOSTED];
    if (boostedUntil > from) this.boosted[revision].add(Math.min(length, boostedUntil - from));
  }

  /** What is before the warm-up counts as if it were at its end: stretches there have no length. */
  private counted(now: Instant): number {
    return now > this.warmUp ? now : this.warmUp;
  }

  private grow(): void {
    const before = this.revision.length;
    const capacity = Math.max(64, 2 * before);
    this.revision = longerInt32(this.revision, capacity);
    this.stretches = longerFloat64(this.stretches, capacity << ROW_BITS).fill(NONE, before << ROW_BITS);
    this.awaitingSince = longerFloat64(this.awaitingSince, capacity);
  }
}
