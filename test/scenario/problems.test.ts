/**
 * Wrong files and the messages they get, in pairs: test/problems/NAME.yaml and NAME.txt. To accept changed
 * messages: UPDATE_PROBLEMS=1 npx vitest run test/scenario/problems.test.ts, and read the difference.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { formatProblem } from '../../src/scenario/messages.ts';
import { messagesOf } from '../support/plans.ts';

const FOLDER = new URL('../problems/', import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -'.yaml'.length))
  .sort();

const load = (name: string) =>
  loadScenario(readFileSync(new URL(`${name}.yaml`, FOLDER)), `${name}.yaml`, {
    read: (path) => (existsSync(new URL(path, FOLDER)) ? readFileSync(new URL(path, FOLDER)) : null),
  });

describe('a wrong scenario is told where it is wrong, how, and what to do', () => {
  for (const name of NAMES)
    it(`${name.replaceAll('-', ' ')}`, () => {
      const { plan, problems } = load(name);
      const said = `${messagesOf(problems)}\n`;
      const expected = new URL(`${name}.txt`, FOLDER);
      if (process.env.UPDATE_PROBLEMS) writeFileSync(expected, said);
      expect(said).toBe(readFileSync(expected, 'utf8'));
      const warningsOnly = name.startsWith('w-');
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.every((each) => (each.severity === 'warning') === warningsOnly)).toBe(true);
      expect(plan === null).toBe(!warningsOnly);
    });

  it('every message begins with file, line, column and path, and ends its first line with the code', () => {
    for (const name of NAMES)
      for (const problem of load(name).problems) {
        const [first] = messagesOf([problem]).split('\n');
        expect(first).toMatch(/^[a-z0-9-]+\.(?:yaml|manifest):[1-9]\d*:[1-9]\d*: \S+: .+ \[[A-Z0-9_]+\]$/);
      }
  });

  it('is plain text unless colours are asked for', () => {
    for (const problem of load('bad-quantity').problems) {
      expect(formatProblem(problem)).toBe(messagesOf([problem]));
      expect(formatProblem(problem, { colour: true })).toContain('\u001b[31m');
    }
  });

  it('every rule has such a pair', () => {
    const source = readFileSync(new URL('../../src/scenario/messages.ts', import.meta.url), 'utf8');
    const codes = [...source.matchAll(/define\(\s*'([A-Z0-9_]+)'/g)].map((match) => match[1]);
    const told = new Set(NAMES.flatMap((name) => load(name).problems.map((each) => each.code)));
    // A file above the size limit is not kept, and an override is no file; both are tested by hand.
    const elsewhere = ['TOO_LARGE', 'BAD_OVERRIDE'];
    expect(codes.length).toBeGreaterThan(80);
    expect(codes.filter((code) => !told.has(code) && !elsewhere.includes(code))).toEqual([]);
  });
});
