/**
 * What a search found, to be kept: a table of every value that was tried, as Markdown and as CSV, and a chart of
 * each objective's figure over the value that was varied, with its limit.
 *
 * All values met the same luck, so the differences between them are their own. The chart shows what the search took
 * on trust: that what is enough stays enough.
 */
import type { Cell, ObjectiveSummary, Summary, Verdict } from '../probes/results.ts';
import type { Spec } from './chart-frame.ts';
import { csvFrom } from './csv.ts';
import { commandLine, overrideWords, scenarioFile } from './invocation.ts';
import { BLUE, INK, VERMILION } from './palette.ts';
import { standalone, svgFrom } from './svg.ts';
import { FIGURE_COLUMNS, FIGURES, figures, figureValues } from './variants.ts';
import { objectiveHeading, objectiveValue, overallVerdict, verdictWords } from './words.ts';

export interface Tried {
  /** As it stands in the scenario: `16`, `900/min`. */
  readonly value: string;
  readonly summary: Summary;
}

export interface SearchResult {
  /** The field that was varied. */
  readonly path: string;
  readonly goal: 'smallest' | 'largest';
  /** The values to choose from, as given. */
  readonly range: { readonly from: string; readonly to: string; readonly step: string };
  /** What was set besides, as `PATH=VALUE`. */
  readonly set: readonly string[];
  /** Ascending. */
  readonly tried: readonly Tried[];
  /** The value found; null where none meets every objective. */
  readonly found: string | null;
}

/** The files of a search by name, which is made from the last part of the field: `limit.md`, `limit.csv`, `limit.svg`. */
export async function searchFiles(search: SearchResult): Promise<Map<string, string>> {
  const name = `find-${search.path.split('.').slice(-1)[0]}`;
  return new Map([
    [`${name}.csv`, asCsv(search)],
    [`${name}.md`, asMarkdown(search, name)],
    [`${name}.svg`, standalone(await svgFrom(chart(search), name))],
  ]);
}

function asMarkdown(search: SearchResult, name: string): string {
  const { path, tried, found } = search;
  const { scenario, objectives } = tried[0].summary;
  const head = [path.split('.').slice(-1)[0], ...objectives.map(objectiveHeading), ...FIGURES, 'verdict'];
  const rows = tried.map(({ value, summary }) => [
    value === found ? `**${value}**` : value,
    ...summary.objectives.map((objective) => objectiveValue(objective)),
    ...figures(summary),
    verdictWords(overallVerdict(summary.objectives)),
  ]);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const runs =
    scenario.replications === 1 ? 'one run each, the same seed' : `${scenario.replications} runs each`;
  return [
    `# ${scenario.name}: ${path}`,
    '',
    `${answer(search)} (${runs}, seed ${scenario.seed}, quota policy ${scenario.quotaPolicy})`,
    '',
    `![What each value gives](${name}.svg)`,
    '',
    'In the picture the dashed line is the limit, the upright one the value found. The horizontal axis need not begin at 0.',
    '',
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
    '',
    '`p99` is that of the worst service; `not served` and `cold` count requests; `instances` are the mean; counts are totals over all services and keys.',
    '',
    ...madeFrom(search),
    '',
  ].join('\n');
}

/** What was found, among what, and what is taken on trust. */
function answer({ path, goal, range: { from, to, step }, tried, found }: SearchResult): string {
  const among = `from ${from} to ${to} in steps of ${step}`;
  if (found === null) return `No value of \`${path}\` that was tried (${among}) meets every objective.`;
  const place = tried.findIndex(({ value }) => value === found);
  const next = tried[goal === 'smallest' ? place - 1 : place + 1];
  const border =
    next === undefined
      ? `it is the ${goal} of the range`
      : `${next.value}, the next ${goal === 'smallest' ? 'below' : 'above'}, does not`;
  return `The ${goal} value of \`${path}\` ${among} that meets every objective is **${found}**: ${border}. Values that are not in the table were not tried; it is taken on trust that what is enough stays enough.`;
}

/** What repeats the search. */
function madeFrom({ path, goal, range, set, tried, found }: SearchResult): readonly string[] {
  const { tool, scenario } = (tried.find(({ value }) => value === found) ?? tried[0]).summary;
  const command = commandLine([
    ...['cmeksim', 'find', scenarioFile(scenario), '--vary', path],
    ...['--from', range.from, '--to', range.to, '--step', range.step],
    ...(goal === 'largest' ? ['--largest'] : []),
    ...['--seed', scenario.seed, '--replications', String(scenario.replications)],
    ...overrideWords(set),
  ]);
  return [
    `Made by ${tool.name} ${tool.version}; hash of the scenario with ${found ?? tried[0].value}: \`${scenario.hash}\`. Again:`,
    '',
    `    ${command}`,
  ];
}

