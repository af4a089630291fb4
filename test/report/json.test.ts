import { describe, expect, it } from 'vitest';
import { denseJsonFrom, jsonFrom } from '../../src/report/json.ts';

describe('JSON', () => {
  it('keeps the order of keys, indents by two and ends in LF', () => {
    expect(jsonFrom({ b: 1, a: [0.1, null] })).toBe('{\n  "b": 1,\n  "a": [\n    0.1,\n    null\n  ]\n}\n');
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d, which would become null', (value) => {
    expect(() => jsonFrom({ deep: [{ value }] })).toThrow('finite');
    expect(() => denseJsonFrom({ deep: [{ value }] })).toThrow('finite');
  });

  it('puts the records of a long list on a line each, and says the same', () => {
    const value = {
      name: 'x',
      left: undefined,
      rows: Array.from({ length: 30 }, (_, t) => ({ t, 'n"': `${t}` })),
    };
    const text = denseJsonFrom(value);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    expect(text.split('\n').filter((line) => line.includes('"t"'))).toHaveLength(30);
  });
});
