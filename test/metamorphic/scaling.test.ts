/**
 * Two relations that can be said of numbers: a world in which everything takes twice as long goes the same way twice
 * as slowly, and a pure loss system with one instance more loses no more.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { play } from '../../src/probes/play.ts';
import type { Results } from '../../src/probes/results.ts';
import { planOf } from '../support/plans.ts';

const WORLDS = Number(process.env['WORLDS'] ?? 40);
const SETTINGS = { numRuns: WORLDS, seed: Number(process.env['SEED'] ?? 11) };

interface Trace {
  readonly at: readonly number[];
  readonly duration: readonly number[];
  readonly concurrency: number;
  readonly most: number;
  readonly idle: number;
  readonly start: number;
  readonly routing: string;
}

const traces: fc.Arbitrary<Trace> = fc.record({
  at: fc
    .array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 120 })
    .map((gaps) => gaps.reduce<number[]>((times, gap) => [...times, (times.at(-1) ?? 0) + gap], [])),
  duration: fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 120, maxLength: 120 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
  most: fc.integer({ min: 1, max: 6 }),
  idle: fc.integer({ min: 0, max: 3000 }),
  start: fc.integer({ min: 0, max: 2500 }),
  routing: fc.constantFrom(
    'least-loaded',
    'newest-first',
    'oldest-first',
    'round-robin',
    'random',
    'best-of-two',
  ),
});

/** The trace in milliseconds, everything `factor` times as long; `slower`: starts `slower` ms longer, as a plant. */
function played(trace: Trace, factor: number, slower = 0): Results {
  const ms = (value: number): string => `${value * factor}ms`;
  const rows = trace.at.map((at, index) => `${(at * factor) / 1000},${trace.duration[index] * factor}`);
  const plan = planOf(
    `
name: trace
duration: ${60 * factor}s
sampleInterval: ${factor}s
services:
  - name: web
    location: europe-west3
    scaling: {maxInstanceCount: ${trace.most}}
    maxInstanceRequestConcurrency: ${trace.concurrency}
    autoscaler: per-request
    routing: ${trace.routing}
    idleTimeout: ${ms(trace.idle + 1)}
    timeout: ${300 * factor}s
    startup: {scheduling: 0s, imageImport: 0s, containerStart: ${trace.start * factor + slower}ms}
    requests: {duration: 1s}
    load: {arrivals: {trace: t.csv}}
`,
    { 't.csv': `time_s,duration_ms\n${rows.join('\n')}\n` },
  );
  return play(plan, 1);
}

/** Every number that is a time in the right unit, and every count, of a run on its own scale. */
function story({ summary, tables }: Results, factor: number): unknown {
  const [{ requests, e2e_latencies_ms, pending_ms, startup_latencies_ms, instances }] = summary.services;
  const scaled = (figures: Readonly<Record<string, unknown>>): unknown[] =>
    ['max', 'mean'].map((name) =>
      figures[name] === null ? null : Number(((figures[name] as number) / factor).toFixed(6)),
    );
  const starts = tables['cold-starts.csv'];
  const column = (name: string): number => starts.columns.indexOf(name);
  return {
    requests,
    waits: [e2e_latencies_ms, pending_ms, startup_latencies_ms].map(scaled),
    instances: [instances.max, instances.started, (instances.mean as number).toFixed(9)],
    starts: starts.rows.map((row) => [
      ((row[column('start_s')] as number) / factor).toFixed(6),
      row[column('instance')],
      row[column('outcome')],
    ]),
    curve: tables['scale-out.csv'].rows.map((row) => row.slice(3)),
  };
}

describe('a world in which everything takes twice as long', () => {
  it('goes the same way, twice as slowly, exactly', () => {
    fc.assert(
      fc.property(traces, fc.constantFrom(2, 3), (trace, factor) => {
        expect(story(played(trace, factor), factor)).toEqual(story(played(trace, 1), 1));
      }),
      SETTINGS,
    );
  });

  it('goes another way where one thing alone takes longer', () => {
    const drawn = fc.sample(traces, { numRuns: 5, seed: 2 });
    const differ = drawn.filter(
      (trace) =>
        JSON.stringify(story(played(trace, 2, 300), 2)) !== JSON.stringify(story(played(trace, 1), 1)),
    );
    expect(differ.length).toBeGreaterThan(0);
  });
});

describe('a pure loss system', () => {
  /** Instances that are always there, one request each, refused where none is free: rejections. */
  const refused = (trace: Trace, instances: number, pendingLimit = 0): number => {
    const rows = trace.at.map((at, index) => `${at / 1000},${trace.duration[index]}`);
    const plan = planOf(
      `
name: loss
duration: 10m
services:
  - name: web
    location: europe-west3
    scaling: {scalingMode: MANUAL, manualInstanceCount: ${instances}}
    maxInstanceRequestConcurrency: 1
    pendingLimit: ${pendingLimit}
    routing: ${trace.routing}
    requests: {duration: 1s}
    load: {arrivals: {trace: t.csv}}
`,
      { 't.csv': `time_s,duration_ms\n${rows.join('\n')}\n` },
    );
    return play(plan, 1).summary.services[0].requests.code_429 as number;
  };

  // Each request brings its length along. Taken away one by one, requests that were lost free nobody's place, so the
  // set of busy instances with one more is always that with one fewer and at most one request besides.
  it('never loses more with one instance more', () => {
    fc.assert(
      fc.property(traces, fc.integer({ min: 1, max: 4 }), (trace, instances) => {
        expect(refused(trace, instances + 1)).toBeLessThanOrEqual(refused(trace, instances));
      }),
      SETTINGS,
    );
  });

  it('loses more with one less, or the property above says nothing', () => {
    const drawn = fc.sample(traces, { numRuns: 10, seed: 4 });
    expect(drawn.filter((trace) => refused(trace, 1) > refused(trace, 2)).length).toBeGreaterThan(3);
  });
});
