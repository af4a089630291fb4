import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/probes/results.ts';
import { finished } from '../../src/report/batch.ts';
import { tableFrom } from '../../src/report/csv.ts';
import { renderBatch, renderRun } from '../../src/report/render.ts';
import { summaryTable, verdictLines } from '../../src/report/summary-table.ts';
import { incident, silence } from './fixture.ts';

let files: Map<string, string>;
let page: string;
beforeAll(async () => {
  files = await renderRun(incident(), { charts: true });
  page = files.get('index.html')!;
});

describe('the folder of a run', () => {
  it('has tables, logs, charts with their specifications, a page, and the summary last', () => {
    expect([...files.keys()]).toEqual([
      'scale-out.csv',
      'requests.csv',
      'kms-quota.csv',
      'kms-operations.csv',
      'cold-starts.csv',
      'service-log.jsonl',
      'audit-log.jsonl',
      'decisions.jsonl',
      ...['checkout', 'catalogue'].flatMap((service) =>
        ['instances', 'requests', 'latencies', 'pending'].flatMap((kind) => [
          `charts/${kind}-${service}.vl.json`,
          `charts/${kind}-${service}.svg`,
        ]),
      ),
      'charts/kms.vl.json',
      'charts/kms.svg',
      'index.html',
      'summary.json',
    ]);
  });

  it('has only data where no charts are wanted', async () => {
    const names = [...(await renderRun(incident(), { charts: false })).keys()];
    expect(names.filter((name) => /svg|html|vl\.json/.test(name))).toEqual([]);
    expect(names.at(-1)).toBe('summary.json');
  });

  it('can be read back into the same results, and then gives the same page', async () => {
    const results = incident();
    const tables = Object.fromEntries(
      Object.keys(results.tables).map((name) => [name, tableFrom(files.get(name)!)]),
    );
    const logs = Object.fromEntries(
      Object.keys(results.logs).map((name) => [name, files.get(name)!.split('\n').slice(0, -1)]),
    );
    const again = {
      summary: JSON.parse(files.get('summary.json')!),
      tables,
      logs,
    } as unknown as typeof results;
    expect(again).toEqual(results);
    expect((await renderRun(again, { charts: true })).get('index.html')).toBe(page);
  });
});

