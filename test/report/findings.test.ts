import { describe, expect, it } from 'vitest';
import type { FaultSummary, Results, Summary } from '../../src/probes/results.ts';
import { chartsOf } from '../../src/report/charts.ts';
import { faultFinding, finding } from '../../src/report/findings.ts';
import { messagesIn } from '../../src/report/messages-seen.ts';
import { instant, moment } from '../../src/report/moments.ts';
import { renderRun } from '../../src/report/render.ts';
import { incident } from './fixture.ts';

const caption = (results: Results, name: string): string =>
  finding(
    results,
    chartsOf(results).find((chart) => chart.name === name)!,
  );

const scenarioOf = (more: Partial<Summary['scenario']>): { scenario: Summary['scenario'] } => ({
  scenario: { ...incident().summary.scenario, ...more },
});

const pageOf = async (summary: Partial<Summary>): Promise<string> =>
  (await renderRun(incident({ summary }), { charts: true })).get('index.html')!;

describe('the caption of the instances', () => {
  it('gives the exact maximum, not that of the sampled instants, which misses short peaks', () => {
    const { services } = incident().summary;
    const [checkout, catalogue] = services;
    const peak = { ...checkout, instances: { ...checkout.instances, max: 80 } };
    expect(caption(incident({ summary: { services: [peak, catalogue] } }), 'instances-checkout')).toMatch(
      /^At most 80 instances at once; 49 at the sampled instant that had most, 0:\d\d:\d0 \(0\d:\d\d:\d0 UTC\); 21\.3 on average/,
    );
  });

  it('says of what is read off the curves that it is of replication 1 where others are means', () => {
    const many = incident({ summary: scenarioOf({ replications: 20 }) });
    for (const name of ['instances', 'requests', 'latencies', 'pending'])
      expect(caption(many, `${name}-checkout`), name).toContain('(replication 1)');
    expect(caption(many, 'kms')).toContain('granted in one second, other usage included (replication 1)');
    expect(caption(incident(), 'instances-checkout')).not.toContain('replication');
  });
});

describe('the caption of Cloud KMS', () => {
  it('tells apart two pools of one level, and a quota that was lowered in between', () => {
    const results = incident();
    const quota = results.tables['kms-quota.csv'];
    const place = (name: string): number => quota.columns.indexOf(name);
    const elsewhere = quota.rows
      .filter((row) => row[place('protection_level')] === 'HSM')
      .map((row) =>
        row.map((cell, at) =>
          at === place('location')
            ? 'us-east1'
            : at === place('limit_per_minute') && Number(row[0]) > 600
              ? 480
              : cell,
        ),
      );
    const two: Results = {
      ...results,
      summary: {
        ...results.summary,
        kms: [...results.summary.kms, { ...results.summary.kms[0], location: 'us-east1' }],
      },
      tables: { ...results.tables, 'kms-quota.csv': { ...quota, rows: [...quota.rows, ...elsewhere] } },
    };
    const text = caption(two, 'kms');
    expect(text).toContain(
      'HSM in kms-prod/europe-west3: up to 50 calls granted in one second, other usage included;',
    );
    expect(text).toContain('the quota is 50 per second');
    expect(text).toMatch(/HSM in kms-prod\/us-east1: [^.]*; the quota is between 8 and 50 per second/);
    expect(text).toContain('EXTERNAL: up to 12 calls granted in one second;');
  });
});

