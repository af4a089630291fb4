import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, sourceFiles } from './support/sources.ts';

/** What may not be used where a result can see it, and why. */
const BANNED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\bMath\.(random)\b/, why: 'chance comes from named streams' },
  {
    pattern:
      /\bMath\.(exp|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|hypot)\b/,
    why: 'differs between processors and Node versions: engine/portable-math',
  },
  { pattern: /[\w)\]]\s*\*\*=?\s*[\w(]/, why: 'is Math.pow' },
  { pattern: /\bDate\b(?!\s*(of|and|is|was))/, why: 'results know no clock' },
  { pattern: /\bperformance\.now\b/, why: 'results know no clock' },
  { pattern: /\bIntl\b|\.toLocale|\.localeCompare/, why: 'depends on the locale' },
  { pattern: /\bconsole\./, why: 'only the command line prints' },
  { pattern: /\bprocess\./, why: 'no environment below the experiments' },
  { pattern: /\bcrypto\b/, why: 'chance comes from named streams' },
];

const LOW = ['units', 'engine', 'rules', 'model', 'probes', 'scenario'];

/** The code of a file without comments and string contents, line by line. */
const codeOf = (text: string): string[] =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, (text) =>
      text.replace(/[^\n]/g, '_'),
    )
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, ''));

describe('below the experiments', () => {
  const low = sourceFiles().filter((file) => LOW.includes(file.path.split('/')[0]));
  test.each(BANNED)('nothing uses $pattern', ({ pattern }) => {
    const found = low.flatMap((file) =>
      codeOf(file.text).flatMap((line, at) =>
        pattern.test(line) ? [`${file.path}:${at + 1}: ${line.trim()}`] : [],
      ),
    );
    expect(found).toEqual([]);
  });

  test('the ban finds what is planted', () => {
    const planted = [
      'const x = Math.pow(2, 3);',
      'const y = a ** b;',
      'const z = Date.now();',
      'console.log(1);',
    ];
    for (const line of planted) {
      expect(BANNED.some(({ pattern }) => codeOf(line).some((code) => pattern.test(code)))).toBe(true);
    }
    expect(
      BANNED.some(({ pattern }) =>
        codeOf("const s = 'Math.pow'; // Math.pow").some((code) => pattern.test(code)),
      ),
    ).toBe(false);
  });
});

describe('the project', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);
  const texts = files
    .filter(
      (file) =>
        /\.(ts|mjs|js|json|md|yaml|yml|txt|html)$|^\.ci\//.test(file) && !file.startsWith('test/problems/'),
    )
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

  test('has no console output outside the command line', () => {
    const found = sourceFiles()
      .filter((file) => !file.path.startsWith('cli/'))
      .flatMap((file) =>
        codeOf(file.text).flatMap((line, at) => (/\bconsole\./.test(line) ? [`${file.path}:${at + 1}`] : [])),
      );
    expect(found).toEqual([]);
  });

  test('records no registry address, and no package with an install script', () => {
    const lock = texts.find(({ file }) => file === 'package-lock.json')!.text;
    expect(lock).not.toMatch(/"resolved"/);
    expect(lock).not.toMatch(/"hasInstallScript": true/);
  });

  test('pins exact versions', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
    );
    expect(loose).toEqual([]);
  });

  test('holds no file over 1.5 MB', () => {
    expect(texts.filter(({ text }) => text.length > 1_500_000).map(({ file }) => file)).toEqual([]);
  });
});
