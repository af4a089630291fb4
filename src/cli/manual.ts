/**
 * What `explain` takes from the manual: the columns of the CSV files and the fields of summary.json, from
 * docs/manual/03-results.md, and the behaviours, from docs/behaviours.md. The pages come with the package; where
 * they are missing, there is less to explain.
 *
 * The first cell of a row names what the row is about, as code: one name or several, and `.served` after
 * `requests.arrived` is short for `requests.served`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Known } from './fields.ts';

/** Beside dist/ in the clone and in the package; one floor further up from the sources. */
const FOLDERS = ['../docs/', '../../docs/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

export function manualExplanations(): readonly Known[] {
  const folder = FOLDERS.find((path) => existsSync(`${path}behaviours.md`));
  if (folder === undefined) return [];
  const read = (name: string) => rowsOf(readFileSync(folder + name, 'utf8'));
  return [...resultsOf(read('manual/03-results.md')), ...behavioursOf(read('behaviours.md'))];
}

interface Row {
  /** The heading of the second level above it. */
  readonly heading: string;
  /** The last line of text above its table, empty lines apart. */
  readonly above: string;
  readonly cells: readonly string[];
}

/** Where in the summary a table's names stand, by the line above it. */
const PLACES: Readonly<Record<string, string>> = {
  'Of a service:': 'services[].',
  'Of a timeline entry (`faults[]`):': 'faults[].',
};

function resultsOf(rows: readonly Row[]): Known[] {
  return rows.flatMap(({ heading, above, cells: [names, meaning] }) => {
    if (/\.csv$/.test(heading)) {
      const source = `docs/manual/03-results.md, ${heading}`;
      return namesIn(names).map((name): Known => {
        const text = meaning === '' ? `The column ${name}.` : sentence(meaning);
        return known(`column of ${heading}`, `${heading} ${name}`, [name], text, source);
      });
    }
    if (heading === 'decisions.jsonl' || heading === 'summary.json') {
      const place = PLACES[above] ?? (above.startsWith('Of the cost') ? 'cost.' : '');
      const source = `docs/manual/03-results.md, ${heading}`;
      return namesIn(names).map((name): Known => {
        const path = place + name;
        const text = meaning === '' ? `The ${name} of a service.` : sentence(meaning);
        const short = path.slice(path.lastIndexOf('.') + 1);
        return { ...known(`field of ${heading}`, path, [name, short], text, source), path: path.split('.') };
      });
    }
    return [];
  });
}

const behavioursOf = (rows: readonly Row[]): Known[] =>
  rows.flatMap(({ heading, cells }) => {
    const [says, page, program, shown] = cells.map(bare);
    if (cells.length !== 4) return [];
    const text = `In the program: ${program === '' ? 'as it says' : program}.${shown === '' ? '' : ` Shown by ${shown}.`}`;
    const source = page === 'none' ? 'assumed: no page says so; docs/behaviours.md' : page;
    return [known(`behaviour, ${heading}`, says, [], text, source)];
  });

const known = (
  kind: string,
  name: string,
  aliases: readonly string[],
  text: string,
  source: string,
): Known => ({
  kind,
  name,
  aliases: [...new Set(aliases)].filter((alias) => alias !== name),
  text,
  source,
});

/** The names in a cell: `a.b`, `.c` are a.b and a.c. */
function namesIn(cell: string): string[] {
  const names: string[] = [];
  for (const [, code] of cell.matchAll(/`([^`]+)`/g)) {
    const parent = (names[0] ?? '').slice(0, (names[0] ?? '').lastIndexOf('.'));
    names.push(code.startsWith('.') ? parent + code : code);
  }
  return names;
}

/** Rows of the tables of a page, heads left out. */
function rowsOf(page: string): Row[] {
  const rows: Row[] = [];
  let heading = '';
  let above = '';
  let inBody = false;
  for (const line of page.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3);
    if (!line.startsWith('|')) {
      inBody = false;
      if (line.trim() !== '') above = line;
    } else if (line.startsWith('| ---')) inBody = true;
    else if (inBody)
      rows.push({
        heading,
        above,
        cells: line
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      });
  }
  return rows;
}

/** Without the marks of Markdown: links as their text, neither code nor bold. */
const bare = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*|`/g, '')
    .trim();

function sentence(text: string): string {
  const plain = bare(text);
  return plain.charAt(0).toUpperCase() + plain.slice(1) + (/[.!?]$/.test(plain) ? '' : '.');
}
