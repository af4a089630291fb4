import { expect, it } from 'vitest';
import { carryOut, type Crafts } from '../../src/experiment/tasks.ts';
import { planOf, resultsOf } from './fixture.ts';

const crafts: Crafts = {
  play: (plan, replication) => resultsOf(plan, replication),
  render: async () => ({ files: new Map(), overview: null }),
};

const task = {
  what: 'play',
  plan: planOf({ name: 'one' }),
  replication: 1,
  want: 'summary',
  charts: false,
  progress: null,
} as const;

it('a machine that computes a logarithm of its own simulates nothing, and says so', async () => {
  const answer = await carryOut(task, crafts, () => 'ln gives other values here than elsewhere');
  expect(answer).toMatchObject({
    failed: 'invariant',
    message: 'the mathematics of this machine is unsound: ln gives other values here than elsewhere',
  });
});

it('this machine computes what all do', async () => {
  expect(await carryOut(task, crafts)).toMatchObject({ summary: { scenario: { name: 'one' } } });
});
