/**
 * Tables as CSV and back: RFC 4180 quoting, UTF-8, LF, a header, a decimal point.
 *
 * Numbers are written in the shortest form that reads back as the same number, nothing as an empty cell. Two
 * habits make the way back exact: text that looks like a number, and empty text, stand in quotes; and text that
 * a spreadsheet would take for a formula gets a single quote in front (OWASP, "CSV injection"), which reading
 * takes away again. Numbers are typed and never guarded, so that a negative number stays a number.
 */
import { stringify } from 'csv-stringify/sync';
import type { Cell, Table } from '../probes/results.ts';
import { check } from '../units/check.ts';

/** What a spreadsheet evaluates, behind any number of quotes: so the guard can be taken off again. */
const FORMULA = /^'*[=+\-@\t\r\0]/;
const GUARDED = /^'+[=+\-@\t\r\0]/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]\d+)?$/;

/** The table's text. A number that is not finite is a defect of ours and throws. */
export function csvFrom(table: Table): string {
  return stringify(
    table.rows.map((row) => row.map(guarded)),
    {
      header: true,
      columns: table.columns.map((name) => ({ key: name, header: name })),
      record_delimiter: '\n',
      cast: {
        number: shortest,
        string: (text) =>
          NUMBER.test(text) || text === '' ? { value: text, quoted: true, quoted_empty: true } : text,
      },
    },
  );
}

/** The table that {@link csvFrom} wrote. A text of another origin may fail the checks, and then throws. */
export function tableFrom(csv: string): Table {
  const [header, ...rows] = rowsOf(csv);
  check(header !== undefined, 'a CSV text has a header');
  const columns = header.map(({ text }) => text);
  for (const row of rows) check(row.length === columns.length, 'a CSV row has a cell for each column');
  return { columns, rows: rows.map((row) => row.map(cellOf)) };
}

const guarded = (cell: Cell): Cell => (typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : cell);

/** The shortest text that reads back as the same number, -0 as 0. */
export function shortest(value: number): string {
  check(Number.isFinite(value), () => `a number in a result is finite, not ${value}`);
  return String(value === 0 ? 0 : value);
}

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

function cellOf({ text, quoted }: Field): Cell {
  if (!quoted && text === '') return null;
  if (!quoted && NUMBER.test(text)) return Number(text);
  return GUARDED.test(text) ? text.slice(1) : text;
}

/** A reader for the one dialect written above; a reader for all dialects would have to guess. */
function rowsOf(csv: string): Field[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/y;
  const rows: Field[][] = [];
  let row: Field[] = [];
  while (field.lastIndex < csv.length) {
    const match = field.exec(csv);
    check(match !== null, () => `the CSV text is well formed in row ${rows.length + 1}`);
    const quoted = match[1] !== undefined;
    row.push({ text: quoted ? match[1].replaceAll('""', '"') : match[2], quoted });
    if (match[3] === ',' && field.lastIndex === csv.length) row.push({ text: '', quoted: false });
    if (match[3] !== ',' || field.lastIndex === csv.length) {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
