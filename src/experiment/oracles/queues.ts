/**
 * Queues whose answer is known: what a fixed fleet, a bounded queue, a single instance must do under the assumptions
 * of theory.
 *
 * A simulator is right only where it can be compared with something that is not a simulator. These are the formulas
 * of the textbooks (L. Kleinrock, Queueing Systems I; D. Gross et al., Fundamentals of Queueing Theory), in plain
 * arithmetic and independent of everything the simulation is made of. The derivations stand beside the tests that
 * use them. Times and rates are in any one unit of time: seconds and per second.
 *
 *   lambda   arrival rate, Poisson unless said otherwise       a     offered load, lambda x mean service
 *   mu       service rate, 1 / mean service                    rho   load of a server, a / servers, below 1
 */
import { exp, ln } from '../../engine/portable-math.ts';

/** Mean and second moment of a length of time. */
export interface Moments {
  readonly mean: number;
  readonly second: number;
}

/** Moments of a law with this mean and this ratio of standard deviation to mean. */
export const moments = (mean: number, cv: number): Moments => ({ mean, second: mean * mean * (1 + cv * cv) });

/** Share of arrivals lost by `servers` without a queue, whatever the law of service (Erlang B; Sevastyanov 1957). */
export function erlangB(servers: number, a: number): number {
  let lost = 1;
  for (let n = 1; n <= servers; n++) lost = (a * lost) / (n + a * lost);
  return lost;
}

/** Share of arrivals that have to wait for one of `servers` (Erlang C); a < servers. */
export function erlangC(servers: number, a: number): number {
  const lost = erlangB(servers, a);
  return (servers * lost) / (servers - a * (1 - lost));
}

/** M/M/c, first come first served. */
export class ManyServers {
  /** Share of arrivals that wait, and the rate at which the wait of those dies away: P(W > t) = waits e^(-drain t). */
  readonly waits: number;
  readonly drain: number;
  private readonly mu: number;

  constructor(servers: number, lambda: number, mu: number) {
    this.mu = mu;
    this.waits = erlangC(servers, lambda / mu);
    this.drain = servers * mu - lambda;
  }

  get meanWait(): number {
    return this.waits / this.drain;
  }

  /** The wait that a share p of all arrivals does not exceed. */
  waitQuantile(p: number): number {
    return Math.max(0, ln(this.waits / (1 - p)) / this.drain);
  }

  /** Wait and service together. */
  sojournQuantile(p: number): number {
    let low = 0;
    let high = 1 / this.mu;
    while (this.sojournBeyond(high) > 1 - p) high *= 2;
    for (let halving = 0; halving < 100; halving++) {
      const middle = (low + high) / 2;
      if (this.sojournBeyond(middle) > 1 - p) low = middle;
      else high = middle;
    }
    return high;
  }

  /** P(W + S > t): S alone where there is no wait, else the sum of two exponentials. */
  private sojournBeyond(t: number): number {
    const { mu, drain, waits } = this;
    const both =
      Math.abs(drain - mu) < 1e-9 * mu
        ? (1 + mu * t) * exp(-mu * t)
        : (drain * exp(-mu * t) - mu * exp(-drain * t)) / (drain - mu);
    return (1 - waits) * exp(-mu * t) + waits * both;
  }
}

/** M/M/c/K: `room` requests fit, those in service included; the rest is lost. `meanWait` is over those admitted. */
export function boundedQueue(servers: number, room: number, lambda: number, mu: number) {
  let weight = 1;
  let sum = 1;
  let queued = 0;
  for (let n = 1; n <= room; n++) {
    weight *= lambda / (Math.min(n, servers) * mu);
    sum += weight;
    queued += Math.max(0, n - servers) * weight;
  }
  const lost = weight / sum;
  return { lost, meanWait: queued / sum / (lambda * (1 - lost)) };
}

/** Mean wait in M/G/1 (Pollaczek 1930, Khinchine 1932). */
export const pollaczekKhinchine = (lambda: number, service: Moments): number =>
  (lambda * service.second) / (2 * (1 - lambda * service.mean));

/**
 * M/G/1 whose server leaves when it has been idle for `idle`, and for which the next arrival then waits `startUp`
 * (P. D. Welch, Operations Research 12, 1964). `meanWait` contains the start; `cold`: the share of arrivals that
 * cause one.
 */
export function scaleToZero(lambda: number, service: Moments, idle: number, startUp: Moments) {
  const finds = exp(-lambda * idle);
  const first = finds * startUp.mean;
  const second = finds * startUp.second;
  return {
    meanWait:
      pollaczekKhinchine(lambda, service) + (2 * first + lambda * second) / (2 * (1 + lambda * first)),
    cold: (finds * (1 - lambda * service.mean)) / (1 + lambda * first),
  };
}

/** Mean stay in M/G/1 whose requests share the server equally, whatever the law of service. */
export const processorSharing = (lambda: number, meanService: number): number =>
  meanService / (1 - lambda * meanService);

/**
 * M/M/c whose requests leave when they have waited `patience` (F. Baccelli and G. Hebuterne, 1981; S. Zeltyn and
 * A. Mandelbaum, Queueing Systems 51, 2005). `meanWait` is over those that are served.
 */
export function patientFor(patience: number, servers: number, lambda: number, mu: number) {
  const drain = servers * mu - lambda;
  // All but c-1 busy servers, relative to the probability of exactly c-1.
  let idle = 0;
  let weight = 1;
  for (let busy = servers - 1; busy >= 0; busy--) {
    idle += weight;
    weight *= (busy * mu) / lambda;
  }
  const left = exp(-drain * patience);
  // Integrals over [0, patience] of e^(-drain x) and of x e^(-drain x); drain may be 0.
  const area = drain === 0 ? patience : (1 - left) / drain;
  const moment = drain === 0 ? (patience * patience) / 2 : (area - patience * left) / drain;
  const allButOneBusy = 1 / (idle + lambda * (area + left / (servers * mu)));
  const lost = (lambda * allButOneBusy * left) / (servers * mu);
  return { lost, meanWait: (lambda * allButOneBusy * moment) / (1 - lost) };
}

/** An upper bound of the mean wait in GI/G/1 (J. F. C. Kingman, 1962). */
export function kingmanBound(interarrival: Moments, service: Moments): number {
  const variance = ({ mean, second }: Moments): number => second - mean * mean;
  const rho = service.mean / interarrival.mean;
  return (variance(interarrival) + variance(service)) / (2 * interarrival.mean * (1 - rho));
}

/**
 * Mean wait in GI/M/1.
 *
 * @param transform of the time between arrivals: E[e^(-s A)]
 */
export function anyArrivals(transform: (s: number) => number, mu: number): number {
  let waits = 0.5;
  // A contraction towards the root below 1 of sigma = A*(mu (1 - sigma)).
  for (let step = 0; step < 10_000; step++) waits = transform(mu * (1 - waits));
  return waits / (mu * (1 - waits));
}
