/**
 * The gate: has anything become slower, or does anything do other work than it used to?
 *
 * Slower is a ratio to the reference kernel that is more than 15 % above the baseline's. A verdict needs five rounds;
 * where the median is so near to the limit that noise could decide, more rounds are asked for, up to 25; and nothing
 * is called slower on fewer than eleven. Work (events, numbers drawn, fingerprints) has no tolerance.
 *
 * Pure: numbers in, verdicts out.
 */
import { spread, uncertainty } from './spread.mjs';

export const LIMIT = 1.15;
export const ROUNDS = { first: 5, toAccuse: 11, most: 25 };
/** A baseline is known at least this well, or says that it is not. */
export const BASELINE = { rounds: 15, most: 45, doubt: 0.03 };

export const doubtOf = (found) => uncertainty(found) / found.median;

/**
 * One program's verdict: `fine`, `slower`, or `unsure` (run it again).
 *
 * @param ratios one a round
 * @param baseline the ratio it was
 * @param baselineDoubt how far off that may be, as a share of it
 */
export function judge(ratios, baseline, baselineDoubt = 0) {
  const found = spread(ratios);
  const worse = found.median / baseline;
  const doubt = Math.max(0.01, Math.hypot(uncertainty(found) / baseline, worse * baselineDoubt));
  return { worse, doubt, ratio: found, verdict: verdictOf(worse, doubt, ratios.length) };
}

function verdictOf(worse, doubt, rounds) {
  if (rounds < ROUNDS.first) return 'unsure';
  if (worse + doubt <= LIMIT) return 'fine';
  if (rounds >= ROUNDS.most) return worse > LIMIT ? 'slower' : 'fine';
  return worse - doubt > LIMIT && rounds >= ROUNDS.toAccuse ? 'slower' : 'unsure';
}

/** What differs between the work that was declared and the work that was done, in words; empty where nothing does. */
export function changes(declared, done) {
  const keys = [...new Set([...Object.keys(declared), ...Object.keys(done)])];
  return keys
    .filter((key) => declared[key] !== done[key])
    .map((key) => `${key}: ${declared[key] ?? 'nothing'} was declared, ${done[key] ?? 'nothing'} was done`);
}
