/**
 * How many instances a revision gets: by averages every few seconds, and at once for requests that find no slot.
 */
import { DECIDING } from './agenda.ts';
import { allowedBy } from './back-off.ts';
import { begin, type Starts } from './cold-start.ts';
import { lookForIdle, regroup } from './instances.ts';
import { maximumOf, minimumOf, roomOf } from './limits.ts';
import { liveOf, startingOf, type Fraction, type Instance, type Revision, type Town } from './town.ts';

const MINUTE = 60e9;

const isMore = (a: Fraction, b: Fraction): boolean => a.over * b.under > b.over * a.under;

/** A share such as 0.6, which no binary number is. */
const shareOf = (share: number): Fraction => ({ over: BigInt(Math.round(share * 1e6)), under: 1_000_000n });

/** Requests in flight and pending, averaged over the last `window`, or over the time elapsed if that is shorter. */
function averageOf(revision: Revision, now: number, window: number): Fraction {
  const from = Math.max(0, now - window);
  const steps = [...revision.crowd, { at: now, count: 0 }];
  let area = 0;
  for (let i = 0; i + 1 < steps.length; i++) {
    const length = Math.min(now, steps[i + 1].at) - Math.max(from, steps[i].at);
    if (length > 0) area += length * steps[i].count;
  }
  return { over: BigInt(area), under: BigInt(now - from) };
}

/** How many instances it would take at the target, by the averages of now. */
function needed(town: Town, revision: Revision): Fraction {
  const { concurrencyTarget, maxInstanceRequestConcurrency: concurrency } = revision.plan;
  if (revision.service.plan.autoscaler !== 'cloud-run' || concurrencyTarget === null) return NOTHING;
  const short = averageOf(revision, town.now, MINUTE);
  const long = averageOf(revision, town.now, 10 * MINUTE);
  const which = town.plan.assumptions.concurrencyWindow;
  const larger = isMore(long, short) ? long : short;
  const average = which === '60s' ? short : which === '600s' ? long : larger;
  const target = shareOf(concurrencyTarget);
  return {
    over: average.over * target.under,
    under: average.under * target.over * BigInt(concurrency),
  };
}

/** What averages ask for: what is needed, rounded up, or what there is to be already where that is near. */
function askedBy(town: Town, { over, under }: Fraction, desired: number): number {
  const present = BigInt(desired);
  const tolerance = shareOf(town.plan.assumptions.autoscalerTolerance);
  const off = over - present * under;
  // What is a billionth off, the arithmetic of a computer or a request that came a moment ago, is not counted.
  const distance = (off < 0n ? -off : off) * tolerance.under * BILLION;
  const slack = town.defect === 'ten per cent is too much already' ? -tolerance.under : tolerance.under;
  const near = distance <= present * under * (tolerance.over * BILLION + slack);
  if (present > 0n && near) return desired;
  const counted = over * BILLION - under;
  return counted <= 0n ? 0 : Number((counted + under * BILLION - 1n) / (under * BILLION));
}

const BILLION = 1_000_000_000n;
export const NOTHING: Fraction = { over: 0n, under: 1n };

const clamp = (revision: Revision, count: number): number =>
  Math.min(Math.max(count, minimumOf(revision)), maximumOf(revision));

/** The periodic look. */
function tick(town: Town, revision: Revision, starts: Starts): void {
  revision.needed = needed(town, revision);
  aim(town, revision, starts);
  startForPending(town, revision, starts);
}

/** What the averages of the last look ask for, kept between minimum and maximum as they are now. */
export function aim(town: Town, revision: Revision, starts: Starts): void {
  desire(town, revision, clamp(revision, askedBy(town, revision.needed, revision.desired)));
  startWanted(town, revision, starts);
  lookForIdle(town, revision);
}

export function desire(town: Town, revision: Revision, count: number): void {
  revision.desired = count;
  regroup(town, revision);
  town.diary.is(town.now, `${revision.plan.name} desired`, String(count));
}

/** Starts what pending requests need and what the wanted count is short of, as far as limits and back-off allow. */
export function startMissing(town: Town, revision: Revision, starts: Starts): void {
  startForPending(town, revision, starts);
  startWanted(town, revision, starts);
  lookForIdle(town, revision);
}

function startWanted(town: Town, revision: Revision, starts: Starts): void {
  while (liveOf(revision) < revision.desired && mayStart(revision)) {
    const reason = liveOf(revision) < minimumOf(revision) ? 'MANUAL_OR_CUSTOMER_MIN_INSTANCE' : 'AUTOSCALING';
    begin(town, revision, reason, starts);
  }
}

/** Pending over concurrency, rounded up, less those that start. */
export function startForPending(town: Town, revision: Revision, starts: Starts): void {
  if (revision.service.plan.autoscaler !== 'cloud-run') return;
  const needed = Math.ceil(revision.pending.length / revision.plan.maxInstanceRequestConcurrency);
  const missing = needed - startingOf(revision).length;
  for (let i = 0; i < missing && mayStart(revision); i++) begin(town, revision, 'AUTOSCALING', starts);
}

export const mayStart = (revision: Revision): boolean => roomOf(revision) > 0 && allowedBy(revision) > 0;

export function startOne(town: Town, revision: Revision, starts: Starts): Instance {
  return begin(town, revision, 'AUTOSCALING', starts);
}

/** Every few seconds for ever. */
export function keepLooking(town: Town, revision: Revision, starts: Starts): void {
  const { autoscalerInterval } = town.plan.assumptions;
  const next = (): void =>
    void town.agenda.plan(town.now + autoscalerInterval, DECIDING, () => {
      tick(town, revision, starts);
      next();
    });
  next();
}
