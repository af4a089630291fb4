/**
 * What a run leaves behind, as plain data: it crosses thread borders, is written to the results folder as it
 * is, and is all that charts and pages are made of, so that a report can be rebuilt from a saved folder.
 *
 * Nothing here depends on a clock or a host: results are a function of (scenario, manifest, seed, version) alone,
 * but for `scenario.file` and `scenario.set`, which say how the scenario was called. Numbers are in the unit of
 * their name's suffix.
 */

/** A cell of a table: text, a number, or nothing (an empty cell: no value, as distinct from 0). */
export type Cell = string | number | null;

/** One CSV file: columns by name, rows in time order. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The files of a results folder besides summary.json, by name. */
export const TABLE_FILES = [
  'scale-out.csv',
  'requests.csv',
  'kms-quota.csv',
  'kms-operations.csv',
  'cold-starts.csv',
] as const;
export type TableFile = (typeof TABLE_FILES)[number];

export const LOG_FILES = ['service-log.jsonl', 'audit-log.jsonl', 'decisions.jsonl'] as const;
export type LogFile = (typeof LOG_FILES)[number];

export interface Results {
  readonly summary: Summary;
  readonly tables: Readonly<Record<TableFile, Table>>;
  /** One canonical JSON text per entry, in time order. */
  readonly logs: Readonly<Record<LogFile, readonly string[]>>;
}

/** A figure of the summary: plain with one replication, an interval with more; null where it is undefined. */
export type Figure = number | null | { readonly mean: number; readonly low: number; readonly high: number };

export interface Summary {
  readonly tool: { readonly name: 'cmeksim'; readonly version: string };
  readonly scenario: {
    readonly name: string;
    readonly description: string;
    readonly hash: string;
    /** As it was named on the command line, without the folders of an absolute path. Missing where no file was named. */
    readonly file?: string;
    /** What was set differently from the file, as `PATH=VALUE`. Missing where no file was named. */
    readonly set?: readonly string[];
    readonly seed: string;
    readonly replications: number;
    readonly quotaPolicy: string;
    /** Missing in exact mode. */
    readonly mode?: 'accelerated';
    readonly duration_s: number;
    readonly warm_up_s: number;
    readonly sample_interval_s: number;
    readonly starts_at: string | null;
  };
  readonly services: readonly ServiceSummary[];
  readonly kms: readonly KmsSummary[];
  readonly faults: readonly FaultSummary[];
  readonly deployments: readonly DeploymentSummary[];
  /** Missing in folders of versions that counted no cost. */
  readonly cost?: CostSummary;
  readonly objectives: readonly ObjectiveSummary[];
  /** The objectives whose verdict would be another under the other quota policy; null where none would. */
  readonly other_policy: {
    readonly policy: string;
    readonly objectives: readonly {
      readonly expect: string;
      readonly service: string | null;
      readonly during: string | null;
      readonly value: number | null;
      readonly verdict: Verdict;
    }[];
  } | null;
  /**
   * What the objectives come to with fewer and with more decrypts a start, where the scenario does not state them and a
   * quota is nearly used up; null where that cannot matter. Missing in folders of older versions.
   */
  readonly decrypts_bracket?: {
    /** As played. */
    readonly decrypts_per_start: number;
    readonly low: DecryptsEnd;
    readonly high: DecryptsEnd;
  } | null;
  /** What to know before relying on the numbers: runs too short for what is asked of them. Missing where nothing is. */
  readonly cautions?: readonly string[];
  readonly assumptions: readonly {
    readonly name: string;
    readonly value: string;
    readonly why: string;
    readonly overridden: boolean;
  }[];
  readonly not_simulated: readonly string[];
  readonly engine: { readonly events: Figure; readonly fingerprint: string };
}

/** The same run with another number of decrypts a start. */
export interface DecryptsEnd {
  readonly decrypts_per_start: number;
  readonly kms_exceeded: number;
  /** In the order of the summary's objectives. */
  readonly objectives: readonly {
    readonly expect: string;
    readonly service: string | null;
    readonly during: string | null;
    readonly value: number | null;
    readonly verdict: Verdict;
  }[];
}

