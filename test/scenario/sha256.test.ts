import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/scenario/sha256.ts';

describe('the hash of a scenario', () => {
  it('is SHA-256: the published vector', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('agrees with the platform around every block boundary and beyond ASCII', () => {
    for (const text of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 1000].map((n) => 'x'.repeat(n)))
      expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
    for (const text of ['Zürich', '鍵', '🔑'])
      expect(sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
  });
});
