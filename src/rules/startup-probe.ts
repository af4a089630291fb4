/**
 * The startup probe: when a container that listens is found to, and when Cloud Run gives up waiting for it.
 *
 * Probes go out at `initialDelay` and then every `period`; one succeeds when the container listens within `timeout` of it.
 * After `failureThreshold` failures in a row the instance is not started. failureThreshold x period is at most 240 s,
 * the initial delay comes on top. Where nothing is configured Cloud Run uses one TCP probe of 240 s, which sees the
 * container as soon as it listens.
 */
import { SECOND, type Duration } from '../units/time.ts';
import { RUN_YAML, section } from './sources.ts';

export interface StartupProbe {
  readonly initialDelay: Duration;
  readonly period: Duration;
  readonly timeout: Duration;
  readonly failureThreshold: number;
}

const seconds = (count: number): Duration => (count * SECOND) as Duration;

export const STARTUP_PROBE_SOURCE = section(RUN_YAML, 'Startup probes');

/** "Default STARTUP TCP probe". */
export const DEFAULT_STARTUP_PROBE: StartupProbe = {
  initialDelay: seconds(0),
  period: seconds(240),
  timeout: seconds(240),
  failureThreshold: 1,
};

/** What a probe that is configured without them has. */
export const STARTUP_PROBE_DEFAULTS: StartupProbe = {
  initialDelay: seconds(0),
  period: seconds(10),
  timeout: seconds(1),
  failureThreshold: 3,
};

/** failureThreshold x period may not be longer. */
export const LONGEST_STARTUP: Duration = seconds(240);

/** The log entry when the container is found listening, `at` after its start. */
export function probeSucceeded(probe: StartupProbe, at: Duration, container: string): string {
  const attempts = Math.max(1, Math.floor((at - probe.initialDelay) / probe.period) + 1);
  return (
    `${nameOf(probe)} TCP probe succeeded after ${attempts} attempt${attempts === 1 ? '' : 's'} ` +
    `for container "${container}" on port 8080.`
  );
}

/** The log entry when an instance is given up; `container` as the manifest of a service calls it. */
export const probeFailed = (probe: StartupProbe, container: string): string =>
  `${nameOf(probe)} TCP probe failed ${probe.failureThreshold} time${probe.failureThreshold === 1 ? '' : 's'} ` +
  `consecutively for container "${container}" on port 8080. The instance was not started. ` +
  'Connection failed with status DEADLINE_EXCEEDED';

const nameOf = (probe: StartupProbe): string =>
  probe.period === DEFAULT_STARTUP_PROBE.period ? 'Default STARTUP' : 'STARTUP';

/**
 * When, after the container's start, the probe finds it listening or gives up.
 * @param listens when the container listens, ns after its start
 */
export function probed(
  listens: Duration,
  probe: StartupProbe,
): { readonly ready: boolean; readonly at: Duration } {
  const { initialDelay, period, timeout, failureThreshold } = probe;
  // The first probe that is still waiting when the container listens; the one before it, if any, timed out.
  const first = Math.max(0, Math.ceil((listens - timeout - initialDelay) / period));
  if (first < failureThreshold) {
    return { ready: true, at: Math.max(initialDelay + first * period, listens) as Duration };
  }
  return { ready: false, at: (initialDelay + failureThreshold * period) as Duration };
}
