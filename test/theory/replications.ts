/**
 * Replications held to theory: a scenario is played often, and each figure must lie where a formula puts it.
 *
 * `agree` and `disagree` are two sides of one gate (|z| <= 4 over independent replications, seeds fixed). A scenario
 * into which a defect was planted has to be noticed by the gate that lets the right one pass; otherwise the gate would
 * be open.
 */
import { expect } from 'vitest';
import { GATE, reading, type Reading } from '../../src/experiment/oracles/gates.ts';
import { play } from '../../src/probes/play.ts';
import type { Cell, Results, Summary, TableFile } from '../../src/probes/results.ts';
import { planOf } from '../support/plans.ts';

/** What theory says of a figure, and how it is read off a replication. */
export interface Claim {
  readonly is: number;
  readonly of: (results: Results) => number;
}
export type Claims = Readonly<Record<string, Claim>>;

/** Plays replications 1 … count, and looks at each. */
export function replicate<T>(yaml: string, count: number, look: (results: Results) => T): T[] {
  const plan = planOf(yaml);
  return Array.from({ length: count }, (_, i) => look(play(plan, i + 1, { logs: false })));
}

/** What replications say of each claim. */
export function readings(yaml: string, count: number, claims: Claims): Record<string, Reading> {
  const entries = Object.entries(claims);
  const rows = replicate(yaml, count, (results) => entries.map(([, claim]) => claim.of(results)));
  return Object.fromEntries(
    entries.map(([name, claim], i) => [
      name,
      reading(
        rows.map((row) => row[i]),
        claim.is,
      ),
    ]),
  );
}

/**
 * Every figure lies where theory puts it, and is known well enough to say so.
 *
 * @param precision largest standard error allowed, over the expected value: a gate is worth no more than this
 */
export function agree(yaml: string, count: number, claims: Claims, precision = 0.015): void {
  for (const [name, { z, mean, expected, relativeError }] of Object.entries(readings(yaml, count, claims))) {
    expect(Math.abs(z), `z of ${name}: ${mean} where theory has ${expected}`).toBeLessThanOrEqual(GATE);
    expect(relativeError, `relative standard error of ${name}`).toBeLessThan(precision);
  }
}

/** The named figures do not: the gate notices what was planted. */
export function disagree(yaml: string, count: number, claims: Claims, ...names: readonly string[]): void {
  const found = readings(yaml, count, claims);
  for (const name of names.length === 0 ? Object.keys(claims) : names) {
    const { z, mean, expected } = found[name];
    expect(Math.abs(z), `z of ${name}: ${mean} where theory has ${expected}`).toBeGreaterThan(GATE);
  }
}

/** Numbers of the first service, in seconds and counts. */
export const service = (results: Results): Summary['services'][number] => results.summary.services[0];
export const pending = (statistic: 'mean' | 'p99') => (results: Results) =>
  (service(results).pending_ms[statistic] as number) / 1000;
export const stay = (statistic: 'mean' | 'p50' | 'p95' | 'p99') => (results: Results) =>
  (service(results).e2e_latencies_ms[statistic] as number) / 1000;
export const execution = (results: Results) => (service(results).request_latencies_ms.mean as number) / 1000;
export const startUp = (results: Results) => (service(results).startup_latencies_ms.mean as number) / 1000;
/** Requests counted so, as a share of those that arrived. */
export const share = (count: keyof Summary['services'][number]['requests']) => (results: Results) =>
  (service(results).requests[count] as number) / (service(results).requests.arrived as number);

/** One column of a table. */
export function column(results: Results, table: TableFile, name: string): Cell[] {
  const { columns, rows } = results.tables[table];
  const at = columns.indexOf(name);
  return rows.map((row) => row[at]);
}

/**
 * A scenario with one service that is never short of patience: Poisson requests at a rate, until `until` s; then
 * nobody comes any more and the last requests are finished, so that none is left out for being long. Fields given
 * are laid over it.
 */
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
