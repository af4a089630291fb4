/**
 * Deployments: a data key is wrapped, an instance starts, and traffic moves; or not.
 *
 * Encrypt takes 100 ms, a start 2.2 s: a revision that is deployed at 60 s serves from 62.3 s on.
 */
import { describe, expect, test } from 'vitest';
import { KEY, OTHER_KEY, tell } from '../support/story.ts';

const OLD = 'shop-00001-sim';
const NEW = 'shop-00002-new';
const DEPLOY = `at: 60s, deploy: {service: shop, revision: ${NEW}}`;

test('A deployment wraps a data key, starts an instance and then takes the traffic', () => {
  const story = tell(
    `
    duration: 20m
    services: [{initialInstanceCount: 1}]
    timeline: [{${DEPLOY}}]
    `,
    {
      arrivals: [
        [61, 1],
        [70, 1],
      ],
    },
  );
  expect(story.timeline('start', 'deploy', 'key', 'leave')).toEqual([
    `0s ${OLD}#1 is there`,
    `60s deployment of ${NEW} begun`,
    '60.1s data-key-encrypt v1 ok',
    `60.1s ${NEW}#1 starts: DEPLOYMENT_ROLLOUT`,
    `61.2s layer-decrypt ${NEW}#1 v1 ok`,
    `61.3s data-key-decrypt ${NEW}#1 v1 ok`,
    `62.3s ${NEW}#1 ready`,
    `62.3s deployment of ${NEW} serving`,
    // The old revision idles away 15 min after its last request.
    `962s ${OLD}#1 gets SIGTERM: it was idle and not needed`,
    `962s ${OLD}#1 is gone: it was idle and not needed`,
    `971s ${NEW}#1 gets SIGTERM: it was idle and not needed`,
    `971s ${NEW}#1 is gone: it was idle and not needed`,
  ]);
  expect(story.summary.deployments).toEqual([
    { service_name: 'shop', revision_name: NEW, at_s: 60, outcome: 'serving', message: '' },
  ]);
});

describe('A deployment fails, and the old revision keeps serving, when the key is', () => {
  /** Its message; and the status in the service log, which has one entry for it, and the error of Cloud KMS. */
  const failed = (what: string, more = '', status = 'FAILED_PRECONDITION') => {
    const story = tell(
      `
      duration: 5m
      services: [{scaling: {minInstanceCount: 1}}]
      timeline: [{at: 0s, propagation: 0s, ${what}}, {${DEPLOY}}]
      ${more}
      `,
      { arrivals: [100] },
    );
    expect(story.ready(299, OLD)).toBe(1);
    expect(story.counts(299, NEW)).toMatchObject({ starting: 0, awaiting_key: 0, active: 0, idle: 0 });
    expect(story.requests()).toMatchObject({ served: 1 });
    const [{ outcome, message }] = story.summary.deployments;
    expect(outcome).toBe('failed');
    const entries = story
      .log('service-log.jsonl')
      .filter(({ severity, simulated_s }) => severity === 'ERROR' && simulated_s < 61);
    expect(entries).toMatchObject([{ textPayload: message, jsonPayload: { status } }]);
    const { cause, ekm_error, error } = entries[0].jsonPayload;
    return { message, cause, ekm_error, error };
  };

  test('disabled', () => {
    expect(failed('keyState: {key: shop, state: DISABLED}')).toMatchObject({
      message: `User's CMEK key has been disabled. CMEK key: ${KEY}`,
      cause: 'key-disabled',
    });
  });
  test('scheduled for deletion', () => {
    expect(failed('keyState: {key: shop, state: DESTROY_SCHEDULED}')).toMatchObject({
      message: expect.stringContaining('has been scheduled for deletion'),
      cause: 'key-scheduled-for-deletion',
    });
  });
  test('destroyed', () => {
    expect(failed('keyState: {key: shop, state: DESTROYED}')).toMatchObject({
      message: expect.stringContaining('has been destroyed'),
      cause: 'key-destroyed',
    });
  });
  test('not one the service may use', () => {
    expect(
      failed('keyAccess: {key: shop, service: shop, granted: false}', '', 'PERMISSION_DENIED'),
    ).toMatchObject({
      message: expect.stringContaining('does not have CMEK decrypter'),
      cause: 'key-access-revoked',
    });
  });
  test('out of reach for good', () => {
    expect(
      failed('keyState: {key: shop, state: ENABLED}}, {at: 0s, ekmUnreachable: {key: shop, error: DNS}'),
    ).toMatchObject({
      message: 'DNS: The host name of the external key manager could not be resolved.',
      cause: 'ekm-not-retryable',
      ekm_error: 'DNS',
    });
  });
  test('over its quota', () => {
    const none =
      'quotas: {limits: [{name: q, project: kms-prod, location: europe-west3, protectionLevel: EXTERNAL, limit: 0/s}]}';
    expect(failed('keyState: {key: shop, state: ENABLED}', none, 'RESOURCE_EXHAUSTED')).toMatchObject({
      message: expect.stringContaining('quota has been exceeded'),
      cause: 'quota-exceeded',
      error: { code: 8 },
    });
  });
});

