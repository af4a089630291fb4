/**
 * Where results are kept: one folder a scenario, `OUT/<scenario name>/`.
 *
 * A folder appears whole. Its files are written beside it, `summary.json` last, each one synced, and then the
 * folder is renamed into place; what was there before, its stale files included, goes. A folder with a summary
 * is therefore a finished run, whatever was killed when. What a killed run left behind is cleared by the next.
 *
 * Only what is ours is ever replaced: a folder that holds anything else, and a link, are refused.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { LOG_FILES, TABLE_FILES } from '../probes/results.ts';
import { diskFiles, type Files } from './files.ts';
import { lock, Locked } from './lock.ts';

/** Results cannot be written; the message says where, why, and what to do. */
export class CannotWrite extends Error {
  override readonly name = 'CannotWrite';
}

/** Names that may stand in a results folder, whichever version wrote it. */
const OURS: ReadonlySet<string> = new Set([
  ...TABLE_FILES,
  ...LOG_FILES,
  'summary.json',
  'replications.csv',
  'charts',
  'index.html',
]);

export class Store {
  /** The output folder, links resolved. */
  readonly folder: string;
  readonly #files: Files;
  readonly #unlock: () => void;

  /**
   * Opens an output folder for writing, making it where it does not exist.
   *
   * @throws CannotWrite where it cannot be written to
   * @throws Locked where another process is writing to it
   */
  constructor(folder: string, files: Files = diskFiles) {
    this.#files = files;
    const [real, unlock] = guarded(`cannot write to ${folder}`, () => {
      files.makeFolder(folder);
      const found = files.real(folder);
      return [found, lock(found, files)] as const;
    });
    this.folder = real;
    this.#unlock = unlock;
    try {
      guarded(`cannot write to ${folder}`, () => this.#sweep());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Replaces a scenario's results by these files (path within the folder, text). Either all of them are in
   * place afterwards, or what was there before is.
   *
   * @returns the folder
   * @throws CannotWrite
   */
  writeResults(scenario: string, texts: ReadonlyMap<string, string>): string {
    const name = folderName(scenario);
    const target = join(this.folder, name);
    const fresh = join(this.folder, `.${name}.new`);
    const old = join(this.folder, `.${name}.old`);
    const files = this.#files;
    this.#mayReplace(target, texts);
    return guarded(`cannot write ${target}`, () => {
      try {
        files.remove(fresh);
        files.makeFolder(fresh);
        const folders = new Set([fresh]);
        for (const [path, text] of summaryLast(texts)) {
          const file = join(fresh, safePath(path));
          if (!folders.has(dirname(file))) {
            files.makeFolder(dirname(file));
            folders.add(dirname(file));
          }
          files.write(file, text);
        }
        for (const folder of folders) files.sync(folder);
        if (files.kind(target) !== 'none') files.rename(target, old);
        try {
          files.rename(fresh, target);
        } catch (error) {
          if (files.kind(target) === 'none' && files.kind(old) !== 'none') files.rename(old, target);
          throw error;
        }
      } catch (error) {
        quietly(() => files.remove(fresh));
        throw error;
      }
      // The results are in place: a leftover is no reason to call them unwritten, and the next run clears it.
      quietly(() => files.sync(this.folder));
      quietly(() => files.remove(old));
      return target;
    });
  }

  /** Writes one file directly in the output folder, such as the page over a batch, replacing it whole. */
  writeFile(name: string, text: string): string {
    return writeWhole(join(this.folder, safePath(name)), text, this.#files);
  }

  /** Gives the folder back. */
  close(): void {
    quietly(() => this.#unlock());
  }

  /** Clears what a killed run left: half-written folders go, a replaced one whose successor is missing returns. */
  #sweep(): void {
    const files = this.#files;
    for (const entry of files.list(this.folder)) {
      const match = /^\.([a-z0-9-]+)\.(new|old)$/.exec(entry);
      if (match === null) continue;
      const [, name, state] = match;
      const path = join(this.folder, entry);
      if (state === 'old' && files.kind(join(this.folder, name)) === 'none') {
        files.rename(path, join(this.folder, name));
      } else files.remove(path);
    }
  }

  #mayReplace(target: string, texts: ReadonlyMap<string, string>): void {
    const files = this.#files;
    const kind = guarded(`cannot write ${target}`, () => files.kind(target));
    if (kind === 'none') return;
    if (kind !== 'folder') {
      throw new CannotWrite(
        `cannot write ${target}: it is a ${kind === 'link' ? 'symbolic link' : 'file'}, and results are never ` +
          'written through one or over one; remove it, or give another folder with --out',
      );
    }
    const own = new Set([...OURS, ...[...texts.keys()].map((path) => path.split('/')[0])]);
    const foreign = guarded(`cannot write ${target}`, () => files.list(target)).filter(
      (name) => !own.has(name),
    );
    if (foreign.length > 0) {
      throw new CannotWrite(
        `cannot write ${target}: it holds ${foreign.slice(0, 3).join(', ')}, which no run of cmeksim wrote, and ` +
          'replacing the folder would delete it; move it away, or give another folder with --out',
      );
    }
  }
}

/** Writes a file so that it is either the old one or the new one, whole. A link is refused. */
export function writeWhole(path: string, text: string, files: Files = diskFiles): string {
  const elsewhere = 'another file';
  const write = (): string => {
    const kind = files.kind(path);
    if (kind === 'link' || kind === 'folder') {
      throw new CannotWrite(
        `cannot write ${path}: it is a ${kind === 'link' ? 'symbolic link' : 'folder'}; remove it, or give ` +
          elsewhere,
      );
    }
    // Renaming over a device would put a file in its place.
    if (kind === 'other')
      throw new CannotWrite(`cannot write ${path}: it is no regular file; give ${elsewhere}`);
    const fresh = `${path}.${process.pid}.new`;
    try {
      files.remove(fresh);
      files.write(fresh, text);
      files.rename(fresh, path);
    } catch (error) {
      quietly(() => files.remove(fresh));
      throw error;
    }
    return path;
  };
  return guarded(`cannot write ${path}`, write, elsewhere);
}

/**
 * The folder of a scenario: its name, where that is plain (a-z, 0-9 and -, at most 60, and no name that an
 * operating system keeps for itself); otherwise what of it is plain, and eight digits of its hash.
 */
export function folderName(scenario: string): string {
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/;
  if (/^[a-z0-9][a-z0-9-]{0,59}$/.test(scenario) && !reserved.test(scenario)) return scenario;
  const plain = scenario
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 51);
  return `${plain}-${createHash('sha256').update(scenario).digest('hex').slice(0, 8)}`.replace(/^-+/, '');
}

function* summaryLast(texts: ReadonlyMap<string, string>): Generator<readonly [string, string]> {
  for (const entry of texts) if (entry[0] !== 'summary.json') yield entry;
  const summary = texts.get('summary.json');
  if (summary !== undefined) yield ['summary.json', summary];
}

/** A path that stays in its folder. Ours always do; this holds if one day a name in it comes from a scenario. */
function safePath(path: string): string {
  const parts = path.split('/');
  if (parts.some((part) => !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(part))) {
    throw new CannotWrite(`cannot write ${JSON.stringify(path)}: not a plain file name`);
  }
  return join(...parts);
}

/** Why something cannot be written, and whether another place is the way out. */
const REASONS: Readonly<Record<string, readonly [why: string, elsewhere: boolean]>> = {
  ENOENT: ['the folder is not there; make it first', false],
  ENOSPC: ['no space is left on the device; free some', true],
  EDQUOT: ['the disk quota is used up; free some space', true],
  EACCES: ['permission is denied', true],
  EPERM: ['the operation is not permitted', true],
  EROFS: ['the file system is read-only', true],
  ENOTDIR: ['a part of the path is not a folder', true],
  EISDIR: ['it is a folder', true],
  EEXIST: ['there is something else of that name', true],
  EIO: ['the device reports an error', true],
  EFBIG: ['the file would be larger than is allowed here', true],
  EMFILE: ['too many files are open', false],
  EBUSY: ['it is in use', true],
  EINVAL: ['the system does not allow such a file there', true],
  ENAMETOOLONG: ['the path is too long', true],
  ELOOP: ['its links go round in a circle', true],
};

/** What an error of the file system means, in words, and what to do: `elsewhere` names the other place. */
export function whyUnwritten(error: unknown, elsewhere: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const known = REASONS[code ?? ''];
  if (known === undefined) return `the system reports ${code}; give ${elsewhere}`;
  return `${known[0]}${known[1] ? `${known[0].includes(';') ? ', or' : ';'} give ${elsewhere}` : ''} (${code})`;
}

const ELSEWHERE = 'another folder with --out';

function guarded<T>(what: string, action: () => T, elsewhere = ELSEWHERE): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof CannotWrite || error instanceof Locked) throw error;
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new CannotWrite(`${what}: ${whyUnwritten(error, elsewhere)}`);
  }
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // What is tidied up here is tidied up again by the next run.
  }
}
