/**
 * A repository of Artifact Registry with a key of its own: uploads and downloads of the image use that key, and its
 * quota. In the plain shop a start asks for its first decrypt 1 s after it began, and each key call takes 100 ms.
 */
import { describe, expect, test } from 'vitest';
import { tell, KEY, OTHER_KEY } from '../support/story.ts';

const IMAGES = OTHER_KEY;
const REGISTRY = 'service-1234567890@gcp-sa-artifactregistry.iam.gserviceaccount.com';
const CLOUD_RUN = '1234567890@serverless-robot-prod.iam.gserviceaccount.com';

const shop = (repository: string, more = '') => `
  keys: [{}, {name: ${IMAGES}, protectionLevel: HSM}]
  services: [{imageRepository: {encryptionKey: ${IMAGES}${repository}}}]
  ${more}
`;

/** Calls in the order of their answers: when they were made, for what, and with which version. */
const callsOf = (story: ReturnType<typeof tell>) =>
  story.calls.map(({ issuedAt, use, version }) => `${issuedAt / 1e9} ${use} v${version}`);

describe('An image that is downloaded at each start', () => {
  const started = tell(shop(', download: start, decryptsPerDownload: 2'), { arrivals: [10] });

  test('is decrypted by the key of its repository before the layers and the data key', () => {
    expect(callsOf(started)).toEqual([
      '11 image-download v1',
      '11.1 image-download v1',
      '11.2 layer-decrypt v1',
      '11.3 data-key-decrypt v1',
    ]);
    expect(started.rows('cold-starts.csv')).toMatchObject([
      { key_ms: 400, key_attempts: 4, outcome: 'ready' },
    ]);
  });

  test('comes first even where the other calls are made at once', () => {
    const parallel = tell(
      shop(', download: start').replace('services: [{', 'services: [{startup: {decrypts: parallel}, '),
      {
        arrivals: [10],
      },
    );
    expect(callsOf(parallel)).toEqual([
      '11 image-download v1',
      '11.1 layer-decrypt v1',
      '11.1 data-key-decrypt v1',
    ]);
  });

  test('takes quota where the key of the repository is, not the key of the service', () => {
    expect(started.summary.kms).toMatchObject([
      { protection_level: 'EXTERNAL_VPC', usage: 2 },
      { protection_level: 'HSM', usage: 2 },
    ]);
    const rows = started.rows('kms-operations.csv').filter((row) => row.key === IMAGES);
    expect(rows).toMatchObject([
      {
        method: 'Decrypt',
        granted: 2,
        caller_context: expect.stringMatching(/^Artifact Registry: decrypting an image/),
      },
    ]);
  });

  test('is called for by the Artifact Registry service agent, and that is in the audit log', () => {
    const callers = started
      .log('audit-log.jsonl')
      .map(({ protoPayload: { resourceName, authenticationInfo } }) => [
        resourceName,
        authenticationInfo.principalEmail,
      ]);
    expect(callers).toEqual([
      [IMAGES, REGISTRY],
      [IMAGES, REGISTRY],
      [KEY, CLOUD_RUN],
      [KEY, CLOUD_RUN],
    ]);
  });

  test('that cannot be decrypted makes the start fail, in the documented words, and says nothing of the other key', () => {
    const lost = tell(
      shop(
        ', download: start',
        'timeline: [{at: 0s, propagation: 0s, keyState: {key: spare, state: DISABLED}}]',
      ),
      { arrivals: [10] },
    );
    expect(lost.rows('cold-starts.csv')[0].outcome).toBe('refused:key-disabled');
    expect(lost.texts('ERROR')).toContain(`User's CMEK key has been disabled. CMEK key: ${IMAGES}`);
    expect(lost.timeline('knows')).toEqual([]);
    expect(lost.summary.faults[0].starts_refused).toBeGreaterThan(0);
    expect(lost.summary.faults[0]).toMatchObject({ ready_before: 0, requests_failed: 1 });
  });

  test('is not downloaded where quota is short: the start fails and spends nothing on the service key', () => {
    const short = tell(
      shop(
        ', download: start',
        'quotas: {limits: [{project: kms-prod, location: europe-west3, protectionLevel: HSM, limit: 0/min}]}',
      ),
      { arrivals: [10] },
    );
    expect(short.rows('cold-starts.csv')[0].outcome).toBe('refused:quota-exceeded');
    expect(short.summary.kms).toMatchObject([{ operations: 0 }, { usage: 0, exceeded: expect.any(Number) }]);
  });

  test('is downloaded again when the external key manager of its key is back, and nobody is kept meanwhile', () => {
    const story = tell(
      `
      keys: [{}, {name: ${IMAGES}, protectionLevel: EXTERNAL}]
      services: [{imageRepository: {encryptionKey: ${IMAGES}, download: start}}]
      timeline: [{at: 0s, for: 30s, ekmUnreachable: {key: spare, error: OVERLOADED_EKM}}]
      assumptions: {keyRetry: {initial: 20s, factor: 1, max: 20s, jitter: none}}
      `,
      { arrivals: [10] },
    );
    // Asked at 11 s, again 20 s after the answer.
    expect(story.rows('cold-starts.csv')).toMatchObject([{ key_ms: 20_400, outcome: 'ready' }]);
    expect(story.timeline('knows')).toEqual([]);
  });

  test('needs no key of the service', () => {
    const plain = tell(
      shop(', download: start').replace('services: [{', 'services: [{encryptionKey: null, '),
      {
        arrivals: [10],
      },
    );
    expect(callsOf(plain)).toEqual(['11 image-download v1']);
  });

  test('is not hindered by access that is taken from the Cloud Run service agent', () => {
    const story = tell(
      shop(
        ', download: start',
        'timeline: [{at: 0s, propagation: 0s, keyAccess: {key: spare, service: shop, granted: false}}]',
      ),
      { arrivals: [10] },
    );
    expect(story.rows('cold-starts.csv')).toMatchObject([{ outcome: 'ready' }]);
  });
});

