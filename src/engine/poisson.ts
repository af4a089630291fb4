/**
 * Random counts of events that happen independently of each other: the Poisson distribution, exactly.
 *
 * Up to a mean of ten by inversion (one number of the stream); beyond by transformed rejection with a squeeze (W.
 * Hoermann, "The transformed rejection method for generating Poisson random variables", 1993, algorithm PTRS), which
 * takes two numbers and no logarithm nine times out of ten, whatever the mean. Unlike a rounded normal it is right in
 * the tails, and for a mean of twenty as for a billion. Arithmetic and portable logarithms only: the same counts on
 * every machine.
 */
import { check } from '../units/check.ts';
import { stirlingRest } from './log-factorial.ts';
import { exp, ln } from './portable-math.ts';
import type { Stream } from './streams.ts';

const HALF_LN_2PI = 0.9189385332046727;
const LARGEST = 4503599627370496; // 2^52

/** A count with this mean, 0 <= mean < 2^52. */
export function poisson(mean: number, stream: Stream): number {
  check(mean >= 0 && mean < LARGEST, () => `the mean of a count is between 0 and 2^52, not ${mean}`);
  if (mean === 0) return 0;
  return mean < 10 ? byInversion(mean, stream) : byRejection(mean, stream);
}

function byInversion(mean: number, stream: Stream): number {
  const u = stream.next53();
  let share = exp(-mean);
  let upTo = share;
  let k = 0;
  while (u > upTo && share > 0) {
    k++;
    share *= mean / k;
    upTo += share;
  }
  return k;
}

function byRejection(mean: number, stream: Stream): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = stream.next53() - 0.5;
    const v = stream.next53();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    if (ln((v * inverseAlpha) / (a / (us * us) + b)) <= lnShare(k, mean)) return k;
  }
}

/** ln of the probability of k: the large terms written so that they cancel before they are added. */
const lnShare = (k: number, mean: number): number =>
  k + 1 - mean + k * ln(mean / (k + 1)) - 0.5 * ln(k + 1) - HALF_LN_2PI - stirlingRest(k);
