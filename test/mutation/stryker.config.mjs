/**
 * `npm run mutation`: each line of what decides results is broken on purpose, and the tests have to notice.
 *
 * Mutated are the engine, the rules, the deciders, quotas and the statistics. Texts are left alone: a changed word in
 * an explanation is no wrong number, and the messages that are law are compared word for word elsewhere.
 */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  // A file that is not there: the runner takes TypeScript as it is, and needs no project.
  tsconfigFile: 'test/mutation/none.json',
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 10_000,
  tempDirName: 'node_modules/.cache/stryker',
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: 'node_modules/.cache/stryker-incremental.json',
  mutate: [
    'src/engine/*.ts',
    'src/rules/*.ts',
    '!src/rules/{explanations,sources}.ts',
    'src/model/run/deciders/*.ts',
    'src/model/kms/*.ts',
    'src/experiment/{confidence,warm-up,replicate,paired}.ts',
  ],
  mutator: { excludedMutations: ['StringLiteral'] },
  reporters: ['json', 'clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'node_modules/.cache/mutation.json' },
  allowEmpty: true,
};
