/**
 * How long a system takes to forget how it began, for a scenario whose `horizon` is `steady-state`.
 *
 * Found on pilot replications, which are then thrown away: MSER-5 (K. P. White and S. Hwang, "On the application
 * of MSER to simulation output", Winter Simulation Conference 2015) on the average over the pilots, and the cut
 * doubled. On a single run the rule takes chance for a trend and biases the mean by several percent; on an average
 * of runs it does not. What is watched is the state of the system: its instances, and the requests that pend.
 */
import type { Plan } from '../model/plan.ts';
import type { Results } from '../probes/results.ts';
import type { Duration } from '../units/time.ts';

/** Pilot replications. Their numbers come after those of the experiment, so that their luck is not used twice. */
export const PILOTS = 10;

/** The numbers of the pilots. */
export const pilotNumbers = (plan: Plan): readonly number[] =>
  Array.from({ length: PILOTS }, (_, index) => plan.experiment.replications.max + 1 + index);

/**
 * The warm-up to leave out, at least the plan's own; null where the run is too short to tell: more than half of it
 * would have to go.
 */
export function warmUpOf(plan: Plan, pilots: readonly Results[]): Duration | null {
  let longest = 0;
  for (const columns of [INSTANCES, PENDING]) {
    const cut = mser5(average(pilots.map((results) => curve(results, columns))));
    if (cut === null) return null;
    longest = Math.max(longest, cut);
  }
  const warmUp = Math.max(plan.warmUp, 2 * longest * plan.sampleInterval);
  return warmUp > plan.duration / 2 ? null : (warmUp as Duration);
}

/**
 * How many of the first observations to delete, a multiple of five: where the squared standard error of what
 * remains is smallest. Null where that is not within the first half, or there is nothing to look at.
 */
export function mser5(series: readonly number[]): number | null {
  const batches = Math.floor(series.length / 5);
  if (batches < 4) return null;
  const means = Array.from({ length: batches }, (_, batch) => {
    let sum = 0;
    for (let k = 0; k < 5; k++) sum += series[5 * batch + k];
    return sum / 5;
  });
  let best = 0;
  let least = Infinity;
  // From the end, with running sums: the statistic of means[d…] for every d in one pass.
  let sum = 0;
  let squares = 0;
  const statistic = new Array<number>(batches);
  for (let d = batches - 1; d >= 0; d--) {
    // Deviations from the last batch, so that a large level does not swallow small differences.
    const value = means[d] - means[batches - 1];
    sum += value;
    squares += value * value;
    const count = batches - d;
    statistic[d] = Math.max(0, squares - (sum * sum) / count) / (count * count);
  }
  // Only the first half: towards the end the few batches that are left agree by chance. An optimum at the border
  // says that the series has not settled.
  const border = Math.floor(batches / 2);
  for (let d = 0; d <= border; d++) {
    if (statistic[d] < least) {
      least = statistic[d];
      best = d;
    }
  }
  return best === border ? null : best * 5;
}

const INSTANCES = ['starting', 'awaiting_key', 'active', 'idle'];
const PENDING = ['pending_requests'];

/** The sum of some columns of the scale-out curve, over all services and revisions, per sample. */
function curve({ tables }: Results, names: readonly string[]): number[] {
  const { columns, rows } = tables['scale-out.csv'];
  const time = columns.indexOf('time_s');
  const wanted = names.map((name) => columns.indexOf(name));
  const totals = new Map<number, number>();
  for (const row of rows) {
    const at = row[time] as number;
    const here = wanted.reduce((sum, column) => sum + ((row[column] as number | null) ?? 0), 0);
    totals.set(at, (totals.get(at) ?? 0) + here);
  }
  return [...totals].sort(([a], [b]) => a - b).map(([, total]) => total);
}

function average(curves: readonly (readonly number[])[]): number[] {
  return curves[0].map((_, index) => {
    let sum = 0;
    for (const one of curves) sum += one[index];
    return sum / curves.length;
  });
}
