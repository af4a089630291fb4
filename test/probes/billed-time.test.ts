import { describe, expect, it } from 'vitest';
import type { InstanceRecord } from '../../src/model/probe.ts';
import { BilledTime } from '../../src/probes/billed-time.ts';
import { MILLISECOND, SECOND, type Instant } from '../../src/units/time.ts';
import type { RevisionId } from '../../src/units/ids.ts';
import { aPlan, aRevision } from './fixture.ts';

const REVISION = 0 as RevisionId;
const at = (ns: number): Instant => ns as Instant;
const started = (row: number): InstanceRecord =>
  ({ id: row, revision: REVISION, reason: 'AUTOSCALING' }) as unknown as InstanceRecord;

/** Boosted, with 1 vCPU; ready and idle after one second. */
function oneReady(): BilledTime {
  const billed = new BilledTime({
    ...aPlan(),
    warmUp: 0 as never,
    revisions: [{ ...aRevision('shop-00001', 0, null), cpuIdle: true, startupCpuBoost: true, cpu: 1 }],
  });
  billed.moved(started(0), 'none', 'starting', at(0));
  billed.moved(started(0), 'starting', 'idle', at(SECOND));
  return billed;
}

describe('Instances that stand in for others', () => {
  it('are billed for what they are active, to the nanosecond, and for what rounding adds to them all', () => {
    const billed = oneReady();
    for (let n = 2; n < 40; n++) {
      billed.activeChangedUnrounded(0 as never, at(n * SECOND));
      billed.activeChangedUnrounded(0 as never, at(n * SECOND + 333_333_337));
    }
    billed.addRounding(REVISION, 50 * MILLISECOND);
    billed.finish(at(60 * SECOND));
    expect(billed.seconds(REVISION)).toBeCloseTo(1 + 38 * 0.333333337 + 0.05, 9);
    // The start, and nine seconds' activity before the boost ends at 11 s.
    expect(billed.boostedSeconds(REVISION)).toBeCloseTo(1 + 9 * 0.333333337, 9);
  });

  it('are not billed for activity where they are billed for as long as they are there', () => {
    const billed = new BilledTime({
      ...aPlan(),
      warmUp: 0 as never,
      revisions: [{ ...aRevision('shop-00001', 0, null), cpuIdle: false, startupCpuBoost: false }],
    });
    billed.moved(started(0), 'none', 'starting', at(0));
    billed.moved(started(0), 'starting', 'idle', at(SECOND));
    billed.activeChangedUnrounded(0 as never, at(2 * SECOND));
    billed.addRounding(REVISION, 5 * SECOND);
    billed.finish(at(10 * SECOND));
    expect(billed.seconds(REVISION)).toBe(10);
  });
});
