import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { loadScenario, overrideOf } from '../../src/scenario/load.ts';
import { HOUR, MINUTE, NEVER, SECOND } from '../../src/units/time.ts';
import { planOf, problemsOf } from '../support/plans.ts';

const KEY = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/checkout';

/** A scenario with one service that has these further fields, and these further sections. */
const shop = (fields = '', rest = '', load = 'load: 50/s') =>
  `name: shop\nduration: 30m\nservices:\n  - name: checkout\n    location: europe-west3\n` +
  [load, ...fields.split('\n')].map((line) => `    ${line}\n`).join('') +
  rest;
const withKey = (rest = '', level = 'EXTERNAL', fields = '') =>
  shop(`encryptionKey: ${KEY}\n${fields}`, `keys:\n  - {name: ${KEY}, protectionLevel: ${level}}\n${rest}`);
const timeline = (...entries: string[]) => `timeline:\n${entries.map((each) => `  - ${each}\n`).join('')}`;
const codes = (yaml: string) => problemsOf(yaml).map((each) => each.code);
const whatOf = (plan: Plan) => plan.timeline.map((entry) => entry.what);

describe('a scenario that states only what it has to', () => {
  const plan = planOf(shop());

  it('has the documented defaults', () => {
    expect(plan).toMatchObject({ seed: '1', warmUp: 0, startsAt: null, sampleInterval: 9 * SECOND });
    expect(plan.services[0]).toMatchObject({
      minInstanceCount: 0,
      autoscaler: 'cloud-run',
      routing: 'least-loaded',
    });
    expect(plan.revisions).toMatchObject([
      {
        name: 'checkout-00001-sim',
        maxInstanceCount: 100,
        maxInstanceRequestConcurrency: 80,
        timeout: 300 * SECOND,
        cpu: 1,
        cpuIdle: true,
        key: null,
        concurrencyTarget: 0.6,
      },
    ]);
    expect(plan.quotas).toEqual({ policy: 'hard-per-second', limits: [] });
    expect(plan.experiment.replications).toMatchObject({ min: 1, max: 1, relativeHalfWidth: null });
  });

  it('lists the assumptions it relies on, and none about keys it does not have', () => {
    const names = plan.assumptionsUsed.map((each) => each.name);
    expect(names).toContain('startContainer');
    expect(names).toContain('requestDuration');
    expect(names).not.toContain('keyRetry');
    expect(names).not.toContain('kmsLatencyHsm');
    expect(plan.assumptionsUsed.find((each) => each.name === 'idleTimeout')?.value).toBe(
      '{uniform: {min: 5m, max: 15m}}',
    );
  });

  it('relies on no assumption in place of which it gives a value', () => {
    const stated = planOf(shop('requests: {duration: 80ms}\nidleTimeout: 15m'));
    const names = stated.assumptionsUsed.map((each) => each.name);
    expect(names).not.toContain('requestDuration');
    expect(names).not.toContain('idleTimeout');
  });

  it('counts one vCPU less than 1 as one request at a time', () => {
    expect(planOf(shop('cpu: 500m')).revisions[0].maxInstanceRequestConcurrency).toBe(1);
  });

  it('rounds the sample interval up to a whole second', () => {
    expect(planOf(shop().replace('30m', '201s')).sampleInterval).toBe(2 * SECOND);
  });
});

