/** What a bench run tells, on samples made up for it. */
import { describe, expect, test } from 'vitest';

const here = (name: string): string => new URL(name, import.meta.url).href;
const { digestOf, markdown, historyLine } = (await import(here('report.mjs'))) as {
  digestOf: (program: object, samples: readonly object[]) => Found;
  markdown: (found: object) => string;
  historyLine: (found: object) => string;
};
const { runBeside } = (await import(here('rounds.mjs'))) as {
  runBeside: (beside: { title: string; command: string }) => Promise<{ ns: number }>;
};
const { spread } = (await import(here('spread.mjs'))) as {
  spread: (values: readonly number[]) => Readonly<Record<string, number>>;
};
const { flameGraph } = (await import(here('flame.mjs'))) as {
  flameGraph: (tree: object, title: string) => string;
};

interface Found {
  readonly ratio: { readonly median: number };
  readonly gcPerMillion: number;
}

const program = { name: 'w1-model', is: 'a queue', unit: 'request', target: 4.5, aim: 3 };
const sample = (ns: number, kernel: number, other: number) => ({
  line: { n: 2_000_000, ns, cpu: ns * 2, rss: 80, heap: 20, gc: { count: 30, ms: 12 }, work: { events: 9 } },
  kernel,
  ratio: ns / kernel,
  beside: [{ title: 'C++', ns: other, ratio: ns / other }],
});
// The machine was twice as slow in the second round; the ratios do not show it.
const samples = [sample(600, 150, 60), sample(1260, 300, 120), sample(570, 150, 60)];
const found = {
  label: 'made up',
  node: '20.0.0',
  cpu: 'a processor',
  size: 'full',
  rounds: 3,
  kernelNs: 150,
  programs: [digestOf(program, samples)],
};

describe('the report of a bench run', () => {
  test('takes ratios round by round and tells their median', () => {
    expect(found.programs[0].ratio.median).toBe(4);
    const row = markdown(found)
      .split('\n')
      .find((line) => line.startsWith('| w1-model'));
    expect(row).toBe(
      '| w1-model | 2.0 M | 600 ns | 4.00 (3.90–4.10) | 10.0 (9.75–10.3) × C++ | ≤ 4.5, aim 3 | 80 | 15 |',
    );
  });

  test('tells what is much slower the other way round', () => {
    const slow = samples.map((each) => ({
      ...each,
      beside: [{ title: 'SimPy', ns: 40 * each.line.ns, ratio: 1 / 40 }],
    }));
    expect(markdown({ ...found, programs: [digestOf(program, slow)] })).toContain(
      '| 40.0 (40.0–40.0) times as fast as SimPy |',
    );
  });

  test('counts garbage collections by the million', () => {
    expect(found.programs[0].gcPerMillion).toBe(15);
  });

  test('has a line for the history that holds what a curve needs', () => {
    expect(JSON.parse(historyLine(found))).toMatchObject({
      label: 'made up',
      programs: { 'w1-model': { ns: 600, ratio: 4, low: 3.9, high: 4.1, beside: { 'C++': 10 } } },
    });
  });

  test('gives median and quartiles between the numbers where they fall there', () => {
    expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, low: 1.75, high: 3.25, min: 1, max: 4, count: 4 });
  });
});

describe('a program beside', () => {
  test('is any command that prints n and cpu', async () => {
    const { ns } = await runBeside({ title: 'other', command: `echo 'hello'; echo '{"n":1000,"cpu":2}'` });
    expect(ns).toBe(2000);
  });

  test.each([
    ['echo nothing', 'prints no line of JSON'],
    [`echo '{"n":5}'`, 'its line of JSON has no n and cpu'],
  ])('that says no such thing is told so: %s', async (command, message) => {
    await expect(runBeside({ title: 'other', command })).rejects.toThrow(message);
  });
});

describe('a flame graph', () => {
  test('draws what takes time, wide as its share, and escapes names', () => {
    const leaf = (name: string, total: number) => ({ name, file: 'World', total, children: [] });
    const tree = { name: 'root', file: '', total: 100, children: [leaf('a<b', 75), leaf('tiny', 0.1)] };
    const svg = flameGraph(tree, 'title');
    expect(svg).toContain('a&lt;b (World): 75.0 %');
    expect(svg).toContain('width="899.5"');
    expect(svg).not.toContain('tiny');
  });
});
