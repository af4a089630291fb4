/**
 * A text in YAML 1.2 as a tree of values that remember where they stand.
 *
 * Only what a scenario needs is let through: maps with text keys, lists, and plain values, in one document.
 * Anchors and aliases, tags, merge keys, directives and several documents are refused, since none of them is
 * needed here and each has a way of hiding what a file says. Warnings of the parser are errors.
 *
 * Any text is decided quickly. The parser's own checks are quadratic in the keys of a map and recursive in the
 * depth of nesting, so size, depth and counts are checked on its token stream, iteratively, before values are
 * composed; duplicate keys are looked for here.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, Parser, type ParsedNode, type CST } from 'yaml';
import type { Place, Problem } from '../units/problem.ts';
import { problem, wrong, type Wrong } from './messages.ts';
import { shortId } from './names.ts';

/** What a file may hold. */
export const LIMITS = {
  /** Characters of text (UTF-16 units; 1 MiB). */
  size: 1_048_576,
  /** Collections within collections. */
  depth: 64,
  keysPerMap: 1_000,
  /** Values and keys altogether. */
  nodes: 20_000,
} as const;

export type Value = MapValue | ListValue | ScalarValue;

export interface MapValue {
  readonly kind: 'map';
  readonly place: Place;
  /** In the order of the text. */
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key stands. */
  readonly place: Place;
  readonly value: Value;
}

export interface ListValue {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Value[];
}

export interface ScalarValue {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

export interface Read {
  /** Null if there is any problem. */
  readonly value: Value | null;
  readonly problems: readonly Problem[];
  /** Where fields that are given twice are all that is wrong: the value with the first of each, so that the rest can be checked. */
  readonly rest?: Value;
}

/** The value of a text, or null and what is wrong with it. Bytes are decoded as UTF-8, strictly. */
export function readSource(input: string | Uint8Array, file: string): Read {
  const text = typeof input === 'string' ? input : decode(input);
  const source = new SourceText((text ?? '').replace(/^\uFEFF/, '').replace(/\r\n/g, '\n'), file);
  const refuse = (found: Wrong, offset: number) => ({
    value: null,
    problems: [problem(found, source.place(offset), 'document')],
  });
  if (text === null) {
    const lossy = new SourceText(new TextDecoder().decode(input as Uint8Array), file);
    const offset = Math.max(0, lossy.text.indexOf('\uFFFD'));
    return { value: null, problems: [problem(wrong.notUtf8(), lossy.place(offset), 'document')] };
  }
  if (text.length > LIMITS.size) return refuse(wrong.tooLarge(text.length, LIMITS.size), 0);
  const control = source.text.search(CONTROL);
  if (control >= 0) return refuse(wrong.controlCharacter(source.text.charCodeAt(control)), control);

  const scan = scanTokens(source);
  if ('found' in scan) return refuse(scan.found, scan.offset);
  return compose(scan.tokens, source);
}

/** A tree as plain data; maps have no prototype, so that no key of a file can reach one. */
export function plain(value: Value): unknown {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'list') return value.items.map(plain);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of value.entries) object[key] = plain(entry.value);
  return object;
}

/** The value at a path, or the nearest one above it that is there, and whether all of the path was. */
export function follow(
  root: Value,
  path: readonly PropertyKey[],
): { readonly value: Value; readonly place: Place; readonly all: boolean } {
  let value = root;
  for (const step of path) {
    const next =
      value.kind === 'map'
        ? value.entries.get(String(step))?.value
        : value.kind === 'list'
          ? value.items[Number(step)]
          : undefined;
    if (next === undefined) return { value, place: value.place, all: false };
    value = next;
  }
  return { value, place: value.place, all: true };
}

// NUL and the other controls that YAML does not allow in a text (tab and line feed are allowed).
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/;

/** Keys through which an object's prototype can be reached in JavaScript. */
const RESERVED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const decode = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};

/** A text that knows its lines. */
class SourceText {
  readonly text: string;
  readonly #file: string;
  readonly #starts: number[] = [0];

  constructor(text: string, file: string) {
    this.text = text;
    this.#file = file;
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#starts.push(i + 1);
  }

