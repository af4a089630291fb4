/**
 * The autoscaler: the periodic look, starts for requests that pend, surplus instances, and the other ways to scale.
 */
import { describe, expect, test } from 'vitest';
import { tell, type Story } from '../support/story.ts';

const wanted = (story: Story, revision = 0): [at: number, instances: number][] => {
  const steps: [number, number][] = [];
  for (const { at, desired, by, revision: of } of story.decisions) {
    if (by === 'on-demand' || of !== revision || steps.at(-1)?.[1] === desired) continue;
    steps.push([at / 1e9, desired]);
  }
  return steps;
};

const TWELVE = Array.from({ length: 12 }, () => [5, 300] as const);
const AVERAGES = 'template: {scaling: {concurrencyTarget: 60%}}';

test('The concurrency driver takes the larger of the averages over one and ten minutes', () => {
  // Twelve requests from 5 s to 305 s on two instances that take ten each, six of them aimed at.
  //   10 s   60/10 = 6, /6 = 1: one           15 s   120/15 = 8, 1.33: two          60 s   660/60 = 11, 1.83: within 10 % of two
  //   310 s  in the last minute 660/60 = 11, in all 3600/310 = 11.6: two
  //   600 s  3600/600 = 6: one (3600/595 = 6.05 is still two)
  //   905 s  the requests are ten minutes ago: none
  const story = tell(
    `
    duration: 20m
    services: [{${AVERAGES}, maxInstanceRequestConcurrency: 10, initialInstanceCount: 2, idleTimeout: 5m}]
    `,
    { arrivals: TWELVE },
  );
  expect(wanted(story)).toEqual([
    [10, 1],
    [15, 2],
    [600, 1],
    [905, 0],
  ]);
  // Idle since 305 s; the younger is surplus from 600 s on and leaves at 605 s, the older at 905 s.
  expect(story.readyCurve()).toEqual([
    [0, 2],
    [605, 1],
    [905, 0],
  ]);
  const tenth = story.decisions.find(({ at }) => at === 10e9)!;
  expect(tenth.readings).toMatchObject({ concurrency_60s: 6, concurrency_600s: 6 });
});

test('Within ten per cent of the target the count stays as it is', () => {
  // Ten instances of one request each, six in ten of them aimed at: 6.5 requests want 10.8, which is not 10 % above.
  const level = (requests: number) =>
    tell(
      `
      duration: 2m
      services: [{${AVERAGES}, maxInstanceRequestConcurrency: 10, initialInstanceCount: 20, idleTimeout: 5m}]
      `,
      {
        arrivals: [
          ...Array.from({ length: 60 }, () => [0, 60] as const),
          ...Array.from({ length: requests }, () => [60, 60] as const),
        ],
      },
    );
  // 60 requests from the start: 60/6 = 10 at 5 s. 66 more want 11 in the end, which is within 10 %; 68 want 11.33.
  expect(wanted(level(66))).toEqual([[5, 10]]);
  expect(wanted(level(68)).map(([, instances]) => instances)).toEqual([10, 12]);
});

test('Pending requests count like those in flight', () => {
  // One instance, six requests of 100 s: five of them pend. 6 x 5 s / 10 s = 3 and / 0.6 = 5 at 10 s.
  const story = tell(
    `
    duration: 10.5s
    services: [{${AVERAGES}, initialInstanceCount: 1, startup: {containerStart: 60s}}]
    `,
    { arrivals: Array.from({ length: 6 }, () => [5, 100] as const) },
  );
  expect(wanted(story)).toEqual([[10, 5]]);
});

test('Requests that find no slot start instances at once: as many as they fill, less those that start', () => {
  const story = tell(
    `
    duration: 30s
    services: [{maxInstanceRequestConcurrency: 2}]
    `,
    { arrivals: [1, 1, 1, 1, 1, 2] },
  );
  expect(story.timeline('start')).toEqual([
    '1s #1 starts: AUTOSCALING',
    '1s #2 starts: AUTOSCALING',
    '1s #3 starts: AUTOSCALING',
    '3.2s #1 ready',
    '3.2s #2 ready',
    '3.2s #3 ready',
  ]);
  expect(story.requests()).toMatchObject({ served: 6, cold: 6 });
});

