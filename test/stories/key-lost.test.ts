/**
 * The first row of the Cloud Run page's table: "Key disabled/destroyed/revoked".
 *
 * A key that is disabled at 60 s is disabled for Cloud KMS at 80 s, one whose access is taken at 73 s is taken at 80 s too.
 * A cold start of the shop asks for its key after 1 s and is answered 100 ms later.
 */
import { describe, expect, test } from 'vitest';
import { AGENT, KEY, sum, tell } from '../support/story.ts';

const LOSSES = [
  {
    how: 'disabled',
    what: 'at: 60s, keyState: {key: shop, state: DISABLED}',
    cause: 'key-disabled',
    code: 9,
    message: `User's CMEK key has been disabled. CMEK key: ${KEY}`,
  },
  {
    how: 'destroyed',
    what: 'at: 60s, keyState: {key: shop, state: DESTROYED}',
    cause: 'key-destroyed',
    code: 9,
    message: `User's CMEK key has been destroyed. CMEK key: ${KEY}`,
  },
  {
    how: 'scheduled for deletion',
    what: 'at: 60s, keyState: {key: shop, state: DESTROY_SCHEDULED}',
    cause: 'key-scheduled-for-deletion',
    code: 9,
    message: `User's CMEK key has been scheduled for deletion. CMEK Key: ${KEY}`,
  },
  {
    how: 'one we may not use any more',
    what: 'at: 73s, keyAccess: {key: shop, service: shop, granted: false}',
    cause: 'key-access-revoked',
    code: 7,
    message: `User's service account does not have CMEK decrypter permission. Service account: ${AGENT}`,
  },
];

describe.each(LOSSES)('When our key is $how', ({ what, cause, code, message }) => {
  test('what runs goes on serving, and what is new does not start', () => {
    // Two instances, three requests of 5 s at 90 s: the third waits for a slot, and two starts for it fail meanwhile.
    const story = tell(
      `
      duration: 2m
      services: [{scaling: {minInstanceCount: 2}}]
      timeline: [{name: loss, ${what}}]
      `,
      {
        arrivals: [
          [90, 5],
          [90, 5],
          [90, 5],
        ],
      },
    );
    expect(story.timeline()).toEqual([
      '0s #1 is there',
      '0s #2 is there',
      '80s loss begins',
      '90s #3 starts: AUTOSCALING',
      `91.1s #3 refused:${cause}`,
      '92.1s #4 starts: AUTOSCALING',
      `93.2s #4 refused:${cause}`,
    ]);
    expect(story.requests()).toMatchObject({ arrived: 3, served: 3 });
    expect(story.readyCurve()).toEqual([[0, 2]]);
    expect(story.summary.services[0].instances).toMatchObject({
      started: 2,
      ready: 0,
      refused: { [cause]: 2 },
    });
  });

  test('the service log says so in the words of the documentation', () => {
    const story = tell(
      `
      duration: 2m
      timeline: [{${what}}]
      `,
      { arrivals: [90] },
    );
    const entry = story.log('service-log.jsonl').find(({ severity }) => severity === 'ERROR');
    expect(entry.textPayload).toBe(message);
    expect(entry.jsonPayload).toMatchObject({
      cause,
      status: code === 7 ? 'PERMISSION_DENIED' : 'FAILED_PRECONDITION',
    });
    expect(story.audit[0]).toMatchObject({ at: 91, code });
  });

  test('capacity only falls: crashes and idle timeouts remove instances and nothing replaces them', () => {
    // Three, of which a third crashes at 100 s (and is asked for again, in vain) and the rest is idle for 5 min at 300 s.
    const story = tell(`
      duration: 20m
      services: [{initialInstanceCount: 3, idleTimeout: 5m}]
      timeline:
        - {${what}}
        - {at: 100s, instanceCrash: {service: shop, share: 30%}}
    `);
    expect(story.readyCurve()).toEqual([
      [0, 3],
      [100, 2],
      [300, 0],
    ]);
  });

  test('not even a minimum is kept', () => {
    const story = tell(`
      duration: 20m
      services: [{scaling: {minInstanceCount: 3}}]
      timeline:
        - {${what}}
        - {at: 100s, instanceCrash: {service: shop, share: 30%}}
        - {at: 200s, instanceCrash: {service: shop, share: 50%}}
    `);
    expect(story.readyCurve()).toEqual([
      [0, 3],
      [100, 2],
      [200, 1],
    ]);
    expect(story.timeline('evict')).toEqual([]);
  });

  test('with SHUTDOWN, instances are shut down as soon as the loss is noticed', () => {
    // Requests of 30 s, 5 s and one that finds no slot and whose start finds the key gone, at 91.1 s. SIGTERM then: the
    // one of 5 s is finished at 95 s, the one of 30 s is cut off at 101.1 s, and the one that pends gives up at 100 s.
    const story = tell(
      `
      duration: 102s
      services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
      timeline: [{name: loss, ${what}}]
      `,
      {
        arrivals: [
          [90, 30],
          [90, 5],
          [90, 5],
        ],
      },
    );
    expect(story.timeline()).toEqual([
      '0s #1 is there',
      '0s #2 is there',
      '80s loss begins',
      '90s #3 starts: AUTOSCALING',
      `91.1s #3 refused:${cause}`,
      `91.1s evicts 2: ${cause}`,
      `91.1s #1 gets SIGTERM: ${cause}`,
      `91.1s #2 gets SIGTERM: ${cause}`,
      '92.1s #4 starts: AUTOSCALING',
      `93.2s #4 refused:${cause}`,
      '95s #2 is gone: its requests are finished',
      '95.2s #5 starts: AUTOSCALING',
      `96.3s #5 refused:${cause}`,
      '100s 500 could-not-start after 10s',
      '100.3s #6 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
      '101.1s 503 instance-gone after 11.1s',
      '101.1s #1 is gone: ten seconds after SIGTERM',
      `101.4s #6 refused:${cause}`,
    ]);
    expect(story.requests()).toMatchObject({ served: 1, code_500: 1, code_503: 1 });
    expect(story.summary.services[0].instances).toMatchObject({ evicted: { [cause]: 2 } });
  });

  test('with SHUTDOWN, a periodic check is enough to notice', () => {
    const story = tell(`
      duration: 5m
      services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
      keys: [{check: {interval: 30s}}]
      timeline: [{${what}}]
    `);
    const check = story.calls.find((call) => call.outcome === 'failed')!;
    expect(check.use).toBe('check-encrypt');
    const noticed = check.answeredAt / 1e9;
    expect(noticed).toBeGreaterThan(80);
    expect(noticed).toBeLessThan(110.2);
    expect(story.readyCurve()).toEqual([
      [0, 2],
      [noticed, 0],
    ]);
  });

  test('with SHUTDOWN, nothing happens to instances as long as no key call is made', () => {
    const story = tell(`
      duration: 30m
      services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
      timeline: [{${what}}]
    `);
    expect(story.calls).toEqual([]);
    expect(story.readyCurve()).toEqual([[0, 2]]);
  });
});

