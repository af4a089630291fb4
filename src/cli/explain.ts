/** `cmeksim explain`: one rule, message or field, in words, with the page that states it. */
import { EXPLANATIONS, type Explanation } from '../rules/explanations.ts';
import { EXIT, Stop } from './exit.ts';
import { fieldExplanations } from './fields.ts';
import type { Terminal } from './terminal.ts';

/** Everything that can be asked for, rules first. */
const KNOWN: readonly Explanation[] = [...EXPLANATIONS, ...fieldExplanations()];

export function explain(name: string, terminal: Terminal): number {
  if (name === '') {
    for (const [kind, names] of byKind())
      terminal.out(`${kind}:\n${names.map((each) => `  ${each}\n`).join('')}`);
    return EXIT.ok;
  }
  const wanted = plain(name);
  const found = KNOWN.filter((each) => namesOf(each).some((other) => plain(other) === wanted));
  if (found.length === 0) {
    const near = nearest(name);
    throw new Stop(
      EXIT.wrong,
      `nothing is known under "${name}"; ` +
        (near.length > 0
          ? `did you mean ${near.map((each) => `"${each}"`).join(' or ')}?`
          : '`cmeksim explain` lists what there is'),
    );
  }
  terminal.out(found.map(asText).join('\n'));
  return EXIT.ok;
}

function asText({ kind, name, aliases, text, source }: Explanation): string {
  const others = aliases.length > 0 ? `Also: ${aliases.join(', ')}\n` : '';
  return `${name} (${kind})\n\n${wrapped(text)}\n${others}Source: ${source}\n`;
}

function byKind(): ReadonlyMap<string, readonly string[]> {
  const kinds = new Map<string, string[]>();
  for (const { kind, name } of KNOWN) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  return kinds;
}

const namesOf = ({ name, aliases }: Explanation): readonly string[] => [name, ...aliases];

/** Case, and what separates words, make no difference. */
const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '');

/** Names that begin or go on as the wanted one does, or differ from it by a slip or two. */
function nearest(name: string): string[] {
  const wanted = plain(name);
  const slips = Math.max(1, Math.floor(wanted.length / 4));
  return [...new Set(KNOWN.flatMap(namesOf))]
    .map((other) => {
      const candidate = plain(other);
      const part = wanted.length >= 4 && candidate.includes(wanted);
      return { other, distance: part ? 0.5 : distanceOf(wanted, candidate) };
    })
    .filter(({ distance }) => distance <= slips)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ other }) => other);
}

/** Single characters left out, put in, changed or swapped with the next one, at least. */
function distanceOf(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)]);
  for (let j = 0; j <= b.length; j++) rows[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}

function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines.length - 1;
    if (lines[last] !== '' && lines[last].length + word.length >= 100) lines.push(word);
    else lines[last] += lines[last] === '' ? word : ` ${word}`;
  }
  return `${lines.join('\n')}\n`;
}
