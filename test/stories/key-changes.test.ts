/**
 * Several changes of one key, asked for one after another, of which the first may be the last to arrive.
 *
 * Taking a key away takes 20 s to reach Cloud KMS, giving it back none. Cloud KMS decides on a change when it is asked
 * for: what it refuses then never comes, and of what it takes the change asked for last holds.
 */
import { describe, expect, test } from 'vitest';
import { problemsOf } from '../support/plans.ts';
import { KEY, tell } from '../support/story.ts';

/** A key's changes, seen by a start every 10 s: each makes one key call a second after it began. */
const seen = (timeline: string, until = 600, more = '') => {
  const story = tell(
    `
    duration: ${until}s
    services: [{idleTimeout: 0s, startup: {layerDecrypts: 0}, requests: {duration: 100ms}}]
    assumptions: {failedStartBackoff: {initial: 1s, factor: 1, max: 1s, jitter: none}}
    ${more}
    timeline: [${timeline}]
    `,
    { arrivals: Array.from({ length: Math.floor((until - 5) / 10) }, (_, n) => [10 * n + 4, 0.1] as const) },
  );
  const found: [at: number, what: string][] = [];
  for (const { issuedAt, failure } of story.calls) {
    const what = failure?.cause ?? 'ok';
    if (found.at(-1)?.[1] !== what) found.push([Math.floor(issuedAt / 1e10) * 10, what]);
  }
  return found;
};

const key = (at: string, state: string, more = '') =>
  `{at: ${at}, keyState: {key: shop, state: ${state}}${more}}`;
const version = (at: string, state: string, number = 1) =>
  `{at: ${at}, keyVersionState: {key: shop, version: ${number}, state: ${state}}}`;
const access = (at: string, granted: boolean, more = '') =>
  `{at: ${at}, keyAccess: {key: shop, service: shop, granted: ${granted}}${more}}`;

const OK_THEN_DESTROYED = [
  [0, 'ok'],
  [80, 'key-destroyed'],
];

describe('A key whose destruction was asked for first is destroyed', () => {
  test('though it is enabled while that is on its way', () => {
    expect(seen(`${key('1m', 'DESTROYED')}, ${key('70s', 'ENABLED')}`)).toEqual(OK_THEN_DESTROYED);
  });

  test('though it is disabled while that is on its way, and that is quicker', () => {
    expect(seen(`${key('1m', 'DESTROYED')}, ${key('70s', 'DISABLED', ', propagation: 0s')}`)).toEqual(
      OK_THEN_DESTROYED,
    );
  });

  test('though one version is enabled, or the key for a while', () => {
    expect(seen(`${key('1m', 'DESTROYED')}, ${version('70s', 'ENABLED')}`)).toEqual(OK_THEN_DESTROYED);
    expect(seen(`${version('1m', 'DESTROYED')}, ${key('70s', 'ENABLED', ', for: 5m')}`)).toEqual(
      OK_THEN_DESTROYED,
    );
  });

  test('and stays it, where it was scheduled for it', () => {
    expect(seen(`${key('1m', 'DESTROY_SCHEDULED')}, ${key('70s', 'ENABLED')}`)).toEqual([
      [0, 'ok'],
      [80, 'key-scheduled-for-deletion'],
    ]);
  });

  test('even where its external key manager would have it disabled meanwhile', () => {
    // The call of 64 s is refused for good, and Cloud EKM disables what is enabled. It is not: it is scheduled.
    const found = seen(
      `${key('1m', 'DESTROY_SCHEDULED')},
       {at: 62s, for: 5s, ekmUnreachable: {key: shop, error: EXTERNAL_PERMISSION_DENIED}}`,
    );
    expect(found.at(-1)).toEqual([80, 'key-scheduled-for-deletion']);
  });
});

test('Of two changes that are asked for at one instant, the one that the file has last holds', () => {
  const [off, on] = [key('1m', 'DISABLED', ', propagation: 40s'), key('1m', 'ENABLED')];
  expect(seen(`${off}, ${on}`)).toEqual([[0, 'ok']]);
  expect(seen(`${on}, ${off}`)).toEqual([
    [0, 'ok'],
    [100, 'key-disabled'],
  ]);
});