  place(offset: number): Place {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    const end = low + 1 < starts.length ? starts[low + 1] - 1 : this.text.length;
    const column = Math.min(offset, end) - starts[low] + 1;
    return { file: this.#file, line: low + 1, column, text: this.text.slice(starts[low], end) };
  }
}

interface Refusal {
  readonly found: Wrong;
  readonly offset: number;
}

/**
 * Reads the token stream, giving up as soon as it nests too deeply (the parser keeps one stack entry for each
 * open collection) or has too many parts, then walks the finished tokens with a stack of its own.
 */
function scanTokens(source: SourceText): { readonly tokens: readonly CST.Token[] } | Refusal {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let nodes = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    tokens.push(...parser.next(lexeme));
    offset += lexeme.length;
    if (parser.stack.length > 4 * LIMITS.depth) return { found: wrong.tooDeep(LIMITS.depth), offset };
    // A node has a handful of lexemes, spaces and line breaks apart.
    if (lexeme.trim() !== '' && !lexeme.startsWith('#') && ++nodes > 8 * LIMITS.nodes)
      return { found: wrong.tooMany('values', LIMITS.nodes), offset };
    if (++lexemes > 20 * LIMITS.nodes)
      return { found: wrong.tooMany('words, comments and blank lines', 20 * LIMITS.nodes), offset };
  }
  tokens.push(...parser.end());
  const refusal = scanTree(tokens);
  return refusal ?? { tokens };
}

function scanTree(tokens: readonly CST.Token[]): Refusal | null {
  const open: { token: CST.Token; depth: number }[] = [];
  let nodes = 0;
  let documents = 0;
  for (const token of tokens) {
    if (token.type === 'directive') return { found: wrong.directive(), offset: token.offset };
    if (token.type === 'document') {
      if (++documents > 1) return { found: wrong.severalDocuments(), offset: token.offset };
      if (token.value) open.push({ token: token.value, depth: 0 });
    }
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (++nodes > LIMITS.nodes) return { found: wrong.tooMany('values', LIMITS.nodes), offset: token.offset };
    if (token.type === 'double-quoted-scalar') {
      const bad = badEscape(token.source);
      if (bad >= 0) return { found: wrong.badEscape(), offset: token.offset + bad };
    }
    if (!('items' in token)) continue;
    if (depth + 1 > LIMITS.depth) return { found: wrong.tooDeep(LIMITS.depth), offset: token.offset };
    if (token.type !== 'block-seq' && token.items.length > LIMITS.keysPerMap && isMapToken(token))
      return { found: wrong.tooMany('keys in one map', LIMITS.keysPerMap), offset: token.offset };
    for (const item of token.items) {
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
    }
  }
  return null;
}

/**
 * Where a text in double quotes has an escape that YAML does not know; -1 if nowhere. The parser would make an
 * error with a stack trace for every one of them, a hundred thousand in a text that is nothing else.
 */
function badEscape(source: string): number {
  for (const { 1: letter, index } of source.matchAll(/\\([\s\S])/g)) {
    const digits = HEX_DIGITS[letter];
    if (digits === undefined) {
      if (!ESCAPES.includes(letter)) return index;
      continue;
    }
    const hex = source.slice(index + 2, index + 2 + digits);
    if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits || parseInt(hex, 16) > 0x10ffff) return index;
  }
  return -1;
}

const ESCAPES = '0abt\tnvfre "/\\N_LP\n';
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

const isMapToken = (token: CST.Token): boolean =>
  token.type === 'block-map' || (token.type === 'flow-collection' && token.start.source === '{');

function compose(tokens: readonly CST.Token[], source: SourceText): Read {
  const composer = new Composer({ uniqueKeys: false, strict: true, version: '1.2', schema: 'core' });
  const [document] = [...composer.compose(tokens, true, source.text.length)];
  const problems: Problem[] = [];
  const add = (found: Wrong, offset: number, path = 'document') =>
    problems.push(problem(found, source.place(offset), path));
  // One unreadable text can have an error at every letter.
  for (const error of [...document.errors, ...document.warnings].slice(0, MOST_ERRORS))
    add(
      error.code === 'TAB_AS_INDENT' || /\btabs?\b/i.test(error.message)
        ? wrong.tabIndent()
        : error.code === 'TAG_RESOLVE_FAILED'
          ? wrong.tag()
          : wrong.malformed(error.message),
      error.pos[0],
    );
  // The parser tells of a tag at the tag, the walk at the value behind it.
  const tagged = new Set(problems.filter((each) => each.code === 'TAG').map((each) => each.place.line));
  const walk = new Walk(source, (found, offset, path) => {
    if (found.code !== 'TAG' || !tagged.has(source.place(offset).line)) add(found, offset, path);
  });
  const value = document.contents === null ? null : walk.value(document.contents, '');
  if (problems.length === 0 && (value === null || isEmpty(value))) add(wrong.empty(), 0);
  if (problems.length === 0) return { value, problems };
  const isTwice = problems.every(({ code }) => code === 'DUPLICATE_FIELD');
  return { value: null, problems, ...(isTwice && value !== null && { rest: value }) };
}

