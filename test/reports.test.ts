import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checksums } from './support/checksums.ts';
import { ROOT } from './support/sources.ts';

const run = promisify(execFile);
const cmeksim = (...args: string[]) => run('node', [join(ROOT, 'dist', 'cli.js'), ...args], { cwd: ROOT });

/** `npm run reports` writes these lines; a change of numbers is a change of this file, to be looked at. */
const committed = readFileSync(join(ROOT, 'reports', 'checksums.txt'), 'utf8')
  .trimEnd()
  .split('\n');

describe('the committed reports', () => {
  const out = mkdtempSync(join(tmpdir(), 'cmeksim-reports-'));
  beforeAll(async () => {
    await cmeksim('demo', '--out', out, '--jobs', '2', '--quiet');
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  test('come out byte for byte, every file of every bundled scenario', () => {
    const capacity = (line: string): boolean => line.includes('  capacity/');
    expect(checksums(out)).toEqual(committed.filter((line) => !capacity(line)));
  });

  test('what is committed of them is what a run writes', () => {
    for (const name of [
      'index.html',
      'flash-sale/index.html',
      'flash-sale/summary.json',
      'key-disabled/index.html',
    ]) {
      expect(readFileSync(join(ROOT, 'reports', name), 'utf8')).toBe(readFileSync(join(out, name), 'utf8'));
    }
  });
});
