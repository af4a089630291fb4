import { describe, expect, it } from 'vitest';
import type { Results } from '../../src/probes/results.ts';
import {
  held,
  instanceCurve,
  MOST_POINTS,
  type Point,
  pools,
  requestCurve,
  thinned,
} from '../../src/report/curves.ts';
import { incident } from './fixture.ts';

const results = incident();
const withRows = (
  file: keyof Results['tables'],
  rows: Results['tables']['requests.csv']['rows'],
): Results => ({
  ...results,
  tables: { ...results.tables, [file]: { ...results.tables[file], rows } },
});

describe('curves', () => {
  it('sum the revisions of a service, and only of that service', () => {
    const twoRevisions = withRows('scale-out.csv', [
      [0, 'a', 'a-1', 1, 2, 3, 4, 5, 6, 7],
      [0, 'a', 'a-2', 10, 20, 30, 40, 50, 60, 70],
      [0, 'b', 'b-1', 9, 9, 9, 9, 9, 9, 9],
    ]);
    expect(instanceCurve(twoRevisions, 'a')).toEqual([
      {
        t: 0,
        starting: 11,
        awaiting_key: 22,
        active: 33,
        idle: 44,
        draining: 55,
        recommended: 66,
        pending_requests: 77,
      },
    ]);
  });

  it('divide counts by the length of the interval, the cut last one too', () => {
    const short = withRows('requests.csv', [
      [0, 'a', 50, 40, 10, 0, 0, 0, 0, 1, 1, 1, 1],
      [1795, 'a', 50, 50, 0, 0, 0, 0, 0, 1, 1, 1, 1],
    ]);
    expect(requestCurve(short, 'a').map(({ arrived }) => arrived)).toEqual([5, 10]);
  });

  it('put both external levels into the one pool whose limit they share', () => {
    const shared = withRows('kms-quota.csv', [
      [0, 'p', 'l', 'EXTERNAL', 30, 20, 10, 0, 7, 600],
      [0, 'p', 'l', 'EXTERNAL_VPC', 40, 40, 0, 0, 7, 600],
      [0, 'p', 'l', 'SOFTWARE', 5, 0, 0, 0, 2, null],
    ]);
    const found = pools(shared).map(({ name, levels, curve }) => ({ name, levels, curve }));
    expect(found).toEqual([
      {
        name: 'EXTERNAL',
        levels: ['EXTERNAL', 'EXTERNAL_VPC'],
        curve: [{ t: 0, EXTERNAL: 2, EXTERNAL_VPC: 4, denied: 1, peak: 7, limit: 10 }],
      },
      {
        name: 'SOFTWARE',
        levels: ['SOFTWARE'],
        curve: [{ t: 0, SOFTWARE: 0.5, denied: 0, peak: 2, limit: null }],
      },
    ]);
  });
});

describe('thinning a curve', () => {
  const day: Point[] = Array.from({ length: 8640 }, (_, index) => ({
    t: index * 10,
    a: index === 5000 ? 1000 : index % 97,
    b: index,
  }));
  const few = thinned(day, ({ a }) => a!);

  it('keeps it to what a picture can show, spread evenly over the same time', () => {
    expect(few).toHaveLength(MOST_POINTS);
    expect(few[0].t).toBe(0);
    const steps = few.slice(1).map(({ t }, index) => t - few[index].t);
    expect([Math.min(...steps), Math.max(...steps)]).toEqual([360, 360]);
  });

  it('never loses a spike of a single interval, and shows it where it was', () => {
    const [spike] = few.filter(({ a }) => a === 1000);
    expect(Math.abs(spike.t - 50_000)).toBeLessThanOrEqual(720);
  });

  it('shows the least beside the greatest of each stretch, as rows that were there, in their order', () => {
    for (const { a, b } of few) expect(a).toBe(day[b!].a);
    for (const [index, { b }] of few.slice(1).entries()) expect(b).toBeGreaterThanOrEqual(few[index].b!);
    expect(Math.min(...few.map(({ a }) => a!))).toBe(0);
  });

  it('leaves a short curve alone', () => {
    const short = day.slice(0, MOST_POINTS);
    expect(thinned(short, ({ a }) => a!)).toEqual(short);
  });
});

describe('holding a curve', () => {
  it('draws the last interval to the end, and one that stands between gaps', () => {
    const points: Point[] = [
      { t: 0, v: null },
      { t: 10, v: 7 },
      { t: 20, v: null },
    ];
    expect(held(points, 30)).toEqual([
      { t: 0, v: null },
      { t: 10, v: 7 },
      { t: 20, v: 7 },
      { t: 20, v: null },
      { t: 30, v: null },
    ]);
  });
});
