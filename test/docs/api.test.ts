/** What the entries of the package show as examples, done as shown. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { combine, formatProblem, loadScenario, play, Unreadable } from '../../src/index.ts';

const TEXT = readFileSync(new URL('../../scenarios/01-steady-traffic.yaml', import.meta.url));

test('a text becomes a plan, and a plan results', () => {
  const { plan, problems } = loadScenario(TEXT, 'checkout.yaml');
  if (plan === null) throw new Error(problems.map((problem) => formatProblem(problem)).join('\n'));
  expect(play(plan, 1).summary.services[0].e2e_latencies_ms.p99).toBeGreaterThan(0);
  const summaries = [1, 2, 3].map((replication) => play(plan, replication).summary);
  expect(combine(plan, summaries).scenario.replications).toBe(3);
});

test('a file that the scenario names is not there unless somebody reads it', () => {
  const text =
    'name: a\nduration: 1m\nservices: [{name: a, location: europe-west3, load: {arrivals: {trace: t.csv}}}]\n';
  const [missing] = loadScenario(text, 'a.yaml').problems;
  expect(missing.code).toBe('FILE_MISSING');
  const read = () => {
    throw new Unreadable('the shelf is locked');
  };
  const [locked] = loadScenario(text, 'a.yaml', { read }).problems;
  expect(formatProblem(locked)).toContain('the shelf is locked');
});
