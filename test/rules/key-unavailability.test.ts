import { describe, expect, test } from 'vitest';
import {
  causeOfVersionState,
  KEY_UNAVAILABILITY,
  rowFor,
  statusOfCause,
  UNAVAILABILITY_CAUSE_IDS,
} from '../../src/rules/key-unavailability.ts';

describe('the table of what becomes of a service whose key cannot be used', () => {
  test('has the rows of the page, in its order', () => {
    expect(KEY_UNAVAILABILITY.map((row) => [row.row, row.starts, row.running, row.logs])).toEqual([
      ['Key disabled/destroyed/revoked', 'refused', 'by-revocation-action', 'cmek-message'],
      ['External key manager unreachable, retryable', 'held', 'kept', 'ekm-message'],
      [
        'External key manager unreachable, not retryable',
        'refused',
        'shut-down-after-waiting',
        'ekm-message',
      ],
      ['KMS quota exceeded', 'refused', 'unaffected', 'RESOURCE_EXHAUSTED'],
    ]);
  });

  test('knows seven causes, and each leads to its row', () => {
    expect(UNAVAILABILITY_CAUSE_IDS).toEqual([
      'key-disabled',
      'key-destroyed',
      'key-scheduled-for-deletion',
      'key-access-revoked',
      'ekm-unreachable',
      'ekm-not-retryable',
      'quota-exceeded',
    ]);
    const lost = [
      'key-disabled',
      'key-destroyed',
      'key-scheduled-for-deletion',
      'key-access-revoked',
    ] as const;
    for (const cause of lost) expect(rowFor(cause).row).toBe('Key disabled/destroyed/revoked');
    expect(rowFor('ekm-unreachable').row).toBe('External key manager unreachable, retryable');
    expect(rowFor('ekm-not-retryable').row).toBe('External key manager unreachable, not retryable');
    expect(rowFor('quota-exceeded').row).toBe('KMS quota exceeded');
  });

  test('only a retryable outage of the external key manager holds a start', () => {
    const held = UNAVAILABILITY_CAUSE_IDS.filter((cause) => rowFor(cause).starts === 'held');
    expect(held).toEqual(['ekm-unreachable']);
  });

  test('every row is the cause of something', () => {
    const reached = new Set(UNAVAILABILITY_CAUSE_IDS.map((cause) => rowFor(cause)));
    expect([...reached]).toEqual([...KEY_UNAVAILABILITY]);
  });

  test('a call for want of quota ends with RESOURCE_EXHAUSTED, for want of access with PERMISSION_DENIED', () => {
    expect(statusOfCause('quota-exceeded')).toBe('RESOURCE_EXHAUSTED');
    expect(statusOfCause('key-access-revoked')).toBe('PERMISSION_DENIED');
    expect(statusOfCause('key-disabled')).toBe('FAILED_PRECONDITION');
  });

  test('an enabled key version refuses nothing, every other state has its own cause', () => {
    expect(causeOfVersionState('ENABLED')).toBeNull();
    expect(causeOfVersionState('DISABLED')).toBe('key-disabled');
    expect(causeOfVersionState('DESTROY_SCHEDULED')).toBe('key-scheduled-for-deletion');
    expect(causeOfVersionState('DESTROYED')).toBe('key-destroyed');
  });
});
