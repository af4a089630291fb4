import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lookUp } from '../../src/cli/explain.ts';
import { play } from '../../src/probes/play.ts';
import { ASSUMPTION_NAMES } from '../../src/rules/assumptions.ts';
import { HTTP_OUTCOMES } from '../../src/rules/cloud-run-limits.ts';
import { CMEK_MESSAGES } from '../../src/rules/cmek-messages.ts';
import { EKM_ERROR_DOMAIN_IDS } from '../../src/rules/ekm-errors.ts';
import { KEY_UNAVAILABILITY, UNAVAILABILITY_CAUSE_IDS } from '../../src/rules/key-unavailability.ts';
import { KEY_USES } from '../../src/rules/key-uses.ts';
import { planOf } from '../support/plans.ts';
import { cmeksim, ROOT } from './cmeksim.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const kinds = (name: string) => lookUp(name).exact.map(({ kind }) => kind);
const unexplained = (names: readonly string[]) => names.filter((name) => lookUp(name).exact.length === 0);

const KEY = 'projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k';
const results = play(
  planOf(`
name: shop
duration: 2m
services: [{name: checkout, location: europe-west3, load: 5/s, encryptionKey: ${KEY}}]
keys: [{name: ${KEY}, protectionLevel: EXTERNAL}]
timeline: [{name: down, at: 30s, for: 10s, ekmUnreachable: {key: k}}, {at: 50s, deploy: {service: checkout}}]
objectives: [{expect: "error_ratio < 1%", during: down}]
`),
  1,
);

/** Paths of all numbers and texts in a value, `[]` for the entries of a list. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => pathsOf(each, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, each]) =>
    pathsOf(each, path === '' ? name : `${path}.${name}`),
  );
}

describe('explain knows', () => {
  it('every behaviour in docs/behaviours.md, with its page', () => {
    const page = read('docs/behaviours.md');
    const lines = page.split('\n');
    const isHead = (at: number) => /^\| ---/.test(lines[at] ?? '') || /^\| ---/.test(lines[at + 1] ?? '');
    const rows = lines.filter((line, at) => line.startsWith('| ') && !isHead(at));
    const says = rows.map((row) => row.split('|')[1].replaceAll('`', '').trim());
    expect(says.length).toBeGreaterThan(150);
    expect(says.filter((one) => !kinds(one).some((kind) => kind.startsWith('behaviour, ')))).toEqual([]);
  });

  it('every message, HTTP outcome, audit reason, cause, row, assumption and error of an external key manager', () => {
    const names = [
      ...CMEK_MESSAGES.map(({ message }) => message),
      ...HTTP_OUTCOMES.flatMap(({ outcome, code }) => [outcome, String(code)]),
      ...KEY_USES.flatMap(({ use, reason }) => [use, reason]),
      ...UNAVAILABILITY_CAUSE_IDS,
      ...KEY_UNAVAILABILITY.map(({ row }) => row),
      ...ASSUMPTION_NAMES,
      ...EKM_ERROR_DOMAIN_IDS,
    ];
    expect(unexplained(names)).toEqual([]);
  });

  it('every column of every CSV file', () => {
    const columns = Object.entries(results.tables).flatMap(([file, { columns: names }]) =>
      names.map((name) => `${file} ${typeof name === 'string' ? name : (name as { name: string }).name}`),
    );
    expect(columns.length).toBeGreaterThan(50);
    expect(unexplained(columns)).toEqual([]);
  });

  it('every field of summary.json, or the one that it is a part of', () => {
    const paths = [...new Set(pathsOf(results.summary))].filter((path) => !path.startsWith('assumptions[]'));
    expect(paths.length).toBeGreaterThan(80);
    const bare = paths.filter((path) => lookUp(path).exact.length + lookUp(path).above.length === 0);
    expect(bare).toEqual([]);
    expect(lookUp('services.checkout.e2e_latencies_ms.p99').above[0].text).toMatch(/^What clients waited/);
  });

  it('every field of a scenario file', () => {
    for (const path of ['services.load', 'services.startup.probe.period', 'assumptions.keyRetry.factor'])
      expect(kinds(path)).toEqual(['field']);
    expect(lookUp('duration').exact.map(({ name }) => name)).toContain('duration');
  });

  it('every path that a message shows, entries of lists by their name', () => {
    const folder = join(ROOT, 'test/problems');
    const paths = readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .flatMap((name) => [...read(`test/problems/${name}`).matchAll(/^\S+:\d+:\d+: (\S+): /gm)])
      .map(([, path]) => path)
      // What stands at the top and is no field stands in nothing.
      .filter((path) => !/^[abc]$/.test(path));
    expect(paths.length).toBeGreaterThan(100);
    const dark = paths.filter((path) => {
      const { exact, above } = lookUp(path);
      return exact.length + above.length === 0;
    });
    expect(dark).toEqual([]);
    expect(lookUp('services.checkout.load').exact[0].name).toBe('services.load');
    expect(lookUp('quotas.limits.kms-prod/europe-west3/HSM.limit').exact[0].name).toBe('quotas.limits.limit');
    expect(lookUp('quotas.limits.a.b.c.limit').exact[0].name).toBe('quotas.limits.limit');
    expect(lookUp('timeline.0.deploy.set.cpu').exact[0].name).toBe('timeline.deploy.set.cpu');
  });
});

describe('cmeksim explain', () => {
  it('explains by any spelling, and suggests', () => {
    expect(cmeksim(ROOT, 'explain', 'prevent-new').out).toMatch(
      /^PREVENT_NEW \(revocation action\)\n[^]*\nSource: /,
    );
    expect(cmeksim(ROOT, 'explain', 'PREVNT_NEW').err).toContain('did you mean "PREVENT_NEW"');
  });

  it('lists the topics, and the names in one', () => {
    const { code, out } = cmeksim(ROOT, 'explain');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}revocation action \(2\): PREVENT_NEW, SHUTDOWN$/m);
    expect(out).toMatch(/^ {2}behaviour, Concurrency \(\d+\): /m);
    expect(out.split('\n').every((line) => line.length <= 110)).toBe(true);
    expect(cmeksim(ROOT, 'explain', 'revocation', 'action').out).toBe(
      '\nrevocation action:\n  PREVENT_NEW\n  SHUTDOWN\n'.trimStart(),
    );
  });

  it('of a field that is not there explains what it stands in, and says so', () => {
    const { code, out, err } = cmeksim(ROOT, 'explain', 'services.checkout.sclaing');
    expect(code).toBe(0);
    expect(out).toMatch(/^services \(field\)/);
    expect(err).toContain('nothing is known under "services.checkout.sclaing" itself');
  });
});