describe('every field of the file', () => {
  it('is understood', () => {
    const yaml = `name: everything
description: All of it.
duration: 30m
warmUp: 1m
seed: forty-two
sampleInterval: 10s
startsAt: 2026-11-27T03:47:00+01:00
services:
  - name: checkout
    location: europe-west3
    project: shop-prod
    projectNumber: 123456789012
    scaling: {minInstanceCount: 2, maxInstanceCount: 100}
    template: {scaling: {maxInstanceCount: 80}}
    maxInstanceRequestConcurrency: 80
    timeout: 300s
    cpu: 1
    memory: 512Mi
    cpuIdle: true
    startupCpuBoost: true
    encryptionKey: ${KEY}
    encryptionKeyRevocationAction: SHUTDOWN
    encryptionKeyShutdownDuration: 3600s
    autoscaler: {knative: {metric: rps, target: 10, targetUtilization: 80%, stableWindow: 30s, panicWindowPercentage: 20, panicThresholdPercentage: 150, maxScaleUpRate: 10, maxScaleDownRate: 3, scaleDownDelay: 1m, scaleToZeroGracePeriod: 1m, targetBurstCapacity: -1, activationScale: 2, initialScale: 0, tick: 1s}}
    routing: best-of-two
    idleTimeout: 15m
    pendingTimeout: 10s
    pendingLimit: 1000
    initialInstanceCount: 0
    startup: {scheduling: 50ms, imageImport: {lognormal: {p50: 600ms, p95: 2500ms}}, layerDecrypts: 3, dataKeyDecrypts: 1, containerStart: {weibull: {mean: 1s, shape: 0.7}}}
    requests: {duration: {mixture: [{weight: 9, of: {gamma: {mean: 80ms, cv: 2}}}, {weight: 1, of: 2s}]}, firstDuration: {uniform: {min: 100ms, max: 400ms}}, cpuTime: 20ms}
    load:
      arrivals: regular
      startRate: 10/s
      stages: [{duration: 5m, target: 50/s}, {duration: 0s, target: 3000/min}]
    clients: {timeout: 30s, retries: 3, backoff: {initial: 500ms, factor: 2, max: 10s, jitter: full}}
    traffic: [{revision: checkout-00007-kal, percent: 100}]
  - {name: ledger, location: europe-west3, load: {arrivals: {mmpp: {rates: [20/s, 200/s], stay: [5m, 30s]}}}}
  - {name: audit, location: europe-west3, autoscaler: manual, scaling: {manualInstanceCount: 120}, load: {arrivals: {interarrival: {exponential: {mean: 20ms}}}}}
  - {name: feed, location: europe-west3, autoscaler: per-request, load: {sinusoid: {mean: 50/s, amplitude: 30/s, period: 24h}}}
keys:
  - {name: ${KEY}, protectionLevel: EXTERNAL_VPC, latency: {lognormal: {mean: 45ms, cv: 0.5}}, check: {interval: 1m, per: key}, ekmConnection: hq, versions: 3}
ekmConnections: [{name: hq, capacity: 200/s, latency: 30ms}]
quotas:
  policy: soft-2026
  limits: [{name: ekm-prod, project: kms-prod, location: europe-west3, protectionLevel: EXTERNAL_VPC, limit: 6000/min, otherUsage: 20/s, enforcement: hard, window: token-bucket}]
assumptions: {ekmWaitingPeriod: 2h, keyRetry: {initial: 1s, factor: 2, max: 10s}, layerDecrypts: 2}
timeline:
  - {name: ekm-down, at: 12m, for: 90s, ekmUnreachable: {key: checkout, retryable: true, error: UNREACHABLE_NETWORK, share: 50%}}
  - {at: 18m, quotaLimit: {limit: ekm-prod, to: 20/s}}
  - {at: 20m, propagation: 1m, keyState: {key: ${KEY}, state: DISABLED}}
  - {at: 21m, keyVersionState: {key: checkout, version: 4, state: ENABLED}}
  - {at: 21m, keyRotation: {key: checkout}}
  - {at: 22m, keyAccess: {key: checkout, service: checkout, granted: false}}
  - {at: 24m, deploy: {service: checkout, revision: checkout-00008-abc, set: {maxInstanceRequestConcurrency: 40}, percent: 50}}
  - {at: 25m, scaling: {service: checkout, minInstanceCount: 60}}
  - {at: 26m, for: 10m, over: 1m, trafficShift: {from: checkout, to: ledger, share: 100%}}
  - {at: 27m, for: 1m, kmsLatency: {key: checkout, factor: 5}}
  - {at: 28m, instanceCrash: {service: checkout, share: 50%}}
  - {at: -1h, repeat: {up: {exponential: {mean: 2h}}, down: 3m}, ekmUnreachable: {ekmConnection: hq, retryable: false}}
objectives:
  - {expect: "e2e_latencies.p99 < 2s", service: checkout}
  - {expect: "error_ratio < 0.1%", during: ekm-down}
  - {expect: "kms.exceeded == 0", severity: warn}
  - {expect: "faults.recovery <= 5m"}
experiment:
  horizon: steady-state
  replications: {min: 5, max: 200, relativeHalfWidth: 5%, confidence: 95%}
sweep:
  - {path: services.checkout.scaling.minInstanceCount, values: [0, 2]}
`;
    const { plan, problems, sweep } = loadScenario(yaml, 'f.yaml', { read: () => null });
    expect(problems).toEqual([]);
    expect(plan).toMatchObject({
      seed: 'forty-two',
      startsAt: 1_795_747_620_000,
      objectives: [
        {
          metric: 'e2e_latencies.p99',
          comparison: '<',
          limit: 2000,
          service: 0,
          during: null,
          severity: 'error',
        },
        { metric: 'error_ratio', limit: 0.001, during: 0 },
        { metric: 'kms.exceeded', comparison: '==', limit: 0, severity: 'warn' },
        { metric: 'faults.recovery', comparison: '<=', limit: 300 },
      ],
      ekmConnections: [{ name: 'hq', capacity: 200, latency: { kind: 'constant', value: 30_000_000 } }],
      assumptions: {
        ekmWaitingPeriod: 2 * HOUR,
        keyRetry: { initial: SECOND, factor: 2, max: 10 * SECOND, jitter: 'full' },
      },
    });
    expect(plan!.services[0]).toMatchObject({
      autoscaler: 'knative',
      knative: { metric: 'rps', initialScale: 0 },
    });
    expect(plan!.services[2]).toMatchObject({ autoscaler: 'manual', manualInstanceCount: 120 });
    expect(plan!.revisions.map((each) => [each.name, each.initial, each.maxInstanceCount])).toEqual([
      ['checkout-00007-kal', true, 80],
      ['ledger-00001-sim', true, 100],
      ['audit-00001-sim', true, 120],
      ['feed-00001-sim', true, 100],
      ['checkout-00008-abc', false, 80],
    ]);
    expect(plan!.timeline.map((entry) => entry.name).slice(0, 3)).toEqual([
      'ekm-down',
      'quotaLimit-1',
      'keyState-1',
    ]);
    expect(sweep).toEqual([{ path: 'services.checkout.scaling.minInstanceCount', values: ['0', '2'] }]);
    const overridden = plan!.assumptionsUsed.filter((each) => each.overridden);
    expect(overridden.map((each) => [each.name, each.value])).toEqual([
      ['ekmWaitingPeriod', '2h'],
      ['keyRetry', '{initial: 1s, factor: 2, max: 10s, jitter: full}'],
      ['layerDecrypts', '2'],
    ]);
  });

  it('may be there and empty where it is a list', () => {
    expect(
      codes(shop('', 'keys: []\ntimeline: []\nobjectives: []\nsweep: []\nekmConnections: []\nquotas: {}\n')),
    ).toEqual([]);
  });
});

