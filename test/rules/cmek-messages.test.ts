import { describe, expect, test } from 'vitest';
import { argumentOf, CMEK_MESSAGES, messageFor, remedyFor } from '../../src/rules/cmek-messages.ts';

const KEY = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/checkout';

describe('what the service log says when a key call fails', () => {
  test('is one of the five messages of the page, word for word and in its order', () => {
    expect(CMEK_MESSAGES.map((row) => row.message)).toEqual([
      "User's service account does not have CMEK decrypter permission. Service account: %s",
      "User's KMS operation quota has been exceeded. CMEK key: %s",
      "User's CMEK key has been disabled. CMEK key: %s",
      "User's CMEK key has been destroyed. CMEK key: %s",
      "User's CMEK key has been scheduled for deletion. CMEK Key: %s",
    ]);
  });

  test('names the key, except where access is missing: then the service account', () => {
    expect(messageFor('key-disabled', KEY)).toBe(`User's CMEK key has been disabled. CMEK key: ${KEY}`);
    expect(messageFor('key-scheduled-for-deletion', KEY)).toBe(
      `User's CMEK key has been scheduled for deletion. CMEK Key: ${KEY}`,
    );
    expect(argumentOf('quota-exceeded')).toBe('key');
    expect(argumentOf('key-access-revoked')).toBe('service-agent');
  });

  test('keeps an argument as it is, whatever characters are in it', () => {
    expect(messageFor('key-destroyed', "$& %s $'")).toBe(
      "User's CMEK key has been destroyed. CMEK key: $& %s $'",
    );
  });

  test('passes on what an external key manager says', () => {
    expect(messageFor('ekm-unreachable', 'TIMEOUT: no answer')).toBe('TIMEOUT: no answer');
    expect(messageFor('ekm-not-retryable', 'DNS: no such host')).toBe('DNS: no such host');
    expect(argumentOf('ekm-unreachable')).toBeNull();
  });

  test('comes with the remedy of the page', () => {
    expect(remedyFor('key-access-revoked')).toBe('Allow the service to access the key.');
    expect(remedyFor('quota-exceeded')).toBe('Request more KMS quota.');
    expect(remedyFor('key-destroyed')).toBe('Change the CMEK key of the service and redeploy the service.');
    expect(remedyFor('ekm-not-retryable')).toBeNull();
  });
});
