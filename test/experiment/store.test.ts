import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles, type Files } from '../../src/experiment/files.ts';
import { LOCK_NAME, Locked } from '../../src/experiment/lock.ts';
import { CannotWrite, folderName, Store, writeWhole } from '../../src/experiment/store.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'cmeksim-store-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const OLD = new Map([
  ['requests.csv', 'old requests\n'],
  ['charts/old.svg', '<svg/>'],
  ['summary.json', '{"old": true}\n'],
]);
const NEW = new Map([
  ['summary.json', '{"new": true}\n'],
  ['requests.csv', 'new requests\n'],
  ['charts/new.svg', '<svg/>'],
]);

/** Every file below a folder with its text, the lock left out. */
function content(folder: string, within = ''): Record<string, string> {
  return Object.assign(
    {},
    ...readdirSync(join(folder, within), { withFileTypes: true })
      .filter(({ name }) => name !== LOCK_NAME)
      .map((entry) => {
        const path = within === '' ? entry.name : `${within}/${entry.name}`;
        return entry.isDirectory()
          ? content(folder, path)
          : { [path]: readFileSync(join(folder, path), 'utf8') };
      }),
  ) as Record<string, string>;
}

const write = (texts: ReadonlyMap<string, string>, files: Files = diskFiles): void => {
  const store = new Store(out, files);
  try {
    store.writeResults('peak', texts);
  } finally {
    store.close();
  }
};

describe('a results folder', () => {
  it('holds exactly the files of the last run', () => {
    write(OLD);
    write(NEW);
    expect(content(out)).toEqual({
      'peak/requests.csv': 'new requests\n',
      'peak/charts/new.svg': '<svg/>',
      'peak/summary.json': '{"new": true}\n',
    });
  });

  it('gets its summary last, whatever the order of the files', () => {
    const order: string[] = [];
    write(NEW, {
      ...diskFiles,
      write: (path, text) => {
        if (!path.includes(LOCK_NAME)) order.push(path.split('/').at(-1)!);
        diskFiles.write(path, text);
      },
    });
    expect(order.at(-1)).toBe('summary.json');
  });

  it('is never put in place of something that no run wrote', () => {
    mkdirSync(join(out, 'peak'));
    writeFileSync(join(out, 'peak', 'thesis.txt'), 'ten years of work');
    expect(() => write(NEW)).toThrow(/holds thesis.txt, which no run of cmeksim wrote/);
    expect(readFileSync(join(out, 'peak', 'thesis.txt'), 'utf8')).toBe('ten years of work');
  });

  it('is never written through a symbolic link, nor over a file', () => {
    mkdirSync(join(out, 'elsewhere'));
    symlinkSync(join(out, 'elsewhere'), join(out, 'peak'));
    expect(() => write(NEW)).toThrow(/symbolic link/);
    expect(readdirSync(join(out, 'elsewhere'))).toEqual([]);
    rmSync(join(out, 'peak'));
    writeFileSync(join(out, 'peak'), 'a file');
    expect(() => write(NEW)).toThrow(CannotWrite);
    expect(readFileSync(join(out, 'peak'), 'utf8')).toBe('a file');
  });

  it('stays inside the output folder, whatever a file is called', () => {
    const store = new Store(out);
    for (const path of ['../evil', '/evil', 'a/../../evil', '.hidden', 'a\\b', 'nul\0']) {
      expect(() => store.writeResults('peak', new Map([[path, 'x']]))).toThrow(CannotWrite);
    }
    store.close();
    expect(content(out)).toEqual({});
  });
});

