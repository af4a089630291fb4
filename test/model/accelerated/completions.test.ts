import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/engine/streams.ts';
import { Completions } from '../../../src/model/accelerated/completions.ts';
import { Survival } from '../../../src/model/accelerated/survival.ts';

const MS = 1_000_000;
const SECOND = 1000 * MS;
const stream = (name: string) => new Streams('completions', 0).stream('crowd-work', name);
const lognormal = Survival.of({ kind: 'lognormal', mean: 400 * MS, cv: 1 });
const exponential = Survival.of({ kind: 'exponential', mean: 300 * MS });

describe('How long requests last', () => {
  it('is the distribution that was asked for', () => {
    expect(exponential.mean / (300 * MS)).toBeCloseTo(1, 4);
    expect(exponential.after(300 * MS)).toBeCloseTo(Math.exp(-1), 4);
    expect(exponential.after(3 * SECOND)).toBeCloseTo(Math.exp(-10), 7);
    expect(lognormal.mean / (400 * MS)).toBeCloseTo(1, 3);
    const two = Survival.of({
      kind: 'mixture',
      parts: [
        { weight: 1, of: { kind: 'constant', value: 10 * MS } },
        { weight: 3, of: { kind: 'constant', value: SECOND } },
      ],
    });
    expect(two.after(100 * MS)).toBeCloseTo(0.75, 9);
  });

  it('is averaged over the stretch in which requests start', () => {
    // For exponential times the mean of e^-x over a stretch is known.
    const width = 200 * MS;
    const mean = (300 / 200) * (1 - Math.exp(-200 / 300));
    expect(exponential.afterStretch(0, width)).toBeCloseTo(mean, 4);
    expect(exponential.afterStretch(300 * MS, width)).toBeCloseTo(mean * Math.exp(-1), 4);
  });
});

describe('Requests at work, as counts', () => {
  it('are all finished once, whatever the steps', () => {
    const luck = stream('steps');
    const work = new Completions(10 * MS, 0, luck);
    let started = 0;
    let finished = 0;
    for (let at = 0, step = 1; at < 60 * SECOND; step = (step * 7) % 997) {
      const from = at;
      at += step * MS;
      finished += work.take(at);
      if (at < 30 * SECOND) {
        started += 50;
        finished += work.spread(50, 0, at - from, lognormal, 0);
      }
      work.resolve(step % 3 === 0 ? SECOND : 10 * MS);
      expect(work.count).toBe(started - finished);
    }
    expect(work.count).toBeLessThan(3);
    finished += work.take(1000 * SECOND);
    expect(finished).toBe(started);
  });

  it.each([10 * MS, 37 * MS, SECOND])('are as many as Little says, in steps of %i ns', (step) => {
    const luck = stream(`little ${step}`);
    const work = new Completions(10 * MS, 0, luck);
    work.resolve(step);
    const perStep = (5000 * step) / SECOND;
    let sum = 0;
    let count = 0;
    for (let at = step; at < 200 * SECOND; at += step) {
      work.take(at);
      work.spread(perStep, 0, step, lognormal, 0);
      if (at < 20 * SECOND) continue;
      sum += work.count;
      count++;
    }
    // 5,000 a second for 400 ms each.
    expect(sum / count / 2000).toBeCloseTo(1, 2);
  });

  it('end when their time says, not sooner or later', () => {
    const work = new Completions(10 * MS, 0, stream('times'));
    work.take(10 * MS);
    const n = 1_000_000;
    let finished = work.spread(n, 0, 10 * MS, exponential, 0);
    for (let at = 20; at <= 900; at += 10) {
      finished += work.take(at * MS);
      const alive = exponential.afterStretch((at - 10) * MS, 10 * MS);
      expect(Math.abs(n - finished - n * alive)).toBeLessThan(0.003 * n);
    }
  });

  it('can be taken away, each with its time', () => {
    const work = new Completions(10 * MS, 0, stream('away'));
    work.take(10 * MS);
    work.spread(1000, 0, 10 * MS, lognormal, 0);
    const before = work.count;
    const times: number[] = [];
    work.remove(300, (at) => times.push(at));
    expect(times).toHaveLength(300);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10 * MS);
    expect(work.count).toBe(before - 300);
    for (const at of times) work.add(at);
    expect(work.take(1000 * SECOND)).toBe(before);
  });

  it('never outlast what they may, where that is so', () => {
    const work = new Completions(10 * MS, 0, stream('cut'));
    work.take(10 * MS);
    const n = 10_000;
    const cut = exponential.after(500 * MS);
    let finished = work.spread(n, 0, 10 * MS, exponential, cut);
    // To the width of a cell, an eighth of the way.
    finished += work.take(650 * MS);
    expect(finished).toBe(n);
  });
});
