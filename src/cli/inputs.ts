/**
 * Which scenario files a call means: files as they are, folders with all that is in them, and patterns.
 *
 * Patterns are expanded here as well as by shells, so that quotes around them, and shells that expand nothing,
 * make no difference. `*` and `?` stay within one name, `**` crosses folders, `[ab]` and `{a,b}` are choices. A
 * name that exists is that file, whatever characters are in it.
 *
 * Services exported from Cloud Run lie next to the scenarios that use them; in folders and patterns they are
 * passed over, named as a scenario they are refused.
 */
import { readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../report/shell-word.ts';
import { MOST_SCENARIO_BYTES, readBytes, reasonOf } from './read-file.ts';

export interface Inputs {
  /** Each file once, as it is to be named in messages. */
  readonly files: readonly string[];
  /** What cannot be meant: one line each. */
  readonly wrong: readonly string[];
}

export function scenarioFiles(inputs: readonly string[]): Inputs {
  const files = new Map<string, string>();
  const wrong: string[] = [];
  const add = (file: string) => {
    const real = realpathSync(file);
    if (!files.has(real)) files.set(real, file);
  };
  for (const input of inputs) {
    const kind = kindOf(input);
    if (kind === 'file') {
      if (!isService(input)) add(input);
      else
        wrong.push(
          `${input}: a service, not a scenario; \`cmeksim import ${shellWord(input)}\` writes a scenario from it`,
        );
      continue;
    }
    const isPattern = /[*?[{]/.test(input);
    if (kind === 'none' && !isPattern) {
      wrong.push(`${input}: ${whyNot(input)}; check the path, which is relative to ${process.cwd()}`);
      continue;
    }
    const unreadable = (folder: string, why: string) => wrong.push(`${folder}: cannot be read: ${why}`);
    const before = wrong.length;
    const candidates = kind === 'folder' ? yamlFilesIn(input, unreadable) : matches(input, unreadable);
    const found = candidates.filter((file) => !isService(file));
    if (found.length === 0 && wrong.length === before) {
      wrong.push(
        kind === 'folder'
          ? `${input}: no scenario in this folder; scenarios end in .yaml or .yml`
          : `${input}: no scenario matches this pattern; ** crosses folders, * does not`,
      );
    }
    found.forEach(add);
  }
  return { files: [...files.values()], wrong };
}

/** Told of each folder that cannot be read, and why. */
type Unread = (folder: string, why: string) => void;

const yamlFilesIn = (folder: string, unread: Unread): string[] =>
  walk(folder, unread)
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => join(folder, file));

function matches(pattern: string, unread: Unread): string[] {
  const parts = pattern.split('/');
  const fixed = parts.findIndex((part) => /[*?[{]/.test(part));
  const base = parts.slice(0, fixed).join('/') || (pattern.startsWith('/') ? '/' : '.');
  if (kindOf(base) !== 'folder') return [];
  const expression = new RegExp(`^${expressionOf(parts.slice(fixed).join('/'))}$`);
  const prefix = base === '.' && !pattern.startsWith('./') ? '' : base.endsWith('/') ? base : `${base}/`;
  return walk(base, unread)
    .filter((file) => expression.test(file))
    .map((file) => prefix + file);
}

/** A pattern as a regular expression without nested repetition, so that no pattern is slow. */
function expressionOf(pattern: string): string {
  let text = '';
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (pattern.startsWith('**/', at)) {
      text += '(?:.*/)?';
      at += 2;
    } else if (pattern.startsWith('**', at)) {
      text += '.*';
      at += 1;
    } else if (character === '*') text += '[^/]*';
    else if (character === '?') text += '[^/]';
    else if (character === '{' && pattern.indexOf('}', at) > 0) {
      text += '(?:';
      depth++;
    } else if (character === '}' && depth > 0) {
      text += ')';
      depth--;
    } else if (character === ',' && depth > 0) text += '|';
    else if (character === '[' && pattern.indexOf(']', at + 2) > 0) {
      const end = pattern.indexOf(']', at + 2);
      const inside = pattern.slice(at + 1, end).replace(/[\\[\]]/g, '\\$&');
      text += `[${inside.startsWith('!') ? `^${inside.slice(1)}` : inside}]`;
      at = end;
    } else text += character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  return text + ')'.repeat(depth);
}

/** Files below a folder, as paths within it, sorted. Hidden folders and installed packages are left alone. */
function walk(folder: string, unread: Unread, within = ''): string[] {
  const found: string[] = [];
  let entries: Dirent[];
  try {
    entries = readdirSync(join(folder, within), { withFileTypes: true });
  } catch (error) {
    unread(join(folder, within), reasonOf(error));
    return found;
  }
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = within === '' ? entry.name : `${within}/${entry.name}`;
    // A link to a folder could lead in a circle; a link to a file cannot.
    if (entry.isDirectory()) found.push(...walk(folder, unread, path));
    else if (entry.isFile() || (entry.isSymbolicLink() && kindOf(join(folder, path)) === 'file'))
      found.push(path);
  }
  return within === '' ? found.sort() : found;
}

function kindOf(path: string): 'file' | 'folder' | 'none' {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'none';
  }
}

/** Why nothing can be found at a path. */
function whyNot(path: string): string {
  try {
    statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return `cannot be read: ${reasonOf(error)}`;
  }
  return 'no such file or folder';
}

/** A Kubernetes object, such as a Knative service: top-level `apiVersion` and `kind`. */
function isService(file: string): boolean {
  let text: string;
  try {
    text = new TextDecoder().decode(readBytes(file, MOST_SCENARIO_BYTES));
  } catch {
    // Loading it says what is wrong with it.
    return false;
  }
  return /^["']?apiVersion["']?\s*:/m.test(text) && /^["']?kind["']?\s*:/m.test(text);
}
