/**
 * The world around: the timeline, what happens at one instant, luck, and the books.
 */
import { describe, expect, test } from 'vitest';
import { InvariantViolation } from '../../src/units/check.ts';
import { KEY, tell } from '../support/story.ts';

const LOST = 'propagation: 0s, keyState: {key: shop, state: DISABLED}';

describe('An entry with an end is undone, and what it covered shows again', () => {
  test('a key state', () => {
    const story = tell(
      `
      duration: 3m
      timeline:
        - {at: 10s, for: 60s, ${LOST}}
        - {at: 20s, for: 20s, propagation: 0s, keyState: {key: shop, state: DESTROY_SCHEDULED}}
      `,
      { arrivals: [12, 25, 45, 100] },
    );
    const causes = story.calls.map(({ issuedAt, failure }) => [issuedAt / 1e9, failure?.cause ?? 'ok']);
    expect(causes.find(([at]) => at === 13)).toEqual([13, 'key-disabled']);
    expect(
      causes
        .filter(([at]) => Number(at) > 20 && Number(at) < 40)
        .every(([, cause]) => cause === 'key-scheduled-for-deletion'),
    ).toBe(true);
    expect(
      causes
        .filter(([at]) => Number(at) > 40 && Number(at) < 70)
        .every(([, cause]) => cause === 'key-disabled'),
    ).toBe(true);
    expect(story.requests()).toMatchObject({ served: 1, code_500: 3 });
  });

  test('a key that is usable for a while only', () => {
    const story = tell(
      `
      duration: 3m
      timeline:
        - {at: 0s, ${LOST}}
        - {at: 60s, for: 60s, keyState: {key: shop, state: ENABLED}}
      `,
      { arrivals: [30, 80, 150] },
    );
    expect(story.calls.map(({ issuedAt, outcome }) => [issuedAt / 1e9, outcome])).toContainEqual([81, 'ok']);
  });

  test('a key version state', () => {
    const story = tell(
      `
      duration: 2m
      keys: [{versions: 2}]
      timeline:
        - {at: 0s, propagation: 0s, keyVersionState: {key: shop, version: 1, state: DISABLED}}
        - {at: 10s, for: 20s, propagation: 0s, keyVersionState: {key: shop, version: 2, state: DISABLED}}
      `,
      { arrivals: [5, 20, 60] },
    );
    expect(story.calls[0]).toMatchObject({ version: 2, outcome: 'ok' });
    expect(story.requests()).toMatchObject({ arrived: 3, served: 3 });
  });

  test('access, with the seconds it takes to spread at both ends', () => {
    const story = tell(`
      duration: 2m
      keys: [{check: {interval: 1s}}]
      timeline: [{name: taken, at: 10s, for: 30s, keyAccess: {key: shop, service: shop, granted: false}}]
    `);
    expect(story.timeline('world')).toEqual(['17s taken begins', '47s taken ends']);
    const denied = story.audit.filter(({ code }) => code === 7).map(({ at }) => at);
    expect(denied.every((at) => at >= 17 && at < 47)).toBe(true);
    expect(denied).toHaveLength(30);
  });

  test('access that was given for a while to one who had it', () => {
    const story = tell(
      `
      duration: 2m
      timeline: [{at: 5s, for: 30s, keyAccess: {key: shop, service: shop, granted: true}}]
      `,
      { arrivals: [60] },
    );
    expect(story.requests()).toMatchObject({ served: 1 });
  });

  test('a quota limit, of which the later one counts while both are in force', () => {
    const story = tell(`
      duration: 100s
      quotas: {limits: [{name: ekm, project: kms-prod, location: europe-west3, protectionLevel: EXTERNAL, limit: 100/s}]}
      keys: [{check: {interval: 1s}}]
      timeline:
        - {at: 20s, for: 60s, quotaLimit: {limit: ekm, to: 0/s}}
        - {at: 40s, for: 20s, quotaLimit: {limit: ekm, to: 50/s}}
    `);
    const denied = story.audit.filter(({ code }) => code === 8).map(({ at }) => Math.floor(at / 20));
    expect([...new Set(denied)]).toEqual([1, 3]);
  });

  test('scaling, even where two of them overlap without one lying in the other', () => {
    const story = tell(`
      duration: 3m
      services: [{scaling: {minInstanceCount: 1}, idleTimeout: 0s}]
      timeline:
        - {at: 20s, for: 40s, scaling: {service: shop, minInstanceCount: 3}}
        - {at: 40s, for: 60s, scaling: {service: shop, minInstanceCount: 5}}
    `);
    const ready = [10, 30, 50, 70, 90, 120].map((at) => story.ready(at));
    expect(ready).toEqual([1, 3, 5, 5, 5, 1]);
  });

  test('the latency of a key', () => {
    const story = tell(
      `
      duration: 3m
      keys: [{protectionLevel: HSM}]
      timeline: [{at: 10s, for: 30s, kmsLatency: {key: shop, factor: 5}}]
      `,
      {
        arrivals: [
          [1, 100],
          [20, 100],
          [60, 100],
        ],
      },
    );
    expect(story.rows('cold-starts.csv').map(({ key_ms }) => key_ms)).toEqual([200, 1000, 200]);
  });

  test('a traffic shift, which comes and goes gradually', () => {
    const story = tell(`
      duration: 5m
      sampleInterval: 30s
      services:
        - {name: shop, load: {arrivals: regular, startRate: 100/s, stages: [{duration: 1s, target: 100/s}]}, scaling: {minInstanceCount: 9}, maxInstanceRequestConcurrency: 1000, requests: {duration: 1ms}}
        - {name: depot, load: 0/s, scaling: {minInstanceCount: 9}, maxInstanceRequestConcurrency: 1000, requests: {duration: 1ms}}
      timeline: [{at: 60s, for: 120s, over: 60s, trafficShift: {from: shop, to: depot, share: 100%}}]
    `);
    const arrived = story
      .rows('requests.csv')
      .filter(({ service_name }) => service_name === 'depot')
      .map((row) => row.arrived);
    // Per 30 s: nothing, nothing, a quarter, three quarters, all, all, three quarters, a quarter, nothing.
    const expected = [0, 0, 750, 2250, 3000, 3000, 2250, 750, 0, 0];
    arrived.forEach((count, i) => expect(Math.abs((count as number) - expected[i])).toBeLessThan(100));
    expect(story.requests('shop').arrived + story.requests('depot').arrived).toBeGreaterThanOrEqual(29_998);
  });

  test('an outage of a connection that several keys share', () => {
    const spare = KEY.replace('/shop', '/spare');
    const story = tell(
      `
      duration: 60s
      keys: [{ekmConnection: hq}, {name: ${spare}, ekmConnection: hq}]
      ekmConnections: [{name: hq}]
      services: [{name: shop}, {name: depot, encryptionKey: ${spare}}]
      timeline: [{at: 5s, for: 10s, ekmUnreachable: {ekmConnection: hq, error: OVERLOADED_EKM}}]
      `,
      { arrivals: [10] },
    );
    expect(story.times('holds')).toEqual([11.1, 11.1]);
    expect(story.times('ready')).toHaveLength(2);
  });
});