test('With SHUTDOWN, a start that has its key already is broken off with the instances that run', () => {
  // #1 has its key at 79.2 s, before the loss, and a container that takes 20 s. #2 finds the key gone at 86.1 s.
  const story = tell(
    `
    duration: 87s
    services: [{encryptionKeyRevocationAction: SHUTDOWN, startup: {containerStart: 20s}}]
    timeline: [{at: 60s, keyState: {key: shop, state: DISABLED}}]
    `,
    { arrivals: [78, 85] },
  );
  expect(story.timeline('start', 'evict')).toEqual([
    '78s #1 starts: AUTOSCALING',
    '85s #2 starts: AUTOSCALING',
    '86.1s #2 refused:key-disabled',
    '86.1s evicts 1: key-disabled',
    '86.1s #1 evicted',
  ]);
});

describe('With a shutdown duration of one hour', () => {
  /** Checked every 30 s; when the key comes back is the question. */
  const drill = (back: string) => `
    duration: 2h
    services:
      - scaling: {minInstanceCount: 2}
        encryptionKeyRevocationAction: SHUTDOWN
        encryptionKeyShutdownDuration: 1h
    keys: [{check: {interval: 30s}}]
    timeline:
      - {at: 60s, keyState: {key: shop, state: DISABLED}}
      ${back}
  `;
  const noticed = tell(drill('')).times('lost: key-disabled')[0];
  const back = (minutes: number) =>
    tell(drill(`- {at: ${noticed + 60 * minutes}s, keyState: {key: shop, state: ENABLED}}`));

  test('instances leave an hour after the loss was noticed, and not before', () => {
    const story = tell(drill(''));
    expect(noticed).toBeGreaterThan(80);
    expect(story.readyCurve()).toEqual([
      [0, 2],
      [sum(noticed, 3600), 0],
    ]);
    expect(story.timeline('knows')).toEqual([
      expect.stringMatching(/^[\d.]+s lost: key-disabled, shuts down at [\d.]+s$/),
    ]);
  });

  test('a key that is back after 59 minutes is back in time', () => {
    const story = back(59);
    expect(story.timeline('evict')).toEqual([]);
    expect(story.readyCurve()).toEqual([[0, 2]]);
  });

  test('a key that is back after 61 minutes comes too late, and instances come back when it does', () => {
    const story = back(61);
    expect(story.times('evicts 2: key-disabled')).toEqual([sum(noticed, 3600)]);
    expect(story.ready(sum(noticed, 3600))).toBe(0);
    expect(story.ready(noticed + 3660)).toBe(0);
    // One wait of a failed start (at most 60 s), and a start.
    expect(story.ready(noticed + 3660 + 60 + 5)).toBe(2);
  });

  test('a key that is lost again gets a new hour', () => {
    const story = tell(
      drill(`
      - {at: ${noticed + 1800}s, keyState: {key: shop, state: ENABLED}}
      - {at: ${noticed + 2400 - 20}s, keyState: {key: shop, state: DISABLED}}
      `),
    );
    const again = story.times('lost: key-disabled')[1];
    expect(again).toBeGreaterThan(noticed + 2400);
    expect(story.readyCurve()).toEqual([
      [0, 2],
      [sum(again, 3600), 0],
    ]);
  });
});

