/** Calls that a careless or an unfriendly user makes: an answer in words, at once, and the right exit code. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { CLI, cmeksim, folder, MET, ROOT, scenario } from './cmeksim.ts';

let cwd: string;
beforeEach(() => {
  cwd = folder();
});
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(cwd, name), content);
  return name;
};
/** No stack trace, no errno, no name of a temporary file. */
const isPlain = (text: string): void => {
  expect(text).not.toMatch(/^ +at |unexpected failure|no such file or directory, |\.new\b|errno/m);
};
const SERVICE = 'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: checkout}\n';

describe('the page over a folder', () => {
  const listed = (): string[] => {
    const page = readFileSync(join(cwd, 'reports/index.html'), 'utf8');
    return [...page.matchAll(/<a href="([a-z]+)\/index\.html"/g)].map(([, name]) => name);
  };
  const page = () => readFileSync(join(cwd, 'reports/index.html'), 'utf8');

  it('lists what earlier runs left finished there, whichever run came last', () => {
    file('a.yaml', scenario('alpha', MET));
    file('b.yaml', scenario('beta'));
    cmeksim(cwd, 'run', 'a.yaml');
    cmeksim(cwd, 'run', 'b.yaml');
    expect(listed()).toEqual(['beta', 'alpha']);
    expect(page()).toContain('2 scenarios simulated');
    // Without charts alpha loses its page, and the page over both says so.
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts').code).toBe(0);
    expect(listed()).toEqual(['beta']);
    expect(page()).toContain('2 scenarios simulated');
    cmeksim(cwd, 'report', 'reports/alpha', '--quiet');
    expect(listed().sort()).toEqual(['alpha', 'beta']);
  });

  it('lists a run of which only the summary was kept, and leaves out what cannot be read, saying so', () => {
    file('a.yaml', scenario('alpha'));
    mkdirSync(join(cwd, 'reports/kept'), { recursive: true });
    mkdirSync(join(cwd, 'reports/odd'));
    cmeksim(cwd, 'run', 'a.yaml', '--no-charts');
    const summary = readFileSync(join(cwd, 'reports/alpha/summary.json'), 'utf8');
    writeFileSync(join(cwd, 'reports/kept/summary.json'), summary.replace('"alpha"', '"kept"'));
    writeFileSync(join(cwd, 'reports/odd/summary.json'), '{"tool": {"name": "cmeksim"}, "services": []}');
    const { code, err } = cmeksim(cwd, 'run', 'a.yaml');
    expect(code).toBe(0);
    expect(page()).toContain('<th scope="row">kept</th>');
    expect(err).toMatch(/odd: written by another version; index\.html leaves it out/);
  });
});

describe('huge work', () => {
  it('is refused with its size and a way out, and the others run', () => {
    file('a.yaml', scenario('small'));
    file('b.yaml', scenario('huge').replace('2m', '90d').replace('20/s', '50000/s'));
    const { code, out, err } = cmeksim(cwd, 'run', 'a.yaml', 'b.yaml', '--no-charts');
    expect(code).toBe(2);
    expect(err).toMatch(
      /^cmeksim: b\.yaml: too much work: about 3\.9e11 requests in 1 run; .* days of CPU .*--force$/m,
    );
    expect(out).toMatch(/^small /m);
  });

  it('is refused for a million replications, and by sweep and find for their values', () => {
    file('a.yaml', scenario('a', 'experiment: {replications: 1000000}\n' + MET));
    expect(cmeksim(cwd, 'run', 'a.yaml').err).toContain('2.4e9 requests in 1e6 runs');
    file('b.yaml', scenario('b', MET));
    const load = ['--vary', 'services.checkout.load=20/s,900000/s', '--set', 'duration=20h'];
    expect(cmeksim(cwd, 'sweep', 'b.yaml', ...load)).toMatchObject({ code: 2, out: '' });
    const find = [
      '--vary',
      'services.checkout.load',
      '--from',
      '1/s',
      '--to',
      '900000/s',
      '--set',
      'duration=20h',
    ];
    expect(cmeksim(cwd, 'find', 'b.yaml', ...find).err).toMatch(/too much work: .*--force/);
    expect(readdirSync(cwd).sort()).toEqual(['a.yaml', 'b.yaml']);
  });
});

