import { defineConfig } from 'vitest/config';

/** The tests that are asked about a mutant: quick ones, close to what is mutated. */
export default defineConfig({
  test: {
    include: [
      'test/engine/*.test.ts',
      'test/rules/*.test.ts',
      'test/model/**/*.test.ts',
      'test/experiment/{confidence,warm-up,replicate,paired,compare}*.test.ts',
      'test/stories/{quota,key-calls}.test.ts',
    ],
    testTimeout: 30_000,
  },
});
