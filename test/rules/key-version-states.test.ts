import { describe, expect, test } from 'vitest';
import { KEY_VERSION_STATES, refusesTransition } from '../../src/rules/key-version-states.ts';

describe('A key version', () => {
  // Cloud KMS, Key states: a version that is scheduled for destruction is restored as DISABLED, a destroyed one never.
  test.each([
    ['DESTROY_SCHEDULED', 'ENABLED'],
    ['DESTROYED', 'ENABLED'],
    ['DESTROYED', 'DISABLED'],
    ['DESTROYED', 'DESTROY_SCHEDULED'],
  ] as const)('that is %s cannot become %s', (from, to) => {
    expect(refusesTransition(from, to)).toBe(true);
  });

  test.each([
    ['ENABLED', 'DISABLED'],
    ['ENABLED', 'DESTROY_SCHEDULED'],
    ['DISABLED', 'ENABLED'],
    ['DISABLED', 'DESTROY_SCHEDULED'],
    ['DESTROY_SCHEDULED', 'DISABLED'],
    ['DESTROY_SCHEDULED', 'DESTROYED'],
  ] as const)('that is %s can become %s', (from, to) => {
    expect(refusesTransition(from, to)).toBe(false);
  });

  test('can be used only while it is ENABLED', () => {
    expect(KEY_VERSION_STATES.filter(({ usable }) => usable).map(({ state }) => state)).toEqual(['ENABLED']);
  });
});
