/**
 * What is told of an entry of the timeline afterwards, where it is not obvious: entries that nobody undoes, herds after an
 * outage, faults that come and go, and one check for a whole key.
 */
import { describe, expect, test } from 'vitest';
import { KEY, tell } from '../support/story.ts';

describe('An entry that is never undone', () => {
  test('is not blamed for idle instances that leave when all has been well again', () => {
    const story = tell(
      `
      services: [{idleTimeout: 60s, initialInstanceCount: 1, startup: {layerDecrypts: 0}, template: {scaling: {concurrencyTarget: disabled}}}]
      quotas: {limits: [{name: ekm, project: kms-prod, location: europe-west3, protectionLevel: EXTERNAL, limit: 600/min}]}
      timeline:
        - {name: less, at: 10s, quotaLimit: {limit: ekm, to: 60/min}}
      `,
      { arrivals: [20, 20, 20] },
    );
    // One of two starts finds the quota used up, and is made good; long after that the instances idle out.
    const [less] = story.summary.faults;
    expect(less.starts_refused).toBeGreaterThan(0);
    expect(story.ready(500)).toBe(0);
    expect(less).toMatchObject({ ready_before: 1, ready_min: 1, until_s: null, recovered_s: null });
  });

  test('takes nothing away where it only sets other limits', () => {
    const story = tell(
      `
      services: [{idleTimeout: 60s, initialInstanceCount: 2, template: {scaling: {concurrencyTarget: disabled}}}]
      timeline:
        - {name: more, at: 10s, scaling: {service: shop, maxInstanceCount: 50}}
      `,
      { arrivals: [] },
    );
    expect(story.ready(300)).toBe(0);
    expect(story.summary.faults[0]).toMatchObject({ ready_before: 2, ready_min: 2 });
  });

  test('is blamed for all that a lost key costs, for nothing is made good', () => {
    const story = tell(
      `
      services: [{idleTimeout: 60s, initialInstanceCount: 2, template: {scaling: {concurrencyTarget: disabled}}}]
      timeline:
        - {name: off, at: 10s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
      `,
      { arrivals: [30, 200] },
    );
    expect(story.summary.faults[0]).toMatchObject({ ready_before: 2, ready_min: 0 });
  });

  test('ends where a later entry sets the same thing', () => {
    const story = tell(`
      services: [{initialInstanceCount: 4, idleTimeout: 15m, template: {scaling: {concurrencyTarget: disabled}}}]
      timeline:
        - {name: gone, at: 10s, propagation: 0s, keyState: {key: shop, state: DESTROY_SCHEDULED}}
        - {name: one, at: 20s, instanceCrash: {service: shop, share: 25%}}
        - {name: restored, at: 30s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
        - {name: two, at: 40s, instanceCrash: {service: shop, share: 100%}}
    `);
    const [gone, , restored] = story.summary.faults;
    expect(gone).toMatchObject({ ready_before: 4, ready_min: 3 });
    expect(restored).toMatchObject({ ready_before: 3, ready_min: 0 });
  });
});

