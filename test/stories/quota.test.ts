/**
 * The third row of the Cloud Run page's table: "KMS quota exceeded". A RESOURCE_EXHAUSTED error is logged, and new instances
 * do not start.
 */
import { describe, expect, test } from 'vitest';
import { KEY, tell, type Story } from '../support/story.ts';

const DENIED = `User's KMS operation quota has been exceeded. CMEK key: ${KEY}`;
const limited = (to: string, more = '') =>
  `quotas: {limits: [{name: hsm, project: kms-prod, location: europe-west3, protectionLevel: HSM, limit: ${to}${more}}]}`;

/** The most of these instants in any window (t - span, t], however it is cut. */
function mostIn(span: number, instants: readonly number[]): number {
  // In whole nanoseconds: a grant exactly one span ago does not count any more.
  const at = instants.map((t) => Math.round(t * 1e9)).sort((a, b) => a - b);
  return Math.max(0, ...at.map((end) => at.filter((t) => t > end - span * 1e9 && t <= end).length));
}

const grantedIn = (story: Story) => story.audit.filter(({ code }) => code === 0).map(({ at }) => at);

describe('When starts ask for more than two key calls a second', () => {
  const story = tell(
    `
    duration: 2m
    ${limited('2/s')}
    keys: [{protectionLevel: HSM, latency: {lognormal: {p50: 20ms, p99: 100ms}}}]
    services:
      - startup: {imageImport: {lognormal: {p50: 600ms, p99: 2500ms}}}
        requests: {duration: 10s}
        load: {arrivals: poisson, startRate: 20/s, stages: [{duration: 60s, target: 20/s}]}
    `,
  );
  const { instances } = story.summary.services[0];
  const denials = story.audit.filter(({ code }) => code === 8);

  test('no second, however it is cut, sees more than two granted', () => {
    expect(mostIn(1, story.granted)).toBe(2);
    expect(mostIn(1, grantedIn(story))).toBe(2);
    expect(story.summary.kms).toMatchObject([{ peak_per_second: 2, limit_per_minute: 120 }]);
  });

  test('each denial is in the audit log, and is a start that failed', () => {
    expect(denials.length).toBeGreaterThan(10);
    expect(instances.refused).toEqual({ 'quota-exceeded': denials.length });
    expect(story.summary.kms).toMatchObject([{ exceeded: denials.length }]);
    expect(denials[0].message).toMatch(/^Quota exceeded for quota metric/);
    const outcomes = story.rows('cold-starts.csv').map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'refused:quota-exceeded')).toHaveLength(denials.length);
  });

  test('the service log has a RESOURCE_EXHAUSTED error for each', () => {
    const errors = story
      .log('service-log.jsonl')
      .filter((entry) => entry.jsonPayload?.status === 'RESOURCE_EXHAUSTED');
    expect(errors).toHaveLength(denials.length);
    for (const { textPayload, severity } of errors)
      expect([textPayload, severity]).toEqual([DENIED, 'ERROR']);
  });

  test('operations are what was granted and what was denied; usage is what was granted', () => {
    const [{ operations, usage, exceeded }] = story.summary.kms;
    expect(operations).toBe(story.audit.length);
    expect(usage).toBe(grantedIn(story).length);
    expect(operations).toBe((usage as number) + (exceeded as number));
    const perRow = story.rows('kms-quota.csv');
    const sum = (column: string) => perRow.reduce((total, row) => total + (row[column] as number), 0);
    expect([sum('operations'), sum('usage'), sum('exceeded')]).toEqual([operations, usage, exceeded]);
  });

  test('instances that run are not affected', () => {
    expect(story.timeline('evict')).toEqual([]);
    expect(story.requests().served).toBeGreaterThan(0);
  });
});

test('A denied start is refused at once and costs nothing', () => {
  // One call a second. Two starts ask at 11 s, and the second is denied. The first asks again at 11.1 s for its data key and
  // is denied, too: what it has spent is spent for nothing.
  const story = tell(
    `
    duration: 12s
    ${limited('1/s')}
    keys: [{protectionLevel: HSM}]
    `,
    { arrivals: [10, 10] },
  );
  expect(story.timeline('start', 'key')).toEqual([
    '10s #1 starts: AUTOSCALING',
    '10s #2 starts: AUTOSCALING',
    '11s layer-decrypt #2 v1 quota-exceeded',
    '11s #2 refused:quota-exceeded',
    '11.1s layer-decrypt #1 v1 ok',
    '11.1s data-key-decrypt #1 v1 quota-exceeded',
    '11.1s #1 refused:quota-exceeded',
  ]);
  expect(story.summary.kms).toMatchObject([{ operations: 3, usage: 1, exceeded: 2 }]);
});

