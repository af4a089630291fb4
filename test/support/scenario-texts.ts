/**
 * Scenario files as fast-check draws them: small worlds in which a lot happens, as the YAML text a reader would
 * write. One or two services, keys of any protection level, quotas that are too small, and a timeline of outages, lost
 * keys, crashes, deployments and changes.
 *
 * A document is drawn as plain data, so that a property can change it in one place and compare, and shrinks to few
 * entries. Times are whole seconds and most rates low: some hundred requests a world.
 */
import fc from 'fast-check';
import { stringify } from 'yaml';

export type Document = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly duration: string;
  readonly seed: number;
  readonly services: readonly ServiceDocument[];
  readonly keys?: readonly KeyDocument[];
  readonly timeline?: readonly TimelineDocument[];
};

export type ServiceDocument = Readonly<Record<string, unknown>> & { readonly name: string };
export type KeyDocument = Readonly<Record<string, unknown>> & { readonly name: string };
export type TimelineDocument = Readonly<Record<string, unknown>> & { readonly at: string };

/** The file's text. */
export const textOf = (document: Document): string => stringify(document);

const seconds = (min: number, max: number) => fc.integer({ min, max }).map((value) => `${value}s`);
const milliseconds = (min: number, max: number) => fc.integer({ min, max }).map((value) => `${value}ms`);
const often = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const seldom = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 4 }).map((v) => v);

const lengthOf = (min: number, max: number) =>
  fc.oneof(
    milliseconds(min, max),
    milliseconds(min, max).map((mean) => ({ exponential: { mean } })),
    milliseconds(min, max).map((mean) => ({ gamma: { mean, cv: 1.5 } })),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min: 1, max })).map(([least, more]) => ({
      uniform: { min: `${least}ms`, max: `${least + more}ms` },
    })),
  );

export const KEY_NAMES = ['a', 'b'].map(
  (key) => `projects/kms/locations/europe-west3/keyRings/r/cryptoKeys/${key}`,
);

const rates = fc.integer({ min: 1, max: 6 });

const load = fc.oneof(
  rates.map((rate) => `${rate}/s`),
  fc.record({
    arrivals: fc.constantFrom('poisson', 'regular'),
    startRate: rates.map((rate) => `${rate}/s`),
    stages: fc.array(
      fc.record({
        duration: seconds(0, 30),
        target: fc.integer({ min: 0, max: 12 }).map((rate) => `${rate}/s`),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ arrivals: milliseconds(50, 900).map((mean) => ({ interarrival: { exponential: { mean } } })) }),
);

const scaling = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 6 }))
  .map(([minInstanceCount, more]) => ({ minInstanceCount, maxInstanceCount: minInstanceCount + more + 2 }));

const startup = fc.record(
  {
    scheduling: milliseconds(0, 100),
    imageImport: lengthOf(50, 800),
    layerDecrypts: fc.integer({ min: 0, max: 2 }),
    dataKeyDecrypts: fc.integer({ min: 1, max: 2 }),
    containerStart: lengthOf(100, 1500),
    decrypts: fc.constantFrom('sequential', 'parallel'),
  },
  { requiredKeys: ['imageImport', 'containerStart'] },
);

const service = (name: string): fc.Arbitrary<ServiceDocument> =>
  fc
    .record({
      scaling,
      // The revision's own maximum, one below the service's.
      lower: fc.boolean(),
      concurrency: fc.integer({ min: 1, max: 4 }),
      timeout: seconds(3, 60),
      autoscaler: fc.constantFrom('cloud-run', 'cloud-run', 'knative', 'per-request', 'manual'),
      manualInstanceCount: fc.integer({ min: 0, max: 5 }),
      routing: fc.constantFrom(
        'least-loaded',
        'newest-first',
        'oldest-first',
        'round-robin',
        'random',
        'best-of-two',
      ),
      idleTimeout: seconds(1, 15),
      pendingTimeout: often(seconds(1, 20)),
      pendingLimit: seldom(fc.integer({ min: 0, max: 10 })),
      startup,
      duration: lengthOf(20, 900),
      firstDuration: seldom(milliseconds(500, 1500)),
      // Of a few at a time on one vCPU, or so much that requests are at it when their time is over.
      cpuTime: seldom(fc.oneof(lengthOf(5, 200), lengthOf(2000, 9000))),
      load,
      clients: seldom(
        fc.record({
          timeout: seconds(1, 15),
          retries: fc.integer({ min: 0, max: 3 }),
          backoff: fc.constant({ initial: '500ms', factor: 2, max: '4s', jitter: 'full' }),
        }),
      ),
      key: fc.option(fc.constantFrom(...KEY_NAMES), { nil: undefined, freq: 5 }),
      shutdown: fc.constantFrom(undefined, 'SHUTDOWN', 'PREVENT_NEW'),
    })
    .map((drawn) => {
      const manual = drawn.autoscaler === 'manual';
      const { manualInstanceCount } = drawn;
      return {
        name,
        location: 'europe-west3',
        scaling: manual ? { scalingMode: 'MANUAL', manualInstanceCount } : drawn.scaling,
        ...(manual ? {} : { autoscaler: drawn.autoscaler }),
        ...(manual || !drawn.lower
          ? {}
          : { template: { scaling: { maxInstanceCount: drawn.scaling.maxInstanceCount - 1 } } }),
        maxInstanceRequestConcurrency: drawn.concurrency,
        timeout: drawn.timeout,
        routing: drawn.routing,
        ...(manual || drawn.autoscaler === 'knative' ? {} : { idleTimeout: drawn.idleTimeout }),
        ...given({ pendingTimeout: drawn.pendingTimeout, pendingLimit: drawn.pendingLimit }),
        startup: drawn.startup,
        requests: {
          duration: drawn.duration,
          ...given({ firstDuration: drawn.firstDuration, cpuTime: drawn.cpuTime }),
        },
        load: drawn.load,
        ...given({ clients: drawn.clients, encryptionKey: drawn.key }),
        ...(drawn.key === undefined ? {} : given({ encryptionKeyRevocationAction: drawn.shutdown })),
      };
    });

