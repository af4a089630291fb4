/**
 * Which scenario files a call means: files as they are, folders with all that is in them, and patterns.
 *
 * Patterns are expanded here as well as by shells, so that quotes around them, and shells that expand nothing,
 * make no difference. `*` and `?` stay within one name, `**` crosses folders, `[ab]` and `{a,b}` are choices. A
 * name that exists is that file, whatever characters are in it.
 *
 * Services exported from Cloud Run lie next to the scenarios that use them; in folders and patterns they are
 * passed over.
 */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Inputs {
  /** Each file once, as it is to be named in messages. */
  readonly files: readonly string[];
  /** What cannot be meant: one line each. */
  readonly wrong: readonly string[];
  /** Files that are no scenarios and were passed over although they were named. */
  readonly passedOver: readonly string[];
}

export function scenarioFiles(inputs: readonly string[]): Inputs {
  const files = new Map<string, string>();
  const wrong: string[] = [];
  const passedOver: string[] = [];
  const add = (file: string) => {
    const real = realpathSync(file);
    if (!files.has(real)) files.set(real, file);
  };
  for (const input of inputs) {
    const kind = kindOf(input);
    if (kind === 'file') {
      // A shell's `*.yaml` names services too; alone, one was meant, and loading it says what to do with it.
      if (inputs.length > 1 && isService(input)) passedOver.push(input);
      else add(input);
      continue;
    }
    const isPattern = /[*?[{]/.test(input);
    if (kind === 'none' && !isPattern) {
      wrong.push(`${input}: no such file or folder; check the path, which is relative to ${process.cwd()}`);
      continue;
    }
    const found = (kind === 'folder' ? yamlFilesIn(input) : matches(input)).filter(
      (file) => !isService(file),
    );
    if (found.length === 0) {
      wrong.push(
        kind === 'folder'
          ? `${input}: no scenario in this folder; scenarios end in .yaml or .yml`
          : `${input}: no scenario matches this pattern; ** crosses folders, * does not`,
      );
    }
    found.forEach(add);
  }
  return { files: [...files.values()], wrong, passedOver };
}

const yamlFilesIn = (folder: string): string[] =>
  walk(folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => join(folder, file));

function matches(pattern: string): string[] {
  const parts = pattern.split('/');
  const fixed = parts.findIndex((part) => /[*?[{]/.test(part));
  const base = parts.slice(0, fixed).join('/') || (pattern.startsWith('/') ? '/' : '.');
  if (kindOf(base) !== 'folder') return [];
  const expression = new RegExp(`^${expressionOf(parts.slice(fixed).join('/'))}$`);
  const prefix = base === '.' && !pattern.startsWith('./') ? '' : base.endsWith('/') ? base : `${base}/`;
  return walk(base)
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
function walk(folder: string, within = ''): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(folder, within), { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = within === '' ? entry.name : `${within}/${entry.name}`;
    // A link to a folder could lead in a circle; a link to a file cannot.
    if (entry.isDirectory()) found.push(...walk(folder, path));
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

/** A Kubernetes object, such as a Knative service: top-level `apiVersion` and `kind`. */
function isService(file: string): boolean {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return false;
  }
  return /^["']?apiVersion["']?\s*:/m.test(text) && /^["']?kind["']?\s*:/m.test(text);
}
