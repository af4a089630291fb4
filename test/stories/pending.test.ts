/**
 * Requests that wait at the front door, and what they are told when it was in vain.
 */
import { describe, expect, test } from 'vitest';
import { tell } from '../support/story.ts';

test('A request waits for 10 s as long as no start has been completed; then it is told 500', () => {
  const story = tell(
    `
    duration: 60s
    services: [{startup: {containerStart: 30s}}]
    `,
    { arrivals: [1] },
  );
  expect(story.timeline('refusal')).toEqual(['11s 500 no-available-instance after 10s']);
  expect(story.log('service-log.jsonl').find(({ httpRequest }) => httpRequest)).toMatchObject({
    severity: 'ERROR',
    textPayload: 'The request was aborted because there was no available instance.',
    httpRequest: { status: 500 },
  });
});

test('It waits for 3.5 times the mean start-up time, the wait for keys left out, and at the maximum it is told 429', () => {
  // The first start takes 1 s of image, 8 s of key calls and 11 s of container: 12 s count, and 42 s may be waited.
  const story = tell(
    `
    duration: 3m
    services: [{scaling: {maxInstanceCount: 1}, startup: {containerStart: 11s}}]
    keys: [{latency: 4s, protectionLevel: HSM}]
    `,
    {
      arrivals: [
        [1, 1],
        [30, 100],
        [31, 1],
      ],
    },
  );
  expect(story.timeline('start', 'refusal')).toEqual([
    '1s #1 starts: AUTOSCALING',
    '11s 500 no-available-instance after 10s',
    '21s #1 ready',
    '73s 429 no-available-instance-at-maximum after 42s',
  ]);
  expect(story.log('service-log.jsonl').at(-1)).toMatchObject({
    severity: 'WARNING',
    textPayload: 'The request was aborted because there was no available instance.',
    httpRequest: { status: 429, latency: '42s' },
  });
});

test('A pending timeout of its own is kept to', () => {
  const story = tell(
    `
    duration: 60s
    services: [{pendingTimeout: 3s, startup: {containerStart: 30s}}]
    `,
    { arrivals: [1] },
  );
  expect(story.timeline('refusal')).toEqual(['4s 500 no-available-instance after 3s']);
});

test('Where the last start failed meanwhile, it is told that the instance could not start', () => {
  const story = tell(
    `
    duration: 60s
    timeline: [{at: 0s, propagation: 0s, keyState: {key: shop, state: DISABLED}}]
    `,
    { arrivals: [1] },
  );
  expect(story.timeline('refusal')).toEqual(['11s 500 could-not-start after 10s']);
  expect(story.texts('ERROR').at(-1)).not.toMatch(/no available/);
  expect(story.texts('ERROR')).toContain(
    'The request failed because the instance could not start successfully.',
  );
});

test('Where a start failed before it came, or another has succeeded since, it is not', () => {
  // #1 is refused at 2.1 s; at 3.1 s #2 is tried and is still starting when the second request's time is over.
  const story = tell(
    `
    duration: 60s
    services: [{startup: {containerStart: 30s}}]
    timeline: [{at: 0s, for: 3s, propagation: 0s, keyState: {key: shop, state: DISABLED}}]
    `,
    { arrivals: [1, 2.5] },
  );
  expect(story.timeline('refusal')).toEqual([
    '11s 500 could-not-start after 10s',
    '12.5s 500 no-available-instance after 10s',
  ]);
});

test('The request timeout covers waiting and execution: 504', () => {
  const waiting = tell(
    `
    duration: 60s
    services: [{timeout: 5s, startup: {containerStart: 30s}}]
    `,
    { arrivals: [1] },
  );
  expect(waiting.timeline('refusal')).toEqual(['6s 504 timed-out after 5s']);
  const executing = tell(
    `
    duration: 60s
    services: [{timeout: 5s}]
    `,
    { arrivals: [[1, 10]] },
  );
  expect(executing.timeline('start', 'refusal')).toEqual([
    '1s #1 starts: AUTOSCALING',
    '3.2s #1 ready',
    '6s 504 timed-out after 5s',
  ]);
  // The slot is free again, and the instance idle.
  expect(executing.counts(6)).toMatchObject({ active: 0, idle: 1 });
});

