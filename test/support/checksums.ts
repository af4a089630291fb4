/**
 * SHA-256 of every file below a folder, one line each, as `sha256sum` prints them: what the test of the
 * committed reports compares, and writes to reports/checksums.txt where `npm run reports` asks it to.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Left out: what stands beside the reports and is not written by a run. */
const BESIDE = new Set(['.gitignore', 'checksums.txt', 'README.md', '.cmeksim.lock']);

export function checksums(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !BESIDE.has(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ name: path.slice(folder.length + 1).replaceAll('\\', '/'), path }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, path }) => `${createHash('sha256').update(readFileSync(path)).digest('hex')}  ${name}`);
}
