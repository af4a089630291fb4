/**
 * The second row of the Cloud Run page's table, second case: the external key manager cannot be reached and the key request
 * cannot be retried. No new instance starts, and running instances are shut down after a waiting period; here it is 5 min.
 *
 * A TLS certificate that has expired is noticed at once, so a start is refused 1.1 s after it began.
 */
import { describe, expect, test } from 'vitest';
import { sum, tell } from '../support/story.ts';

const FIVE_MINUTES = 'assumptions: {ekmWaitingPeriod: 5m}';
const EXPIRED = 'ekmUnreachable: {key: shop, error: TLS_CERT}';

describe('When the certificate of the external key manager has expired for 20 minutes', () => {
  // Two instances; a third request at 40 s finds no slot, and its start is refused at 41.1 s: the clock ends at 341.1 s.
  const story = tell(
    `
    duration: 30m
    ${FIVE_MINUTES}
    services: [{scaling: {minInstanceCount: 2}}]
    timeline: [{name: expired, at: 30s, for: 20m, ${EXPIRED}}]
    `,
    {
      arrivals: [
        [40, 5],
        [40, 5],
        [40, 5],
        [200, 1],
        [340, 8],
        [341, 20],
      ],
    },
  );

  test('starts are refused, and those that run go on serving until the waiting period is over', () => {
    expect(story.timeline().slice(0, 14)).toEqual([
      '0s #1 is there',
      '0s #2 is there',
      '30s expired begins',
      '40s #3 starts: AUTOSCALING',
      '41.1s #3 refused:ekm-not-retryable',
      '42.1s #4 starts: AUTOSCALING',
      '43.2s #4 refused:ekm-not-retryable',
      '341.1s evicts 2: ekm-not-retryable',
      '341.1s #1 gets SIGTERM: ekm-not-retryable',
      '341.1s #2 gets SIGTERM: ekm-not-retryable',
      '345s #5 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
      '346.1s #5 refused:ekm-not-retryable',
      '348s #1 is gone: its requests are finished',
      '350.1s #6 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
    ]);
  });

  test('the instances of the minimum leave, too, and come back only after a key call has succeeded', () => {
    expect(story.readyCurve().slice(0, 2)).toEqual([
      [0, 2],
      [341.1, 0],
    ]);
    const success = story.calls.find(({ outcome }) => outcome === 'ok')!.answeredAt / 1e9;
    expect(success).toBeGreaterThan(1230);
    expect(success).toBeLessThan(1230 + 61.2);
    // The trial has a second key call and a container to start; its success releases the second start.
    expect(story.readyCurve().slice(2)).toEqual([
      [expect.closeTo(success + 1.1, 6), 1],
      [expect.closeTo(success + 1.1 + 2.2, 6), 2],
    ]);
  });

  test('the message is passed through to the service log', () => {
    expect(story.texts('ERROR')[0]).toBe(
      'TLS_CERT: The TLS certificate of the external key manager is not valid.',
    );
    expect(story.texts('WARNING')[0]).toMatch(/^Shutting down 2 instances .*ekm-not-retryable/);
  });

  test('requests that are not finished ten seconds after SIGTERM are cut off', () => {
    expect(story.requests()).toMatchObject({ arrived: 6, served: 5, code_503: 1 });
    expect(story.timeline('refusal')).toEqual(['351.1s 503 instance-gone after 10.1s']);
  });
});

test('The waiting period is an hour unless the scenario knows better', () => {
  const story = tell(
    `
    duration: 65m
    services: [{scaling: {minInstanceCount: 1}}]
    timeline: [{at: 30s, ${EXPIRED}}]
    `,
    {
      arrivals: [
        [40, 2],
        [40, 2],
      ],
    },
  );
  expect(story.times('evicts 1')).toEqual([3641.1]);
});

test('Where nothing starts, the clock runs from the first check that failed', () => {
  const story = tell(`
    duration: 10m
    ${FIVE_MINUTES}
    services: [{scaling: {minInstanceCount: 3}}]
    keys: [{check: {interval: 60s}}]
    timeline: [{at: 30s, ${EXPIRED}}]
  `);
  const failed = story.calls.find(({ outcome }) => outcome === 'failed')!;
  expect(failed.use).toBe('check-encrypt');
  expect(story.readyCurve()).toEqual([
    [0, 3],
    [sum(failed.answeredAt / 1e9, 300), 0],
  ]);
});

test('Where no key call is made at all, nobody notices and nobody leaves', () => {
  const story = tell(`
    duration: 10m
    ${FIVE_MINUTES}
    services: [{scaling: {minInstanceCount: 3}}]
    timeline: [{at: 30s, ${EXPIRED}}]
  `);
  expect(story.readyCurve()).toEqual([[0, 3]]);
});

