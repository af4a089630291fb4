/**
 * A comparison of two plans: every figure of both in pairs, and whether the second is a step back.
 *
 * Many figures are looked at together, and of twenty that do not differ one looks as if it did. So probabilities are
 * corrected after Holm, in two families: the figures of the objectives, by which regressions are judged, and all
 * others. A figure is better or worse only if it is so after the correction. With one pair there are points, and
 * nothing is claimed of them.
 */
import type { ObjectiveSummary, Verdict } from '../probes/results.ts';
import { holm } from './confidence.ts';
import type { FigureKind } from './figures.ts';
import { paired, type Paired } from './paired.ts';
import { labelOf } from './replicate.ts';
import type { Side } from './side.ts';

export type Comparative =
  | 'better'
  | 'worse'
  /** For certain, where neither is better by itself. */
  | 'higher'
  | 'lower'
  | 'no difference shown'
  /** Equal in every pair. */
  | 'same'
  /** It differs in the one pair there is. */
  | 'one run'
  /** No pair has a value on both sides. */
  | 'no data';

export interface ComparedFigure extends Paired, FigureKind {
  /** `services.checkout.e2e_latencies_ms.p99`, or `objectives.` and the objective. */
  readonly metric: string;
  readonly family: 'objectives' | 'figures';
  /** `probability` after Holm, over the family. */
  readonly corrected: number | null;
  readonly verdict: Comparative;
}

export interface ComparedObjective extends Pick<
  ObjectiveSummary,
  'expect' | 'service' | 'during' | 'severity'
> {
  readonly a: Verdict;
  readonly b: Verdict;
  /** One of severity `error` decides the whole comparison. */
  readonly result: 'regression' | 'undecided' | 'no regression';
  readonly because: string;
}

export interface Comparison {
  readonly pairs: number;
  readonly confidence: number;
  readonly verdict: 'regression' | 'inconclusive' | 'no regression' | 'no objectives';
  readonly objectives: readonly ComparedObjective[];
  readonly figures: readonly ComparedFigure[];
  /** Figures that only one side has. */
  readonly only_a: readonly string[];
  readonly only_b: readonly string[];
}

/**
 * Compares two sides that have the same seed and the same number of replications.
 *
 * @param confidence of the intervals, and of what is claimed in a family of figures: 0.95
 */
export function compare(a: Side, b: Side, confidence: number): Comparison {
  const figures = judged(a, b, confidence);
  const objectives = objectivesOf(a, b, figures, 1 - confidence);
  const deciding = objectives.filter(({ severity }) => severity === 'error');
  const some = (wanted: ComparedObjective['result']): boolean =>
    deciding.some(({ result }) => result === wanted);
  return {
    pairs: a.replications,
    confidence,
    verdict: some('regression')
      ? 'regression'
      : some('undecided')
        ? 'inconclusive'
        : deciding.length > 0
          ? 'no regression'
          : 'no objectives',
    objectives,
    figures,
    only_a: [...a.figures.keys()].filter((metric) => !b.figures.has(metric)),
    only_b: [...b.figures.keys()].filter((metric) => !a.figures.has(metric)),
  };
}

/** Every figure that both sides have, in the order of A. */
function judged(a: Side, b: Side, confidence: number): ComparedFigure[] {
  const figures: ComparedFigure[] = [];
  for (const family of ['objectives', 'figures'] as const) {
    const tested = [...a.figures].flatMap(([metric, one]) => {
      const other = b.figures.get(metric);
      if (other === undefined || one.family !== family) return [];
      return [{ metric, unit: one.unit, better: one.better, ...paired(one, other, confidence) }];
    });
    const uncertain = tested.flatMap(({ probability }) => (probability === null ? [] : [probability]));
    const corrections = holm(uncertain);
    let next = 0;
    for (const one of tested) {
      const corrected = one.probability === null ? null : corrections[next++];
      figures.push({ ...one, family, corrected, verdict: verdictOf(one, corrected, 1 - confidence) });
    }
  }
  return figures;
}

function verdictOf(figure: Paired & FigureKind, corrected: number | null, limit: number): Comparative {
  if (figure.difference === null) return 'no data';
  if (figure.same) return 'same';
  if (corrected === null) return 'one run';
  if (corrected >= limit) return 'no difference shown';
  const higher = figure.difference > 0;
  if (figure.better === null) return higher ? 'higher' : 'lower';
  return higher === (figure.better === 'higher') ? 'better' : 'worse';
}

/** The objectives that both sides have. */
function objectivesOf(
  a: Side,
  b: Side,
  figures: readonly ComparedFigure[],
  limit: number,
): ComparedObjective[] {
  return a.objectives.flatMap((one) => {
    const label = labelOf(one);
    const other = b.objectives.find((each) => labelOf(each) === label);
    if (other === undefined) return [];
    const figure = figures.find(({ metric }) => metric === `objectives.${label}`);
    const { expect, service, during, severity } = one;
    const verdicts = { a: one.verdict, b: other.verdict };
    return [{ expect, service, during, severity, ...verdicts, ...step(verdicts, figure, limit) }];
  });
}

/** An objective without data is one that is not met, as in a run. */
const isMissed = (verdict: Verdict): boolean => verdict === 'missed' || verdict === 'no data';

function step(
  { a, b }: { readonly a: Verdict; readonly b: Verdict },
  figure: ComparedFigure | undefined,
  limit: number,
): Pick<ComparedObjective, 'result' | 'because'> {
  if (a === 'met' && isMissed(b)) return { result: 'regression', because: 'A meets it and B does not' };
  if (figure?.verdict === 'worse') {
    return { result: 'regression', because: 'its figure is worse in B, more than by chance' };
  }
  if ((a === 'met' && b === 'inconclusive') || (a === 'inconclusive' && isMissed(b))) {
    return { result: 'undecided', because: 'whether only B misses it needs more replications' };
  }
  if (figure !== undefined && leansWorse(figure, limit)) {
    return {
      result: 'undecided',
      because: 'its figure looks worse in B, but not surely, with so many figures looked at',
    };
  }
  return { result: 'no regression', because: isMissed(b) ? 'B misses it, and A does not meet it' : '' };
}

/** Worse by itself, and no longer after the correction. */
const leansWorse = ({ probability, difference, better, verdict }: ComparedFigure, limit: number): boolean =>
  verdict === 'no difference shown' &&
  probability !== null &&
  probability < limit &&
  better !== null &&
  difference! > 0 === (better === 'lower');