describe('the sentence of a timeline entry', () => {
  const [outage] = incident().summary.faults;
  const told = (more: Partial<FaultSummary>): string =>
    faultFinding({ ...outage, ...more }, incident().summary);

  it('tells the harm: who noticed it when, what it held and refused, which requests failed', () => {
    expect(told({})).toBe(
      'ekm-down (ekmUnreachable) from 0:12:00 (02:59:00 UTC) to 0:13:30 (03:00:30 UTC); noticed after 1.4 s; 18 starts held, 9 refused; 7957 requests failed meanwhile; ready instances fell from 28 to 11; recovered 41 s after its end.',
    );
  });

  it('leaves out what did not happen', () => {
    const quiet = { detected_s: null, starts_held: 0, starts_refused: 0, requests_failed: 0, ready_min: 28 };
    expect(told({ ...quiet, recovered_s: 800 })).toBe(
      'ekm-down (ekmUnreachable) from 0:12:00 (02:59:00 UTC) to 0:13:30 (03:00:30 UTC); recovered by its end.',
    );
    expect(told({ ...quiet, starts_refused: 1 })).toContain('; 1 start refused;');
  });

  it('stands in the order of time, whatever the order in the file', async () => {
    const faults = [...incident().summary.faults].reverse();
    const page = await pageOf({ faults });
    const places = ['ekm-down (', 'slow-hsm (', 'key-disabled ('].map((name) => page.indexOf(name));
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });
});

describe('a point in time', () => {
  const week = { duration_s: 604_800, starts_at: '2026-11-27T02:47:00Z' };

  it('can be told from the one a few seconds later in a run of a week', () => {
    expect([150_000, 150_012].map((t) => instant(t, week))).toEqual(['41:40:00', '41:40:12']);
    expect(instant(4.26, { duration_s: 120 })).toBe('4.3 s');
  });

  it('has the date where the run goes on for more than a day', () => {
    expect(moment(150_000, week)).toBe('41:40:00 (2026-11-28 20:27:00 UTC)');
    expect(moment(720, { ...week, duration_s: 1800 })).toBe('0:12:00 (02:59:00 UTC)');
    expect(moment(720, { ...week, starts_at: null })).toBe('0:12:00');
  });
});

describe('the messages of the log', () => {
  it('come with the gravest first, however seldom, and when they were first seen', async () => {
    const entry = (severity: string, textPayload: string, simulated_s: number): string =>
      JSON.stringify({ severity, textPayload, simulated_s });
    const log = [
      ...Array.from({ length: 9 }, (_, index) => entry('INFO', 'Starting new instance.', index)),
      entry('WARNING', 'slow', 10),
      entry('ERROR', 'The key is disabled.', 720.123456789),
      entry('WARNING', 'slow', 11),
    ];
    expect(messagesIn(log).map(({ text, first, count }) => [text, first, count])).toEqual([
      ['The key is disabled.', 720.123456789, 1],
      ['slow', 10, 2],
      ['Starting new instance.', 0, 9],
    ]);
    expect(await pageOf({})).toContain('0:23:20 (03:10:20 UTC)');
  });
});

describe('the box with the verdict', () => {
  const box = (page: string): string => /<div class="verdict [^]*?<\/div>/.exec(page)![0];

  it('names what was missed, with value and limit', async () => {
    const text = box(await pageOf({}));
    expect(text).toContain('✗ missed: e2e_latencies.p99 &lt; 2s [checkout]: 9.41 s, wanted &lt; 2 s');
    expect(text).toContain('∅ no data: faults.recovery &lt; 60s [during slow-hsm]: –, wanted &lt; 60 s');
    expect(text).not.toContain('error_ratio');
  });

  it('gives the figures one asks for where nothing was asked', async () => {
    expect(box(await pageOf({ objectives: [] }))).toContain(
      '2.54 % of the answers were errors; p99 of the answers 2xx: 9.41 s.',
    );
  });

  it('says what of the run is not counted', async () => {
    expect(box(await pageOf(scenarioOf({ warm_up_s: 300 })))).toContain(
      '30 min simulated, of which the first 5 min (warm-up) are not counted, quota policy',
    );
    expect(box(await pageOf({}))).not.toContain('warm-up');
  });
});

describe('a page over several replications', () => {
  it('says which of its tables are of the first one', async () => {
    const page = await pageOf(scenarioOf({ replications: 20, warm_up_s: 300 }));
    for (const text of [
      'all starts of replication 1, warm-up included',
      'all calls of replication 1, warm-up included',
      'Messages in the service log of replication 1,',
      'Deployments, replication 1',
    ])
      expect(page).toContain(text);
  });
});
