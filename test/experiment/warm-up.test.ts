import { describe, expect, it } from 'vitest';
import { mser5, pilotNumbers, warmUpOf } from '../../src/experiment/warm-up.ts';
import type { Results } from '../../src/probes/results.ts';
import { planOf } from './fixture.ts';

/** 200 numbers around a level, the first `cut` of them on their way to it. */
function noisy(cut: number, seed: number): number[] {
  let state = seed;
  const next = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return Array.from({ length: 200 }, (_, i) => 10 + next() + (i < cut ? (40 * (cut - i)) / cut : 0));
}

describe('the warm-up of a series', () => {
  it.each([20, 40, 60])('of %d observations is found within a tenth of the series', (cut) => {
    for (const seed of [1009, 22_013, 333_017]) {
      const found = mser5(noisy(cut, seed))!;
      expect(Math.abs(found - cut)).toBeLessThanOrEqual(20);
      expect(found % 5).toBe(0);
    }
  });

  it('is nothing where there is none', () => {
    expect(mser5(new Array<number>(200).fill(7))).toBe(0);
    // A single run takes chance for a trend now and then; that is why pilots are averaged.
    const average = noisy(0, 1).map((_, i) =>
      [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum, s) => sum + noisy(0, s * 1009)[i], 0),
    );
    expect(mser5(average)).toBeLessThanOrEqual(30);
  });

  it('is not known where the series settles in its second half, or is too short', () => {
    expect(mser5(Array.from({ length: 200 }, (_, i) => (i < 105 ? 50 : 10) + (i % 7)))).toBeNull();
    expect(mser5([1, 2, 3])).toBeNull();
  });
});

describe('the warm-up of a plan', () => {
  const steady = (over: object) =>
    ({
      ...planOf({ replications: { max: 7 } }),
      sampleInterval: 1e9,
      warmUp: 0,
      duration: 200e9,
      ...over,
    }) as ReturnType<typeof planOf>;
  const pilot = (instances: readonly number[]): Results =>
    ({
      tables: {
        'scale-out.csv': {
          columns: ['time_s', 'starting', 'awaiting_key', 'active', 'idle', 'draining', 'pending_requests'],
          rows: instances.map((count, at) => [at, 0, 0, count, 0, 99 * (at % 2), 0]),
        },
      },
    }) as unknown as Results;

  it('is twice what the pilots need, and never less than the plan says', () => {
    const pilots = [1, 22, 333].map((seed) => pilot(noisy(30, seed)));
    const found = warmUpOf(steady({}), pilots)!;
    expect(found / 1e9).toBeGreaterThanOrEqual(40);
    expect(found / 1e9).toBeLessThanOrEqual(80);
    expect(warmUpOf(steady({ warmUp: 90e9 }), pilots)).toBe(90e9);
  });

  it('is refused where more than half of the run would go', () => {
    expect(
      warmUpOf(
        steady({}),
        [1, 22, 333].map((seed) => pilot(noisy(80, seed))),
      ),
    ).toBeNull();
  });

  it('is found with luck that the experiment does not use again', () => {
    expect(pilotNumbers(steady({}))[0]).toBe(8);
  });
});
