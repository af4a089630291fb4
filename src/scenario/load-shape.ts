/**
 * The load of a service: how requests arrive, and at which rate.
 *
 * Stages become points (instant, rate) with straight lines between them, two points at one instant being a jump.
 * The rate stays at the last target until the end, and a stage that reaches past the end is cut there.
 *
 * Days and weeks: with `repeatEvery` the whole curve, start rate and all, begins again after that long, and
 * `repeatFactors` says in turn what each repetition is multiplied by (seven of them, a day each, are a week). It is
 * written out here, point by point, so that the model knows nothing of it and rates are exact to the end. The first
 * repetition begins at time 0, whatever day `startsAt` says that is.
 */
import { Distribution } from '../engine/distributions.ts';
import type { LoadPlan } from '../model/plan.ts';
import { after, MICROSECOND, START, type Duration, type Instant } from '../units/time.ts';
import type { Distributions } from './distributions.ts';
import type { Files } from './files.ts';
import type { Findings, Path } from './findings.ts';
import { wrong } from './messages.ts';
import { formatDuration, formatRate, HIGHEST_RATE } from './quantities.ts';
import type { LoadInput } from './schema.ts';

type Shape = Exclude<LoadInput, number>;

export function resolveLoad(
  input: LoadInput,
  end: Duration,
  path: Path,
  tools: { readonly files: Files; readonly findings: Findings; readonly distributions: Distributions },
): LoadPlan {
  if (typeof input === 'number')
    return { arrivals: { kind: 'poisson' }, rate: constantRate(input, end), sinusoid: null };
  const { findings } = tools;
  const arrivals = resolveArrivals(input, end, path, tools);
  if (arrivals.kind !== 'poisson' && arrivals.kind !== 'regular') {
    for (const field of ['startRate', 'stages', 'sinusoid', 'repeatEvery', 'repeatFactors'] as const)
      if (input[field] !== undefined)
        findings.add(wrong.arrivalsHaveRate(arrivals.kind, field), [...path, field]);
    return { arrivals, rate: [], sinusoid: null };
  }
  if (input.sinusoid !== undefined) {
    const { mean, amplitude, period } = input.sinusoid;
    for (const field of ['startRate', 'stages'] as const)
      if (input[field] !== undefined) findings.add(wrong.stagesAndSinusoid(), [...path, field]);
    for (const field of ['repeatEvery', 'repeatFactors'] as const)
      if (input[field] !== undefined) findings.add(wrong.onlyWith(field, 'stages'), [...path, field]);
    if (amplitude > mean)
      findings.add(wrong.amplitudeAboveMean(formatRate(amplitude), formatRate(mean)), [
        ...path,
        'sinusoid',
        'amplitude',
      ]);
    if (amplitude <= mean && mean + amplitude > HIGHEST_RATE)
      findings.add(
        wrong.outOfRange(`the peak of ${formatRate(mean + amplitude)}`, '0/s', formatRate(HIGHEST_RATE)),
        [...path, 'sinusoid', 'amplitude'],
      );
    if (period === 0) findings.add(wrong.periodZero('the period'), [...path, 'sinusoid', 'period']);
    return { arrivals, rate: [], sinusoid: { mean, amplitude, period } };
  }
  const stages = input.stages ?? [];
  if (stages.length === 0 && input.startRate === undefined) findings.add(wrong.noRate(), path);
  if (input.repeatFactors !== undefined && input.repeatEvery === undefined)
    findings.add(wrong.onlyWith('repeatFactors', 'repeatEvery'), [...path, 'repeatFactors']);
  const rate =
    input.repeatEvery === undefined
      ? ratePoints(input.startRate, stages, end)
      : repeatedPoints(input, input.repeatEvery, end, path, findings);
  return { arrivals, rate, sinusoid: null };
}

/** Points of a rate that begins again every so often; more of them would be a plan that nobody can hold. */
const MOST_POINTS = 200_000;

