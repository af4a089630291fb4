import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Distribution } from '../../src/engine/distributions.ts';
import type { DistributionSpec } from '../../src/engine/distributions.ts';
import { Streams } from '../../src/engine/streams.ts';
import { LONGEST } from '../../src/units/time.ts';

fc.configureGlobal({ seed: 1 });

const MS = 1_000_000;
const S = 1_000_000_000;

const at = (spec: DistributionSpec, u: number): number => new Distribution(spec).at(u);
const near = (value: number, truth: number, relative: number): void =>
  expect(Math.abs(value / truth - 1)).toBeLessThanOrEqual(relative);

/** One of each kind, all with a finite spread. */
const each: [string, DistributionSpec][] = [
  ['constant', { kind: 'constant', value: 5 * MS }],
  ['exponential', { kind: 'exponential', mean: 80 * MS }],
  ['lognormal by p50 and p99', { kind: 'lognormal', p50: 80 * MS, p99: 900 * MS }],
  ['lognormal by p50 and p95', { kind: 'lognormal', p50: 80 * MS, p95: 300 * MS }],
  ['lognormal by mean and cv', { kind: 'lognormal', mean: 80 * MS, cv: 1.5 }],
  ['gamma, wide', { kind: 'gamma', mean: 80 * MS, cv: 2 }],
  ['gamma, narrow', { kind: 'gamma', mean: 80 * MS, cv: 0.3 }],
  ['gamma, very narrow', { kind: 'gamma', mean: 80 * MS, cv: 0.0005 }],
  ['weibull, wide', { kind: 'weibull', mean: 80 * MS, shape: 0.7 }],
  ['weibull, narrow', { kind: 'weibull', mean: 80 * MS, shape: 3 }],
  ['uniform', { kind: 'uniform', min: 10 * MS, max: 50 * MS }],
  ['empirical', { kind: 'empirical', values: Float64Array.of(1 * MS, 2 * MS, 2 * MS, 100 * MS) }],
  [
    'mixture',
    {
      kind: 'mixture',
      parts: [
        { weight: 9, of: { kind: 'exponential', mean: 10 * MS } },
        { weight: 1, of: { kind: 'lognormal', p50: 200 * MS, p95: 400 * MS } },
      ],
    },
  ],
];

