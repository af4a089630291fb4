/**
 * What happens when a rule is broken in production: here a world is tampered with before it runs, and its own books
 * do not balance at the end.
 */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { World } from '../../src/model/world.ts';

interface Books {
  arrived: number;
  frontDoor: { answered: number; sojourns: { add(value: number): void } };
  revisions: readonly { active: number; fleet: { leave(row: number): void } }[];
}

/** What is done to a world before its time begins. */
const tampering = vi.hoisted(() => ({ replication: 1, deed: (_: unknown): void => {} }));

vi.mock('../../src/cli/crafts.ts', async (original) => {
  const { crafts } = (await original()) as typeof import('../../src/cli/crafts.ts');
  return {
    crafts: {
      ...crafts,
      play: (...[plan, replication, options]: Parameters<typeof crafts.play>) => {
        const run = World.prototype.run;
        World.prototype.run = function (this: World, ...args) {
          if (this.replication === tampering.replication) tampering.deed(this);
          return run.apply(this, args);
        };
        try {
          return crafts.play(plan, replication, options);
        } finally {
          World.prototype.run = run;
        }
      },
    },
  };
});

const said: string[] = [];
const cmeksim = async (cwd: string, replications: string, ...set: string[]): Promise<number> => {
  writeFileSync(
    join(cwd, 'a.yaml'),
    `name: a
duration: 20s
seed: 77
services: [{name: web, location: europe-west3, scaling: {minInstanceCount: 1}, load: 5/s}]
experiment: {replications: ${replications}}
`,
  );
  for (const stream of [process.stderr, process.stdout]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  }
  const options = { out: join(cwd, 'reports'), jobs: 1, format: 'table', reporter: [], quiet: true } as const;
  return run(
    [join(cwd, 'a.yaml')],
    { ...options, progress: false, charts: false, set } as never,
    new Terminal(),
  );
};

afterEach(() => {
  vi.restoreAllMocks();
  said.length = 0;
});

describe('a rule that is broken while a scenario runs', () => {
  it.each<[string, (world: Books) => void, string]>([
    [
      'a request that came from nowhere',
      (world) => world.arrived++,
      'every request that arrived was answered once',
    ],
    [
      'a request that was answered twice',
      (world) => world.frontDoor.answered++,
      'answered once or is in flight',
    ],
    ['a nanosecond that nobody spent', (world) => world.frontDoor.sojourns.add(1), "Little's identity"],
    [
      'an instance that is counted and not there',
      (world) => world.revisions[0].active++,
      'each live instance',
    ],
  ])('ends with 8 and leaves no result: %s', async (_, deed, told) => {
    tampering.deed = deed as (world: unknown) => void;
    tampering.replication = 1;
    const cwd = mkdtempSync(join(tmpdir(), 'cmeksim-violation-'));
    expect(await cmeksim(cwd, '1')).toBe(8);
    expect(said.join('')).toContain('an invariant of the simulator was violated');
    expect(said.join('')).toContain(told);
    expect(existsSync(join(cwd, 'reports', 'a', 'summary.json'))).toBe(false);
  });

  it('says with which seed, in which replication, and the line that shows it again', async () => {
    tampering.deed = (world) => (world as Books).arrived++;
    tampering.replication = 3;
    const cwd = mkdtempSync(join(tmpdir(), 'cmeksim-violation-'));
    expect(await cmeksim(cwd, '4')).toBe(8);
    const text = said.join('');
    expect(text).toContain('seed 77, replication 3');
    expect(text).toMatch(/To see it again: cmeksim run .*a\.yaml.* --seed 77 .*--replications 3/);
  });

  it('shows again what was set on the command line, too, and a path as the shell takes it', async () => {
    tampering.deed = (world) => (world as Books).arrived++;
    tampering.replication = 1;
    const cwd = mkdtempSync(join(tmpdir(), 'cmeksim violation-'));
    expect(await cmeksim(cwd, '1', 'services.web.load=3/s')).toBe(8);
    expect(said.join('')).toMatch(
      /To see it again: cmeksim run '.*cmeksim violation-.*a\.yaml' --seed 77 --set services\.web\.load=3\/s\n/,
    );
  });

  it('does not end where nothing was tampered with', async () => {
    tampering.deed = () => {};
    const cwd = mkdtempSync(join(tmpdir(), 'cmeksim-violation-'));
    expect(await cmeksim(cwd, '2')).toBe(0);
    expect(existsSync(join(cwd, 'reports', 'a', 'summary.json'))).toBe(true);
  });
});