test('A limit of 30 a minute is one call in any two seconds, so a start that needs two never succeeds', () => {
  const story = tell(
    `
    duration: 5m
    ${limited('30/min')}
    keys: [{protectionLevel: HSM}]
    services: [{scaling: {minInstanceCount: 1}, initialInstanceCount: 0}]
    `,
  );
  expect(mostIn(2, story.granted)).toBe(1);
  const { ready, refused } = story.summary.services[0].instances;
  expect(ready).toBe(0);
  expect(refused).toEqual({ 'quota-exceeded': story.granted.length });
});

test('With one key call a start, 30 a minute let a start through every two seconds', () => {
  const story = tell(
    `
    duration: 60s
    ${limited('30/min')}
    keys: [{protectionLevel: HSM}]
    services: [{startup: {dataKeyDecrypts: 0, imageImport: 0s, containerStart: 0s}, requests: {duration: 10m}}]
    `,
    {
      arrivals: [
        [10, 100],
        [11, 100],
        [12, 100],
      ],
    },
  );
  // At 11 s a start is denied; the next is tried at 12 s, and its success at 12.1 s releases one that is denied. It is
  // tried again 1 s later, at 13.1 s, when the two seconds are not over, and 2 s after that.
  expect(story.granted.slice(0, 3)).toEqual([10, 12, 15.1]);
});

test('A software key uses no quota, whatever the limits', () => {
  const story = tell(
    `
    duration: 60s
    ${limited('0/min')}
    keys: [{protectionLevel: SOFTWARE}]
    `,
    { arrivals: [1, 1, 1, 1] },
  );
  expect(story.requests()).toMatchObject({ served: 4 });
  expect(story.summary.kms.find((row) => row.protection_level === 'SOFTWARE')).toMatchObject({
    operations: 8,
    usage: 0,
    exceeded: 0,
    limit_per_minute: null,
  });
});

test('The quota that is charged is that of the key, not of the service', () => {
  const story = tell(
    `
    duration: 60s
    keys: [{protectionLevel: HSM}]
    services: [{project: another-project}]
    `,
    { arrivals: [1] },
  );
  expect(story.summary.kms).toMatchObject([
    { project_id: 'kms-prod', location: 'europe-west3', protection_level: 'HSM', usage: 2 },
  ]);
});

describe('Two services on one pool', () => {
  // The depot's start makes its calls at 11 and 11.1 s, the shop's its first at 11.5 s.
  const spare = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/spare';
  const pair = (load: string) => `
    duration: 60s
    ${limited('2/s')}
    keys: [{protectionLevel: HSM}, {name: ${spare}, protectionLevel: HSM}]
    services:
      - {name: shop}
      - {name: depot, encryptionKey: ${spare}, load: ${load}}
  `;
  const atTen = { arrivals: [10.5], files: { 'ten.csv': 'time_s\n10\n' } };

  test('starve each other', () => {
    expect(tell(pair('0/s'), atTen).summary.kms).toMatchObject([{ operations: 2, exceeded: 0 }]);
    const crowded = tell(pair('{arrivals: {trace: ten.csv}}'), atTen);
    expect(crowded.times('shop-00001-sim#1 refused:quota-exceeded')).toEqual([11.5]);
    expect(crowded.requests('depot')).toMatchObject({ served: 1 });
  });

  test('do not, where the other key is in another project', () => {
    const elsewhere = pair('{arrivals: {trace: ten.csv}}').replaceAll(
      spare,
      spare.replace('kms-prod', 'kms-depot'),
    );
    expect(tell(elsewhere, atTen).summary.kms).toMatchObject([{ exceeded: 0 }, { exceeded: 0 }]);
  });
});

