/**
 * Threads that carry tasks out, or none: with little to do, starting a thread costs more than it saves, and the
 * tasks are carried out here. The answers are the same.
 *
 * Each replication is one task and touches nothing that another can see, so the number of threads changes how
 * long a batch takes and no byte of what it writes. A thread that dies takes its task with it and no other.
 */
import type { Tinypool } from 'tinypool';
import { failure, type Answer, type Task } from './tasks.ts';

export interface Pool {
  /** How many tasks are carried out at a time. */
  readonly threads: number;
  /** Carries a task out. Never rejects: what goes wrong is in the answer. */
  run(task: Task): Promise<Answer>;
  /** Ends the threads; tasks under way are abandoned. */
  close(): Promise<void>;
}

/** A pool of this thread alone. */
export const inline = (carryOut: (task: Task) => Promise<Answer>): Pool => ({
  threads: 1,
  run: async (task) => {
    // Let what waits (a signal, a write) have its turn between two simulations, which are synchronous.
    await new Promise((resolve) => setImmediate(resolve));
    return carryOut(task);
  },
  close: async () => {},
});

/**
 * A pool of worker threads.
 *
 * @param worker the module whose default export carries a task out
 * @param threads at least 1
 */
export async function threaded(worker: URL, threads: number): Promise<Pool> {
  const { Tinypool } = await import('tinypool');
  const pool: Tinypool = new Tinypool({
    filename: worker.href,
    minThreads: threads,
    maxThreads: threads,
    isolateWorkers: false,
    // A worker waits for its next task with its event loop running; a blocked one could not be ended quickly.
    useAtomics: false,
  });
  // A thread that cannot even start reports to the pool, not to a task.
  const broken = new Set<(error: unknown) => void>();
  let reason: unknown = null;
  let closed: Promise<void> | null = null;
  pool.on('error', (error: unknown) => {
    reason = error;
    for (const giveUp of broken) giveUp(error);
  });
  return {
    threads,
    run: (task) =>
      new Promise<Answer>((resolve) => {
        const giveUp = (error: unknown) => {
          broken.delete(giveUp);
          resolve(failure(error));
        };
        if (reason !== null) return giveUp(reason);
        broken.add(giveUp);
        (pool.run(task) as Promise<Answer>).then((answer) => {
          broken.delete(giveUp);
          resolve(answer);
        }, giveUp);
      }),
    close: () => (closed ??= pool.destroy()),
  };
}
