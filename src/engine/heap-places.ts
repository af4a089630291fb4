/**
 * The places of a heap with four children to a node, as the queues of events arrange them.
 *
 * The root stands at place 3, so the children of a node stand at four places of which the first is a multiple of 4: they
 * share a line of the processor's cache, and are found with shifts, which cannot overflow. Those of place p stand from
 * (p - 2) x 4 on, and the parent of p at p / 4 + 2, rounded down.
 */
export const ROOT = 3;

/**
 * The place of the earliest of the children that stand from `child` on, before `end`: by time, and at one time by order. For
 * what is not worth doing without branches: where two are at one time, and where there are not four.
 */
export function earliestChild(times: Float64Array, orders: Float64Array, child: number, end: number): number {
  let earliest = child;
  for (let other = child + 1; other < child + 4 && other < end; other++) {
    if (
      times[other] < times[earliest] ||
      (times[other] === times[earliest] && orders[other] < orders[earliest])
    )
      earliest = other;
  }
  return earliest;
}
