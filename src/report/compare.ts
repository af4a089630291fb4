/**
 * A comparison for eyes and for spreadsheets: a line a figure with both sides, the difference and what is said of
 * it; the files of a comparison; and a page with a chart of all differences on one scale.
 *
 * The chart is in percent of A, because that is the only scale on which milliseconds and instances stand side by
 * side. What does not occur on either side is left out for readers, and stands in the CSV file.
 */
import type { ComparedFigure, Comparison } from '../experiment/compare.ts';
import type { Summary } from '../probes/results.ts';
import type { Spec } from './chart-frame.ts';
import { csvFrom } from './csv.ts';
import { type Fragment, markup, page, raw, table } from './html.ts';
import { BLUE, GREY, INK, VERMILION } from './palette.ts';
import { STYLE } from './style.ts';
import { standalone, svgFrom } from './svg.ts';
import {
  inUnit,
  many,
  NOTHING,
  number,
  objectiveHeading,
  percent,
  points,
  seconds,
  verdictWords,
} from './words.ts';

/** What is compared with what, in words. */
export interface Compared {
  readonly a: string;
  readonly b: string;
  readonly seed: string;
  /** What the two sides came from. */
  readonly origins: { readonly a: Origin; readonly b: Origin };
  /** The line that compares them again. */
  readonly command: string;
  /** What a reader has to know before believing the numbers. */
  readonly notes: readonly string[];
  readonly comparison: Comparison;
}

/** A side: what was named on the command line, and the summary of its runs. */
export interface Origin {
  readonly path: string;
  readonly summary: Summary;
}

export const COLUMNS: readonly string[] = ['figure', 'A', 'B', 'B - A', 'verdict'];

/** The lines of {@link COLUMNS}, objectives first; figures that are 0 on both sides are left out. */
export const lines = ({ figures }: Comparison): readonly (readonly string[])[] =>
  figures
    .filter((figure) => figure.a !== 0 || figure.b !== 0)
    .map((figure) => [
      shortName(figure.metric),
      figure.a === null ? NOTHING : amount(figure.a, figure.unit),
      figure.b === null ? NOTHING : amount(figure.b, figure.unit),
      difference(figure),
      SIGNS[figure.verdict],
    ]);

/** `A meets …`, an objective a line; those that are no step back only where a verdict is not `met`. */
export const objectiveLines = ({ objectives }: Comparison): readonly string[] =>
  objectives.map((objective) => {
    const { a, b, severity, result, because } = objective;
    const warning = severity === 'warn' ? ' (warning only)' : '';
    const said = because === '' ? result : `${result}: ${because}`;
    return `${objectiveHeading(objective)}: A ${verdictWords(a)}, B ${verdictWords(b)}: ${said}${warning}`;
  });

/** What comes of it, in a few words; a miss of A that B repairs is told too. */
export function headline({ verdict, objectives }: Comparison): string {
  const repaired = objectives.filter(({ a, b }) => a === 'missed' && b === 'met').length;
  return {
    regression: '✗ regression: B is a step back from A',
    inconclusive: '? inconclusive: more replications are needed to tell whether B is a step back',
    'no regression':
      repaired > 0
        ? `✓ no regression shown; B meets ${many(repaired, 'objective')} that A misses`
        : '✓ no regression shown',
    'no objectives': '· no objectives in common, so nothing counts as a regression',
  }[verdict];
}

/** On how much that rests. */
export function basis({ pairs, confidence, figures }: Comparison): string {
  if (pairs === 1) return 'one run: points without intervals; --replications gives intervals';
  const gains = figures.flatMap(({ variance_reduction: gain }) => (gain === null ? [] : [gain]));
  const half = gains.length === 0 ? 1 : round(median(gains));
  const gain =
    half < 1.1 ? '' : `; variances are ${number(half)} times smaller than with luck of their own (median)`;
  return `${many(pairs, 'pair')}, ${percent(confidence)} confidence, verdicts after Holm${gain}`;
}

/** The files of a comparison by name. Without charts: the CSV alone. */
export async function comparisonFiles(
  compared: Compared,
  { charts }: { readonly charts: boolean },
): Promise<Map<string, string>> {
  const files = new Map([['compare.csv', asCsv(compared.comparison)]]);
  if (!charts) return files;
  const spec = chart(compared);
  const svg = spec === null ? null : await svgFrom(spec, 'compare');
  if (svg !== null) files.set('compare.svg', standalone(svg));
  files.set('compare.html', pageOf(compared, svg));
  return files;
}

const CSV_COLUMNS = [
  'a',
  'b',
  'difference',
  'low',
  'high',
  'ratio',
  'ratio_low',
  'ratio_high',
  'pairs',
  'probability',
  'corrected',
  'variance_reduction',
  'verdict',
] as const;

