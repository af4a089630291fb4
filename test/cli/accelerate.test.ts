import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { CLI, cmeksim, content, folder, interrupted, MET, scenario } from './cmeksim.ts';

let cwd: string;
beforeEach(() => {
  cwd = folder();
});
const file = (name: string, text: string): void => writeFileSync(join(cwd, name), text);

/** Enough requests at work to be followed in numbers: 400 on instances for 40 each. */
const busy = (name: string, more = ''): string =>
  scenario(name, more)
    .replace('20/s', '2000/s')
    .replace('minInstanceCount: 0, maxInstanceCount: 10', 'minInstanceCount: 20, maxInstanceCount: 100')
    .replace('Concurrency: 2', 'Concurrency: 40');

const summaryIn = (out: string) =>
  JSON.parse(readFileSync(join(cwd, out, 'busy/summary.json'), 'utf8')) as {
    scenario: { mode?: string };
    services: { requests: { arrived: number } }[];
  };

describe('the line on a page that repeats the run', () => {
  it('gives the same folder where the scenario lies, with its file, every override and the mode', () => {
    mkdirSync(join(cwd, 'plans'));
    file('plans/17-busy.yaml', busy('busy', MET + 'experiment: {replications: 2}\n'));
    const set = ['--set', 'services.checkout.load=1500/s', '--set', "description=it's busy"];
    const how = ['--accelerate', ...set, '--replications', '1', '--seed', 'a b'];
    cmeksim(cwd, 'run', 'plans/17-busy.yaml', ...how);
    const page = readFileSync(join(cwd, 'reports/busy/index.html'), 'utf8');
    const line = /<pre><code>cmeksim (.*)<\/code><\/pre>/.exec(page)![1].replaceAll('&#39;', "'");
    expect(line).toMatch(/^run 17-busy\.yaml /);
    execFileSync('sh', ['-c', `"$0" "$1" ${line} --out ../again`, process.execPath, CLI], {
      cwd: join(cwd, 'plans'),
      stdio: 'ignore',
    });
    expect(content(join(cwd, 'again'))).toEqual(content(join(cwd, 'reports')));
  });

  it('names no folder of the machine it was made on', () => {
    file('a.yaml', busy('busy', MET));
    cmeksim(cwd, 'run', join(cwd, 'a.yaml'));
    for (const text of Object.values(content(join(cwd, 'reports')))) expect(text).not.toContain(cwd);
    expect(readFileSync(join(cwd, 'reports/busy/index.html'), 'utf8')).toContain('<code>cmeksim run a.yaml ');
  });
});

describe('cmeksim run --accelerate', () => {
  it('follows requests in numbers, and says so beside the verdict and in the summary', () => {
    file('a.yaml', busy('busy', MET));
    const { code, out } = cmeksim(cwd, 'run', 'a.yaml', '--accelerate', '--no-charts');
    expect(code).toBe(0);
    expect(out).toContain('busy: ✓ met (1 of 1 objective met, one run, accelerated mode)\n');
    expect(summaryIn('reports').scenario.mode).toBe('accelerated');

    const exact = cmeksim(cwd, 'run', 'a.yaml', '--no-charts', '--out', 'exact');
    expect(exact.out).toContain('busy: ✓ met (1 of 1 objective met, one run)\n');
    expect(summaryIn('exact').scenario).not.toHaveProperty('mode');
    const share =
      summaryIn('reports').services[0].requests.arrived / summaryIn('exact').services[0].requests.arrived;
    expect(Math.abs(share - 1)).toBeLessThan(0.02);
  });

  it('is the same as asking for it in the scenario, and goes before that', () => {
    file('a.yaml', busy('busy'));
    file('b.yaml', `mode: accelerated\n${busy('busy')}`);
    file('c.yaml', `mode: exact\n${busy('busy')}`);
    const summary = (...args: string[]): string => {
      expect(cmeksim(cwd, 'run', ...args, '--no-charts').code).toBe(0);
      return readFileSync(join(cwd, 'reports/busy/summary.json'), 'utf8').replace(
        /"manifest_\w+": .*\n/g,
        '',
      );
    };
    const asked = JSON.parse(summary('a.yaml', '--accelerate'));
    for (const other of [JSON.parse(summary('b.yaml')), JSON.parse(summary('c.yaml', '--accelerate'))]) {
      expect(other.scenario.mode).toBe('accelerated');
      expect(other.engine.fingerprint).toBe(asked.engine.fingerprint);
    }
  });

  it('2: does not run what it would answer wrongly, and says where, why and what to do', () => {
    file('a.yaml', `${busy('busy').replace('    load', '    routing: round-robin\n    load')}`);
    const { code, out, err } = cmeksim(cwd, 'run', 'a.yaml', '--accelerate', '--no-charts');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(
      /^a\.yaml:10:\d+: services\.checkout\.routing: routing round-robin cannot be simulated in accelerated mode: .* \[NOT_ACCELERATED\]$/m,
    );
    expect(err).toContain('Run the scenario in exact mode');
    expect(existsSync(join(cwd, 'reports/busy'))).toBe(false);
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts').code).toBe(0);
  });

  it('is part of the call that finishes an interrupted batch', async () => {
    file('a.yaml', busy('busy'));
    file('b.yaml', busy('long').replace('2m', '100d'));
    const { code, err } = await interrupted(
      cwd,
      'SIGINT',
      () => existsSync(join(cwd, 'reports/busy/summary.json')),
      ...['run', 'a.yaml', 'b.yaml', '--accelerate', '--no-charts', '--jobs', '1'],
    );
    expect(code).toBe(130);
    expect(err).toContain('npx cmeksim run b.yaml --out reports --accelerate --jobs 1 --no-charts\n');
    expect(readdirSync(join(cwd, 'reports')).filter((name) => !name.includes('.'))).toEqual(['busy']);
  });
});
