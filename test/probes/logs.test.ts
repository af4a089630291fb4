import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import { KEY_USES } from '../../src/rules/key-uses.ts';
import type { KeyId } from '../../src/units/ids.ts';
import {
  aCall,
  aFailure,
  aLimit,
  aPlan,
  HandmadeWorld,
  KEY_NAME,
  pool,
  revision,
  s,
  service,
} from './fixture.ts';

const watched = (changes: Partial<Plan> = {}) => {
  const plan = aPlan(changes);
  const watchers = new Watchers(plan);
  const world = new HandmadeWorld(plan, watchers);
  return { watchers, world };
};

const parsed = (entries: readonly string[]) => entries.map((line) => JSON.parse(line));
const texts = (watchers: Watchers) => parsed(watchers.serviceLog.entries).map((each) => each.textPayload);

const denied = aCall({ outcome: 'exceeded', failure: aFailure('quota-exceeded') });
const disabled = aCall({ outcome: 'failed', failure: aFailure('key-disabled') });
const unreachable = aCall({
  outcome: 'failed',
  failure: aFailure('ekm-unreachable', {
    message: 'UNREACHABLE_NETWORK: no route',
    ekmError: 'UNREACHABLE_NETWORK',
  }),
});

describe('the service log', () => {
  test('a start is logged in the words of Cloud Run; instances that are there at time 0 are not', () => {
    const { watchers, world } = watched();
    world.initial(1);
    world.at(2.5).start();
    expect(parsed(watchers.serviceLog.entries)).toEqual([
      {
        logName: 'projects/shop-prod/logs/run.googleapis.com%2Fvarlog%2Fsystem',
        resource: {
          type: 'cloud_run_revision',
          labels: {
            project_id: 'shop-prod',
            location: 'europe-west3',
            service_name: 'checkout',
            revision_name: 'checkout-00001',
            configuration_name: 'checkout',
          },
        },
        severity: 'INFO',
        simulated_s: 2.5,
        textPayload:
          'Starting new instance. Reason: AUTOSCALING - Instance started due to configured scaling factors (e.g. CPU utilization, request throughput, etc.) or no existing capacity for current traffic.',
        labels: { instanceId: '2' },
      },
    ]);
  });

  test('a start that quota refuses says so, with the error of Cloud KMS', () => {
    const { watchers, world } = watched();
    world.refuse(world.at(1).start(), denied);
    const entry = parsed(watchers.serviceLog.entries)[1];
    expect(entry.severity).toBe('ERROR');
    expect(entry.textPayload).toBe(`User's KMS operation quota has been exceeded. CMEK key: ${KEY_NAME}`);
    expect(entry.jsonPayload.status).toBe('RESOURCE_EXHAUSTED');
    expect(entry.jsonPayload.error.details[0].metadata).toMatchObject({
      quota_limit_value: '600',
      quota_location: 'europe-west3',
      service: 'cloudkms.googleapis.com',
    });
  });

  test('the error shows the limit in force, which may not be that of the beginning', () => {
    const { watchers, world } = watched();
    world.pools[0].perMinute = 1200;
    world.refuse(world.at(1).start(), denied);
    const [, entry] = parsed(watchers.serviceLog.entries);
    expect(entry.jsonPayload.error.details[0].metadata.quota_limit_value).toBe('1200');
  });

  test('what an external key manager reports is passed through, once a start', () => {
    const { watchers, world } = watched();
    const held = world.at(1).start();
    watchers.keyCalled({ ...unreachable, instance: held });
    watchers.startHeld(held, unreachable);
    watchers.keyCalled({ ...unreachable, instance: held, attempt: 1 });
    expect(texts(watchers).slice(1)).toEqual(['UNREACHABLE_NETWORK: no route']);
    const [, entry] = parsed(watchers.serviceLog.entries);
    expect(entry.jsonPayload).toEqual({
      status: 'FAILED_PRECONDITION',
      cause: 'ekm-unreachable',
      ekm_error: 'UNREACHABLE_NETWORK',
    });
  });

  test('a check that finds the key lost is logged', () => {
    const { watchers, world } = watched();
    world.at(1);
    watchers.keyCalled({ ...disabled, use: 'check-decrypt' });
    expect(texts(watchers)).toEqual([`User's CMEK key has been disabled. CMEK key: ${KEY_NAME}`]);
  });

  test('instances that are shut down because of their key have an entry', () => {
    const { watchers, world } = watched();
    world.at(1);
    watchers.evicting({
      at: s(1),
      revision: revision(0),
      key: 0 as KeyId,
      cause: 'key-access-revoked',
      instances: 2,
    });
    const [entry] = parsed(watchers.serviceLog.entries);
    expect(entry.severity).toBe('WARNING');
    expect(entry.textPayload).toContain('Shutting down 2 instances');
    expect(entry.jsonPayload.status).toBe('PERMISSION_DENIED');
  });

  test('a failed deployment is an error, with its message', () => {
    const { watchers, world } = watched();
    world.at(1);
    const told = { at: s(1), begunAt: s(1), service: service(0), revision: revision(0) };
    watchers.deployed({ ...told, stage: 'begun', message: '' });
    watchers.deployed({ ...told, stage: 'failed', message: 'the key is disabled' });
    expect(texts(watchers)).toEqual(['the key is disabled']);
  });

  test('a refused request is logged with its code and how long it waited', () => {
    const { watchers, world } = watched();
    const request = world.at(1).arrive();
    world.at(11.5);
    watchers.rejected(request, 'no-available-instance-at-maximum');
    const [entry] = parsed(watchers.serviceLog.entries);
    expect(entry).toMatchObject({
      logName: 'projects/shop-prod/logs/run.googleapis.com%2Frequests',
      severity: 'WARNING',
      textPayload: 'The request was aborted because there was no available instance.',
      httpRequest: { status: 429, latency: '10.5s' },
    });
  });

  test('of one sentence ten are written per interval, then how many more; starts are never left out', () => {
    const { watchers, world } = watched();
    const request = world.at(1).arrive();
    for (let n = 0; n < 25; n++) watchers.rejected(request, 'no-available-instance');
    for (let n = 0; n < 12; n++) world.refuse(world.start(), disabled);
    watchers.rejected(request, 'instance-gone');
    world.at(11);
    watchers.rejected(request, 'no-available-instance');
    world.finish();
    const aborted = texts(watchers).filter((text) => text.includes('aborted'));
    expect(aborted).toHaveLength(12);
    expect(aborted[10]).toBe(
      '15 more entries like this left out: The request was aborted because there was no available instance.',
    );
    expect(texts(watchers).filter((text) => text.includes('disabled'))).toHaveLength(12);
    const times = parsed(watchers.serviceLog.entries).map((entry) => entry.simulated_s);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('429 and 500 share a sentence and are limited apart', () => {
    const { watchers, world } = watched();
    const request = world.at(1).arrive();
    for (let n = 0; n < 10; n++) watchers.rejected(request, 'no-available-instance');
    watchers.rejected(request, 'no-available-instance-at-maximum');
    expect(watchers.serviceLog.entries).toHaveLength(11);
  });

  test('a scenario that says when it is has entries with a timestamp', () => {
    const { watchers, world } = watched({ startsAt: Date.UTC(2026, 10, 27, 2, 47) });
    world.at(60.5).start();
    const [entry] = parsed(watchers.serviceLog.entries);
    expect([entry.timestamp, entry.simulated_s]).toEqual(['2026-11-27T02:48:00.500000000Z', 60.5]);
  });
});

describe('the audit log', () => {
  test('each use of a key has the documented reason, method and permission', () => {
    const { watchers, world } = watched();
    world.at(1);
    for (const { use } of KEY_USES) watchers.keyCalled(aCall({ use, issuedAt: s(1) }));
    parsed(watchers.auditLog.entries).forEach(({ protoPayload }, n) => {
      const { method, reason } = KEY_USES[n];
      expect(protoPayload.metadata.entries.caller_provided_context).toBe(reason);
      expect(protoPayload.methodName).toBe(method);
      expect(protoPayload.request['@type']).toBe(`type.googleapis.com/google.cloud.kms.v1.${method}Request`);
      expect(protoPayload.authorizationInfo[0].permission).toBe(`cloudkms.cryptoKeyVersions.useTo${method}`);
    });
  });

  test('an entry names key, version and the service agent of the service’s project', () => {
    const { watchers, world } = watched();
    world.at(1);
    watchers.keyCalled(aCall({ version: 3, issuedAt: s(0.5), answeredAt: s(1) }));
    const [entry] = parsed(watchers.auditLog.entries);
    expect(entry).toMatchObject({
      logName: 'projects/kms-prod/logs/cloudaudit.googleapis.com%2Fdata_access',
      resource: {
        type: 'cloudkms_cryptokey',
        labels: {
          project_id: 'kms-prod',
          location: 'europe-west3',
          key_ring_id: 'run',
          crypto_key_id: 'checkout',
        },
      },
      severity: 'INFO',
      simulated_s: 0.5,
      labels: { crypto_key_version_id: '3' },
    });
    expect(entry.protoPayload.resourceName).toBe(KEY_NAME);
    expect(entry.protoPayload.authenticationInfo.principalEmail).toBe(
      '123456789012@serverless-robot-prod.iam.gserviceaccount.com',
    );
    expect(entry.protoPayload.status).toEqual({ code: 0 });
  });

  test('failures are in it too, with the status they ended with', () => {
    const { watchers, world } = watched();
    world.at(1);
    const revoked = aCall({ outcome: 'failed', failure: aFailure('key-access-revoked') });
    for (const call of [denied, disabled, revoked, unreachable]) watchers.keyCalled(call);
    const payloads = parsed(watchers.auditLog.entries).map((entry) => entry.protoPayload);
    expect(payloads.map((payload) => payload.status.code)).toEqual([8, 9, 7, 9]);
    expect(payloads.map((payload) => payload.authorizationInfo[0].granted)).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(payloads[0].status.message).toContain('Quota exceeded for quota metric');
    expect(payloads[3].status.details[0].violations[1].type).toBe('UNREACHABLE_NETWORK');
  });

  test('is in the order in which calls were made, which is not that of their answers', () => {
    const { watchers, world } = watched();
    world.at(3);
    watchers.keyCalled(aCall({ issuedAt: s(2), answeredAt: s(2.1) }));
    watchers.keyCalled(aCall({ issuedAt: s(1), answeredAt: s(3) }));
    expect(parsed(watchers.auditLog.entries).map((entry) => entry.simulated_s)).toEqual([1, 2]);
  });

  test('the quota error names the level that the pool is for', () => {
    const { watchers, world } = watched({
      quotas: { policy: 'hard-per-second', limits: [aLimit('HSM'), aLimit('EXTERNAL', 6000)] },
    });
    world.at(1);
    watchers.keyCalled({ ...denied, pool: pool(1) });
    const [entry] = parsed(watchers.auditLog.entries);
    expect(entry.protoPayload.status.details[0].metadata.quota_metric).toBe(
      'cloudkms.googleapis.com/external_kms_requests',
    );
  });
});

describe('the decision log', () => {
  test('has what was looked at and why something was done', () => {
    const { watchers } = watched();
    watchers.decided({
      at: s(5),
      service: service(0),
      revision: revision(0),
      by: 'on-demand',
      readings: { pending: 7 },
      desired: 2,
      starts: 1,
      because: 'a request found no free slot',
    });
    expect(parsed(watchers.decisionLog.entries)).toEqual([
      {
        simulated_s: 5,
        service_name: 'checkout',
        revision_name: 'checkout-00001',
        by: 'on-demand',
        readings: { pending: 7 },
        desired: 2,
        starts: 1,
        because: 'a request found no free slot',
      },
    ]);
  });
});

test('a replication of which only the summary is wanted writes no logs', () => {
  const plan = aPlan();
  const watchers = new Watchers(plan, false);
  const world = new HandmadeWorld(plan, watchers);
  world.at(1);
  watchers.keyCalled(denied);
  world.refuse(world.start(), denied);
  world.finish();
  expect([...watchers.serviceLog.entries, ...watchers.auditLog.entries]).toEqual([]);
  expect(watchers.kms.summary[0].exceeded).toBe(1);
});
