/** The rows of a validation as files: CSV, JSON, and a table in Markdown. The same rows give the same bytes. */
import type { CoverageRow } from './coverage.ts';
import type { Row } from './row.ts';

const csv = (columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  [columns, ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');

const cell = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const markdown = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');

/** Six digits: more than any of these figures is known to. */
export const short = (value: number): string => String(Number(value.toPrecision(6)));

const verdict = (within: boolean): string => (within ? 'within' : 'OUTSIDE');

const GROUPS: readonly (readonly [kind: Row['kind'], what: string])[] = [
  ['formula', 'formulas against numbers worked out by hand'],
  ['vector', 'readings with a decision worked out in the rules'],
  ['planted', 'planted defects noticed'],
  ['sample', 'figures of drawn systems'],
];

export const COLUMNS = ['oracle', 'what', 'ours', 'theory', 'z', 's.e.', 'tolerance', 'verdict'] as const;

/** The rows a reader looks at: figures of the simulator one by one, the rest counted, and whatever is wrong. */
export function table(rows: readonly Row[]): readonly (readonly string[])[] {
  const shown = rows.filter(({ kind, within }) => kind === 'claim' || kind === 'ensemble' || !within);
  const counted = GROUPS.flatMap(([kind, what]) => {
    const own = rows.filter((row) => row.kind === kind);
    if (own.length === 0) return [];
    const good = own.filter(({ within }) => within).length;
    return [['all', what, String(good), String(own.length), '', '', 'all', verdict(good === own.length)]];
  });
  return [
    ...shown.map((row) => [
      row.oracle,
      row.what,
      short(row.ours),
      short(row.theory),
      row.z === null ? '' : row.z.toFixed(2),
      row.relativeError === null || row.relativeError === 0
        ? ''
        : `${(100 * row.relativeError).toFixed(2)} %`,
      row.tolerance,
      verdict(row.within),
    ]),
    ...counted,
  ];
}

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** Files of a validation, by name. */
export function validationFiles(rows: readonly Row[], seed: string): ReadonlyMap<string, string> {
  const columns = [
    'kind',
    'oracle',
    'what',
    'ours',
    'theory',
    'z',
    'relative_error',
    'tolerance',
    'replications',
    'requests',
    'verdict',
  ];
  const outside = rows.filter(({ within }) => !within).length;
  return new Map([
    [
      'validation.csv',
      csv(
        columns,
        rows.map((row) => [
          row.kind,
          row.oracle,
          row.what,
          row.ours,
          row.theory,
          row.z,
          row.relativeError,
          row.tolerance,
          row.replications,
          row.requests,
          verdict(row.within),
        ]),
      ),
    ],
    ['validation.json', asJson({ seed, outside, rows })],
    [
      'validation.md',
      `# Validation\n\nSeed ${seed}: ${rows.length} comparisons, ${outside} outside their tolerance. ` +
        'z is the difference in standard errors of independent replications, s.e. the standard error over the ' +
        'expected value. Each single figure is in validation.csv; where the formulas come from stands in ' +
        'docs/manual/09-validation.md.\n\n' +
        markdown(COLUMNS, table(rows)),
    ],
  ]);
}

export const COVERAGE_COLUMNS = [
  'system',
  'figure',
  'level',
  'coverage',
  's.e.',
  'asked',
  'half-width',
  'bias',
  'verdict',
] as const;

export const coverageTable = (rows: readonly CoverageRow[]): readonly (readonly string[])[] =>
  rows.map((row) => [
    row.system,
    row.figure,
    `${100 * row.level} %`,
    `${row.coverage.toFixed(2)} %`,
    `${row.error.toFixed(2)}`,
    row.low === null
      ? 'told'
      : row.high === null
        ? `>= ${row.low.toFixed(2)}`
        : `${row.low.toFixed(2)} to ${row.high.toFixed(2)}`,
    `${(100 * row.halfWidth).toFixed(1)} %`,
    `${(100 * row.bias).toFixed(2)} %`,
    verdict(row.within),
  ]);

/** Files of a coverage experiment, by name. */
export function coverageFiles(rows: readonly CoverageRow[], seed: string): ReadonlyMap<string, string> {
  const [{ experiments, replications }] = rows;
  const columns = Object.keys(rows[0]) as (keyof CoverageRow)[];
  return new Map([
    [
      'coverage.csv',
      csv(
        columns.map((name) => (name === 'within' ? 'verdict' : name)),
        rows.map((row) =>
          columns.map((name) =>
            name === 'within' ? verdict(row.within) : (row[name] as string | number | null),
          ),
        ),
      ),
    ],
    ['coverage.json', asJson({ seed, rows })],
    [
      'coverage.md',
      `# Coverage of intervals\n\nSeed ${seed}: ${experiments} experiments a system, each of ${replications} ` +
        'replications of about 5,000 requests after the warm-up was deleted; coverage in percent with its binomial ' +
        'standard error. The bounds hold for 4,000 experiments and are wider with fewer.\n\n' +
        markdown(COVERAGE_COLUMNS, coverageTable(rows)),
    ],
  ]);
}