function repeatedPoints(
  { startRate, stages = [], repeatFactors = [1] }: Shape,
  every: Duration,
  end: Duration,
  path: Path,
  findings: Findings,
): LoadPlan['rate'] {
  const at = [...path, 'repeatEvery'];
  const length = stages.reduce((sum, { duration }) => sum + duration, 0) as Duration;
  const points = stages.length + 2;
  const shortest = Math.ceil((end * points) / MOST_POINTS) as Duration;
  const highest = Math.max(startRate ?? 0, ...stages.map(({ target }) => target));
  const largest = repeatFactors.reduce((most, factor) => Math.max(most, factor), 0);
  if (highest <= HIGHEST_RATE && highest * largest > HIGHEST_RATE)
    findings.add(
      wrong.outOfRange(`the peak of ${formatRate(highest * largest)}`, '0/s', formatRate(HIGHEST_RATE)),
      [...path, 'repeatFactors'],
    );
  if (stages.length === 0) findings.add(wrong.onlyWith('repeatEvery', 'stages'), at);
  else if (every === 0) findings.add(wrong.periodZero('the time after which the stages begin again'), at);
  else if (length > every)
    findings.add(wrong.stagesBeyondRepeat(formatDuration(length), formatDuration(every)), at);
  else if (every < shortest)
    findings.add(wrong.outOfRange(formatDuration(every), formatDuration(shortest), null), at);
  else {
    const all: { at: Instant; perSecond: number }[] = [];
    for (let n = 0, from: number = START; from < end; n++, from += every) {
      const factor = repeatFactors[n % repeatFactors.length];
      const own = stages.map(({ duration, target }) => ({ duration, target: target * factor }));
      const start = startRate === undefined ? undefined : startRate * factor;
      const until = Math.min(every, end - from) as Duration;
      for (const point of ratePoints(start, own, until)) {
        const last = all.at(-1);
        const shifted = { at: (from + point.at) as Instant, perSecond: point.perSecond };
        // Where one ends as the next begins there is no jump.
        if (last?.at !== shifted.at || last.perSecond !== shifted.perSecond) all.push(shifted);
      }
    }
    return all;
  }
  return ratePoints(startRate, stages, end);
}

/** Points of the rate from 0 to the end, per second. */
export function ratePoints(
  startRate: number | undefined,
  stages: readonly { readonly duration: Duration; readonly target: number }[],
  end: Duration,
): LoadPlan['rate'] {
  let at: Instant = START;
  let perSecond = startRate ?? stages[0]?.target ?? 0;
  const points = [{ at, perSecond }];
  const put = (point: { at: Instant; perSecond: number }) => {
    const [last, beforeLast] = [points.at(-1)!, points.at(-2)];
    if (last.at === point.at && last.perSecond === point.perSecond) return;
    // A jump has two points; of several jumps at one instant the last counts.
    if (last.at === point.at && (point.at === START || beforeLast?.at === point.at)) points.pop();
    points.push(point);
  };
  for (const { duration, target } of stages) {
    if (at >= end) break;
    const until = after(at, duration);
    if (until > end) {
      perSecond += ((target - perSecond) * (end - at)) / duration;
      at = end as number as Instant;
    } else {
      perSecond = target;
      at = until;
    }
    put({ at, perSecond });
  }
  put({ at: end as number as Instant, perSecond });
  return points;
}

const constantRate = (perSecond: number, end: Duration): LoadPlan['rate'] => ratePoints(perSecond, [], end);

function resolveArrivals(
  input: Shape,
  end: Duration,
  path: Path,
  tools: { readonly files: Files; readonly findings: Findings; readonly distributions: Distributions },
): LoadPlan['arrivals'] {
  const given = input.arrivals ?? 'poisson';
  const { findings } = tools;
  if (typeof given === 'string') return { kind: given };
  if (given.interarrival !== undefined) {
    const gap = tools.distributions.resolve(given.interarrival, [...path, 'arrivals', 'interarrival']);
    if (gap.kind === 'constant' && gap.value === 0)
      findings.add(wrong.periodZero('the time between arrivals'), [...path, 'arrivals', 'interarrival']);
    else if (new Distribution(gap).mean() < MICROSECOND)
      findings.add(wrong.gapTooShort(), [...path, 'arrivals', 'interarrival']);
    return { kind: 'interarrival', gap };
  }
  if (given.mmpp !== undefined) {
    const { rates, stay } = given.mmpp;
    if (rates.length !== stay.length)
      findings.add(wrong.mmppLengths(rates.length, stay.length), [...path, 'arrivals', 'mmpp']);
    stay.forEach((length, i) => {
      const place = [...path, 'arrivals', 'mmpp', 'stay', i];
      if (length === 0) findings.add(wrong.periodZero('the stay'), place);
      else if (length < MICROSECOND) findings.add(wrong.stayTooShort(), place);
    });
    return { kind: 'mmpp', rates, stay };
  }
  const at = [...path, 'arrivals', 'trace'];
  const trace = tools.files.trace(given.trace!, end);
  if ('wrong' in trace) {
    findings.add(trace.wrong, at);
    return { kind: 'trace', at: new Float64Array(0), duration: null };
  }
  if (trace.cut > 0) findings.add(wrong.traceBeyondEnd(given.trace!, trace.cut), at);
  return { kind: 'trace', at: trace.at, duration: trace.duration };
}
