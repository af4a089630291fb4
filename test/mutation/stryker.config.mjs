/**
 * `npm run mutation`: each line of what decides results is broken on purpose, and the tests have to notice.
 *
 * Mutated are the engine, the rules, the deciders, quotas and the statistics. Texts are left alone: a changed word in
 * an explanation is no wrong number, and the messages that are law are compared word for word elsewhere. So are
 * tables, which are worked out when a file is loaded (`ignoreStatic`): each of their rows is held against the
 * documentation by a test of its own.
 *
 * The runner takes TypeScript as it is and reads what it needs from a copy of the project, which lies inside the
 * project (the copy finds the packages there) but not in `node_modules` (whose files would not be translated).
 */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  // A file that is not there: no project is needed.
  tsconfigFile: 'test/mutation/none.json',
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 10_000,
  tempDirName: 'coverage/stryker',
  cleanTempDir: 'always',
  ignorePatterns: ['/reports', '/dist', '/coverage', '/docs', '/scenarios'],
  incremental: true,
  incrementalFile: 'coverage/stryker-incremental.json',
  mutate: [
    'src/engine/*.ts',
    'src/rules/*.ts',
    // Texts and tables, nothing else.
    '!src/rules/{autoscaling,explanations,left-out,sources}.ts',
    'src/model/run/deciders/*.ts',
    'src/model/kms/{quota-pool,minute-usage,quota-adjuster}.ts',
    'src/experiment/{confidence,warm-up,replicate,paired}.ts',
  ],
  mutator: { excludedMutations: ['StringLiteral'] },
  reporters: ['json', 'clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'coverage/mutation/all.json' },
  allowEmpty: true,
};
