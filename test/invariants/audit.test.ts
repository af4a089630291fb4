/**
 * The books of the audit are worth something if they notice: here they go by other rules than the world did, or do not
 * hear of something, and each rule is seen to be broken by that.
 */
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { play } from '../../src/probes/play.ts';
import { audited, type AuditOptions } from '../support/audit/audited.ts';
import { planOf } from '../support/plans.ts';

const KEY = 'projects/kms/locations/europe-west3/keyRings/r/cryptoKeys/k';
const world = (service: string, level: string, more: string): Plan =>
  planOf(`
name: small
duration: 2m
seed: 4
services:
  - name: web
    location: europe-west3
    scaling: {minInstanceCount: 1, maxInstanceCount: 9}
    maxInstanceRequestConcurrency: 2
    idleTimeout: 3s
    pendingTimeout: 5s
    encryptionKey: ${KEY}
    requests: {duration: {exponential: {mean: 300ms}}}
    startup: {imageImport: 100ms, containerStart: 200ms}
    load: {startRate: 2/s, stages: [{duration: 40s, target: 30/s}, {duration: 10s, target: 1/s}, {duration: 40s, target: 30/s}]}
    ${service}
keys: [{name: ${KEY}, protectionLevel: ${level}, check: {interval: 5s}}]
assumptions: {ekmWaitingPeriod: 20s}
${more}
`);

const calm = world(
  '',
  'HSM',
  'quotas: {limits: [{name: hsm, project: kms, location: europe-west3, protectionLevel: HSM, limit: 120/min}]}',
);
const revoked = world(
  'encryptionKeyRevocationAction: SHUTDOWN',
  'HSM',
  'timeline: [{at: 40s, keyState: {key: k, state: DISABLED}}]',
);
const unreachable = world(
  '',
  'EXTERNAL',
  'timeline: [{at: 20s, for: 60s, ekmUnreachable: {key: k, retryable: true}}]',
);
const broken = world(
  '',
  'EXTERNAL',
  'timeline: [{at: 20s, for: 60s, ekmUnreachable: {key: k, retryable: false}}]',
);

const slow = world('', 'EXTERNAL', 'timeline: [{at: 20s, for: 60s, kmsLatency: {key: k, factor: 2}}]');

/** The plan with its one revision, its quota or its timeline told otherwise. */
const revision = (plan: Plan, over: Partial<Plan['revisions'][number]>): Plan => ({
  ...plan,
  revisions: plan.revisions.map((one) => ({ ...one, ...over })),
});
const service = (plan: Plan, over: Partial<Plan['services'][number]>): Plan => ({
  ...plan,
  services: plan.services.map((one) => ({ ...one, ...over })),
});
const timeline = (plan: Plan, what: object): Plan => ({
  ...plan,
  timeline: plan.timeline.map((one) => ({ ...one, what: what as never })),
});

describe('an audited play', () => {
  it.each([
    ['calm', calm],
    ['revoked', revoked],
    ['unreachable', unreachable],
    ['broken', broken],
  ])('of a world that is %s breaks no rule, and has the results of one that is not audited', (_, plan) => {
    const results = audited(plan, 1);
    const alone = play(plan, 1);
    expect({ ...results.summary, other_policy: null }).toEqual({ ...alone.summary, other_policy: null });
    expect(results.logs).toEqual(alone.logs);
  });

  it.each<[string, string, Plan, AuditOptions]>([
    ['I3', 'a request that came unheard', calm, { deaf: 'arrived' }],
    ['I3', 'an answer that was not heard', calm, { deaf: 'answered' }],
    ['I6', 'an instance that came unheard', calm, { deaf: 'moved' }],
    ['I6', 'a start that ended unheard', calm, { deaf: 'startEnded' }],
    [
      'I7',
      'more requests on an instance than it takes',
      calm,
      { claimed: revision(calm, { maxInstanceRequestConcurrency: 1 }) },
    ],
    ['I7', 'more instances than there may be', calm, { claimed: revision(calm, { maxInstanceCount: 3 }) }],
    [
      'I7',
      'a request that pends for too long',
      revoked,
      { claimed: service(revoked, { pendingTimeout: 1e9 as never }) },
    ],
    ['I7', 'an answer after the timeout', calm, { claimed: revision(calm, { timeout: 5e8 as never }) }],
    ['I7', 'more requests that pend than may', revoked, { claimed: service(revoked, { pendingLimit: 2 }) }],
    [
      'I9',
      'a free slot while a request pends',
      calm,
      { claimed: revision(calm, { maxInstanceRequestConcurrency: 3 }) },
    ],
    ['I10', 'an instance that is ready after too few calls', calm, { deaf: 'granted' }],
    [
      'I10',
      'a call that succeeds in an outage',
      slow,
      { claimed: timeline(slow, { kind: 'ekmUnreachable', keys: [0], share: 1 }) },
    ],
    [
      'I10',
      'a call that succeeds without access',
      slow,
      { claimed: timeline(slow, { kind: 'keyAccess', key: 0, service: 0, granted: false }) },
    ],
    [
      'I11',
      'more calls than the quota has',
      calm,
      {
        claimed: {
          ...calm,
          quotas: {
            ...calm.quotas,
            limits: calm.quotas.limits.map((limit) => ({ ...limit, perMinute: 60 })),
          },
        },
      },
    ],
    ['I12', 'a start that ends for no denial', calm, { deaf: 'denied' }],
    [
      'I13',
      'instances that leave before the waiting period is over',
      broken,
      { claimed: { ...broken, assumptions: { ...broken.assumptions, ekmWaitingPeriod: 30e9 as never } } },
    ],
    [
      'I14',
      'instances that leave though they may stay',
      revoked,
      { claimed: revision(revoked, { revocationAction: 'PREVENT_NEW' }) },
    ],
    [
      'I14',
      'instances that leave too early',
      revoked,
      { claimed: revision(revoked, { shutdownDuration: 3600e9 as never }) },
    ],
  ])('%s: notices %s', (rule, _, plan, options) => {
    expect(() => audited(plan, 1, options)).toThrow(new RegExp(`^${rule}:`));
  });
});