describe('A run can begin in the middle of an incident', () => {
  test('a key that was disabled before time 0 is disabled at time 0', () => {
    const story = tell(
      `
      duration: 2m
      timeline: [{name: loss, at: -1h, keyState: {key: shop, state: DISABLED}}]
      `,
      { arrivals: [0] },
    );
    expect(story.timeline('world', 'start').slice(0, 3)).toEqual([
      '-3580s loss begins',
      '0s #1 starts: AUTOSCALING',
      '1.1s #1 refused:key-disabled',
    ]);
  });

  test('with checks, a service may have lost its instances before anybody came', () => {
    const story = tell(
      `
      duration: 2m
      services: [{scaling: {minInstanceCount: 2}, encryptionKeyRevocationAction: SHUTDOWN}]
      keys: [{check: {interval: 1m}}]
      timeline: [{at: -10m, keyState: {key: shop, state: DISABLED}}]
      `,
      { arrivals: [1] },
    );
    expect(story.ready(0)).toBe(0);
    expect(story.requests()).toMatchObject({ code_500: 1 });
    // What began before time 0 is not part of the summary.
    expect(story.scaleOut(0)).toMatchObject({ idle: 0, active: 0 });
  });

  test('instances that a scenario begins with are there at time 0, however long before it began', () => {
    const story = tell(`
      duration: 30m
      services: [{initialInstanceCount: 3, idleTimeout: 10m}]
      timeline: [{at: -1h, kmsLatency: {key: shop, factor: 2}}]
    `);
    expect(story.ready(0)).toBe(3);
    // Idle since time 0, not since an hour before: they leave ten minutes into the run.
    expect(story.readyCurve(0)).toEqual([[600, 0]]);
  });

  test('what began before time 0 is not in the summary', () => {
    const story = tell(`
      duration: 2m
      services: [{scaling: {minInstanceCount: 1}}]
      keys: [{check: {interval: 60s}}]
      timeline:
        - {at: -10m, propagation: 0s, keyState: {key: shop, state: DISABLED}}
        - {at: -9m, instanceCrash: {service: shop}}
    `);
    const inTime = story.calls.filter(({ issuedAt }) => issuedAt >= 0);
    expect(story.calls.length).toBeGreaterThan(inTime.length);
    expect(story.summary.kms).toMatchObject([{ operations: inTime.length }]);
    const perRow = story.rows('kms-quota.csv').reduce((total, row) => total + (row.operations as number), 0);
    expect(perRow).toBe(inTime.length);
    const started = story.times('starts: ').filter((at) => at >= 0).length;
    expect(story.summary.services[0].instances).toMatchObject({ started });
  });

  test('requests come from time 0 on', () => {
    const story = tell(`
      duration: 10s
      services: [{load: {arrivals: regular, startRate: 10/s, stages: [{duration: 1s, target: 10/s}]}, maxInstanceRequestConcurrency: 80}]
      timeline: [{at: -1h, instanceCrash: {service: shop}}]
    `);
    expect(story.requests().arrived).toBe(99);
  });
});

