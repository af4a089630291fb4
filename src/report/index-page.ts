/**
 * The overview of an output folder: one row a scenario with its verdict, its curve of instances and the figures
 * one looks at first, and a link to its page where it has one. What failed is listed first, with its problem.
 */
import type { BatchEntry, FailedEntry, FinishedEntry } from './batch.ts';
import { type Fragment, markup, page, raw, table } from './html.ts';
import { verdictClass } from './page.ts';
import { STYLE } from './style.ts';
import { keyFigures } from './summary-table.ts';
import { many, type OverallVerdict, overallVerdict, verdictSentence, verdictWords } from './words.ts';

/** The whole page's text, entries in the order given. */
export function batchPage(entries: readonly BatchEntry[]): string {
  const done = entries.filter((entry) => entry.kind === 'finished');
  const failed = entries.filter((entry) => entry.kind === 'failed');
  const { words, tone } = batchVerdict(done, failed.length);
  const body = markup`<header id="verdict">
      <h1>Scenarios</h1>
      <div class="verdict ${tone}">
        <p class="word">
          ${words}
        </p>
      </div>
    </header>
    <main>${failed.length > 0 ? failures(failed) : null}${done.length > 0 ? overview(done) : null}</main>
    <footer>
      <p>
        The simulator is verified against queueing theory and the published autoscaler rules where its
        documentation says so. It is not calibrated against your services.
      </p>
    </footer> `;
  return page('Scenarios', STYLE, body);
}

/** Worst first, as the box tells them. */
const WORST_FIRST: readonly (readonly [OverallVerdict, string])[] = [
  ['missed', 'missed'],
  ['no data', 'without data'],
  ['inconclusive', 'inconclusive'],
  ['no objectives', 'without objectives'],
  ['met', 'met'],
];

/** How many scenarios have which verdict; the colour is that of the worst, and green says that each has met its own. */
function batchVerdict(
  done: readonly FinishedEntry[],
  failed: number,
): { readonly words: string; readonly tone: string } {
  const verdicts = done.map(({ summary }) => overallVerdict(summary.objectives));
  const counts = WORST_FIRST.map(
    ([verdict, words]) => [verdicts.filter((one) => one === verdict).length, verdict, words] as const,
  ).filter(([count]) => count > 0);
  const said = [
    ...(failed > 0 ? [`${failed} could not be run`] : []),
    ...counts.map(([count, , words]) => `${count} ${words}`),
  ];
  return {
    words: `${many(done.length, 'scenario')} simulated: ${said.join(', ')}`,
    tone: failed > 0 ? 'missed' : verdictClass(counts[0]?.[1] ?? 'no objectives'),
  };
}

function failures(failed: readonly FailedEntry[]): Fragment {
  const rows = failed.map(({ name, problem }) => [name, markup`<pre>${problem}</pre>`]);
  return markup`<section id="failed">
    <h2>Failed</h2>
    ${table('Scenarios that could not be run', ['Scenario', 'Problem'], rows)}
  </section> `;
}

function overview(done: readonly FinishedEntry[]): Fragment {
  const columns = [
    'Scenario',
    'Verdict',
    'Objectives',
    'Instances over time',
    'Requests',
    'Errors',
    'p99 of 2xx',
    'Max instances',
    'KMS operations',
    'KMS denied',
  ];
  const rows = done.map(({ href, summary, curve }) => {
    const { name } = summary.scenario;
    const verdict = overallVerdict(summary.objectives);
    const { requests, errors, p99, maxInstances, operations, exceeded } = keyFigures(summary);
    return [
      href === null ? name : markup`<a href="${href}">${name}</a>`,
      markup`<span class="${verdictClass(verdict)}">${verdictWords(verdict)}</span>`,
      markup`${verdictSentence(summary)}`,
      sparkline(curve),
      requests,
      errors,
      p99,
      maxInstances,
      operations,
      exceeded,
    ];
  });
  return markup`<section id="scenarios">
    <h2>Results</h2>
    ${table('Scenarios; of several services the largest p99 and the sum of instances', columns, rows)}
  </section> `;
}

const WIDTH = 120;
const HEIGHT = 26;

/** A curve without axes: its shape is the message, its greatest value stands in the table. */
function sparkline(curve: readonly number[]): Fragment {
  const most = curve.reduce((high, value) => Math.max(high, value), 0);
  // Of some runs only the summary was kept.
  if (curve.length === 0) return markup`–`;
  if (most === 0) return markup`no instances`;
  const step = WIDTH / curve.length;
  const place = (value: number): number => Math.round((HEIGHT - 1 - (value / most) * (HEIGHT - 2)) * 10) / 10;
  const points = curve.flatMap((value, index) => [
    `${Math.round(index * step * 10) / 10},${place(value)}`,
    `${Math.round((index + 1) * step * 10) / 10},${place(value)}`,
  ]);
  return markup`<svg
    role="img"
    aria-label="Instances over time, at most ${most}"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
  >
    <polyline points="${raw(points.join(' '))}" fill="none" stroke="currentColor" stroke-width="1.2" />
  </svg>`;
}
