/**
 * What a chart shows, in a sentence or two, computed from the same data: the caption under the picture, and the
 * only thing a reader in a hurry takes away. Extremes are those of the full curves, not of the thinned ones.
 *
 * A percentile of the successes never stands without the share of failures, because it gets better while an
 * outage turns the slow requests into failed ones.
 */
import type { FaultSummary, Results, ServiceSummary, Summary } from '../probes/results.ts';
import type { Chart } from './charts.ts';
import {
  ANSWER_CODES,
  INSTANCE_COLUMNS,
  instanceCurve,
  latencyCurve,
  MOST_POINTS,
  type Point,
  type Pool,
  pools,
  quotaOf,
  requestCurve,
} from './curves.ts';
import { moment } from './moments.ts';
import { figure, many, middle, milliseconds, number, percent, seconds } from './words.ts';

/** The caption of a chart. */
export function finding(results: Results, { kind, service: name }: Chart): string {
  const { services, scenario } = results.summary;
  const intervals = scenario.duration_s / scenario.sample_interval_s;
  const drawn =
    intervals > MOST_POINTS
      ? ' Of each stretch of time the least and the greatest interval are drawn; all are in the CSV files.'
      : '';
  if (kind === 'kms') return kmsFinding(results) + drawn;
  return (
    FINDINGS[kind](
      results,
      services.find(({ service_name }) => service_name === name)!,
    ) + drawn
  );
}

const FINDINGS = { instances, requests, latencies, pending };

/**
 * Beside what is read off the curves where there are replications: curves are those of the first alone, and the
 * numbers around them are means over all.
 */
const ofFirst = ({ scenario }: Summary): string => (scenario.replications > 1 ? ' (replication 1)' : '');

/** What a timeline entry did: who met it, what it held, refused and failed, and how long it took to get over it. */
export function faultFinding(fault: FaultSummary, { scenario }: Summary): string {
  const parts = [
    `${fault.name} (${fault.kind}) from ${moment(fault.at_s, scenario)} ${fault.until_s === null ? 'on' : `to ${moment(fault.until_s, scenario)}`}`,
  ];
  const noticed = middle(fault.detected_s);
  if (noticed !== null && noticed >= fault.at_s) parts.push(`noticed after ${seconds(noticed - fault.at_s)}`);
  const [held, refused] = [figureOf(fault.starts_held), figureOf(fault.starts_refused)];
  const starts = [
    ...(held > 0 ? [`${many(held, 'start')} held`] : []),
    ...(refused > 0 ? [`${held > 0 ? number(refused) : many(refused, 'start')} refused`] : []),
  ];
  if (starts.length > 0) parts.push(starts.join(', '));
  const failed = figureOf(fault.requests_failed);
  if (failed > 0) parts.push(`${many(failed, 'request')} failed meanwhile`);
  const [before, least] = [middle(fault.ready_before), middle(fault.ready_min)];
  if (before !== null && least !== null && least < before)
    parts.push(`ready instances fell from ${number(before)} to ${number(least)}`);
  const recovered = middle(fault.recovered_s);
  const end = fault.until_s ?? fault.at_s;
  if (recovered === null) {
    // What is never undone has nothing to recover from by.
    if (fault.until_s !== null)
      parts.push(`not recovered by the end of the run (${seconds(scenario.duration_s)})`);
  } else
    parts.push(
      `recovered ${recovered <= end ? 'by its end' : `${seconds(recovered - end)} after its ${fault.until_s === null ? 'beginning' : 'end'}`}`,
    );
  return `${parts.join('; ')}.`;
}

function instances(results: Results, service: ServiceSummary): string {
  const { summary } = results;
  const { scenario } = summary;
  const curve = instanceCurve(results, service.service_name);
  const most = greatest(curve, (point) =>
    INSTANCE_COLUMNS.reduce((total, state) => total + point[state]!, 0),
  );
  // The greatest number is counted at every change; the curve has it only where it was at a sampled instant.
  const max = Math.max(figureOf(service.instances.max), scenario.replications > 1 ? 0 : most.value);
  if (curve.length === 0 || (max === 0 && most.value === 0)) return 'No instance was observed.';
  const waiting = greatest(curve, (point) => point.awaiting_key!);
  const sampled =
    scenario.replications === 1 && most.value === max
      ? `, at ${moment(most.t, scenario)}`
      : `; ${number(most.value)} at the sampled instant that had most, ${moment(most.t, scenario)}${ofFirst(summary)}`;
  const sentences = [
    `At most ${many(max, 'instance')} at once${sampled}; ` +
      `${number(figureOf(service.instances.mean))} on average, ${number(figureOf(service.instances.mean_active))} of them with a request.`,
    waiting.value > 0
      ? `Up to ${many(waiting.value, 'instance')} waited for ${waiting.value === 1 ? 'its' : 'their'} key at a sampled instant, ${moment(waiting.t, scenario)}${ofFirst(summary)}.`
      : `None was seen waiting for its key${ofFirst(summary)}.`,
  ];
  return sentences.join(' ');
}

