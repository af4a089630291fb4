/**
 * The second row of the Cloud Run page's table, first case: the external key manager cannot be reached and the key request can
 * be retried. While it is retried, no instance is shut down and no new instance starts.
 *
 * An overloaded external key manager says so after the usual 100 ms. Retries come after 1 s, 2 s, 4 s … 60 s.
 */
import { describe, expect, test } from 'vitest';
import { tell } from '../support/story.ts';

const PATIENT = 'assumptions: {keyRetry: {initial: 1s, factor: 2, max: 60s, jitter: none}}';
const DOWN = 'ekmUnreachable: {key: shop, error: OVERLOADED_EKM}';

describe('When the external key manager is overloaded for 90 s', () => {
  // Three instances. At 40 s one request of 300 s and two of 1 s keep them busy, and a fourth starts #4, whose key call
  // at 41 s fails at 41.1 s. It asks again at 42.1, 44.2, 48.3, 56.4, 72.5, 104.6 and, 60 s after that failed,
  // at 164.7 s; the outage was over at 120 s.
  const story = tell(
    `
    duration: 10m
    ${PATIENT}
    services: [{initialInstanceCount: 3, idleTimeout: 60s}]
    timeline: [{name: down, at: 30s, for: 90s, ${DOWN}}]
    `,
    {
      arrivals: [
        [40, 300],
        [40, 1],
        [40, 1],
        [40, 1],
      ],
    },
  );

  test('a start holds, nobody leaves, and afterwards all is made up for', () => {
    expect(story.timeline()).toEqual([
      '0s #1 is there',
      '0s #2 is there',
      '0s #3 is there',
      '30s down begins',
      '40s #4 starts: AUTOSCALING',
      '41.1s #4 holds: ekm-unreachable',
      '120s down ends',
      // Idle since 41 s and 42 s; kept until the first success.
      '164.8s #2 gets SIGTERM: it was idle and not needed',
      '164.8s #2 is gone: it was idle and not needed',
      '164.8s #3 gets SIGTERM: it was idle and not needed',
      '164.8s #3 is gone: it was idle and not needed',
      '165.9s #4 ready',
      '225.9s #4 gets SIGTERM: it was idle and not needed',
      '225.9s #4 is gone: it was idle and not needed',
      '400s #1 gets SIGTERM: it was idle and not needed',
      '400s #1 is gone: it was idle and not needed',
    ]);
  });

  test('the start is counted as waiting for its key, between and during its attempts', () => {
    expect(story.counts(40.9)).toMatchObject({ starting: 1, awaiting_key: 0 });
    for (const at of [41, 50, 120, 160, 164.8]) {
      expect(story.counts(at)).toMatchObject({ starting: 0, awaiting_key: 1 });
    }
    expect(story.counts(165)).toMatchObject({ starting: 1, awaiting_key: 0 });
  });

  test('active and idle together do not fall from the first failure to the first success', () => {
    for (let at = 41.1; at < 164.79; at += 0.1) expect(story.ready(at)).toBe(3);
    expect(story.ready(164.79)).toBe(3);
  });

  test('every attempt is a key operation and is charged', () => {
    // Eight attempts at the layer, one at the data key.
    expect(story.audit.map(({ at, code }) => [at, code])).toEqual([
      [41, 9],
      [42.1, 9],
      [44.2, 9],
      [48.3, 9],
      [56.4, 9],
      [72.5, 9],
      [104.6, 9],
      [164.7, 0],
      [164.8, 0],
    ]);
    expect(story.summary.kms).toMatchObject([
      { protection_level: 'EXTERNAL_VPC', operations: 9, usage: 9, exceeded: 0 },
    ]);
    expect(story.rows('cold-starts.csv')).toMatchObject([
      { key_attempts: 9, key_ms: 123_900, outcome: 'ready' },
    ]);
  });

  test('the message of the external key manager is passed through to the service log, once a start', () => {
    expect(story.texts('ERROR')).toEqual(['OVERLOADED_EKM: The external key manager is overloaded.']);
  });

  test('the report tells how long it took to notice and to recover', () => {
    expect(story.summary.faults).toMatchObject([
      {
        name: 'down',
        at_s: 30,
        until_s: 120,
        detected_s: 41.1,
        starts_held: 1,
        starts_refused: 0,
        ready_before: 3,
        first_ready_after_s: 165.9,
      },
    ]);
  });
});

test('A start that is past its last key call still becomes ready; one between two key calls holds', () => {
  // Image until 11 s, key calls until 11.1 and 11.2 s. The outage cuts off the second call of #2, which began at 11.15 s.
  const story = tell(
    `
    duration: 60s
    ${PATIENT}
    timeline: [{name: down, at: 11.22s, for: 10s, ${DOWN}}]
    `,
    { arrivals: [10, 10.05] },
  );
  expect(story.timeline()).toEqual([
    '10s #1 starts: AUTOSCALING',
    '10.05s #2 starts: AUTOSCALING',
    '11.22s down begins',
    '11.25s #2 holds: ekm-unreachable',
    '12.2s #1 ready',
    '21.22s down ends',
    // Asked again at 12.25, 14.35, 18.45 and 26.55 s; by then it had given both requests to #1.
    '27.65s #2 ready',
  ]);
});