test('The oldest are routed to first; the surplus is used when they are full, and leaves when it has idled', () => {
  // Wanted: the minimum of one. #2 gets a request only at 60 s, when #1 has one, and is idle from 61 s on.
  const story = tell(
    `
    duration: 10m
    services: [{scaling: {minInstanceCount: 1}, initialInstanceCount: 2, idleTimeout: 2m}]
    `,
    {
      arrivals: [
        [10, 1],
        [20, 1],
        [60, 1],
        [60, 1],
        [100, 1],
      ],
    },
  );
  expect(story.timeline()).toEqual([
    '0s #1 is there',
    '0s #2 is there',
    '181s #2 gets SIGTERM: it was idle and not needed',
    '181s #2 is gone: it was idle and not needed',
  ]);
});

test('An instance that is needed again and then not has its whole idle timeout from its last request', () => {
  // #2 is surplus until 60 s, is kept by the minimum until 570 s, and had its last request at 541 s: it leaves at 1141 s.
  const story = tell(
    `
    duration: 30m
    services: [{scaling: {minInstanceCount: 1}, initialInstanceCount: 2, idleTimeout: 10m}]
    timeline:
      - {at: 60s, scaling: {service: shop, minInstanceCount: 2}}
      - {at: 570s, scaling: {service: shop, minInstanceCount: 1}}
    `,
    {
      arrivals: [
        [540, 1],
        [540, 1],
      ],
    },
  );
  expect(story.readyCurve()).toEqual([
    [0, 2],
    [1141, 1],
  ]);
});

test('A minimum of the service above the usual maximum is met where nobody states a maximum', () => {
  const ready = (scaling: string, timeline: string) =>
    tell(`
      duration: 60s
      services: [{encryptionKey: null, ${scaling}}]
      timeline: [${timeline}]
    `).ready(30);
  expect(ready('', '{at: 10s, scaling: {service: shop, minInstanceCount: 150}}')).toBe(150);
  expect(ready('scaling: {minInstanceCount: 150}', '')).toBe(150);
});

test('A minimum is kept after a crash, and a raised one is met at once', () => {
  const story = tell(`
    duration: 2m
    services: [{scaling: {minInstanceCount: 2}}]
    timeline:
      - {at: 30s, instanceCrash: {service: shop, share: 50%}}
      - {at: 60s, scaling: {service: shop, minInstanceCount: 4}}
  `);
  expect(story.readyCurve()).toEqual([
    [0, 2],
    [30, 1],
    [32.2, 2],
    [62.2, 4],
  ]);
  expect(story.timeline('start').filter((line) => line.includes('starts'))).toEqual([
    '30s #3 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
    '60s #4 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
    '60s #5 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
  ]);
});

test('What starts, or waits for its key, counts towards the maximum', () => {
  const story = tell(
    `
    duration: 60s
    services: [{scaling: {maxInstanceCount: 2}}]
    timeline: [{at: 0s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM}}]
    `,
    { arrivals: [1, 1, 1, 2, 3, 4, 5] },
  );
  expect(story.times('starts: ')).toEqual([1, 1]);
  expect(story.counts(1.5)).toMatchObject({ starting: 2, awaiting_key: 0 });
  expect(story.counts(30)).toMatchObject({ starting: 0, awaiting_key: 2 });
});

test('The maximum of the service and that of the revision both hold', () => {
  const started = (more: string) =>
    tell(
      `
      duration: 60s
      services: [{${more}}]
      `,
      { arrivals: Array.from({ length: 9 }, () => [1, 30] as const) },
    ).times('starts: ').length;
  expect(started('scaling: {maxInstanceCount: 3}')).toBe(3);
  expect(
    started(
      'scaling: {maxInstanceCount: 8}, template: {scaling: {maxInstanceCount: 4, concurrencyTarget: disabled}}',
    ),
  ).toBe(4);
});

describe('Manual scaling', () => {
  test('has exactly as many instances as it is told, and starts none for requests', () => {
    const story = tell(
      `
      duration: 3m
      services: [{scaling: {scalingMode: MANUAL, manualInstanceCount: 2}}]
      timeline:
        - {at: 60s, scaling: {service: shop, manualInstanceCount: 4}}
        - {at: 90s, scaling: {service: shop, manualInstanceCount: 1}}
        - {at: 2m, instanceCrash: {service: shop}}
      `,
      {
        arrivals: [
          [1, 20],
          [1, 20],
          [1, 5],
          [88, 10],
        ],
      },
    );
    expect(story.timeline('refusal')).toEqual(['11s 429 no-available-instance-at-maximum after 10s']);
    // At 90 s three are idle and leave at once.
    expect(story.readyCurve()).toEqual([
      [0, 2],
      [62.2, 4],
      [90, 1],
      [120, 0],
      [122.2, 1],
    ]);
  });

  test('has exactly as many instances, whatever the split of traffic', () => {
    const story = tell(`
      duration: 60s
      services:
        - scaling: {scalingMode: MANUAL, manualInstanceCount: 3}
          traffic: [{revision: shop-00001-a, percent: 50}, {revision: shop-00002-b, percent: 50}]
    `);
    expect(story.ready(0)).toBe(3);
    expect(story.ready(59)).toBe(3);
  });

  test('lets an instance finish its requests before it goes', () => {
    const story = tell(
      `
      duration: 60s
      services: [{scaling: {scalingMode: MANUAL, manualInstanceCount: 2}}]
      timeline: [{at: 10s, scaling: {service: shop, manualInstanceCount: 1}}]
      `,
      {
        arrivals: [
          [5, 20],
          [5, 20],
        ],
      },
    );
    expect(story.readyCurve()).toEqual([
      [0, 2],
      [25, 1],
    ]);
    expect(story.requests()).toMatchObject({ served: 2 });
  });
});

