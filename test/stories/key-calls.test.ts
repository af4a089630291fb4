/**
 * How a start makes its key calls, what an external key manager's connection carries, what Cloud KMS refuses, and how a
 * start ends that the startup probe gives up on. In the plain shop a cold start is 1 s of image import, two key
 * calls of 100 ms and 1 s of container start: ready 2.2 s after the request that caused it.
 */
import { describe, expect, test } from 'vitest';
import { DEFAULT_STARTUP_PROBE, probeFailed } from '../../src/rules/startup-probe.ts';
import { tell } from '../support/story.ts';

const readyAt = (startup: string, arrivals: number[]): (number | undefined)[] => {
  const story = tell(
    `
    duration: 10m
    services: [{startup: ${startup}}]
    `,
    { arrivals },
  );
  return story.rows('cold-starts.csv').map((row) => Number(row.start_s) + startupOf(row));
};

const startupOf = (row: Record<string, unknown>): number =>
  ['scheduling_ms', 'import_ms', 'key_ms', 'container_ms'].reduce((sum, step) => sum + Number(row[step]), 0) /
  1000;

describe('The key calls of a start', () => {
  test('follow one another', () => {
    expect(readyAt('{layerDecrypts: 3}', [10])).toEqual([12.4]);
  });

  test('take as long as one of them where they are made at once', () => {
    expect(readyAt('{layerDecrypts: 3, decrypts: parallel}', [10])).toEqual([12.1]);
  });

  test('need no data key where the node still has it', () => {
    // Both on one node; the second starts while the first one's key, had at 11.2 s, is still there until 71.2 s.
    expect(readyAt('{dataKeyCache: {ttl: 60s, instancesPerNode: 2}}', [10, 20, 20])).toEqual([12.2, 22.1]);
  });

  test('need it again on another node, and when it is too old', () => {
    const cache = '{dataKeyCache: {ttl: 60s, instancesPerNode: 2}}';
    // At 20 s three are needed: #1 is there, #2 is on its node, #3 is on the next.
    expect(readyAt(cache, [10, 20, 20, 20])).toEqual([12.2, 22.1, 22.2]);
    expect(readyAt(cache, [10, 80, 80])).toEqual([12.2, 82.2]);
  });

  test('made at once are all charged, even when the first one fails the start', () => {
    const story = tell(
      `
      services: [{startup: {layerDecrypts: 3, decrypts: parallel}}]
      timeline: [{at: 0s, propagation: 0s, keyState: {key: shop, state: DISABLED}}]
      `,
      { arrivals: [10] },
    );
    expect(story.rows('cold-starts.csv')[0]).toMatchObject({
      outcome: 'refused:key-disabled',
      key_attempts: 4,
    });
  });
});

describe('The connection to an external key manager', () => {
  const shared = (capacity: string) => `
    ekmConnections: [{name: hq, capacity: ${capacity}, latency: 50ms}]
    keys: [{ekmConnection: hq}]
    assumptions: {keyRetry: {initial: 10s, factor: 1, max: 10s, jitter: none}}
  `;

  test('adds its latency to that of Cloud KMS', () => {
    const story = tell(shared('100/s'), { arrivals: [10] });
    expect(story.rows('cold-starts.csv')[0].key_ms).toBe(300);
  });

  test('answers what is above its capacity with OVERLOADED_EKM, and those starts hold', () => {
    // Three starts ask at 11 s and one call a second is carried: two hold at once, and the third when it asks for its data
    // key at 11.15 s. Each asks again 10 s after its answer.
    const story = tell(shared('1/s'), { arrivals: [10, 10, 10] });
    const starts = story.rows('cold-starts.csv');
    expect(starts.map((row) => Number(row.key_attempts) > 2)).toEqual([true, true, true]);
    expect(story.texts()).toContain('OVERLOADED_EKM: The external key manager is overloaded.');
  });
});

describe('Cloud KMS', () => {
  test('does not enable a version that is scheduled for destruction', () => {
    const story = tell(
      `
      timeline:
        - {at: 1s, propagation: 0s, keyState: {key: shop, state: DESTROY_SCHEDULED}}
        - {at: 2s, keyState: {key: shop, state: ENABLED}}
      `,
      { arrivals: [10] },
    );
    expect(story.rows('cold-starts.csv')[0].outcome).toBe('refused:key-scheduled-for-deletion');
  });

  test('enables it once it has been restored', () => {
    const story = tell(
      `
      timeline:
        - {at: 1s, propagation: 0s, keyState: {key: shop, state: DESTROY_SCHEDULED}}
        - {at: 2s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
        - {at: 3s, keyState: {key: shop, state: ENABLED}}
      `,
      { arrivals: [10] },
    );
    expect(story.rows('cold-starts.csv')[0].outcome).toBe('ready');
  });

  test('destroys it thirty days after it was scheduled', () => {
    const day = 86_400;
    const story = tell(
      `
      duration: 31d
      sampleInterval: 1d
      timeline: [{at: 0s, propagation: 0s, keyState: {key: shop, state: DESTROY_SCHEDULED}}]
      `,
      { arrivals: [29 * day, 30 * day + 10] },
    );
    const refused = (row: Record<string, unknown>): boolean => row.outcome === 'refused:key-destroyed';
    const starts = story.rows('cold-starts.csv');
    expect(starts.map(refused)).toEqual(starts.map((row) => Number(row.start_s) > 30 * day));
    expect(new Set(starts.map(refused)).size).toBe(2);
  });

  test('disables a version that the external key manager denies, and it stays disabled', () => {
    const story = tell(
      `
      assumptions: {failedStartBackoff: {initial: 1s, factor: 1, max: 1s, jitter: none}}
      timeline: [{at: 0s, for: 60s, ekmUnreachable: {key: shop, error: EXTERNAL_PERMISSION_DENIED}}]
      `,
      { arrivals: [10, 100] },
    );
    const outcomes = story.rows('cold-starts.csv').map((row) => row.outcome);
    expect(outcomes[0]).toBe('refused:ekm-not-retryable');
    // The outage was over at 60 s; the version it disabled is not enabled by that.
    expect(outcomes.at(-1)).toBe('refused:key-disabled');
  });
});

describe('The startup probe', () => {
  test('finds the container at its next turn', () => {
    // Listening 1 s after its start; probes at 0 s, 0.7 s (until 0.8 s) and 1.4 s.
    expect(readyAt('{probe: {period: 700ms, timeout: 100ms, failureThreshold: 9}}', [10])).toEqual([12.6]);
  });

  test('gives up on a container that does not listen in time: the start has failed, in the words of the log', () => {
    const story = tell(
      `
      services: [{startup: {containerStart: 5m}}]
      `,
      { arrivals: [10] },
    );
    const [start] = story.rows('cold-starts.csv');
    expect(start.outcome).toBe('refused:startup-probe');
    expect(story.texts()).toContain(probeFailed(DEFAULT_STARTUP_PROBE, 'shop-1'));
  });
});