test('A deployment whose first instance is refused fails, too', () => {
  // The key is lost between Encrypt (60 s) and the first decrypt (61.1 s).
  const story = tell(
    `
    duration: 5m
    services: [{scaling: {minInstanceCount: 1}, template: {scaling: {minInstanceCount: 2, concurrencyTarget: disabled}}}]
    timeline: [{${DEPLOY}}, {at: 60.5s, propagation: 0s, keyState: {key: shop, state: DISABLED}}]
    `,
    { arrivals: [100] },
  );
  expect(story.timeline('deploy')).toEqual([
    `60s deployment of ${NEW} begun`,
    `61.2s deployment of ${NEW} failed: User's CMEK key has been disabled. CMEK key: ${KEY}`,
  ]);
  expect(story.counts(62, NEW)).toMatchObject({ starting: 0, awaiting_key: 0 });
  // The start has its entry, and the deployment.
  const entries = story.log('service-log.jsonl').filter(({ jsonPayload }) => jsonPayload !== undefined);
  expect(entries.map(({ labels, jsonPayload }) => [labels?.instanceId, jsonPayload.cause])).toEqual([
    ['1', 'key-disabled'],
    [undefined, 'key-disabled'],
  ]);
  expect(story.requests()).toMatchObject({ served: 1 });
});

test('While the external key manager is out of reach, a deployment holds, and goes on afterwards', () => {
  // Encrypt fails at 60.1 s and is made again after 1, 2, 4, 8 s: at 61.1, 63.2, 67.3 and 75.4 s.
  const story = tell(`
    duration: 5m
    assumptions: {keyRetry: {initial: 1s, factor: 2, max: 60s, jitter: none}}
    timeline: [{at: 50s, for: 20s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM}}, {${DEPLOY}}]
  `);
  expect(story.timeline('deploy')).toEqual([
    `60s deployment of ${NEW} begun`,
    `77.7s deployment of ${NEW} serving`,
  ]);
});

test('A lost key is remedied by a deployment with a new one', () => {
  const story = tell(
    `
    duration: 5m
    keys: [{}, {name: ${OTHER_KEY}}]
    timeline:
      - {at: 0s, propagation: 0s, keyState: {key: shop, state: DESTROYED}}
      - {at: 60s, deploy: {service: shop, revision: ${NEW}, set: {encryptionKey: ${OTHER_KEY}}}}
    `,
    { arrivals: [10, 100] },
  );
  expect(story.requests()).toMatchObject({ served: 1, code_500: 1 });
  expect(story.summary.deployments).toMatchObject([{ outcome: 'serving' }]);
});

