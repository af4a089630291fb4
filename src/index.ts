/**
 * `cmeksim`: everything of `cmeksim/core`, and what a program on Node needs to do as the command does:
 * replications with intervals, results as files, and a folder to keep them in.
 *
 * @example
 * const { plan, problems } = loadScenario(readFileSync('checkout.yaml'), 'checkout.yaml');
 * if (plan === null) throw new Error(problems.map((problem) => formatProblem(problem)).join('\n'));
 * const summaries = [1, 2, 3, 4, 5].map((replication) => play(plan, replication).summary);
 * console.log(combine(plan, summaries).objectives);
 *
 * @packageDocumentation
 */
export * from './core.ts';
export { interval, tQuantile, verdictOf, type Interval } from './experiment/confidence.ts';
export {
  checkpoints,
  combine,
  enough,
  replicationRows,
  type ReplicationRow,
} from './experiment/replicate.ts';
export { CannotWrite, folderName, Store } from './experiment/store.ts';
export { Locked } from './experiment/lock.ts';
export { renderBatch, renderRun, type BatchEntry } from './report/render.ts';