describe('An image that is downloaded at a deployment', () => {
  const deploy = 'timeline: [{at: 20s, deploy: {service: shop}}]';

  test('is decrypted before the data key is wrapped, and never at a start', () => {
    const story = tell(shop('', deploy), { arrivals: [1] });
    expect(callsOf(story)).toEqual([
      '2 layer-decrypt v1',
      '2.1 data-key-decrypt v1',
      '20 image-download v1',
      '20.1 data-key-encrypt v1',
      '21.2 layer-decrypt v1',
      '21.3 data-key-decrypt v1',
    ]);
    expect(story.summary.deployments).toMatchObject([{ outcome: 'serving' }]);
  });

  test('may be uploaded before it, which is encrypted by the version that is primary then', () => {
    const story = tell(
      shop(
        ', encryptsPerUpload: 2',
        'timeline: [{at: 10s, keyRotation: {key: spare}}, {at: 20s, deploy: {service: shop}}]',
      ),
    );
    expect(callsOf(story).slice(0, 3)).toEqual([
      '20 image-upload v2',
      '20.1 image-upload v2',
      '20.2 image-download v2',
    ]);
    expect(story.audit[0]).toMatchObject({ method: 'Encrypt', code: 0 });
  });

  test('that was uploaded before a rotation still needs the old version', () => {
    const story = tell(
      shop(
        '',
        `timeline:
          - {at: 10s, keyRotation: {key: spare}}
          - {at: 11s, propagation: 0s, keyVersionState: {key: spare, version: 1, state: DISABLED}}
          - {at: 20s, deploy: {service: shop}}`,
      ),
    );
    expect(story.summary.deployments).toMatchObject([
      { outcome: 'failed', message: `User's CMEK key has been disabled. CMEK key: ${IMAGES}` },
    ]);
  });

  test('that cannot be decrypted makes the deployment fail, and the old revision keeps serving', () => {
    const story = tell(
      shop(
        '',
        `timeline:
          - {at: 10s, propagation: 0s, keyState: {key: spare, state: DISABLED}}
          - {at: 20s, deploy: {service: shop}}`,
      ),
      { arrivals: [1, 30] },
    );
    expect(story.summary.deployments).toMatchObject([
      { outcome: 'failed', message: `User's CMEK key has been disabled. CMEK key: ${IMAGES}` },
    ]);
    expect(story.requests()).toMatchObject({ served: 2 });
  });
});

test('Without a repository that has a key, Artifact Registry makes no calls', () => {
  const story = tell('timeline: [{at: 20s, deploy: {service: shop}}]', { arrivals: [1] });
  expect(story.calls.filter(({ use }) => use.startsWith('image-'))).toEqual([]);
});
