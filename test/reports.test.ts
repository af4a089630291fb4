import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checksums } from './support/checksums.ts';
import { contradictions } from './support/results-checker.ts';
import { ROOT } from './support/sources.ts';

const run = promisify(execFile);
const cmeksim = (...args: string[]) =>
  run('node', [join(ROOT, 'dist', 'cli.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, TZ: 'Asia/Kolkata' },
  });
const reports = join(ROOT, 'reports');
const folder = (): string => mkdtempSync(join(tmpdir(), 'cmeksim-reports-'));

describe('the committed reports', () => {
  const out = folder();
  beforeAll(async () => {
    await cmeksim('demo', '--out', out, '--jobs', '2', '--quiet');
    // `npm run reports` writes the list; a change of numbers is a change of that file, to be looked at.
    if (process.env.UPDATE_REPORTS !== undefined) {
      writeFileSync(join(reports, 'checksums.txt'), checksums(out).join('\n') + '\n');
    }
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('come out byte for byte, every file of every bundled scenario, in any time zone', () => {
    const committed = readFileSync(join(reports, 'checksums.txt'), 'utf8').trimEnd().split('\n');
    expect(committed.length).toBeGreaterThan(200);
    expect(checksums(out)).toEqual(committed);
  });

  test('agree with themselves, looked at by somebody who sees the files alone', () => {
    const folders = readdirSync(out, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of folders) {
      const files = readdirSync(join(out, name)).filter((file) => /\.(csv|json|jsonl)$/.test(file));
      const texts = files.map((file) => [file, readFileSync(join(out, name, file), 'utf8')] as const);
      expect(contradictions(new Map(texts)), name).toEqual([]);
    }
  });

  test('what is committed of them is what a run writes', () => {
    const scenarios = readdirSync(out, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const paths = [
      'index.html',
      ...scenarios.flatMap(({ name }) => [`${name}/index.html`, `${name}/summary.json`]),
    ];
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths) {
      expect(readFileSync(join(reports, path), 'utf8') === readFileSync(join(out, path), 'utf8'), path).toBe(
        true,
      );
    }
  });
});

describe('the committed capacity searches', () => {
  test.each([
    ['services.checkout.scaling.minInstanceCount', ['--from', '2', '--to', '60']],
    ['quotas.limits.hsm-prod.limit', ['--from', '480/min', '--to', '6000/min', '--step', '60/min']],
  ])('the smallest %s comes out as written', async (path, bounds) => {
    const out = folder();
    try {
      const file = join('scenarios', 'capacity', 'checkout-capacity.yaml');
      await cmeksim('find', file, '--vary', path, ...bounds, '--out', out, '--quiet');
      const name = `find-${path.split('.').at(-1)}`;
      for (const ending of ['md', 'csv', 'svg']) {
        const text = (where: string): string => readFileSync(join(where, `${name}.${ending}`), 'utf8');
        expect(text(out)).toBe(text(join(reports, 'capacity')));
      }
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});
