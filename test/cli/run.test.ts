import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cmeksim, content, folder, interrupted, MET, MISSED, scenario } from './cmeksim.ts';

let cwd: string;
beforeEach(() => {
  cwd = folder();
});
const file = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text);
  return name;
};

describe('cmeksim run', () => {
  it('writes a folder for each scenario, a page over all, and a table', () => {
    file('a.yaml', scenario('first', MET));
    file('b.yaml', scenario('second'));
    const { code, out, err } = cmeksim(cwd, 'run', 'a.yaml', 'b.yaml', '--jobs', '1');
    expect(code).toBe(0);
    expect(out).toMatch(/first +✓ met/);
    expect(out).toMatch(/second +· no objectives/);
    expect(err).toMatch(/^\d+ requests in \d+\.\d\d s of CPU: \d+ requests per CPU second$/m);
    expect(readdirSync(join(cwd, 'reports')).sort()).toEqual(['first', 'index.html', 'second']);
    expect(readdirSync(join(cwd, 'reports/first')).sort()).toEqual([
      'audit-log.jsonl',
      'charts',
      'cold-starts.csv',
      'decisions.jsonl',
      'index.html',
      'kms-operations.csv',
      'kms-quota.csv',
      'requests.csv',
      'scale-out.csv',
      'service-log.jsonl',
      'summary.json',
    ]);
  });

  it('writes the same bytes with one thread and with two, in any order of the files', () => {
    // Enough requests that threads are used at all.
    const busy = (name: string) => scenario(name, MET).replace('20/s', '2000/s').replace('10}', '500}');
    file('a.yaml', busy('first'));
    file('b.yaml', busy('second') + 'experiment: {replications: 3}\n');
    cmeksim(cwd, 'run', 'a.yaml', 'b.yaml', '--jobs', '1', '--out', 'one', '--no-charts');
    cmeksim(cwd, 'run', 'b.yaml', 'a.yaml', '--jobs', '2', '--out', 'two', '--no-charts');
    const one = content(join(cwd, 'one'));
    expect(content(join(cwd, 'two'))).toEqual(one);
    expect(Object.keys(one)).toContain('second/replications.csv');
    expect(Object.keys(one).filter((path) => /html|svg/.test(path))).toEqual([]);
    expect(JSON.parse(one['second/summary.json']).services[0].requests.arrived).toHaveProperty('low');
  });

  it('takes folders and quoted patterns, and passes over services that lie there', () => {
    mkdirSync(join(cwd, 'deep/er'), { recursive: true });
    file('deep/a.yaml', scenario('a'));
    file('deep/er/b.yaml', scenario('b'));
    file('deep/checkout.service.yaml', 'apiVersion: serving.knative.dev/v1\nkind: Service\n');
    const names = (...args: string[]): string[] => {
      const { code, out } = cmeksim(cwd, 'run', ...args, '--no-charts', '--format', 'json');
      expect(code).toBe(0);
      return (JSON.parse(out) as { scenario: string }[]).map((entry) => entry.scenario);
    };
    expect(names('deep')).toEqual(['a', 'b']);
    expect(names('deep/*.yaml')).toEqual(['a']);
    expect(names('./**/*.yaml')).toEqual(['a', 'b']);
    expect(names('deep/{a,x}.y?ml', 'deep/er/[bc].yaml')).toEqual(['a', 'b']);
    expect(names('deep', 'deep/a.yaml')).toEqual(['a', 'b']);
    expect(names('deep', '--shard', '2/2')).toEqual(['b']);
  });

  it('takes seed, replications and overrides from the command line', () => {
    file('a.yaml', scenario('a'));
    const { out } = cmeksim(
      cwd,
      ...['run', 'a.yaml', '--no-charts', '--format', 'json', '--seed', 'x', '--replications', '2'],
      ...['--set', 'services.checkout.scaling.minInstanceCount=5', '--set', 'duration=1m'],
    );
    const [{ summary }] = JSON.parse(out);
    expect(summary.scenario).toMatchObject({ seed: 'x', replications: 2, duration_s: 60 });
    expect(summary.services[0].instances.mean.mean).toBeGreaterThanOrEqual(5);
  });

  it('replaces the earlier results of a scenario, stale files included', () => {
    file('a.yaml', scenario('a'));
    cmeksim(cwd, 'run', 'a.yaml');
    cmeksim(cwd, 'run', 'a.yaml', '--no-charts');
    expect(existsSync(join(cwd, 'reports/a/charts'))).toBe(false);
    expect(existsSync(join(cwd, 'reports/a/summary.json'))).toBe(true);
  });

  it('writes JUnit, Markdown and a GitHub summary with annotations', () => {
    file('a.yaml', scenario('a', MISSED));
    const reporters = ['junit=j.xml', 'markdown=m.md', 'github=g.md'].flatMap((each) => ['--reporter', each]);
    const { err } = cmeksim(cwd, 'run', 'a.yaml', '--no-charts', ...reporters);
    const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
    expect(read('j.xml')).toContain(
      '<testcase classname="a" name="e2e_latencies.p50 &lt; 1ms" time="0"><failure',
    );
    expect(read('m.md')).toContain('| e2e_latencies.p50 &lt; 1ms | &lt; 1 ms | 200 ms | ✗ missed |');
    expect(read('g.md')).toBe(read('m.md'));
    expect(err).toContain('::error file=a.yaml,line=11::a: e2e_latencies.p50 < 1ms: missed, 200 ms');
  });

  it('tells them of a scenario that is wrong, beside those that ran and alone', () => {
    file('a.yaml', scenario('a', MET));
    file('b.yaml', 'name: b\nduration: 5\n');
    const reporters = ['--reporter', 'junit=j.xml', '--reporter', 'github=g.md'];
    const read = (name: string) => readFileSync(join(cwd, name), 'utf8');
    const { code, err } = cmeksim(cwd, 'run', 'a.yaml', 'b.yaml', '--no-charts', ...reporters);
    expect(code).toBe(2);
    expect(read('j.xml')).toContain('<testsuite name="a" tests="1" failures="0" errors="0"');
    expect(read('j.xml')).toContain('<testsuite name="b.yaml" tests="1" failures="0" errors="1"');
    expect(read('g.md')).toMatch(/\| b\.yaml \| not run: line \d+: /);
    expect(err).toMatch(/::error file=b\.yaml,line=\d+::/);
    expect(cmeksim(cwd, 'run', 'b.yaml', '--reporter', 'junit=k.xml').code).toBe(2);
    expect(read('k.xml')).toContain('errors="1"');
  });

  it('does not write them over a scenario, among the results, or over one another', () => {
    file('a.yaml', scenario('a', MET));
    const before = readFileSync(join(cwd, 'a.yaml'), 'utf8');
    for (const targets of [
      ['junit=a.yaml'],
      ['markdown=./a.yaml'],
      ['junit=reports/a/summary.json'],
      ['markdown=reports/index.html'],
      ['junit=x', 'markdown=x'],
    ]) {
      const reporters = targets.flatMap((each) => ['--reporter', each]);
      const { code, err } = cmeksim(cwd, 'run', 'a.yaml', '--no-charts', ...reporters);
      expect([code, err]).toEqual([2, expect.stringContaining('give a file of its own')]);
    }
    expect(readFileSync(join(cwd, 'a.yaml'), 'utf8')).toBe(before);
    expect(existsSync(join(cwd, 'reports'))).toBe(false);
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts', '--reporter', 'junit=reports/j.xml').code).toBe(0);
  });
});

