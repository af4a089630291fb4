/**
 * All files of a results folder as texts, by their path in it. Nothing is written here, and nothing is asked of
 * the machine: the texts are a function of the results.
 *
 * summary.json comes last, because a folder that has one is a finished run; whoever writes the files keeps to
 * the order.
 */
import { LOG_FILES, type Results, TABLE_FILES } from '../probes/results.ts';
import type { BatchEntry } from './batch.ts';
import { chartsOf } from './charts.ts';
import { csvFrom } from './csv.ts';
import { batchPage } from './index-page.ts';
import { denseJsonFrom, jsonFrom } from './json.ts';
import type { DrawnChart } from './page-section.ts';
import { runPage } from './page.ts';
import { standalone, svgFrom } from './svg.ts';

export { type BatchEntry, finished } from './batch.ts';

/** Every file of one run. Without charts: the data files only, neither pictures nor a page. */
export async function renderRun(
  results: Results,
  { charts }: { readonly charts: boolean },
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of TABLE_FILES) files.set(name, csvFrom(results.tables[name]));
  for (const name of LOG_FILES) files.set(name, results.logs[name].map((line) => `${line}\n`).join(''));
  if (charts) {
    const drawn: DrawnChart[] = [];
    // One after the other: Vega numbers what it draws in one counter.
    for (const chart of chartsOf(results))
      drawn.push({ ...chart, svg: await svgFrom(chart.spec, chart.name) });
    for (const { name, spec, svg } of drawn) {
      files.set(`charts/${name}.vl.json`, denseJsonFrom(spec));
      files.set(`charts/${name}.svg`, standalone(svg));
    }
    files.set('index.html', runPage(results, drawn));
  }
  files.set('summary.json', jsonFrom(results.summary));
  return files;
}

/** The overview page of a batch. */
export const renderBatch = (entries: readonly BatchEntry[]): string => batchPage(entries);