test('First come, first served', () => {
  // One instance, requests of 3 s: each waits for those before it.
  const story = tell(
    `
    duration: 60s
    services: [{scaling: {maxInstanceCount: 1, minInstanceCount: 1}, pendingTimeout: 1m}]
    `,
    {
      arrivals: [
        [1, 3],
        [1.5, 3],
        [2, 3],
        [2.5, 3],
        [20, 3],
      ],
    },
  );
  expect(story.timeline('served')).toEqual([
    '4s 200 after 0s of waiting',
    '7s 200 after 2.5s of waiting',
    '10s 200 after 5s of waiting',
    '13s 200 after 7.5s of waiting',
    '23s 200 after 0s of waiting',
  ]);
  expect(story.summary.services[0].pending_ms).toMatchObject({ mean: 3000, max: 7500 });
});

test('A request is not bound to the start it caused', () => {
  const story = tell(
    `
    duration: 60s
    services: [{scaling: {minInstanceCount: 1}}]
    `,
    {
      arrivals: [
        [10, 1],
        [10.5, 5],
      ],
    },
  );
  expect(story.timeline('start', 'served').slice(1)).toEqual([
    '10.5s #2 starts: AUTOSCALING',
    '11s 200 after 0s of waiting',
    '12.7s #2 ready',
    '16s 200 after 0.5s of waiting',
  ]);
  expect(story.requests()).toMatchObject({ cold: 0 });
});

test('No more wait than the pending limit allows', () => {
  const story = tell(
    `
    duration: 60s
    services: [{pendingLimit: 2, startup: {containerStart: 5s}}]
    `,
    { arrivals: [1, 1.5, 2] },
  );
  expect(story.timeline('refusal')).toEqual(['2s 500 no-available-instance after 0s']);
  expect(story.requests()).toMatchObject({ served: 2, code_500: 1 });
});

test('At the maximum, the pending limit answers 429', () => {
  const story = tell(
    `
    duration: 60s
    services: [{scaling: {minInstanceCount: 1, maxInstanceCount: 1}, pendingLimit: 1}]
    `,
    {
      arrivals: [
        [1, 9],
        [2, 1],
        [3, 1],
      ],
    },
  );
  expect(story.timeline('refusal')).toEqual(['3s 429 no-available-instance-at-maximum after 0s']);
});

test('The maximum of a service is reached by all its revisions together: 429', () => {
  // One instance of each revision is there, and the service may have two.
  const story = tell(
    `
    duration: 2m
    services:
      - scaling: {maxInstanceCount: 2}
        traffic: [{revision: shop-00001-a, percent: 50}, {revision: shop-00002-b, percent: 50}]
        initialInstanceCount: 2
    `,
    {
      arrivals: [
        [1, 60],
        [1, 60],
        [1, 60],
        [1, 60],
        [1, 60],
        [1, 60],
        [1, 60],
        [1, 60],
      ],
    },
  );
  expect(story.counts(5)).toMatchObject({ active: 2, starting: 0 });
  expect(story.requests()).toMatchObject({ served: 2, code_429: 6, code_500: 0 });
});

describe('Clients', () => {
  test('that give up are 499, and their slot is free', () => {
    const story = tell(
      `
      duration: 60s
      services: [{clients: {timeout: 4s}}]
      `,
      {
        arrivals: [
          [1, 10],
          [20, 10],
        ],
      },
    );
    expect(story.timeline('refusal')).toEqual([
      '5s 499 client-gave-up after 4s',
      '24s 499 client-gave-up after 4s',
    ]);
    expect(story.counts(24)).toMatchObject({ active: 0, idle: 1 });
  });

  test('that are refused ask again, each time a new request, until their retries are used up', () => {
    // Refused at 11 s; asks again 1 s later, and 2 s after the refusal of that.
    const story = tell(
      `
      duration: 2m
      services:
        - startup: {containerStart: 200s}
          clients: {retries: 2, backoff: {initial: 1s, factor: 2, max: 10s, jitter: none}}
      `,
      { arrivals: [1] },
    );
    expect(story.timeline('refusal').map((line) => line.split(' ')[0])).toEqual(['11s', '22s', '34s']);
    expect(story.requests()).toMatchObject({ arrived: 3, code_500: 3, retries: 2 });
    expect(story.summary.services[0].logical).toEqual({ offered: 1, succeeded: 0, failed: 1 });
  });

  test('that are served at the second attempt have what they wanted', () => {
    const story = tell(
      `
      duration: 2m
      services:
        - startup: {containerStart: 15s}
          clients: {retries: 5, backoff: {initial: 1s, factor: 2, max: 10s, jitter: none}}
      `,
      { arrivals: [1] },
    );
    expect(story.requests()).toMatchObject({ arrived: 2, served: 1, code_500: 1, retries: 1 });
    expect(story.summary.services[0].logical).toEqual({ offered: 1, succeeded: 1, failed: 0 });
  });
});