test('A revision needs the key version it was deployed with, whatever is rotated later', () => {
  // Version 1 is disabled after the rotation. The old revision cannot start; one that is deployed then can.
  const story = tell(
    `
    duration: 5m
    timeline:
      - {at: 10s, keyRotation: {key: shop}}
      - {at: 20s, propagation: 0s, keyVersionState: {key: shop, version: 1, state: DISABLED}}
      - {${DEPLOY}}
    `,
    { arrivals: [30, 100] },
  );
  expect(story.times('refused:key-disabled')[0]).toBe(31.1);
  expect(
    story
      .timeline('key')
      .filter((line) => line.endsWith('ok'))
      .map((line) => line.split(' v')[1]),
  ).toEqual(['2 ok', '2 ok', '2 ok']);
  expect(story.requests()).toMatchObject({ served: 1, code_500: 1 });
});

test('With a percentage, the new revision gets that share and the old ones the rest', () => {
  const story = tell(`
    duration: 10m
    services: [{maxInstanceRequestConcurrency: 1000, requests: {duration: 10ms}, load: 20/s, scaling: {minInstanceCount: 1}}]
    timeline: [{at: 60s, deploy: {service: shop, revision: ${NEW}, percent: 20}}]
  `);
  const before = story.servedBy(OLD, 0, 62);
  expect(before).toBe(story.served(0, 62));
  // About 10,760 requests later: a standard deviation of the share is 0.4 %.
  const share = story.servedBy(NEW, 62.3, 600) / story.served(62.3, 600);
  expect(share).toBeGreaterThan(0.18);
  expect(share).toBeLessThan(0.22);
});

test('A deployment that hangs on an instance which is shut down with its key has failed', () => {
  // The clock of the key ends while the first container of the new revision starts, for three minutes.
  const story = tell(`
    duration: 30m
    assumptions: {ekmWaitingPeriod: 1m}
    services: [{scaling: {minInstanceCount: 1}, startup: {containerStart: 3m}}]
    keys: [{check: {interval: 10s}}]
    timeline:
      - {at: 60s, deploy: {service: shop, revision: ${NEW}}}
      - {at: 70s, ekmUnreachable: {key: shop, error: TLS_CERT}}
  `);
  expect(story.timeline('start').filter((line) => line.includes('evicted'))).toHaveLength(1);
  expect(story.summary.deployments).toMatchObject([{ outcome: 'failed' }]);
});

test('Of two deployments under way the later one has the traffic in the end, whichever is ready first', () => {
  const story = tell(
    `
    duration: 5m
    services: [{initialInstanceCount: 1}]
    timeline:
      - {at: 60s, deploy: {service: shop, revision: ${NEW}, set: {startup: {containerStart: 30s}}}}
      - {at: 65s, deploy: {service: shop, revision: shop-00003-newer, set: {startup: {containerStart: 1s}}}}
    `,
    { arrivals: [200] },
  );
  expect(story.counts(200.5, 'shop-00003-newer')).toMatchObject({ active: 1 });
});

test('A deployment does not go beyond the maximum of the service for good', () => {
  const story = tell(
    `
    duration: 5m
    services: [{scaling: {minInstanceCount: 2, maxInstanceCount: 2}, idleTimeout: 10s}]
    timeline: [{${DEPLOY}}]
    `,
  );
  expect(story.ready(200, OLD)).toBe(0);
  expect(story.ready(200, NEW)).toBe(2);
});

test('What a deployment leaves out is inherited, the revocation action among it', () => {
  const story = tell(
    `
    duration: 5m
    services: [{scaling: {minInstanceCount: 1}, encryptionKeyRevocationAction: SHUTDOWN, maxInstanceRequestConcurrency: 7}]
    timeline:
      - {${DEPLOY}}
      - {at: 100s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
    `,
    { arrivals: Array.from({ length: 8 }, () => [150, 1] as const) },
  );
  expect(story.plan.revisions[1]).toMatchObject({
    maxInstanceRequestConcurrency: 7,
    revocationAction: 'SHUTDOWN',
  });
  expect(story.ready(152, NEW)).toBe(0);
});