describe('the page of a run', () => {
  it('begins with the verdict and says that it is of one run', () => {
    const header = page.slice(page.indexOf('<header'), page.indexOf('</header>'));
    expect(header).toContain('✗ missed');
    expect(header).toContain('1 of 3 objectives missed, 1 warning');
    expect(header).toContain('One run');
  });

  it('has its anchors, each once, and no other id twice', () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const anchor of [
      'verdict',
      'objectives',
      'timeline',
      'coldstart',
      'kms',
      'errors',
      'cost',
      'assumptions',
      'reproduce',
    ])
      expect(ids).toContain(anchor);
    for (const [, target] of page.matchAll(/(?:href="#|url\(#)([^")]*)/g)) expect(ids).toContain(target);
  });

  it('forbids all but its own style, and needs nothing else', () => {
    const style = /<style>([^]*?)<\/style>/.exec(page)![1];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(page).not.toMatch(/<script|<link|<img| on\w+="| style="|javascript:|@import|url\((?!#)/i);
    expect(
      [...page.matchAll(/https?:[^\s"'<]*/g)]
        .map(([address]) => address)
        .filter((address) => address !== 'http://www.w3.org/2000/svg'),
    ).toEqual([]);
  });

  it('shows what is planted in a message, a name or a description as text', async () => {
    expect(page).toContain('&lt;script&gt;alert(&#39;no&#39;)&lt;/script&gt;');
    const planted = '<img src=x onerror=alert(1)>';
    const { summary } = incident();
    const hostile = incident({
      summary: { scenario: { ...summary.scenario, name: planted, description: planted, seed: "';rm" } },
    });
    const text = (await renderRun(hostile, { charts: true })).get('index.html')!;
    expect(text).not.toContain('<img');
    expect(text).toContain('--seed &#39;&#39;\\&#39;&#39;;rm&#39;');
  });

  it('has headings in order and tables with a caption and scopes', () => {
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    for (const [index, level] of levels.slice(1).entries())
      expect(level - levels[index]).toBeLessThanOrEqual(1);
    expect(page.match(/<table/g)!.length).toBe(page.match(/<caption/g)!.length);
    expect(page).not.toMatch(/<th>/);
  });

  it('states under each picture what is to be seen in it', () => {
    expect(page.match(/<figure>/g)).toHaveLength(9);
    expect(page.match(/<figcaption>[^<]{20,}/g)).toHaveLength(9);
    expect(page).toContain('1101 of 36110 calls were denied (3.05 %)');
    expect(page).toContain('ready instances fell from 28 to 11; recovered 41 s after its end.');
  });

  it('never shows a percentile of successes without the share that failed', () => {
    expect(page).toContain('The 3.29 % that failed are not in these percentiles.');
  });

  it('counts the messages of the service log', () => {
    const refused = incident().logs['service-log.jsonl'].length - 1;
    expect(page).toContain(
      `The request failed because the Cloud KMS quota was exceeded.</th><td>ERROR</td><td>RESOURCE_EXHAUSTED</td>`,
    );
    expect(page).toMatch(new RegExp(`quota was exceeded\\.</th>.*<td class="n">${refused}</td></tr>`));
  });

  it('weighs at most 150 KB', () => expect(Buffer.byteLength(page)).toBeLessThan(150_000));

  it('is made of a run without any data, too', async () => {
    const empty = (await renderRun(silence(), { charts: true })).get('index.html')!;
    expect(empty).toContain('no objectives');
    expect(empty).toContain('<figcaption>No request was answered 2xx.</figcaption>');
    expect(empty).toContain('<figcaption>No request was pending.</figcaption>');
    expect(empty).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  it('shows means with their interval where there are replications', async () => {
    const { summary } = incident();
    const [service] = summary.services;
    const p99 = { mean: 4100, low: 3800, high: 4500 };
    const services = [{ ...service, e2e_latencies_ms: { ...service.e2e_latencies_ms, p99 } }];
    const many = incident({ summary: { services, scenario: { ...summary.scenario, replications: 20 } } });
    const text = (await renderRun(many, { charts: true })).get('index.html')!;
    expect(text).toContain('4.1 s [3.8 s, 4.5 s]');
    expect(text).toContain('charts show the first replication');
    expect(text).toContain('--replications 20');
  });
});

describe('a batch', () => {
  const failed = {
    kind: 'failed',
    name: 'broken',
    problem: 'broken.yaml:3:1: duration: <is> missing [MISSING_FIELD]',
  } as const;
  const entries = [
    finished(incident(), 'ekm-outage-at-peak', true),
    finished(silence(), 'quiet', false),
    failed,
  ];

  it('is listed with verdicts, links to pages that exist, and the problem of what failed', () => {
    const overview = renderBatch(entries);
    expect([...overview.matchAll(/href="([^"#]*)"/g)].map(([, href]) => href)).toEqual([
      'ekm-outage-at-peak/index.html',
    ]);
    expect(overview).toContain('&lt;is&gt; missing');
    expect(overview).toContain('<polyline');
    expect(overview).toContain('>–</td>'); // nothing is known of the curve of the quiet one
    expect(overview).not.toMatch(/ style="|<script|NaN/);
  });

  it('is green only where every scenario meets its objectives, and counts each kind of verdict', () => {
    const withVerdicts = (...verdicts: Verdict[]) => {
      const [objective] = incident().summary.objectives;
      const each = verdicts.map((verdict) => {
        const results = incident({ summary: { objectives: [{ ...objective, verdict }] } });
        return finished(results, verdict, true);
      });
      return /<div class="verdict (\w+)">\s*<p class="word">\s*([^<]*?)\s*<\/p>/
        .exec(renderBatch(each))!
        .slice(1);
    };
    expect(withVerdicts('met', 'met')).toEqual(['met', '2 scenarios simulated: 2 met']);
    expect(withVerdicts('met', 'no data')).toEqual(['open', '2 scenarios simulated: 1 without data, 1 met']);
    expect(withVerdicts('inconclusive')).toEqual(['open', '1 scenario simulated: 1 inconclusive']);
    expect(withVerdicts('met', 'missed', 'no data')).toEqual([
      'missed',
      '3 scenarios simulated: 1 missed, 1 without data, 1 met',
    ]);
    const quiet = renderBatch([finished(silence(), 'quiet', false)]);
    expect(quiet).toContain('1 scenario simulated: 1 without objectives');
    expect(quiet).toContain('<div class="verdict open">');
    expect(renderBatch([...entries])).toContain('1 could not be run, 1 missed');
  });

  it("keeps a small curve of each run, whose peak is the run's", () => {
    const [{ curve }] = entries as [ReturnType<typeof finished>];
    expect(curve).toHaveLength(60);
    expect(Math.max(...curve)).toBeGreaterThan(49);
  });

  it('is one table in the terminal', () => {
    expect(summaryTable(entries)).toBe(
      [
        'scenario            verdict          requests  errors     p99  max instances  KMS ops  exceeded',
        'ekm-outage-at-peak  ✗ missed           313760  2.54 %  9.41 s             94    38070      1101',
        'ekm-outage-at-peak  · no objectives         0       –       –              0    38070      1101',
        'broken              ! failed                –       –       –              –        –         –',
        '',
      ].join('\n'),
    );
  });

  it('says of each scenario why it has its verdict', () => {
    expect(verdictLines(incident().summary)).toEqual([
      'ekm-outage-at-peak: ✗ missed (1 of 3 objectives missed, 1 warning, one run)',
      '  ✗ missed: e2e_latencies.p99 < 2s [checkout]: 9.41 s, wanted < 2 s',
      '  ✗ missed: kms.exceeded == 0: 1101, wanted == 0, warning only',
      '  ∅ no data: faults.recovery < 60s [during slow-hsm]: –, wanted < 60 s',
    ]);
  });
});

describe('the page of a run with many services', () => {
  it('draws those that failed most, and says where the others are', async () => {
    const results = incident();
    const [service] = results.summary.services;
    const services = Array.from({ length: 12 }, (_, place) => ({
      ...service,
      service_name: `service-${place}`,
      error_ratio: place === 3 || place > 4 ? 0.01 * place : 0,
    }));
    const files = await renderRun(
      { ...results, summary: { ...results.summary, services } },
      { charts: true },
    );
    const page = files.get('index.html')!;
    const drawn = [...page.matchAll(/<h3>(service-[0-9]+)<\/h3>/g)].map(([, name]) => name);
    expect(drawn).toEqual([3, 5, 6, 7, 8, 9, 10, 11].map((place) => `service-${place}`));
    expect(page).toContain('the charts of the other\n4 stand in the folder charts');
    expect(files.has('charts/instances-service-0.svg')).toBe(true);
  });
});
