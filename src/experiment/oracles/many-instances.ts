/**
 * A fleet that is never short: how many requests are in flight when each finds a slot at once.
 *
 * In M/G/inf requests do not meet, so each arrival is still there at t or not by its own luck: the number is Poisson,
 * at every moment and for every law of service, also where the arrival rate changes (S. G. Eick, W. A. Massey and
 * W. Whitt, Management Science 39, 1993). Its mean is all there is to know.
 */
import { cos, exp, sin } from '../../engine/portable-math.ts';

/** Mean number at t, from empty at 0, of exponential service with rate mu under a constant arrival rate. */
export const inFlightExponential = (t: number, lambda: number, mu: number): number =>
  (lambda / mu) * (1 - exp(-mu * t));

/** The same for service uniform between 0 and `longest`. */
export function inFlightUniform(t: number, lambda: number, longest: number): number {
  const x = Math.min(t, longest);
  return lambda * (x - (x * x) / (2 * longest));
}

/** Mean number at t, long after the beginning, under the rate mean + amplitude sin(2 pi t / period). */
export function inFlightSinusoid(
  t: number,
  wave: { readonly mean: number; readonly amplitude: number; readonly period: number },
  mu: number,
): number {
  const omega = (2 * Math.PI) / wave.period;
  const swing = mu * sin(omega * t) - omega * cos(omega * t);
  return wave.mean / mu + (wave.amplitude * swing) / (mu * mu + omega * omega);
}

/** P(N = k) of a Poisson variable, k = 0 … last. */
export function poisson(mean: number, last: number): number[] {
  const law = [exp(-mean)];
  for (let k = 1; k <= last; k++) law.push((law[k - 1] * mean) / k);
  return law;
}
