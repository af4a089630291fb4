/**
 * HTML without a template language: text is escaped where it is put in, and what is already markup says so by
 * its type, so that nothing is markup by oversight.
 *
 * Names, descriptions and messages come from scenario files of unknown origin, and the page is opened by third
 * persons. Every text passes {@link escaped}; the page has no script and forbids any (Content-Security-Policy
 * `default-src 'none'`).
 */
import { createHash } from 'node:crypto';

/** Markup. A plain string in a template is text and is escaped; a fragment goes in as it is. */
export interface Fragment {
  readonly html: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/g;

/** The text as HTML or SVG shows it, letter by letter; control characters, which neither may hold, as `�`. */
export const escaped = (text: string): string =>
  text.replace(CONTROL, '\ufffd').replace(/[&<>"']/g, (character) => ESCAPES[character]);

type Value = Fragment | string | number | null | undefined | readonly (Fragment | null)[];

/**
 * Markup with values put in: texts and numbers escaped, fragments as they are, lists joined, null left out. The
 * indentation of the template itself is left out as well; that of the values stays.
 */
export const markup = (parts: TemplateStringsArray, ...values: readonly Value[]): Fragment => ({
  html: parts
    .map((part) => part.replace(/\n\s+/g, '\n'))
    .reduce((text, part, index) => text + shown(values[index - 1]) + part),
});

/** Says that a text is markup. For our own constants and for pictures; never for what a scenario names. */
export const raw = (text: string): Fragment => ({ html: text });

function shown(value: Value): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number') return escaped(String(value));
  if ('html' in value) return value.html;
  return value.map((item) => item?.html ?? '').join('');
}

/** A table with a caption; the first cell of each row is its heading. Columns of numbers align right. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (string | Fragment)[])[],
): Fragment {
  const numeric = columns.map((_, place) => place > 0 && rows.every((row) => looksNumeric(row[place])));
  const align = (place: number): Fragment | null => (numeric[place] ? raw(' class="n"') : null);
  const head = columns.map((column, place) => markup`<th scope="col"${align(place)}>${column}</th>`);
  const body = rows.map(
    ([first, ...rest]) =>
      markup`<tr><th scope="row">${first}</th>${rest.map((cell, index) => markup`<td${align(index + 1)}>${cell}</td>`)}</tr>\n`,
  );
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div> `;
}

/** A number with or without a sign, a unit and an interval, a point in time, or the dash that stands for none. */
const NUMERIC = /^(–|[-+<>]? ?\d[\d.:e+-]*( (ms|s|min|h|%|points?|USD))?( \[[^\]]*\])?)$/;

const looksNumeric = (cell: string | Fragment): boolean => typeof cell === 'string' && NUMERIC.test(cell);

/** The whole page: style allowed by its hash, nothing else allowed at all. */
export function page(title: string, style: string, body: Fragment): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        ${body}
      </body>
    </html> `.html;
}
