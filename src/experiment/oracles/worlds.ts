/**
 * Scenarios for oracles, as text, and how their figures are read off the results.
 *
 * Times are in seconds, rates per second. A world has one service that is never short of patience: Poisson requests
 * until some time; then nobody comes any more and the last ones are finished, so that none is left out for being long.
 */
import type { Cell, Figure, RequestCount, ServiceSummary, TableFile } from '../../probes/results.ts';
import type { Claim, ExactClaim, MeanClaim, Seen, Size } from './oracle.ts';

/** Half a cell of the latency histogram: how far a quantile may be from the truth at most, relatively. */
export const CELL = 1 / 1024;

/** Replications of a case; a defect is so large that fewer show it. */
export const REPLICATIONS = 40;
export const FEW = 20;

/**
 * What a standard error may be in the full size: lengths are such that it is a quarter of a percent or less, but what is
 * seen of it is an estimate from forty replications, and differs by a third where luck does.
 */
export const QUARTER_PERCENT = 0.0033;

/** 1 in the small size, else this. */
export const times = (size: Size, full: number): number => (size === 'small' ? 1 : full);

export const KEY = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/shop';

export function scenario(given: {
  readonly rate?: number;
  readonly until: number;
  readonly after?: number;
  readonly warmUp?: number;
  readonly every?: number;
  readonly service: Readonly<Record<string, unknown>>;
  readonly world?: Readonly<Record<string, unknown>>;
}): string {
  const { rate, until, after = 1000, warmUp = 0, every, service, world = {} } = given;
  const load = {
    startRate: `${rate}/s`,
    stages: [
      { duration: `${until}s`, target: `${rate}/s` },
      { duration: '0s', target: '0/s' },
    ],
  };
  return JSON.stringify({
    name: 'theory',
    duration: `${until + after}s`,
    warmUp: `${warmUp}s`,
    sampleInterval: `${every ?? until + after}s`,
    seed: 2026,
    services: [
      {
        name: 'shop',
        location: 'europe-west3',
        pendingTimeout: '100d',
        timeout: '1h',
        ...(rate === undefined ? {} : { load }),
        ...service,
      },
    ],
    ...world,
  });
}

/** Exactly so many instances of so many slots, ready from the beginning. */
export const fleet = (instances: number, slots = 1) => ({
  autoscaler: 'manual',
  scaling: { manualInstanceCount: instances },
  maxInstanceRequestConcurrency: slots,
});

export const seconds = (length: number): string => `${length * 1000}ms`;
export const exponential = (mean: number) => ({ exponential: { mean: seconds(mean) } });
export const lognormal = (mean: number, cv: number) => ({ lognormal: { mean: seconds(mean), cv } });
export const gamma = (mean: number, cv: number) => ({ gamma: { mean: seconds(mean), cv } });
export const uniform = (min: number, max: number) => ({ uniform: { min: seconds(min), max: seconds(max) } });

/** A start that takes no time but for what is given. */
export const startup = (given: Readonly<Record<string, unknown>> = {}) => ({
  scheduling: '0s',
  imageImport: '0s',
  containerStart: '0s',
  ...given,
});

/** A start whose only step is one key call. */
export const oneKeyCall = startup({ layerDecrypts: 0, dataKeyDecrypts: 1 });

/** A key whose calls take no time, and which nobody checks. */
export const key = (protectionLevel: string) => ({
  name: KEY,
  protectionLevel,
  latency: '0s',
  check: { interval: '100d' },
});

/** A limit of a protection level. */
export const limit = (protectionLevel: string, given: Readonly<Record<string, unknown>>) => ({
  project: 'kms-prod',
  location: 'europe-west3',
  protectionLevel,
  ...given,
});

/** The revision tries again a nanosecond after a failed start. */
export const NO_BACK_OFF = {
  failedStartBackoff: { initial: '0s', factor: 1, max: '0s', jitter: 'none' },
};

// Numbers of the one service, in seconds and counts.

export const service = ({ summary }: Seen): ServiceSummary => summary.services[0];
/** A figure of one replication. */
export const plain = (figure: Figure): number => figure as number;

export const pending = (statistic: 'mean' | 'p99' | 'max') => (seen: Seen) =>
  plain(service(seen).pending_ms[statistic]) / 1000;
export const stay = (statistic: 'mean' | 'p50' | 'p95' | 'p99' | 'max') => (seen: Seen) =>
  plain(service(seen).e2e_latencies_ms[statistic]) / 1000;
export const execution = (seen: Seen) => plain(service(seen).request_latencies_ms.mean) / 1000;
export const startUp = (seen: Seen) => plain(service(seen).startup_latencies_ms.mean) / 1000;
export const requests = (count: RequestCount) => (seen: Seen) => plain(service(seen).requests[count]);
/** Requests counted so, as a share of those that arrived. */
export const share = (count: RequestCount) => (seen: Seen) =>
  requests(count)(seen) / requests('arrived')(seen);
export const instances = (name: 'mean' | 'mean_active' | 'started') => (seen: Seen) =>
  plain(service(seen).instances[name]);

/** One column of a table. */
export function column({ tables }: Seen, table: TableFile, name: string): Cell[] {
  const { columns, rows } = tables![table];
  const at = columns.indexOf(name);
  return rows.map((row) => row[at]);
}

export const numbers = (seen: Seen, table: TableFile, name: string): number[] =>
  column(seen, table, name) as number[];

// Claims.

export const mean = (name: string, is: number, of: (seen: Seen) => number): MeanClaim => ({
  kind: 'mean',
  name,
  is,
  of,
});

/** Of a figure that is read off a histogram. */
export const quantile = (name: string, is: number, of: (seen: Seen) => number): MeanClaim => ({
  ...mean(name, is, of),
  resolution: CELL,
});

export const exactly = (name: string, is: number, of: (seen: Seen) => number, within = 0): ExactClaim => ({
  kind: 'exact',
  name,
  is,
  of,
  within,
});

export const named = (claims: readonly Claim[], ...names: readonly string[]): readonly Claim[] =>
  claims.filter(({ name }) => names.includes(name));
