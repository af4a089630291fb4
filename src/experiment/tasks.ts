/**
 * What is asked of a worker, and what it answers. Both cross thread borders, so both are plain data.
 *
 * A task is a pure function of its content: which worker answers it, and when, cannot be seen in the answer. A
 * worker never throws for what goes wrong inside a run; it says so in its answer, since an error loses its class
 * on the way.
 */
import { mathSelfTest } from '../engine/portable-math.ts';
import type { Plan } from '../model/plan.ts';
import type { Results, Summary } from '../probes/results.ts';
import { InvariantViolation } from '../units/check.ts';
import { inSeconds, type Instant } from '../units/time.ts';

export type Task = PlayTask | RenderTask;

/** Simulate one replication. */
export interface PlayTask {
  readonly what: 'play';
  readonly plan: Plan;
  /** For the line on its page that repeats the run; left out where there is no such line. */
  readonly calledAs?: CalledAs;
  /** From 1. */
  readonly replication: number;
  /** What is wanted back besides the summary: nothing, the curves, all results, or the files made of them. */
  readonly want: 'summary' | 'curves' | 'results' | 'files';
  /** With `want: 'files'`: draw charts and pages too. */
  readonly charts: boolean;
  /** Eight bytes in which the simulated time, in seconds, is noted as it passes; null: nobody looks. */
  readonly progress: SharedArrayBuffer | null;
}

/** How a scenario was called: the name of its file, and what was set differently. */
export type CalledAs = Required<Pick<Summary['scenario'], 'file' | 'set'>>;

/** Make the files of a results folder. */
export interface RenderTask {
  readonly what: 'render';
  readonly results: Results;
  readonly charts: boolean;
}

export type Answer = Done | Failure;

export interface Done {
  readonly summary: Summary | null;
  readonly results: Results | null;
  /** Made of the results, where files were wanted. */
  readonly rendered: Rendered | null;
  /** CPU time that the process spent while this was simulated, all its threads together. */
  readonly cpuSeconds: number;
}

export interface Failure {
  /**
   * `invariant`: a defect of the simulator was caught; `too-short`: the run never comes to a steady state;
   * `crash`: anything else.
   */
  readonly failed: 'invariant' | 'too-short' | 'crash';
  readonly message: string;
  readonly stack: string;
}

export interface Rendered {
  /** Path within the results folder, and text. */
  readonly files: ReadonlyMap<string, string>;
  /** What a page over the whole batch needs of this run; only whoever renders looks into it. */
  readonly overview: unknown;
}

/** What the floors above and below bring: how a plan is played, and how results become files. */
export interface Crafts {
  play(
    plan: Plan,
    replication: number,
    options?: { readonly onProgress?: (simulated: Instant) => void; readonly logs?: boolean },
  ): Results;
  render(results: Results, options: { charts: boolean }): Promise<Rendered>;
}

/**
 * Carries a task out, in whatever thread this is. A thread begins by computing what every machine must compute alike;
 * where it does not, nothing is simulated.
 */
export async function carryOut(
  task: Task,
  crafts: Crafts,
  selfTest: () => string | null = mathSelfTestOnce,
): Promise<Answer> {
  try {
    const complaint = selfTest();
    if (complaint !== null)
      throw new InvariantViolation(`the mathematics of this machine is unsound: ${complaint}`);
    if (task.what === 'render') {
      const rendered = await crafts.render(task.results, { charts: task.charts });
      return { summary: null, results: null, rendered, cpuSeconds: 0 };
    }
    const clock = task.progress === null ? null : new Float64Array(task.progress);
    const before = process.cpuUsage();
    const played = crafts.play(task.plan, task.replication, {
      logs: task.want === 'results' || task.want === 'files',
      ...(clock !== null && { onProgress: (simulated: Instant) => void (clock[0] = inSeconds(simulated)) }),
    });
    const spent = process.cpuUsage(before);
    const { summary } = played;
    const results = {
      ...played,
      summary: { ...summary, scenario: { ...summary.scenario, ...task.calledAs } },
    };
    return {
      summary: results.summary,
      results: task.want === 'results' || task.want === 'curves' ? results : null,
      rendered: task.want === 'files' ? await crafts.render(results, { charts: task.charts }) : null,
      cpuSeconds: (spent.user + spent.system) / 1e6,
    };
  } catch (error) {
    return failure(error);
  }
}

let tested: { readonly complaint: string | null } | undefined;
const mathSelfTestOnce = (): string | null => (tested ??= { complaint: mathSelfTest() }).complaint;

/** An error as an answer. */
export function failure(error: unknown): Failure {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    failed: error instanceof InvariantViolation || name === 'InvariantViolation' ? 'invariant' : 'crash',
    message,
    stack: stack ?? message,
  };
}
