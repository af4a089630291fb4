/**
 * A batch in the terminal: one table, and under it why a scenario has its verdict. Plain text; whoever prints
 * it may colour it.
 */
import type { Summary } from '../probes/results.ts';
import type { BatchEntry } from './batch.ts';
import {
  figure,
  largest,
  many,
  milliseconds,
  NOTHING,
  number,
  objectiveHeading,
  objectiveLimit,
  objectiveValue,
  overallVerdict,
  percent,
  sum,
  verdictSentence,
  verdictWords,
} from './words.ts';

const COLUMNS = [
  'scenario',
  'verdict',
  'requests',
  'errors',
  'p99',
  'max instances',
  'KMS ops',
  'exceeded',
] as const;

/** The table, a line per scenario, ending in LF. Numbers are to the right. */
export function summaryTable(entries: readonly BatchEntry[]): string {
  const rows = entries.map((entry): string[] => {
    if (entry.kind === 'failed') return [entry.name, '! failed', ...COLUMNS.slice(2).map(() => NOTHING)];
    const { requests, errors, p99, maxInstances, operations, exceeded } = keyFigures(entry.summary);
    const verdict = verdictWords(overallVerdict(entry.summary.objectives));
    return [entry.summary.scenario.name, verdict, requests, errors, p99, maxInstances, operations, exceeded];
  });
  const all: readonly (readonly string[])[] = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, column) =>
    all.reduce((most, row) => Math.max(most, [...row[column]].length), 0),
  );
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** `name: ✗ missed (2 of 5 objectives missed, one run)`, then a line for each objective that is not met. */
export function verdictLines(summary: Summary): string[] {
  const { scenario, objectives } = summary;
  const runs = scenario.replications === 1 ? 'one run' : `${scenario.replications} replications`;
  const head = `${scenario.name}: ${verdictWords(overallVerdict(objectives))} (${verdictSentence(summary)}, ${runs}${scenario.mode === undefined ? '' : `, ${scenario.mode} mode`})`;
  const lines = objectives
    .filter(({ verdict }) => verdict !== 'met')
    .map((objective) => {
      const warning = objective.severity === 'warn' ? ', warning only' : '';
      return `  ${verdictWords(objective.verdict)}: ${objectiveHeading(objective)}: ${objectiveValue(objective)}, wanted ${objectiveLimit(objective)}${warning}`;
    });
  const cautions = (summary.cautions ?? []).map((caution) => `  caution: ${caution}`);
  return [head, ...lines, ...bracketLine(summary), ...cautions];
}

/** Where the verdict hangs on how many decrypts a start makes: what it is at both ends. */
function bracketLine({ objectives, decrypts_bracket }: Summary): string[] {
  if (decrypts_bracket === null || decrypts_bracket === undefined) return [];
  const ends = [decrypts_bracket.low, decrypts_bracket.high];
  const verdicts = ends.map((end) =>
    overallVerdict(objectives.map((each, at) => ({ ...each, verdict: end.objectives[at].verdict }))),
  );
  if (verdicts.every((verdict) => verdict === overallVerdict(objectives))) return [];
  const words = ends.map(
    (end, at) => `with ${many(end.decrypts_per_start, 'decrypt')} a start ${verdictWords(verdicts[at])}`,
  );
  return [`  decrypts a start are not documented: ${words.join(', ')}`];
}

export interface KeyFigures {
  readonly requests: string;
  readonly errors: string;
  readonly p99: string;
  readonly maxInstances: string;
  readonly operations: string;
  readonly exceeded: string;
}

/**
 * The figures a scenario is known by, over all its services: requests arrived, share of the answers that are
 * errors, the largest p99 of the services' end-to-end latencies, the sum of their greatest instance counts.
 */
export function keyFigures({ services, kms }: Summary): KeyFigures {
  const one = services.length === 1 ? services[0] : null;
  const answered = sum(
    services.map(({ requests: r }) =>
      sum([r.served, r.code_429, r.code_499, r.code_500, r.code_503, r.code_504]),
    ),
  );
  const served = sum(services.map(({ requests }) => requests.served));
  const ratio =
    answered === null || served === null || answered === 0 ? null : Math.max(0, 1 - served / answered);
  const whole = (value: number): string => number(Math.round(value * 10) / 10);
  return {
    requests: figure(sum(services.map(({ requests }) => requests.arrived)), whole),
    errors: figure(one === null ? ratio : (sum([one.error_ratio]) ?? null), percent),
    p99: figure(largest(services.map(({ e2e_latencies_ms }) => e2e_latencies_ms.p99)), milliseconds),
    maxInstances: figure(sum(services.map(({ instances }) => instances.max)), whole),
    operations: figure(sum(kms.map(({ operations }) => operations)), whole),
    exceeded: figure(sum(kms.map(({ exceeded }) => exceeded)), whole),
  };
}
