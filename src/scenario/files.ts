/**
 * The files a scenario names: manifests, samples of measured lengths, traces of arrivals.
 *
 * They are read through the caller's `read`, each once, and what was read becomes part of the scenario's hash.
 * The CSV read here is plain: a header, commas, numbers, no line breaks inside quotes.
 *
 *   sample   one column with its unit in the name (`duration_ms`, or `duration`, which is seconds)
 *   trace    `time_s` (or _ms, _us, _ns) and optionally `duration_ms`: one row an arrival;
 *            `end_timestamp` and `duration` in seconds (Azure Functions 2021): arrival = end - duration;
 *            columns `1`, `2`, … of counts per minute (Azure Functions 2019): spread evenly over each minute
 */
import { MICROSECOND, MILLISECOND, MINUTE, NANOSECOND, SECOND } from '../units/time.ts';
import { LONGEST, type Duration } from '../units/time.ts';
import { wrong, type Wrong } from './messages.ts';
import { sha256 } from './sha256.ts';

/** The bytes or text of a file, relative to the scenario's folder; null: it is not there. */
export type ReadFile = (path: string) => Uint8Array | string | null;

/** What a {@link ReadFile} throws where a file cannot or must not be read; the message says why, in words. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  /** There is no such file. */
  readonly missing: boolean;

  constructor(why: string, missing = false) {
    super(why);
    this.missing = missing;
  }
}

export interface Trace {
  /** Arrivals in ns, ascending. */
  readonly at: Float64Array;
  /** Execution times in ns, in the same order; null where the file has none. */
  readonly duration: Float64Array | null;
  /** Arrivals left out because they lie at or after the end. */
  readonly cut: number;
}

export class Files {
  readonly #read: ReadFile;
  readonly #known = new Map<string, Uint8Array | string | { readonly wrong: Wrong }>();

  constructor(read: ReadFile) {
    this.#read = read;
  }

  /** Hash of each file that was read, in the order of their paths. */
  hashes(): readonly (readonly [string, string])[] {
    return [...this.#known]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, content]) => [path, sha256(isContent(content) ? textOf(content) : '')]);
  }

  raw(path: string): { readonly content: Uint8Array | string } | { readonly wrong: Wrong } {
    if (path === '' || path.startsWith('/') || /^[a-zA-Z]:|[\\\0]|:\/\//.test(path))
      return { wrong: wrong.badPath(path) };
    let content = this.#known.get(path);
    if (content === undefined) {
      content = this.#contentOf(path);
      this.#known.set(path, content);
    }
    return isContent(content) ? { content } : content;
  }

  #contentOf(path: string): Uint8Array | string | { readonly wrong: Wrong } {
    try {
      return this.#read(path) ?? { wrong: wrong.fileMissing(path) };
    } catch (error) {
      const known = error instanceof Unreadable;
      const missing = known ? error.missing : (error as { readonly code?: unknown }).code === 'ENOENT';
      if (missing) return { wrong: wrong.fileMissing(path) };
      return { wrong: wrong.fileUnreadable(path, known ? error.message : 'reading it failed') };
    }
  }

  /** The sorted values of a sample, ns. */
  sample(path: string): { readonly values: Float64Array } | { readonly wrong: Wrong } {
    const table = this.#table(path);
    if ('wrong' in table) return table;
    const column = table.header.findIndex((name) => unitOf(name, 'duration') !== null);
    const only = table.header.length === 1 ? unitOf(table.header[0], null) : null;
    const unit = column >= 0 ? unitOf(table.header[column], 'duration') : only;
    if (unit === null) return { wrong: wrong.csvColumn(path, 'a column such as duration_ms') };
    const values = new Float64Array(table.rows.length);
    for (let i = 0; i < table.rows.length; i++) {
      const value = lengthOf(table.rows[i][Math.max(0, column)], unit);
      if (value === null) return badValue(path, i, table.rows[i][Math.max(0, column)]);
      values[i] = value;
    }
    return { values: values.sort() };
  }

  /** Arrivals before `end`. */
  trace(path: string, end: Duration): Trace | { readonly wrong: Wrong } {
    const table = this.#table(path);
    if ('wrong' in table) return table;
    const { header } = table;
    if (header.includes('end_timestamp') && header.includes('duration'))
      return this.#rows(path, table, end, header.indexOf('end_timestamp'), header.indexOf('duration'), true);
    const time = header.findIndex((name) => unitOf(name, null) !== null && name.startsWith('time_'));
    if (time >= 0)
      return this.#rows(
        path,
        table,
        end,
        time,
        header.findIndex((name) => unitOf(name, 'duration') !== null),
        false,
      );
    if (header.includes('1')) return this.#minutes(path, table, end);
    return { wrong: wrong.csvColumn(path, 'time_s (and duration_ms), or end_timestamp and duration') };
  }

