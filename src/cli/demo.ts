/**
 * `cmeksim demo`: the scenarios that come with the package, as an example of everything. What they show is how
 * objectives are missed as much as how they are met, so the exit code is about the runs alone.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, exitCode, Stop } from './exit.ts';
import type { RunOptions } from './options.ts';
import { asJson, asTable } from './outcomes.ts';
import { resumeLine } from './resume.ts';
import { codeOf, runJobs } from './run.ts';
import { loadAll } from './scenarios.ts';
import type { Terminal } from './terminal.ts';

/** Beside dist/, in the clone as in the installed package. */
const BUNDLED = fileURLToPath(new URL('../scenarios', import.meta.url));

export async function demo(
  options: Pick<RunOptions, 'out' | 'jobs' | 'charts' | 'progress' | 'quiet' | 'format'>,
  terminal: Terminal,
): Promise<number> {
  const names = existsSync(BUNDLED)
    ? readdirSync(BUNDLED).filter((name) => /^\d\d-.*\.yaml$/.test(name))
    : [];
  if (names.length === 0)
    throw new Stop(EXIT.failure, `no scenarios found in ${BUNDLED}; install cmeksim again`);
  const files = names.sort().map((name) => join(BUNDLED, name));
  const { jobs, refused } = loadAll(files, { set: [] }, terminal);
  const codes: number[] = refused.length > 0 ? [EXIT.wrong] : [];
  const outcomes = await runJobs(jobs, options, terminal, (batch) => {
    if (batch.interrupted === null) return;
    codes.push(EXIT[batch.interrupted]);
    terminal.error(resumeLine(batch.outcomes, jobs, { ...options, set: [] }));
  });
  terminal.out(options.format === 'json' ? asJson(outcomes, options) : asTable(outcomes, terminal));
  if (options.charts) terminal.say(`The report: ${join(options.out, 'index.html')}`);
  const verdicts: readonly number[] = [EXIT.missed, EXIT.inconclusive];
  codes.push(...outcomes.map(codeOf).filter((code) => !verdicts.includes(code)));
  return exitCode(codes);
}
