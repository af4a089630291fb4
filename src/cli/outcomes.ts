/** What became of a batch, as a table for people and as JSON for programs. */
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Outcome } from '../experiment/batch.ts';
import { folderName } from '../experiment/store.ts';
import type { BatchEntry } from '../report/render.ts';
import { summaryTable, verdictLines } from '../report/summary-table.ts';
import { overallVerdict } from '../report/words.ts';
import type { Terminal } from './terminal.ts';

/** An outcome as the report's floor lists it. */
export const entryOf = (outcome: Outcome): BatchEntry =>
  outcome.status === 'finished'
    ? (outcome.overview as BatchEntry)
    : { kind: 'failed', name: outcome.job.plan.name, problem: outcome.message };

/** One line a scenario with its verdict and the figures that matter most; below, why it has that verdict. */
export function asTable(outcomes: readonly Outcome[], terminal: Terminal): string {
  const reasons = outcomes.flatMap((outcome) =>
    outcome.status === 'finished'
      ? verdictLines(outcome.summary)
      : [`${outcome.job.plan.name}: ${outcome.status}: ${outcome.message}`],
  );
  const text = `${summaryTable(outcomes.map(entryOf))}\n${reasons.map((line) => `${line}\n`).join('')}`;
  return terminal.colourOut
    ? text
        .replaceAll(/✓ met/g, (word) => styleText('green', word))
        .replaceAll(/✗ missed|! failed/g, (word) => styleText('red', word))
        .replaceAll(/\? inconclusive|∅ no data/g, (word) => styleText('yellow', word))
    : text;
}

/** A list with one entry a scenario, in the order of the batch. */
export function asJson(outcomes: readonly Outcome[], { out }: { readonly out: string }): string {
  const entries = outcomes.map((outcome) => {
    const { name } = outcome.job.plan;
    const head = { scenario: name, file: outcome.job.file, status: outcome.status };
    return outcome.status === 'finished'
      ? {
          ...head,
          verdict: overallVerdict(outcome.summary.objectives),
          folder: join(out, folderName(name)),
          summary: outcome.summary,
        }
      : { ...head, message: outcome.message };
  });
  return JSON.stringify(entries, null, 2);
}
