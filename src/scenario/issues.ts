/**
 * What zod finds wrong, as problems with places and our own sentences.
 *
 * Where a value may be of several shapes, zod tells what is wrong with it as each of them. The reader meant one:
 * the shape whose outermost type fits the value is the one whose faults are told.
 */
import type { z } from 'zod';
import type { Problem } from '../units/problem.ts';
import { problem, wrong, type Wrong } from './messages.ts';
import { near, shortId } from './names.ts';
import { follow, type ListValue, type Value } from './source.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Every issue of a failed check of `root`, whose own path in the document is `base`. */
export function problemsOfIssues(root: Value, base: Path, issues: readonly Issue[]): Problem[] {
  const found: { readonly found: Wrong; readonly path: Path; readonly atKey?: string }[] = [];
  const visit = (issue: Issue, above: Path): void => {
    const path = [...above, ...issue.path];
    const { value, all } = follow(root, path);
    if (issue.code === 'invalid_union') {
      const meant = branchMeant(issue);
      if (meant === null && all) found.push({ found: noBranch(value, issue), path });
      else if (meant === null) found.push({ found: wrong.required(String(path.at(-1))), path });
      else for (const each of meant) visit(each, path);
      return;
    }
    if (issue.code === 'unrecognized_keys') {
      const known = issue.message.split('\n');
      for (const key of issue.keys)
        found.push({ found: wrong.unknownField(key, near(key, known), known), path, atKey: key });
      return;
    }
    found.push({ found: all ? describe(issue, value) : wrong.required(String(path.at(-1))), path });
  };
  for (const issue of issues) visit(issue, base);
  const unknownAt = new Set(
    found.filter((each) => each.found.code === 'UNKNOWN_FIELD').map((each) => pathText(root, each.path)),
  );
  return found
    .filter(
      (each) =>
        each.found.code !== 'NOT_EXACTLY_ONE' ||
        !each.found.what.startsWith('none') ||
        !unknownAt.has(pathText(root, each.path)),
    )
    .map(({ found: rule, path, atKey }) => {
      const { value, place } = follow(root, path);
      if (atKey === undefined) return problem(rule, place, pathText(root, path));
      const key = value.kind === 'map' ? (value.entries.get(atKey)?.place ?? place) : place;
      return problem(rule, key, pathText(root, [...path, atKey]));
    });
}

/** A path as the reader writes it: entries of lists by their name where that is unique. */
export function pathText(root: Value, path: Path): string {
  const words: string[] = [];
  let value: Value | undefined = root;
  for (const step of path) {
    let word = String(step);
    if (value?.kind === 'list') {
      const item: Value | undefined = value.items[Number(step)];
      const name = nameOf(item);
      if (name !== null && namesIn(value).get(name) === 1) word = name;
      value = item;
    } else value = value?.kind === 'map' ? value.entries.get(word)?.value : undefined;
    words.push(word);
  }
  return words.join('.');
}

/** How often each name is there, counted once for a list. */
function namesIn(list: ListValue): ReadonlyMap<string, number> {
  const known = counted.get(list);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  for (const item of list.items) {
    const name = nameOf(item);
    if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  counted.set(list, counts);
  return counts;
}

const counted = new WeakMap<ListValue, ReadonlyMap<string, number>>();

const nameOf = (value: Value | undefined): string | null => {
  const name = value?.kind === 'map' ? value.entries.get('name')?.value : undefined;
  return name?.kind === 'scalar' && typeof name.value === 'string' ? shortId(name.value) : null;
};

/** The faults of the one shape whose outermost type fits; null if none or several do. */
function branchMeant(issue: z.core.$ZodIssueInvalidUnion): readonly Issue[] | null {
  const fitting = issue.errors.filter(
    (faults) => !faults.some((fault) => fault.path.length === 0 && isMisfit(fault)),
  );
  return fitting.length === 1 ? fitting[0] : null;
}

const isMisfit = (fault: Issue): boolean =>
  fault.code === 'invalid_type' ||
  fault.code === 'invalid_value' ||
  (fault.code === 'custom' && ownRule(fault)?.code === 'WRONG_TYPE') ||
  (fault.code === 'invalid_union' && branchMeant(fault) === null);

/** None fits: the words and types that would. */
function noBranch(value: Value, issue: z.core.$ZodIssueInvalidUnion): Wrong {
  if (value.kind === 'scalar' && value.value === null) return wrong.emptyValue();
  const faults = issue.errors.flat().filter((fault) => fault.path.length === 0);
  const words = faults.flatMap((fault) => (fault.code === 'invalid_value' ? fault.values.map(String) : []));
  if (value.kind === 'scalar' && typeof value.value === 'string' && words.length > 0)
    return wrong.notOneOf(`"${value.value}"`, near(value.value, words), words);
  const types = faults.flatMap((fault) =>
    fault.code === 'invalid_type'
      ? [typeWord(fault.expected)]
      : fault.code === 'invalid_value'
        ? ['a word']
        : [],
  );
  const own = faults.map(ownRule).find((rule) => rule !== undefined);
  if (own !== undefined && types.length === 0) return own;
  return wrong.wrongType([...new Set(types)].join(' or '), found(value));
}

function describe(issue: Issue, value: Value): Wrong {
  if (value.kind === 'scalar' && value.value === null) return wrong.emptyValue();
  const shown = value.kind === 'scalar' ? String(value.value) : found(value);
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'int' && value.kind === 'scalar' && typeof value.value === 'number')
        return value.value < 0 ? wrong.negative(shown) : wrong.notWhole(shown);
      return wrong.wrongType(typeWord(issue.expected), found(value));
    case 'invalid_value': {
      const words = issue.values.map(String);
      return wrong.notOneOf(value.kind === 'scalar' ? `"${shown}"` : shown, near(shown, words), words);
    }
    case 'too_small':
      if (issue.origin === 'array') return wrong.tooFew(Number(issue.minimum));
      if (issue.origin === 'string') return wrong.emptyValue();
      if (value.kind === 'scalar' && Number(value.value) < 0 && Number(issue.minimum) >= 0)
        return wrong.negative(shown);
      return wrong.outOfRange(
        shown,
        issue.inclusive === false ? `more than ${issue.minimum}` : String(issue.minimum),
        null,
      );
    case 'too_big':
      if (issue.origin === 'array') return wrong.tooMany('entries in the list', Number(issue.maximum));
      if (issue.origin === 'string')
        return wrong.outOfRange('the length of the text', null, `${issue.maximum} characters`);
      return wrong.outOfRange(shown, null, String(issue.maximum));
    case 'invalid_format':
      return wrong.badForm(shown.slice(0, 60), 'a name of lower-case letters, digits and hyphens');
    default:
      return ownRule(issue) ?? wrong.wrongType('another value', found(value));
  }
}

const ownRule = (issue: Issue): Wrong | undefined =>
  issue.code === 'custom' ? (issue.params as { wrong?: Wrong } | undefined)?.wrong : undefined;

const typeWord = (expected: string): string =>
  ({
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of fields',
  })[expected] ?? expected;

function found(value: Value): string {
  if (value.kind !== 'scalar') return value.kind === 'map' ? 'a map' : 'a list';
  if (typeof value.value === 'string') return `the text "${value.value.slice(0, 40)}"`;
  return typeof value.value === 'number' ? `the number ${value.value}` : String(value.value);
}
