/**
 * Whether intervals cover as often as they say: experiments with a known answer, repeated a thousand times.
 *
 * Each experiment is what a user with `horizon: steady-state` gets: replications, the warm-up found on pilots and
 * deleted (`warm-up.ts`), Student's t over the replications (`confidence.ts`). The pilots are those of the case and not
 * of each experiment, which would take half as long again. An interval procedure is worth what its measured coverage
 * says (A. M. Law, "Confidence intervals in discrete event simulation", 1976; D. McNickle, K. Pawlikowski and G. Ewing,
 * Winter Simulation Conference 1996).
 */
import { boundedQueue, ManyServers, moments, scaleToZero, patientFor } from '../oracles/queues.ts';
import type { Seen } from '../oracles/oracle.ts';
import {
  exponential,
  fleet,
  gamma,
  pending,
  scenario,
  share,
  startup,
  stay,
  uniform,
} from '../oracles/worlds.ts';
import { interval } from '../confidence.ts';
import { warmUpOf } from '../warm-up.ts';
import type { Plan } from '../../model/plan.ts';
import type { Results } from '../../probes/results.ts';
import type { Case } from '../oracles/oracle.ts';
import { planOf, type PlaysOptions } from './plays.ts';
import { InvariantViolation } from '../../units/check.ts';

export interface CoverageRow {
  readonly system: string;
  readonly figure: string;
  readonly truth: number;
  /** Nominal, 0.95 or 0.99. */
  readonly level: number;
  readonly experiments: number;
  readonly coverage: number;
  /** Binomial standard error of the coverage, at the nominal level. */
  readonly error: number;
  /** Mean half-width over the truth. */
  readonly halfWidth: number;
  /** Mean of all replications over the truth, less 1. */
  readonly bias: number;
  /** Null where nothing is asked of it. */
  readonly low: number | null;
  readonly high: number | null;
  readonly within: boolean;
  readonly replications: number;
  /** Per replication, after the warm-up. */
  readonly requests: number;
  readonly warmUp_s: number;
}

interface Figure {
  readonly name: string;
  readonly truth: number;
  of(seen: Seen): number;
  /** `high load`: short runs cover less there, and the report has to warn. `told`: measured, nothing asked. */
  readonly gate: 'as nominal' | 'high load' | 'told';
}

interface System {
  readonly name: string;
  /** Per second. */
  readonly rate: number;
  readonly service: Readonly<Record<string, unknown>>;
  readonly figures: readonly Figure[];
}

/** What the reference experiment has: requests per replication after warm-up, and replications. */
const REQUESTS = 5000;
const REPLICATIONS = 20;
export const EXPERIMENTS = 1000;

/**
 * What coverage has to lie within, in percent, and the number of experiments for which that was set: with fewer the
 * bounds, which are three standard errors and a little away, are widened by three times what these differ.
 */
const BOUNDS = { 0.95: [93.9, 96.1], 0.99: [98.3, 99.6] } as const;
const HIGH_LOAD = { 0.95: 93.0, 0.99: 97.5 } as const;
const SET_FOR = 4000;
type Level = keyof typeof BOUNDS;
const LEVELS: readonly Level[] = [0.95, 0.99];

const mm = (servers: number, load: number, gate: Figure['gate'], tail: Figure['gate']): System => {
  const theory = new ManyServers(servers, servers * load, 1);
  return {
    name: `M/M/${servers}, load ${load}`,
    rate: servers * load,
    service: { ...fleet(servers), requests: { duration: exponential(1) } },
    figures: [
      { name: 'mean wait, s', truth: theory.meanWait, of: pending('mean'), gate },
      { name: 'p95 of the stay, s', truth: theory.sojournQuantile(0.95), of: stay('p95'), gate: tail },
    ],
  };
};

function systems(): readonly System[] {
  const bounded = boundedQueue(2, 6, 1.8, 1);
  const steps = { mean: 2.5, second: 2.5 * 2.5 + 1 / 12 + 1 };
  const welch = scaleToZero(0.5, moments(1, 0.5), 1.5, steps);
  const impatient = patientFor(1.5, 2, 2.2, 1);
  return [
    mm(1, 0.7, 'as nominal', 'told'),
    mm(4, 0.8, 'as nominal', 'told'),
    {
      name: 'O5: M/M/2/6, load 0.9',
      rate: 1.8,
      service: { ...fleet(2), pendingLimit: 4, requests: { duration: exponential(1) } },
      figures: [
        { name: 'share of 429', truth: bounded.lost, of: share('code_429'), gate: 'as nominal' },
        { name: 'mean wait, s', truth: bounded.meanWait, of: pending('mean'), gate: 'as nominal' },
      ],
    },
    {
      name: 'O9: scale to zero, load 0.5',
      rate: 0.5,
      service: {
        scaling: { maxInstanceCount: 1 },
        template: { scaling: { concurrencyTarget: 'disabled' } },
        maxInstanceRequestConcurrency: 1,
        idleTimeout: '1500ms',
        startup: startup({ scheduling: '1s', imageImport: uniform(0, 1), containerStart: exponential(1) }),
        requests: { duration: gamma(1, 0.5) },
      },
      figures: [
        { name: 'mean wait, s', truth: welch.meanWait, of: pending('mean'), gate: 'as nominal' },
        { name: 'cold share', truth: welch.cold, of: share('cold'), gate: 'as nominal' },
      ],
    },
    {
      name: 'O10: patience, M/M/2 + D, load 1.1',
      rate: 2.2,
      service: { ...fleet(2), pendingTimeout: '1500ms', requests: { duration: exponential(1) } },
      figures: [
        { name: 'share of 429', truth: impatient.lost, of: share('code_429'), gate: 'as nominal' },
        { name: 'mean wait, s', truth: impatient.meanWait, of: pending('mean'), gate: 'as nominal' },
      ],
    },
    mm(1, 0.9, 'high load', 'told'),
  ];
}

