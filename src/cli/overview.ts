/**
 * The page over an output folder, `OUT/index.html`: the scenarios of the batch that has just ended, and below them
 * whatever else lies finished in the folder from earlier runs. So the page never contradicts the folder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderName, type Store } from '../experiment/store.ts';
import type { Results, Summary } from '../probes/results.ts';
import { tableFrom } from '../report/csv.ts';
import { finished, renderBatch, type BatchEntry } from '../report/render.ts';
import { EXIT, Stop } from './exit.ts';
import { reasonOf } from './read-file.ts';
import type { Terminal } from './terminal.ts';

/**
 * Writes the page. Without charts no page is asked for, but one that is there already is brought up to date.
 *
 * @param batch what became of the scenarios of this call, first in the page
 * @returns whether there is a page now
 */
export function writeOverview(
  store: Store,
  batch: readonly BatchEntry[],
  { charts }: { readonly charts: boolean },
  terminal: Terminal,
): boolean {
  const out = store.folder;
  if (!charts && !existsSync(join(out, 'index.html'))) return false;
  const fresh = new Set(
    batch.flatMap((entry) => (entry.kind === 'finished' ? [folderName(entry.summary.scenario.name)] : [])),
  );
  const entries = [...batch];
  for (const name of finishedIn(out)) {
    if (fresh.has(name)) continue;
    try {
      const entry = savedEntry(out, name);
      // What another version wrote may lack something; that is its own affair, not that of the whole page.
      renderBatch([entry]);
      entries.push(entry);
    } catch (error) {
      const why = error instanceof Stop ? error.message : `${join(out, name)}: written by another version`;
      terminal.say(`${why}; index.html leaves it out`);
    }
  }
  if (!entries.some(({ kind }) => kind === 'finished')) return false;
  store.writeFile('index.html', renderBatch(entries));
  return true;
}

/** A finished run of an earlier call, as the page lists it. Without its curve where only its summary was kept. */
function savedEntry(out: string, name: string): BatchEntry {
  const folder = join(out, name);
  const summary = readSummary(folder);
  const curve = join(folder, 'scale-out.csv');
  const table = existsSync(curve)
    ? tableFrom(readFileSync(curve, 'utf8'))
    : tableFrom(
        'time_s,service_name,starting,awaiting_key,active,idle,draining,recommended,pending_requests\n',
      );
  // The page looks at nothing else of the results.
  const results = { summary, tables: { 'scale-out.csv': table } } as unknown as Results;
  return finished(results, name, existsSync(join(folder, 'index.html')));
}

/** The summary in a results folder. */
export function readSummary(folder: string): Summary {
  const path = join(folder, 'summary.json');
  try {
    const summary = JSON.parse(readFileSync(path, 'utf8')) as Summary;
    if (summary.tool.name === 'cmeksim' && Array.isArray(summary.services)) return summary;
  } catch (error) {
    throw new Stop(EXIT.wrong, `${path}: not a summary that cmeksim wrote: ${reasonOf(error)}`);
  }
  throw new Stop(EXIT.wrong, `${path}: not a summary that cmeksim wrote`);
}

export const isFinished = (folder: string): boolean => existsSync(join(folder, 'summary.json'));

/** The finished runs in a folder, by name. */
export function finishedIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.') && isFinished(join(folder, name)))
      .sort();
  } catch (error) {
    throw new Stop(EXIT.wrong, `${folder}: cannot be read: ${reasonOf(error)}`);
  }
}