test('EXTERNAL and EXTERNAL_VPC keys draw from one limit', () => {
  const spare = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/spare';
  const story = tell(
    `
    duration: 13s
    quotas: {limits: [{name: ekm, project: kms-prod, location: europe-west3, protectionLevel: EXTERNAL, limit: 2/s}]}
    keys: [{protectionLevel: EXTERNAL}, {name: ${spare}, protectionLevel: EXTERNAL_VPC}]
    services: [{name: shop}, {name: depot, encryptionKey: ${spare}}]
    `,
    { arrivals: [10] },
  );
  // Each has its first call granted at 11 s and its second denied at 11.1 s.
  expect(story.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'exceeded', 'exceeded']);
  expect(story.summary.kms).toMatchObject([
    {
      protection_level: 'EXTERNAL',
      operations: 2,
      usage: 1,
      exceeded: 1,
      peak_per_second: 2,
      limit_per_minute: 120,
    },
    {
      protection_level: 'EXTERNAL_VPC',
      operations: 2,
      usage: 1,
      exceeded: 1,
      peak_per_second: 2,
      limit_per_minute: 120,
    },
  ]);
});

test('A check that is denied is not a loss of the key', () => {
  const story = tell(`
    duration: 10m
    ${limited('0/min')}
    keys: [{protectionLevel: HSM, check: {interval: 30s}}]
    services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
  `);
  expect(story.calls.length).toBeGreaterThan(15);
  expect(story.calls.every(({ outcome }) => outcome === 'exceeded')).toBe(true);
  expect(story.readyCurve()).toEqual([[0, 2]]);
  expect(story.timeline('knows')).toEqual([]);
});

test('What others use is real: it takes quota from us, and is denied itself', () => {
  const story = tell(
    `
    duration: 5m
    ${limited('2/s', ', otherUsage: 50/s')}
    keys: [{protectionLevel: HSM}]
    services: [{scaling: {minInstanceCount: 1}, initialInstanceCount: 0}]
    `,
  );
  expect(mostIn(1, story.granted)).toBe(2);
  expect(story.summary.kms).toMatchObject([{ exceeded: expect.any(Number), peak_per_second: 2 }]);
  expect(story.summary.kms[0].other_usage).toBeGreaterThan(550);
  expect(story.summary.kms[0].exceeded).toBeGreaterThan(0);
});

test('A limit can be lowered for a while', () => {
  const story = tell(
    `
    duration: 3m
    ${limited('10/s')}
    keys: [{protectionLevel: HSM}]
    timeline: [{name: cut, at: 60s, for: 60s, quotaLimit: {limit: hsm, to: 0/min}}]
    `,
    {
      arrivals: [
        [10, 1],
        [70, 200],
        [70, 1],
        [130, 1],
      ],
    },
  );
  expect(story.timeline('refusal', 'world')).toEqual([
    '60s cut begins',
    '80s 500 could-not-start after 10s',
    '120s cut ends',
  ]);
});

test('Where enforcement is soft, a hardware key is served above its limit, and the excess is counted', () => {
  const story = tell(
    `
    duration: 60s
    quotas: {policy: soft-2026, limits: [{name: hsm, project: kms-prod, location: europe-west3, protectionLevel: HSM, limit: 2/min}]}
    keys: [{protectionLevel: HSM}]
    `,
    { arrivals: [1, 1, 1, 1] },
  );
  expect(story.requests()).toMatchObject({ served: 4 });
  expect(story.summary.kms).toMatchObject([{ operations: 8, usage: 8 }]);
});

describe('Others on the same quota', () => {
  test('may come in stages, and are denied like ours', () => {
    const story = tell(`
      duration: 3m
      sampleInterval: 1m
      quotas:
        limits:
          - name: small
            project: kms-prod
            location: europe-west3
            protectionLevel: EXTERNAL
            limit: 600/min
            otherUsage: {startRate: 0/s, stages: [{duration: 1m, target: 0/s}, {duration: 0s, target: 100/s}]}
    `);
    const used = story.rows('kms-quota.csv').map((row) => Number(row.other_usage));
    expect(used[0]).toBe(0);
    // A hundred calls a second ask for ten places: nearly all of them are taken, and never more.
    for (const minute of [1, 2]) {
      expect(used[minute]).toBeGreaterThan(500);
      expect(used[minute]).toBeLessThanOrEqual(610);
    }
  });
});