test('A crash takes all requests of an instance with it', () => {
  const story = tell(
    `
    duration: 60s
    services: [{scaling: {minInstanceCount: 1}, maxInstanceRequestConcurrency: 10}]
    timeline: [{name: crash, at: 10s, instanceCrash: {service: shop}}]
    `,
    {
      arrivals: [
        [5, 20],
        [6, 20],
        [12, 1],
      ],
    },
  );
  expect(story.timeline()).toEqual([
    '0s #1 is there',
    '10s crash begins',
    '10s #1 is gone: it crashed',
    '10s 503 instance-gone after 5s',
    '10s 503 instance-gone after 4s',
    '10s #2 starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE',
    '12.2s #2 ready',
  ]);
});

test('Requests that wait for a crashed instance get another one', () => {
  // The only instance that may be there is busy; it crashes at 12 s, and the request that waits since 10 s needs a new one.
  const story = tell(
    `
    duration: 60s
    services: [{scaling: {maxInstanceCount: 1}, initialInstanceCount: 1}]
    timeline: [{at: 12s, instanceCrash: {service: shop}}]
    `,
    {
      arrivals: [
        [1, 100],
        [10, 1],
      ],
    },
  );
  expect(story.requests()).toMatchObject({ served: 1, code_503: 1 });
});

describe('At the maximum, with the CPU used up by requests that share it, the answer', () => {
  // Four requests of 10 s of CPU each are on the one instance for 40 s; the fifth waits for 10 s.
  const refused = (assumed: string, requests = 'cpuTime: 10s', more = '') =>
    tell(
      `
      duration: 60s
      services:
        - initialInstanceCount: 1
          pendingTimeout: 10s
          maxInstanceRequestConcurrency: ${more === '' ? 4 : more}
          template: {scaling: {maxInstanceCount: 1, concurrencyTarget: disabled}}
          requests: {${requests}}
      assumptions: {${assumed}}
      `,
      { arrivals: [1, 2, 3, 4, 5].map((at) => [at, 30] as const) },
    ).timeline('refusal');

  test('is 429 unless the scenario says from which load on it is 503', () => {
    expect(refused('')).toEqual(['15s 429 no-available-instance-at-maximum after 10s']);
    expect(refused('saturatedAtCpu: 95%')).toEqual(['15s 503 saturated after 10s']);
  });

  test('is 429 where the requests wait for something else than the CPU', () => {
    expect(refused('saturatedAtCpu: 95%', 'cpuTime: 1s')).toEqual([
      '15s 429 no-available-instance-at-maximum after 10s',
    ]);
  });

  test('is 429 where an instance serves one request at a time', () => {
    expect(refused('saturatedAtCpu: 95%', 'cpuTime: 30s', '1')).toContain(
      '12s 429 no-available-instance-at-maximum after 10s',
    );
  });

  test('is 429 where CPU is not simulated', () => {
    expect(refused('saturatedAtCpu: 95%', '')).toEqual([
      '15s 429 no-available-instance-at-maximum after 10s',
    ]);
  });

  test('is logged in the words of the documentation', () => {
    const story = tell(
      `
      duration: 60s
      services:
        - initialInstanceCount: 1
          pendingTimeout: 10s
          maxInstanceRequestConcurrency: 2
          template: {scaling: {maxInstanceCount: 1, concurrencyTarget: disabled}}
          requests: {cpuTime: 30s}
      assumptions: {saturatedAtCpu: 100%}
      `,
      { arrivals: [1, 2, 3].map((at) => [at, 30] as const) },
    );
    expect(story.texts('ERROR')).toEqual([
      'The Cloud Run service probably has reached its maximum container instance limit. Consider increasing this limit.',
    ]);
    expect(story.requests()).toMatchObject({ code_503: 1, code_429: 0 });
  });
});
