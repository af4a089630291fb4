import { expect, it } from 'vitest';
import { threaded } from '../../src/experiment/pool.ts';
import type { Task } from '../../src/experiment/tasks.ts';
import { planOf } from './fixture.ts';

const worker = new URL('./worker.mjs', import.meta.url);
const task = (name: string): Task => ({
  what: 'play',
  plan: planOf({ name }),
  replication: 1,
  want: 'summary',
  charts: false,
  progress: null,
});

it('a thread that dies takes its task with it, and the others go on', async () => {
  const pool = await threaded(worker, 1);
  const [a, dead, b] = await Promise.all(['a', 'dies', 'b'].map((name) => pool.run(task(name))));
  expect(a).toMatchObject({ summary: { name: 'a' } });
  expect(dead).toMatchObject({ failed: 'crash', message: 'the thread is gone' });
  expect(b).toMatchObject({ summary: { name: 'b' } });
  await pool.close();
});

it('a pool that is closed abandons what is under way, and may be closed again', async () => {
  const pool = await threaded(worker, 2);
  const answer = pool.run(task('waits'));
  await pool.run(task('a'));
  await pool.close();
  await pool.close();
  expect(await answer).toMatchObject({ failed: 'crash' });
});

it('a worker that cannot be loaded is an answer too', async () => {
  const pool = await threaded(new URL('./no-such-worker.mjs', import.meta.url), 1);
  expect(await pool.run(task('a'))).toMatchObject({ failed: 'crash' });
  await pool.close();
});
