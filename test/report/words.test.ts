import { describe, expect, it } from 'vitest';
import type { ObjectiveSummary, Verdict } from '../../src/probes/results.ts';
import {
  figure,
  inUnit,
  milliseconds,
  number,
  objectiveMargin,
  overallVerdict,
  percent,
  seconds,
} from '../../src/report/words.ts';

const objective = (verdict: Verdict, more: Partial<ObjectiveSummary> = {}): ObjectiveSummary => ({
  expect: 'e2e_latencies.p99 < 2s',
  service: null,
  during: null,
  severity: 'error',
  value: 1500,
  low: null,
  high: null,
  unit: 'ms',
  limit: 2000,
  verdict,
  one_run: true,
  ...more,
});

describe('numbers as people read them', () => {
  it.each([
    [0, '0 ms'],
    [0.3456, '0.346 ms'],
    [345.4, '345 ms'],
    [999.6, '1 s'],
    [1534, '1.53 s'],
    [119_499, '119 s'],
    [750_000, '12.5 min'],
    [5_400_000, '90 min'],
    [7_200_000, '2 h'],
  ])('%d ms reads %s', (value, text) => expect(milliseconds(value)).toBe(text));

  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.0004, '0.04 %'],
    [0.000001, '< 0.001 %'],
    [0.99999, '> 99.9 %'],
    [0.5, '50 %'],
  ])('a ratio of %d reads %s, and never rounds a failure away', (value, text) =>
    expect(percent(value)).toBe(text),
  );

  it('writes whole numbers exactly and others to three digits', () => {
    expect([1_204_331, 12.345, 0.00012345, -0, 1234.56].map(number)).toEqual([
      '1204331',
      '12.3',
      '0.000123',
      '0',
      '1235',
    ]);
  });

  it('shows no number where there is none, which is not the same as 0', () => {
    expect(figure(null)).toBe('–');
    expect(figure(0)).toBe('0');
  });

  it('shows the interval where there are replications', () => {
    expect(figure({ mean: 4100, low: 3800, high: 4500 }, milliseconds)).toBe('4.1 s [3.8 s, 4.5 s]');
  });

  it('reads a metric in its own unit', () => {
    expect([inUnit(90, 's'), inUnit(0.02, 'ratio'), inUnit(3, 'count'), seconds(0)]).toEqual([
      '90 s',
      '2 %',
      '3',
      '0 s',
    ]);
  });
});

describe('the verdict of a scenario', () => {
  it('is that of its worst objective', () => {
    expect(overallVerdict([objective('met'), objective('inconclusive'), objective('missed')])).toBe('missed');
    expect(overallVerdict([objective('met'), objective('inconclusive')])).toBe('inconclusive');
    expect(overallVerdict([objective('met')])).toBe('met');
  });

  it('is not decided by an objective that only warns', () => {
    expect(overallVerdict([objective('met'), objective('missed', { severity: 'warn' })])).toBe('met');
  });

  it('is not "met" where nothing was asked', () => expect(overallVerdict([])).toBe('no objectives'));

  it('comes with a margin that is positive while there is room, whichever way the limit points', () => {
    expect(objectiveMargin(objective('met'))).toBe('+500 ms');
    expect(objectiveMargin(objective('missed', { value: 4100 }))).toBe('-2.1 s');
    expect(
      objectiveMargin(
        objective('met', { expect: 'instances.ready >= 3', unit: 'count', value: 5, limit: 3 }),
      ),
    ).toBe('+2');
    expect(objectiveMargin(objective('met', { unit: 'ratio', value: 0.04, limit: 0.05 }))).toBe('+1 point');
    expect(objectiveMargin(objective('no data', { value: null }))).toBe('–');
  });
});