const keys = fc.tuple(
  ...KEY_NAMES.map((name) =>
    fc
      .record({
        protectionLevel: fc.constantFrom('SOFTWARE', 'HSM', 'EXTERNAL', 'EXTERNAL', 'EXTERNAL_VPC'),
        latency: often(lengthOf(5, 300)),
        interval: seconds(5, 40),
        per: fc.constantFrom('revision', 'key'),
      })
      .map(({ protectionLevel, latency, interval, per }) => ({
        name,
        protectionLevel,
        ...given({ latency }),
        check: { interval, per },
      })),
  ),
);

const limits = fc.tuple(
  ...['HSM', 'EXTERNAL'].map((protectionLevel) =>
    often(
      fc
        .tuple(fc.constantFrom(30, 45, 60, 100, 120, 300, 600), seldom(fc.integer({ min: 1, max: 3 })))
        .map(([limit, others]) => ({
          name: `limit-${protectionLevel.toLowerCase()}`,
          project: 'kms',
          location: 'europe-west3',
          protectionLevel,
          limit: `${limit}/min`,
          ...given({ otherUsage: others === undefined ? undefined : `${others}/s` }),
        })),
    ),
  ),
);

/** One entry of the timeline; `names` are services, of which the first has an on-demand autoscaler or not. */
const entry = (
  names: readonly string[],
  levels: readonly string[],
  limited: readonly string[],
): fc.Arbitrary<TimelineDocument> => {
  const at = seconds(0, 50);
  const lasting = often(seconds(1, 40));
  const key = fc.constantFrom(...KEY_NAMES.keys());
  const of = fc.constantFrom(...names);
  const external = [...KEY_NAMES.keys()].filter((index) => levels[index].startsWith('EXTERNAL'));
  const what: fc.Arbitrary<Readonly<Record<string, unknown>>>[] = [
    fc
      .tuple(key, fc.constantFrom('DISABLED', 'DESTROY_SCHEDULED'))
      .map(([index, state]) => ({ keyState: { key: KEY_NAMES[index], state } })),
    fc
      .tuple(key, of)
      .map(([index, name]) => ({ keyAccess: { key: KEY_NAMES[index], service: name, granted: false } })),
    key.map((index) => ({ keyRotation: { key: KEY_NAMES[index] } })),
    fc
      .tuple(key, fc.integer({ min: 2, max: 20 }))
      .map(([index, factor]) => ({ kmsLatency: { key: KEY_NAMES[index], factor } })),
    fc
      .tuple(of, fc.constantFrom('30%', '100%'))
      .map(([name, share]) => ({ instanceCrash: { service: name, share } })),
    of.map((name) => ({ deploy: { service: name } })),
    ...(external.length === 0
      ? []
      : [0, 1, 2, 3].map(() =>
          fc
            .tuple(fc.constantFrom(...external), fc.boolean(), fc.constantFrom('100%', '100%', '60%'))
            .map(([index, retryable, share]) => ({
              ekmUnreachable: { key: KEY_NAMES[index], retryable, share },
            })),
        )),
    ...(limited.length === 0
      ? []
      : [
          fc
            .tuple(fc.constantFrom(...limited), fc.constantFrom(30, 60, 90, 240))
            .map(([limit, to]) => ({ quotaLimit: { limit, to: `${to}/min` } })),
        ]),
    ...(names.length < 2
      ? []
      : [fc.constant({ trafficShift: { from: names[0], to: names[1], share: '50%' } })]),
  ];
  return fc.tuple(at, lasting, fc.oneof(...what)).map(([begins, length, happening]) => ({
    at: begins,
    ...(length === undefined || ONCE.some((kind) => kind in happening) ? {} : { for: length }),
    ...happening,
  }));
};

/** What is over as soon as it has happened. */
const ONCE = ['instanceCrash', 'deploy', 'keyRotation'];

/** A scenario of 60 simulated seconds. Most are valid; the rest name a contradiction that was drawn. */
export const documents: fc.Arbitrary<Document> = fc
  .tuple(
    fc.integer({ min: 1, max: 2 }).chain((count) => fc.tuple(...['web', 'api'].slice(0, count).map(service))),
    keys,
    limits,
    fc.integer({ min: 0, max: 1_000_000 }),
  )
  .chain(([services, drawnKeys, drawnLimits, seed]) => {
    const present = drawnLimits.filter((limit) => limit !== undefined);
    const levels = drawnKeys.map(({ protectionLevel }) => protectionLevel);
    const one = entry(
      services.map(({ name }) => name),
      levels,
      present.map(({ name }) => name),
    );
    return fc.array(one, { minLength: 1, maxLength: 5 }).map((timeline): Document => ({
      name: 'drawn',
      duration: '60s',
      sampleInterval: '5s',
      seed,
      services,
      keys: drawnKeys,
      ...(present.length > 0 ? { quotas: { limits: present } } : {}),
      ...(timeline.length > 0 ? { timeline } : {}),
      assumptions: { ekmWaitingPeriod: '15s' },
      objectives: [{ expect: 'error_ratio < 50%' }, { expect: 'e2e_latencies.p99 < 10s' }],
    }));
  });

/** Fields that have a value. */
const given = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
