import { describe, expect, test } from 'vitest';
import {
  DEFAULT_STARTUP_PROBE,
  probed,
  probeFailed,
  probeSucceeded,
  STARTUP_PROBE_DEFAULTS,
} from '../../src/rules/startup-probe.ts';
import { SECOND, type Duration } from '../../src/units/time.ts';

const s = (count: number): Duration => (count * SECOND) as Duration;

describe('the startup probe', () => {
  test('where nothing is configured, sees the container as soon as it listens', () => {
    expect(probed(s(3.2), DEFAULT_STARTUP_PROBE)).toEqual({ ready: true, at: s(3.2) });
    expect(probed(s(240), DEFAULT_STARTUP_PROBE)).toEqual({ ready: true, at: s(240) });
  });

  test('gives up after four minutes', () => {
    expect(probed(s(240.000000001), DEFAULT_STARTUP_PROBE)).toEqual({ ready: false, at: s(240) });
  });

  // Probes at 2, 5, 8, 11 s, each waiting 1 s.
  const everyThree = { ...STARTUP_PROBE_DEFAULTS, initialDelay: s(2), period: s(3), failureThreshold: 4 };

  test.each([
    [0.5, 2, 'it listens before the first probe, and is found by it'],
    [2.9, 2.9, 'it listens while the first probe waits'],
    [3.1, 5, 'it listens after the first probe timed out: the second finds it'],
    [8, 8, 'it listens exactly when a probe goes out'],
    [12, 12, 'it listens at the last moment of the last probe'],
  ])('every 3 s from 2 s on: listening at %d s is found at %d s: %s', (listens, found) => {
    expect(probed(s(listens), everyThree)).toEqual({ ready: true, at: s(found) });
  });

  test('gives up when the last of its probes has failed', () => {
    expect(probed(s(12.1), everyThree)).toEqual({ ready: false, at: s(14) });
  });
});

describe('what the startup probe found', () => {
  test('is logged in the words of Cloud Run', () => {
    expect(probeSucceeded(DEFAULT_STARTUP_PROBE, s(3.2), 'worker')).toBe(
      'Default STARTUP TCP probe succeeded after 1 attempt for container "worker" on port 8080.',
    );
    expect(probeFailed(DEFAULT_STARTUP_PROBE, 'worker')).toBe(
      'Default STARTUP TCP probe failed 1 time consecutively for container "worker" on port 8080. ' +
        'The instance was not started. Connection failed with status DEADLINE_EXCEEDED',
    );
  });

  test('counts its attempts', () => {
    const everyThree = { ...STARTUP_PROBE_DEFAULTS, initialDelay: s(2), period: s(3), failureThreshold: 4 };
    expect(probeSucceeded(everyThree, s(5), 'worker')).toMatch(/^STARTUP TCP .* after 2 attempts /);
    expect(probeFailed(everyThree, 'worker')).toMatch(/^STARTUP TCP probe failed 4 times consecutively/);
  });
});
