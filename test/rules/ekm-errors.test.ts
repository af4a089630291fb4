import { expect, test } from 'vitest';
import {
  defaultEkmError,
  EKM_ERROR_DOMAIN_IDS,
  EKM_ERROR_DOMAINS,
  ekmError,
  ekmMessage,
  isEkmErrorDomain,
} from '../../src/rules/ekm-errors.ts';

test('the error domain, not the status, decides whether a call can be retried', () => {
  const retryable = EKM_ERROR_DOMAIN_IDS.filter((domain) => ekmError(domain).retryable);
  expect(retryable).toEqual([
    'EXTERNAL_RESOURCE_EXHAUSTED',
    'UNREACHABLE_NETWORK',
    'OVERLOADED_EKM',
    'TIMEOUT',
    'REQUEST_CANCELLED',
  ]);
  expect(new Set(retryable.map((domain) => ekmError(domain).code))).toEqual(new Set(['FAILED_PRECONDITION']));
});

test('the others are the key settings, or the external system itself', () => {
  const of = (kind: string) => EKM_ERROR_DOMAINS.filter((row) => row.class === kind).map((row) => row.domain);
  expect(of('input')).toEqual([
    'EXTERNAL_PERMISSION_DENIED',
    'EXTERNAL_NOT_FOUND',
    'EXTERNAL_KEY_URI_INVALID',
    'EXTERNAL_KEY_HOST_NOT_WHITELISTED',
    'DNS',
  ]);
  expect(of('ekm-system')).toEqual([
    'TLS_CERT',
    'UNEXPECTED_RESPONSE',
    'EXTERNAL_SERVER_ERROR',
    'EXTERNAL_NOT_IMPLEMENTED',
    'UNEXPECTED_ERROR',
    'DECRYPTION_FAILED',
  ]);
  for (const row of EKM_ERROR_DOMAINS) expect(row.retryable).toBe(row.class === 'retriable');
});

test('every failure is FAILED_PRECONDITION, except a ciphertext that cannot be decrypted', () => {
  const other = EKM_ERROR_DOMAINS.filter((row) => row.code !== 'FAILED_PRECONDITION');
  expect(other.map((row) => [row.domain, row.code])).toEqual([['DECRYPTION_FAILED', 'INVALID_ARGUMENT']]);
});

test('a denied permission also disables the key version, nothing else does', () => {
  const disabling = EKM_ERROR_DOMAINS.filter((row) => row.disablesKeyVersion).map((row) => row.domain);
  expect(disabling).toEqual(['EXTERNAL_PERMISSION_DENIED']);
});

test('an outage of which only retryability is known gets an error of that kind', () => {
  expect(defaultEkmError(true)).toBe('UNREACHABLE_NETWORK');
  expect(ekmError(defaultEkmError(true)).retryable).toBe(true);
  expect(ekmError(defaultEkmError(false)).retryable).toBe(false);
});

test('only a silent network is waited for', () => {
  const waiting = EKM_ERROR_DOMAINS.filter((row) => row.answers === 'after-timeout').map((row) => row.domain);
  expect(waiting).toEqual(['UNREACHABLE_NETWORK', 'TIMEOUT']);
});

test('the message that reaches the log begins with the domain', () => {
  for (const domain of EKM_ERROR_DOMAIN_IDS)
    expect(ekmMessage(domain)).toMatch(new RegExp(`^${domain}: .+\\.$`));
  expect(isEkmErrorDomain('TIMEOUT')).toBe(true);
  expect(isEkmErrorDomain('timeout')).toBe(false);
});
