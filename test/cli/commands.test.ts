import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { gridOf, search } from '../../src/cli/find.ts';
import { CLI, cmeksim, content, folder, MET, ROOT, scenario } from './cmeksim.ts';

let cwd: string;
beforeEach(() => {
  cwd = folder();
});
const file = (name: string, text: string): string => {
  writeFileSync(join(cwd, name), text);
  return name;
};

describe('every command', () => {
  const commands = [
    'run',
    'check',
    'sweep',
    'find',
    'compare',
    'report',
    'import',
    'explain',
    'schema',
    'validate',
    'demo',
  ];

  it('is listed, and nothing else is', () => {
    const { code, out } = cmeksim(cwd, '--help');
    expect(code).toBe(0);
    expect([...out.matchAll(/^ {2}([a-z]+) ?.*/gm)].map(([, name]) => name)).toEqual([...commands, 'help']);
  });

  it.each(commands)('%s has help with an example', (name) => {
    const { code, out } = cmeksim(cwd, name, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`  $ cmeksim ${name}`);
  });
});

describe('cmeksim check', () => {
  it('tells all problems of all files, and runs nothing', () => {
    file('good.yaml', scenario('good'));
    file('bad.yaml', scenario('bad').replace('2m', '2').replace('20/s', '20'));
    const { code, out, err } = cmeksim(cwd, 'check', 'good.yaml', 'bad.yaml');
    expect(code).toBe(2);
    expect(out).toBe('good.yaml: valid\nbad.yaml: wrong, 2 problems\n');
    expect(err.match(/MISSING_UNIT/g)).toHaveLength(2);
    expect(readdirSync(cwd).sort()).toEqual(['bad.yaml', 'good.yaml']);
    expect(cmeksim(cwd, 'check', 'good.yaml').code).toBe(0);
  });

  it('gives the same as JSON', () => {
    file('bad.yaml', scenario('bad').replace('2m', '2'));
    const { code, out } = cmeksim(cwd, 'check', 'bad.yaml', '--format', 'json');
    expect(code).toBe(2);
    expect(JSON.parse(out)[0]).toMatchObject({
      file: 'bad.yaml',
      valid: false,
      problems: [{ code: 'MISSING_UNIT', path: 'duration', place: { line: 2, column: 11 } }],
    });
  });
});

describe('cmeksim report', () => {
  it('makes the same bytes again from saved results', () => {
    file('a.yaml', scenario('a', MET));
    file('b.yaml', scenario('b', 'experiment: {replications: 2}\n'));
    cmeksim(cwd, 'run', 'a.yaml', 'b.yaml');
    const before = content(join(cwd, 'reports'));
    expect(cmeksim(cwd, 'report', 'reports').code).toBe(0);
    expect(content(join(cwd, 'reports'))).toEqual(before);
  });

  it('adds charts to results that were written without', () => {
    file('a.yaml', scenario('a', MET));
    cmeksim(cwd, 'run', 'a.yaml');
    const whole = content(join(cwd, 'reports'));
    delete whole['index.html'];
    cmeksim(cwd, 'run', 'a.yaml', '--no-charts', '--out', 'bare');
    expect(cmeksim(cwd, 'report', 'bare/a').code).toBe(0);
    expect(content(join(cwd, 'bare'))).toEqual(whole);
  });

  it('refuses a folder that is not as it was written', () => {
    file('a.yaml', scenario('a'));
    cmeksim(cwd, 'run', 'a.yaml', '--no-charts');
    writeFileSync(join(cwd, 'reports/a/requests.csv'), 'time_s,x\n1\n');
    const { code, err } = cmeksim(cwd, 'report', 'reports');
    expect(code).toBe(2);
    expect(err).toContain('requests.csv: not as cmeksim writes it');
  });
});

describe('cmeksim sweep', () => {
  it('runs every combination of the sweep', () => {
    const path = 'services.checkout.scaling.minInstanceCount';
    file('a.yaml', scenario('a', `sweep: [{path: ${path}, values: [0, 3]}, {path: seed, values: [1, x]}]\n`));
    const { code, out } = cmeksim(cwd, 'sweep', 'a.yaml', '--format', 'json');
    expect(code).toBe(0);
    const points = JSON.parse(out) as {
      values: Record<string, string>;
      summary: { scenario: { seed: string } };
    }[];
    expect(points.map(({ values }) => [values[path], values['seed']])).toEqual([
      ['0', '1'],
      ['0', 'x'],
      ['3', '1'],
      ['3', 'x'],
    ]);
    expect(points.map(({ summary }) => summary.scenario.seed)).toEqual(['1', 'x', '1', 'x']);
    const table = cmeksim(cwd, 'sweep', 'a.yaml', '--vary', `${path}=1,2,4`).out.trimEnd().split('\n');
    expect(table).toHaveLength(4);
    expect(table[0]).toMatch(/^scaling\.minInstanceCount +p99/);
  });
});