describe('An instance for each request', () => {
  test('is started where none is free, and the request waits for that one', () => {
    // At 4 s #1 is free, but the second request waits for #2, which it has started.
    const story = tell(
      `
      duration: 30m
      services: [{autoscaler: per-request, idleTimeout: 5m}]
      `,
      {
        arrivals: [
          [1, 0.5],
          [1.6, 1],
          [20, 1],
        ],
      },
    );
    expect(story.timeline('start', 'leave', 'served')).toEqual([
      '1s #1 starts: AUTOSCALING',
      '1.6s #2 starts: AUTOSCALING',
      '3.2s #1 ready',
      '3.7s 200 after 2.2s of waiting',
      '3.8s #2 ready',
      '4.8s 200 after 2.2s of waiting',
      '21s 200 after 0s of waiting',
      expect.stringContaining('gets SIGTERM: it was idle and not needed'),
      expect.stringContaining('is gone: it was idle and not needed'),
      expect.stringContaining('gets SIGTERM: it was idle and not needed'),
      expect.stringContaining('is gone: it was idle and not needed'),
    ]);
    expect(story.readyCurve().at(-1)).toEqual([321, 0]);
    expect(story.requests()).toMatchObject({ cold: 2 });
  });

  test('with the maximum alive, even if still starting, a request is told 429 at once', () => {
    const busy = tell(
      `
      duration: 60s
      services: [{autoscaler: per-request, scaling: {maxInstanceCount: 2}}]
      `,
      {
        arrivals: [
          [1, 30],
          [1, 30],
          [10, 1],
        ],
      },
    );
    expect(busy.timeline('refusal')).toEqual(['10s 429 no-available-instance-at-maximum after 0s']);
    const starting = tell(
      `
      duration: 60s
      services: [{autoscaler: per-request, scaling: {maxInstanceCount: 2}}]
      `,
      {
        arrivals: [
          [1, 30],
          [1, 30],
          [2, 1],
        ],
      },
    );
    expect(starting.timeline('refusal')).toEqual(['2s 429 no-available-instance-at-maximum after 0s']);
  });

  test('the first request on an instance takes as long as first requests take', () => {
    const story = tell(
      `
      duration: 60s
      services: [{autoscaler: per-request, requests: {firstDuration: 4s}}]
      `,
      {
        arrivals: [
          [1, 0.5],
          [20, 0.5],
        ],
      },
    );
    expect(story.timeline('served')).toEqual([
      '7.2s 200 after 2.2s of waiting',
      '20.5s 200 after 0s of waiting',
    ]);
  });

  test('a request whose start fails is told so', () => {
    const story = tell(
      `
      duration: 60s
      services: [{autoscaler: per-request}]
      timeline: [{at: 0s, for: 5s, propagation: 0s, keyState: {key: shop, state: DISABLED}}]
      `,
      { arrivals: [1, 10] },
    );
    expect(story.timeline('refusal')).toEqual(['2.1s 500 could-not-start after 1.1s']);
    expect(story.requests()).toMatchObject({ served: 1 });
  });

  test('requests that wait for their instance are pending', () => {
    const story = tell(
      `
      duration: 10s
      services: [{autoscaler: per-request}]
      `,
      { arrivals: [1.5, 1.5] },
    );
    expect(story.scaleOut(2)).toMatchObject({ starting: 2, pending_requests: 2 });
  });
});

test('Without any traffic nothing happens', () => {
  const story = tell('duration: 1h');
  expect(story.timeline('start', 'leave', 'key', 'decide')).toEqual([]);
  expect(story.requests()).toMatchObject({ arrived: 0, in_flight: 0 });
  expect(story.summary.services[0].instances).toMatchObject({ mean: 0, max: 0, started: 0 });
});

