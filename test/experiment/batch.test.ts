import { describe, expect, it } from 'vitest';
import { runBatch, type BatchOptions, type Job } from '../../src/experiment/batch.ts';
import type { Pool } from '../../src/experiment/pool.ts';
import { CannotWrite } from '../../src/experiment/store.ts';
import { carryOut, type Crafts, type Task } from '../../src/experiment/tasks.ts';
import type { Plan } from '../../src/model/plan.ts';
import { InvariantViolation } from '../../src/units/check.ts';
import { planOf, resultsOf } from './fixture.ts';

const crafts: Crafts = {
  play: (plan, replication) => {
    if (plan.name === 'broken' && replication === 2) throw new InvariantViolation('books do not balance');
    if (plan.name === 'crashing') throw new Error('out of everything');
    return resultsOf(plan, replication);
  },
  render: async (results) => ({
    files: new Map([['summary.json', JSON.stringify(results.summary)]]),
    overview: results.summary.scenario.name,
  }),
};

/** A pool that answers in an order of its own: of what waits, the last first. */
function contrary(threads: number): Pool {
  const waiting: (() => void)[] = [];
  return {
    threads,
    run: (task: Task) =>
      new Promise((resolve) => {
        waiting.push(() => void carryOut(task, crafts).then(resolve));
        setImmediate(() => waiting.pop()?.());
      }),
    close: async () => {},
  };
}

const inOrder: Pool = { threads: 1, run: (task) => carryOut(task, crafts), close: async () => {} };

const jobs = (...plans: readonly Plan[]): Job[] => plans.map((plan) => ({ plan, file: `${plan.name}.yaml` }));

async function written(pool: Pool, batch: readonly Job[], more: Partial<BatchOptions> = {}) {
  const files: Record<string, string> = {};
  const result = await runBatch(batch, {
    pool,
    charts: false,
    write: (scenario, texts) => {
      for (const [path, text] of texts) files[`${scenario}/${path}`] = text;
    },
    ...more,
  });
  return { ...result, files };
}

describe('a batch', () => {
  const batch = jobs(
    planOf({ name: 'one' }),
    planOf({ name: 'many', replications: { min: 5, max: 200, relativeHalfWidth: 0.3 } }),
    planOf({ name: 'three', replications: { min: 3, max: 3 } }),
  );

  it('writes the same bytes whichever thread is done first', async () => {
    const one = await written(inOrder, batch);
    for (const threads of [1, 2, 3, 8]) {
      const other = await written(contrary(threads), batch);
      expect(other.files).toEqual(one.files);
      expect(other.outcomes.map((outcome) => outcome?.job.plan.name)).toEqual(['one', 'many', 'three']);
      expect(other.requests).toBe(one.requests);
    }
    expect(Object.keys(one.files).sort()).toEqual([
      'many/replications.csv',
      'many/summary.json',
      'one/summary.json',
      'three/replications.csv',
      'three/summary.json',
    ]);
  });

  it('stops at a checkpoint, when what was asked for is known precisely enough', async () => {
    const { outcomes } = await written(inOrder, batch);
    const [one, many, three] = outcomes.map((outcome) =>
      outcome?.status === 'finished' ? outcome.summary.scenario.replications : null,
    );
    // The means 10, 20, …, 10 n: the half-width comes below 0.3/1.3 of the mean between 20 and 30 replications.
    expect([one, many, three]).toEqual([1, 30, 3]);
  });

  it('goes on when a run fails, and says which replication it was', async () => {
    const broken = planOf({ name: 'broken', replications: { min: 3, max: 3 } });
    const { outcomes, files } = await written(
      contrary(2),
      jobs(broken, planOf({ name: 'crashing' }), planOf({ name: 'good' })),
    );
    expect(outcomes[0]).toMatchObject({ status: 'failed', failed: 'invariant', replication: 2 });
    expect(outcomes[1]).toMatchObject({ status: 'failed', failed: 'crash', message: 'out of everything' });
    expect(outcomes[2]).toMatchObject({ status: 'finished' });
    expect(Object.keys(files)).toEqual(['good/summary.json']);
  });

  it('goes on when one result cannot be written', async () => {
    const { outcomes } = await written(inOrder, jobs(planOf({ name: 'full' }), planOf({ name: 'good' })), {
      write: (scenario) => {
        if (scenario === 'full') throw new CannotWrite('no space is left');
      },
    });
    expect(outcomes.map((outcome) => outcome?.status)).toEqual(['unwritten', 'finished']);
  });

  it('keeps what is finished when it is interrupted, and has no outcome for the rest', async () => {
    const controller = new AbortController();
    const { outcomes, files } = await written(
      inOrder,
      jobs(...['a', 'b', 'c', 'd', 'e'].map((name) => planOf({ name }))),
      {
        signal: controller.signal,
        onOutcome: ({ job }) => {
          if (job.plan.name === 'b') controller.abort();
        },
      },
    );
    expect(outcomes[1]?.status).toBe('finished');
    expect(outcomes.slice(3)).toEqual([null, null]);
    const finished = outcomes.flatMap((outcome) =>
      outcome === null ? [] : [`${outcome.job.plan.name}/summary.json`],
    );
    expect(Object.keys(files).sort()).toEqual(finished.sort());
  });
});