describe('cmeksim find', () => {
  it('finds the smallest value that meets every objective', () => {
    file('a.yaml', scenario('a', 'objectives: [{expect: "instances.mean >= 5.5"}]\n'));
    const vary = ['--vary', 'services.checkout.scaling.minInstanceCount', '--from', '0', '--to', '9'];
    const { code, out } = cmeksim(cwd, 'find', 'a.yaml', ...vary, '--out', 'found', '--format', 'json');
    expect(code).toBe(0);
    const { smallest, probes } = JSON.parse(out) as {
      smallest: string;
      probes: { value: string; verdict: string }[];
    };
    const verdictOf = (value: number) => probes.find((probe) => probe.value === String(value))?.verdict;
    expect(verdictOf(Number(smallest))).toBe('met');
    expect(Number(smallest) === 0 || verdictOf(Number(smallest) - 1) === 'missed').toBe(true);
    expect(readdirSync(join(cwd, 'found'))).toContain('a');
  });

  it('says so, with 99, when nothing is enough', () => {
    file('a.yaml', scenario('a', 'objectives: [{expect: "requests.arrived == 1"}]\n'));
    const vary = ['--vary', 'services.checkout.scaling.minInstanceCount', '--from', '0', '--to', '9'];
    const { code, out } = cmeksim(cwd, 'find', 'a.yaml', ...vary);
    expect(code).toBe(99);
    expect(out).toContain('Neither 0 nor 9 meets every objective');
  });

  it('asks few values, and always comes to the border', async () => {
    for (const border of [0, 1, 17, 59, 60]) {
      for (const largest of [false, true]) {
        const asked: number[] = [];
        const found = await search(60, largest, async (places) => {
          asked.push(...places);
          return places.map((place) => (largest ? place < border : place >= border));
        });
        const expected = largest ? border - 1 : border;
        expect(found).toBe(expected >= 0 && expected < 60 ? expected : null);
        expect(asked.length).toBeLessThanOrEqual(8);
      }
    }
  });

  it('steps through values with their unit, without drift', () => {
    const grid = gridOf({ from: '0.1s', to: '1s', step: '0.1' });
    expect(grid.count).toBe(10);
    expect([0, 2, 9].map((index) => grid.valueAt(index))).toEqual(['0.1s', '0.3s', '1s']);
    expect(() => gridOf({ from: '1s', to: '1m', step: '1' })).toThrow(/one unit/);
    expect(() => gridOf({ from: '5', to: '1', step: '1' })).toThrow(/above --to/);
  });
});

describe('cmeksim import', () => {
  const service = join(ROOT, 'scenarios/checkout.service.yaml');

  it('writes a first scenario that runs', () => {
    const { code, out } = cmeksim(cwd, 'import', service);
    expect(code).toBe(0);
    expect(out).toContain('protectionLevel: SOFTWARE');
    writeFileSync(join(cwd, 'checkout.service.yaml'), readFileSync(service, 'utf8'));
    expect(cmeksim(cwd, 'import', 'checkout.service.yaml', '--output', 'first.yaml').code).toBe(0);
    expect(cmeksim(cwd, 'check', 'first.yaml').out).toMatch(/^first\.yaml: valid/);
  });

  it('never writes over a file', () => {
    writeFileSync(join(cwd, 'checkout.service.yaml'), readFileSync(service, 'utf8'));
    file('mine.yaml', 'mine');
    expect(cmeksim(cwd, 'import', 'checkout.service.yaml', '--output', 'mine.yaml').code).toBe(5);
    expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toBe('mine');
  });
});

describe('cmeksim schema', () => {
  it('prints a JSON Schema', () => {
    expect(JSON.parse(cmeksim(cwd, 'schema').out)).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['name']),
    });
  });
});

describe('the terminal', () => {
  it('sees no colour and no progress line in a pipe', () => {
    file('a.yaml', scenario('a', MET));
    const { out, err } = cmeksim(cwd, 'run', 'a.yaml', '--no-charts');
    expect(out + err).not.toContain('\u001b');
  });

  it('gets no messages with --quiet', () => {
    file('a.yaml', scenario('a', MET));
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts', '--quiet').err).toBe('');
  });

  it('may close early without a complaint', () => {
    const out = execFileSync('sh', ['-c', `"${process.execPath}" "${CLI}" schema 2>&1 | head -n 1`], {
      encoding: 'utf8',
    });
    expect(out.trim()).toBe('{');
  });
});

describe('the core for browsers', () => {
  it('is one file that imports nothing, and nothing of Node', () => {
    const core = readFileSync(join(ROOT, 'dist/core.js'), 'utf8');
    const reaches = /^\s*import\b.*from.*|\bimport\(.*|\brequire\(.*|["']node:.*|createRequire.*/gm;
    expect(core.match(reaches)).toBeNull();
  });

  it('simulates a scenario', async () => {
    const core = (await import(join(ROOT, 'dist/core.js'))) as typeof import('../../src/core.ts');
    const { plan, problems } = core.loadScenario(scenario('a', MET), 'a.yaml', { read: () => null });
    expect(problems).toEqual([]);
    expect(core.play(plan!, 1).summary.objectives[0].verdict).toBe('met');
  });
});
