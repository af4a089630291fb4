import { expect, test } from 'vitest';
import {
  ALL_KEY_USE_IDS,
  isRepositoryUse,
  KEY_USE_IDS,
  KEY_USES,
  methodOf,
  reasonOf,
} from '../../src/rules/key-uses.ts';

test('the audit log gives the five reasons of the page, word for word and in its order', () => {
  expect(KEY_USES.map((row) => row.reason)).toEqual([
    'Decrypting CMEK-encrypted layer during container clone start.',
    'Encrypting a newly created data-encryption-key w/ the customer-managed-encryption-key.',
    'Decrypting an existing encrypted data-encryption-key, under the same customer-managed-encryption-key, to be used to encrypt container contents.',
    'Performing an encrypt operation on dummy data to check the customer-managed-encryption-key status and access.',
    'Performing a decrypt operation on dummy data to check the customer-managed-encryption-key status and access.',
  ]);
});

test('each use calls the method that its reason speaks of', () => {
  expect(KEY_USE_IDS).toEqual([
    'layer-decrypt',
    'data-key-encrypt',
    'data-key-decrypt',
    'check-encrypt',
    'check-decrypt',
  ]);
  expect(KEY_USE_IDS.map(methodOf)).toEqual(['Decrypt', 'Encrypt', 'Decrypt', 'Encrypt', 'Decrypt']);
  expect(reasonOf('data-key-encrypt')).toMatch(/^Encrypting a newly created/);
});

test('starts only decrypt, deployments only encrypt, checks do both', () => {
  const methods = (during: string) =>
    KEY_USES.filter((row) => row.during === during).map((row) => row.method);
  expect(methods('start')).toEqual(['Decrypt', 'Decrypt']);
  expect(methods('deployment')).toEqual(['Encrypt']);
  expect(methods('check')).toEqual(['Encrypt', 'Decrypt']);
});

test('Artifact Registry encrypts what is uploaded and decrypts what is downloaded, under reasons of its own', () => {
  const others = ALL_KEY_USE_IDS.filter((use) => !KEY_USE_IDS.includes(use));
  expect(others.map((use) => [use, methodOf(use)])).toEqual([
    ['image-upload', 'Encrypt'],
    ['image-download', 'Decrypt'],
  ]);
  expect(ALL_KEY_USE_IDS.filter(isRepositoryUse)).toEqual(others);
  expect(new Set(ALL_KEY_USE_IDS.map(reasonOf)).size).toBe(ALL_KEY_USE_IDS.length);
  for (const use of others) expect(reasonOf(use)).toMatch(/^Artifact Registry: /);
});
