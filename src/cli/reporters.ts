/**
 * Files for other tools: JUnit for test reports of CI systems, Markdown for pull requests, and for GitHub a job
 * summary with annotations at the lines of the objectives that are not met.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Outcome } from '../experiment/batch.ts';
import { CannotWrite, whyUnwritten, writeWhole } from '../experiment/store.ts';
import type { ObjectiveSummary } from '../probes/results.ts';
import { objectiveLimit, objectiveValue, overallVerdict, verdictWords } from '../report/words.ts';
import type { Reporter } from './options.ts';
import type { Refused } from './scenarios.ts';
import type { Terminal } from './terminal.ts';

/**
 * Why these files cannot be written beside what is read and what else is written; null: they can. GitHub's summary may
 * stand anywhere but there: it is added to.
 *
 * @param inputs the scenarios
 * @param out the results folder, in which each scenario has a folder of its own
 */
export function clash(reporters: readonly Reporter[], inputs: readonly string[], out: string): string | null {
  const taken = new Map(inputs.map((file) => [resolve(file), 'a scenario of this call']));
  const results = resolve(out);
  for (const { name, file } of reporters) {
    const path = resolve(file);
    const within = relative(results, path).split(sep);
    const isOfResults =
      within[0] !== '..' && !isAbsolute(within[0]) && (within.length > 1 || within[0] === 'index.html');
    const what = taken.get(path) ?? (isOfResults ? 'among the results' : undefined);
    if (what !== undefined) return `--reporter ${name}=${file}: that is ${what}; give a file of its own`;
    taken.set(path, 'the file of another reporter');
  }
  return null;
}

/** Writes one reporter's file. */
export function report(
  { name, file }: Reporter,
  outcomes: readonly Outcome[],
  refused: readonly Refused[],
  terminal: Terminal,
): void {
  if (name === 'junit') writeWhole(file, junit(outcomes, refused));
  else if (name === 'markdown') writeWhole(file, markdown(outcomes, refused));
  else {
    // Steps of one job share their summary file, so this adds to it.
    try {
      appendFileSync(file, markdown(outcomes, refused));
    } catch (error) {
      throw new CannotWrite(`cannot write ${file}: ${whyUnwritten(error, 'another file')}`);
    }
    for (const line of annotations(outcomes, refused)) terminal.error(line);
  }
}

/**
 * One test suite a scenario, one test case an objective; a scenario without any has one case, that it ran, and one that is
 * wrong is an error under the name of its file.
 */
export function junit(outcomes: readonly Outcome[], refused: readonly Refused[] = []): string {
  const all = [
    ...outcomes.map((outcome) => ({ name: outcome.job.plan.name, cases: casesOf(outcome) })),
    ...refused.map(({ file, line, message }) => ({
      name: file,
      cases: [{ title: 'loads', kind: 'error' as const, message: `line ${line}: ${message}` }],
    })),
  ];
  const suites = all.map(({ name, cases }) => {
    const failures = cases.filter(({ kind }) => kind === 'failure').length;
    const errors = cases.filter(({ kind }) => kind === 'error').length;
    const skipped = cases.filter(({ kind }) => kind === 'skipped').length;
    const lines = cases.map(({ title, kind, message }) => {
      const open = `    <testcase classname="${xml(name)}" name="${xml(title)}" time="0"`;
      return kind === null ? `${open}/>` : `${open}><${kind} message="${xml(message)}"/></testcase>`;
    });
    return (
      `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${failures}" errors="${errors}" ` +
      `skipped="${skipped}" time="0">\n${lines.join('\n')}\n  </testsuite>\n`
    );
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="cmeksim">\n${suites.join('')}</testsuites>\n`;
}

/** A table over the batch, and the objectives of each scenario below it. */
export function markdown(outcomes: readonly Outcome[], refused: readonly Refused[] = []): string {
  const overview = [
    ...outcomes.map((outcome) => `| ${cell(outcome.job.plan.name)} | ${cell(verdictOf(outcome))} |\n`),
    ...refused.map(
      ({ file, line, message }) => `| ${cell(file)} | ${cell(`not run: line ${line}: ${message}`)} |\n`,
    ),
  ];
  const details = outcomes.map((outcome) => {
    if (outcome.status !== 'finished' || outcome.summary.objectives.length === 0) return '';
    const rows = outcome.summary.objectives.map(
      (objective) =>
        `| ${cell(titleOf(objective))} | ${cell(objectiveLimit(objective))} | ${cell(objectiveValue(objective))} | ` +
        `${verdictWords(objective.verdict)}${objective.severity === 'warn' ? ' (warning)' : ''} |\n`,
    );
    return (
      `\n### ${cell(outcome.job.plan.name)}\n\n` +
      `| Objective | Limit | Result | Verdict |\n| --- | --- | --- | --- |\n${rows.join('')}`
    );
  });
  return `## cmeksim\n\n| Scenario | Verdict |\n| --- | --- |\n${overview.join('')}${details.join('')}`;
}

/** Workflow commands that mark the lines of objectives which are not met. */
export function annotations(outcomes: readonly Outcome[], refused: readonly Refused[] = []): string[] {
  const wrong = refused.map(
    ({ file, line, message }) => `::error file=${property(file)},line=${line}::${data(message)}`,
  );
  const judged = outcomes.flatMap((outcome) => {
    const { file } = outcome.job;
    if (outcome.status !== 'finished') {
      return [`::error file=${property(file)}::${data(`${outcome.job.plan.name}: ${outcome.message}`)}`];
    }
    return outcome.summary.objectives
      .filter(({ verdict }) => verdict !== 'met')
      .map((objective) => {
        const level =
          objective.severity === 'warn' || objective.verdict === 'inconclusive' ? 'warning' : 'error';
        const text = `${outcome.job.plan.name}: ${titleOf(objective)}: ${objective.verdict}, ${objectiveValue(objective)}`;
        return `::${level} file=${property(file)},line=${lineOf(file, objective.expect)}::${data(text)}`;
      });
  });
  return [...wrong, ...judged];
}

interface Case {
  readonly title: string;
  readonly kind: 'failure' | 'error' | 'skipped' | null;
  readonly message: string;
}

function casesOf(outcome: Outcome): Case[] {
  if (outcome.status !== 'finished') return [{ title: 'runs', kind: 'error', message: outcome.message }];
  const { objectives } = outcome.summary;
  if (objectives.length === 0) return [{ title: 'runs', kind: null, message: '' }];
  return objectives.map((objective) => {
    const { verdict, severity } = objective;
    const message = `${verdict}: ${objectiveValue(objective)}`;
    const kind =
      verdict === 'met' ? null : severity === 'warn' || verdict === 'inconclusive' ? 'skipped' : 'failure';
    return { title: titleOf(objective), kind, message };
  });
}

const verdictOf = (outcome: Outcome): string =>
  outcome.status === 'finished'
    ? verdictWords(overallVerdict(outcome.summary.objectives))
    : `${outcome.status}: ${outcome.message}`;

const titleOf = ({ expect, service, during }: ObjectiveSummary): string =>
  expect + (service === null ? '' : `, service ${service}`) + (during === null ? '' : `, during ${during}`);

/** The line on which an objective stands; 1 where it is not found, as after an override. */
function lineOf(file: string, expect: string): number {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return (
      Math.max(
        0,
        lines.findIndex((line) => line.includes(expect)),
      ) + 1
    );
  } catch {
    return 1;
  }
}

const xml = (text: string): string =>
  text
    // Characters that XML 1.0 has no way to write.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');

const cell = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replace(/\s*\n\s*/g, ' ');

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
