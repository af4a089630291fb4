/**
 * O6. A fleet that is never short: M/G/inf (L. Takacs 1962).
 *
 * A request that came at s is still there at t with probability P(S > t - s); thinning a Poisson process by luck that
 * depends on s alone leaves a Poisson number with mean lambda int_0^t P(S > u) du, which is lambda E[S] once t exceeds
 * the longest service; its variance is its mean. Instances take one request each, so `active` in scale-out.csv is N(t).
 * By hand, S uniform on [0, 2], lambda = 20: 20 (1 - 1/4) = 15 at t = 1, and 20 from t = 2 on. As no service lasts
 * longer than 2 s, numbers 2 s apart share no request: they are independent, and their counts a sample of the law.
 */
import { inFlightExponential, inFlightUniform, poisson } from './many-instances.ts';
import type { Case, Oracle, Seen } from './oracle.ts';
import { FEW, fleet, mean, named, numbers, REPLICATIONS, scenario, uniform } from './worlds.ts';

const RATE = 20;
const MOST = 70;

const world = (given: { until: number; every: number; longest?: number; load?: unknown }) =>
  scenario({
    rate: RATE,
    until: given.until,
    after: 1,
    every: given.every,
    service: {
      ...fleet(MOST),
      requests: { duration: uniform(0, given.longest ?? 2) },
      ...(given.load === undefined ? {} : { load: given.load }),
    },
  });

const filling = (replications: number, precision: number): Case => ({
  name: 'it fills from empty as theory says',
  scenario: world({ until: 2.5, every: 0.5 }),
  tables: true,
  replications,
  precision,
  claims: [1, 2, 3, 4].map((k) =>
    mean(
      `in flight at ${k / 2} s`,
      inFlightUniform(k / 2, RATE, 2),
      (seen) => numbers(seen, 'scale-out.csv', 'active')[k],
    ),
  ),
});

const full = (
  samples: number,
  given: { longest?: number; load?: unknown } = {},
  replications = REPLICATIONS,
  precision = 0.02,
): Case => {
  const seenAt = (seen: Seen) => numbers(seen, 'scale-out.csv', 'active').slice(1, samples + 1);
  const average = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
  return {
    name: 'once full, the number in flight is Poisson: mean, variance and law',
    scenario: world({ until: 2 * samples + 0.5, every: 2, ...given }),
    tables: true,
    replications,
    precision,
    claims: [
      mean('mean in flight', RATE, (seen) => average(seenAt(seen))),
      mean('variance of the number in flight', RATE, (seen) => {
        const list = seenAt(seen);
        const centre = average(list);
        return list.reduce((sum, one) => sum + (one - centre) * (one - centre), 0) / (list.length - 1);
      }),
      {
        kind: 'law',
        name: 'law of the number in flight (chi-square)',
        law: poisson(RATE, MOST),
        of: (seen) => {
          const counts = new Array<number>(MOST + 1).fill(0);
          for (const number of seenAt(seen)) counts[number]++;
          return counts;
        },
      },
    ],
  };
};

const EVEN = { arrivals: { interarrival: { gamma: { mean: '50ms', cv: 0.7 } } } };

export const crowd: Oracle = {
  id: 'O6',
  title: 'a fleet that is never short (M/G/inf)',
  source: 'L. Takacs, Introduction to the Theory of Queues, 1962',
  byHand: [
    { what: 'in flight at 1 s', ours: inFlightUniform(1, 20, 2), known: 15, within: 0 },
    { what: 'in flight from 2 s on', ours: inFlightUniform(5, 20, 2), known: 20, within: 0 },
    {
      what: 'exponential service at ln 2',
      ours: inFlightExponential(Math.LN2, 3, 1),
      known: 1.5,
      within: 1e-12,
    },
    { what: 'P(N = 2), mean 1', ours: poisson(1, 2)[2], known: 0.1839397205857, within: 1e-12 },
  ],
  cases: (size) =>
    size === 'small'
      ? [filling(400, 0.02), full(200)]
      : [filling(5000, 0.006), full(6000, {}, REPLICATIONS, 0.0035)],
  defects: () => {
    const longer = full(200, { longest: 2.08 }, FEW);
    const even = full(200, { load: EVEN }, FEW);
    const [, variance, law] = even.claims.map(({ name }) => name);
    return [
      { name: 'requests that are 4 % longer', wrong: longer, noticedBy: ['mean in flight', law] },
      {
        name: 'requests that come too evenly have the right mean, and the wrong variance and law',
        wrong: even,
        noticedBy: [variance, law],
      },
    ];
  },
};

/** The mean of too even arrivals is right: what the defect above leaves in place. */
export const evenMean = (): Case => {
  const even = full(200, { load: EVEN }, FEW);
  return { ...even, claims: named(even.claims, 'mean in flight') };
};