describe('A distribution gives back the quantiles it was made from', () => {
  it('for a lognormal', () => {
    const byP99: DistributionSpec = { kind: 'lognormal', p50: 600 * MS, p99: 2500 * MS };
    expect(at(byP99, 0.5)).toBe(600 * MS);
    near(at(byP99, 0.99), 2500 * MS, 1e-9);
    near(at({ kind: 'lognormal', p50: 8 * MS, p95: 40 * MS }, 0.95), 40 * MS, 1e-7);
    // Mean 1, cv 1: the median is 1 / sqrt(2).
    near(at({ kind: 'lognormal', mean: S, cv: 1 }, 0.5), Math.SQRT1_2 * S, 1e-9);
  });

  it('for an exponential, a Weibull and a uniform', () => {
    near(at({ kind: 'exponential', mean: S }, 0.5), Math.LN2 * S, 1e-9);
    near(at({ kind: 'exponential', mean: S }, 0.99), Math.log(100) * S, 1e-9);
    // Shape 2, scale 1 s: mean sqrt(pi) / 2, P(X > x) = exp(-x^2).
    near(
      at({ kind: 'weibull', mean: (Math.sqrt(Math.PI) / 2) * S, shape: 2 }, 1 - Math.exp(-4)),
      2 * S,
      1e-8,
    );
    near(at({ kind: 'weibull', mean: S, shape: 1 }, 0.9), Math.log(10) * S, 1e-8);
    expect(at({ kind: 'uniform', min: 10, max: 20 }, 0.25)).toBe(13);
  });

  it('for a gamma: chi-square tables', () => {
    // Chi-square with k degrees of freedom has mean k and cv sqrt(2 / k).
    const chiSquare = (k: number, u: number): number =>
      at({ kind: 'gamma', mean: k * S, cv: Math.sqrt(2 / k) }, u) / S;
    near(chiSquare(1, 0.99), 6.6348966010212145, 1e-8);
    near(chiSquare(1, 0.01), 0.00015708785790970184, 1e-5);
    near(chiSquare(4, 0.95), 9.487729036781154, 1e-8);
    near(chiSquare(10, 0.5), 9.341817765591998, 1e-8);
    near(chiSquare(100, 0.999), 149.44925277903886, 1e-8);
    near(at({ kind: 'gamma', mean: S, cv: 1 }, 0.9), Math.log(10) * S, 1e-9);
  });

  it('for a gamma of whole shape, whose probabilities are a finite sum', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
        (shape, u) => {
          const spec: DistributionSpec = { kind: 'gamma', mean: shape * 1e12, cv: 1 / Math.sqrt(shape) };
          const x = at(spec, u) / 1e12;
          let term = Math.exp(-x);
          let above = 0;
          for (let k = 0; k < shape; k++) {
            above += term;
            term *= x / (k + 1);
          }
          expect(Math.abs(1 - above - u)).toBeLessThan(1e-8);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('for measured values: the smallest that a share u of them do not exceed', () => {
    const spec: DistributionSpec = { kind: 'empirical', values: Float64Array.of(3, 5, 5, 9) };
    expect([0.001, 0.24, 0.26, 0.74, 0.76, 0.999].map((u) => at(spec, u))).toEqual([3, 3, 5, 5, 9, 9]);
  });

  it('for a mixture: each part has its share, and all of its own range in it', () => {
    const spec: DistributionSpec = {
      kind: 'mixture',
      parts: [
        { weight: 3, of: { kind: 'constant', value: 7 } },
        { weight: 0, of: { kind: 'constant', value: 8 } },
        { weight: 1, of: { kind: 'uniform', min: 100, max: 200 } },
      ],
    };
    expect([0.1, 0.749, 0.75, 0.875, 0.9999].map((u) => at(spec, u))).toEqual([7, 7, 100, 150, 200]);
  });
});

describe.each(each)('A distribution (%s)', (_name, spec) => {
  const distribution = new Distribution(spec);

  it('answers in whole nanoseconds, never below zero, never beyond the longest horizon', () => {
    for (const u of [2 ** -53, 1e-12, 0.001, 0.3, 0.5, 0.7, 0.999, 1 - 1e-12, 1 - 2 ** -53]) {
      const x = distribution.at(u);
      expect(Number.isSafeInteger(x)).toBe(true);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(LONGEST);
    }
  });

  it('has the mean and second moment it says, by quadrature and by draws', () => {
    const quadrature = { n: 40_000, first: 0, second: 0 };
    for (let k = 0; k < quadrature.n; k++) {
      const x = distribution.at((k + 0.5) / quadrature.n);
      quadrature.first += x / quadrature.n;
      quadrature.second += (x * x) / quadrature.n;
    }
    near(quadrature.first, distribution.mean(), 2e-3);
    near(quadrature.second, distribution.secondMoment(), 5e-2);

    const stream = new Streams('moments', 0).stream('service-time', 'a');
    const n = 40_000;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += distribution.draw(stream);
    const variance = distribution.secondMoment() - distribution.mean() ** 2;
    const error = Math.sqrt(Math.max(variance, 0) / n) + 1;
    expect(Math.abs(sum / n - distribution.mean())).toBeLessThan(4 * error);
  });

  it('never falls as u grows', () => {
    if (spec.kind === 'mixture') return;
    const falls: number[] = [];
    for (let k = 1; k < 20_000; k++) {
      if (distribution.at(k / 20_000) < distribution.at((k - 1 || 0.5) / 20_000)) falls.push(k / 20_000);
    }
    expect(falls).toEqual([]);
  });

  it('takes one number from its stream per draw', () => {
    const [used, counted] = [0, 1].map(() => new Streams('one', 0).stream('service-time', 'a'));
    for (let i = 0; i < 10; i++) {
      distribution.draw(used);
      counted.next53();
    }
    expect(used.next53()).toBe(counted.next53());
  });

  it('survives the way to another thread', () => {
    const there = new Distribution(structuredClone(spec));
    for (const u of [0.01, 0.5, 0.99]) expect(there.at(u)).toBe(distribution.at(u));
  });
});

describe('The moments of a distribution', () => {
  const moments = (spec: DistributionSpec): [number, number] => {
    const distribution = new Distribution(spec);
    return [distribution.mean(), distribution.secondMoment()];
  };
  const nearBoth = (spec: DistributionSpec, mean: number, second: number): void => {
    near(moments(spec)[0], mean, 1e-9);
    near(moments(spec)[1], second, 1e-9);
  };

  it('are those of the textbook', () => {
    nearBoth({ kind: 'exponential', mean: S }, S, 2 * S * S);
    nearBoth({ kind: 'gamma', mean: S, cv: 0.5 }, S, 1.25 * S * S);
    nearBoth({ kind: 'gamma', mean: S, cv: 1 }, S, 2 * S * S);
    nearBoth({ kind: 'lognormal', mean: S, cv: 2 }, S, 5 * S * S);
    // Shape 2: the square of the mean times 4 / pi.
    nearBoth({ kind: 'weibull', mean: S, shape: 2 }, S, (4 / Math.PI) * S * S);
    nearBoth({ kind: 'uniform', min: 10, max: 40 }, 25, 700);
    nearBoth({ kind: 'empirical', values: Float64Array.of(1, 2, 6) }, 3, 41 / 3);
  });

  it('of a lognormal follow from two quantiles', () => {
    // Standard normal quantiles of 0.99 and 0.95.
    for (const [spec, z] of [
      [{ kind: 'lognormal', p50: S, p99: 3 * S }, 2.3263478740408408],
      [{ kind: 'lognormal', p50: S, p95: 3 * S }, 1.6448536269514722],
    ] as const) {
      const sigma = Math.log(3) / z;
      nearBoth(spec, S * Math.exp((sigma * sigma) / 2), S * S * Math.exp(2 * sigma * sigma));
    }
  });

  it('of a mixture are those of its parts, by weight', () => {
    const parts = [
      { weight: 3, of: { kind: 'constant', value: 10 } },
      { weight: 1, of: { kind: 'uniform', min: 10, max: 40 } },
    ] as const;
    nearBoth({ kind: 'mixture', parts }, (3 * 10 + 25) / 4, (3 * 100 + 700) / 4);
  });
});

describe('The ends of a distribution', () => {
  it('are exact for shares close to 0', () => {
    const spec: DistributionSpec = { kind: 'weibull', mean: 1e15, shape: 1 };
    for (const u of [1e-9, 1e-5, 1e-4, 1.2e-4, 1.3e-4, 1e-3]) near(at(spec, u), -1e15 * Math.log1p(-u), 1e-9);
  });

  it('keep all their digits where 1 - u would lose them', () => {
    // P(X > x) = exp(-(x / scale)^8), whatever the scale.
    const spec: DistributionSpec = { kind: 'weibull', mean: 1e15, shape: 8 };
    const median = at(spec, 0.5);
    for (const u of [1e-12, 1e-9, 1e-5, 1.2e-4, 1.25e-4, 1e-3, 0.1, 0.4]) {
      near(at(spec, u) / median, (-Math.log1p(-u) / Math.LN2) ** (1 / 8), 1e-9);
    }
  });

  it('may be 0 and the longest horizon', () => {
    const values = Float64Array.of(0, LONGEST);
    expect([0.25, 0.75].map((u) => at({ kind: 'empirical', values }, u))).toEqual([0, LONGEST]);
  });

  it('of the parts of a mixture are those of the parts themselves', () => {
    const spec: DistributionSpec = {
      kind: 'mixture',
      parts: [
        { weight: 1, of: { kind: 'uniform', min: 0, max: 1000 } },
        { weight: 2, of: { kind: 'uniform', min: 5000, max: 6000 } },
        { weight: 1, of: { kind: 'exponential', mean: S } },
      ],
    };
    expect([2 ** -53, 0.125, 0.25 - 2 ** -53, 0.25, 0.5, 0.75 - 2 ** -53].map((u) => at(spec, u))).toEqual([
      0, 500, 1000, 5000, 5500, 6000,
    ]);
    // The first of an exponential, its median, and its last but one: 53 ln 2.
    expect(at(spec, 0.75)).toBe(0);
    near(at(spec, 0.875), Math.LN2 * S, 1e-9);
    near(at(spec, 1 - 2 ** -53), 51 * Math.LN2 * S, 1e-9);
  });

  it('are whole: a constant is rounded half up, and cut at the longest horizon', () => {
    expect(at({ kind: 'constant', value: 2.5 }, 0.5)).toBe(3);
    expect(at({ kind: 'constant', value: 2.4 }, 0.5)).toBe(2);
    expect(at({ kind: 'constant', value: 2 * LONGEST }, 0.5)).toBe(LONGEST);
    expect(at({ kind: 'constant', value: LONGEST - 2 }, 0.5)).toBe(LONGEST - 2);
  });
});

describe('A distribution without spread is a constant', () => {
  it.each<[string, DistributionSpec, number]>([
    ['a p99 equal to the p50', { kind: 'lognormal', p50: 5, p99: 5 }, 5],
    ['a cv of zero (lognormal)', { kind: 'lognormal', mean: 5, cv: 0 }, 5],
    ['a cv of zero (gamma)', { kind: 'gamma', mean: 5, cv: 0 }, 5],
    ['a mean of zero (exponential)', { kind: 'exponential', mean: 0 }, 0],
    ['a mean of zero (weibull)', { kind: 'weibull', mean: 0, shape: 2 }, 0],
    ['p50 and p95 zero', { kind: 'lognormal', p50: 0, p95: 0 }, 0],
    ['a range of one point', { kind: 'uniform', min: 7, max: 7 }, 7],
    ['equal values', { kind: 'empirical', values: Float64Array.of(3, 3) }, 3],
    ['a mean of zero (lognormal)', { kind: 'lognormal', mean: 0, cv: 2 }, 0],
    ['a mean of zero (gamma)', { kind: 'gamma', mean: 0, cv: 2 }, 0],
    [
      'a mixture of equal constants',
      {
        kind: 'mixture',
        parts: [
          { weight: 1, of: { kind: 'constant', value: 9 } },
          { weight: 2, of: { kind: 'constant', value: 9 } },
        ],
      },
      9,
    ],
    [
      'a mixture in which only a constant has a weight',
      {
        kind: 'mixture',
        parts: [
          { weight: 0, of: { kind: 'uniform', min: 0, max: 10 } },
          { weight: 2, of: { kind: 'constant', value: 9 } },
        ],
      },
      9,
    ],
    ['a mixture of one', { kind: 'mixture', parts: [{ weight: 2, of: { kind: 'constant', value: 9 } }] }, 9],
  ])('with %s', (_why, spec, value) => {
    const distribution = new Distribution(spec);
    expect(distribution.isConstant).toBe(true);
    expect([0.001, 0.5, 0.999].map((u) => distribution.at(u))).toEqual([value, value, value]);
    expect([distribution.mean(), distribution.secondMoment()]).toEqual([value, value * value]);
  });

  it('and one with spread is not', () => {
    const two = [5, 7].map((value) => ({ weight: 1, of: { kind: 'constant', value } as const }));
    expect(new Distribution({ kind: 'mixture', parts: two }).isConstant).toBe(false);
    const [five] = two;
    const one = { weight: 1, of: { kind: 'uniform', min: 0, max: 10 } as const };
    expect(new Distribution({ kind: 'mixture', parts: [five, one] }).isConstant).toBe(false);
    for (const [name, spec] of each) expect(new Distribution(spec).isConstant).toBe(name === 'constant');
  });
});

describe('A distribution that makes no sense is refused', () => {
  it.each<[string, DistributionSpec, string]>([
    ['a p99 below the p50', { kind: 'lognormal', p50: 5, p99: 4 }, 'not below its p50'],
    ['a p50 of zero below a p99 that is not', { kind: 'lognormal', p50: 0, p99: 4 }, 'above zero'],
    ['a negative mean', { kind: 'exponential', mean: -1 }, 'zero or more'],
    ['a mean that is no number', { kind: 'exponential', mean: NaN }, 'zero or more'],
    ['a negative cv', { kind: 'gamma', mean: 1, cv: -1 }, 'zero or more'],
    ['a shape of zero', { kind: 'weibull', mean: 1, shape: 0 }, 'shape'],
    ['a max below the min', { kind: 'uniform', min: 2, max: 1 }, 'not below its min'],
    ['no values', { kind: 'empirical', values: new Float64Array(0) }, 'at least one value'],
    ['values out of order', { kind: 'empirical', values: Float64Array.of(2, 1) }, 'sorted'],
    ['a fraction of a nanosecond', { kind: 'empirical', values: Float64Array.of(0.5) }, 'whole'],
    ['weights of zero', { kind: 'mixture', parts: [] }, 'weights'],
    ['a mean without end', { kind: 'exponential', mean: Infinity }, 'zero or more'],
    ['a negative p50', { kind: 'lognormal', p50: -1, p99: 4 }, 'zero or more'],
    ['a negative mean of a lognormal', { kind: 'lognormal', mean: -1, cv: 1 }, 'zero or more'],
    ['a cv of a lognormal that is no number', { kind: 'lognormal', mean: 1, cv: NaN }, 'zero or more'],
    ['a negative mean of a gamma', { kind: 'gamma', mean: -1, cv: 2 }, 'zero or more'],
    ['a negative mean of a Weibull', { kind: 'weibull', mean: -1, shape: 2 }, 'zero or more'],
    ['a shape without end', { kind: 'weibull', mean: 1, shape: Infinity }, 'shape'],
    ['a negative min', { kind: 'uniform', min: -1, max: 1 }, 'zero or more'],
    ['a max without end', { kind: 'uniform', min: 1, max: Infinity }, 'not below its min'],
    ['a negative constant', { kind: 'constant', value: -1 }, 'zero or more'],
    ['a value below zero', { kind: 'empirical', values: Float64Array.of(-1, 2) }, 'whole'],
    ['a value beyond any horizon', { kind: 'empirical', values: Float64Array.of(1, 2 * LONGEST) }, 'whole'],
    [
      'weights that are all zero',
      { kind: 'mixture', parts: [{ weight: 0, of: { kind: 'constant', value: 1 } }] },
      'not all zero',
    ],
    [
      'weights whose sum has no end',
      {
        kind: 'mixture',
        parts: [
          { weight: 1e308, of: { kind: 'constant', value: 1 } },
          { weight: 1e308, of: { kind: 'constant', value: 2 } },
        ],
      },
      'weights of a mixture',
    ],
    [
      'a negative weight',
      {
        kind: 'mixture',
        parts: [
          { weight: -1, of: { kind: 'constant', value: 1 } },
          { weight: 2, of: { kind: 'constant', value: 2 } },
        ],
      },
      'zero or more',
    ],
  ])('%s', (_why, spec, message) => {
    expect(() => new Distribution(spec)).toThrow(message);
  });

  it('but a tail beyond any horizon is cut there', () => {
    expect(at({ kind: 'lognormal', p50: S, p99: 1e15 * S }, 0.99)).toBe(LONGEST);
  });
});

it('a length of time of sixty days is what it was said to be, to the nanosecond', () => {
  const odd = 5_184_000_000_000_001;
  expect(new Distribution({ kind: 'constant', value: odd }).at(0.5)).toBe(odd);
  expect(new Distribution({ kind: 'uniform', min: odd, max: odd + 2 }).at(0.25)).toBeGreaterThanOrEqual(odd);
});
