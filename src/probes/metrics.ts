/**
 * The names an objective may use: `NAME.STATISTIC`, or `NAME` where the name is itself a number.
 *
 * One row a metric, with the unit a limit is given in. Latencies and ratios may be narrowed to a service and
 * to a timeline entry's window; what comes from KMS pools belongs to no service.
 */
export interface Metric {
  /** As written in `expect`: `e2e_latencies.p99`. */
  readonly name: string;
  /** How a limit for it is written, and what `value` in the summary is in. */
  readonly unit: 'ms' | 'ratio' | 'count' | 's';
  /** True where `service:` narrows it. */
  readonly perService: boolean;
  /** True where `during:` narrows it to a window. */
  readonly perWindow: boolean;
  readonly what: string;
}

const LATENCY_STATISTICS = ['mean', 'p50', 'p90', 'p95', 'p99', 'p99_9', 'max'] as const;

const latency = (name: string, what: string): Metric[] =>
  LATENCY_STATISTICS.map((statistic) => ({
    name: `${name}.${statistic}`,
    unit: 'ms',
    perService: true,
    perWindow: true,
    what: `${what}, ${statistic}`,
  }));

const count = (name: string, what: string, perWindow: boolean): Metric => ({
  name,
  unit: 'count',
  perService: true,
  perWindow,
  what,
});

export const METRICS: readonly Metric[] = [
  ...latency('e2e_latencies', 'what clients wait for answers 2xx: pending and execution'),
  ...latency('request_latencies', 'execution alone of requests answered 2xx'),
  ...latency('pending', 'time requests answered 2xx pended before they were placed'),
  ...latency('startup_latencies', 'from the decision to start an instance until it is ready').map(
    (metric) => ({
      ...metric,
      perWindow: false,
    }),
  ),
  {
    name: 'error_ratio',
    unit: 'ratio',
    perService: true,
    perWindow: true,
    what: 'share of answered requests not answered 2xx',
  },
  count('requests.arrived', 'requests that arrived', true),
  count('requests.served', 'requests answered 2xx', true),
  count('requests.failed', 'requests answered otherwise', true),
  ...['429', '499', '500', '503', '504'].map((code) =>
    count(`requests.code_${code}`, `requests answered ${code}`, true),
  ),
  count('requests.cold', 'requests that waited for a start, or were the first on its instance', false),
  count('instances.mean', 'time average of starting, active and idle instances', false),
  count('instances.mean_active', 'time average of instances with a request', false),
  count('instances.max', 'most instances at any time', false),
  count('instances.started', 'starts begun', false),
  count('instances.ready', 'starts that became ready', false),
  count('instances.refused', 'starts refused, all causes', false),
  count('instances.evicted', 'instances shut down because of their key', false),
  {
    name: 'kms.operations',
    unit: 'count',
    perService: false,
    perWindow: false,
    what: 'cryptographic calls attempted, retries included',
  },
  { name: 'kms.usage', unit: 'count', perService: false, perWindow: false, what: 'quota spent' },
  {
    name: 'kms.exceeded',
    unit: 'count',
    perService: false,
    perWindow: false,
    what: 'calls denied for quota',
  },
  {
    name: 'kms.peak_per_second',
    unit: 'count',
    perService: false,
    perWindow: false,
    what: 'most calls granted in any second, others included',
  },
  {
    name: 'faults.recovery',
    unit: 's',
    perService: false,
    perWindow: true,
    what: 'from the end of a timeline entry until recovered',
  },
];

const BY_NAME = new Map(METRICS.map((metric) => [metric.name, metric]));

/** The metric of that name, or undefined. */
export const metricNamed = (name: string): Metric | undefined => BY_NAME.get(name);