describe('A version that was scheduled for destruction is restored, and enabled right after', () => {
  const drill = (enabled: string) =>
    seen(`${key('1m', 'DESTROY_SCHEDULED')}, ${key('6m', 'DISABLED')}, ${key(enabled, 'ENABLED')}`);

  test('while the restoring is on its way: enabling is quicker, and holds', () => {
    expect(drill('370s')).toEqual([
      [0, 'ok'],
      [80, 'key-scheduled-for-deletion'],
      [370, 'ok'],
    ]);
  });

  test('when it has arrived', () => {
    expect(drill('400s')).toEqual([
      [0, 'ok'],
      [80, 'key-scheduled-for-deletion'],
      [380, 'key-disabled'],
      [400, 'ok'],
    ]);
  });

  test('but not before it: then somebody still has to', () => {
    expect(drill('350s')).toEqual([
      [0, 'ok'],
      [80, 'key-scheduled-for-deletion'],
      [380, 'key-disabled'],
    ]);
  });
});

describe('A version that comes after a key was disabled', () => {
  // A deployment at 100 s wraps its data key with the primary version.
  const deployed = (timeline: string) =>
    tell(`
      duration: 3m
      timeline: [${timeline}, {at: 100s, deploy: {service: shop, revision: shop-00002-new}}]
    `)
      .timeline('deploy')
      .at(-1);
  const serves = '102.3s deployment of shop-00002-new serving';
  const rotated = (at: string) => `{at: ${at}, keyRotation: {key: shop}}`;

  test('is not disabled with it, though that is still on its way', () => {
    expect(deployed(`${key('60s', 'DISABLED')}, ${rotated('70s')}`)).toBe(serves);
    expect(deployed(`${key('60s', 'DISABLED', ', for: 10m')}, ${rotated('70s')}`)).toBe(serves);
    expect(deployed(`${version('60s', 'DISABLED', 2)}, ${rotated('70s')}`)).toBe(serves);
  });

  test('is, where it was asked for before that', () => {
    expect(deployed(`${rotated('60s')}, ${key('70s', 'DISABLED')}`)).toMatch('failed: ');
  });
});

describe('Access that was given back after it was taken', () => {
  test('is there, though taking it has taken longer', () => {
    expect(seen(`${access('1m', false, ', propagation: 60s')}, ${access('90s', true)}`)).toEqual([[0, 'ok']]);
  });

  test('is gone, if it was taken again after that', () => {
    expect(seen(`${access('1m', true, ', propagation: 60s')}, ${access('90s', false)}`)).toEqual([
      [0, 'ok'],
      [100, 'key-access-revoked'],
    ]);
  });
});

describe('What `check` says of a change without effect', () => {
  const warned = (timeline: string) =>
    problemsOf(`
      name: changes
      duration: 10m
      services: [{name: shop, location: europe-west3, load: 1/s, encryptionKey: ${KEY}}]
      keys: [{name: ${KEY}, protectionLevel: HSM}]
      timeline: [${timeline}]
    `)
      .filter(({ code }) => code === 'W_KEY_TRANSITION')
      .map(({ path }) => path);

  test('is what the run does with it', () => {
    expect(warned(`${key('1m', 'DESTROYED')}, ${key('70s', 'ENABLED')}`)).toEqual([
      'timeline.1.keyState.state',
    ]);
  });

  test('counts the versions that rotations have made by then', () => {
    const rotated = '{at: 2m, keyRotation: {key: shop}}';
    expect(warned(`${key('1m', 'DESTROYED')}, ${rotated}, ${key('3m', 'DISABLED')}`)).toEqual([]);
    expect(warned(`${key('3m', 'DESTROYED')}, ${rotated}, ${version('4m', 'DISABLED', 2)}`)).toEqual([
      'timeline.2.keyVersionState.state',
    ]);
  });
});