test('A deployment is a key operation like any other: that it fails is how the loss is noticed', () => {
  const story = tell(`
    duration: 5m
    services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
    timeline: [{at: 30s, propagation: 0s, keyState: {key: shop, state: DISABLED}}, {${DEPLOY}}]
  `);
  expect(story.times('evicts 2: key-disabled')).toEqual([60.1]);
});

test('A revision on another key is not shut down with the old one', () => {
  const story = tell(
    `
    duration: 10m
    services: [{scaling: {minInstanceCount: 1}, encryptionKeyRevocationAction: SHUTDOWN}]
    keys: [{check: {interval: 30s}}, {name: ${OTHER_KEY}, check: {interval: 30s}}]
    timeline:
      - {at: 60s, deploy: {service: shop, revision: ${NEW}, set: {encryptionKey: ${OTHER_KEY}}, percent: 50}}
      - {at: 2m, keyState: {key: shop, state: DISABLED}}
    `,
  );
  expect([story.ready(130, OLD), story.ready(130, NEW)]).toEqual([1, 1]);
  expect([story.ready(175, OLD), story.ready(175, NEW)]).toEqual([0, 1]);
});

describe('A tag', () => {
  const own = 'template: {scaling: {minInstanceCount: 2, concurrencyTarget: disabled}}';
  const split = (old: string) =>
    tell(`
      services:
        - ${own}
          idleTimeout: 60s
          traffic: [{revision: shop-00001-old, ${old}}, {revision: shop-00002-new, percent: 100}]
    `);

  test('keeps the own minimum of a revision without traffic', () => {
    const story = split('tag: previous');
    for (const at of [0, 300]) expect(story.ready(at, 'shop-00001-old')).toBe(2);
    expect(story.ready(300, 'shop-00002-new')).toBe(2);
    expect(split('percent: 0').ready(0, 'shop-00001-old')).toBe(0);
  });

  test('may stand beside a share of the traffic', () => {
    const story = tell(`
      services: [{${own}, traffic: [{revision: shop-00001-old, percent: 100, tag: blue}]}]
    `);
    expect(story.ready(100)).toBe(2);
  });

  test('gives no part of the minimum of the service', () => {
    const story = tell(`
      services:
        - scaling: {minInstanceCount: 4}
          traffic: [{revision: shop-00001-old, tag: previous}, {revision: shop-00002-new, percent: 100}]
    `);
    expect(story.ready(100, 'shop-00001-old')).toBe(0);
    expect(story.ready(100, 'shop-00002-new')).toBe(4);
  });

  const deployed = (deploy: string) =>
    tell(`
      services: [{${own}, idleTimeout: 60s, traffic: [{revision: shop-00001-old, percent: 100, tag: green}]}]
      timeline: [{at: 10s, deploy: {service: shop, revision: shop-00002-new, ${deploy}}}]
    `);

  test('keeps a revision ready that is deployed without traffic', () => {
    expect(deployed('percent: 0, tag: blue').ready(300, 'shop-00002-new')).toBe(2);
    expect(deployed('percent: 0').ready(300, 'shop-00002-new')).toBe(0);
  });

  test('belongs to one revision: a deployment takes it from the one that has it', () => {
    const moved = deployed('percent: 100, tag: green');
    expect(moved.ready(300, 'shop-00001-old')).toBe(0);
    expect(moved.ready(300, 'shop-00002-new')).toBe(2);
    expect(deployed('percent: 100').ready(300, 'shop-00001-old')).toBe(2);
  });

  test('is made good after a crash', () => {
    const story = tell(`
      services:
        - ${own}
          traffic: [{revision: shop-00001-old, tag: previous}, {revision: shop-00002-new, percent: 100}]
      timeline: [{at: 10s, instanceCrash: {service: shop}}]
    `);
    expect(story.ready(10, 'shop-00001-old')).toBe(0);
    expect(story.ready(20, 'shop-00001-old')).toBe(2);
    expect(story.times(/shop-00001-old#\d starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE/)).toEqual([10, 10]);
  });
});
