/**
 * Columns: tables kept as one typed array per field.
 *
 * A typed array cannot grow, so a table that runs full replaces each of its columns by a longer copy.
 * Doubling keeps that rare: a row is copied about once in a run, however large the table becomes.
 */

/** A copy of `column` with room for `capacity` numbers; the new places hold 0. */
export function longerFloat64(column: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(capacity);
  longer.set(column);
  return longer;
}

/** A copy of `column` with room for `capacity` 32-bit whole numbers; the new places hold `fill`. */
export function longerInt32(column: Int32Array, capacity: number, fill = 0): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(capacity);
  longer.set(column);
  if (fill !== 0) longer.fill(fill, column.length);
  return longer;
}

/** A copy of `column` with room for `capacity` bytes; the new places hold 0. */
export function longerUint8(column: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(capacity);
  longer.set(column);
  return longer;
}