export interface ServiceSummary {
  readonly service_name: string;
  readonly autoscaler: string;
  readonly routing: string;
  readonly requests: Readonly<Record<RequestCount, Figure>>;
  readonly logical: { readonly offered: Figure; readonly succeeded: Figure; readonly failed: Figure };
  readonly error_ratio: Figure;
  readonly e2e_latencies_ms: Readonly<
    Record<'mean' | 'p50' | 'p90' | 'p95' | 'p99' | 'p99_9' | 'max', Figure>
  >;
  readonly request_latencies_ms: Readonly<Record<'mean' | 'p50' | 'p95' | 'p99', Figure>>;
  readonly pending_ms: Readonly<Record<'mean' | 'p99' | 'max', Figure>>;
  readonly startup_latencies_ms: Readonly<Record<'mean' | 'p50' | 'p95' | 'p99' | 'max', Figure>>;
  readonly instances: {
    readonly mean: Figure;
    readonly mean_active: Figure;
    readonly max: Figure;
    readonly started: Figure;
    readonly ready: Figure;
    readonly refused: Readonly<Record<string, Figure>>;
    readonly evicted: Readonly<Record<string, Figure>>;
  };
}

export type RequestCount =
  | 'arrived'
  | 'served'
  | 'code_429'
  | 'code_499'
  | 'code_500'
  | 'code_503'
  | 'code_504'
  | 'in_flight'
  | 'cold'
  | 'retries'
  | 'rejected_at_front_end';

export interface KmsSummary {
  readonly project_id: string;
  readonly location: string;
  readonly protection_level: string;
  readonly operations: Figure;
  readonly usage: Figure;
  readonly exceeded: Figure;
  readonly other_usage: Figure;
  readonly peak_per_second: Figure;
  readonly peak_per_minute: Figure;
  /** null for SOFTWARE: no quota applies. */
  readonly limit_per_minute: Figure;
}

export interface FaultSummary {
  readonly name: string;
  /** The timeline entry's kind: `ekmUnreachable` … */
  readonly kind: string;
  readonly at_s: number;
  /** null where it is never undone. */
  readonly until_s: number | null;
  /** When a key operation first met it; null: nobody noticed, or nothing to notice. */
  readonly detected_s: Figure;
  readonly starts_held: Figure;
  readonly starts_refused: Figure;
  readonly requests_failed: Figure;
  readonly ready_before: Figure;
  readonly ready_min: Figure;
  /** First instance that became ready at or after the end of the entry. */
  readonly first_ready_after_s: Figure;
  /** From when on nothing pends, no start it held still waits, and the ready count is back at its value before. */
  readonly recovered_s: Figure;
  /** When running instances are, or were, shut down because of it; null: never, or called off in time. */
  readonly next_eviction_s: Figure;
}

export interface DeploymentSummary {
  readonly service_name: string;
  readonly revision_name: string;
  readonly at_s: number;
  readonly outcome: 'serving' | 'failed' | 'pending';
  readonly message: string;
}

/** Amounts in the currency, without warm-up. */
export interface CostAmounts {
  /** All of Cloud Run, idle minimum instances included. */
  readonly cloud_run: Figure;
  /** Of it, for idle instances kept by a minimum. */
  readonly cloud_run_idle_minimum: Figure;
  /** Of it, for starts while they waited for a key; whether that is charged is not documented. */
  readonly cloud_run_awaiting_key: Figure;
  /** Operations and key versions together. */
  readonly cloud_kms: Figure;
  readonly cloud_kms_operations: Figure;
  readonly cloud_kms_key_versions: Figure;
}

/** List prices: `rules/prices`. */
export interface CostSummary extends CostAmounts {
  readonly currency: 'USD';
  /** Price tier of the location. */
  readonly tier: number;
  /** Whether the monthly free tier was taken off. */
  readonly free_tier: boolean;
  /** The same for a month of 365.25 / 12 days in which all goes on as in the simulated time. */
  readonly per_month: CostAmounts;
  readonly services: readonly ServiceCost[];
}

/** Cloud Run, one service; amounts in the currency. */
export interface ServiceCost {
  readonly service_name: string;
  /** `both`: the service has revisions of either kind. */
  readonly billing: 'request-based' | 'instance-based' | 'both';
  /** Instance time billed at the full rate, rounded up to 100 ms a stretch. */
  readonly billed_instance_s: Figure;
  readonly cpu: Figure;
  readonly memory: Figure;
  readonly requests: Figure;
  readonly idle_minimum: Figure;
  /** Contained in CPU and memory: for starts while they waited for a key. */
  readonly awaiting_key: Figure;
  /** CPU, memory, requests and idle minimum. */
  readonly cloud_run: Figure;
  readonly cloud_run_per_month: Figure;
}

export type Verdict = 'met' | 'missed' | 'inconclusive' | 'no data';

export interface ObjectiveSummary {
  readonly expect: string;
  readonly service: string | null;
  readonly during: string | null;
  readonly severity: 'error' | 'warn';
  readonly value: number | null;
  /** Ends of the interval; null with one replication. */
  readonly low: number | null;
  readonly high: number | null;
  readonly unit: string;
  readonly limit: number;
  readonly verdict: Verdict;
  /** True: one replication, the verdict is on the point. */
  readonly one_run: boolean;
}