test('When access is taken from one service, another on the same key goes on', () => {
  const story = tell(
    `
    duration: 3m
    services:
      - {name: shop, encryptionKeyRevocationAction: SHUTDOWN, scaling: {minInstanceCount: 1}}
      - {name: depot, encryptionKeyRevocationAction: SHUTDOWN, scaling: {minInstanceCount: 1}}
    timeline: [{at: 60s, keyAccess: {key: shop, service: shop, granted: false}}]
    `,
    {
      arrivals: [
        [90, 3],
        [90, 3],
      ],
    },
  );
  expect(story.requests('shop')).toMatchObject({ served: 1 });
  expect(story.requests('depot')).toMatchObject({ served: 2 });
  expect(story.ready(170, 'depot-00001-sim')).toBe(2);
  expect(story.ready(170, 'shop-00001-sim')).toBe(0);
});

test('A key with an older version in use is lost with all its versions, and a check notices', () => {
  // The data key of the revision is wrapped by version 1. After the rotation the check encrypts with version 2.
  const story = tell(`
    duration: 10m
    services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
    keys: [{check: {interval: 30s}}]
    timeline:
      - {at: 60s, keyRotation: {key: shop}}
      - {at: 2m, keyState: {key: shop, state: DISABLED}}
  `);
  expect(story.ready(140)).toBe(2);
  expect(story.ready(140 + 31)).toBe(0);
});

test('A destroyed key stays destroyed, whatever is done to it', () => {
  const story = tell(
    `
    duration: 3m
    timeline:
      - {at: 10s, keyState: {key: shop, state: DESTROYED}}
      - {at: 60s, keyState: {key: shop, state: ENABLED}}
    `,
    { arrivals: [120] },
  );
  expect(story.timeline('start')[1]).toBe('121.1s #1 refused:key-destroyed');
});

describe('With SHUTDOWN, where a node still has the data key', () => {
  /** Two instances that a minimum keeps; the key is gone at 60 s, and a start from the node needs no key call. */
  const story = (more: string, until = '5m', back = '') =>
    tell(
      `
      duration: ${until}
      services:
        - scaling: {minInstanceCount: 2}
          encryptionKeyRevocationAction: SHUTDOWN
          ${more}
          startup: {layerDecrypts: 0, dataKeyCache: {ttl: 3h, instancesPerNode: 100}}
      keys: [{check: {interval: 60s}}]
      timeline:
        # One start before the loss, so that the node has the key.
        - {at: 10s, instanceCrash: {service: shop, share: 50%}}
        - {at: 60s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
        ${back}
      `,
    );

  test('what starts again is shut down by the next check that fails', () => {
    const told = story('');
    const checks = told.calls.filter(({ use, failure }) => use === 'check-encrypt' && failure !== null);
    const failed = checks.map(({ answeredAt }) => answeredAt / 1e9);
    expect(failed.length).toBe(4);
    expect(told.times('evicts 2: key-disabled')).toEqual(failed);
    for (const at of failed) expect([told.ready(at), told.ready(at + 30)]).toEqual([0, 2]);
    // It is one loss, known since the first.
    expect(told.timeline('knows')).toEqual([expect.stringContaining('lost: key-disabled')]);
  });

  test('but not before the shutdown duration is over', () => {
    const told = story('encryptionKeyShutdownDuration: 1h', '65m');
    const noticed = told.times('lost: key-disabled')[0];
    const due = sum(noticed, 3600);
    expect(told.times('evicts 2: key-disabled')).toEqual([due, ...[1, 2, 3].map((n) => sum(due, 60 * n))]);
  });

  test('and no more of them once the key is back', () => {
    const told = story('', '5m', '- {at: 150s, keyState: {key: shop, state: ENABLED}}');
    expect(told.times('evicts 2: key-disabled')).toEqual([89.183018251, 149.183018251]);
    expect(told.ready(299)).toBe(2);
  });
});
