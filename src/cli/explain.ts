/**
 * `cmeksim explain`: one rule, message, field, column or behaviour, in words, with the page that states it.
 *
 * A name is what is printed somewhere: in a message, a log, a table, a file. A path is taken as messages show it,
 * entries of lists by their name (`services.checkout.load`); of a field that does not exist the one above it is
 * explained. Without a name there are the topics, and with a topic the names in it.
 */
import { EXPLANATIONS } from '../rules/explanations.ts';
import { EXIT, Stop } from './exit.ts';
import { fieldExplanations, type Known } from './fields.ts';
import { manualExplanations } from './manual.ts';
import type { Terminal } from './terminal.ts';

/** Everything that can be asked for, rules first. */
const KNOWN: readonly Known[] = [...EXPLANATIONS, ...fieldExplanations(), ...manualExplanations()];

export function explain(name: string, terminal: Terminal): number {
  if (name === '') {
    terminal.out(topics());
    return EXIT.ok;
  }
  const { exact, above } = lookUp(name);
  const inTopic = namesIn(name);
  if (exact.length === 0 && inTopic === null) {
    if (above.length === 0) throw new Stop(EXIT.wrong, nothingKnown(name));
    terminal.error(`nothing is known under "${name}" itself; this is what it stands in:`);
  }
  terminal.out(
    [...(exact.length > 0 ? exact : inTopic === null ? above : []).map(asText), inTopic ?? ''].join('\n'),
  );
  return EXIT.ok;
}

/** What is known under a name, and, where nothing is, what it is a part of as a path. */
export function lookUp(name: string): { readonly exact: readonly Known[]; readonly above: readonly Known[] } {
  const wanted = plain(name);
  const exact = KNOWN.filter((each) => namesOf(each).some((other) => plain(other) === wanted));
  if (exact.length > 0 || wanted === '') return { exact, above: [] };
  // Messages about a manifest name its annotations.
  if (name.startsWith('manifest.')) return lookUp(name.slice('manifest.'.length));
  const parts = name.split('.').map((part) => part.replace(/\[\]$/, ''));
  let best: { readonly used: number; readonly depth: number; readonly found: Known[] } = {
    used: 0,
    depth: 0,
    found: [],
  };
  for (const each of KNOWN) {
    const used = each.path === undefined ? 0 : usedBy(each.path, parts);
    const depth = each.path?.length ?? 0;
    if (used === 0 || used < best.used || (used === best.used && depth < best.depth)) continue;
    const level = used === best.used && depth === best.depth;
    best = { used, depth, found: level ? [...best.found, each] : [each] };
  }
  return best.used === parts.length
    ? { exact: best.found, above: [] }
    : { exact: [], above: parts.length > 1 ? best.found : [] };
}

/** How many parts of a path a known one takes up, entries of lists skipped; 0 where it leads elsewhere. */
function usedBy(known: readonly string[], parts: readonly string[], at = 0): number {
  if (known.length === 0) return at;
  const [first, ...rest] = known;
  const list = first.endsWith('[]');
  if (parts[at] !== (list ? first.slice(0, -2) : first)) return 0;
  if (!list || rest.length === 0) return usedBy(rest, parts, at + 1);
  // The name of an entry may have dots in it.
  for (let next = at + 1; next < parts.length; next++) {
    const used = usedBy(rest, parts, next);
    if (used > 0) return used;
  }
  return 0;
}

const nothingKnown = (name: string): string => {
  const near = nearest(name);
  const hint =
    near.length > 0
      ? `did you mean ${near.map((each) => `"${each}"`).join(' or ')}?`
      : '`cmeksim explain` lists the topics';
  return `nothing is known under "${name}"; ${hint}`;
};

/** One line a topic, with a few of its names. */
function topics(): string {
  const lines = [...byKind()].map(([kind, names]) => {
    const line = `  ${kind} (${names.length}): ${names.join(', ')}`;
    return line.length <= 110 ? line : `${line.slice(0, 109)}…`;
  });
  return (
    'Topics; `cmeksim explain TOPIC` lists the names in one, `cmeksim explain NAME` explains one:\n\n' +
    `${lines.join('\n')}\n`
  );
}

/** The names in the topics called so, `behaviour` being all that begin with the word; null where there are none. */
function namesIn(topic: string): string | null {
  const wanted = plain(topic);
  const kinds = [...byKind()].filter(
    ([kind]) => plain(kind) === wanted || plain(kind.split(',')[0]) === wanted,
  );
  if (kinds.length === 0) return null;
  return kinds.map(([kind, names]) => `${kind}:\n${names.map((each) => `  ${each}\n`).join('')}`).join('\n');
}

function asText({ kind, name, aliases, text, source }: Known): string {
  const others = aliases.length > 0 ? `Also: ${aliases.join(', ')}\n` : '';
  return `${name} (${kind})\n\n${wrapped(text)}\n${others}Source: ${source}\n`;
}

function byKind(): ReadonlyMap<string, readonly string[]> {
  const kinds = new Map<string, string[]>();
  for (const { kind, name } of KNOWN) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  return kinds;
}

const namesOf = ({ name, aliases }: Known): readonly string[] => [name, ...aliases];

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
