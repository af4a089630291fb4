/**
 * Cases, played on a pool: scenario text in, one value a claim and replication out.
 *
 * Each replication is a task of its own and its values are put where they belong, so that neither the number of threads
 * nor the order in which they finish can be seen.
 */
import type { Plan } from '../../model/plan.ts';
import { loadScenario } from '../../scenario/load.ts';
import { formatProblem } from '../../scenario/messages.ts';
import { InvariantViolation } from '../../units/check.ts';
import type { Case, Seen } from '../oracles/oracle.ts';
import type { Pool } from '../pool.ts';
import type { Played } from './row.ts';

/** What the oracles were tuned and committed with. */
export const SEED = '2026';

/** The plan of a case. What is wrong with its scenario is a defect of the oracle, and thrown. */
export function planOf(one: Case, seed = SEED): Plan {
  const files = one.files ?? {};
  const { plan, problems } = loadScenario(one.scenario, 'oracle.json', {
    read: (path) => (Object.hasOwn(files, path) ? files[path] : null),
    seed: one.luck === undefined ? seed : `${seed}/${one.luck}`,
  });
  if (plan === null) {
    throw new Error(problems.map((each) => formatProblem(each, { colour: false })).join('\n'));
  }
  return plan;
}

export interface PlaysOptions {
  readonly pool: Pool;
  readonly seed: string;
  readonly signal?: AbortSignal;
  /** Told as replications are done. */
  readonly onDone?: (done: number, all: number) => void;
}

/** Plays all cases; null where it was interrupted. */
export async function playAll(
  cases: readonly Case[],
  { pool, seed, signal, onDone }: PlaysOptions,
): Promise<readonly Played[] | null> {
  const all = cases.reduce((sum, { replications }) => sum + replications, 0);
  const played = cases.map(({ claims, replications }) => ({
    values: claims.map(() => new Array<number | readonly number[]>(replications)),
    requests: 0,
  }));
  const tasks = numbered(cases);
  // Plans of many cases are not small; each is made when its turn comes and dropped with its last replication.
  let plan: Plan | null = null;
  let of = -1;
  let done = 0;
  const lanes = Array.from({ length: pool.threads + 1 }, async () => {
    for (;;) {
      if (signal?.aborted) return;
      const next = tasks.next();
      if (next.done) return;
      const [index, replication] = next.value;
      const one = cases[index];
      if (index !== of) {
        plan = planOf(one, seed);
        of = index;
      }
      const answer = await pool.run({
        what: 'play',
        plan: plan!,
        replication,
        want: one.tables === true ? 'curves' : 'summary',
        charts: false,
        progress: null,
      });
      if (signal?.aborted) return;
      if ('failed' in answer) {
        const message = `${one.name}: seed ${seed}, replication ${replication}: ${answer.message}`;
        throw answer.failed === 'invariant' ? new InvariantViolation(message) : new Error(message);
      }
      const seen: Seen = { summary: answer.summary!, tables: answer.results?.tables ?? null };
      one.claims.forEach((claim, i) => (played[index].values[i][replication - 1] = claim.of(seen)));
      played[index].requests += seen.summary.services.reduce(
        (sum, { requests }) => sum + (requests.arrived as number),
        0,
      );
      onDone?.(++done, all);
    }
  });
  await Promise.all(lanes);
  return signal?.aborted ? null : played;
}

function* numbered(cases: readonly Case[]): Generator<readonly [index: number, replication: number]> {
  for (const [index, { replications }] of cases.entries()) {
    for (let replication = 1; replication <= replications; replication++) yield [index, replication];
  }
}
