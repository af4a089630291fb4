/**
 * The pages of behaviours and of outcomes against the program: every file, test and public page they name is there, every
 * word of the rules is mentioned, and what outcomes.md says of requests, deployments and instances is played.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HTTP_OUTCOMES } from '../../src/rules/cloud-run-limits.ts';
import { CMEK_MESSAGES } from '../../src/rules/cmek-messages.ts';
import { EKM_ERROR_DOMAIN_IDS, EKM_ERROR_DOMAINS } from '../../src/rules/ekm-errors.ts';
import { KEY_UNAVAILABILITY, UNAVAILABILITY_CAUSES } from '../../src/rules/key-unavailability.ts';
import { KEY_USES } from '../../src/rules/key-uses.ts';
import { KNATIVE_ANNOTATIONS } from '../../src/rules/knative-annotations.ts';
import * as sources from '../../src/rules/sources.ts';
import { ROOT } from '../support/sources.ts';
import { tell } from '../support/story.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = ['docs/behaviours.md', 'docs/outcomes.md'] as const;
const BEHAVIOURS = read(PAGES[0]);
const OUTCOMES = read(PAGES[1]);

/** Folders of test/ whose files the pages name without `test/` and `.test.ts`. */
const TEST = /^(docs|engine|model|probes|report|rules|scenario|stories|theory)\/[a-z0-9/-]+$/;

/** Cells of the rows of all tables under a heading of the second level, heads left out. */
function rowsOf(page: string): { readonly heading: string; readonly cells: readonly string[] }[] {
  const rows: { heading: string; cells: string[] }[] = [];
  let heading = '';
  let inBody = false;
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3);
    if (!line.startsWith('|')) inBody = false;
    else if (/^\| ---/.test(line)) inBody = true;
    else if (inBody)
      rows.push({
        heading,
        cells: line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      });
  }
  return rows;
}

