/**
 * The Cloud Run autoscaler's periodic decision, from what it reads ("About instance autoscaling in Cloud Run services").
 *
 * Each driver computes a count of its own and the larger one wins: concurrent requests over what instances may take at
 * the target share of their concurrency, and CPU likewise. While what is measured lies within the tolerance of the target, the
 * count stays as it is. That requests which find no slot start instances at once is not decided here but where they
 * pend (`onDemandStarts`).
 */
import { ceilOf, clamp, readable, type Decision } from './decision.ts';

export interface CloudRunReadings {
  /** Requests in flight and pending, average over the short and the long window; 0 where nothing was. */
  readonly concurrencyShort: number;
  readonly concurrencyLong: number;
  /** vCPU in use, average over the CPU window; null where CPU is not simulated. */
  readonly cpu: number | null;
  /** What was decided last. */
  readonly current: number;
}

export interface CloudRunSettings {
  readonly maxConcurrency: number;
  readonly vCpu: number;
  /** Shares aimed at, 0 to 1; null: that driver is disabled. */
  readonly concurrencyTarget: number | null;
  readonly cpuTarget: number | null;
  readonly window: 'larger' | '60s' | '600s';
  /** Share of the target by which what is measured may be off before the count changes. */
  readonly tolerance: number;
  readonly minimum: number;
  readonly maximum: number;
}

export function decideCloudRun(readings: CloudRunReadings, settings: CloudRunSettings): Decision {
  const { minimum, maximum, tolerance } = settings;
  const byConcurrency = concurrencyDriver(readings, settings);
  const byCpu = cpuDriver(readings, settings);
  const driver = byCpu > byConcurrency ? 'CPU' : 'concurrency';
  const needed = Math.max(byConcurrency, byCpu);
  const { current } = readings;
  if (current > 0 && Math.abs(needed / current - 1) <= tolerance + 1e-9) {
    const kept = clamp(current, minimum, maximum);
    return {
      instances: kept,
      because: `${driver} needs ${readable(needed)}, within the tolerance of ${current}`,
    };
  }
  const wanted = ceilOf(needed);
  const instances = clamp(wanted, minimum, maximum);
  const limit = instances > wanted ? ', the minimum' : instances < wanted ? ', the maximum' : '';
  return { instances, because: `${driver} needs ${readable(needed)}${limit}` };
}

/** Starts for requests that pend now: what they fill, less what is starting already. */
export const onDemandStarts = (pending: number, maxConcurrency: number, starting: number): number =>
  Math.max(0, Math.ceil(pending / maxConcurrency) - starting);

function concurrencyDriver(readings: CloudRunReadings, settings: CloudRunSettings): number {
  if (settings.concurrencyTarget === null) return 0;
  const { concurrencyShort, concurrencyLong } = readings;
  const average =
    settings.window === '60s'
      ? concurrencyShort
      : settings.window === '600s'
        ? concurrencyLong
        : Math.max(concurrencyShort, concurrencyLong);
  return average / (settings.maxConcurrency * settings.concurrencyTarget);
}

function cpuDriver(readings: CloudRunReadings, settings: CloudRunSettings): number {
  if (readings.cpu === null || settings.cpuTarget === null) return 0;
  return readings.cpu / (settings.vCpu * settings.cpuTarget);
}