test('A network that is silent is noticed when the attempt times out, after a second', () => {
  const story = tell(
    `
    duration: 60s
    ${PATIENT}
    timeline: [{name: down, at: 5s, ekmUnreachable: {key: shop, error: UNREACHABLE_NETWORK}}]
    `,
    { arrivals: [10] },
  );
  expect(story.times('holds')).toEqual([12]);
  expect(story.texts('ERROR')[0]).toBe(
    'UNREACHABLE_NETWORK: The external key manager could not be reached over the network.',
  );
});

test('Until it is noticed nothing changes: an outage without a key call holds nobody in place', () => {
  const story = tell(`
    duration: 5m
    services: [{initialInstanceCount: 2, idleTimeout: 60s}]
    timeline: [{at: 30s, ${DOWN}}]
  `);
  expect(story.readyCurve()).toEqual([
    [0, 2],
    [60, 0],
  ]);
});

test('A periodic check that fails holds everybody in place, too, and one that succeeds lets them go', () => {
  const story = tell(`
    duration: 10m
    services: [{initialInstanceCount: 2, idleTimeout: 2m}]
    keys: [{check: {interval: 60s}}]
    timeline: [{at: 0s, for: 200s, ${DOWN}}]
  `);
  const failed = story.calls.filter(({ outcome }) => outcome === 'failed');
  expect(failed.length).toBeGreaterThanOrEqual(3);
  for (const { use } of failed) expect(use).toBe('check-encrypt');
  const success = story.calls.find(({ outcome }) => outcome === 'ok')!;
  expect(success.answeredAt / 1e9).toBeGreaterThan(200);
  expect(story.readyCurve()).toEqual([
    [0, 2],
    [success.answeredAt / 1e9, 0],
  ]);
});

test('Crashes still happen', () => {
  const story = tell(
    `
    duration: 2m
    services: [{initialInstanceCount: 4}]
    timeline:
      - {at: 5s, ${DOWN}}
      - {at: 60s, instanceCrash: {service: shop, share: 50%}}
    `,
    {
      arrivals: [
        [10, 1],
        [10, 1],
        [10, 1],
        [10, 1],
        [10, 1],
      ],
    },
  );
  expect(story.readyCurve()).toEqual([
    [0, 4],
    [60, 2],
  ]);
});

test('Scaling down has to wait, whether the minimum or a manual count is lowered', () => {
  const minimum = tell(
    `
    duration: 4m
    ${PATIENT}
    services: [{scaling: {minInstanceCount: 3}, idleTimeout: 10s}]
    timeline:
      - {at: 5s, for: 60s, ${DOWN}}
      - {at: 20s, scaling: {service: shop, minInstanceCount: 1}}
    `,
    { arrivals: [10, 10, 10, 10] },
  );
  // #4 fails at 11.1 and asks at 12.1, 14.2, 18.3, 26.4, 42.5 and 74.6 s.
  expect(minimum.readyCurve()).toEqual([
    [0, 3],
    [74.7, 1],
    [75.8, 2],
    [85.8, 1],
  ]);
  const manual = tell(`
    duration: 4m
    services: [{scaling: {scalingMode: MANUAL, manualInstanceCount: 3}}]
    keys: [{check: {interval: 30s}}]
    timeline:
      - {at: 0s, for: 100s, ${DOWN}}
      - {at: 40s, scaling: {service: shop, manualInstanceCount: 1}}
  `);
  const success = manual.calls.find(({ outcome }) => outcome === 'ok')!.answeredAt / 1e9;
  expect(manual.readyCurve()).toEqual([
    [0, 3],
    [success, 1],
  ]);
});

test('All revisions on the key are held in place, those of other services too, and those on other keys are not', () => {
  const story = tell(
    `
    duration: 2m
    services:
      - {name: shop}
      - {name: depot, initialInstanceCount: 1, idleTimeout: 30s, load: 0/s}
      - {name: office, initialInstanceCount: 1, idleTimeout: 30s, load: 0/s, encryptionKey: null}
    timeline: [{at: 5s, ${DOWN}}]
    `,
    { arrivals: [10] },
  );
  expect(story.ready(119, 'depot-00001-sim')).toBe(1);
  expect(story.ready(29.9, 'office-00001-sim')).toBe(1);
  expect(story.ready(30, 'office-00001-sim')).toBe(0);
});

test('That access is taken from one service does not let go of the instances of another while its key call is retried', () => {
  // The depot's start holds from 11.1 s on; the shop learns at 41.1 s that it may not use the key any more.
  const story = tell(
    `
    duration: 2m
    ${PATIENT}
    services:
      - {name: shop, load: {arrivals: {trace: late.csv}}}
      - {name: depot, initialInstanceCount: 2, idleTimeout: 20s}
    timeline:
      - {at: 5s, ${DOWN}}
      - {at: 20s, keyAccess: {key: shop, service: shop, granted: false}}
    `,
    {
      arrivals: [
        [10, 1],
        [10, 1],
        [10, 1],
      ],
      files: { 'late.csv': 'time_s,duration_ms\n40,1000\n' },
    },
  );
  expect(story.timeline('start')).toContain('11.1s depot-00001-sim#3 holds: ekm-unreachable');
  expect(story.timeline('start')).toContain('41.1s shop-00001-sim#1 refused:key-access-revoked');
  expect(story.ready(110, 'depot-00001-sim')).toBe(2);
});

