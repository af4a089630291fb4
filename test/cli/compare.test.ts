import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cmeksim, content, folder, MET, scenario } from './cmeksim.ts';

let cwd: string;
beforeEach(() => {
  cwd = folder();
});
const file = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text);
  return name;
};
const SLOW = ['--set-b', 'services.checkout.requests.duration=260ms'];
const json = (...args: string[]) => {
  const { code, out, err } = cmeksim(cwd, 'compare', ...args, '--format', 'json');
  return { code, err, said: JSON.parse(out) as Record<string, never> & { verdict: string; notes: string[] } };
};

describe('cmeksim compare', () => {
  it('finds that a scenario is no step back from itself, figure by figure', () => {
    file('a.yaml', scenario('a', MET));
    const { code, said } = json('a.yaml', 'a.yaml', '--replications', '3');
    expect(code).toBe(0);
    expect(said.verdict).toBe('no regression');
    const figures = said.figures as unknown as { verdict: string }[];
    expect(figures.length).toBeGreaterThan(10);
    expect(figures.filter(({ verdict }) => verdict !== 'same' && verdict !== 'no data')).toEqual([]);
    expect(said.notes.join()).toContain('A and B are the same scenario');
  });

  it('finds slower requests worse with five pairs, and writes what it found', () => {
    file('a.yaml', scenario('a', MET));
    const args = ['a.yaml', 'a.yaml', ...SLOW, '--replications', '5', '--out', 'cmp'];
    const { code, out } = cmeksim(cwd, 'compare', ...args);
    expect(code).toBe(99);
    expect(out).toMatch(/e2e_latencies\.p99 < 1m .*\+.*\[\+.*✗ worse/);
    expect(out).toContain('regression: its figure is worse in B');
    const files = content(join(cwd, 'cmp'));
    expect(Object.keys(files).sort()).toEqual(['compare.csv', 'compare.html', 'compare.svg']);
    expect(files['compare.csv'].split('\n')[0]).toBe(
      'metric,unit,family,a,b,difference,low,high,ratio,ratio_low,ratio_high,pairs,probability,corrected,variance_reduction,verdict',
    );
    expect(files['compare.html']).toContain('✗ worse');
    expect(files['compare.html']).toContain(
      `<code>cmeksim compare a.yaml a.yaml --seed 7 --replications 5 ${SLOW.join(' ')}</code>`,
    );
    cmeksim(cwd, 'compare', ...args.slice(0, -1), 'again', '--jobs', '1');
    expect(content(join(cwd, 'again'))).toEqual(files);
  });

  it('takes saved results as one side, with their seed and as many replications', () => {
    file('a.yaml', scenario('a', MET));
    cmeksim(cwd, 'run', 'a.yaml', '--seed', '11', '--replications', '4', '--no-charts');
    const saved = json('reports/a', 'a.yaml', ...SLOW);
    const simulated = json('a.yaml', 'a.yaml', ...SLOW, '--seed', '11', '--replications', '4');
    expect(saved.said.figures).toEqual(simulated.said.figures);
    expect(saved.said.seed).toBe('11');
    expect(saved.code).toBe(99);
    expect(json('a.yaml', 'reports/a').code).toBe(0);
  });

  it('says so where there is one run, or no objective', () => {
    file('a.yaml', scenario('a'));
    const { code, out } = cmeksim(cwd, 'compare', 'a.yaml', 'a.yaml', ...SLOW);
    expect(code).toBe(0);
    expect(out).toContain('one run: points without intervals');
    expect(out).toContain('no objectives in common');
    expect(out).toContain('· one run');
  });

  it('compares under one luck though the files have two seeds, and says what else differs', () => {
    file('a.yaml', scenario('a', MET));
    file('b.yaml', scenario('b').replace('seed: 7', 'seed: 8').replace('2m', '3m'));
    file('c.yaml', scenario('c').replace('- name: checkout', '- name: basket'));
    const { notes } = json('a.yaml', 'b.yaml').said;
    expect(notes[0]).toBe('B has the seed 8; it is simulated with that of A, 7');
    expect(notes).toContain('other durations, so that counts are over other times, s: 120 in A, 180 in B');
    expect(notes).toContain('objectives only in A, not compared: e2e_latencies.p99 < 1m');
    expect(json('a.yaml', 'c.yaml').said.notes).toContain('service only in A, not compared: checkout');
  });

  it('says so where saved results are of another version', () => {
    file('a.yaml', scenario('a', MET));
    cmeksim(cwd, 'run', 'a.yaml', '--no-charts');
    const summary = join(cwd, 'reports/a/summary.json');
    writeFileSync(summary, readFileSync(summary, 'utf8').replace(/"version": "[^"]+"/, '"version": "0.0.1"'));
    expect(json('reports/a', 'a.yaml').said.notes[0]).toContain('A was simulated by version 0.0.1');
  });

  it.each([
    ['a folder without results', ['.', 'a.yaml'], 'summary.json'],
    ['a file that is not there', ['a.yaml', 'none.yaml'], 'none.yaml: cannot be read'],
    ['a wrong scenario', ['a.yaml', 'wrong.yaml'], 'MISSING_UNIT'],
    ['another seed than the saved one', ['reports/a', 'a.yaml', '--seed', '1'], 'the same luck'],
    ['another number of replications', ['reports/a', 'a.yaml', '--replications', '5'], 'with 2 replications'],
    ['a field that is not there', ['a.yaml', 'a.yaml', '--set-b', 'services.x=1'], 'services.x'],
    ['no B', ['a.yaml'], 'missing required argument'],
  ])('2: %s', (_, args, words) => {
    file('a.yaml', scenario('a'));
    file('wrong.yaml', scenario('wrong').replace('2m', '2'));
    if (args[0] === 'reports/a') cmeksim(cwd, 'run', 'a.yaml', '--replications', '2', '--no-charts');
    const { code, err } = cmeksim(cwd, 'compare', ...args);
    expect(err).toContain(words);
    expect(err).not.toContain('    at ');
    expect(code).toBe(2);
  });

  it('2: saved replications that were tampered with', () => {
    file('a.yaml', scenario('a'));
    cmeksim(cwd, 'run', 'a.yaml', '--replications', '2', '--no-charts');
    const path = join(cwd, 'reports/a/replications.csv');
    writeFileSync(path, readFileSync(path, 'utf8').replace('\n1,', '\n9,'));
    const { code, err } = cmeksim(cwd, 'compare', 'reports/a', 'a.yaml');
    expect(code).toBe(2);
    expect(err).toContain('replications.csv: not as cmeksim writes it: replication 9');
  });

  it('3: where more replications are needed to tell whether only B misses an objective', () => {
    // A is as long as its requests are; of B two runs cannot say on which side of the limit it is.
    const text = scenario('a').replace('minInstanceCount: 0', 'minInstanceCount: 10');
    file('a.yaml', `${text}objectives: [{expect: "e2e_latencies.mean < 206ms"}]\n`);
    const longer = ['--set-b', 'services.checkout.requests.duration={exponential: {mean: 204ms}}'];
    const { code, said } = json('a.yaml', 'a.yaml', ...longer, '--replications', '2');
    expect([code, said.verdict]).toEqual([3, 'inconclusive']);
  });
});