test('A success stops the clock, and a new failure starts it afresh', () => {
  const story = tell(`
    duration: 20m
    ${FIVE_MINUTES}
    services: [{scaling: {minInstanceCount: 2}}]
    keys: [{check: {interval: 20s}}]
    timeline:
      - {at: 30s, for: 4m, ${EXPIRED}}
      - {at: 5m, ${EXPIRED}}
  `);
  const again = story.times('ekm-not-retryable, shuts down')[1];
  expect(again).toBeGreaterThan(300);
  expect(again).toBeLessThan(320.2);
  expect(story.readyCurve()).toEqual([
    [0, 2],
    [sum(again, 300), 0],
  ]);
});

test('Manual instances leave, too', () => {
  const story = tell(`
    duration: 10m
    ${FIVE_MINUTES}
    services: [{scaling: {scalingMode: MANUAL, manualInstanceCount: 3}}]
    keys: [{check: {interval: 30s}}]
    timeline: [{at: 30s, ${EXPIRED}}]
  `);
  const noticed = story.times('ekm-not-retryable, shuts down')[0];
  expect(story.readyCurve()).toEqual([
    [0, 3],
    [sum(noticed, 300), 0],
  ]);
  expect(story.ready(599)).toBe(0);
});

test('PREVENT_NEW does not keep them: the waiting period is not a revocation', () => {
  const story = tell(`
    duration: 10m
    ${FIVE_MINUTES}
    services: [{scaling: {minInstanceCount: 1}, encryptionKeyRevocationAction: PREVENT_NEW}]
    keys: [{check: {interval: 30s}}]
    timeline: [{at: 30s, ${EXPIRED}}]
  `);
  expect(story.ready(599)).toBe(0);
});

test('All instances on the key leave, those of every service, and those on other keys stay', () => {
  const story = tell(
    `
    duration: 10m
    ${FIVE_MINUTES}
    services:
      - {name: shop}
      - {name: depot, scaling: {minInstanceCount: 2}, load: 0/s}
      - {name: office, scaling: {minInstanceCount: 2}, load: 0/s, encryptionKey: null}
    timeline: [{at: 5s, ${EXPIRED}}]
    `,
    { arrivals: [10] },
  );
  expect(story.times('evicts')).toEqual([311.1]);
  expect(story.ready(311.1, 'depot-00001-sim')).toBe(0);
  expect(story.ready(599, 'office-00001-sim')).toBe(2);
});

test('An error that is said to be beyond retrying is not retried, whatever the documentation says of it', () => {
  // The loader warns of the contradiction; what the scenario states holds.
  const story = tell(
    `
    duration: 2m
    timeline: [{at: 5s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM, retryable: false}}]
    `,
    { arrivals: [10] },
  );
  expect(story.timeline('start')[1]).toBe('11.1s #1 refused:ekm-not-retryable');
});

test('An outage that becomes retryable holds everybody in place, though the clock ends meanwhile', () => {
  // The clock of #2 would end at 311.1 s. From 5 min on the failure is one that can be retried.
  const story = tell(
    `
    duration: 15m
    assumptions: {ekmWaitingPeriod: 5m, keyRetry: {initial: 1s, factor: 2, max: 60s, jitter: none}}
    services: [{scaling: {minInstanceCount: 1}}]
    keys: [{check: {interval: 10s}}]
    timeline:
      - {at: 5s, for: 295s, ${EXPIRED}}
      - {at: 300s, for: 300s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM}}
    `,
    {
      arrivals: [
        [10, 3],
        [10, 3],
      ],
    },
  );
  expect(story.timeline('evict')).toEqual([]);
  expect(story.ready(899)).toBe(1);
});

test('Where a node still has the data key, what starts after the waiting period goes with the next check that fails', () => {
  const story = tell(`
    duration: 6m
    services:
      - scaling: {minInstanceCount: 2}
        startup: {layerDecrypts: 0, dataKeyCache: {ttl: 3h, instancesPerNode: 100}}
    keys: [{check: {interval: 60s}}]
    assumptions: {ekmWaitingPeriod: 90s}
    timeline:
      # One start before the outage, so that the node has the key.
      - {at: 10s, instanceCrash: {service: shop, share: 50%}}
      - {at: 60s, for: 4m, ekmUnreachable: {key: shop, error: DNS}}
  `);
  const [first, second, third, fourth] = story.calls
    .filter(({ failure }) => failure !== null)
    .map(({ answeredAt }) => answeredAt / 1e9);
  expect(story.times('evicts 2: ekm-not-retryable')).toEqual([sum(first, 90), third, fourth]);
  expect(second).toBeLessThan(sum(first, 90));
  expect(story.ready(359)).toBe(2);
});