export interface CoverageOptions extends PlaysOptions {
  readonly experiments: number;
}

/** A row for each figure and level; null where it was interrupted. */
export async function measureCoverage(options: CoverageOptions): Promise<readonly CoverageRow[] | null> {
  const all = systems();
  const rows: CoverageRow[] = [];
  const plays = options.experiments * REPLICATIONS;
  for (const [index, system] of all.entries()) {
    const found = await measure(system, {
      ...options,
      onDone: (done) => options.onDone?.(index * plays + done, all.length * plays),
    });
    if (found === null) return null;
    rows.push(...found);
  }
  return rows;
}

async function measure(system: System, options: CoverageOptions): Promise<readonly CoverageRow[] | null> {
  const { experiments, pool, signal, onDone } = options;
  const plan = await withoutWarmUp(system, options);
  if (plan === null) return null;
  const count = experiments * REPLICATIONS;
  const values = system.figures.map(() => new Float64Array(count));
  let next = 0;
  let done = 0;
  const lanes = Array.from({ length: pool.threads + 1 }, async () => {
    while (next < count && !signal?.aborted) {
      const at = next++;
      const seen = await played(plan, at + 1, 'summary', options);
      if (seen === null) return;
      system.figures.forEach(({ of }, i) => (values[i][at] = of(seen)));
      onDone?.(++done, count);
    }
  });
  await Promise.all(lanes);
  if (signal?.aborted) return null;
  return system.figures.flatMap((figure, i) =>
    LEVELS.map((level) => rowOf(system, figure, level, values[i], plan, experiments)),
  );
}

function rowOf(
  system: System,
  { name, truth, gate }: Figure,
  level: Level,
  values: Float64Array,
  plan: Plan,
  experiments: number,
): CoverageRow {
  let covered = 0;
  let width = 0;
  let sum = 0;
  for (let e = 0; e < experiments; e++) {
    const own = Array.from(values.subarray(e * REPLICATIONS, (e + 1) * REPLICATIONS));
    const { mean, low, high } = interval(own, level)!;
    if (low <= truth && truth <= high) covered++;
    width += high - mean;
    sum += mean;
  }
  const errorOf = (n: number) => 100 * Math.sqrt((level * (1 - level)) / n);
  const error = errorOf(experiments);
  const wider = 3 * Math.max(0, error - errorOf(SET_FOR));
  const low =
    gate === 'told'
      ? null
      : (gate === 'high load' ? HIGH_LOAD : { 0.95: BOUNDS[0.95][0], 0.99: BOUNDS[0.99][0] })[level] - wider;
  const high = gate === 'as nominal' ? Math.min(100, BOUNDS[level][1] + wider) : null;
  const coverage = (100 * covered) / experiments;
  return {
    system: system.name,
    figure: name,
    truth,
    level,
    experiments,
    coverage,
    error,
    halfWidth: width / experiments / truth,
    bias: sum / experiments / truth - 1,
    low,
    high,
    within: (low === null || coverage >= low) && (high === null || coverage <= high),
    replications: REPLICATIONS,
    requests: Math.round(((plan.duration - plan.warmUp) / 1e9) * system.rate),
    warmUp_s: plan.warmUp / 1e9,
  };
}

/** The plan of an experiment, with the warm-up that pilots show. */
async function withoutWarmUp(system: System, options: CoverageOptions): Promise<Plan | null> {
  const until = Math.ceil((1.1 * REQUESTS) / system.rate);
  const one: Case = {
    name: system.name,
    scenario: scenario({
      until,
      after: 0,
      every: Math.ceil(until / 400),
      service: { load: `${system.rate}/s`, ...system.service },
    }),
    replications: 1,
    luck: `coverage of ${system.name}`,
    precision: 1,
    claims: [],
  };
  const plan = planOf(one, options.seed);
  // Ten pilots, numbered where no experiment of any size takes its luck from.
  const numbers = Array.from({ length: 10 }, (_, pilot) => 1_000_000_000 + pilot);
  const pilots = await Promise.all(numbers.map((number) => played(plan, number, 'curves', options)));
  if (options.signal?.aborted) return null;
  const warmUp = warmUpOf(plan, pilots as unknown as readonly Results[]);
  if (warmUp === null) throw new Error(`${system.name}: too short to be steady`);
  // The curves have shown what they were for.
  return { ...plan, warmUp, sampleInterval: plan.duration };
}

async function played(
  plan: Plan,
  replication: number,
  want: 'summary' | 'curves',
  { pool, signal }: CoverageOptions,
): Promise<Seen | null> {
  const answer = await pool.run({ what: 'play', plan, replication, want, charts: false, progress: null });
  if (signal?.aborted) return null;
  if ('failed' in answer)
    throw answer.failed === 'invariant' ? new InvariantViolation(answer.message) : new Error(answer.message);
  return { summary: answer.summary!, tables: answer.results?.tables ?? null };
}
