/**
 * Reading a file that somebody named: on the command line, or in a scenario, which may come from a stranger.
 *
 * Only regular files are read, so that a pipe nobody writes to, or a device without an end, cannot hold the
 * program up; and only up to a size. Links are followed. Why something cannot be read is told in words.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Unreadable } from '../scenario/files.ts';

/** A scenario or a manifest has a million characters at most, of up to four bytes each. */
export const MOST_SCENARIO_BYTES = 4 * 1_048_576;
/** Traces and samples: five million lines are let through, which is less than this. */
export const MOST_DATA_BYTES = 256 * 1_048_576;

const CHUNK = 1_048_576;

/**
 * The content of a regular file of at most `most` bytes.
 *
 * @throws Unreadable with the reason in words
 */
export function readBytes(path: string, most: number): Uint8Array {
  let file: number;
  try {
    // Without waiting: opening a pipe would last until somebody writes to it.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw new Unreadable(reasonOf(error), (error as NodeJS.ErrnoException).code === 'ENOENT');
  }
  try {
    const found = fstatSync(file);
    if (found.isDirectory()) throw new Unreadable('it is a folder');
    if (!found.isFile()) throw new Unreadable('it is no regular file but a pipe, a socket or a device');
    const tooLarge = () => new Unreadable(`it is larger than ${most / 1_048_576} MiB`);
    if (found.size > most) throw tooLarge();
    // Some files have no size and content nevertheless (those of /proc), so what counts is what arrives.
    const chunks: Uint8Array[] = [];
    for (let size = 0; ;) {
      const chunk = new Uint8Array(size === 0 ? found.size + 1 : CHUNK);
      const length = readSync(file, chunk);
      if (length === 0) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      if ((size += length) > most) throw tooLarge();
    }
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(reasonOf(error));
  } finally {
    closeSync(file);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission is denied',
  EPERM: 'the operation is not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the path is too long',
  ENXIO: 'it is a socket or a device that is not there',
  EAGAIN: 'nothing can be read from it now',
  EIO: 'the device reports an error',
  EMFILE: 'too many files are open',
  ENOSPC: 'no space is left on the device',
  EROFS: 'the file system is read-only',
};

/** Why something cannot be read, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return REASONS[code] ?? `the system reports ${code}`;
}
