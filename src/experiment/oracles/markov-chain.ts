/**
 * Small systems, solved exactly: a Markov chain in continuous time, described by what can happen in each state.
 *
 * Where no formula is known everything can still be enumerated, as long as all times are exponential. The stationary
 * law is found by state reduction (W. K. Grassmann, M. I. Taksar and D. P. Heyman, Operations Research 33, 1985), which
 * only adds, multiplies and divides positive numbers, so nothing cancels.
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
  const rates: number[][] = [];
  for (let from = 0; from < states.length; from++) {
    rates[from] = [];
    for (const { to, rate } of moves(states[from])) {
      const name = JSON.stringify(to);
      let at = number.get(name);
      if (at === undefined) number.set(name, (at = states.push(to) - 1));
      if (at !== from) rates[from][at] = (rates[from][at] ?? 0) + rate;
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

/** Takes out state after state, sending what passed through it where it would have gone. */
function reduce(rates: number[][]): number[] {
  const n = rates.length;
  const q = rates.map((row) => Array.from({ length: n }, (_, to) => row[to] ?? 0));
  for (let out = n - 1; out > 0; out--) {
    const leaving = q[out].slice(0, out).reduce((sum, rate) => sum + rate, 0);
    for (let from = 0; from < out; from++) {
      q[from][out] /= leaving;
      for (let to = 0; to < out; to++) if (to !== from) q[from][to] += q[from][out] * q[out][to];
    }
  }
  const weight = [1];
  for (let state = 1; state < n; state++) {
    let sum = 0;
    for (let from = 0; from < state; from++) sum += weight[from] * q[from][state];
    weight.push(sum);
  }
  const total = weight.reduce((sum, one) => sum + one, 0);
  return weight.map((one) => one / total);
}