describe('a name on the command line', () => {
  it('of a service is refused with what to do, in any company', () => {
    file('service.yaml', SERVICE);
    file('good.yaml', scenario('good'));
    for (const names of [['service.yaml'], ['good.yaml', 'service.yaml']]) {
      const { code, err } = cmeksim(cwd, 'check', ...names);
      expect(code).toBe(2);
      expect(err).toBe(
        'cmeksim: service.yaml: a service, not a scenario; `cmeksim import service.yaml` writes a scenario from it\n',
      );
    }
    expect(cmeksim(cwd, 'check', '.')).toMatchObject({ code: 0, out: 'good.yaml: valid\n' });
  });

  it('with escape sequences in it is shown without', () => {
    const name = file('\u001b[31m\u009b2J\nx.yaml', scenario('a'));
    file('s\u001b[1m.yaml', SERVICE);
    const said = cmeksim(cwd, 'check', name, 's\u001b[1m.yaml', 'no\u001b[2J\n.yaml');
    expect(said.out).toBe('\uFFFD[31m\uFFFD2J\uFFFDx.yaml: valid\n');
    expect(said.err).not.toMatch(/[\u001b\u009b]/);
    expect(said.err.trimEnd().split('\n')).toHaveLength(2);
    const wrong = cmeksim(cwd, 'r\u001b[2Jun', 'x');
    expect(wrong.err).not.toContain('\u001b');
    expect(wrong.code).toBe(2);
  });

  it('of a pipe, a device or a socket is refused, and nothing waits', () => {
    execFileSync('mkfifo', [join(cwd, 'pipe.yaml')]);
    symlinkSync('/dev/zero', join(cwd, 'zero.yaml'));
    const { code, err } = cmeksim(cwd, 'check', 'pipe.yaml', 'zero.yaml', '.');
    expect(code).toBe(2);
    expect(err.match(/it is no regular file but a pipe, a socket or a device/g)).toHaveLength(2);
  });

  // Root may read everything, so somebody else has to ask.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  it('of what may not be read is answered with 2', () => {
    file('a.yaml', scenario('a'));
    mkdirSync(join(cwd, 'shut'));
    file('shut/b.yaml', scenario('b'));
    file('c.yaml', scenario('c'));
    chmodSync(join(cwd, 'shut'), 0);
    chmodSync(join(cwd, 'c.yaml'), 0);
    chmodSync(cwd, 0o755);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [CLI, 'check', '.', 'shut', 'shut/b.yaml'],
      {
        cwd,
        encoding: 'utf8',
        ...nobody,
      },
    );
    chmodSync(join(cwd, 'shut'), 0o755);
    expect(status).toBe(2);
    expect(stdout).toBe('a.yaml: valid\n');
    for (const name of ['shut', 'shut/b.yaml', 'c.yaml'])
      expect(stderr).toContain(`cmeksim: ${name}: cannot be read: permission is denied`);
    isPlain(stderr);
  });
});

describe('a file that a scenario names', () => {
  it('may lie above the scenario; a pipe, a device and what is too large are refused', () => {
    mkdirSync(join(cwd, 'deep'));
    file('peak.csv', 'time_s\n1\n2\n');
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    symlinkSync('/dev/zero', join(cwd, 'deep/zero'));
    execFileSync('truncate', ['-s', '300M', join(cwd, 'large')]);
    const traced = (trace: string) =>
      scenario('a').replace('load: 20/s', `load: {arrivals: {trace: ${trace}}}`);
    const said = (trace: string) => {
      file('deep/a.yaml', traced(trace));
      return cmeksim(cwd, 'check', 'deep/a.yaml');
    };
    expect(said('../peak.csv').code).toBe(0);
    expect(said('../pipe').err).toMatch(/cannot be read: it is no regular file .* \[FILE_UNREADABLE\]/);
    expect(said('zero').err).toMatch(/cannot be read: it is no regular file .* \[FILE_UNREADABLE\]/);
    expect(said('../large').err).toMatch(/cannot be read: it is larger than 256 MiB \[FILE_UNREADABLE\]/);
    expect(said('../deep').err).toMatch(/cannot be read: it is a folder \[FILE_UNREADABLE\]/);
    expect(said('../gone.csv').err).toMatch(/\[FILE_MISSING\]/);
    expect(said('/etc/passwd').err).toMatch(/\[BAD_PATH\]/);
  });
});

