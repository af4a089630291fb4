/** How a plan is played and how results become files: what a worker, or this thread, carries tasks out with. */
import { folderName } from '../experiment/store.ts';
import type { Crafts } from '../experiment/tasks.ts';
import { play } from '../probes/play.ts';
import { finished, renderRun } from '../report/render.ts';
import type { Called } from './scenarios.ts';

export const crafts: Crafts = {
  play: (plan, replication, options) => {
    const results = play(plan, replication, options);
    const { calledAs } = plan as Called;
    if (calledAs === undefined) return results;
    const { scenario } = results.summary;
    return { ...results, summary: { ...results.summary, scenario: { ...scenario, ...calledAs } } };
  },
  render: async (results, { charts }) => ({
    files: await renderRun(results, { charts }),
    overview: finished(results, folderName(results.summary.scenario.name), charts),
  }),
};
