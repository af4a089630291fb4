/**
 * The figures by which variants of one scenario are compared, in the terminal as in the files of a search; so that one
 * heading has one meaning.
 */
import type { Figure, Summary } from '../probes/results.ts';
import { figure, largest, middle, milliseconds, sum } from './words.ts';

interface VariantFigure {
  /** Head of its column for people. */
  readonly title: string;
  /** Name of its column in CSV files, with the unit. */
  readonly column: string;
  readonly of: (summary: Summary) => Figure;
  readonly words?: (value: number) => string;
}

/** Over several services the worst latency, and totals; all pools of Cloud KMS together. */
const ALL: readonly VariantFigure[] = [
  {
    title: 'p99',
    column: 'e2e_p99_ms',
    of: ({ services }) => largest(services.map(({ e2e_latencies_ms }) => e2e_latencies_ms.p99)),
    words: milliseconds,
  },
  {
    title: 'not served',
    column: 'not_served',
    of: ({ services }) =>
      sum(
        services.flatMap(({ requests: r }) => [r.code_429, r.code_499, r.code_500, r.code_503, r.code_504]),
      ) ?? 0,
  },
  {
    title: 'instances',
    column: 'instances_mean',
    of: ({ services }) => sum(services.map(({ instances }) => instances.mean)),
  },
  {
    title: 'cold',
    column: 'cold',
    of: ({ services }) => sum(services.map(({ requests }) => requests.cold)),
  },
  {
    title: 'KMS denied',
    column: 'kms_exceeded',
    of: ({ kms }) => sum(kms.map(({ exceeded }) => exceeded)),
  },
];

/** Columns of {@link figures}, after those of what is varied. */
export const FIGURES: readonly string[] = ALL.map(({ title }) => title);

/** As people read them. */
export const figures = (summary: Summary): readonly string[] =>
  ALL.map(({ of, words }) => figure(of(summary), words));

/** Columns of {@link figureValues}. */
export const FIGURE_COLUMNS: readonly string[] = ALL.map(({ column }) => column);

/** Exactly, in the unit of the column. */
export const figureValues = (summary: Summary): readonly (number | null)[] =>
  ALL.map(({ of }) => middle(of(summary)));
