/**
 * One run at a time in a folder: `.cmeksim.lock` names the process that writes there.
 *
 * The lock appears whole or not at all (it is written beside and linked into place), and a lock is taken over
 * only where its owner is provably gone: on this machine, and either the machine has been restarted since or no
 * process of that number and start time exists. A lock from another machine is never taken over.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Files } from './files.ts';

export const LOCK_NAME = '.cmeksim.lock';

/** Who holds a lock. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** The machine's boot; empty where the system does not tell. */
  readonly boot: string;
  /** When the process started, in the system's own ticks; empty where it does not tell. */
  readonly started: string;
}

/** The folder is in use by a living process, or may be. */
export class Locked extends Error {
  override readonly name = 'Locked';
}

/**
 * Takes the lock of a folder that exists.
 *
 * @returns what gives it back
 * @throws Locked
 */
export function lock(folder: string, files: Files): () => void {
  const path = join(folder, LOCK_NAME);
  const mine = JSON.stringify(self(files)) + '\n';
  for (let attempt = 0; attempt < 100; attempt++) {
    if (create(path, mine, files)) return () => release(path, mine, files);
    const found = readIfThere(path, files);
    if (found === null) continue;
    const owner = parse(found);
    if (owner === null || mayLive(owner, files)) throw new Locked(inUse(folder, path, owner));
    // Moved aside under a name of our own: of several that try, one succeeds. If what was moved is no longer
    // what was judged, another process took the lock in between, and gets it back.
    const aside = `${path}.${process.pid}`;
    try {
      files.rename(path, aside);
    } catch {
      continue;
    }
    if (readIfThere(aside, files) !== found) {
      try {
        files.link(aside, path);
      } catch {
        // A third process has it; that one will say so.
      }
    }
    files.remove(aside);
  }
  throw new Locked(inUse(folder, path, null));
}

function inUse(folder: string, path: string, owner: Owner | null): string {
  const who =
    owner === null
      ? 'another run'
      : `process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}`;
  return (
    `${folder} is in use by ${who}; wait for it, give another folder with --out, ` +
    `or, if no such process is running, delete ${path}`
  );
}

function create(path: string, text: string, files: Files): boolean {
  const own = `${path}.${process.pid}.new`;
  files.remove(own);
  files.write(own, text);
  try {
    files.link(own, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOSYS' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
  } finally {
    files.remove(own);
  }
  // File systems without links: exclusive creation is all there is.
  try {
    files.write(path, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function release(path: string, mine: string, files: Files): void {
  if (readIfThere(path, files) === mine) files.remove(path);
}

const self = (files: Files): Owner => ({
  pid: process.pid,
  host: hostname(),
  boot: bootId(files),
  started: startOf(process.pid, files),
});

function mayLive(owner: Owner, files: Files): boolean {
  if (owner.host !== hostname()) return true;
  if (owner.boot !== bootId(files)) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return owner.started === startOf(owner.pid, files);
}

const bootId = (files: Files): string => readIfThere('/proc/sys/kernel/random/boot_id', files)?.trim() ?? '';

/** The start time of a process, field 22 of its stat; the name, in brackets, may hold anything. */
function startOf(pid: number, files: Files): string {
  const stat = readIfThere(`/proc/${pid}/stat`, files);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readIfThere(path: string, files: Files): string | null {
  try {
    return files.read(path);
  } catch {
    return null;
  }
}

function parse(text: string): Owner | null {
  try {
    const owner = JSON.parse(text) as Owner;
    return Number.isSafeInteger(owner.pid) && owner.pid > 0 && typeof owner.host === 'string' ? owner : null;
  } catch {
    return null;
  }
}
