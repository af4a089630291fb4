/**
 * `--set PATH=VALUE`: a document with one value replaced, or added where the fields above it are there or optional.
 *
 * A path has fields separated by dots; an entry of a list is addressed by its name, its short id where that is
 * unique, or its place from 0. Names may contain dots themselves, so the longest name that fits is taken. The
 * new value is read like a file, and a problem with it shows the override instead of a line.
 */
import type { Place, Problem } from '../units/problem.ts';
import { problem, wrong } from './messages.ts';
import { near, shortId } from './names.ts';
import { readSource, type Entry, type ListValue, type Value } from './source.ts';

export interface Override {
  readonly path: string;
  readonly value: string;
}

/** `PATH=VALUE`; without an equals sign the value is missing, which is told when it is applied. */
export function overrideOf(text: string): Override {
  const equals = text.indexOf('=');
  return equals < 0
    ? { path: text, value: '' }
    : { path: text.slice(0, equals), value: text.slice(equals + 1) };
}

export function applyOverride(
  root: Value,
  override: Override,
): { readonly value: Value; readonly problems: readonly Problem[] } {
  const { path } = override;
  const label = '--set';
  const place: Place = { file: label, line: 1, column: 1, text: `${path}=${override.value}`.slice(0, 1000) };
  const read = readSource(override.value, label);
  if (read.value === null) {
    const [first] = read.problems;
    const why = first.code === 'EMPTY' ? 'there is no value behind the equals sign' : first.what;
    return { value: root, problems: [problem(wrong.badOverride(path, why), place, path)] };
  }
  const value = movedTo(read.value, { ...place, column: path.length + 2 });
  try {
    return { value: replace(root, path.split('.'), value, place), problems: [] };
  } catch (cause) {
    if (!(cause instanceof DeadEnd)) throw cause;
    return {
      value: root,
      problems: [problem(wrong.unknownPath(path, cause.part, cause.near), place, path)],
    };
  }
}

class DeadEnd extends Error {
  readonly part: string;
  readonly near: readonly string[];

  constructor(part: string, suggestions: readonly string[]) {
    super(part);
    this.part = part;
    this.near = suggestions;
  }
}

function replace(at: Value, path: readonly string[], value: Value, place: Place): Value {
  if (path.length === 0) return value;
  if (path[0] === '') throw new DeadEnd('', []);
  if (at.kind === 'list') {
    const { index, taken } = entryOf(at, path);
    const items = at.items.map((item, i) =>
      i === index ? replace(item, path.slice(taken), value, place) : item,
    );
    return { ...at, items };
  }
  if (at.kind === 'scalar') throw new DeadEnd(path[0], []);
  if (RESERVED.has(path[0])) throw new DeadEnd(path[0], []);
  const old = at.entries.get(path[0]);
  const inner: Value = old?.value ?? { kind: 'map', place, entries: new Map() };
  const entry: Entry = { place, value: replace(inner, path.slice(1), value, place) };
  return { ...at, entries: new Map(at.entries).set(path[0], entry) };
}

const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Which entry of a list the beginning of a path means, and how many of its parts the name takes. */
function entryOf(
  list: ListValue,
  path: readonly string[],
): { readonly index: number; readonly taken: number } {
  const names = list.items.map((item) => {
    const name = item.kind === 'map' ? item.entries.get('name')?.value : undefined;
    return name?.kind === 'scalar' && typeof name.value === 'string' ? name.value : null;
  });
  for (let taken = path.length; taken > 0; taken--) {
    const text = path.slice(0, taken).join('.');
    const full = names.indexOf(text);
    if (full >= 0) return { index: full, taken };
    const short = names.flatMap((name, i) => (name !== null && shortId(name) === text ? [i] : []));
    if (short.length === 1) return { index: short[0], taken };
  }
  if (/^(0|[1-9][0-9]{0,5})$/.test(path[0]) && Number(path[0]) < list.items.length)
    return { index: Number(path[0]), taken: 1 };
  const known = names.filter((name) => name !== null).map(shortId);
  throw new DeadEnd(path[0], near(path[0], known));
}

const movedTo = (value: Value, place: Place): Value =>
  value.kind === 'map'
    ? {
        ...value,
        place,
        entries: new Map(
          [...value.entries].map(([key, entry]) => [key, { place, value: movedTo(entry.value, place) }]),
        ),
      }
    : value.kind === 'list'
      ? { ...value, place, items: value.items.map((item) => movedTo(item, place)) }
      : { ...value, place };
