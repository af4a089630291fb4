/**
 * How many of n independent trials succeed: the binomial distribution, exactly.
 *
 * Where ten successes or fewer are expected by inversion (one number of the stream); beyond by transformed rejection
 * with a squeeze (W. Hoermann, "The generation of binomial random variates", 1993, algorithm BTRS), which takes two
 * numbers and no logarithm nearly nine times out of ten, for a hundred trials as for a billion. Arithmetic and portable
 * logarithms only: the same counts on every machine.
 */
import { check } from '../units/check.ts';
import { stirlingRest } from './log-factorial.ts';
import { exp, ln } from './portable-math.ts';
import type { Stream } from './streams.ts';

const LARGEST = 4503599627370496; // 2^52

/** Successes in n trials, n whole, 0 <= n < 2^52, each with probability p; what lies outside [0, 1] counts as its end. */
export function binomial(n: number, p: number, stream: Stream): number {
  check(n >= 0 && n < LARGEST && p === p, () => `there are from 0 to 2^52 trials, not ${n}, at ${p}`);
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - likelier(n, 1 - p, stream);
  return likelier(n, p, stream);
}

/** For p up to one half. */
const likelier = (n: number, p: number, stream: Stream): number =>
  n * p < 10 ? byInversion(n, p, stream) : byRejection(n, p, stream);

function byInversion(n: number, p: number, stream: Stream): number {
  const u = stream.next53();
  const odds = p / (1 - p);
  let share = exp(n * ln(1 - p));
  let upTo = share;
  let k = 0;
  while (u > upTo && k < n && share > 0) {
    share *= (odds * (n - k)) / (k + 1);
    k++;
    upTo += share;
  }
  return k;
}

function byRejection(n: number, p: number, stream: Stream): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  for (;;) {
    const u = stream.next53() - 0.5;
    const v = stream.next53();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + centre);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > n) continue;
    const alpha = (2.83 + 5.1 / b) * spread;
    if (ln((v * alpha) / (a / (us * us) + b)) <= lnOfRatio(k, n, p)) return k;
  }
}

/** ln of the probability of k over that of the likeliest count. */
function lnOfRatio(k: number, n: number, p: number): number {
  const odds = p / (1 - p);
  const m = Math.floor((n + 1) * p);
  return (
    (m + 0.5) * ln((m + 1) / (odds * (n - m + 1))) +
    (n + 1) * ln((n - m + 1) / (n - k + 1)) +
    (k + 0.5) * ln((odds * (n - k + 1)) / (k + 1)) +
    stirlingRest(m) +
    stirlingRest(n - m) -
    stirlingRest(k) -
    stirlingRest(n - k)
  );
}