describe('the rate of the load', () => {
  const rate = (stages: string) =>
    planOf(shop('', '', `load: {${stages}}`)).services[0].load.rate.map(({ at, perSecond }) => [
      at / MINUTE,
      perSecond,
    ]);

  it('moves linearly to the target of each stage and stays there', () => {
    expect(rate('startRate: 10/s, stages: [{duration: 5m, target: 50/s}]')).toEqual([
      [0, 10],
      [5, 50],
      [30, 50],
    ]);
  });
  it("begins at the first stage's target", () => {
    expect(rate('stages: [{duration: 5m, target: 50/s}]')).toEqual([
      [0, 50],
      [5, 50],
      [30, 50],
    ]);
  });
  it('jumps with a stage of no length', () => {
    expect(rate('stages: [{duration: 5m, target: 50/s}, {duration: 0s, target: 90/s}]')).toEqual([
      [0, 50],
      [5, 50],
      [5, 90],
      [30, 90],
    ]);
    expect(rate('startRate: 1/s, stages: [{duration: 0s, target: 9/s}]')).toEqual([
      [0, 9],
      [30, 9],
    ]);
  });
  it('is cut at the end', () => {
    const stages =
      '{duration: 10m, target: 100/s}, {duration: 40m, target: 0/s}, {duration: 1m, target: 9/s}';
    expect(rate(`startRate: 0/s, stages: [${stages}]`)).toEqual([
      [0, 0],
      [10, 100],
      [30, 50],
    ]);
  });
});