/** Each objective's column says its unit, the others end in it. */
function asCsv({ path, tried }: SearchResult): string {
  const { objectives } = tried[0].summary;
  return csvFrom({
    columns: [
      path,
      ...objectives.map((objective) => `${objectiveHeading(objective)} (${objective.unit})`),
      ...FIGURE_COLUMNS,
      'verdict',
    ],
    rows: tried.map(({ value, summary }): Cell[] => [
      value,
      ...summary.objectives.map((objective) => objective.value),
      ...figureValues(summary),
      overallVerdict(summary.objectives),
    ]),
  });
}

const MARKS: readonly { readonly name: Verdict; readonly colour: string; readonly shape: string }[] = [
  { name: 'met', colour: BLUE, shape: 'circle' },
  { name: 'missed', colour: VERMILION, shape: 'cross' },
  { name: 'inconclusive', colour: INK, shape: 'diamond' },
];

/** One panel an objective: its figure over the varied value, its limit as a dashed line. */
function chart({ path, tried, found }: SearchResult): Spec {
  const { objectives, scenario } = tried[0].summary;
  const field = path.split('.').slice(-1)[0];
  const unit = /[A-Za-z%/]+$/.exec(tried[0].value)?.[0] ?? '';
  const shown = MARKS.filter(({ name }) =>
    tried.some(({ summary }) => summary.objectives.some(({ verdict }) => verdict === name)),
  );
  const legend = { title: null, orient: 'top' };
  const panels = objectives.map((objective, place) => {
    const points = tried.flatMap(({ value, summary }) => {
      const { value: figure, verdict } = summary.objectives[place];
      return figure === null ? [] : [{ x: parseFloat(value), y: scaled(objective, figure), verdict }];
    });
    const limit = scaled(objective, objective.limit);
    return {
      title: objectiveHeading(objective),
      width: 560,
      height: 160,
      layer: [
        {
          data: { values: [{ y: limit }] },
          mark: { type: 'rule', strokeDash: [6, 4], color: VERMILION },
          encoding: { y: { field: 'y', type: 'quantitative' } },
        },
        ...(found === null
          ? []
          : [
              {
                data: { values: [{ x: parseFloat(found) }] },
                mark: { type: 'rule', color: INK, opacity: 0.5 },
                encoding: { x: { field: 'x', type: 'quantitative' } },
              },
            ]),
        {
          data: { values: points },
          mark: { type: 'line', color: BLUE, strokeWidth: 1 },
          encoding: axes(field, unit, objective),
        },
        {
          data: { values: points },
          mark: { type: 'point', filled: true, size: 60 },
          encoding: {
            ...axes(field, unit, objective),
            shape: {
              field: 'verdict',
              type: 'nominal',
              scale: { domain: shown.map(({ name }) => name), range: shown.map(({ shape }) => shape) },
              legend,
            },
            color: {
              field: 'verdict',
              type: 'nominal',
              scale: { domain: shown.map(({ name }) => name), range: shown.map(({ colour }) => colour) },
              legend,
            },
          },
        },
      ],
    };
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `${scenario.name}: each objective over ${path}; circles meet it, crosses miss it, the dashed line is its limit`,
    background: 'transparent',
    config: {
      title: { color: INK, anchor: 'start', fontSize: 12 },
      axis: {
        labelColor: INK,
        titleColor: INK,
        domainColor: INK,
        tickColor: INK,
        gridColor: INK,
        gridOpacity: 0.15,
      },
      legend: { labelColor: INK },
      view: { stroke: null },
    },
    vconcat: panels,
  };
}

const axes = (field: string, unit: string, objective: ObjectiveSummary): Spec => ({
  x: {
    field: 'x',
    type: 'quantitative',
    title: unit === '' ? field : `${field} (${unit.replace('/', 'per ')})`,
    scale: { zero: false },
    axis: { format: '~r' },
  },
  y: {
    field: 'y',
    type: 'quantitative',
    title: UNITS[objective.unit] ?? objective.unit,
    axis: { format: '~r' },
  },
});

const UNITS: Readonly<Record<string, string>> = { ms: 'seconds', ratio: 'percent' };

const scaled = ({ unit }: ObjectiveSummary, value: number): number =>
  unit === 'ms' ? value / 1000 : unit === 'ratio' ? value * 100 : value;