const asCsv = ({ figures }: Comparison): string =>
  csvFrom({
    columns: ['metric', 'unit', 'family', ...CSV_COLUMNS],
    rows: figures.map((figure) => [
      figure.metric,
      figure.unit,
      figure.family,
      ...CSV_COLUMNS.map((name) => figure[name]),
    ]),
  });

const SIGNS: Readonly<Record<ComparedFigure['verdict'], string>> = {
  better: '✓ better',
  worse: '✗ worse',
  higher: '↑ higher',
  lower: '↓ lower',
  'no difference shown': '· no difference shown',
  same: '= same',
  'one run': '· one run',
  'no data': '∅ no data',
};

const shortName = (metric: string): string => metric.replace(/^(services|objectives)\./, '');

function difference({ difference: middle, low, high, unit }: ComparedFigure): string {
  if (middle === null) return NOTHING;
  const words = (value: number): string => {
    const text = unit === 'ratio' ? points(value) : amount(value, unit);
    return value > 0 ? `+${text}` : text;
  };
  return low === null || high === null ? words(middle) : `${words(middle)} [${words(low)}, ${words(high)}]`;
}

const amount = (value: number, unit: ComparedFigure['unit']): string =>
  unit === 'USD' ? `${number(value)} USD` : inUnit(value, unit);

const round = (value: number): number => Number(value.toPrecision(3));

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Changes beyond this many percent are drawn at the border; the table has them in full. */
const BORDER = 200;

const MARKS: readonly {
  readonly name: ComparedFigure['verdict'];
  readonly colour: string;
  readonly shape: string;
}[] = [
  { name: 'better', colour: BLUE, shape: 'circle' },
  { name: 'worse', colour: VERMILION, shape: 'cross' },
  { name: 'higher', colour: INK, shape: 'triangle-up' },
  { name: 'lower', colour: INK, shape: 'triangle-down' },
  { name: 'no difference shown', colour: GREY, shape: 'diamond' },
  { name: 'one run', colour: GREY, shape: 'diamond' },
];

/** Every figure's change in percent of A, with its interval; null where no figure has one. */
function chart({ a, b, comparison }: Compared): Spec | null {
  const values = comparison.figures.flatMap((figure) => {
    const { ratio, ratio_low, ratio_high, verdict, metric } = figure;
    if (ratio === null || verdict === 'same') return [];
    const change = (value: number): number => Math.max(-100, Math.min(BORDER, round(value * 100 - 100)));
    return [
      {
        figure: shortName(metric),
        change: change(ratio),
        low: change(ratio_low ?? ratio),
        high: change(ratio_high ?? ratio),
        verdict,
      },
    ];
  });
  if (values.length === 0) return null;
  const x = {
    type: 'quantitative',
    title: `change from A to B, percent of A (beyond ${BORDER}: at the border)`,
    ...percentAxis(values.flatMap(({ low, high }) => [low, high])),
  };
  const shown = MARKS.filter(({ name }) => values.some((value) => value.verdict === name));
  const y = { field: 'figure', type: 'nominal', sort: null, title: null };
  const verdict = {
    field: 'verdict',
    type: 'nominal',
    scale: { domain: shown.map(({ name }) => name), range: shown.map(({ colour }) => colour) },
    legend: { title: null, orient: 'top' },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `Change of each figure from A (${a}) to B (${b}), in percent of A, with its interval`,
    background: 'transparent',
    width: 420,
    height: { step: 18 },
    config: {
      axis: {
        labelColor: INK,
        titleColor: INK,
        domainColor: INK,
        tickColor: INK,
        gridColor: INK,
        gridOpacity: 0.15,
        labelLimit: 320,
      },
      legend: { labelColor: INK },
      view: { stroke: null },
    },
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: 'rule', color: INK, opacity: 0.6 },
        encoding: { x: { ...x, field: 'zero' } },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, color: verdict },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 60, opacity: 1 },
        encoding: {
          x: { ...x, field: 'change' },
          y,
          color: verdict,
          shape: {
            ...verdict,
            scale: { domain: verdict.scale.domain, range: shown.map(({ shape }) => shape) },
          },
        },
      },
    ],
  };
}

/** Names of figures that are not drawn; all are in the table. */
const MOST_NAMED = 8;

