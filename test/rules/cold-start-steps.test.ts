import { describe, expect, test } from 'vitest';
import { downloadsPerStart, keyCallsPerStart } from '../../src/rules/cold-start-steps.ts';

describe('A start', () => {
  const startup = { layerDecrypts: 3, dataKeyDecrypts: 2 };

  test('makes the key calls of its layers and data keys, and none without a key', () => {
    expect(keyCallsPerStart(true, startup)).toBe(5);
    expect(keyCallsPerStart(false, startup)).toBe(0);
  });

  test('has Artifact Registry make calls only where each start downloads the image', () => {
    expect(downloadsPerStart({ download: 'start', decryptsPerDownload: 4 })).toBe(4);
    expect(downloadsPerStart({ download: 'deploy', decryptsPerDownload: 4 })).toBe(0);
    expect(downloadsPerStart(null)).toBe(0);
  });
});