describe('arrivals from a file', () => {
  const trace = (text: string) =>
    planOf(shop('', '', 'load: {arrivals: {trace: t.csv}}'), { 't.csv': text }).services[0].load.arrivals;

  it('are the rows of a table with their execution times', () => {
    expect(trace('time_s,duration_ms\n2,5\n1.5,7\n')).toEqual({
      kind: 'trace',
      at: Float64Array.of(1.5 * SECOND, 2 * SECOND),
      duration: Float64Array.of(7_000_000, 5_000_000),
    });
  });
  it('are those of an Azure Functions 2021 trace, where the end and the duration are known', () => {
    expect(trace('app,func,end_timestamp,duration\na,f,10.5,0.5\n')).toMatchObject({
      at: Float64Array.of(10 * SECOND),
    });
  });
  it('are spread evenly over the minutes of an Azure Functions 2019 trace', () => {
    expect(trace('HashOwner,HashApp,HashFunction,Trigger,1,2\no,a,f,http,1,2\no,a,g,http,1,0\n')).toEqual({
      kind: 'trace',
      at: Float64Array.of(15 * SECOND, 45 * SECOND, 75 * SECOND, 105 * SECOND),
      duration: null,
    });
  });
  it('may be lengths of time measured elsewhere', () => {
    const plan = planOf(shop('requests: {duration: {empirical: d.csv}}'), {
      'd.csv': 'duration_ms\n30\n10\n20\n',
    });
    expect(plan.services[0].requests.duration).toEqual({
      kind: 'empirical',
      values: Float64Array.of(10_000_000, 20_000_000, 30_000_000),
    });
  });
});

describe('keys and quotas', () => {
  it('every pool that a key needs has a limit, stated or not', () => {
    const plan = planOf(withKey('', 'HSM'));
    expect(plan.quotas.limits).toEqual([
      {
        name: 'kms-prod/europe-west3/HSM',
        project: 'kms-prod',
        location: 'europe-west3',
        protectionLevel: 'HSM',
        perMinute: 30_000,
        otherUsage: [],
        window: 'sliding',
        enforcement: 'hard',
        stated: false,
      },
    ]);
    expect(plan.assumptionsUsed.map((each) => each.name)).toContain('hsmLimitPerMinute');
  });
  it('software keys need none', () => {
    const plan = planOf(withKey('', 'SOFTWARE'));
    expect(plan.keys[0].pool).toBeNull();
    expect(plan.quotas.limits).toEqual([]);
  });
  it('EXTERNAL and EXTERNAL_VPC share one', () => {
    const other = KEY.replace('checkout', 'other');
    const plan = planOf(withKey(`  - {name: ${other}, protectionLevel: EXTERNAL_VPC}\n`));
    expect(plan.keys.map((key) => key.pool)).toEqual([0, 0]);
    expect(plan.quotas.limits).toHaveLength(1);
  });
  it('under soft-2026 hardware keys are served above their limit', () => {
    const enforcement = (level: string) =>
      planOf(withKey('quotas: {policy: soft-2026}\n', level)).quotas.limits[0].enforcement;
    expect([enforcement('HSM'), enforcement('EXTERNAL')]).toEqual(['soft', 'hard']);
  });
  it('a latency that is not given is that of the level', () => {
    expect(planOf(withKey('', 'HSM')).keys[0].latency).toEqual({
      kind: 'lognormal',
      p50: 20_000_000,
      p99: 100_000_000,
    });
  });
});