describe('At one instant', () => {
  test('the outside world comes first, then completions, then arrivals, then control', () => {
    // At 10 s: the key is lost, #1 finishes a request, another arrives and takes its slot, and #1, surplus, does not leave.
    const story = tell(
      `
      duration: 60s
      services: [{initialInstanceCount: 1, idleTimeout: 0s}]
      timeline: [{name: loss, at: 10s, ${LOST}}]
      `,
      {
        arrivals: [
          [0, 10],
          [10, 10],
        ],
      },
    );
    expect(story.timeline('world', 'served', 'start', 'leave')).toEqual([
      '0s #1 is there',
      '10s loss begins',
      '10s 200 after 0s of waiting',
      '20s 200 after 0s of waiting',
      '20s #1 gets SIGTERM: it was idle and not needed',
      '20s #1 is gone: it was idle and not needed',
    ]);
  });

  test('an outage that ends meets no call that is made then', () => {
    // The call is made at 11 s.
    const story = tell(
      `
      duration: 60s
      timeline: [{at: 5s, for: 6s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM}}]
      `,
      { arrivals: [10] },
    );
    expect(story.times('holds')).toEqual([]);
  });

  test('the autoscaler sees the requests of its instant, and a sample what it decided', () => {
    const story = tell(
      `
      duration: 60s
      services: [{template: {scaling: {concurrencyTarget: 60%}}}]
      `,
      { arrivals: [5] },
    );
    expect(story.scaleOut(5)).toMatchObject({ starting: 1, pending_requests: 1 });
  });

  test('entries of the timeline act in the order of the file', () => {
    const story = tell(`
      duration: 60s
      timeline:
        - {name: first, at: 10s, instanceCrash: {service: shop}}
        - {name: second, at: 10s, scaling: {service: shop, minInstanceCount: 2}}
        - {name: third, at: 10s, instanceCrash: {service: shop}}
    `);
    expect(story.timeline('world')).toEqual(['10s first begins', '10s second begins', '10s third begins']);
  });
});

