/** The gate that `npm run bench -- --check` is, on numbers made up for it: what it catches and what it lets pass. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Streams } from '../../src/engine/streams.ts';

type Verdict = 'fine' | 'slower' | 'unsure';
const here = (name: string): string => new URL(name, import.meta.url).href;
const { judge, changes, ROUNDS } = (await import(here('gate.mjs'))) as {
  judge: (ratios: readonly number[], baseline: number, doubt?: number) => { verdict: Verdict; worse: number };
  changes: (declared: object, done: object) => string[];
  ROUNDS: { first: number; toAccuse: number; most: number };
};

/**
 * Ratios as a busy machine gives them: most within some percent, one in eight far off, to either side since the
 * kernel may be the one that was disturbed.
 */
function noisy(of: number, run: number): () => number {
  const stream = new Streams('noise', run).stream('service-time', 'gate');
  return () => {
    const off = stream.next53() + stream.next53() + stream.next53() - 1.5;
    const wild = stream.next53() < 1 / 8 ? 1 + 0.4 * stream.next53() : 1;
    return of * (1 + 0.1 * off) * (stream.next53() < 0.7 ? wild : 1 / wild);
  };
}

/** Rounds until the gate is sure. */
function decide(of: number, run: number): { verdict: Verdict; rounds: number } {
  const next = noisy(of, run);
  const ratios: number[] = [];
  for (;;) {
    ratios.push(next());
    const { verdict } = judge(ratios, 6);
    if (verdict !== 'unsure') return { verdict, rounds: ratios.length };
  }
}
const runs = Array.from({ length: 400 }, (_, run) => run);

describe('the gate', () => {
  test('catches a slow-down of a fifth, nearly always', () => {
    const caught = runs.filter((run) => decide(6 * 1.2, run).verdict === 'slower');
    expect(caught.length).toBeGreaterThan(0.95 * runs.length);
  });

  test('does not cry wolf where nothing changed', () => {
    expect(runs.filter((run) => decide(6, run).verdict !== 'fine')).toEqual([]);
  });

  test('lets pass what has become faster', () => {
    expect(runs.filter((run) => decide(6 * 0.7, run).verdict !== 'fine')).toEqual([]);
  });

  test('is sure in five rounds where nothing is near the limit, and takes more where it is', () => {
    expect(decide(6, 1).rounds).toBe(ROUNDS.first);
    const near = runs.map((run) => decide(6 * 1.13, run).rounds);
    expect(Math.max(...near)).toBeGreaterThan(ROUNDS.toAccuse);
    expect(Math.max(...near)).toBeLessThanOrEqual(ROUNDS.most);
  });

  test('accuses nobody on fewer than eleven rounds', () => {
    const tenfold = Array.from({ length: ROUNDS.toAccuse - 1 }, () => 60);
    expect(judge(tenfold, 6).verdict).toBe('unsure');
    expect(judge([...tenfold, 60], 6).verdict).toBe('slower');
  });

  test('is less sure where the baseline was not sure itself', () => {
    const ratios = [6.5, 6.6, 6.4, 6.5, 6.6];
    expect(judge(ratios, 6).verdict).toBe('fine');
    expect(judge(ratios, 6, 0.08).verdict).toBe('unsure');
  });

  test('tells what work is other than declared, and nothing where none is', () => {
    const declared = { events: 100, draws: 200, fingerprint: 'abc' };
    expect(changes(declared, { ...declared })).toEqual([]);
    expect(changes(declared, { ...declared, events: 101 })).toEqual([
      'events: 100 was declared, 101 was done',
    ]);
    expect(changes(declared, { events: 100, draws: 200, starts: 3 })).toEqual([
      'fingerprint: abc was declared, nothing was done',
      'starts: nothing was declared, 3 was done',
    ]);
  });
});

describe('npm run bench', () => {
  const bench = (...args: string[]) =>
    promisify(execFile)(process.execPath, [fileURLToPath(here('bench.mjs')), ...args]);

  test.each([
    [['--only', 'w3'], 'there is no program w3'],
    [['--beside', 'w1'], '--beside takes "WORLD: TITLE = COMMAND", not "w1"'],
    [['--rounds', 'many'], '--rounds takes a whole number from 1, not "many"'],
    [['--dist', '/nowhere'], 'there is no build in /nowhere: npm run build'],
    [['--check', '--baseline', '/nowhere.json'], 'there is no baseline /nowhere.json'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j in a sentence', async (args, message) => {
    await expect(bench(...args)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
      stdout: '',
    });
  });
});
