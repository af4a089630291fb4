/** How a plan is played and how results become files: what a worker, or this thread, carries tasks out with. */
import { folderName } from '../experiment/store.ts';
import type { Crafts } from '../experiment/tasks.ts';
import { play } from '../probes/play.ts';
import { finished, renderRun } from '../report/render.ts';

export const crafts: Crafts = {
  play,
  render: async (results, { charts }) => ({
    files: await renderRun(results, { charts }),
    overview: finished(results, folderName(results.summary.scenario.name), charts),
  }),
};
