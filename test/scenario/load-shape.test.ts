import { describe, expect, test } from 'vitest';
import type { LoadPlan } from '../../src/model/plan.ts';
import { StagedArrivals } from '../../src/model/traffic/arrivals.ts';
import { play } from '../../src/probes/play.ts';
import { planOf, problemsOf } from '../support/plans.ts';

const scenario = (load: string, duration = '14d') =>
  `{name: week, duration: ${duration}, services: [{name: shop, location: europe-west3, load: ${load}}]}`;
const rateOf = (load: string, duration?: string): LoadPlan['rate'] =>
  planOf(scenario(load, duration)).services[0].load.rate;

const HOUR = 3600;
const points = (rate: LoadPlan['rate']) => rate.map(({ at, perSecond }) => [at / 1e9 / HOUR, perSecond]);

/** Requests expected from time 0 to the end: the area below the rate. */
const expected = (rate: LoadPlan['rate']): number =>
  rate.reduce(
    (sum, { at, perSecond }, i) =>
      i === 0 ? 0 : sum + (((at - rate[i - 1].at) / 1e9) * (perSecond + rate[i - 1].perSecond)) / 2,
    0,
  );

const DAY =
  '[{duration: 8h, target: 10/s}, {duration: 0s, target: 40/s}, {duration: 8h, target: 20/s}, {duration: 8h, target: 10/s}]';

describe('Stages that begin again every day', () => {
  test('are the same curve day after day, cut where the scenario ends', () => {
    const rate = rateOf(`{stages: ${DAY}, repeatEvery: 24h}`, '36h');
    expect(points(rate)).toEqual([
      [0, 10],
      [8, 10],
      [8, 40],
      [16, 20],
      [24, 10],
      [32, 10],
      [32, 40],
      [36, 30],
    ]);
  });

  test('stay at their last target until the day is over', () => {
    const rate = rateOf('{startRate: 5/s, stages: [{duration: 6h, target: 20/s}], repeatEvery: 24h}', '2d');
    expect(points(rate)).toEqual([
      [0, 5],
      [6, 20],
      [24, 20],
      [24, 5],
      [30, 20],
      [48, 20],
    ]);
  });

  test('are multiplied by the factor of the day, in turn, so that seven are a week', () => {
    const rate = rateOf(`{stages: ${DAY}, repeatEvery: 24h, repeatFactors: [1, 1, 1, 1, 1.5, 0.5, 0]}`);
    const oneDay = 8 * HOUR * (10 + 30 + 15);
    expect(expected(rate)).toBeCloseTo(2 * 6 * oneDay, 3);
    const at = (hour: number) => points(rate).filter(([time]) => time === hour);
    expect(at(4 * 24 + 8)).toEqual([
      [104, 15],
      [104, 60],
    ]);
    expect(at(6 * 24 + 8)).toEqual([[152, 0]]);
    // From Friday's last 15/s to Saturday's first 5/s is a jump, from one Monday to the next there is none.
    expect(at(5 * 24)).toEqual([
      [120, 15],
      [120, 5],
    ]);
    expect(at(24)).toEqual([[24, 10]]);
  });

  test('give regular arrivals exactly as many as the rates say', () => {
    const rate = rateOf(
      '{stages: [{duration: 12h, target: 1/s}, {duration: 0s, target: 2/s}], repeatEvery: 24h, repeatFactors: [1, 0.5]}',
      '2d',
    );
    const arrivals = new StagedArrivals(rate, null);
    const byHalfDay = [0, 0, 0, 0];
    for (let i = 0; i < 12 * HOUR * 4.5 - 1; i++)
      byHalfDay[Math.floor((arrivals.next() - 1) / 1e9 / HOUR / 12)]++;
    expect(byHalfDay).toEqual(
      [1, 2, 0.5, 1].map((perSecond, i) => 12 * HOUR * perSecond - (i === 3 ? 1 : 0)),
    );
  });

  test('give Poisson arrivals at these rates', () => {
    const week = scenario(
      '{stages: [{duration: 30s, target: 100/s}, {duration: 0s, target: 200/s}], repeatEvery: 60s, repeatFactors: [1, 0.25]}',
      '4m',
    );
    const results = play(planOf(week.replace('duration: 4m', 'duration: 4m, sampleInterval: 30s')), 1);
    const { columns, rows } = results.tables['requests.csv'];
    const arrived = rows.map((row) => row[columns.indexOf('arrived')] as number);
    const means = [3000, 6000, 750, 1500, 3000, 6000, 750, 1500];
    // Within four standard deviations of a Poisson count.
    arrived.forEach((count, i) => expect(Math.abs(count - means[i])).toBeLessThan(4 * Math.sqrt(means[i])));
    expect(arrived).toHaveLength(8);
  });

  test('repeated once are what they are without', () => {
    expect(rateOf(`{stages: ${DAY}, repeatEvery: 24h}`, '24h')).toEqual(rateOf(`{stages: ${DAY}}`, '24h'));
  });
});

describe('A repetition that makes no sense', () => {
  const codes = (load: string, duration?: string) =>
    problemsOf(scenario(load, duration)).map(({ code, path }) => `${code} ${path}`);

  test('is refused', () => {
    const place = 'services.shop.load';
    const at = (load: string, duration?: string) =>
      codes(load, duration).map((text) => text.replace(/services\.[^.]+\.load/, place));
    expect(at(`{stages: ${DAY}, repeatEvery: 23h}`)).toEqual([`STAGES_BEYOND_REPEAT ${place}.repeatEvery`]);
    expect(at(`{stages: ${DAY}, repeatFactors: [1]}`)).toEqual([`ONLY_WITH ${place}.repeatFactors`]);
    expect(at('{startRate: 5/s, repeatEvery: 24h}')).toEqual([`ONLY_WITH ${place}.repeatEvery`]);
    expect(at('{sinusoid: {mean: 5/s, amplitude: 1/s, period: 1h}, repeatEvery: 24h}')).toEqual([
      `ONLY_WITH ${place}.repeatEvery`,
    ]);
    expect(at('{arrivals: {trace: none.csv}, repeatEvery: 24h}')).toContain(
      `ARRIVALS_HAVE_RATE ${place}.repeatEvery`,
    );
    expect(at('{stages: [{duration: 0s, target: 5/s}], repeatEvery: 0s}')).toEqual([
      `ZERO_LENGTH ${place}.repeatEvery`,
    ]);
    expect(at('{stages: [{duration: 1ms, target: 5/s}], repeatEvery: 1ms}')).toEqual([
      `OUT_OF_RANGE ${place}.repeatEvery`,
    ]);
    expect(at(`{stages: ${DAY}, repeatEvery: 24h, repeatFactors: [1, 1000000]}`)).toEqual([
      `OUT_OF_RANGE ${place}.repeatFactors`,
    ]);
    expect(at(`{stages: ${DAY}, repeatEvery: 24h, repeatFactors: []}`)[0]).toContain('TOO_FEW');
    expect(at(`{stages: ${DAY}, repeatEvery: 24h, repeatFactors: [-1]}`)[0]).toContain('NEGATIVE');
  });
});