/** What the marks mean, and what could not be drawn. */
function chartCaption({ pairs, figures }: Comparison): string {
  const marks =
    pairs === 1
      ? 'One run each: points without intervals, and all of them may be chance.'
      : 'Higher and lower are said of figures of which neither is better. ' +
        "A line is an interval. One that does not cross 0 may still be chance, because many figures are looked at together: it is grey where no difference is left after Holm's correction for their number.";
  const fromNothing = figures.filter(({ a, b }) => a === 0 && b !== null && b !== 0);
  const named = fromNothing
    .slice(0, MOST_NAMED)
    .map(({ metric, b, unit }) => `${shortName(metric)} (from 0 to ${amount(b!, unit)})`);
  const left = fromNothing.length - named.length;
  const missing =
    named.length === 0
      ? ''
      : ` Not drawn, because there is no percentage of 0: ${named.join(', ')}${left > 0 ? `, and ${many(left, 'figure')} more` : ''}.`;
  return `Change from A to B. ${marks}${missing}`;
}

/** What was compared, to the hash, and the line that does it again. */
function again({ origins: { a, b }, command }: Compared): Fragment {
  const row = (what: string, of: (origin: Origin) => string): (string | Fragment)[] => [
    what,
    ...[a, b].map((origin) => markup`<code>${of(origin)}</code>`),
  ];
  return markup`<section id="reproduce">
    <h2>Compare them again</h2>
    <pre><code>${command}</code></pre>
    <p>Called like this, the same version gives the same bytes on every machine.</p>
    ${table(
      'What this page was made from',
      ['What', 'A', 'B'],
      [
        row('Named', ({ path }) => path),
        row('Scenario', ({ summary }) => summary.scenario.name),
        row('Scenario hash', ({ summary }) => summary.scenario.hash),
        row('Set differently', ({ summary }) => (summary.scenario.set ?? []).join(', ') || NOTHING),
        row('Version', ({ summary }) => `${summary.tool.name} ${summary.tool.version}`),
        row('Seed', ({ summary }) => summary.scenario.seed),
        row('Replications', ({ summary }) => number(summary.scenario.replications)),
        row('Quota policy', ({ summary }) => summary.scenario.quotaPolicy),
        row('Mode', ({ summary }) => summary.scenario.mode ?? 'exact'),
        row('Simulated', ({ summary }) => seconds(summary.scenario.duration_s)),
        row('Of it warm-up', ({ summary }) => seconds(summary.scenario.warm_up_s)),
        row('Fingerprint', ({ summary }) => summary.engine.fingerprint),
      ],
    )}
  </section> `;
}

/** Steps between ticks, percent. */
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
const MOST_TICKS = 8;

/** From the least to the greatest change, no change among them, with ticks that fall on 0. */
function percentAxis(changes: readonly number[]): Spec {
  const least = changes.reduce((low, change) => Math.min(low, change), 0);
  const most = changes.reduce((high, change) => Math.max(high, change), 0);
  const step = STEPS.find((size) => (most - least) / size <= MOST_TICKS) ?? STEPS[STEPS.length - 1];
  const [from, to] = [
    Math.floor(least / step),
    Math.max(Math.ceil(most / step), Math.floor(least / step) + 1),
  ];
  const values = Array.from({ length: to - from + 1 }, (_, index) => round((from + index) * step));
  return {
    scale: { domain: [values[0], values[values.length - 1]], nice: false },
    axis: { values, format: '~r' },
  };
}

const TONES = { regression: 'missed', inconclusive: 'open', 'no regression': 'met', 'no objectives': 'open' };

function pageOf(compared: Compared, svg: string | null): string {
  const { a, b, seed, notes, comparison } = compared;
  const list = (items: readonly string[]): Fragment => markup`<ul>
    ${items.map((item) => markup`<li>${item}</li>`)}
  </ul> `;
  const body = markup`<header id="verdict">
      <h1>${a} and ${b}</h1>
      <div class="verdict ${TONES[comparison.verdict]}">
        <p class="word">${headline(comparison)}</p>
        <p>${basis(comparison)}</p>
        <p class="soft">A is ${a}, B is ${b}; seed ${seed}, the same luck on both sides.</p>
      </div>
    </header>
    <main>
      ${
        notes.length === 0
          ? null
          : markup`<section id="notes">
              <h2>Before you compare</h2>
              ${list(notes)}
            </section> `
      }
      ${
        comparison.objectives.length === 0
          ? null
          : markup`<section id="objectives">
              <h2>Objectives</h2>
              ${list(objectiveLines(comparison))}
            </section> `
      }
      <section id="figures">
        <h2>Figures</h2>
        ${
          svg === null
            ? null
            : markup`<figure>
                ${raw(svg)}
                <figcaption>${chartCaption(comparison)}</figcaption>
              </figure> `
        }
        ${table('Each figure on both sides; those that are 0 on both are left out', COLUMNS, lines(comparison))}
      </section>
      ${again(compared)}
    </main>
    <footer>
      <p>
        Means over pairs of replications with the same luck; intervals are Student's t over the differences of
        pairs; a verdict holds after Holm's correction for the number of figures.
      </p>
    </footer> `;
  return page(`${a} and ${b}: ${headline(comparison)}`, STYLE, body);
}
