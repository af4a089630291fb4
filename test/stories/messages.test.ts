/**
 * What is logged: the five messages and the five reasons of the Cloud Run page, word for word, and when each is written.
 */
import { describe, expect, test } from 'vitest';
import { KEY, tell } from '../support/story.ts';

describe('The five error messages', () => {
  const first = (timeline: string, more = '') =>
    tell(
      `
      duration: 60s
      timeline: [${timeline}]
      ${more}
      `,
      { arrivals: [30] },
    ).texts('ERROR')[0];

  test('no permission', () => {
    expect(first('{at: 1s, keyAccess: {key: shop, service: shop, granted: false}}')).toBe(
      "User's service account does not have CMEK decrypter permission. " +
        'Service account: 1234567890@serverless-robot-prod.iam.gserviceaccount.com',
    );
  });

  test('quota', () => {
    const none =
      'quotas: {limits: [{name: q, project: kms-prod, location: europe-west3, protectionLevel: EXTERNAL, limit: 0/s}]}';
    expect(first('', none)).toBe(`User's KMS operation quota has been exceeded. CMEK key: ${KEY}`);
  });

  test('disabled', () => {
    expect(first('{at: 1s, keyState: {key: shop, state: DISABLED}}')).toBe(
      `User's CMEK key has been disabled. CMEK key: ${KEY}`,
    );
  });

  test('destroyed', () => {
    expect(first('{at: 1s, keyState: {key: shop, state: DESTROYED}}')).toBe(
      `User's CMEK key has been destroyed. CMEK key: ${KEY}`,
    );
  });

  test('scheduled for deletion, with a capital Key', () => {
    expect(first('{at: 1s, keyState: {key: shop, state: DESTROY_SCHEDULED}}')).toBe(
      `User's CMEK key has been scheduled for deletion. CMEK Key: ${KEY}`,
    );
  });

  test('and what an external key manager says is passed through', () => {
    expect(first('{at: 1s, ekmUnreachable: {key: shop, error: OVERLOADED_EKM}}')).toBe(
      'OVERLOADED_EKM: The external key manager is overloaded.',
    );
    expect(first('{at: 1s, ekmUnreachable: {key: shop, error: DNS}}')).toBe(
      'DNS: The host name of the external key manager could not be resolved.',
    );
  });
});

const LAYER = 'Decrypting CMEK-encrypted layer during container clone start.';
const WRAP = 'Encrypting a newly created data-encryption-key w/ the customer-managed-encryption-key.';
const DATA_KEY =
  'Decrypting an existing encrypted data-encryption-key, under the same customer-managed-encryption-key, ' +
  'to be used to encrypt container contents.';
const CHECK_ENCRYPT =
  'Performing an encrypt operation on dummy data to check the customer-managed-encryption-key status and access.';
const CHECK_DECRYPT =
  'Performing a decrypt operation on dummy data to check the customer-managed-encryption-key status and access.';

describe('The five reasons in the audit log', () => {
  test('a start decrypts its layers first, then its data key', () => {
    const story = tell(
      `
      duration: 60s
      services: [{startup: {layerDecrypts: 2, dataKeyDecrypts: 2}}]
      `,
      { arrivals: [10] },
    );
    expect(story.audit.map(({ at, method, reason, code }) => [at, method, reason, code])).toEqual([
      [11, 'Decrypt', LAYER, 0],
      [11.1, 'Decrypt', LAYER, 0],
      [11.2, 'Decrypt', DATA_KEY, 0],
      [11.3, 'Decrypt', DATA_KEY, 0],
    ]);
  });

  test('a deployment wraps a new data key, and then starts', () => {
    const story = tell(`
      duration: 60s
      timeline: [{at: 10s, deploy: {service: shop}}]
    `);
    expect(story.audit.map(({ at, method, reason }) => [at, method, reason])).toEqual([
      [10, 'Encrypt', WRAP],
      [11.1, 'Decrypt', LAYER],
      [11.2, 'Decrypt', DATA_KEY],
    ]);
  });

  test('a periodic check encrypts, and decrypts what it encrypted', () => {
    const story = tell(`
      duration: 5m
      keys: [{check: {interval: 60s}}]
    `);
    const checks = story.audit;
    expect(checks).toHaveLength(10);
    const [first] = checks;
    expect(first.at).toBeLessThan(60);
    for (let n = 0; n < 5; n++) {
      expect(checks[2 * n]).toMatchObject({ method: 'Encrypt', reason: CHECK_ENCRYPT, code: 0 });
      expect(checks[2 * n].at).toBeCloseTo(first.at + 60 * n, 6);
      expect(checks[2 * n + 1]).toMatchObject({ method: 'Decrypt', reason: CHECK_DECRYPT, code: 0 });
      expect(checks[2 * n + 1].at).toBeCloseTo(first.at + 60 * n + 0.1, 6);
    }
  });

  test('a call that fails is written, too, with what it failed with', () => {
    const story = tell(
      `
      duration: 5m
      keys: [{check: {interval: 60s}}]
      timeline:
        - {at: 0s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
        - {at: 10s, deploy: {service: shop}}
      `,
      { arrivals: [1] },
    );
    const failed = (reason: string) => story.audit.filter((each) => each.reason === reason);
    for (const reason of [LAYER, WRAP, CHECK_ENCRYPT]) {
      expect(failed(reason).length).toBeGreaterThan(0);
      for (const { code, message } of failed(reason)) {
        expect([code, message]).toEqual([9, `User's CMEK key has been disabled. CMEK key: ${KEY}`]);
      }
    }
    expect(story.audit.every(({ code }) => code === 9)).toBe(true);
  });

  test('an error of the external key manager names its domain', () => {
    const story = tell(
      `
      duration: 30s
      timeline: [{at: 0s, ekmUnreachable: {key: shop, error: EXTERNAL_NOT_FOUND}}]
      `,
      { arrivals: [1] },
    );
    expect(JSON.stringify(story.audit[0].entry)).toContain('"type":"EXTERNAL_NOT_FOUND"');
  });

  test('each entry names the caller and the key', () => {
    const story = tell(`duration: 30s`, { arrivals: [1] });
    expect(story.log('audit-log.jsonl')[0].protoPayload).toMatchObject({
      authenticationInfo: { principalEmail: '1234567890@serverless-robot-prod.iam.gserviceaccount.com' },
      resourceName: KEY,
      authorizationInfo: [{ granted: true }],
    });
  });

  test('a service without a key leaves no trace', () => {
    const story = tell(
      `
      duration: 5m
      services: [{encryptionKey: null}, {name: depot, load: 0/s}]
      `,
      { arrivals: [1] },
    );
    expect(story.audit).toEqual([]);
    expect(story.rows('cold-starts.csv')).toMatchObject([{ key_ms: 0, key_attempts: 0, outcome: 'ready' }]);
  });
});
