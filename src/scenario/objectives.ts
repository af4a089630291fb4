/** What a run is held to: `NAME COMPARISON VALUE`, with the value in the unit of the metric. */
import type { ExperimentPlan, ObjectivePlan } from '../model/plan.ts';
import { metricNamed, METRICS, type Metric } from '../probes/metrics.ts';
import type { ServiceId, TimelineId } from '../units/ids.ts';
import { MILLISECOND, SECOND } from '../units/time.ts';
import type { Findings, Path } from './findings.ts';
import { wrong } from './messages.ts';
import { findByName, near } from './names.ts';
import { formatPercentage, parseDuration, parsePercentage, type Parsed } from './quantities.ts';
import type { ExperimentInput, ObjectiveInput } from './schema.ts';

const FORM = /^\s*([A-Za-z0-9_.]{1,60})\s*(<=|>=|==|!=|<|>)\s*([^\s<>=!]{1,40})\s*$/;

export function resolveObjectives(
  inputs: readonly (ObjectiveInput | null)[],
  serviceNames: readonly string[],
  timelineNames: readonly string[],
  findings: Findings,
): ObjectivePlan[] {
  const plans: ObjectivePlan[] = [];
  inputs.forEach((input, i) => {
    if (input === null) return;
    const path: Path = ['objectives', i];
    const match = FORM.exec(input.expect);
    if (match === null) {
      findings.add(wrong.badExpectation(input.expect), [...path, 'expect']);
      return;
    }
    const [, name, comparison, written] = match;
    const metric = metricNamed(name);
    if (metric === undefined) {
      const known = METRICS.map((each) => each.name);
      findings.add(wrong.unknownMetric(name, near(name, known), known), [...path, 'expect']);
    } else {
      if (input.service !== undefined && !metric.perService)
        findings.add(wrong.metricNotPerService(name), [...path, 'service']);
      if (input.during !== undefined && !metric.perWindow)
        findings.add(wrong.metricNotPerWindow(name), [...path, 'during']);
    }
    const find = (what: string, given: string | undefined, known: readonly string[], field: string) => {
      if (given === undefined) return null;
      const found = findByName(what, given, known);
      if (typeof found === 'number') return found;
      // It may be an entry that is wrong itself, and has no name for that reason only.
      if (!known.includes('')) findings.add(found, [...path, field]);
      return null;
    };
    const service = find('service', input.service, serviceNames, 'service');
    const during = find('timeline entry', input.during, timelineNames, 'during');
    const limit = metric === undefined ? null : limitOf(metric, written);
    if (limit !== null && 'wrong' in limit) findings.add(limit.wrong, [...path, 'expect']);
    if (limit === null || 'wrong' in limit) return;
    plans.push({
      expect: input.expect,
      metric: name,
      comparison: comparison as ObjectivePlan['comparison'],
      limit: limit.value,
      service: service as ServiceId | null,
      during: during as TimelineId | null,
      severity: input.severity ?? 'error',
    });
  });
  return plans;
}

/** The number after the comparison, in the metric's own unit. */
function limitOf(metric: Metric, text: string): Parsed<number> {
  const number = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$/.test(text) ? Number(text) : null;
  switch (metric.unit) {
    case 'ms':
    case 's': {
      const time = parseDuration(text);
      if (!('value' in time)) return number === null ? notInUnit(metric) : time;
      return { value: time.value / (metric.unit === 'ms' ? MILLISECOND : SECOND) };
    }
    case 'ratio': {
      const share = parsePercentage(text);
      if ('value' in share) return share;
      return number !== null && number <= 1 ? { value: number } : notInUnit(metric);
    }
    case 'count':
      return number === null ? notInUnit(metric) : { value: number };
  }
}

const EXAMPLES = {
  ms: 'a length of time such as 2s or 250ms',
  s: 'a length of time such as 90s or 5m',
  ratio: 'a percentage such as 0.1%',
  count: 'a number without unit',
} as const;

const notInUnit = (metric: Metric): Parsed<number> => ({
  wrong: wrong.metricUnit(metric.name, EXAMPLES[metric.unit]),
});

export function resolveExperiment(
  input: ExperimentInput | undefined,
  replications: number | undefined,
  findings: Findings,
): ExperimentPlan {
  const horizon = input?.horizon ?? 'terminating';
  const exactly = (count: number): ExperimentPlan => ({
    horizon,
    replications: { min: count, max: count, relativeHalfWidth: null, confidence: 0.95 },
  });
  const given = input?.replications ?? 1;
  if (typeof given === 'number') return exactly(replications ?? given);
  const path: Path = ['experiment', 'replications'];
  const confidence = given.confidence ?? 0.95;
  if (confidence <= 0 || confidence >= 1)
    findings.add(wrong.confidenceRange(formatPercentage(confidence)), [...path, 'confidence']);
  const min = given.min ?? Math.min(5, given.max ?? 5);
  // A maximum above the minimum says that a precision is sought; without either there are exactly `min`.
  const relativeHalfWidth =
    given.relativeHalfWidth ?? (given.max !== undefined && given.max > min ? 0.05 : null);
  const max = given.max ?? (relativeHalfWidth === null ? min : Math.max(200, min));
  if (relativeHalfWidth === 0)
    findings.add(wrong.outOfRange('0%', 'more than 0%', '100%'), [...path, 'relativeHalfWidth']);
  if (min > max) findings.add(wrong.replicationBounds(min, max), [...path, 'min']);
  else if (relativeHalfWidth !== null && min < 2) findings.add(wrong.intervalNeedsTwo(), [...path, 'min']);
  if (replications !== undefined)
    return {
      horizon,
      replications: { min: replications, max: replications, relativeHalfWidth: null, confidence },
    };
  return { horizon, replications: { min, max, relativeHalfWidth, confidence } };
}
