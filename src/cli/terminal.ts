/**
 * The terminal: data goes to stdout, messages and progress to stderr, colours and a moving line only where a
 * person is looking. A pipe that is closed early (`| head`) ends the program quietly.
 */
import { styleText } from 'node:util';
import { visible } from '../units/visible.ts';
import { EXIT } from './exit.ts';

/** Why a stream takes no more, in words. */
const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EIO: 'the device reports an error',
  EFBIG: 'the file would be larger than is allowed',
};

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

export class Terminal {
  /** True: no messages but errors, and no progress. */
  quiet = false;
  /** Whether messages may be coloured. */
  readonly colour = coloured(process.stderr);
  /** Whether data may be coloured. */
  readonly colourOut = coloured(process.stdout);
  #line = '';

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.ok);
        if (stream === process.stdout)
          this.complain(`cannot write to the standard output: ${FULL[error.code ?? ''] ?? error.code}`);
        process.exit(EXIT.cannotWrite);
      });
    }
  }

  /** Data: what the command was asked for. */
  out(text: string): void {
    this.progress('');
    // In a pipe the data goes through as it is.
    process.stdout.write(ended(process.stdout.isTTY ? harmless(text, this.colourOut) : text));
  }

  /** A message: how it goes. Left out with --quiet. */
  say(text: string): void {
    if (!this.quiet) this.error(text);
  }

  /** A message that is always shown. */
  error(text: string): void {
    this.progress('');
    process.stderr.write(ended(harmless(text, this.colour)));
  }

  /** One line on what is wrong with the call or cannot be done; names in it may be anything. */
  complain(text: string): void {
    this.error(`cmeksim: ${visible(text)}`);
  }

  /** Shows one line that the next one replaces; empty: takes it away. Nothing where nobody is looking. */
  progress(text: string): void {
    if (!process.stderr.isTTY || this.quiet || text === this.#line) return;
    const width = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`\r\u001b[2K${visible(text).slice(0, width)}`);
    this.#line = text;
  }

  /** A message's text in a style, where styles are seen. */
  styled(style: Style, text: string): string {
    return this.colour ? styleText(style, text) : text;
  }
}

const coloured = (stream: NodeJS.WriteStream): boolean => Boolean(stream.isTTY) && !process.env['NO_COLOR'];

/** Lines without control characters, those of our own colours apart. */
const harmless = (text: string, coloured: boolean): string =>
  text.replace(/(\u001b\[\d{1,2}m)|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (_, colour?: string) =>
    colour !== undefined && coloured ? colour : '\uFFFD',
  );

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** Text in columns: a header, and rows below it. Columns of numbers are aligned to the right. */
export function textTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => width(row[index]))));
  const right = columns.map((_, index) => rows.every((row) => /^[–-]?$|^[-+]?\d/.test(row[index])));
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => {
        const space = ' '.repeat(widths[index] - width(cell));
        return right[index] ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return all.map((row) => `${line(row)}\n`).join('');
}

/** Columns that a text takes: East Asian wide characters take two. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
        character,
      )
        ? 2
        : 1;
  }
  return columns;
}