const MOST_ERRORS = 50;

const isEmpty = (value: Value): boolean => value.kind === 'scalar' && value.value === null;

/** Turns composed nodes into values. Depth is bounded by now, so this may recurse. */
class Walk {
  readonly #source: SourceText;
  readonly #add: (found: Wrong, offset: number, path?: string) => void;

  constructor(source: SourceText, add: (found: Wrong, offset: number, path?: string) => void) {
    this.#source = source;
    this.#add = add;
  }

  value(node: ParsedNode, path: string): Value {
    const offset = node.range[0];
    const place = this.#source.place(offset);
    const at = path === '' ? 'document' : path;
    if (isAlias(node) || node.anchor !== undefined) {
      this.#add(wrong.alias(), offset, at);
      return { kind: 'scalar', place, value: null };
    }
    if (node.tag !== undefined) this.#add(wrong.tag(), offset, at);
    if (isScalar(node)) return { kind: 'scalar', place, value: this.#scalar(node, offset, at) };
    if (isSeq<ParsedNode>(node)) {
      const words = entryWords(node.items);
      const items = node.items.map((item, i) =>
        this.value(item, path === '' ? words[i] : `${path}.${words[i]}`),
      );
      return { kind: 'list', place, items };
    }
    const entries = new Map<string, Entry>();
    if (isMap<ParsedNode, ParsedNode | null>(node))
      for (const pair of node.items) {
        const key = this.#key(pair.key, offset, at);
        if (key === null) continue;
        const keyPlace = this.#source.place(pair.key.range[0]);
        const inner = path === '' ? key : `${path}.${key}`;
        const first = entries.get(key);
        if (first !== undefined) {
          this.#add(wrong.duplicateKey(key, first.place), pair.key.range[0], inner);
          continue;
        }
        const value: Value =
          pair.value === null
            ? { kind: 'scalar', place: keyPlace, value: null }
            : this.value(pair.value, inner);
        entries.set(key, { place: keyPlace, value });
      }
    return { kind: 'map', place, entries };
  }

  #key(key: ParsedNode | null, offset: number, path: string): string | null {
    const at = key?.range?.[0] ?? offset;
    if (isAlias(key) || (isScalar(key) && key.anchor !== undefined)) this.#add(wrong.alias(), at, path);
    else if (!isScalar(key) || key.value === null) this.#add(wrong.complexKey(), at, path);
    else if (key.tag !== undefined) this.#add(wrong.tag(), at, path);
    else {
      const name = typeof key.value === 'string' ? key.value : String(key.source ?? key.value);
      if (name === '<<') this.#add(wrong.mergeKey(), at, path);
      else if (RESERVED_KEYS.has(name)) this.#add(wrong.reservedKey(name), at, path);
      else return name;
    }
    return null;
  }

  #scalar(
    node: { readonly value: unknown; readonly source?: string },
    offset: number,
    path: string,
  ): string | number | boolean | null {
    const { value } = node;
    if (typeof value === 'number') {
      const written = node.source ?? String(value);
      if (!Number.isFinite(value)) this.#add(wrong.notFinite(written), offset, path);
      else if (!DECIMAL.test(written)) this.#add(wrong.numberForm(written), offset, path);
      else if (Number.isInteger(value) && !Number.isSafeInteger(value))
        this.#add(wrong.unsafeInteger(written), offset, path);
      return value === 0 ? 0 : value;
    }
    return typeof value === 'string' || typeof value === 'boolean' ? value : null;
  }
}

/** How a path names each entry of a list: by its name where only one has it, otherwise by its place. */
function entryWords(items: readonly ParsedNode[]): readonly string[] {
  const names = items.map((item) => {
    const pair = isMap<ParsedNode, ParsedNode | null>(item)
      ? item.items.find(({ key }) => isScalar(key) && key.value === 'name')
      : undefined;
    return isScalar(pair?.value) && typeof pair.value.value === 'string' ? shortId(pair.value.value) : null;
  });
  const counts = new Map<string | null, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return names.map((name, i) => (name !== null && counts.get(name) === 1 ? name : String(i)));
}

/** How a number is written here: as in JSON. */
const DECIMAL = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
