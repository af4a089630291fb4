/** The line that is drawn while a long simulation runs. */
import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src/cli/progress.ts';
import type { Job } from '../../src/experiment/batch.ts';
import { planOf } from '../support/plans.ts';

const job = (name: string, load: string, more = ''): Job =>
  ({
    plan: planOf(`
name: ${name}
duration: 100s
services: [{name: shop, location: europe-west3, load: ${load}}]
${more}
`),
  }) as Job;

describe('The progress line', () => {
  const jobs = [job('one', '1000/s'), job('two', '3000/s')];

  it('tells at first how many scenarios there are', () => {
    expect(progressLine(jobs, 0, 0, [], 0.4)).toBe('0 of 2 scenarios done');
  });

  it('tells how far a run has come, and once it means something how fast it is and how long it will take', () => {
    const underway = [{ job: jobs[0], replication: 1, simulated: 50.4 }];
    expect(progressLine(jobs, 0, 0, underway, 0.9)).toBe(
      '0 of 2 scenarios done · one: 50s of 100s simulated',
    );
    // 50,400 of 400,000 requests in 2 s, so 25,200 a second and 13.9 s to go.
    expect(progressLine(jobs, 0, 0, underway, 2)).toBe(
      '0 of 2 scenarios done · one: 50s of 100s simulated · 25 k requests/s · 14s left',
    );
  });

  it('counts what has ended and all that is under way', () => {
    const underway = [
      { job: jobs[1], replication: 1, simulated: 0 },
      { job: jobs[1], replication: 1, simulated: 100 },
    ];
    expect(progressLine(jobs, 1, 100_000, underway, 0.2 + 1)).toBe(
      '1 of 2 scenarios done · two: 100s of 100s simulated · 333 k requests/s · 0s left',
    );
  });

  it('says so where fewer replications may be enough', () => {
    const many = job(
      'many',
      '1000/s',
      'experiment: {replications: {min: 2, max: 10, relativeHalfWidth: 5%}}',
    );
    const underway = [{ job: many, replication: 3, simulated: 10 }];
    // 210,000 of at most 1,000,000 requests in 7 s.
    expect(progressLine([many], 0, 200_000, underway, 7)).toBe(
      '0 of 1 scenarios done · many replication 3: 10s of 100s simulated · 30 k requests/s · at most 27s left',
    );
  });

  it('has nothing to say of speed where no requests come', () => {
    const none = job('none', '0/s');
    expect(progressLine([none], 0, 0, [{ job: none, replication: 1, simulated: 60 }], 5)).toBe(
      '0 of 1 scenarios done · none: 1m of 100s simulated',
    );
  });
});
