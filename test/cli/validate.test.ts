import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cmeksim, content, folder } from './cmeksim.ts';

let cwd: string;
beforeEach(() => {
  cwd = folder();
});

describe('cmeksim validate', () => {
  it('prints error and tolerance of what is asked for, and writes nothing of a part', () => {
    const { code, out, err } = cmeksim(cwd, 'validate', '--only', 'vectors,o1', '--jobs', '1');
    expect(err).toMatch(/^\d+ comparisons, all within their tolerance\.\n$/);
    expect(code).toBe(0);
    expect(out).toMatch(/^oracle +what +ours +theory +z +s\.e\. +tolerance +verdict\n/);
    expect(out).toMatch(/O1 +mean wait, s +1 +1 +exact +within/);
    expect(out).not.toContain('OUTSIDE');
    expect(existsSync(join(cwd, 'reports'))).toBe(false);
  });

  it('gives the same bytes from threads, into the folder that is named', () => {
    const only = ['validate', '--only', 'O1,O19', '--quiet'];
    const one = cmeksim(cwd, ...only, '--jobs', '1', '--out', 'one');
    const two = cmeksim(cwd, ...only, '--jobs', '2', '--out', 'two');
    expect(two).toEqual(one);
    expect(Object.keys(content(join(cwd, 'one'))).sort()).toEqual([
      'validation.csv',
      'validation.json',
      'validation.md',
    ]);
    expect(content(join(cwd, 'two'))).toEqual(content(join(cwd, 'one')));
    const json = cmeksim(cwd, ...only, '--jobs', '1', '--format', 'json');
    expect(json.out).toBe(readFileSync(join(cwd, 'one/validation.json'), 'utf8'));
  });

  it('knows its oracles, and says which there are', () => {
    const { code, err } = cmeksim(cwd, 'validate', '--only', 'O3,O77');
    expect(code).toBe(2);
    expect(err).toContain('there is no O77; give some of vectors, O1, O2');
    expect(cmeksim(cwd, 'validate', '--coverage', '--only', 'O3').code).toBe(2);
    expect(cmeksim(cwd, 'validate', '--experiments', '3').code).toBe(2);
  });
});