  #rows(
    path: string,
    table: Table,
    end: Duration,
    time: number,
    duration: number,
    fromEnd: boolean,
  ): Trace | { readonly wrong: Wrong } {
    const timeUnit = fromEnd ? SECOND : unitOf(table.header[time], null)!;
    const durationUnit = duration < 0 ? SECOND : unitOf(table.header[duration], 'duration')!;
    const rows: { at: number; length: number }[] = [];
    let cut = 0;
    for (let i = 0; i < table.rows.length; i++) {
      const row = table.rows[i];
      const stamp = lengthOf(row[time], timeUnit);
      const length = duration < 0 ? 0 : lengthOf(row[duration], durationUnit);
      if (stamp === null) return badValue(path, i, row[time]);
      if (length === null) return badValue(path, i, row[duration]);
      const at = fromEnd ? Math.max(0, stamp - length) : stamp;
      if (at < end) rows.push({ at, length });
      else cut++;
    }
    rows.sort((a, b) => a.at - b.at);
    return {
      at: Float64Array.from(rows, (row) => row.at),
      duration: duration < 0 ? null : Float64Array.from(rows, (row) => row.length),
      cut,
    };
  }

  #minutes(path: string, table: Table, end: Duration): Trace | { readonly wrong: Wrong } {
    // Columns are found by their names, in whatever order they stand; those that are no minutes are passed over.
    const columns: number[] = [];
    for (const [column, name] of table.header.entries()) {
      if (!/^[1-9][0-9]{0,6}$/.test(name)) continue;
      if (columns[Number(name) - 1] !== undefined) return notEachOnce(path, name);
      columns[Number(name) - 1] = column;
    }
    for (let minute = 0; minute < columns.length; minute++)
      if (columns[minute] === undefined) return notEachOnce(path, String(columns.length));
    const at: number[] = [];
    let cut = 0;
    for (let minute = 0; minute < columns.length; minute++) {
      let count = 0;
      for (let i = 0; i < table.rows.length; i++) {
        const value = table.rows[i][columns[minute]] ?? '';
        if (!/^[0-9]{1,9}$/.test(value)) return badValue(path, i, value);
        count += Number(value);
      }
      if (at.length + count > MOST_ROWS) return { wrong: wrong.tooMany('arrivals in the trace', MOST_ROWS) };
      for (let k = 0; k < count; k++) {
        const instant = minute * MINUTE + Math.floor(((k + 0.5) * MINUTE) / count);
        if (instant < end) at.push(instant);
        else cut++;
      }
    }
    return { at: Float64Array.from(at), duration: null, cut };
  }

  #table(path: string): Table | { readonly wrong: Wrong } {
    const raw = this.raw(path);
    if ('wrong' in raw) return raw;
    const lines = textOf(raw.content).split('\n');
    while (lines.length > 0 && lines[lines.length - 1].trim() === '') lines.pop();
    if (lines.length < 2) return { wrong: wrong.csvEmpty(path) };
    if (lines.length > MOST_ROWS) return { wrong: wrong.tooMany(`lines in ${path}`, MOST_ROWS) };
    const cells = (line: string) => line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    return { header: cells(lines[0]), rows: lines.slice(1).map(cells) };
  }
}

const isContent = (known: Uint8Array | string | { readonly wrong: Wrong }): known is Uint8Array | string =>
  typeof known === 'string' || known instanceof Uint8Array;

interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const MOST_ROWS = 5_000_000;

const textOf = (content: Uint8Array | string): string =>
  (typeof content === 'string' ? content : new TextDecoder().decode(content))
    .replace(/^\uFEFF/, '')
    .replace(/\r\n/g, '\n');

const UNITS: Readonly<Record<string, Duration>> = {
  s: SECOND,
  ms: MILLISECOND,
  us: MICROSECOND,
  ns: NANOSECOND,
};

/** The unit in a column's name; `bare` is a name that needs none (seconds, as the Azure traces have it). */
function unitOf(name: string, bare: string | null): Duration | null {
  if (name === bare) return SECOND;
  const match = /^([a-z_]{1,40})_(s|ms|us|ns)$/.exec(name);
  return match === null || (bare !== null && match[1] !== bare) ? null : UNITS[match[2]];
}

function lengthOf(cell: string | undefined, unit: Duration): number | null {
  if (cell === undefined || !/^[0-9]{1,17}(\.[0-9]{1,30})?([eE]-?[0-9]{1,2})?$/.test(cell)) return null;
  const value = Math.round(Number(cell) * unit);
  return value <= LONGEST ? value : null;
}

const notEachOnce = (path: string, last: string): { readonly wrong: Wrong } => ({
  wrong: wrong.csvColumn(path, `each minute from 1 to ${last} once`),
});

const badValue = (path: string, row: number, cell: string | undefined): { readonly wrong: Wrong } => ({
  wrong: wrong.csvValue(path, row + 2, (cell ?? '').slice(0, 40)),
});
