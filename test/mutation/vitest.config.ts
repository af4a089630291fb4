import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The tests that are asked about a mutant: quick ones, close to what is mutated. Whole worlds are not among them. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^fast-check$/, replacement: fileURLToPath(new URL('./fewer-runs.ts', import.meta.url)) },
    ],
  },
  test: {
    include: [
      'test/engine/*.test.ts',
      'test/rules/*.test.ts',
      'test/model/{deciders,kms}/*.test.ts',
      'test/experiment/{confidence,warm-up,replicate,paired}*.test.ts',
    ],
    testTimeout: 120_000,
  },
});
