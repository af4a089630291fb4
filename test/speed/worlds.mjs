/**
 * The worlds that are measured, as scenarios: what a user would write, so that what is measured is what a user gets.
 *
 * Each is stated by the number of requests it should have; the simulated time follows from it.
 */
const LOCATION = 'europe-west3';
const KEY = `projects/kms-prod/locations/${LOCATION}/keyRings/run/cryptoKeys/shop`;

/** One service, and what else the world holds, laid over what no measurement cares about. */
const world = (name, seconds, service, rest = {}) =>
  JSON.stringify({
    name,
    duration: `${seconds}s`,
    seed: 1,
    services: [{ name: 'shop', location: LOCATION, ...service }],
    ...rest,
  });

const fixed = (instances, concurrency) => ({
  scaling: { scalingMode: 'MANUAL', manualInstanceCount: instances },
  template: { scaling: { maxInstanceCount: instances } },
  maxInstanceRequestConcurrency: concurrency,
  pendingTimeout: '1h',
});

/** W1: as many servers as instances, one request each, first come first served, utilisation 0.8, service 0.1 s. */
export const w1 = (n, instances = 100) =>
  world('w1', Math.max(1, Math.round(n / (8 * instances))), {
    ...fixed(instances, 1),
    requests: { duration: { exponential: { mean: '100ms' } } },
    load: `${8 * instances}/s`,
  });

/**
 * W2: an autoscaled service under a rush. Concurrency 80, cold starts of 2 s and a key call of 30 ms, service 0.4 s,
 * and for a twelfth of the time five times the traffic.
 */
export const w2 = (n, rate = 1000) => rush('w2', n, rate, { duration: lognormal('400ms', 1) });

/** W2 with CPU contention: a request needs 20 ms of CPU and nothing else; the four vCPU of an instance are shared. */
export const w2Contended = (n, rate = 1000) =>
  rush('w2-ps', n, rate, { duration: '1us', cpuTime: lognormal('20ms', 1) }, { cpu: 4, memory: '2Gi' });

function rush(name, n, rate, requests, machine = {}) {
  const seconds = Math.max(12, 12 * Math.round(n / (16 * rate)));
  return world(
    name,
    seconds,
    {
      ...machine,
      maxInstanceRequestConcurrency: 80,
      template: { scaling: { maxInstanceCount: 100_000 } },
      encryptionKey: KEY,
      idleTimeout: '15m',
      startup: {
        scheduling: '0s',
        imageImport: '0s',
        layerDecrypts: 0,
        dataKeyDecrypts: 1,
        containerStart: lognormal('2s', 0.5),
      },
      requests,
      load: {
        startRate: `${rate}/s`,
        stages: [
          { duration: `${seconds / 3}s`, target: `${rate}/s` },
          { duration: '0s', target: `${5 * rate}/s` },
          { duration: `${seconds / 12}s`, target: `${5 * rate}/s` },
          { duration: '0s', target: `${rate}/s` },
        ],
      },
    },
    {
      keys: [{ name: KEY, protectionLevel: 'HSM', latency: lognormal('30ms', 1) }],
      quotas: {
        limits: [{ project: 'kms-prod', location: LOCATION, protectionLevel: 'HSM', limit: '600000/min' }],
      },
    },
  );
}

/**
 * The example of SimFaaS: scale per request, the newest idle instance first, kept 600 s; a warm request takes 1.991 s,
 * one that meets a cold start 2.244 s in all.
 */
export const perRequest = (n, rate = 0.9) =>
  world('per-request', Math.max(1, Math.round(n / rate)), {
    autoscaler: 'per-request',
    routing: 'newest-first',
    maxInstanceRequestConcurrency: 1,
    template: { scaling: { maxInstanceCount: 100_000 } },
    idleTimeout: '600s',
    startup: { scheduling: '0s', imageImport: '0s', containerStart: '0s' },
    requests: {
      duration: { exponential: { mean: '1991ms' } },
      firstDuration: { exponential: { mean: '2244ms' } },
    },
    load: `${rate}/s`,
  });

/** A storm of cold starts on a quota: every request a start, every start three key calls, a third of them denied. */
export const kmsStorm = (n) =>
  world(
    'kms-storm',
    Math.max(1, Math.round(n / 150)),
    {
      autoscaler: 'per-request',
      maxInstanceRequestConcurrency: 1,
      template: { scaling: { maxInstanceCount: 100_000 } },
      encryptionKey: KEY,
      idleTimeout: '1ms',
      startup: {
        scheduling: '50ms',
        imageImport: '200ms',
        layerDecrypts: 2,
        dataKeyDecrypts: 1,
        containerStart: lognormal('500ms', 0.5),
      },
      requests: { duration: { exponential: { mean: '100ms' } } },
      load: '50/s',
    },
    {
      keys: [{ name: KEY, protectionLevel: 'HSM', latency: lognormal('30ms', 1) }],
      quotas: {
        limits: [{ project: 'kms-prod', location: LOCATION, protectionLevel: 'HSM', limit: '6000/min' }],
      },
    },
  );

/** Nothing but requests that stay: `inFlight` of them once the run is in its last quarter. */
export const inFlight = (count) =>
  world('in-flight', 1000, {
    ...fixed(Math.ceil(count / 1000) + 50, 1000),
    timeout: '1h',
    requests: { duration: '3600s' },
    load: {
      startRate: `${count / 750}/s`,
      stages: [
        { duration: '750s', target: `${count / 750}/s` },
        { duration: '0s', target: '0/s' },
      ],
    },
  });

function lognormal(mean, cv) {
  return { lognormal: { mean, cv } };
}
