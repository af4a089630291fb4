import { describe, expect, it } from 'vitest';
import { LIMITS, plain, readSource } from '../../src/scenario/source.ts';

const codes = (text: string | Uint8Array) => readSource(text, 'f.yaml').problems.map((each) => each.code);
const read = (text: string) => {
  const { value, problems } = readSource(text, 'f.yaml');
  expect(problems).toEqual([]);
  return value!;
};

describe('reading a text', () => {
  it('gives plain data, and every value its line and column', () => {
    const value = read('a: 1\nb:\n  - x\n  - {c: 2s}\n');
    expect(JSON.parse(JSON.stringify(plain(value)))).toEqual({ a: 1, b: ['x', { c: '2s' }] });
    const list = value.kind === 'map' ? value.entries.get('b')!.value : null;
    expect(list?.kind === 'list' && list.items[1].place).toMatchObject({
      line: 4,
      column: 5,
      text: '  - {c: 2s}',
    });
  });

  it('takes JSON, a byte order mark and Windows line ends for what they are', () => {
    const plainText = plain(read('a: 1\nb: |\n  x\n  y\n'));
    expect(plain(read('\uFEFFa: 1\r\nb: |\r\n  x\r\n  y\r\n'))).toEqual(plainText);
    expect(plain(read('{"a": 1, "b": "x\\ny\\n"}'))).toEqual(plainText);
  });

  it('gives maps without a prototype', () => {
    expect(Object.getPrototypeOf(plain(read('a: 1')))).toBeNull();
  });

  it('makes zero of minus zero', () => {
    expect(Object.is((plain(read('a: -0')) as { a: number }).a, 0)).toBe(true);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the field %s anywhere', (name) => {
    expect(codes(`a:\n  - {${name}: 1}\n`)).toEqual(['RESERVED_NAME']);
    expect(codes(`"${name}": 1`)).toEqual(['RESERVED_NAME']);
  });

  it.each([
    ['0x1F', 'NUMBER_FORM'],
    ['0o17', 'NUMBER_FORM'],
    ['+5', 'NUMBER_FORM'],
    ['007', 'NUMBER_FORM'],
    ['-.inf', 'NOT_FINITE'],
    ['1e400', 'NOT_FINITE'],
    ['9007199254740992', 'UNSAFE_INTEGER'],
    ['-9007199254740993', 'UNSAFE_INTEGER'],
  ])('refuses the number %s', (text, code) => {
    expect(codes(`a: ${text}`)).toEqual([code]);
    expect(codes(`a: [1, ${text}]`)).toEqual([code]);
  });

  it.each([
    ['9007199254740991', 9007199254740991],
    ['1.50', 1.5],
    ['1e3', 1000],
    ['"010"', '010'],
    ['1_000', '1_000'],
    ['1:30', '1:30'],
    ['yes', 'yes'],
  ])('reads %s as YAML 1.2 does', (text, value) => {
    expect(plain(read(`a: ${text}`))).toEqual(Object.assign(Object.create(null), { a: value }));
  });
});

describe('the limits of a text', () => {
  const nested: Record<string, (depth: number) => string> = {
    'lists in brackets': (n) => `${'['.repeat(n)}1${']'.repeat(n)}`,
    'maps in braces': (n) => `${'{a: '.repeat(n)}1${'}'.repeat(n)}`,
    'lists by dashes': (n) => `${'- '.repeat(n)}1`,
    'maps by indentation': (n) => Array.from({ length: n }, (_, i) => `${' '.repeat(i)}a:`).join('\n') + ' 1',
    'maps and lists in turn': (n) => `${'[{a: '.repeat(n / 2)}1${'}]'.repeat(n / 2)}`,
  };

  for (const [kind, text] of Object.entries(nested))
    it(`${kind} may be nested ${LIMITS.depth} deep and no deeper`, () => {
      expect(codes(text(LIMITS.depth))).toEqual([]);
      expect(codes(text(LIMITS.depth + (kind.includes('turn') ? 2 : 1)))).toEqual(['TOO_DEEP']);
    });

  it('nesting without end is refused before it is understood', () => {
    for (const opening of ['[', '{a: ', '- ', '? ', '[{a: '])
      expect(codes(opening.repeat(100_000))).toEqual(['TOO_DEEP']);
  });

  const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: 1`);
  it('a map may have 1,000 keys', () => {
    expect(codes(keys(1000).join('\n'))).toEqual([]);
    expect(codes(keys(1001).join('\n'))).toEqual(['TOO_MANY']);
    expect(codes(`{${keys(1001).join(', ')}}`)).toEqual(['TOO_MANY']);
  });

  it('a file may have 20,000 values', () => {
    expect(codes('- 1\n'.repeat(19_999))).toEqual([]);
    expect(codes('- 1\n'.repeat(20_000))).toEqual(['TOO_MANY']);
  });

  it('a file may have a mebibyte', () => {
    expect(codes(`a: ${'x'.repeat(LIMITS.size - 3)}`)).toEqual([]);
    expect(codes(`a: ${'x'.repeat(LIMITS.size - 2)}`)).toEqual(['TOO_LARGE']);
  });

  it('a text that is nothing but wrong escapes is refused at the first', () => {
    expect(codes(`"${'\\q'.repeat(10_000)}"`)).toEqual(['BAD_ESCAPE']);
  });

  it('escapes that YAML knows are fine', () => {
    expect(plain(read('"\\x41\\u00e9\\U0001F511\\\\\\"\\n\\/"'))).toBe('Aé🔑\\"\n/');
    for (const text of ['"\\xZZ"', '"\\u12"', '"\\U00110000"', '"\\\\\\q"'])
      expect(codes(text)).toEqual(['BAD_ESCAPE']);
  });
});
