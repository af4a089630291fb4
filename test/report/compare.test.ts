import { describe, expect, it } from 'vitest';
import type { ComparedFigure, ComparedObjective, Comparison } from '../../src/experiment/compare.ts';
import { comparisonFiles, headline } from '../../src/report/compare.ts';
import { incident } from './fixture.ts';

const figure = (
  metric: string,
  a: number,
  b: number,
  more: Partial<ComparedFigure> = {},
): ComparedFigure => ({
  metric,
  unit: 'count',
  better: 'lower',
  family: 'figures',
  a,
  b,
  difference: b - a,
  low: null,
  high: null,
  ratio: a === 0 ? null : b / a,
  ratio_low: null,
  ratio_high: null,
  pairs: 20,
  probability: 0.03,
  corrected: 0.4,
  variance_reduction: null,
  same: false,
  verdict: 'no difference shown',
  ...more,
});

const objective: ComparedObjective = {
  expect: 'error_ratio < 1%',
  service: 'checkout',
  during: 'ekm-down',
  severity: 'error',
  a: 'missed',
  b: 'met',
  result: 'no regression',
  because: '',
};

const comparison: Comparison = {
  pairs: 20,
  confidence: 0.95,
  verdict: 'no regression',
  objectives: [objective],
  figures: [
    figure('services.checkout.requests.cold', 100, 120),
    figure('kms.prod/europe-west3/HSM.exceeded', 0, 812),
    figure('services.checkout.error_ratio', 0, 0.02, { unit: 'ratio' }),
    figure('services.checkout.requests.retries', 0, 0),
  ],
  only_a: [],
  only_b: [],
};

const page = async (more: Partial<Comparison> = {}): Promise<string> => {
  const { summary } = incident();
  const side = (path: string, hash: string) => ({
    path,
    summary: { ...summary, scenario: { ...summary.scenario, hash } },
  });
  const files = await comparisonFiles(
    {
      a: 'as it is',
      b: 'with a larger quota',
      seed: '42',
      origins: { a: side('plans/now.yaml', 'hash-of-a'), b: side('plans/then.yaml', 'hash-of-b') },
      command: 'cmeksim compare plans/now.yaml plans/then.yaml --seed 42',
      notes: [],
      comparison: { ...comparison, ...more },
    },
    { charts: true },
  );
  return files.get('compare.html')!;
};
const caption = (text: string): string => /<figcaption>([^]*?)<\/figcaption>/.exec(text)![1];

describe('the page of a comparison', () => {
  it('names what went from nothing to something, which has no percentage', async () => {
    const text = caption(await page());
    expect(text).toContain('kms.prod/europe-west3/HSM.exceeded (from 0 to 812)');
    expect(text).toContain('checkout.error_ratio (from 0 to 2 %)');
    expect(text).not.toContain('retries');
  });

  it('does not let an interval beside 0 pass for a difference that the correction took away', async () => {
    const text = caption(await page());
    expect(text).toContain('does not cross 0 may still be chance');
    expect(text).toContain('it is grey where no difference is left');
    expect(await page()).toMatch(/<svg[^]*>no difference shown<[^]*<\/svg>/);
    expect(caption(await page({ pairs: 1 }))).toContain('One run each');
  });

  it('has a 0 on its axis, however small the changes, and a legend in the ink of the page', async () => {
    const small = figure('services.checkout.requests.cold', 1000, 1013, {
      ratio_low: 0.994,
      ratio_high: 1.02,
    });
    for (const figures of [[small], comparison.figures]) {
      const svg = /<svg [^]*<\/svg>/.exec(await page({ figures }))![0];
      expect(svg).toContain('>0</text>');
      expect(svg).not.toMatch(/fill="(black|#000)"/);
    }
  });

  it('puts amounts of money under one another', async () => {
    const cost = figure('cost.cloud_run', 12.5, 9.25, { unit: 'USD' });
    expect(await page({ figures: [cost] })).toContain(
      '<td class="n">12.5 USD</td><td class="n">9.25 USD</td>',
    );
  });

  it('says in its headline that B meets what A misses', async () => {
    expect(headline(comparison)).toBe('✓ no regression shown; B meets 1 objective that A misses');
    expect(headline({ ...comparison, objectives: [{ ...objective, a: 'met' }] })).toBe(
      '✓ no regression shown',
    );
    expect(await page()).toContain('error_ratio &lt; 1% [checkout, during ekm-down]: A ✗ missed, B ✓ met');
  });

  it('says what was compared, to the hash, and how to do it again', async () => {
    const text = await page();
    expect(text).toContain(
      '<pre><code>cmeksim compare plans/now.yaml plans/then.yaml --seed 42</code></pre>',
    );
    expect(text).toMatch(/Scenario hash<\/th><td><code>hash-of-a<\/code><\/td><td><code>hash-of-b</);
    expect(text).toMatch(/Simulated<\/th><td><code>30 min<\/code>/);
    expect(text).toContain('cmeksim 0.1.0');
  });
});
