/**
 * `cmeksim validate`: the simulator against what is known without it, and with `--coverage` its intervals against how
 * often they cover the truth.
 *
 * The table is a function of the seed; threads only make it come sooner.
 */
import { Store } from '../experiment/store.ts';
import { inline, threaded, type Pool } from '../experiment/pool.ts';
import { carryOut } from '../experiment/tasks.ts';
import {
  COLUMNS,
  COVERAGE_COLUMNS,
  coverageFiles,
  coverageTable,
  table,
  validationFiles,
} from '../experiment/validation/files.ts';
import { names, SEED, validate as runSuite } from '../experiment/validation/suite.ts';
import { EXIT, Stop } from './exit.ts';
import type { RunOptions } from './options.ts';
import { interruptible } from './signals.ts';
import { textTable, type Terminal } from './terminal.ts';

export type ValidateOptions = Pick<RunOptions, 'jobs' | 'format' | 'quiet' | 'progress'> & {
  readonly seed?: string;
  readonly out?: string;
  /** Names of oracles, separated by commas. */
  readonly only?: string;
  readonly coverage: boolean;
  readonly experiments: number;
};

/** Where a whole validation goes; a part of one is written only where a folder is named. */
const OUT = 'reports/validation';

export async function validate(options: ValidateOptions, terminal: Terminal): Promise<number> {
  const only = options.only === undefined ? undefined : known(options.only);
  if (options.coverage && only !== undefined)
    throw new Stop(EXIT.wrong, '--coverage measures all of its systems; leave out --only');
  const seed = options.seed ?? SEED;
  const out = options.out ?? (only === undefined ? OUT : null);
  const pool = await poolOf(options.jobs);
  const interrupt = interruptible(() => pool.close());
  const onDone = (done: number, all: number) => {
    if (options.progress && !options.quiet) terminal.progress(`${done} of ${all} replications`);
  };
  try {
    const work = { pool, seed, signal: interrupt.signal, onDone };
    const found = options.coverage
      ? await covered(work, options, terminal)
      : await compared({ ...work, only }, options, terminal);
    const by = interrupt.by();
    if (by !== null || found === null)
      throw new Stop(EXIT[by ?? 'SIGINT'], 'interrupted; nothing was written, call it again');
    if (out !== null) {
      const store = new Store(out);
      try {
        for (const [name, text] of found.files) store.writeFile(name, text);
      } finally {
        store.close();
      }
      terminal.say(`Written: ${[...found.files.keys()].map((name) => `${out}/${name}`).join(', ')}`);
    }
    return found.good ? EXIT.ok : EXIT.missed;
  } finally {
    interrupt.end();
    await pool.close();
  }
}

interface Found {
  readonly files: ReadonlyMap<string, string>;
  readonly good: boolean;
}

type Work = Parameters<typeof runSuite>[0];

async function compared(work: Work, { format }: ValidateOptions, terminal: Terminal): Promise<Found | null> {
  const rows = await runSuite(work);
  if (rows === null) return null;
  const outside = rows.filter(({ within }) => !within).length;
  const files = validationFiles(rows, work.seed);
  terminal.out(format === 'json' ? files.get('validation.json')! : textTable(COLUMNS, table(rows)));
  terminal.say(
    outside === 0
      ? `${rows.length} comparisons, all within their tolerance.`
      : `${outside} of ${rows.length} comparisons are outside their tolerance.`,
  );
  return { files, good: outside === 0 };
}

async function covered(work: Work, options: ValidateOptions, terminal: Terminal): Promise<Found | null> {
  const { measureCoverage } = await import('../experiment/validation/coverage.ts');
  const rows = await measureCoverage({ ...work, experiments: options.experiments });
  if (rows === null) return null;
  const files = coverageFiles(rows, work.seed);
  const text = textTable(COVERAGE_COLUMNS, coverageTable(rows));
  terminal.out(options.format === 'json' ? files.get('coverage.json')! : text);
  return { files, good: rows.every(({ within }) => within) };
}

async function poolOf(jobs: number): Promise<Pool> {
  if (jobs > 1) return threaded(new URL('./worker.js', import.meta.url), jobs);
  const { crafts } = await import('./crafts.ts');
  return inline((task) => carryOut(task, crafts));
}

function known(text: string): readonly string[] {
  const all = names();
  return text.split(',').map((name) => {
    const found = all.find((one) => one.toLowerCase() === name.trim().toLowerCase());
    if (found === undefined)
      throw new Stop(
        EXIT.wrong,
        `--only ${text}: there is no ${name.trim() || 'empty name'}; give some of ${all.join(', ')}`,
      );
    return found;
  });
}