describe('the timeline', () => {
  it('is cut at the end, and lasts where nothing undoes it', () => {
    const plan = planOf(
      withKey(
        timeline(
          '{at: 29m, for: 5m, ekmUnreachable: {key: checkout}}',
          '{at: -1m, for: 2m, ekmUnreachable: {key: checkout}}',
          '{at: 1m, keyState: {key: checkout, state: DISABLED}}',
        ),
      ),
    );
    expect(plan.timeline.map(({ name, at, until }) => [name, at, until])).toEqual([
      ['ekmUnreachable-1', 29 * MINUTE, 30 * MINUTE],
      ['ekmUnreachable-2', -MINUTE, MINUTE],
      ['keyState-1', MINUTE, NEVER],
    ]);
  });

  it('a change of a key takes as long as assumed to arrive, unless the entry says', () => {
    const propagation = (entry: string) => planOf(withKey(timeline(entry))).timeline[0].propagation / SECOND;
    expect(propagation('{at: 1m, keyState: {key: checkout, state: DISABLED}}')).toBe(20);
    expect(propagation('{at: 1m, keyState: {key: checkout, state: ENABLED}}')).toBe(0);
    expect(propagation('{at: 1m, keyVersionState: {key: checkout, version: 1, state: DESTROYED}}')).toBe(20);
    expect(propagation('{at: 1m, keyAccess: {key: checkout, service: checkout, granted: false}}')).toBe(7);
    expect(propagation('{at: 1m, propagation: 3h, keyState: {key: checkout, state: DISABLED}}')).toBe(10_800);
  });

  it.each([
    ['', 'UNREACHABLE_NETWORK', true],
    ['retryable: true', 'UNREACHABLE_NETWORK', true],
    ['retryable: false', 'TLS_CERT', false],
    ['error: DNS', 'DNS', false],
    ['error: TIMEOUT', 'TIMEOUT', true],
  ])('an outage given {%s} is %s, as Cloud EKM documents it', (given, error, retryable) => {
    const entry = `{at: 1m, ekmUnreachable: {key: checkout${given === '' ? '' : `, ${given}`}}}`;
    expect(whatOf(planOf(withKey(timeline(entry))))).toMatchObject([
      { error, retryable, share: 1, keys: [0] },
    ]);
  });

  it('an outage of a connection concerns all of its keys', () => {
    const other = KEY.replace('checkout', 'other');
    const yaml = withKey(
      `  - {name: ${other}, protectionLevel: EXTERNAL, ekmConnection: hq}\nekmConnections: [{name: hq}]\n` +
        timeline('{at: 1m, ekmUnreachable: {ekmConnection: hq}}'),
    );
    expect(whatOf(planOf(yaml))).toMatchObject([{ keys: [1] }]);
  });

  it('a deploy inherits from the latest revision in the order of time, not of the file', () => {
    const plan = planOf(
      withKey(
        timeline(
          '{at: 9m, deploy: {service: checkout, set: {timeout: 9s}}}',
          '{at: 5m, deploy: {service: checkout, percent: 20, set: {cpu: 2, template: {scaling: {maxInstanceCount: 7}}}}}',
        ),
        'EXTERNAL',
        'template: {scaling: {minInstanceCount: 3}}\nencryptionKeyRevocationAction: SHUTDOWN',
      ),
    );
    expect(plan.revisions).toMatchObject([
      { name: 'checkout-00001-sim', initial: true, cpu: 1 },
      { name: 'checkout-00003-sim', initial: false, cpu: 2, timeout: 9 * SECOND, maxInstanceCount: 7 },
      {
        name: 'checkout-00002-sim',
        cpu: 2,
        timeout: 300 * SECOND,
        minInstanceCount: 3,
        key: 0,
        revocationAction: 'SHUTDOWN',
      },
    ]);
    expect(whatOf(plan)).toEqual([
      { kind: 'deploy', service: 0, revision: 1, percent: 100 },
      { kind: 'deploy', service: 0, revision: 2, percent: 20 },
    ]);
  });

  it('a deploy may bring a new key', () => {
    const next = KEY.replace('checkout', 'next');
    const plan = planOf(
      withKey(
        `  - {name: ${next}, protectionLevel: HSM}\n` +
          timeline(`{at: 9m, deploy: {service: checkout, set: {encryptionKey: ${next}}}}`),
      ),
    );
    expect(plan.revisions.map((each) => each.key)).toEqual([0, 1]);
  });

  it('a maximum that a later scaling raises is not held back by the default of the revision', () => {
    const plan = planOf(shop('', timeline('{at: 1m, scaling: {service: checkout, maxInstanceCount: 300}}')));
    expect(plan.revisions[0].maxInstanceCount).toBe(300);
    expect(planOf(shop('scaling: {maxInstanceCount: 250}')).revisions[0].maxInstanceCount).toBe(250);
    expect(planOf(shop('scaling: {maxInstanceCount: 10}')).revisions[0].maxInstanceCount).toBe(100);
  });
});

