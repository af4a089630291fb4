import { describe, expect, it } from 'vitest';
import type { ObjectiveSummary, Summary } from '../../src/probes/results.ts';
import { searchFiles, type SearchResult } from '../../src/report/search-report.ts';
import { FIGURES, figures } from '../../src/report/variants.ts';
import { incident } from './fixture.ts';

/** The same limit for each of two services, and one for a window: three columns that must not have one name. */
const objectives = (value: number, verdict: 'met' | 'missed'): ObjectiveSummary[] =>
  [['checkout', null] as const, ['catalogue', null] as const, ['catalogue', 'ekm-down'] as const].map(
    ([service, during]) => ({
      ...incident().summary.objectives[1],
      service,
      during,
      value,
      verdict,
    }),
  );

const tried = (limit: number, value: number, verdict: 'met' | 'missed') => {
  const { summary } = incident();
  const [hsm, external] = summary.kms;
  const scenario = {
    ...summary.scenario,
    file: 'plans/17-sale.yaml',
    set: ['duration=30m', `quotas.limits.shop.limit=${limit}/min`],
    hash: `hash-of-${limit}`,
  };
  const changed: Summary = {
    ...summary,
    scenario,
    kms: [hsm, { ...external, exceeded: 7 }],
    objectives: objectives(value, verdict),
  };
  return { value: `${limit}/min`, summary: changed };
};

const search: SearchResult = {
  path: 'quotas.limits.shop.limit',
  goal: 'smallest',
  range: { from: '60/min', to: '600/min', step: '60/min' },
  set: ['duration=30m'],
  tried: [tried(60, 0.3, 'missed'), tried(240, 0.1, 'missed'), tried(300, 0.01, 'met'), tried(600, 0, 'met')],
  found: '300/min',
};

const file = async (ending: string): Promise<string> =>
  (await searchFiles(search)).get(`find-limit.${ending}`)!;

describe('the file of a search for a quota', () => {
  it('has a column of its own for each objective, in the table and in the CSV, which gives units', async () => {
    const [head, first] = (await file('csv')).split('\n');
    const columns = head.split(',').map((name) => name.replaceAll('"', ''));
    expect(new Set(columns).size).toBe(columns.length);
    expect(head).toContain('error_ratio < 5% [catalogue, during ekm-down]');
    expect(head).toContain('(ratio)');
    expect(first).toMatch(/^60\/min,0\.3,0\.3,0\.3,/);
    expect(await file('md')).toContain('| error_ratio < 5% [checkout] | error_ratio < 5% [catalogue] |');
  });

  it('says the same under a heading as the terminal does, with the calls denied of all pools together', async () => {
    const terminal = figures(search.tried[0].summary);
    expect(terminal[FIGURES.indexOf('KMS denied')]).toBe('1108');
    expect(await file('md')).toContain(`| ${FIGURES.join(' | ')} |`);
    expect(await file('md')).toContain(`| ${terminal.join(' | ')} |`);
    expect(await file('csv')).toMatch(/,1108,missed\n/);
  });

  it('says among which values it is the smallest, and what it took on trust', async () => {
    const text = await file('md');
    expect(text).toContain(
      'The smallest value of `quotas.limits.shop.limit` from 60/min to 600/min in steps of 60/min that meets every objective is **300/min**: 240/min, the next below, does not.',
    );
    expect(text).toContain('not tried');
  });

  it('can be made again from what it says of itself', async () => {
    const text = await file('md');
    expect(text).toContain(
      '    cmeksim find plans/17-sale.yaml --vary quotas.limits.shop.limit --from 60/min --to 600/min --step 60/min --seed 42 --replications 1 --set duration=30m\n',
    );
    expect(text).toContain('cmeksim 0.1.0; hash of the scenario with 300/min: `hash-of-300`');
  });
});
