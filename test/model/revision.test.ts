import { describe, expect, test } from 'vitest';
import type { RevisionPlan } from '../../src/model/plan.ts';
import type { Fleet } from '../../src/model/run/fleet.ts';
import { Revision } from '../../src/model/run/revision.ts';
import type { RevisionId } from '../../src/units/ids.ts';
import type { Instant } from '../../src/units/time.ts';

const at = (seconds: number): Instant => (seconds * 1e9) as Instant;
const revision = (): Revision => new Revision(0 as RevisionId, {} as RevisionPlan, {} as Fleet, at(0));

describe('the requests present at a revision, over time', () => {
  test('are added up exactly, also when more of them wait than a number holds nanoseconds for', () => {
    const busy = revision();
    busy.inSystem = 3_000_001;
    busy.passTo(at(2));
    busy.passTo(at(5));
    // 3,000,001 requests for 5 s: 1.5e16 ns, above 2^53.
    expect(busy.fold(at(5))).toBe(15_000_005_000_000_000);
    expect(busy.totalArea.toString()).toBe('15000005000000000');
    busy.inSystem = 1;
    expect(busy.fold(at(6))).toBe(1e9);
    expect(busy.totalArea.toString()).toBe('15000006000000000');
  });

  test('start again from 0 at each fold', () => {
    const quiet = revision();
    quiet.inSystem = 2;
    expect(quiet.fold(at(3))).toBe(6e9);
    expect(quiet.fold(at(4))).toBe(2e9);
    expect(quiet.totalArea.toNumber()).toBe(8e9);
  });
});
