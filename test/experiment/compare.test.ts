import { describe, expect, it } from 'vitest';
import { compare, type Comparison } from '../../src/experiment/compare.ts';
import { figureKind } from '../../src/experiment/figures.ts';
import type { ReplicationRow } from '../../src/experiment/replicate.ts';
import { sideOf, type Side } from '../../src/experiment/side.ts';
import type { Summary, Verdict } from '../../src/probes/results.ts';

const P99 = 'services.checkout.e2e_latencies_ms.p99';
const EXPECT = 'e2e_latencies.p99 < 2s';
const OBJECTIVE = `objectives.${EXPECT}`;

/** A side with these columns, one value per replication, and one objective with this verdict. */
function side(
  columns: Readonly<Record<string, readonly (number | null)[]>>,
  verdict: Verdict = 'met',
  over: { readonly severity?: 'error' | 'warn'; readonly expect?: string } = {},
): Side {
  const rows: ReplicationRow[] = Object.entries(columns).flatMap(([metric, values]) =>
    values.map((value, index) => ({ replication: index + 1, metric, value })),
  );
  const objective = {
    expect: over.expect ?? EXPECT,
    service: null,
    during: null,
    severity: over.severity ?? 'error',
    unit: 'ms',
    verdict,
  };
  const summary = {
    scenario: { replications: Math.max(...Object.values(columns).map(({ length }) => length)) },
    services: [{ service_name: 'checkout' }],
    objectives: [objective],
  } as unknown as Summary;
  return sideOf(rows, summary);
}

const figure = ({ figures }: Comparison, metric: string) => figures.find((each) => each.metric === metric)!;