describe('Calls above the capacity of a connection', () => {
  const herd = `
    duration: 5m
    services: [{startup: {layerDecrypts: 0, dataKeyDecrypts: 1}, template: {scaling: {maxInstanceCount: 20, concurrencyTarget: disabled}}}]
    keys: [{ekmConnection: hq}]
    ekmConnections: [{name: hq, capacity: 1/s}]
  `;
  const at61 = [61, 61, 61, 61, 61, 61];

  test('belong to the outage before, as long as the herd it held is not through', () => {
    const story = tell(
      `${herd}
    assumptions: {keyRetry: {initial: 1s, factor: 1, max: 1s, jitter: none}}
    timeline:
      - {name: maintenance, at: 10s, for: 50s, ekmUnreachable: {ekmConnection: hq}}
      `,
      { arrivals: [30, 30, 30, 30, ...at61] },
    );
    const { failed, held } = {
      failed: story.calls.filter(({ failure }) => failure?.ekmError === 'OVERLOADED_EKM').length,
      held: story.summary.faults[0].starts_held as number,
    };
    expect(failed).toBeGreaterThan(10);
    // The four that met it, and of the six that came when it was over those that met the herd.
    expect(held).toBeGreaterThan(4);
    const last = Math.max(...story.times(/#\d+ ready$/));
    expect(story.summary.faults[0].recovered_s).toBe(last);
  });

  test('belong to nobody once it has recovered', () => {
    const story = tell(
      `${herd}
    timeline:
      - {name: unnoticed, at: 10s, for: 5s, ekmUnreachable: {ekmConnection: hq}}
      `,
      { arrivals: at61 },
    );
    expect(story.calls.some(({ failure }) => failure?.ekmError === 'OVERLOADED_EKM')).toBe(true);
    expect(story.summary.faults[0]).toMatchObject({ detected_s: null, starts_held: 0, recovered_s: 15 });
  });

  test('belong to no entry where there was no outage', () => {
    const story = tell(herd, { arrivals: at61 });
    const overloaded = story.calls.filter(({ failure }) => failure?.ekmError === 'OVERLOADED_EKM');
    expect(overloaded.length).toBeGreaterThan(0);
    expect(overloaded.every(({ failure }) => failure!.fault === null)).toBe(true);
  });
});

describe('A key that is disabled again and again', () => {
  const times = (down: string, propagation = '10s') =>
    tell(`
      timeline:
        - {name: off, at: 0s, repeat: {up: 60s, down: ${down}}, propagation: ${propagation}, keyState: {key: shop, state: DISABLED}}
    `).timeline('world');

  test('propagates every time it is disabled, and is enabled at once', () => {
    expect(times('40s').slice(0, 6)).toEqual([
      '70s off begins',
      '100s off ends',
      '170s off begins',
      '200s off ends',
      '270s off begins',
      '300s off ends',
    ]);
  });

  test('is never disabled for Cloud KMS where it is enabled again before that has propagated', () => {
    expect(times('5s')).toEqual([]);
  });
});

describe('Access that is taken again and again', () => {
  test('propagates both ways', () => {
    const story = tell(`
      timeline:
        - {name: off, at: 0s, repeat: {up: 60s, down: 40s}, keyAccess: {key: shop, service: shop, granted: false}}
    `);
    expect(story.timeline('world').slice(0, 4)).toEqual([
      '67s off begins',
      '107s off ends',
      '167s off begins',
      '207s off ends',
    ]);
  });
});

describe('One check for a whole key', () => {
  const keys = 'keys: [{check: {interval: 60s, per: key}}]';
  const checks = (story: ReturnType<typeof tell>, from: number, to: number) =>
    story.calls
      .filter(({ use, issuedAt }) => use.startsWith('check') && issuedAt >= from * 1e9 && issuedAt < to * 1e9)
      .map(({ use, service, version }) => `${use} service ${service} version ${version}`);

  test('is one encrypt and one decrypt for all revisions of a service on one version', () => {
    const story = tell(`
      ${keys}
      services:
        - initialInstanceCount: 2
          traffic: [{revision: shop-00001-aaa, percent: 50}, {revision: shop-00002-bbb, percent: 50}]
    `);
    expect(checks(story, 60, 120)).toEqual([
      'check-encrypt service 0 version 1',
      'check-decrypt service 0 version 1',
    ]);
  });

  test('meets the loss of access of any service that uses it', () => {
    const story = tell(`
      ${keys}
      services:
        - {name: shop, initialInstanceCount: 2}
        - name: stock
          initialInstanceCount: 3
          encryptionKeyRevocationAction: SHUTDOWN
      timeline:
        - {name: off, at: 100s, propagation: 0s, keyAccess: {key: shop, service: stock, granted: false}}
    `);
    expect(checks(story, 0, 60).sort()).toEqual([
      'check-decrypt service 0 version 1',
      'check-decrypt service 1 version 1',
      'check-encrypt service 0 version 1',
      'check-encrypt service 1 version 1',
    ]);
    expect(story.summary.services[1].instances.evicted).toEqual({ 'key-access-revoked': 3 });
    expect(story.summary.services[0].instances.evicted).toEqual({});
  });

  test('meets the loss of any version that wraps a data key in use', () => {
    const story = tell(`
      ${keys}
      services: [{initialInstanceCount: 2, idleTimeout: 15m, encryptionKeyRevocationAction: SHUTDOWN}]
      timeline:
        - {at: 10s, propagation: 0s, keyRotation: {key: shop}}
        - {at: 20s, deploy: {service: shop, revision: shop-00002-new, percent: 50}}
        - {name: old, at: 130s, propagation: 0s, keyVersionState: {key: shop, version: 1, state: DISABLED}}
    `);
    expect(checks(story, 60, 120)).toEqual([
      'check-encrypt service 0 version 2',
      'check-decrypt service 0 version 1',
      'check-decrypt service 0 version 2',
    ]);
    expect(story.summary.services[0].instances.evicted).toEqual({ 'key-disabled': 2 });
    expect(story.ready(250, 'shop-00002-new')).toBeGreaterThan(0);
    expect(story.ready(250, 'shop-00001-sim')).toBe(0);
    expect(story.plan.keys[0].name).toBe(KEY);
  });
});

describe('An entry that changes nothing', () => {
  /** Two instances that idle out at 300 s, and a request every minute from 2 min on that finds nobody after that. */
  const told = (...entries: string[]) =>
    tell(
      `
      duration: 15m
      services: [{initialInstanceCount: 2, idleTimeout: 5m}]
      timeline: [${entries.map((each, at) => `{name: entry-${at}, ${each}}`).join(', ')}]
      `,
      { arrivals: [400, 500, 600, 700] },
    ).summary.faults;
  const destroyed = 'at: 1m, keyState: {key: shop, state: DESTROYED}';

  test.each([
    ['a key that is destroyed is enabled', destroyed, 'at: 5m, keyState: {key: shop, state: ENABLED}'],
    ['or disabled', destroyed, 'at: 5m, keyState: {key: shop, state: DISABLED}'],
    ['or one version of it', destroyed, 'at: 5m, keyVersionState: {key: shop, version: 1, state: ENABLED}'],
    [
      'one that is scheduled for destruction is enabled before it is restored',
      'at: 1m, keyState: {key: shop, state: DESTROY_SCHEDULED}',
      'at: 5m, keyState: {key: shop, state: ENABLED}',
    ],
    [
      'access is given that was asked for before it was taken',
      'at: 1m, keyAccess: {key: shop, service: shop, granted: false}',
      'at: 30s, propagation: 5m, keyAccess: {key: shop, service: shop, granted: true}',
    ],
  ])('does not end the story of the one before: %s', (_, before, idle) => {
    const [loss, vain] = told(before, idle);
    expect(loss).toMatchObject({ requests_failed: 4, ready_before: 2, ready_min: 0, recovered_s: null });
    expect(vain).toMatchObject({ requests_failed: 0, starts_refused: 0, recovered_s: null });
  });

  test('does not end what is laid over it for a while', () => {
    const [loss] = told(
      'at: 1m, for: 13m, keyState: {key: shop, state: DISABLED}',
      'at: 2m, keyState: {key: shop, state: ENABLED}',
    );
    expect(loss).toMatchObject({ requests_failed: 4, ready_min: 0, recovered_s: null });
  });

  test('tells apart what it has ended and what it has not', () => {
    // Version 1 is gone for good, the rest of the key is back.
    const [gone, off, back] = told(
      'at: 1m, keyVersionState: {key: shop, version: 1, state: DESTROYED}',
      'at: 2m, keyState: {key: shop, state: DISABLED}',
      'at: 90s, keyRotation: {key: shop}',
      'at: 5m, keyState: {key: shop, state: ENABLED}',
    );
    expect(gone).toMatchObject({ requests_failed: 4, recovered_s: null });
    expect(off).toMatchObject({ requests_failed: 0, recovered_s: 300 });
    expect(back).toMatchObject({ recovered_s: null });
  });
});
