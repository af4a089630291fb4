/**
 * Finding what a name means, and what a wrong one was probably meant to be.
 *
 * A key, service or revision is named in full, or by its short id (the part after the last slash) where only one
 * has it. A wrong name gets a suggestion if exactly one known name is nearest, at most two letters away.
 */
import { wrong, type Wrong } from './messages.ts';

/** The nearest known name, alone in the list; empty if none is near or several are equally so. */
export function near(name: string, known: readonly string[]): readonly string[] {
  if (name.length > LONGEST) return [];
  let best: string[] = [];
  let least = 3;
  for (const each of known) {
    if (each.length > LONGEST || Math.abs(each.length - name.length) > 2) continue;
    const away = distance(name.toLowerCase(), each.toLowerCase());
    if (away >= Math.min(each.length, least + 1)) continue;
    if (away === least) best.push(each);
    else best = [each];
    least = away;
  }
  return best.length === 1 ? best : [];
}

/** The part after the last slash. */
export const shortId = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** The index of the one that is meant, or what is wrong with the name. `what` says in one word what is named. */
export function findByName(what: string, name: string, known: readonly string[]): number | Wrong {
  const exact = known.indexOf(name);
  if (exact >= 0) return exact;
  const short = known.flatMap((each, index) => (shortId(each) === name ? [index] : []));
  if (short.length === 1) return short[0];
  if (short.length > 1)
    return wrong.ambiguousName(
      what,
      name,
      short.map((index) => known[index]),
    );
  const suggestion = near(name, known);
  const shorter = suggestion.length > 0 ? suggestion : near(name, [...new Set(known.map(shortId))]);
  return wrong.unknownName(what, name, shorter, known);
}

const LONGEST = 120;

/** Letters to insert, delete, replace or swap with their neighbour to make one text of the other. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(row[j - 1] + 1, previous[j] + 1, previous[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, before[j - 2] + 1);
      row.push(least);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length];
}
