/**
 * Incidents: bundled scenarios whose point is what happens after the cause is gone. Played as they are bundled, and read from
 * requests.csv, as their readers would.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { play } from '../../src/probes/play.ts';
import type { Cell, Results } from '../../src/probes/results.ts';
import { overrideOf } from '../../src/scenario/load.ts';
import { planOf } from '../support/plans.ts';
import { ROOT } from '../support/sources.ts';

type Column = 'arrived' | 'code_2xx' | 'code_499';

/** A scenario of scenarios/, played once. */
class Incident {
  readonly results: Results;
  private readonly rows: readonly Record<string, Cell>[];

  constructor(name: string, ...set: string[]) {
    const text = readFileSync(join(ROOT, 'scenarios', `${name}.yaml`), 'utf8');
    this.results = play(planOf(text, {}, { overrides: set.map((each) => overrideOf(each)) as never }), 1);
    const { columns, rows } = this.results.tables['requests.csv'];
    this.rows = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  }

  get summary(): Results['summary'] {
    return this.results.summary;
  }

  /** A column of a service, a second, in each interval that begins in [from, to), minutes. */
  perSecond(column: Column, service: string, from: number, to: number): number[] {
    const own = this.rows.filter((row) => row.service_name === service);
    const length = (own[1].time_s as number) - (own[0].time_s as number);
    return own
      .filter(({ time_s }) => (time_s as number) >= from * 60 && (time_s as number) < to * 60)
      .map((row) => (row[column] as number) / length);
  }

  /** The same on average. */
  mean(column: Column, service: string, from: number, to: number): number {
    const rates = this.perSecond(column, service, from, to);
    expect(rates.length).toBeGreaterThan(0);
    return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  }
}

describe('A failover of 90 s that ends at 11:30', () => {
  const stuck = new Incident('23-metastable-failure');
  const before = stuck.mean('code_2xx', 'booking', 2, 10);

  test('served what arrived before it', () => {
    expect(before).toBeGreaterThan(28);
    expect(stuck.mean('arrived', 'booking', 2, 10)).toBeCloseTo(before, 0);
  });

  test('leaves the service down for good: in no quarter of a minute until the end is it back to a fifth', () => {
    const after = stuck.perSecond('code_2xx', 'booking', 12, 30);
    expect(after).toHaveLength(72);
    expect(Math.max(...after)).toBeLessThan(before / 5);
    expect(stuck.summary.faults[0]).toMatchObject({ name: 'failover', until_s: 690, recovered_s: null });
  });

  test('although more instances are ready than before it, and as many users come', () => {
    const scaleOut = stuck.results.tables['scale-out.csv'];
    const at = (time: number) => {
      const row = scaleOut.rows.find(([t, service]) => t === time && service === 'booking')!;
      const count = (column: string) => row[scaleOut.columns.indexOf(column)] as number;
      return count('active') + count('idle');
    };
    expect(at(1785)).toBeGreaterThan(at(600));
    const { offered } = stuck.summary.services[0].logical;
    expect((offered as number) / 1800).toBeLessThan(35);
  });

  test('because each user asks six times, and instances work for clients that have left', () => {
    expect(stuck.mean('arrived', 'booking', 15, 30)).toBeGreaterThan(5 * before);
    expect(stuck.mean('code_499', 'booking', 15, 30)).toBeGreaterThan(5 * before);
  });

  test('and because the starts that would help are denied, after they have spent most of the quota', () => {
    const { columns, rows } = stuck.results.tables['cold-starts.csv'];
    const cell = (row: readonly Cell[], column: string) => row[columns.indexOf(column)];
    const calls = (outcome: string) =>
      rows
        .filter((row) => cell(row, 'outcome') === outcome)
        .map((row) => cell(row, 'key_attempts') as number);
    const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    const denied = calls('refused:quota-exceeded');
    // The last call of a denied start was not granted; those before it were, for nothing.
    expect(total(denied) - denied.length).toBeGreaterThan(2 * total(calls('ready')));
  });

  test('does no lasting harm where clients have a retry budget', () => {
    const budget = new Incident('24-retry-budget');
    expect(Math.min(...budget.perSecond('code_2xx', 'booking', 12, 30))).toBeGreaterThan(0.8 * before);
    expect(budget.mean('code_2xx', 'booking', 12, 30)).toBeCloseTo(before, 0);
    expect(budget.summary.faults[0].recovered_s).toBeLessThan(690 + 30);
    // The failover itself it could not serve either.
    expect(budget.mean('code_499', 'booking', 10.25, 11.5)).toBeGreaterThan(before);
  });

  test('does none with room in the quota, either', () => {
    const room = new Incident('23-metastable-failure', 'quotas.limits.hsm.limit=3000/min');
    expect(room.mean('code_499', 'booking', 0, 30)).toBe(0);
  });
});

/** Seconds from the end of the first fault until it was recovered from; a fault that is not undone ends as it begins. */
const recovery = (name: string, ...set: string[]): number => {
  const { at_s, until_s, recovered_s } = new Incident(name, ...set).summary.faults[0];
  expect(recovered_s).not.toBeNull();
  return (recovered_s as number) - ((until_s ?? at_s) as number);
};

test('After a maintenance, held starts come back the later the less their connection carries', () => {
  const of = (capacity: string) =>
    recovery('26-herd-after-maintenance', `ekmConnections.hq.capacity=${capacity}`);
  const [two, fifty] = ['2/s', '50/s'].map(of);
  // 168 held starts of two calls each take 168 s at two a second, had they come in turn.
  expect(two).toBeGreaterThan(2 * 168);
  expect(fifty).toBeLessThan(two / 4);
});

test('After a mass restart, a service is back the sooner the larger its quota', () => {
  const of = (limit: string) => recovery('28-mass-restart', `quotas.limits.hsm.limit=${limit}`);
  const [small, middling, ample] = ['180/min', '600/min', '30000/min'].map(of);
  expect(small).toBeGreaterThan(120);
  expect(middling).toBeLessThan(small / 3);
  // A start takes a few seconds without any wait for quota.
  expect(ample).toBeLessThan(5);
});
