import { describe, expect, it } from 'vitest';
import { planOf, problemsOf } from '../support/plans.ts';

const KEY = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/checkout';
const MANIFEST = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  annotations:
    run.googleapis.com/client-name: gcloud
    run.googleapis.com/maxScale: '200'
    run.googleapis.com/novelty: 'on'
  labels:
    cloud.googleapis.com/location: europe-west3
    team: payments
  name: checkout
  namespace: '123456789012'
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/maxScale: '100'
        autoscaling.knative.dev/minScale: '2'
        run.googleapis.com/cpu-throttling: 'false'
        run.googleapis.com/encryption-key: ${KEY}
        run.googleapis.com/encryption-key-shutdown-hours: '2'
        run.googleapis.com/post-key-revocation-action-type: shut-down
        run.googleapis.com/sessionAffinity: 'true'
        run.googleapis.com/scaling-cpu-target: disabled
        run.googleapis.com/scaling-concurrency-target: '0.8'
        run.googleapis.com/startup-cpu-boost: 'false'
      name: checkout-00007-kal
    spec:
      containerConcurrency: 40
      containers:
      - image: example
        resources: {limits: {cpu: '2', memory: 1Gi}}
        startupProbe: {tcpSocket: {port: 8080}}
      - image: sidecar
        resources: {limits: {cpu: 500m, memory: 512Mi}}
      timeoutSeconds: 60
  traffic:
  - {latestRevision: true, percent: 90}
  - {revisionName: checkout-00006-abc, percent: 10}
  - {revisionName: checkout-00005-old, tag: old}
`;
const scenario = (more = '') => `name: shop
duration: 30m
services:
  - manifest: checkout.yaml
    load: 50/s
${more}keys: [{name: ${KEY}, protectionLevel: HSM}]
`;
const files = { 'checkout.yaml': MANIFEST };

describe('a service described by its exported manifest', () => {
  const plan = planOf(scenario(), files);

  it('has the settings of the manifest', () => {
    expect(plan.services[0]).toMatchObject({
      name: 'checkout',
      location: 'europe-west3',
      project: 'kms-prod',
      projectNumber: '123456789012',
      minInstanceCount: 0,
      maxInstanceCount: 200,
    });
    expect(plan.revisions[0]).toMatchObject({
      name: 'checkout-00007-kal',
      minInstanceCount: 2,
      maxInstanceCount: 100,
      maxInstanceRequestConcurrency: 40,
      timeout: 60_000_000_000,
      cpu: 2.5,
      memoryBytes: 1536 * 1024 * 1024,
      cpuIdle: false,
      startupCpuBoost: false,
      key: 0,
      revocationAction: 'SHUTDOWN',
      shutdownDuration: 7_200_000_000_000,
      concurrencyTarget: 0.8,
      cpuTarget: null,
    });
  });

  it('splits traffic as the manifest does; older revisions have the settings of the template', () => {
    expect(
      plan.services[0].traffic.map(({ revision, percent }) => [plan.revisions[revision].name, percent]),
    ).toEqual([
      ['checkout-00007-kal', 90],
      ['checkout-00006-abc', 10],
      ['checkout-00005-old', 0],
    ]);
    expect(plan.revisions[1]).toEqual({ ...plan.revisions[0], name: 'checkout-00006-abc' });
  });

  it('knows which revisions carry a tag', () => {
    expect(plan.services[0].tags).toEqual([{ tag: 'old', revision: 2 }]);
    expect(plan.revisions[2].name).toBe('checkout-00005-old');
  });

  it('says what it does not act on, and nothing of what does not matter', () => {
    expect(plan.notSimulated).toEqual([
      'checkout: annotation run.googleapis.com/novelty (on) is not known and not simulated',
      'checkout: checkout-00006-abc, checkout-00005-old: not described here, taken to have the settings of checkout-00007-kal',
    ]);
  });

  it('may be completed and overridden field by field', () => {
    const changed = planOf(
      scenario(
        '    cpu: 4\n    template: {scaling: {maxInstanceCount: 50}}\n    scaling: {minInstanceCount: 5}\n' +
          '    encryptionKeyRevocationAction: PREVENT_NEW\n',
      ),
      files,
    );
    expect(changed.services[0]).toMatchObject({ minInstanceCount: 5, maxInstanceCount: 200 });
    expect(changed.revisions[0]).toMatchObject({
      cpu: 4,
      minInstanceCount: 2,
      maxInstanceCount: 50,
      revocationAction: 'PREVENT_NEW',
      shutdownDuration: null,
    });
  });

  it('is part of the hash, whatever its line ends', () => {
    const crlf = planOf(scenario(), { 'checkout.yaml': MANIFEST.replaceAll('\n', '\r\n') });
    const other = planOf(scenario(), { 'checkout.yaml': MANIFEST.replace("'2'", "'3'") });
    expect(crlf.hash).toBe(plan.hash);
    expect(other.hash).not.toBe(plan.hash);
  });

  it('is told its faults at its own lines', () => {
    const [found] = problemsOf(scenario(), {
      'checkout.yaml': MANIFEST.replace('Concurrency: 40', 'Concurrency: 4000'),
    });
    expect(found).toMatchObject({ code: 'OUT_OF_RANGE', place: { file: 'checkout.yaml', line: 29 } });
    const missing = problemsOf(scenario());
    expect(missing.map((each) => [each.code, each.place.line])).toEqual([['FILE_MISSING', 4]]);
  });

  it('without a revision name gets the next number', () => {
    const unnamed = planOf(scenario(), {
      'checkout.yaml': MANIFEST.replace('      name: checkout-00007-kal\n', ''),
    });
    expect(unnamed.revisions[0].name).toBe('checkout-00007-sim');
  });
});