describe('a file that cannot be written', () => {
  it('is told in words with 5, after the results', () => {
    file('a.yaml', scenario('a', MET));
    mkdirSync(join(cwd, 'd'));
    const reporters = [
      'junit=no/j.xml',
      'markdown=d',
      'github=no/g.md',
      'junit=/dev/null',
      'markdown=good.md',
    ];
    const { code, out, err } = cmeksim(
      cwd,
      ...['run', 'a.yaml', '--no-charts', '--quiet'],
      ...reporters.flatMap((each) => ['--reporter', each]),
    );
    expect(code).toBe(5);
    expect(out).toMatch(/a +✓ met/);
    expect(err).toBe(
      [
        'cmeksim: cannot write no/j.xml: the folder is not there; make it first (ENOENT)',
        'cmeksim: cannot write d: it is a folder; remove it, or give another file',
        'cmeksim: cannot write no/g.md: the folder is not there; make it first (ENOENT)',
        'cmeksim: cannot write /dev/null: it is no regular file; give another file',
        '',
      ].join('\n'),
    );
    expect(readdirSync(cwd).sort()).toEqual(['a.yaml', 'd', 'good.md', 'reports']);
    const service = join(ROOT, 'scenarios/checkout.service.yaml');
    const imported = cmeksim(cwd, 'import', service, '--output', 'no/x.yaml');
    expect(imported).toMatchObject({ code: 5, out: '' });
    expect(imported.err).toContain('cannot write no/x.yaml: the folder is not there; make it first (ENOENT)');
    isPlain(imported.err);
  });

  it.runIf(process.platform === 'linux')('may be the standard output: 5 where the disk is full', () => {
    file('a.yaml', scenario('a'));
    const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${CLI}" schema > /dev/full`], {
      cwd,
      encoding: 'utf8',
    });
    expect(status).toBe(5);
    expect(stderr).toMatch(/^cmeksim: cannot write to the standard output: no space is left on the device/);
  });
});

describe('nonsense', () => {
  it('is answered with what is wrong with it, quickly', () => {
    const garbage = new Uint8Array(1 << 20).map((_, at) => (at * 7919 + (at >> 8) * 104_729) & 255);
    file('a.yaml', garbage);
    file('b.yaml', new Uint8Array([0x6e, 0x61, 0x6d, 0x65, 0x3a, 0x20, 0xc3, 0x28, 0x0a]));
    file('c.yaml', 'a: '.repeat(1) + '['.repeat(100_000));
    file('d.yaml', 'x'.repeat(5 << 20));
    file('e.yaml', '');
    const { code, out, err } = cmeksim(cwd, 'check', 'a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'e.yaml');
    expect(code).toBe(2);
    expect(out.match(/: wrong, 1 problem$/gm)).toHaveLength(4);
    for (const codeWord of ['NOT_UTF8', 'TOO_DEEP', 'EMPTY']) expect(err).toContain(`[${codeWord}]`);
    expect(err).toContain('cmeksim: d.yaml: cannot be read: it is larger than 4 MiB');
    isPlain(err);
  });
});

it('arrivals that never come end with the run, and those of a trace are found by the names of its minutes', () => {
  const service = (arrivals: string) =>
    `name: a\nduration: 5m\nsampleInterval: 60s\nservices: [{name: s, location: europe-west3, load: {arrivals: ${arrivals}}}]\n`;
  const perMinute = (): number[] =>
    readFileSync(join(cwd, 'reports/a/requests.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[2]));
  for (const rates of ['[0/s, 0/s]', '[0.001/d, 0.001/d]']) {
    file('a.yaml', service(`{mmpp: {rates: ${rates}, stay: [5s, 30s]}}`));
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts').code).toBe(0);
    expect(perMinute()).toEqual([0, 0, 0, 0, 0]);
  }
  file('a.yaml', service('{trace: t.csv}'));
  for (const [trace, expected] of [
    ['name,2,1\nf,5,3\n', [3, 5, 0, 0, 0]],
    ['1,name,3,2\n3,f,5,0\n', [3, 0, 5, 0, 0]],
  ] as const) {
    file('t.csv', trace);
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts').code).toBe(0);
    expect(perMinute()).toEqual(expected);
  }
  for (const trace of ['name,1,3\nf,3,5\n', 'name,1,1\nf,3,5\n', 'name,2,3,1\nf,5,-2,3\n']) {
    file('t.csv', trace);
    expect(cmeksim(cwd, 'run', 'a.yaml', '--no-charts').code).toBe(2);
  }
});

it('a field is swept once', () => {
  file('a.yaml', scenario('a'));
  const twice = ['--vary', 'services.0.load=5/s,6/s', '--vary', 'services.checkout.load=7/s,8/s'];
  const { code, err } = cmeksim(cwd, 'sweep', 'a.yaml', ...twice);
  expect([code, err]).toEqual([2, expect.stringContaining('name each field once')]);
});

it('help is no failure, but help about nothing is', () => {
  expect(cmeksim(cwd, 'help').code).toBe(0);
  expect(cmeksim(cwd, 'help', 'run')).toMatchObject({
    code: 0,
    out: expect.stringContaining('--shard') as string,
  });
  expect(cmeksim(cwd, 'help', 'bogus')).toMatchObject({
    code: 2,
    err: expect.stringContaining('there is no command "bogus"') as string,
  });
  expect(cmeksim(cwd).code).toBe(2);
});

it('an empty seed is a shell variable that was not set', () => {
  file('a.yaml', scenario('a'));
  expect(cmeksim(cwd, 'run', 'a.yaml', '--seed', '').code).toBe(2);
  expect(cmeksim(cwd, 'run', 'a.yaml', '--set', 'duration=').err).toContain(
    'no value behind the equals sign',
  );
});
