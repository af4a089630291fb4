/**
 * The benchmarks in small: what they do is what they did, and agrees with theory. Not a word about time here; that is
 * `npm run bench`.
 *
 * Work counts that are meant to change are written down again with UPDATE_SPEED=1; look at the difference.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import * as library from '../../src/index.ts';

type Work = Readonly<Record<string, number | string>>;
interface Outcome {
  readonly n: number;
  readonly work: Work;
  readonly law?: { readonly name: string; readonly is: number; readonly value: number };
}
interface Program {
  readonly name: string;
  readonly sizes: { readonly small: number };
  readonly prepare: (library: unknown, n: number, options?: object) => () => Outcome | Promise<Outcome>;
}

const here = (name: string): string => new URL(name, import.meta.url).href;
const { PROGRAMS, load } = (await import(here('programs.mjs'))) as {
  PROGRAMS: readonly string[];
  load: (name: string) => Promise<Program>;
};
const { countDraws } = (await import(here('draws.mjs'))) as {
  countDraws: (Stream: unknown) => { count: () => number; restore: () => void };
};

const written = fileURLToPath(here('counts.json'));
const declared = existsSync(written)
  ? (JSON.parse(readFileSync(written, 'utf8')) as Readonly<Record<string, Work>>)
  : {};
const done: Record<string, Work> = {};

const PROCESSES = ['help', 'small-run', 'threads'];
const simulations = ['reference-kernel', ...PROGRAMS.filter((name) => !PROCESSES.includes(name))];

async function counted(name: string): Promise<Work> {
  const program = await load(name);
  const draws = countDraws(library.Stream);
  try {
    const { n, work } = await program.prepare(library, program.sizes.small)();
    return { n, ...work, draws: draws.count() };
  } finally {
    draws.restore();
  }
}

describe('the work of a benchmark', () => {
  afterAll(() => {
    if (process.env.UPDATE_SPEED !== undefined) {
      writeFileSync(written, `${JSON.stringify(done, null, 2)}\n`);
    }
  });

  test.each(simulations)('%s: the same in two runs, and what was declared', async (name) => {
    const work = await counted(name);
    done[name] = work;
    const program = await load(name);
    const { n, work: again } = await program.prepare(library, program.sizes.small)();
    expect({ n, ...again, draws: work.draws }).toEqual(work);
    if (process.env.UPDATE_SPEED === undefined) expect(work).toEqual(declared[name]);
  });

  test('is another one with one more request', async () => {
    const program = await load('w1-engine');
    const work = async (n: number) => (await program.prepare(library, n)()).work;
    expect((await work(2001)).result).not.toBe((await work(2000)).result);
  });

  test('asks chance two things a request: when it arrives, and how long it takes', async () => {
    const { n, draws } = await counted('w1-engine');
    expect(draws).toBe(2 * inBlocks(n as number));
  });
});

/** Numbers are drawn 64 at a time, the last block too. */
const inBlocks = (n: number): number => 64 * Math.ceil(n / 64);

describe('the results of a benchmark', () => {
  const lawful = ['w1-engine', 'w1-model', 'w2-model', 'per-request'];
  test.each(lawful)('%s: what theory says', async (name) => {
    const program = await load(name);
    const { law } = await program.prepare(library, program.sizes.small)();
    // Small runs: some 40 000 requests know a mean to half a percent.
    expect(law!.value / law!.is).toBeGreaterThan(0.975);
    expect(law!.value / law!.is).toBeLessThan(1.025);
  });
});

describe('a benchmark as a process of its own', () => {
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(here('one.mjs')), ...args]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    return JSON.parse(stdout) as Outcome & Readonly<Record<string, number>>;
  };

  test('prints one line: what it did, and what that took', async () => {
    const line = await run('w1-engine', 'small', '--count');
    expect(line.work.events).toBe(2 * line.n);
    expect(line.work.draws).toBe(2 * inBlocks(line.n));
    for (const key of ['cpu', 'wall', 'ns', 'rss', 'heap']) expect(line[key], key).toBeGreaterThan(0);
    expect(line.ns).toBeCloseTo((line.cpu * 1e6) / line.n, 0);
  });

  test('on one thread or two leaves the same bytes behind', async () => {
    const { work } = await run('threads', 'small');
    expect(work.oneThread).toMatch(/^[0-9a-f]{16}$/);
    expect(work.twoThreads).toBe(work.oneThread);
  });

  test('that there is not is named, with those that there are', async () => {
    await expect(run('w3')).rejects.toThrow(/no program 'w3': reference-kernel, w1-engine/);
  });
});