test('An old revision is not drained either, and goes when the key answers', () => {
  // Traffic moves to the new revision at 12.3 s (Encrypt at 10 s, a start). Its second start finds the outage.
  const story = tell(
    `
    duration: 4m
    ${PATIENT}
    services: [{initialInstanceCount: 1, idleTimeout: 30s}]
    timeline:
      - {at: 10s, deploy: {service: shop, revision: shop-00002-new}}
      - {at: 15s, for: 60s, ${DOWN}}
    `,
    {
      arrivals: [
        [5, 1],
        [20, 5],
        [20, 5],
      ],
    },
  );
  expect(story.timeline('deploy').at(-1)).toBe('12.3s deployment of shop-00002-new serving');
  const success =
    story.calls.find(({ outcome, issuedAt }) => outcome === 'ok' && issuedAt / 1e9 > 15)!.answeredAt / 1e9;
  expect(success).toBeGreaterThan(75);
  expect(story.ready(success - 0.01, 'shop-00001-sim')).toBe(1);
  expect(story.ready(success, 'shop-00001-sim')).toBe(0);
});

test('A start that holds and then finds its key disabled is refused; retrying is over, and so is the holding', () => {
  // Asked at 12.1, 14.2, 18.3, 26.4, 42.5 and 74.6 s; by then the key is disabled.
  const story = tell(
    `
    duration: 75s
    ${PATIENT}
    services: [{scaling: {minInstanceCount: 1}, encryptionKeyRevocationAction: SHUTDOWN}]
    timeline:
      - {at: 5s, ${DOWN}}
      - {at: 60s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
    `,
    {
      arrivals: [
        [10, 5],
        [10, 5],
      ],
    },
  );
  expect(story.timeline('start', 'evict')).toEqual([
    '0s #1 is there',
    '10s #2 starts: AUTOSCALING',
    '11.1s #2 holds: ekm-unreachable',
    '74.7s #2 refused:key-disabled',
    '74.7s evicts 1: key-disabled',
  ]);
});

test('Two outages that overlap are one: it is over when the last of them is', () => {
  const story = tell(
    `
    duration: 4m
    ${PATIENT}
    timeline:
      - {at: 5s, for: 30s, ${DOWN}}
      - {at: 20s, for: 40s, ekmUnreachable: {key: shop, error: TIMEOUT}}
    `,
    { arrivals: [10] },
  );
  // Failed at 11.1, 12.2, 14.3, 18.4; then at 26.5 (still the first), 42.6 + 0.9 for the timeout, next at 75.5 s.
  const answers = story.calls.map(({ outcome, answeredAt }) => [answeredAt / 1e9, outcome]);
  expect(answers.filter(([, outcome]) => outcome === 'ok')[0][0]).toBeGreaterThan(60);
  expect(story.times('ready')).toHaveLength(1);
});

test('An outage that hits a share of the calls slows starts down and stops none', () => {
  const story = tell(
    `
    duration: 5m
    timeline: [{at: 0s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM, share: 50%}}]
    `,
    { arrivals: Array.from({ length: 20 }, () => [10, 100] as const) },
  );
  const { started, ready, refused } = story.summary.services[0].instances;
  expect([started, ready, refused]).toEqual([20, 20, {}]);
  const failed = story.calls.filter(({ outcome }) => outcome === 'failed').length;
  expect(failed).toBeGreaterThan(10);
  expect(failed).toBeLessThan(100);
});

test('With faults that come and go at random, every one is told of, and every one ends', () => {
  const story = tell(
    `
    duration: 2h
    services: [{scaling: {minInstanceCount: 1}}]
    keys: [{check: {interval: 10s}}]
    timeline: [{name: flaky, at: 0s, repeat: {up: 5m, down: 1m}, ${DOWN}}]
    `,
  );
  const begins = Array.from({ length: 20 }, (_, i) => 300 + 360 * i);
  expect(story.times('flaky begins')).toEqual(begins);
  expect(story.times('flaky ends')).toEqual(begins.slice(0, 19).map((at) => at + 60));
});

test('An external key manager that is so slow that attempts time out is told as such, and by which entry', () => {
  // 100 ms x 20 is longer than the second an attempt may take.
  const story = tell(
    `
    ${PATIENT}
    timeline: [{name: brown-out, at: 0s, for: 60s, kmsLatency: {key: shop, factor: 20}}]
    `,
    { arrivals: [10] },
  );
  expect(story.texts()).toContain('TIMEOUT: The external key manager did not answer in time.');
  expect(story.summary.faults[0]).toMatchObject({ detected_s: 12, starts_held: 1 });
});
