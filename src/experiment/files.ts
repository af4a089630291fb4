/**
 * The few file operations that results are written with.
 *
 * They are gathered here so that each can be made to fail in a test, at its n-th call: whatever fails, a folder
 * of results is either the old one or the new one, whole.
 */
import { dirname } from 'node:path';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  statSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

export interface Files {
  /** Writes a new file, wholly, and waits until it is on the disk. An existing one is an error (EEXIST). */
  write(path: string, text: string): void;
  read(path: string): string;
  /** Makes a folder and those above it. */
  makeFolder(path: string): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  /** Removes a file or folder, with all that is in it; nothing there is fine. */
  remove(path: string): void;
  /** Names in a folder. */
  list(path: string): string[];
  /** What is at the path itself, a link not followed; `other` is a device, a pipe or a socket. */
  kind(path: string): 'none' | 'folder' | 'file' | 'link' | 'other';
  /** The folder with every link on the way resolved. */
  real(path: string): string;
  /** Waits until the names in a folder are on the disk. */
  sync(folder: string): void;
}

export const diskFiles: Files = {
  write(path, text) {
    const bytes = Buffer.from(text, 'utf8');
    const file = openSync(path, 'wx', 0o644);
    try {
      // On a disk that is filling up a write may be short and raise no error.
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  },
  read: (path) => readFileSync(path, 'utf8'),
  makeFolder(path) {
    // One level at a time: asked for several, Node tries for ever where a file system refuses to (/proc).
    const parent = dirname(path);
    if (parent !== path && lstatSync(parent, { throwIfNoEntry: false }) === undefined)
      this.makeFolder(parent);
    try {
      mkdirSync(path);
    } catch (error) {
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
    }
  },
  rename: (from, to) => renameSync(from, to),
  link: (from, to) => linkSync(from, to),
  remove: (path) => rmSync(path, { recursive: true, force: true }),
  list: (path) => readdirSync(path),
  kind(path) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 'none';
    if (stat.isSymbolicLink()) return 'link';
    return stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other';
  },
  real: (path) => realpathSync(path),
  sync(folder) {
    // Windows has no such thing as a folder that can be opened.
    if (process.platform === 'win32' || !existsSync(folder)) return;
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
};
