/**
 * Requests that share the CPU of their instance, and the limits of their time. When such a request is finished is not known
 * when it begins, so its limit is an event of its own; a long one is planned only when it comes near, which is not seen.
 */
import { describe, expect, test } from 'vitest';
import { tell } from '../support/story.ts';

/** Requests at these seconds on one instance with one vCPU, each of which would need it for an hour. */
const starved = (at: readonly number[], service: string, more = '') =>
  tell(
    `
    duration: 10m
    services:
      - initialInstanceCount: 1
        maxInstanceRequestConcurrency: 20
        template: {scaling: {maxInstanceCount: 1}}
        requests: {cpuTime: 1h}
        ${service}
    ${more}
    `,
    { arrivals: at.map((second) => [second, 3600] as const) },
  );

describe('A request that never gets the CPU it needs', () => {
  test.each([
    // Down to twenty seconds limits are planned late, with a tick of 5 s; below, at once.
    ['300s', 300],
    ['60s', 60],
    ['21s', 21],
    ['20s', 20],
    ['19s', 19],
    ['2s', 2],
  ])('is answered 504 after its timeout of %s, to the instant, whenever it came', (timeout, seconds) => {
    const at = [1, 2.5, 7, 20, 29.999, 31, 100, 144, 151, 299];
    const story = starved(at, `timeout: ${timeout}`);
    expect(story.timeline('refusal')).toEqual(
      at
        .map((second) => `${Math.round((second + seconds) * 1000) / 1000}s 504 timed-out after ${seconds}s`)
        .filter((_, i) => at[i] + seconds < 600),
    );
  });

  test('is given up by its client first, where that has less patience than the timeout', () => {
    const story = starved([1, 40], 'clients: {timeout: 50s}');
    expect(story.timeline('refusal')).toEqual([
      '51s 499 client-gave-up after 50s',
      '90s 499 client-gave-up after 50s',
    ]);
  });

  test('has its limit where the autoscaler looks rarely, and where that of another service is short', () => {
    expect(
      starved([1, 40], 'timeout: 60s', 'assumptions: {autoscalerInterval: 1m}').timeline('refusal'),
    ).toEqual(['61s 504 timed-out after 60s', '100s 504 timed-out after 60s']);
  });
});

describe('A request that pended while limits were looked for, and begins with little of its time left', () => {
  // Limits are looked for at 10, 20 and 30 s. It comes at 9 s, begins at 20.7 s, and its time is over at 29 s.
  const late = (work: number) =>
    tell(
      `
      duration: 35s
      services:
        - initialInstanceCount: 0
          template: {scaling: {maxInstanceCount: 1}}
          maxInstanceRequestConcurrency: 1
          timeout: 20s
          pendingTimeout: 15s
          startup: {scheduling: 11s, imageImport: 0s, containerStart: 500ms}
          requests: {cpuTime: ${work}s}
      `,
      { arrivals: [[9, work]] },
    );

  test.each([8.4, 15])('is cut off when that is over, if it needs %s s', (work) => {
    expect(late(work).timeline('refusal')).toEqual(['29s 504 timed-out after 20s']);
  });

  test('is answered where that is enough', () => {
    const story = late(8.2);
    expect(story.timeline('refusal')).toEqual([]);
    expect(story.summary.services[0].requests.served).toBe(1);
  });
});

test('The slot of a request that timed out is held, where that is assumed, though another service shares its CPU', () => {
  const served = (other: string) =>
    tell(
      `
      duration: 60s
      assumptions: {timedOutRequestFreesSlot: false}
      services:
        - {timeout: 20s, pendingTimeout: 1m, scaling: {minInstanceCount: 1, maxInstanceCount: 1}}
        - {name: other, load: 0/s, requests: {${other}}}
      `,
      { arrivals: [[1, 30], 22] },
    ).timeline('served');
  expect(served('cpuTime: 10ms')).toEqual(['32s 200 after 9s of waiting']);
  expect(served('cpuTime: 10ms')).toEqual(served('duration: 1s'));
});

test('Those on an instance that crashes are cut off in the order in which they began, timed or not', () => {
  const at = [1, 2, 3, 4, 5];
  const story = starved(at, 'timeout: 60s', 'timeline: [{at: 58s, instanceCrash: {service: shop}}]');
  // At 58 s the limits of the first are planned, those of the others are not.
  expect(story.timeline('refusal')).toEqual(
    at.map((second) => `58s 503 instance-gone after ${58 - second}s`),
  );
});