const BUSY = `
  duration: 5m
  sampleInterval: 10s
  services:
    - maxInstanceRequestConcurrency: 4
      load: 20/s
      requests: {duration: {lognormal: {p50: 200ms, p99: 2s}}}
      startup: {containerStart: {lognormal: {p50: 1s, p99: 4s}}}
      template: {scaling: {concurrencyTarget: 60%}}
      clients: {timeout: 20s, retries: 2}
      routing: best-of-two
  keys: [{latency: {lognormal: {p50: 45ms, p99: 150ms}}, check: {interval: 1m}}]
  timeline:
    - {at: 60s, for: 60s, ekmUnreachable: {key: shop, retryable: true, share: 80%}}
    - {at: 70s, instanceCrash: {service: shop, share: 50%}}
    - {at: 150s, deploy: {service: shop, percent: 30}}
    - {at: 0s, repeat: {up: {exponential: {mean: 1m}}, down: {exponential: {mean: 10s}}}, kmsLatency: {key: shop, factor: 3}}
`;

describe('The same scenario', () => {
  test('twice gives the same bytes', () => {
    expect(JSON.stringify(tell(BUSY).results)).toBe(JSON.stringify(tell(BUSY).results));
  });

  test('with another seed, or as another replication, gives others', () => {
    const { fingerprint } = tell(BUSY).summary.engine;
    expect(tell(BUSY, { seed: '2' }).summary.engine.fingerprint).not.toBe(fingerprint);
    expect(tell(BUSY, { set: ['seed=2'] }).summary.engine.fingerprint).toBe(
      tell(BUSY, { seed: '2' }).summary.engine.fingerprint,
    );
    expect(tell(BUSY, { replication: 2 }).summary.engine.fingerprint).not.toBe(fingerprint);
  });

  test('meets the same customers under another plan', () => {
    const story = tell(BUSY);
    const other = tell(BUSY, {
      set: ['services.shop.scaling.minInstanceCount=20', 'services.shop.clients.retries=0'],
    });
    const first = (of: typeof story) =>
      of
        .rows('requests.csv')
        .slice(0, 6)
        .map(({ arrived }) => arrived);
    expect(first(other)).toEqual(first(story));
    expect(other.summary.services[0].logical).toMatchObject({
      offered: story.summary.services[0].logical.offered,
    });
  });
});