/** What a test file calls its tests: of `test`, `it`, `describe` and their tables, and of cases that have a title. */
function titlesOf(path: string): string[] {
  const call =
    /(?:\b(?:test|it|describe)(?:\.each\([^)]*\))?\(\s*|\)\(\s*|\btitle:\s*|^\s*\[\s*)(?:'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)")/gm;
  const titles = [...read(path).matchAll(call)].map(([, single, double]) =>
    (single ?? double).replace(/\\(.)/g, '$1'),
  );
  // The tests of theory are named by the oracles they hold the product to.
  const oracles = [...read(path).matchAll(/from '\.\.\/\.\.\/(src\/experiment\/oracles\/[^']+)'/g)];
  return [...titles, ...oracles.flatMap(([, oracle]) => claimsOf(oracle))];
}

/** An oracle's title and the claims it makes: its constants in capitals. */
const claimsOf = (path: string): string[] =>
  [...read(path).matchAll(/(?:\btitle: |name: |^const [A-Z_]+ = )'([^'\n]+)'/gm)].map(([, title]) => title);

describe.each(PAGES)('%s', (path) => {
  const page = read(path);
  const codes = [...page.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);

  test('names only files that exist', () => {
    const files = codes.filter((code) => /^(src|test|scenarios|docs)\/.*\.(ts|yaml|md|manifest)$/.test(code));
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test('names only tests that exist, each by part of a title', () => {
    const named = [...page.matchAll(/`([^`\n]+)`( "([^"\n]+)")?/g)].filter(([, code]) => TEST.test(code));
    expect(named.length).toBeGreaterThan(20);
    const wrong = named.filter(([, code, , title]) => {
      const file = `test/${code}.test.ts`;
      if (title === undefined || !existsSync(join(ROOT, file))) return true;
      return !titlesOf(file).some((one) => one.includes(title));
    });
    expect(wrong.map(([all]) => all)).toEqual([]);
  });

  test('has links that lead somewhere, and rows as long as their head', () => {
    const links = [...page.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g)].map(([, target]) => target);
    expect(links.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
    let columns = 0;
    const odd = page.split('\n').filter((line, at, lines) => {
      if (!line.startsWith('|')) return false;
      if (!lines[at - 1].startsWith('|')) columns = line.split('|').length;
      return line.split('|').length !== columns;
    });
    expect(odd).toEqual([]);
  });
});

describe('the page of behaviours', () => {
  const rows = rowsOf(BEHAVIOURS);

  test('cites pages by the names that the rules have for them, or lists them at its end', () => {
    const cited = Object.values(sources).filter((name) => typeof name === 'string');
    const known = [...cited.map((name) => name.split(' (')[0].split(', effective')[0])];
    const others = [...BEHAVIOURS.slice(BEHAVIOURS.indexOf('## Other pages')).matchAll(/^\* ([^(\n]+)/gm)];
    known.push(...others.map(([, name]) => name.trim()), 'Cloud Run, Logging', 'none');
    known.push('Cloud KMS, Key states', 'Cloud KMS, Destroy and restore key versions');
    const unknown = rows.filter(({ cells: [, page] }) => !known.some((name) => page.startsWith(name)));
    expect(rows.length).toBeGreaterThan(150);
    expect(unknown.map(({ cells }) => cells[1])).toEqual([]);
  });

  test('shows every row by something, unless it is left out, partly there or assumed', () => {
    const bare = rows.filter(
      ({ cells: [, , program, shown] }) =>
        program === '' || (shown === '' && !/^(\*\*left out\*\*|partly|assumed)/.test(program)),
    );
    expect(bare.map(({ cells }) => cells[0])).toEqual([]);
  });

  test('has every annotation that changes scaling, starts or keys', () => {
    const names = KNATIVE_ANNOTATIONS.filter((row) => row.simulated !== 'irrelevant').map((row) => row.name);
    expect(names.filter((name) => !BEHAVIOURS.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the two pages together mention', () => {
  const both = BEHAVIOURS + OUTCOMES;
  const absent = (names: readonly string[]): string[] =>
    names.filter((name) => !both.includes(`\`${name}\``));

  test('every error domain, and with the cause it leads to', () => {
    expect(absent(EKM_ERROR_DOMAIN_IDS)).toEqual([]);
    for (const { domain, retryable } of EKM_ERROR_DOMAINS) {
      const row = OUTCOMES.split('\n').find(
        (line) => line.startsWith('| `') && line.includes(`\`${domain}\``),
      );
      expect(row).toContain(retryable ? '| `ekm-unreachable` |' : '| `ekm-not-retryable` |');
    }
  });

  test('every cause, in its row of the autoscaling table', () => {
    for (const { cause, row } of UNAVAILABILITY_CAUSES) {
      const line = OUTCOMES.split('\n').find((one) => one.startsWith(`| ${row}: `));
      expect(line).toContain(`\`${cause}\``);
    }
    expect(
      rowsOf(OUTCOMES).filter(({ cells }) =>
        KEY_UNAVAILABILITY.some(({ row }) => cells[0].startsWith(`${row}:`)),
      ),
    ).toHaveLength(4);
  });

  test('every HTTP outcome with its code and text, word for word', () => {
    const table = HTTP_OUTCOMES.map((row) => `| \`${row.outcome}\` | ${row.code} | \`${row.message}\` |`);
    expect(table.filter((line) => !OUTCOMES.includes(line))).toEqual([]);
  });

  test('every audit reason and every message, word for word', () => {
    expect(absent(KEY_USES.map(({ reason }) => reason))).toEqual([]);
    expect(absent(CMEK_MESSAGES.map(({ message }) => message))).toEqual([]);
  });
});

const QUOTA = 'project: kms-prod, location: europe-west3, protectionLevel: EXTERNAL';
const POOL = `quotas: {limits: [{name: q, ${QUOTA}, limit: 6000/min}]}`;
const OVERLOADED = 'ekmUnreachable: {key: shop, error: OVERLOADED_EKM}';
/** Retries after 1, 2, 4 … s, without chance. */
const PATIENT = 'assumptions: {keyRetry: {initial: 1s, factor: 2, max: 60s, jitter: none}}';
const state = (name: string): string => `keyState: {key: shop, state: ${name}}`;

/** One entry in force from time 0. */
const from0 = (what: string, more = ''): string => `
  duration: 4m
  ${POOL}
  timeline: [{at: 0s, ${what}}]
  ${more}
`;

describe('A request that finds no free slot', () => {
  const DISABLED = `propagation: 0s, ${state('DISABLED')}`;

  test.each([
    ['key-disabled', DISABLED, ''],
    ['key-destroyed', `propagation: 0s, ${state('DESTROYED')}`, ''],
    ['key-scheduled-for-deletion', `propagation: 0s, ${state('DESTROY_SCHEDULED')}`, ''],
    ['key-access-revoked', 'propagation: 0s, keyAccess: {key: shop, service: shop, granted: false}', ''],
    ['ekm-not-retryable', 'ekmUnreachable: {key: shop, error: TLS_CERT}', ''],
    ['quota-exceeded', 'quotaLimit: {limit: q, to: 0/min}', ''],
    [
      'startup-probe',
      'quotaLimit: {limit: q, to: 6000/min}',
      'services: [{startup: {containerStart: 30s, probe: {period: 1s, failureThreshold: 2}}}]',
    ],
  ])('is told after ten seconds that the instance could not start: %s', (cause, what, more) => {
    const story = tell(from0(what, more), { arrivals: [10] });
    expect(story.timeline('refusal')).toEqual(['20s 500 could-not-start after 10s']);
    expect(story.rows('cold-starts.csv')[0].outcome).toBe(`refused:${cause}`);
  });

  test('is told after ten seconds that no instance was available, where the start is held', () => {
    const story = tell(from0(OVERLOADED), { arrivals: [10] });
    expect(story.timeline('start', 'refusal')).toEqual([
      '10s #1 starts: AUTOSCALING',
      '11.1s #1 holds: ekm-unreachable',
      '20s 500 no-available-instance after 10s',
    ]);
  });

  test('is told that no instance was available while the back-off is longer than its wait', () => {
    // Starts fail at 11.1, 13.2, 16.3, 21.4, 30.5 and 47.6 s; the next one, 32 s later, at 80.7 s.
    const story = tell(from0(DISABLED), { arrivals: [10, 20, 30, 40, 50, 60, 70, 80] });
    const outcomes = story.timeline('refusal').map((line) => line.split(' ')[2]);
    const failed = 'could-not-start';
    const none = 'no-available-instance';
    expect(outcomes).toEqual([failed, failed, failed, failed, none, none, none, failed]);
  });

  test('waits in vain, too: a held start whose repetition is denied by the quota is refused', () => {
    const story = tell(
      `
      duration: 60s
      ${PATIENT}
      ${POOL}
      timeline: [{at: 0s, ${OVERLOADED}}, {at: 12s, quotaLimit: {limit: q, to: 0/min}}]
      `,
      { arrivals: [10] },
    );
    expect(story.timeline('start', 'refusal').slice(0, 3)).toEqual([
      '10s #1 starts: AUTOSCALING',
      '11.1s #1 holds: ekm-unreachable',
      '12.1s #1 refused:quota-exceeded',
    ]);
    expect(story.timeline('refusal')).toEqual(['20s 500 could-not-start after 10s']);
  });

  test('at the maximum it is told 429, whatever the key', () => {
    const scaling = 'services: [{scaling: {minInstanceCount: 1, maxInstanceCount: 1}}]';
    const story = tell(from0(DISABLED, scaling), { arrivals: [[10, 40], 10] });
    expect(story.timeline('refusal')).toEqual(['20s 429 no-available-instance-at-maximum after 10s']);
  });

  test('held starts do not make up the maximum', () => {
    const scaling = 'services: [{scaling: {minInstanceCount: 1, maxInstanceCount: 2}}]';
    const story = tell(from0(OVERLOADED, scaling), { arrivals: [[10, 40], 10] });
    expect(story.timeline('refusal')).toEqual(['20s 500 no-available-instance after 10s']);
    expect(story.counts(20)).toMatchObject({ active: 1, awaiting_key: 1 });
  });

  test('under manual scaling it is told 429 while all instances are there', () => {
    const story = tell('services: [{scaling: {scalingMode: MANUAL, manualInstanceCount: 1}}]', {
      arrivals: [[10, 40], 10],
    });
    expect(story.timeline('refusal')).toEqual(['20s 429 no-available-instance-at-maximum after 10s']);
  });

  test('a client that waits for a held start gives up, or the request timeout is over', () => {
    const client = tell(from0(OVERLOADED, 'services: [{clients: {timeout: 3s}}]'), { arrivals: [10] });
    expect(client.timeline('refusal')).toEqual(['13s 499 client-gave-up after 3s']);
    const timeout = tell(from0(OVERLOADED, 'services: [{timeout: 3s}]'), { arrivals: [10] });
    expect(timeout.timeline('refusal')).toEqual(['13s 504 timed-out after 3s']);
  });

  test('with an instance for each request, a held start ends in 504, a back-off in 500 at once', () => {
    const held = tell(from0(OVERLOADED, 'services: [{autoscaler: per-request, timeout: 20s}]'), {
      arrivals: [10],
    });
    expect(held.timeline('refusal')).toEqual(['30s 504 timed-out after 20s']);
    const refused = tell(from0(DISABLED, 'services: [{autoscaler: per-request}]'), { arrivals: [10, 11.5] });
    expect(refused.timeline('refusal')).toEqual([
      '11.1s 500 could-not-start after 1.1s',
      '11.5s 500 could-not-start after 0s',
    ]);
  });
});

test('Requests in flight at an eviction have ten seconds, and what comes when all have been evicted finds no instance', () => {
  // The start for the request at 32 s finds the key disabled at 33.1 s.
  const story = tell(
    `
    duration: 2m
    services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
    timeline: [{at: 30s, propagation: 0s, ${state('DISABLED')}}]
    `,
    { arrivals: [[31, 5], [31, 60], 32, 40] },
  );
  expect(story.timeline('evict', 'leave', 'served', 'refusal')).toEqual([
    '33.1s evicts 2: key-disabled',
    '33.1s #1 gets SIGTERM: key-disabled',
    '33.1s #2 gets SIGTERM: key-disabled',
    '36s 200 after 0s of waiting',
    '36s #1 is gone: its requests are finished',
    '42s 500 could-not-start after 10s',
    '43.1s 503 instance-gone after 12.1s',
    '43.1s #2 is gone: ten seconds after SIGTERM',
    '50s 500 could-not-start after 10s',
  ]);
});

describe('What a deployment needs', () => {
  test('after a rotation, a deployment without any change needs the new version alone', () => {
    const story = tell(`
      duration: 3m
      services: [{scaling: {minInstanceCount: 1}}]
      timeline:
        - {at: 10s, keyRotation: {key: shop}}
        - {at: 20s, propagation: 0s, keyVersionState: {key: shop, version: 1, state: DISABLED}}
        - {at: 60s, deploy: {service: shop}}
    `);
    expect(story.summary.deployments).toMatchObject([{ outcome: 'serving' }]);
  });

  test('a deployment whose container does not listen in time fails, and the old revision keeps serving', () => {
    const story = tell(
      `
      duration: 3m
      services: [{scaling: {minInstanceCount: 1}}]
      timeline:
        - at: 60s
          deploy: {service: shop, set: {startup: {containerStart: 30s, probe: {period: 1s, failureThreshold: 2}}}}
      `,
      { arrivals: [120] },
    );
    const [{ outcome, message }] = story.summary.deployments;
    expect(outcome).toBe('failed');
    expect(message).toMatch(/^STARTUP TCP probe failed 2 times/);
    expect(story.requests()).toMatchObject({ served: 1 });
  });
});

test('For want of permission at the external key manager, under SHUTDOWN a denied version is shut down at the second call', () => {
  const story = tell(
    `
    duration: 2m
    services: [{scaling: {minInstanceCount: 1}, encryptionKeyRevocationAction: SHUTDOWN}]
    timeline: [{at: 0s, ekmUnreachable: {key: shop, error: EXTERNAL_PERMISSION_DENIED}}]
    `,
    { arrivals: [[10, 60], 10] },
  );
  expect(story.timeline('knows', 'evict')).toEqual([
    '11.1s ekm-not-retryable: ekm-not-retryable, shuts down at 3611.1s',
    '13.2s lost: key-disabled, shuts down at 13.2s',
    '13.2s evicts 1: key-disabled',
  ]);
});

/**
 * Three instances, one of them the minimum, an idle timeout of 30 s and a waiting period of a minute. All three work at
 * 10 s, two of them for 8 s; a fourth request needs a start, whose first key call fails at 11.1 s.
 */
describe.each(['PREVENT_NEW', 'SHUTDOWN'])('What instances and starts do under %s', (action) => {
  const keyLost = action === 'SHUTDOWN' ? [0, 0, 0] : [3, 1, 1];

  test.each([
    [
      'Key disabled/destroyed/revoked',
      `propagation: 0s, ${state('DISABLED')}`,
      'refused:key-disabled',
      keyLost,
    ],
    ['External key manager unreachable, retryable', OVERLOADED, 'in-progress', [3, 3, 3]],
    [
      'External key manager unreachable, not retryable',
      'ekmUnreachable: {key: shop, error: TLS_CERT}',
      'refused:ekm-not-retryable',
      [3, 1, 0],
    ],
    ['KMS quota exceeded', 'quotaLimit: {limit: q, to: 0/min}', 'refused:quota-exceeded', [3, 1, 1]],
  ])('%s', (row, what, outcome, ready) => {
    expect(KEY_UNAVAILABILITY.map((each) => each.row)).toContain(row);
    const story = tell(
      `
      duration: 2m
      ${POOL}
      assumptions: {ekmWaitingPeriod: 1m}
      services:
        - idleTimeout: 30s
          scaling: {minInstanceCount: 1}
          initialInstanceCount: 3
          encryptionKeyRevocationAction: ${action}
      timeline: [{at: 5s, ${what}}]
      `,
      { arrivals: [[10, 100], [10, 8], [10, 8], 10] },
    );
    expect(story.rows('cold-starts.csv')[0].outcome).toBe(outcome);
    // After the failed call, after the idle timeout, after the waiting period.
    expect([15, 60, 90].map((at) => story.ready(at))).toEqual(ready);
  });
});

describe('Rows that no other test shows', () => {
  const everyHalfSecond = Array.from({ length: 360 }, (_, n) => [n / 2, 0.5] as const);

  test('the CPU driver asks for instances by vCPU in use, where requests state their CPU time', () => {
    // One vCPU is in use all the time: 1 / 0.6 is 2 instances. By concurrency, 1 / (80 x 0.6), it is one.
    const wanted = (requests: string): unknown =>
      tell(
        `
        duration: 3m
        services: [{maxInstanceRequestConcurrency: 80, initialInstanceCount: 1, template: {scaling: {concurrencyTarget: 60%}}, requests: ${requests}}]
        `,
        { arrivals: everyHalfSecond },
      ).scaleOut(170).recommended;
    expect([wanted('{cpuTime: 500ms}'), wanted('{duration: 500ms}')]).toEqual([2, 1]);
  });

  test('a deployment without startup CPU boost takes twice as long to start a container of one vCPU', () => {
    const story = tell(`
      duration: 3m
      timeline:
        - {at: 10s, deploy: {service: shop}}
        - {at: 60s, deploy: {service: shop, set: {startupCpuBoost: false}}}
    `);
    expect(story.rows('cold-starts.csv').map((row) => row.container_ms)).toEqual([1000, 2000]);
  });

  test('a request that timed out holds its slot until its work ends, if the scenario says so', () => {
    const next = (frees: boolean): string[] =>
      tell(
        `
        duration: 60s
        assumptions: {timedOutRequestFreesSlot: ${frees}}
        services: [{timeout: 20s, pendingTimeout: 1m, scaling: {minInstanceCount: 1, maxInstanceCount: 1}}]
        `,
        { arrivals: [[1, 30], 22] },
      ).timeline('served');
    expect(next(true)).toEqual(['23s 200 after 0s of waiting']);
    expect(next(false)).toEqual(['32s 200 after 9s of waiting']);
  });

  test('no more starts are begun at once than may be in a second', () => {
    const story = tell('assumptions: {maxStartsPerSecond: 2}', { arrivals: [1, 1, 1, 1, 1] });
    expect(story.times('starts: AUTOSCALING')).toEqual([1, 1, 2, 2, 3]);
    // Under the per-request autoscaler nothing waits for a start of its own: the third and fourth are refused.
    const each = tell('assumptions: {maxStartsPerSecond: 2}\nservices: [{autoscaler: per-request}]', {
      arrivals: [1, 1, 1, 1, 3],
    });
    expect(each.times('starts: AUTOSCALING')).toEqual([1, 1, 3]);
    expect(each.timeline('refusal')).toHaveLength(2);
  });
});
