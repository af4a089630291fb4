/**
 * The long run of a Markov chain in continuous time, found without subtracting anything.
 *
 * Where no formula is known everything can still be enumerated, as long as all times are exponential. The stationary
 * law is found by state reduction (W. K. Grassmann, M. I. Taksar and D. P. Heyman, Operations Research 33, 1985), which
 * only adds, multiplies and divides positive numbers, so nothing cancels and all digits but the last few are right.
 */

export interface Move<State> {
  readonly to: State;
  /** Per unit of time. */
  readonly rate: number;
}

/** The stationary probability of each state that can be reached from `first`, which all states must lead back to. */
export function stationary<State>(first: State, moves: (state: State) => readonly Move<State>[]) {
  const states: State[] = [first];
  const number = new Map([[JSON.stringify(first), 0]]);
  const rates: Map<number, number>[] = [];
  for (let from = 0; from < states.length; from++) {
    const row = new Map<number, number>();
    rates[from] = row;
    for (const { to, rate } of moves(states[from])) {
      const name = JSON.stringify(to);
      let at = number.get(name);
      if (at === undefined) number.set(name, (at = states.push(to) - 1));
      if (at !== from) row.set(at, (row.get(at) ?? 0) + rate);
    }
  }
  const law = reduce(rates);
  return states.map((state, i) => ({ state, probability: law[i] }));
}

/** What a quantity is on average. */
export const average = <State>(
  law: readonly { readonly state: State; readonly probability: number }[],
  of: (state: State) => number,
): number => law.reduce((sum, { state, probability }) => sum + probability * of(state), 0);

/**
 * Takes out state after state, from the last, sending what passed through it where it would have gone. States are
 * numbered as they were found, so that neighbours are near, and rates that are 0 are passed over.
 */
function reduce(rates: readonly ReadonlyMap<number, number>[]): Float64Array {
  const n = rates.length;
  const q = rates.map((row) => {
    const dense = new Float64Array(n);
    for (const [to, rate] of row) dense[to] = rate;
    return dense;
  });
  for (let out = n - 1; out > 0; out--) {
    const leaves = q[out];
    const reached: number[] = [];
    let leaving = 0;
    for (let to = 0; to < out; to++) {
      if (leaves[to] === 0) continue;
      leaving += leaves[to];
      reached.push(to);
    }
    for (let from = 0; from < out; from++) {
      const row = q[from];
      if (row[out] === 0) continue;
      const share = (row[out] /= leaving);
      for (const to of reached) if (to !== from) row[to] += share * leaves[to];
    }
  }
  const weight = new Float64Array(n);
  weight[0] = 1;
  let total = 1;
  for (let state = 1; state < n; state++) {
    let sum = 0;
    for (let from = 0; from < state; from++) if (q[from][state] !== 0) sum += weight[from] * q[from][state];
    weight[state] = sum;
    total += sum;
  }
  return weight.map((one) => one / total);
}
