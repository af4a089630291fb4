/**
 * `cmeksim report`: charts and pages, made again from saved results. The numbers are those of the saved files;
 * nothing is simulated, so an old result can be looked at with newer charts, and the results of an interrupted or
 * divided batch get one page over all of them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Store } from '../experiment/store.ts';
import { LOG_FILES, TABLE_FILES, type Results } from '../probes/results.ts';
import { tableFrom } from '../report/csv.ts';
import { finished, renderRun, type BatchEntry } from '../report/render.ts';
import { EXIT, Stop } from './exit.ts';
import { finishedIn, isFinished, readSummary, writeOverview } from './overview.ts';
import { reasonOf } from './read-file.ts';
import type { Terminal } from './terminal.ts';

export async function report(folder: string, terminal: Terminal): Promise<number> {
  const single = isFinished(folder);
  const out = single ? dirname(resolve(folder)) : folder;
  const names = single ? [basename(resolve(folder))] : finishedIn(folder);
  if (names.length === 0) {
    throw new Stop(
      EXIT.wrong,
      `${folder}: no saved results here; give a folder that holds a summary.json, or a folder of such folders`,
    );
  }
  const entries: BatchEntry[] = [];
  const store = new Store(out);
  try {
    for (const name of names) {
      const path = join(out, name);
      const results = readResults(path);
      entries.push(finished(results, name, true));
      const files = new Map(await renderRun(results, { charts: true }));
      const replications = join(path, 'replications.csv');
      if (existsSync(replications)) files.set('replications.csv', readFileSync(replications, 'utf8'));
      store.writeResults(name, files);
      terminal.say(`${join(path, 'index.html')}`);
    }
    // One folder is often all there is to look at: then the page over it is made only where there was one.
    if (writeOverview(store, entries, { charts: !single }, terminal)) terminal.say(join(out, 'index.html'));
  } finally {
    store.close();
  }
  return EXIT.ok;
}

export { readSummary } from './overview.ts';

/** A results folder as the results it was written from. */
export function readResults(folder: string): Results {
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      throw new Stop(
        EXIT.wrong,
        `${join(folder, name)}: cannot be read: ${reasonOf(error)}; run the scenario again`,
      );
    }
  };
  const table = (name: string) => {
    const text = read(name);
    try {
      return tableFrom(text);
    } catch (error) {
      throw new Stop(
        EXIT.wrong,
        `${join(folder, name)}: not as cmeksim writes it: ${(error as Error).message}`,
      );
    }
  };
  const log = (name: string) =>
    read(name)
      .split('\n')
      .filter((line) => line !== '');
  return {
    summary: readSummary(folder),
    tables: Object.fromEntries(
      TABLE_FILES.map((name) => [name, table(name)]),
    ) as unknown as Results['tables'],
    logs: Object.fromEntries(LOG_FILES.map((name) => [name, log(name)])) as unknown as Results['logs'],
  };
}
