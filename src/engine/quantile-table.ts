/**
 * A quantile function as a table: what share u of all draws does not exceed, in a few nanoseconds.
 *
 * A quantile function is smooth on the scale of the distance to the nearer end of (0, 1), and steep or flat only
 * towards the ends. So the table has a row for each octave of that distance, on either side, and each row 16 cells;
 * in a cell a polynomial of degree five stands for the function. For the distributions here that is exact to a few
 * parts in 10^11, far below the nanosecond to which lengths of time are rounded. Neighbouring cells meet: both pass
 * through the true value at their border, so the table rises where the function rises.
 *
 * Rows are worked out when a draw first falls into them: most never are. Sums and products only, so the same bits on
 * every machine.
 *
 * Hot: asked for every random length of time.
 */

/**
 * The quantile of a share that lies `distance` from the nearer end of (0, 1), 0 < distance <= 1/2: of the share
 * `distance` itself, or (`upper`) of 1 - `distance`, which would not fit a double close to 1.
 */
export type QuantileFunction = (distance: number, upper: boolean) => number;

const CELLS = 16;
const TERMS = 6;
/** From [1/4, 1/2) down to the smallest share a stream gives, 2^-54; row 0 is 1/2 itself. */
const OCTAVES = 60;

/** Where a cell is looked up, from 0 to 1: the extremes of a Chebyshev polynomial, both ends among them. */
const NODES = Float64Array.of(
  0,
  0.09549150281252627,
  0.34549150281252627,
  0.6545084971874737,
  0.9045084971874737,
  1,
);

/** Distance to the end of (0, 1) times this: 16 + cell + place in the cell. By octave. */
const SCALE = Float64Array.from({ length: OCTAVES }, (_, octave) => CELLS * 2 * powerOf2(octave));

// One double seen as two words; words[HIGH] has the exponent and the top 20 bits of the fraction.
const double = Float64Array.of(1);
const words = new Int32Array(double.buffer);
const HIGH = words[1] === 0 ? 0 : 1;

export class QuantileTable {
  private readonly quantile: QuantileFunction;
  /** By octave and side: six coefficients a cell. */
  private readonly rows: (Float64Array | null)[] = new Array<Float64Array | null>(2 * OCTAVES).fill(null);

  /** `quantile` is taken to be smooth; it is asked down to a distance of 2^-54. */
  constructor(quantile: QuantileFunction) {
    this.quantile = quantile;
  }

  /** The quantile of u, 2^-54 <= u <= 1 - 2^-53. */
  at(u: number): number {
    // Not a branch: on which side a draw falls is a coin toss, and half of the guesses would be wrong.
    const side = +(u >= 0.5);
    const distance = side + (1 - 2 * side) * u;
    double[0] = distance;
    const high = words[HIGH];
    const octave = 1022 - (high >>> 20);
    const row = this.rows[2 * octave + side] ?? this.workOut(octave, side);
    const cell = (high >>> 16) & 15;
    const x = distance * SCALE[octave] - (CELLS + cell);
    const i = TERMS * cell;
    return (
      row[i] + x * (row[i + 1] + x * (row[i + 2] + x * (row[i + 3] + x * (row[i + 4] + x * row[i + 5]))))
    );
  }

  private workOut(octave: number, side: number): Float64Array {
    const row = new Float64Array(CELLS * TERMS);
    for (let cell = 0; cell < CELLS; cell++) {
      // One kind of array throughout, so that V8 compiles `polynomial` once.
      const values = Float64Array.from(NODES, (node) =>
        this.quantile((CELLS + cell + node) / SCALE[octave], side === 1),
      );
      row.set(octave === 0 ? values.subarray(0, 1) : polynomial(values), TERMS * cell);
    }
    this.rows[2 * octave + side] = row;
    return row;
  }
}

/** Coefficients, lowest power first, of the polynomial that has these values at the nodes (Newton's form, expanded). */
function polynomial(values: Float64Array): Float64Array {
  const divided = values.slice();
  for (let order = 1; order < TERMS; order++) {
    for (let i = TERMS - 1; i >= order; i--) {
      divided[i] = (divided[i] - divided[i - 1]) / (NODES[i] - NODES[i - order]);
    }
  }
  const coefficients = new Float64Array(TERMS);
  for (let i = TERMS - 1; i >= 0; i--) {
    // What stands so far, times (x - node), plus the next difference.
    for (let power = TERMS - 1; power > 0; power--) {
      coefficients[power] = coefficients[power - 1] - NODES[i] * coefficients[power];
    }
    coefficients[0] = divided[i] - NODES[i] * coefficients[0];
  }
  return coefficients;
}

function powerOf2(k: number): number {
  let power = 1;
  for (let i = 0; i < k; i++) power *= 2;
  return power;
}
