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

describe('the rule that finds a warm-up, by hand', () => {
  /** A series of batches of five, each observation of a batch the same. */
  const batches = (...levels: number[]): number[] => levels.flatMap((level) => Array<number>(5).fill(level));

  it('leaves out the batches without which the rest has the smallest squared standard error', () => {
    // Of 9 1 2 1 2 1 2 1: all 8 batches 49.875 / 64; without the first 1.714 / 49; without two 1.5 / 36.
    expect(mser5(batches(9, 1, 2, 1, 2, 1, 2, 1))).toBe(5);
    expect(mser5(batches(9, 8, 1, 2, 1, 2, 1, 2, 1, 2))).toBe(10);
    expect(mser5(batches(1, 2, 1, 2, 1, 2, 1, 2))).toBe(0);
  });

  it('takes the earliest of equals, and no rest beyond the first half', () => {
    expect(mser5(batches(3, 3, 3, 3))).toBe(0);
    expect(mser5(batches(9, 3, 3, 3))).toBe(5);
    // The best would begin with the third of four.
    expect(mser5(batches(9, 9, 3, 3))).toBeNull();
    expect(mser5(batches(9, 9, 9, 3, 3, 3))).toBeNull();
  });

  it('looks at four batches at least, at whole ones only, and at levels of any size', () => {
    expect(mser5(batches(3, 3, 3))).toBeNull();
    expect(mser5([...batches(3, 3, 3), 3, 3, 3, 3])).toBeNull();
    expect(mser5([...batches(3, 3, 3, 3), 900, 900, 900, 900])).toBe(0);
    expect(mser5(batches(9, 1, 2, 1, 2, 1, 2, 1).map((level) => level + 2 ** 40))).toBe(5);
    // The mean of a batch counts, not one of its observations.
    expect(mser5([9, 9, 9, 9, 9, ...Array.from({ length: 35 }, (_, i) => (i % 5) - 2)])).toBe(5);
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

  it('is refused where the pilots do not settle', () => {
    expect(
      warmUpOf(steady({}), [pilot(Array.from({ length: 200 }, (_, i) => (i < 105 ? 50 : 10)))]),
    ).toBeNull();
  });

  it('is refused where more than half of the run would go', () => {
    expect(
      warmUpOf(
        steady({}),
        [1, 22, 333].map((seed) => pilot(noisy(80, seed))),
      ),
    ).toBeNull();
  });

  it('is what the slower of instances and pending requests needs, over all services', () => {
    const columns = ['time_s', 'starting', 'awaiting_key', 'active', 'idle', 'pending_requests'];
    /** 8 batches of samples; of two services, one row each at a sample, given out of order. */
    const curveOf = (row: (at: number, service: number) => (number | null)[]): Results =>
      ({
        tables: {
          'scale-out.csv': {
            columns,
            rows: Array.from({ length: 80 }, (_, i) => [i % 40, ...row(i % 40, i < 40 ? 0 : 1)]).toReversed(),
          },
        },
      }) as unknown as Results;
    const plan = steady({ duration: 40e9 });
    const wave = (at: number): number => 1 + (Math.floor(at / 5) % 2);
    // Instances settle after 5 samples, in any of their four columns and either service; nothing pends.
    for (let column = 0; column < 4; column++) {
      for (const slow of [0, 1]) {
        const pilots = [
          curveOf((at, service) => {
            const counts = [0, 0, 0, 0, 0];
            counts[column] = service === slow && at < 5 ? 90 : wave(at);
            return counts;
          }),
        ];
        expect(warmUpOf(plan, pilots)! / 1e9).toBe(10);
      }
    }
    // Pending requests settle after 10 samples, instances after 5: in all 2 x 10 s, which is just half of the run.
    const pending = curveOf((at) => [0, 0, at < 5 ? 90 : wave(at), 0, at < 10 ? 900 : wave(at)]);
    expect(warmUpOf(plan, [pending])! / 1e9).toBe(20);
    expect(warmUpOf({ ...plan, duration: 39e9 } as typeof plan, [pending])).toBeNull();
    // A column without a number counts as none.
    expect(warmUpOf(plan, [curveOf((at) => [0, null, wave(at), 0, 0])])).toBe(0);
  });

  it('is found with luck that the experiment does not use again', () => {
    expect(pilotNumbers(steady({}))).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
  });
});
