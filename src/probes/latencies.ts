/**
 * Latencies of requests as a report states them, in ms: end to end, execution alone, pending alone.
 *
 * Made of the counts of one service, or of several together; histograms merge exactly. All three are over the
 * same requests, those answered 2xx; who was placed at once has pended 0.
 */
import { LatencyHistogram } from '../engine/latency-histogram.ts';
import { inMilliseconds, type Duration } from '../units/time.ts';
import type { RequestCounts } from './request-tally.ts';

/** Shares of the quantiles by the name they are given. */
const SHARES: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p99_9: 0.999 };

export interface Latencies {
  readonly e2e: LatencyHistogram;
  readonly execution: LatencyHistogram;
  readonly pending: LatencyHistogram;
}

export function latenciesOf(parts: readonly RequestCounts[]): Latencies {
  const e2e = new LatencyHistogram();
  const execution = new LatencyHistogram();
  const pending = new LatencyHistogram();
  for (const part of parts) {
    e2e.add(part.direct);
    e2e.add(part.waited);
    execution.add(part.direct);
    execution.add(part.waitedExecution);
    pending.recordMany(0, part.direct.count);
    pending.add(part.waitedPending);
  }
  return { e2e, execution, pending };
}

/** `mean`, `max` or a quantile such as `p99_9`, in ms; null where nothing was recorded. */
export function statistic(histogram: LatencyHistogram, name: string): number | null {
  if (histogram.count === 0) return null;
  const ns =
    name === 'mean' ? histogram.mean() : name === 'max' ? histogram.max : histogram.quantile(SHARES[name]);
  return inMilliseconds(ns as Duration);
}

/** Several statistics of one histogram, by name. */
export function statistics<Name extends string>(
  histogram: LatencyHistogram,
  names: readonly Name[],
): Record<Name, number | null> {
  return Object.fromEntries(names.map((name) => [name, statistic(histogram, name)])) as Record<
    Name,
    number | null
  >;
}