test('A service that is asked for no instance at first has its minimum after the first look', () => {
  const story = tell(`
    duration: 60s
    services: [{scaling: {minInstanceCount: 2}, initialInstanceCount: 0}]
  `);
  expect(story.readyCurve()).toEqual([
    [5, 0],
    [7.2, 2],
  ]);
});

describe('A minimum instance that is restarted', () => {
  const story = (restart: string, more = '', arrivals: Parameters<typeof tell>[1] = {}) =>
    tell(
      `
      services: [{scaling: {minInstanceCount: 2}, idleTimeout: 15m${more}}]
      timeline: [{name: restart, at: 10s, instanceRestart: ${restart}}]
      `,
      arrivals,
    );

  test('leaves, and another starts in its place, for the minimum', () => {
    const { timeline, ready } = bound(story('{service: shop}'));
    expect(timeline().filter((line) => !line.includes(' is there'))).toEqual([
      '10s restart begins',
      '10s #1 gets SIGTERM: it is restarted',
      '10s #1 is gone: it is restarted',
      '10s #3 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
      '12.2s #3 ready',
    ]);
    expect([ready(9), ready(11), ready(13)]).toEqual([2, 1, 2]);
  });

  test('gets ten seconds for the requests it has', () => {
    const { requests, timeline } = bound(
      story('{service: shop, count: 2}', '', {
        arrivals: [
          [5, 12],
          [6, 30],
        ],
      }),
    );
    expect(requests()).toMatchObject({ served: 1, code_503: 1 });
    expect(timeline('refusal')).toEqual(['20s 503 instance-gone after 14s']);
  });

  test('is the oldest; no more are restarted than the minimum keeps', () => {
    const { timeline, ready } = bound(story('{service: shop, count: 5}', ', initialInstanceCount: 4'));
    expect(timeline('leave').filter((line) => line.includes('SIGTERM'))).toEqual([
      '10s #1 gets SIGTERM: it is restarted',
      '10s #2 gets SIGTERM: it is restarted',
    ]);
    expect(ready(13)).toBe(2);
  });

  test('is none where there is no minimum', () => {
    const none = tell(`
      services: [{initialInstanceCount: 2, idleTimeout: 15m}]
      timeline: [{name: restart, at: 10s, instanceRestart: {service: shop}}]
    `);
    expect(none.ready(11)).toBe(2);
  });

  test('is restarted again and again, where the entry says how long it takes each time', () => {
    const again = tell(`
      services: [{scaling: {minInstanceCount: 2}}]
      timeline: [{at: 0s, repeat: {up: 100s}, instanceRestart: {service: shop}}]
    `);
    expect(again.times('gets SIGTERM')).toEqual([100, 200, 300, 400, 500]);
    expect(again.ready(599)).toBe(2);
  });

  test('is not made good while its key is lost', () => {
    const lost = tell(`
      services: [{scaling: {minInstanceCount: 2}}]
      timeline:
        - {at: 5s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
        - {at: 10s, instanceRestart: {service: shop}}
    `);
    expect(lost.ready(500)).toBe(1);
  });

  test('is left alone while its key holds everybody in place', () => {
    const held = tell(`
      services: [{scaling: {minInstanceCount: 2}}]
      keys: [{check: {interval: 1s}}]
      timeline:
        - {at: 5s, for: 60s, ekmUnreachable: {key: shop}}
        - {at: 10s, instanceRestart: {service: shop}}
        - {at: 70s, instanceRestart: {service: shop}}
    `);
    expect(held.times('gets SIGTERM')).toEqual([70]);
  });
});

describe('Crashes that come again and again', () => {
  test('come at random, and what is lost is started anew', () => {
    const story = tell(`
      services: [{scaling: {minInstanceCount: 1}}]
      timeline: [{name: crash, at: 0s, repeat: {up: {exponential: {mean: 60s}}}, instanceCrash: {service: shop}}]
    `);
    const crashes = story.times('crash begins');
    expect(crashes.length).toBeGreaterThan(3);
    expect(story.times('it crashed').length).toBeGreaterThan(3);
    const gaps = crashes.map((at, i) => at - (crashes[i - 1] ?? 0));
    expect(new Set(gaps).size).toBe(crashes.length);
  });
});

/** The methods of a story, to be taken apart. */
function bound(story: ReturnType<typeof tell>) {
  return {
    timeline: story.timeline.bind(story),
    ready: story.ready.bind(story),
    requests: story.requests.bind(story),
  };
}