/** A small scenario with a bit of everything, from a number. */
function anyScenario(seed: number): string {
  let state = seed * 2654435761 + 1;
  const pick = <T>(choices: readonly T[]): T => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return choices[Math.floor((state / 4294967296) * choices.length)];
  };
  const service = (name: string) => ({
    name,
    autoscaler: pick(['cloud-run', 'cloud-run', 'per-request']),
    routing: pick(['least-loaded', 'newest-first', 'oldest-first', 'round-robin', 'random', 'best-of-two']),
    maxInstanceRequestConcurrency: pick([1, 2, 10]),
    scaling: { minInstanceCount: pick([0, 1, 3]), maxInstanceCount: pick([3, 5, 50]) },
    template: { scaling: { concurrencyTarget: pick(['60%', 'disabled']) } },
    idleTimeout: pick(['0s', '10s', '2m']),
    timeout: pick(['5s', '60s']),
    encryptionKeyRevocationAction: pick(['SHUTDOWN', 'PREVENT_NEW']),
    requests: { duration: pick<unknown>(['0s', '1s', { exponential: { mean: '2s' } }]) },
    load: pick(['0/s', '1/s', '10/s']),
    clients: pick([undefined, { timeout: '3s', retries: 2 }]),
  });
  const happening = (): object =>
    pick<object>([
      { ekmUnreachable: { key: 'shop', retryable: true, share: pick(['100%', '50%']) } },
      { ekmUnreachable: { key: 'shop', retryable: false } },
      {
        keyState: { key: 'shop', state: pick(['DISABLED', 'ENABLED', 'DESTROY_SCHEDULED']) },
        propagation: '0s',
      },
      { keyAccess: { key: 'shop', service: 'shop', granted: pick([true, false]) } },
      { scaling: { service: 'shop', minInstanceCount: pick([0, 1, 3]) } },
      { kmsLatency: { key: 'shop', factor: pick([0.5, 20]) } },
      { trafficShift: { from: 'shop', to: 'depot', share: '60%' } },
    ]);
  const atOnce = (): object =>
    pick<object>([
      { keyRotation: { key: 'shop' } },
      { deploy: { service: pick(['shop', 'depot']), percent: pick([0, 40, 100]) } },
      { instanceCrash: { service: pick(['shop', 'depot']), share: pick(['30%', '100%']) } },
    ]);
  const at = () => pick(['-1m', '0s', '7s', '20s', '45s', '1m', '80s', '2m']);
  const timeline = [
    ...Array.from({ length: 4 }, () => ({ at: at(), for: pick(['70s', '90s', '3m']), ...happening() })),
    ...Array.from({ length: 2 }, () => ({ at: at(), ...happening() })),
    ...Array.from({ length: 3 }, () => ({ at: at(), ...atOnce() })),
    { at: '0s', repeat: { up: '30s', down: '10s' }, ...happening() },
  ];
  return JSON.stringify({
    duration: '4m',
    sampleInterval: '10s',
    seed,
    assumptions: { ekmWaitingPeriod: pick(['0s', '20s', '1h']) },
    keys: [
      { check: { interval: pick(['10s', '1m']), per: pick(['key', 'revision']) }, versions: pick([1, 2]) },
    ],
    quotas: {
      limits: [
        {
          name: 'q',
          project: 'kms-prod',
          location: 'europe-west3',
          protectionLevel: 'EXTERNAL',
          limit: pick(['2/s', '100/s']),
        },
      ],
    },
    services: [service('shop'), service('depot')],
    timeline,
  });
}

test('Whatever happens, every request is answered once or in flight, and the books balance', () => {
  for (let seed = 1; seed <= 30; seed++) {
    try {
      tell(anyScenario(seed));
    } catch (cause) {
      throw new Error(`scenario ${seed}: ${anyScenario(seed)}`, { cause });
    }
  }
});

describe('The world checks its own books when its time is over', () => {
  test('they balance through crashes, refusals, retries and a rollout', () => {
    const { arrived, in_flight, served } = tell(BUSY).requests();
    expect(arrived).toBeGreaterThan(5000);
    expect(served + in_flight).toBeGreaterThan(4000);
  });

  test("and Little's identity is one that can be broken: a request that is lost from the count is found out", () => {
    const spoiled = () =>
      tell(BUSY, {
        before: (world) => {
          const [revision] = world.revisions;
          const passTo = revision.passTo.bind(revision);
          let calls = 0;
          // One second of one request is forgotten.
          revision.passTo = (now) => {
            passTo(now);
            if (++calls === 1000) (revision as unknown as { area: number }).area -= 1e9;
          };
        },
      });
    expect(spoiled).toThrow(InvariantViolation);
    expect(spoiled).toThrow(/Little/);
  });

  test('an instance that is counted twice is found out, too', () => {
    const spoiled = () => tell(BUSY, { before: (world) => void (world.revisions[0].idle += 1) });
    expect(spoiled).toThrow(InvariantViolation);
  });
});