describe('exit codes', () => {
  it('0: all objectives met, 99: one is missed, 3: replications do not decide it', () => {
    file('met.yaml', scenario('met', MET));
    file('missed.yaml', scenario('missed', MISSED));
    expect(cmeksim(cwd, 'run', 'met.yaml', '--no-charts').code).toBe(0);
    expect(cmeksim(cwd, 'run', 'met.yaml', 'missed.yaml', '--no-charts').code).toBe(99);
    file('unclear.yaml', scenario('unclear', 'objectives: [{expect: "requests.arrived < 2400"}]\n'));
    const unclear = cmeksim(cwd, 'run', 'unclear.yaml', '--no-charts', '--replications', '4');
    expect(unclear.out).toContain('? inconclusive');
    expect(unclear.code).toBe(3);
    file('warn.yaml', scenario('warn', MISSED.replace('1ms"', '1ms", severity: warn')));
    expect(cmeksim(cwd, 'run', 'warn.yaml', '--no-charts').code).toBe(0);
  });

  it('2: a wrong scenario is told with its place, and writes nothing', () => {
    file('a.yaml', scenario('a').replace('2m', '2'));
    const { code, out, err } = cmeksim(cwd, 'run', 'a.yaml');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^a\.yaml:2:11: duration: .*\[MISSING_UNIT\]$/m);
    expect(err).not.toMatch(/^ +at /m);
    expect(readdirSync(cwd)).toEqual(['a.yaml']);
  });

  it('2: in a batch, after the others have run', () => {
    file('a.yaml', scenario('a', MISSED));
    file('b.yaml', 'nonsense');
    const { code, out } = cmeksim(cwd, 'run', 'a.yaml', 'b.yaml', 'c.yaml', 'no/*.yaml', '--no-charts');
    expect(code).toBe(2);
    expect(out).toMatch(/a +✗ missed/);
  });

  it('2: two scenarios of one name', () => {
    file('a.yaml', scenario('same'));
    file('b.yaml', scenario('same'));
    const { code, err } = cmeksim(cwd, 'run', 'a.yaml', 'b.yaml', '--no-charts');
    expect(code).toBe(2);
    expect(err).toMatch(/^b\.yaml: name: .*"same" too: a\.yaml \[DUPLICATE_SCENARIO\]\n.*rename/m);
  });

  it.each([
    [[]],
    [['run']],
    [['rnu', 'a.yaml']],
    [['run', 'a.yaml', '--replicatons', '3']],
    [['run', 'a.yaml', '--replications', '0']],
    [['run', 'a.yaml', '--replications', '1e9']],
    [['run', 'a.yaml', '--jobs', 'many']],
    [['run', 'a.yaml', '--shard', '3/2']],
    [['run', 'a.yaml', '--set', 'duration']],
    [['run', 'a.yaml', '--set', 'duratoin=1m']],
    [['run', 'a.yaml', '--set', 'services.checkuot.load=1/s']],
    [['run', 'a.yaml', '--reporter', 'html=x']],
    [['run', 'a.yaml', '--format', 'yaml']],
    [['run', '.', '--out']],
    [['find', 'a.yaml', '--vary', 'duration', '--from', '1m', '--to', '9']],
    [['sweep', 'a.yaml']],
    [['report', 'nowhere']],
    [['import', 'a.yaml']],
    [['explain', 'nothing of the kind']],
  ])('2: a wrong call: %j', (args) => {
    file('a.yaml', scenario('a', MET));
    const { code, err } = cmeksim(cwd, ...args);
    expect(code).toBe(2);
    expect(err).not.toBe('');
    expect(err).not.toMatch(/^ +at /m);
    expect(readdirSync(cwd)).toEqual(['a.yaml']);
  });

  it('5: results cannot be written', () => {
    file('a.yaml', scenario('a'));
    file('reports', 'a file');
    const { code, err } = cmeksim(cwd, 'run', 'a.yaml', '--no-charts');
    expect(code).toBe(5);
    expect(err).toMatch(/cannot write to reports: .*--out/);
  });

  it('6: the folder is in use by a living process; one that is gone does not matter', () => {
    file('a.yaml', scenario('a'));
    mkdirSync(join(cwd, 'reports'));
    const lock = join(cwd, 'reports/.cmeksim.lock');
    writeFileSync(lock, JSON.stringify({ pid: 1, host: 'elsewhere', boot: '', started: '' }));
    const { code, err } = cmeksim(cwd, 'run', 'a.yaml', '--no-charts');
    expect(code).toBe(6);
    expect(err).toContain('process 1 on elsewhere');
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 5, host: hostname(), boot: '', started: '' }));
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts').code).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: %d, what is finished is kept, and how to go on is told', async (signal, expected) => {
    file('a.yaml', scenario('short'));
    file('b.yaml', scenario('long').replace('2m', '50d').replace('20/s', '900/s').replace('10}', '500}'));
    const { code, err } = await interrupted(
      cwd,
      signal,
      () => existsSync(join(cwd, 'reports/short/summary.json')),
      ...['run', 'a.yaml', 'b.yaml', '--jobs', '1', '--seed', "it's", '--force', '--reporter', 'junit=j.xml'],
    );
    expect(code).toBe(expected);
    const rest = "--out reports --seed 'it'\\''s' --jobs 1 --force --reporter junit=j.xml";
    expect(err).toContain(`npx cmeksim run b.yaml ${rest}\n`);
    expect(readdirSync(join(cwd, 'reports')).sort()).toEqual(['index.html', 'short']);
  });
});