/** Numbers between 0 and 1 that look like chance. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('a figure on two sides under the same luck', () => {
  const common = [900, 1400, 700, 2100, 1100];
  const a = side({ [P99]: common });
  const b = side({ [P99]: common.map((value, at) => value + [9, 10, 11, 10, 10][at]) });

  it('differs by the mean of the differences of pairs, with their interval', () => {
    const { difference, low, high, pairs, verdict } = figure(compare(a, b, 0.95), P99);
    // The differences 9, 10, 11, 10, 10 have a standard deviation of sqrt(1/2); t(0.975, 4) = 2.776445.
    expect(pairs).toBe(5);
    expect(difference).toBeCloseTo(10, 12);
    expect(high! - difference!).toBeCloseTo((2.776445 * Math.SQRT1_2) / Math.sqrt(5), 5);
    expect(difference! - low!).toBeCloseTo(high! - difference!, 12);
    expect(verdict).toBe('worse');
  });

  it('says what the same luck has gained: here the luck is three hundred times larger than the difference', () => {
    const { variance_reduction } = figure(compare(a, b, 0.95), P99);
    expect(variance_reduction).toBeGreaterThan(1e6);
  });

  it('shows no difference where the sides had luck of their own', () => {
    const shuffled = side({ [P99]: [1410, 910, 1110, 710, 2110] });
    const { verdict, variance_reduction } = figure(compare(a, shuffled, 0.95), P99);
    expect(verdict).toBe('no difference shown');
    expect(variance_reduction).toBeLessThan(2);
  });

  it('is better the other way round, and the mirror image', () => {
    const [there, back] = [figure(compare(a, b, 0.95), P99), figure(compare(b, a, 0.95), P99)];
    expect(back.verdict).toBe('better');
    expect(back.difference).toBe(-there.difference!);
    expect(back.probability).toBe(there.probability);
  });

  it('is the same where every pair is equal, whatever the spread', () => {
    const { verdict, difference, low, high } = figure(compare(a, a, 0.95), P99);
    expect([verdict, difference, low, high]).toEqual(['same', 0, 0, 0]);
  });

  it('is paired only where both have a value', () => {
    const gaps = side({ [P99]: [910, null, 710, 2110, null] });
    const { pairs, a: mean } = figure(compare(a, gaps, 0.95), P99);
    expect(pairs).toBe(3);
    expect(mean).toBeCloseTo((900 + 700 + 2100) / 3, 9);
    const none = side({ [P99]: [null, null, null, null, null] });
    expect(figure(compare(a, none, 0.95), P99)).toMatchObject({ pairs: 0, a: null, verdict: 'no data' });
  });

  it('is a point with one run, of which nothing is claimed', () => {
    const one = figure(compare(side({ [P99]: [900] }), side({ [P99]: [4000] }), 0.95), P99);
    expect(one).toMatchObject({
      difference: 3100,
      low: null,
      high: null,
      probability: null,
      verdict: 'one run',
    });
  });

  it('has no better side where it has no better way', () => {
    const instances = (values: number[]) => side({ 'services.checkout.instances.mean': values });
    const c = compare(instances([4, 5, 6]), instances([5, 6, 7.001]), 0.95);
    expect(figure(c, 'services.checkout.instances.mean').verdict).toBe('higher');
  });

  it('counts a cause that a replication does not know as 0', () => {
    const cause = 'services.checkout.instances.refused.quota-exceeded';
    const rows = [{ replication: 2, metric: cause, value: 3 }];
    const summary = { scenario: { replications: 2 }, services: [], objectives: [] } as unknown as Summary;
    expect(sideOf(rows, summary).figures.get(cause)!.values).toEqual([0, 3]);
  });
});

describe('shares', () => {
  const service = (served: number[], failed: number[], cost: number[]) =>
    side({
      'services.checkout.requests.served': served,
      'services.checkout.requests.code_500': failed,
      ...Object.fromEntries(
        ['429', '499', '503', '504'].map((code) => [
          `services.checkout.requests.code_${code}`,
          served.map(() => 0),
        ]),
      ),
      'cost.services.0.cloud_run': cost,
    });

  it('are ratios of totals, not means of ratios', () => {
    // 10 of 1000, then 1 of 10: the totals say 11 of 1010; the mean of the shares would say 5.5 %.
    const a = service([990, 9, 990, 9], [10, 1, 10, 1], [1, 1, 1, 1]);
    const b = service([990, 9, 990, 9], [10, 1, 10, 1], [2, 2, 2, 2]);
    const c = compare(a, b, 0.95);
    const share = figure(c, 'services.checkout.failed_share');
    expect(share.verdict).toBe('same');
    expect(share.a).toBeGreaterThan(0.009);
    expect(share.a).toBeLessThan(0.02);
    const cost = figure(c, 'services.checkout.cloud_run_per_million_served');
    expect(cost.ratio).toBeCloseTo(2, 9);
  });

  it('are no data where nothing was answered', () => {
    const c = compare(service([0, 0], [0, 0], [1, 1]), service([5, 5], [0, 0], [1, 1]), 0.95);
    expect(figure(c, 'services.checkout.failed_share').verdict).toBe('no data');
  });
});

describe('many figures looked at together', () => {
  it('cry wolf in at most one comparison of twenty, which uncorrected ones do in most', () => {
    const random = chance(20_231);
    const metrics = [
      'e2e_latencies_ms.mean',
      'e2e_latencies_ms.p50',
      'e2e_latencies_ms.p95',
      'e2e_latencies_ms.p99',
    ];
    const names = ['a', 'b', 'c', 'd', 'e'].flatMap((name) =>
      metrics.map((metric) => `services.${name}.${metric}`),
    );
    let corrected = 0;
    let uncorrected = 0;
    for (let experiment = 0; experiment < 300; experiment++) {
      const draw = () =>
        side(
          Object.fromEntries(names.map((name) => [name, Array.from({ length: 8 }, () => 100 + random())])),
        );
      const { figures } = compare(draw(), draw(), 0.95);
      if (figures.some(({ verdict }) => verdict === 'better' || verdict === 'worse')) corrected++;
      if (figures.some(({ probability }) => probability! < 0.05)) uncorrected++;
    }
    // 5 % of 300 is 15, with a standard deviation of 3.8; uncorrected it is 1 - 0.95^20 = 64 %.
    expect(corrected).toBeLessThan(31);
    expect(uncorrected).toBeGreaterThan(150);
  });
});

describe('whether B is a step back', () => {
  const slower = [2010, 2020, 2015, 2012];
  const faster = [1010, 1020, 1015, 1012];
  const of = (a: Side, b: Side) => compare(a, b, 0.95);

  it('it is, where it misses an objective that A meets', () => {
    const c = of(side({ [OBJECTIVE]: faster }), side({ [OBJECTIVE]: slower }, 'missed'));
    expect(c.verdict).toBe('regression');
    expect(c.objectives[0]).toMatchObject({
      a: 'met',
      b: 'missed',
      because: 'A meets it and B does not',
    });
    expect(of(side({ [OBJECTIVE]: [1] }), side({ [OBJECTIVE]: [2] }, 'no data')).verdict).toBe('regression');
  });

  it('it is, where the figure of an objective is worse for certain though both meet it', () => {
    const c = of(side({ [OBJECTIVE]: faster }), side({ [OBJECTIVE]: faster.map((value) => value + 10.5) }));
    expect(c.verdict).toBe('regression');
    expect(c.objectives[0].because).toContain('worse in B');
  });

  it('it is not, where both miss it and B is no worse, or the figure is better', () => {
    expect(of(side({ [OBJECTIVE]: slower }, 'missed'), side({ [OBJECTIVE]: slower }, 'missed')).verdict).toBe(
      'no regression',
    );
    expect(of(side({ [OBJECTIVE]: slower }, 'missed'), side({ [OBJECTIVE]: faster })).verdict).toBe(
      'no regression',
    );
  });

  it('it is not by an objective that only warns', () => {
    const warn = { severity: 'warn' } as const;
    const c = of(side({ [OBJECTIVE]: faster }, 'met', warn), side({ [OBJECTIVE]: slower }, 'missed', warn));
    expect(c.verdict).toBe('no objectives');
    expect(c.objectives[0].result).toBe('regression');
  });

  it('more is worse where an objective wants at most so much, and less where it wants at least', () => {
    const expect_ = 'instances.mean >= 5';
    const metric = `objectives.${expect_}`;
    const c = of(
      side({ [metric]: [8, 9, 8.5] }, 'met', { expect: expect_ }),
      side({ [metric]: [7, 8, 7.501] }, 'met', { expect: expect_ }),
    );
    expect(figure(c, metric).verdict).toBe('worse');
  });

  it('it is undecided, where only more replications can tell which of the two meets it', () => {
    const wide = [100, 2900, 1200, 3000];
    expect(of(side({ [OBJECTIVE]: faster }), side({ [OBJECTIVE]: wide }, 'inconclusive')).verdict).toBe(
      'inconclusive',
    );
    expect(
      of(side({ [OBJECTIVE]: wide }, 'inconclusive'), side({ [OBJECTIVE]: wide }, 'missed')).verdict,
    ).toBe('inconclusive');
  });

  it('with one run it is told by the points', () => {
    expect(of(side({ [OBJECTIVE]: [1000] }), side({ [OBJECTIVE]: [1900] })).verdict).toBe('no regression');
    expect(of(side({ [OBJECTIVE]: [1000] }), side({ [OBJECTIVE]: [2100] }, 'missed')).verdict).toBe(
      'regression',
    );
  });

  it('figures that only one side has are named', () => {
    const c = of(
      side({ [P99]: [1, 2], 'services.old.instances.max': [3, 3] }),
      side({ [P99]: [1, 2], 'services.new.instances.max': [3, 3] }),
    );
    expect([c.only_a, c.only_b]).toEqual([['services.old.instances.max'], ['services.new.instances.max']]);
  });
});

describe('the figures', () => {
  it.each([
    ['services.a.b.c.e2e_latencies_ms.p99', { unit: 'ms', better: 'lower' }],
    ['services.checkout.instances.evicted.key-disabled', { unit: 'count', better: 'lower' }],
    ['kms.p/europe-west3/HSM.exceeded', { unit: 'count', better: 'lower' }],
    ['faults.ekm-down.recovered_s', { unit: 's', better: 'lower' }],
    ['faults.ekm-down.ready_min', { unit: 'count', better: 'higher' }],
    ['cost.cloud_run', { unit: 'USD', better: 'lower' }],
    ['cost.per_month.cloud_run', null],
    ['kms.p/l/HSM.limit_per_minute', null],
    ['engine.events', null],
  ] as const)('%s', (metric, kind) => {
    expect(figureKind(metric)).toEqual(kind);
  });
});