function requests(results: Results, service: ServiceSummary): string {
  const curve = requestCurve(results, service.service_name);
  const peak = greatest(curve, ({ arrived }) => arrived!);
  if (peak.value === 0) return 'No request arrived.';
  const failures = ANSWER_CODES.filter((code) => code !== '2xx')
    .map((code) => ({ code, count: figureOf(service.requests[`code_${code}` as 'code_500']) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const failed =
    failures.length === 0
      ? 'None failed.'
      : `${percent(figureOf(service.error_ratio))} of the answers were errors: ${failures.map(({ code, count }) => `${number(count)} with ${code}`).join(', ')}.`;
  return `Arrivals peak at ${number(peak.value)} per second, at ${moment(peak.t, results.summary.scenario)}${ofFirst(results.summary)}. ${failed}`;
}

function latencies(results: Results, service: ServiceSummary): string {
  const worst = greatest(latencyCurve(results, service.service_name), ({ p99 }) => p99 ?? -1);
  const { p50, p99 } = service.e2e_latencies_ms;
  if (p99 === null || worst.value < 0) return 'No request was answered 2xx.';
  const failed = middle(service.error_ratio) ?? 0;
  return (
    `Over the run, half of the requests answered 2xx took up to ${figure(p50, milliseconds)} and 99 % up to ${figure(p99, milliseconds)}; ` +
    `the worst interval${ofFirst(results.summary)}, at ${moment(worst.t, results.summary.scenario)}, has a p99 of ${milliseconds(worst.value)}. ` +
    (failed > 0 ? `The ${percent(failed)} that failed are not in these percentiles.` : 'No request failed.')
  );
}

function pending(results: Results, service: ServiceSummary): string {
  const { summary } = results;
  const most = greatest(instanceCurve(results, service.service_name), (point) => point.pending_requests!);
  const longest = figure(service.pending_ms.max, milliseconds);
  const first = ofFirst(summary);
  const seen =
    most.value === 0
      ? `No request was pending at a sampled instant${first}`
      : `Up to ${many(most.value, 'request')} pended at once, at ${moment(most.t, summary.scenario)}${first}`;
  if (service.pending_ms.max === null)
    return most.value === 0 && first === '' ? 'No request was pending.' : `${seen}.`;
  return `${seen}; the longest wait of a request answered 2xx was ${longest}.`;
}

function kmsFinding(results: Results): string {
  const all = pools(results);
  const sentences = all.map((pool) => {
    const alone = all.filter(({ name }) => name === pool.name).length === 1;
    const name = alone ? pool.name : `${pool.name} in ${pool.project}/${pool.location}`;
    return poolFinding(name, pool, results.summary);
  });
  return sentences.length > 0 ? sentences.join(' ') : 'Cloud KMS was not called.';
}

function poolFinding(name: string, pool: Pool, summary: Summary): string {
  const peak = greatest(pool.curve, (point) => point.peak!);
  const rows = summary.kms.filter(
    ({ project_id, location, protection_level }) =>
      project_id === pool.project && location === pool.location && pool.levels.includes(protection_level),
  );
  const total = rows.reduce((sum, { operations }) => sum + figureOf(operations), 0);
  const denied = rows.reduce((sum, { exceeded }) => sum + figureOf(exceeded), 0);
  const others = rows.some(({ other_usage }) => figureOf(other_usage) > 0) ? ', other usage included' : '';
  const quota = quotaOf(pool);
  const against = quota === null ? 'no quota applies' : `the quota is ${quota} per second`;
  const refused =
    denied > 0
      ? `${number(denied)} of ${number(total)} calls were denied (${percent(denied / total)})`
      : 'none was denied';
  return `${name}: up to ${many(peak.value, 'call')} granted in one second${others}${ofFirst(summary)}; ${against}; ${refused}.`;
}

const figureOf = (value: Parameters<typeof middle>[0]): number => middle(value) ?? 0;

function greatest(
  curve: readonly Point[],
  of: (point: Point) => number,
): { readonly t: number; readonly value: number } {
  let best = { t: 0, value: curve.length === 0 ? 0 : -Infinity };
  for (const point of curve) if (of(point) > best.value) best = { t: point.t, value: of(point) };
  return best;
}
