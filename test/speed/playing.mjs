/**
 * Plays a world through the whole product: text to plan, plan to results with every probe, curve and log, results to
 * files. Only the charts are left out, as with `--no-charts`.
 */
import { createHash } from 'node:crypto';

/** The plan of a scenario's text. A world of ours that has problems is a mistake of ours. */
export function planOf({ loadScenario, formatProblem }, text) {
  const { plan, problems } = loadScenario(text, 'speed.json', { read: () => null });
  if (plan === null) throw new Error(problems.map((problem) => formatProblem(problem)).join('\n'));
  return plan;
}

/**
 * A measured run of a world.
 *
 * @param law what theory says of a figure: a name, the value, how far off it may be, and how the figure is read
 * @param unit what is counted: requests (every request that arrived) unless another figure of the summary is meant
 */
export function playing(library, text, { law = null, unit = requestsOf } = {}) {
  const plan = planOf(library, text);
  return async () => {
    const results = library.play(plan, 1);
    const files = await library.renderRun(results, { charts: false });
    const { summary } = results;
    return {
      n: unit(summary),
      files,
      work: {
        events: summary.engine.events,
        requests: requestsOf(summary),
        starts: summary.services[0].instances.started,
        fingerprint: summary.engine.fingerprint,
        get result() {
          return hashOf(results);
        },
      },
      ...(law !== null && { law: { ...law, value: law.of(summary) } }),
    };
  };
}

const requestsOf = (summary) => summary.services[0].requests.arrived;

/** Of everything in the results but the version that made them. */
export function hashOf({ summary, tables, logs }) {
  return createHash('sha256')
    .update(JSON.stringify([{ ...summary, tool: null }, tables, logs]))
    .digest('hex')
    .slice(0, 16);
}