describe('whatever fails while results are written', () => {
  /** The files, with the n-th operation that changes something failing; `half` writes half of it first. */
  function failing(n: number, code: string, half: boolean): { files: Files; fired: () => boolean } {
    let operations = 0;
    const strike = (): boolean => ++operations === n;
    const fail = (): never => {
      throw Object.assign(new Error(`${code}: planted`), { code });
    };
    const files: Files = {
      ...diskFiles,
      write: (path, text) => {
        if (path.includes(LOCK_NAME)) return diskFiles.write(path, text);
        if (strike()) {
          if (half) writeFileSync(path, text.slice(0, text.length / 2));
          fail();
        }
        diskFiles.write(path, text);
      },
      makeFolder: (path) => (path !== out && strike() ? fail() : diskFiles.makeFolder(path)),
      rename: (from, to) => (strike() ? fail() : diskFiles.rename(from, to)),
      sync: (folder) => (strike() ? fail() : diskFiles.sync(folder)),
      remove: (path) => (path.includes(LOCK_NAME) || !strike() ? diskFiles.remove(path) : fail()),
    };
    return { files, fired: () => operations >= n };
  }

  it.each([
    ['ENOSPC', true],
    ['EIO', false],
  ] as const)('the folder is the old one or the new one, whole: %s', (code, half) => {
    const whole = [OLD, NEW].map((texts) =>
      Object.fromEntries([...texts].map(([path, text]) => [`peak/${path}`, text])),
    );
    let n = 1;
    for (; n < 100; n++) {
      rmSync(out, { recursive: true });
      write(OLD);
      const { files, fired } = failing(n, code, half);
      let wrote = true;
      try {
        write(NEW, files);
      } catch (error) {
        expect(error).toBeInstanceOf(CannotWrite);
        expect((error as Error).message).toContain(code);
        wrote = false;
      }
      expect(existsSync(join(out, 'peak/summary.json'))).toBe(true);
      // The next run tidies up, and must not be disturbed by what the failed one left.
      new Store(out).close();
      expect(content(out)).toEqual(whole[wrote ? 1 : 0]);
      if (!fired()) break;
    }
    expect(n).toBeGreaterThan(8);
    expect(n).toBeLessThan(100);
  });

  it('a run killed at any operation leaves the old folder or the new one to the next run', () => {
    class Killed extends Error {}
    let n = 1;
    for (; n < 100; n++) {
      rmSync(out, { recursive: true });
      write(OLD);
      let operations = 0;
      let dead = false;
      // Once killed, nothing more happens, tidying up included.
      const mortal = <A extends readonly unknown[], R>(action: (...args: A) => R) => {
        return (...args: A): R => {
          if (dead || ++operations === n) {
            dead = true;
            throw new Killed();
          }
          return action(...args);
        };
      };
      try {
        write(NEW, {
          ...diskFiles,
          write: mortal(diskFiles.write),
          rename: mortal(diskFiles.rename),
          remove: mortal(diskFiles.remove),
          makeFolder: mortal(diskFiles.makeFolder),
        });
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
      }
      rmSync(join(out, LOCK_NAME), { force: true });
      new Store(out).close();
      const left = content(out);
      const summary = left['peak/summary.json'];
      const texts = summary === '{"new": true}\n' ? NEW : OLD;
      const lockFiles = Object.keys(left).filter((path) => path.startsWith(LOCK_NAME));
      for (const path of lockFiles) delete left[path];
      expect(left).toEqual(Object.fromEntries([...texts].map(([path, text]) => [`peak/${path}`, text])));
      if (!dead) break;
    }
    expect(n).toBeGreaterThan(8);
    expect(n).toBeLessThan(100);
  });

  it('a folder that cannot be made is told with a reason and a remedy', () => {
    writeFileSync(join(out, 'file'), '');
    expect(() => new Store(join(out, 'file', 'reports'))).toThrow(/cannot write to .*--out \(ENOTDIR\)/);
  });

  it('a single file is replaced whole or not at all', () => {
    const path = join(out, 'index.html');
    writeWhole(path, 'old');
    const { files } = failing(2, 'EIO', false);
    expect(() => writeWhole(path, 'new', files)).toThrow(CannotWrite);
    expect(content(out)).toEqual({ 'index.html': 'old' });
    writeWhole(path, 'new');
    expect(content(out)).toEqual({ 'index.html': 'new' });
  });
});

describe('the lock of an output folder', () => {
  const plant = (owner: Record<string, unknown> | string): void =>
    writeFileSync(join(out, LOCK_NAME), typeof owner === 'string' ? owner : JSON.stringify(owner));
  const boot = existsSync('/proc/sys/kernel/random/boot_id')
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    : '';

  it('keeps a second run out while the first one writes, and lets it in afterwards', () => {
    const first = new Store(out);
    expect(() => new Store(out)).toThrow(Locked);
    expect(() => new Store(out)).toThrow(new RegExp(`in use by process ${process.pid};.*--out`));
    first.close();
    new Store(out).close();
    expect(readdirSync(out)).toEqual([]);
  });

  it('is held by a living process of another program too', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      await new Promise((resolve) => child.once('spawn', resolve));
      const stat = existsSync(`/proc/${child.pid}/stat`)
        ? readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        : '';
      const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
      plant({ pid: child.pid, host: hostname(), boot, started });
      expect(() => new Store(out)).toThrow(Locked);
    } finally {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    new Store(out).close();
  });

  it('of a process that is gone is taken over', () => {
    plant({ pid: 2 ** 22 + 5, host: hostname(), boot, started: '1' });
    new Store(out).close();
    expect(readdirSync(out)).toEqual([]);
  });

  it('of a process whose number now belongs to another one is taken over', () => {
    plant({ pid: process.pid, host: hostname(), boot, started: 'another time' });
    new Store(out).close();
  });

  it('from before the machine was restarted is taken over', () => {
    plant({ pid: process.pid, host: hostname(), boot: 'an earlier boot', started: '' });
    new Store(out).close();
  });

  it('of another machine, or one that cannot be read, is left alone and told', () => {
    plant({ pid: 1, host: 'another-machine', boot: 'x', started: '' });
    expect(() => new Store(out)).toThrow(/process 1 on another-machine.*delete/);
    plant('not a lock');
    expect(() => new Store(out)).toThrow(/another run.*delete/);
  });
});

describe('the folder of a scenario', () => {
  it('is its name', () => {
    expect(folderName('ekm-outage-at-peak')).toBe('ekm-outage-at-peak');
  });

  it.each(['../up', 'CON', 'con', 'a/b', '', '.', '-x', 'x'.repeat(61), 'ünïcödé', 'a\0b', 'summary.json'])(
    'is a plain, short name of its own for %j',
    (name) => {
      expect(folderName(name)).toMatch(/^[a-z0-9][a-z0-9-]{0,59}$/);
      expect(folderName(name)).not.toBe(name);
      expect(folderName(name)).not.toBe(folderName(`${name}!`));
    },
  );
});

describe('a place where no folder can be made', () => {
  it.runIf(existsSync('/proc/self'))('is refused at once, not tried for ever', () => {
    expect(() => diskFiles.makeFolder('/proc/nowhere/deeper')).toThrow(/ENOENT|EACCES|EPERM/);
  });

  it('is no place where a folder is already, or its parents are missing', () => {
    diskFiles.makeFolder(join(out, 'a', 'b', 'c'));
    diskFiles.makeFolder(join(out, 'a', 'b', 'c'));
    expect(readdirSync(join(out, 'a', 'b'))).toEqual(['c']);
  });
});