describe('replications', () => {
  const replications = (text: string, option?: number) =>
    planOf(
      shop('', `experiment: {replications: ${text}}\n`),
      {},
      option === undefined ? {} : { replications: option },
    ).experiment.replications;

  it('are a number, or as many as a precision takes', () => {
    expect(replications('7')).toMatchObject({ min: 7, max: 7, relativeHalfWidth: null });
    expect(replications('{min: 5, max: 50, relativeHalfWidth: 2%}')).toMatchObject({
      max: 50,
      relativeHalfWidth: 0.02,
    });
    expect(replications('{min: 8}')).toMatchObject({ min: 8, max: 8, relativeHalfWidth: null });
    expect(replications('{min: 5, max: 50}', 3)).toMatchObject({ min: 3, max: 3, relativeHalfWidth: null });
  });
});

describe('overrides', () => {
  const set = (...texts: string[]) => ({ overrides: texts.map(overrideOf) });

  it('replace any field, entries of lists by name', () => {
    const yaml = withKey(timeline('{name: down, at: 5m, ekmUnreachable: {key: checkout}}'));
    const plan = planOf(
      yaml,
      {},
      set(
        'duration=1h',
        'services.checkout.scaling.minInstanceCount=5',
        'services.checkout.load=10/s',
        `keys.${KEY}.protectionLevel=EXTERNAL_VPC`,
        'keys.checkout.latency={lognormal: {p50: 1s, p99: 2s}}',
        'timeline.down.at=6m',
        'timeline.0.for=1m',
      ),
    );
    expect(plan).toMatchObject({ duration: HOUR, timeline: [{ at: 6 * MINUTE, until: 7 * MINUTE }] });
    expect(plan.services[0]).toMatchObject({ minInstanceCount: 5, load: { rate: [{ perSecond: 10 }, {}] } });
    expect(plan.keys[0]).toMatchObject({ protectionLevel: 'EXTERNAL_VPC', latency: { p50: SECOND } });
  });

  it('are told when they lead nowhere or cannot be read', () => {
    const told = (text: string) =>
      problemsOf(shop(), {}, set(text)).map(({ code, place, path }) => [
        code,
        place.file,
        place.column,
        path,
      ]);
    expect(told('services.chekout.cpu=2')).toEqual([['UNKNOWN_PATH', '--set', 1, 'services.chekout.cpu']]);
    expect(told('services.checkout.cpus=2')).toEqual([
      ['UNKNOWN_FIELD', '--set', 1, 'services.checkout.cpus'],
    ]);
    expect(told('services.checkout.cpu=16')).toEqual([
      ['OUT_OF_RANGE', '--set', 23, 'services.checkout.cpu'],
    ]);
    expect(told('services.checkout.cpu=[')[0][0]).toBe('BAD_OVERRIDE');
    expect(told('duration')[0][0]).toBe('BAD_OVERRIDE');
    expect(told('__proto__.x=1')[0][0]).toBe('UNKNOWN_PATH');
  });
});

describe('the hash of a scenario', () => {
  const hash = (yaml: string, options = {}) => planOf(yaml, {}, options).hash;

  it('depends on what is said, not on how it is written', () => {
    const one = hash('name: a\nduration: 1h\nservices: [{name: s, location: europe-west3, load: 1/s}]\n');
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    const other =
      '# a comment\r\n{"duration": "1h", "services": [{"load": "1/s", "location": "europe-west3", "name": "s"}], "name": "a"}';
    expect(hash(`\uFEFF${other}`)).toBe(one);
  });
  it('is the same for the seed 42 and the text "42", and another for another seed', () => {
    const one = hash(shop('', 'seed: 42\n'));
    expect(hash(shop('', 'seed: "42"\n'))).toBe(one);
    expect(hash(shop('', 'seed: 7\n'), { seed: '42' })).toBe(one);
    expect(hash(shop('', 'seed: 7\n'))).not.toBe(one);
  });
  it('takes in the files', () => {
    const traced = (text: string) =>
      planOf(shop('', '', 'load: {arrivals: {trace: t.csv}}'), { 't.csv': text }).hash;
    expect(traced('time_s\n1\n')).not.toBe(traced('time_s\n2\n'));
  });
});

describe('nothing a file says', () => {
  it('reaches a prototype', () => {
    codes('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
  it('is told with more than fifty problems and a count of the rest', () => {
    const many = problemsOf(`{${'"a": 1, '.repeat(300)}}`);
    expect(many).toHaveLength(51);
    expect(many[50].code).toBe('TOO_MANY_PROBLEMS');
  });
});
