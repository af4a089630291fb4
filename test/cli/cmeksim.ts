/** Calls the built command as a user does: another process, its own folder, its exit code. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const folder = (): string => mkdtempSync(join(tmpdir(), 'cmeksim-cli-'));

export function cmeksim(cwd: string, ...args: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

/** Starts it, sends a signal once `when` holds for what it said or wrote so far, and waits for its end. */
export function interrupted(
  cwd: string,
  signal: NodeJS.Signals,
  when: () => boolean,
  ...args: readonly string[]
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    const timer = setInterval(() => {
      if (!when()) return;
      clearInterval(timer);
      child.kill(signal);
    }, 20);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      resolve({ code, out, err });
    });
  });
}

/** Every file below a folder, with its text. */
export function content(path: string, within = ''): Record<string, string> {
  return Object.assign(
    {},
    ...readdirSync(join(path, within), { withFileTypes: true }).map((entry) => {
      const name = within === '' ? entry.name : `${within}/${entry.name}`;
      return entry.isDirectory() ? content(path, name) : { [name]: readFileSync(join(path, name), 'utf8') };
    }),
  ) as Record<string, string>;
}

/** A small scenario; what a test sets matters. */
export const scenario = (name: string, more = ''): string => `name: ${name}
duration: 2m
seed: 7
services:
  - name: checkout
    location: europe-west3
    scaling: {minInstanceCount: 0, maxInstanceCount: 10}
    maxInstanceRequestConcurrency: 2
    requests: {duration: 200ms}
    load: 20/s
${more}`;

export const MET = 'objectives: [{expect: "e2e_latencies.p99 < 1m"}]\n';
export const MISSED = 'objectives: [{expect: "e2e_latencies.p50 < 1ms"}]\n';
