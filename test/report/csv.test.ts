import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../src/probes/results.ts';
import { csvFrom, tableFrom } from '../../src/report/csv.ts';

const csv = (...rows: Cell[][]): string => csvFrom({ columns: rows[0].map((_, index) => `c${index}`), rows });

describe('a table as CSV', () => {
  it('has a header, LF, a decimal point and empty cells for nothing', () => {
    expect(
      csvFrom({
        columns: ['time_s', 'name', 'p99_ms'],
        rows: [
          [0, 'checkout', 1234.5],
          [10, 'checkout', null],
        ],
      }),
    ).toBe('time_s,name,p99_ms\n0,checkout,1234.5\n10,checkout,\n');
  });

  it('is a header alone where there are no rows', () => {
    const table = { columns: ['a', 'b'], rows: [] };
    expect(csvFrom(table)).toBe('a,b\n');
    expect(tableFrom('a,b\n')).toEqual(table);
  });

  it('quotes what RFC 4180 wants quoted', () => {
    expect(csv(['a,b', 'say "no"', 'two\nlines'])).toBe('c0,c1,c2\n"a,b","say ""no""","two\nlines"\n');
  });

  it.each(['=1+1', '+1', '-cmd', '@SUM(A1)', '\tx', '\rx', '\0x'])('defuses the formula %j', (text) => {
    expect(csv([text, 0]).split('\n').slice(1).join('\n')).toMatch(/^"?'/);
  });

  it('leaves a negative number a number', () => expect(csv([-5, -0.25])).toBe('c0,c1\n-5,-0.25\n'));

  it('writes the shortest text of a number', () =>
    expect(csv([0.1, 1e21, -0, 1 / 3])).toBe('c0,c1,c2,c3\n0.1,1e+21,0,0.3333333333333333\n'));

  it('refuses a number that is not finite instead of writing it', () => {
    expect(() => csv([NaN])).toThrow('finite');
    expect(() => csv([Infinity])).toThrow('finite');
  });

  it('refuses a text with a row that is too short', () =>
    expect(() => tableFrom('a,b\n1\n')).toThrow('cell for each column'));
});

const cell = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '0', '-1.5', '1e+21', "'=x", "''@", '"', ',', '\r\n', 'NaN', ' 1'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  fc.constant(null),
);
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) =>
    fc
      .array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 5 })
      .map((rows) => ({ columns: [...'abcd'].slice(0, width), rows })),
  );

describe('CSV and back', () => {
  it('gives the same cells, text that looks like a number and empty text included', () => {
    fc.assert(
      fc.property(table, (given) => {
        expect(tableFrom(csvFrom(given))).toEqual(given);
      }),
    );
  });

  it('never writes a text cell that a spreadsheet would evaluate', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [, written] = /^a\n"?([^]*)$/.exec(csvFrom({ columns: ['a'], rows: [[text]] }))!;
        expect(written).not.toMatch(/^[=+\-@\t\r\0]/);
      }),
    );
  });
});
