/**
 * A fixed number of slots: the queues of the textbooks.
 *
 * With manual scaling all instances are there from the beginning and nothing scales, so n instances of k slots are
 * n k servers with one queue in front, first come first served. Times are in seconds; the mean service is 1 s.
 */
import { describe, expect, test } from 'vitest';
import { average, stationary } from '../../src/experiment/oracles/markov-chain.ts';
import {
  anyArrivals,
  boundedQueue,
  erlangB,
  erlangC,
  kingmanBound,
  ManyServers,
  moments,
  patientFor,
  pollaczekKhinchine,
  processorSharing,
} from '../../src/experiment/oracles/queues.ts';
import {
  agree,
  disagree,
  execution,
  fleet,
  pending,
  readings,
  scenario,
  share,
  stay,
} from './replications.ts';

/** Replications; a defect is so large that fewer show it. */
const R = 40;
const FEW = 20;
const exponential = (mean: number) => ({ exponential: { mean: `${mean * 1000}ms` } });
const lognormal = (mean: number, cv: number) => ({ lognormal: { mean: `${mean * 1000}ms`, cv } });
const gamma = (mean: number, cv: number) => ({ gamma: { mean: `${mean * 1000}ms`, cv } });

/**
 * M/M/c. Births lambda, deaths min(n, c) mu give p_n ~ a^n/n! up to c and p_c (a/c)^(n-c) above. An arrival sees these
 * (PASTA), waits with probability C = P(n >= c), and then for n-c+1 departures at rate c mu, a geometric number of
 * exponentials: exponential with rate c mu - lambda. So E[W] = C/(c mu - lambda), P(W > t) = C e^(-(c mu - lambda) t).
 * By hand, c = 2, a = 1: p_0 (1 + 1 + 1/2 + 1/4 ...) = 1, p_0 = 1/3, C = 1 - 2/3 = 1/3, E[W] = 1/3, and the wait's
 * p99 = ln(100/3) = 3.5066. Its p50 is 0, as two in three do not wait.
 */
describe('a fixed fleet with a queue in front (M/M/c)', () => {
  const lambda = 2.8;
  const theory = new ManyServers(4, lambda, 1);
  const claims = {
    'mean wait': { is: theory.meanWait, of: pending('mean') },
    'p99 of the wait': { is: theory.waitQuantile(0.99), of: pending('p99') },
    'mean stay': { is: theory.meanWait + 1, of: stay('mean') },
    'p50 of the stay': { is: theory.sojournQuantile(0.5), of: stay('p50') },
    'p95 of the stay': { is: theory.sojournQuantile(0.95), of: stay('p95') },
    'p99 of the stay': { is: theory.sojournQuantile(0.99), of: stay('p99') },
  };
  const queue = (service: number) =>
    scenario({
      rate: lambda,
      until: 3500,
      warmUp: 50,
      service: { ...fleet(2, 2), requests: { duration: exponential(service) } },
    });

  test('the formula gives what was worked out by hand', () => {
    const two = new ManyServers(2, 1, 1);
    expect(erlangC(2, 1)).toBeCloseTo(1 / 3, 12);
    expect(two.meanWait).toBeCloseTo(1 / 3, 12);
    expect(two.waitQuantile(0.99)).toBeCloseTo(3.5066, 4);
    expect(two.waitQuantile(0.5)).toBe(0);
    // M/M/1: the stay is exponential with rate mu - lambda.
    expect(new ManyServers(1, 0.5, 1).sojournQuantile(0.5)).toBeCloseTo(2 * Math.LN2, 9);
  });

  test('requests wait, and stay, as long as Erlang C says', () => agree(queue(1), R, claims, 0.03));

  test('service that takes 4 % longer is noticed', () =>
    disagree(queue(1.04), FEW, claims, 'mean wait', 'mean stay', 'p50 of the stay'));
});

/**
 * M/G/c/c. Without a queue p_n ~ a^n/n! for n <= c, and an arrival is lost with p_c; the law of service does not
 * matter beyond its mean (insensitivity). By hand, c = 2, a = 1: (1/2)/(1 + 1 + 1/2) = 1/5.
 */
describe('a fixed fleet without a queue (Erlang B)', () => {
  const lost = erlangB(5, 4);
  const claims = { 'share of 429': { is: lost, of: share('code_429') } };
  const loss = (duration: unknown) =>
    scenario({
      rate: 4,
      until: 1500,
      warmUp: 50,
      service: { ...fleet(1, 5), pendingLimit: 0, requests: { duration } },
    });

  test('the formula gives what was worked out by hand', () => expect(erlangB(2, 1)).toBeCloseTo(0.2, 12));

  test('exponential requests are refused as often as Erlang B says', () =>
    agree(loss(exponential(1)), R, claims));

  test('so are lognormal ones, which vary twice as much', () => agree(loss(lognormal(1, 2)), R, claims));

  test('service that takes 5 % longer is noticed', () => {
    disagree(loss(exponential(1.05)), FEW, claims);
    disagree(loss(lognormal(1.05, 2)), FEW, claims);
  });
});

/**
 * M/M/c/K. The chain of M/M/c, cut off at K. Lost is who finds K; who is admitted waits Lq / (lambda (1 - p_K)) by
 * Little. By hand, c = 1, K = 2, a = 1: p = 1/3 each, lost 1/3, Lq = 1/3, E[W] = (1/3)/(2/3) = 1/2.
 */
describe('a bounded queue (M/M/c/K)', () => {
  const { lost, meanWait } = boundedQueue(2, 6, 1.8, 1);
  const claims = {
    'share of 429': { is: lost, of: share('code_429') },
    'mean wait of those admitted': { is: meanWait, of: pending('mean') },
  };
  const queue = (service: number) =>
    scenario({
      rate: 1.8,
      until: 3500,
      warmUp: 50,
      service: { ...fleet(2), pendingLimit: 4, requests: { duration: exponential(service) } },
    });

  test('the formula gives what was worked out by hand', () => {
    expect(boundedQueue(1, 2, 1, 1).lost).toBeCloseTo(1 / 3, 12);
    expect(boundedQueue(1, 2, 1, 1).meanWait).toBeCloseTo(1 / 2, 12);
  });

  test('as many are refused, and the others wait as long, as theory says', () => agree(queue(1), R, claims));

  test('service that takes 4 % longer is noticed', () => disagree(queue(1.04), FEW, claims));
});

/**
 * M/G/1. A request waits for what is left of the one in service, E[S^2]/(2 E[S]) with probability rho, and for the
 * whole of those in front, lambda E[W] of them: E[W] = lambda E[S^2]/2 + rho E[W], so E[W] = lambda E[S^2]/(2 (1 - rho)).
 * By hand, lambda = 1/2, S = 1 (E[S^2] = 1): 1/2; exponential (E[S^2] = 2): 1.
 */
describe('one instance, any service (Pollaczek-Khinchine)', () => {
  const single = (rate: number, duration: unknown) =>
    scenario({ rate, until: 8000 / rate, warmUp: 100, service: { ...fleet(1), requests: { duration } } });
  const claims = (rate: number, cv: number) => ({
    'mean wait': { is: pollaczekKhinchine(rate, moments(1, cv)), of: pending('mean') },
  });

  test('the formula gives what was worked out by hand', () => {
    expect(pollaczekKhinchine(0.5, moments(1, 0))).toBeCloseTo(0.5, 12);
    expect(pollaczekKhinchine(0.5, moments(1, 1))).toBeCloseTo(1, 12);
  });

  test('requests of constant length wait', () => agree(single(0.6, '1s'), R, claims(0.6, 0)));

  test('requests that vary little wait', () => agree(single(0.6, gamma(1, 0.5)), R, claims(0.6, 0.5)));

  test('requests that vary much wait', () =>
    agree(single(0.5, lognormal(1, 1.5)), R, claims(0.5, 1.5), 0.03));

  test('service that takes 4 % longer is noticed', () => {
    disagree(single(0.6, '1.04s'), FEW, claims(0.6, 0));
    disagree(single(0.6, gamma(1.04, 0.5)), FEW, claims(0.6, 0.5));
  });
});

/**
 * M/M/n with patience tau. While all n are busy the wait an arrival would have moves like work: it has the density
 * lambda p_(n-1) e^(-(n mu - lambda) x) up to tau, beyond which nobody adds to it and it falls like e^(-n mu x). Who
 * would wait longer than tau is lost: lambda p_(n-1) e^(-(n mu - lambda) tau) / (n mu); p_(n-1) is what makes the sum
 * of everything 1. By hand, n = 1, lambda = mu = 1: p_0 (1 + tau + 1) = 1, so 1/(2 + tau) is lost; tau = 0 is Erlang B.
 */
describe('requests that wait no longer than pendingTimeout (M/M/n with patience)', () => {
  const { lost, meanWait } = patientFor(1.5, 2, 2.2, 1);
  const claims = {
    'share of 429': { is: lost, of: share('code_429') },
    'mean wait of those served': { is: meanWait, of: pending('mean') },
  };
  const queue = (service: number, patience = '1500ms') =>
    scenario({
      rate: 2.2,
      until: 3000,
      warmUp: 50,
      service: { ...fleet(2), pendingTimeout: patience, requests: { duration: exponential(service) } },
    });

  test('the formula gives what was worked out by hand', () => {
    expect(patientFor(1.5, 1, 1, 1).lost).toBeCloseTo(1 / 3.5, 12);
    expect(patientFor(0, 3, 2, 1).lost).toBeCloseTo(erlangB(3, 2), 12);
    expect(patientFor(200, 2, 1, 1).meanWait).toBeCloseTo(1 / 3, 9);
  });

  test('as many give up, and the others wait as long, as theory says', () => agree(queue(1), R, claims));

  test('service that takes 4 % longer, and a limit 5 % higher, are noticed', () => {
    disagree(queue(1.04), FEW, claims, 'share of 429');
    disagree(queue(1, '1575ms'), FEW, claims, 'mean wait of those served');
  });
});

/**
 * M/G/1 with processor sharing. The number present is geometric with rho whatever the law of service (the chain is
 * reversible in its phases), so E[N] = rho/(1 - rho), and by Little E[T] = E[S]/(1 - rho). By hand: rho = 1/2 doubles the
 * stay. The law itself would show in a queue that is served in turn: with cv 1.5 the mean would be 1.7 times as long.
 */
describe('requests that share one CPU (M/G/1-PS)', () => {
  const claims = {
    'mean stay': { is: processorSharing(0.6, 1), of: stay('mean') },
    'mean execution': { is: processorSharing(0.6, 1), of: execution },
  };
  const shared = (cpuTime: unknown) =>
    scenario({
      rate: 0.6,
      until: 9000,
      warmUp: 100,
      service: { ...fleet(1, 1000), cpu: 1, requests: { duration: '0s', cpuTime } },
    });

  test('the formula gives what was worked out by hand', () => expect(processorSharing(0.5, 1)).toBe(2));

  test('exponential work takes 1/(1 - load) times as long', () => agree(shared(exponential(1)), R, claims));

  test('so does lognormal work', () => agree(shared(lognormal(1, 1.5)), R, claims));

  /**
   * Two vCPU, each request on one at most: n requests are finished at the rate min(n, 2) mu, as in M/M/2, so the stay has
   * the same mean. What a request does besides, without CPU, is M/G/inf behind it and adds its own mean: with a duration
   * of 3 s in all and S exponential, E[max(0, 3 - S)] = 3 - 1 + e^-3.
   */
  test('on two vCPU it takes as long as with two servers, and the rest of a request comes on top', () => {
    const claims = {
      'mean stay': { is: new ManyServers(2, 1.2, 1).meanWait + 1 + 2 + Math.exp(-3), of: stay('mean') },
    };
    const work = (mean: number) =>
      scenario({
        rate: 1.2,
        until: 4000,
        warmUp: 100,
        service: { ...fleet(1, 1000), cpu: 2, requests: { duration: '3s', cpuTime: exponential(mean) } },
      });
    agree(work(1), R, claims);
    disagree(work(1.05), FEW, claims);
  });

  test('work that is 4 % more is noticed', () => disagree(shared(exponential(1.04)), FEW, claims));
});

/**
 * GI/M/1. What an arrival finds is geometric with sigma, the root below 1 of sigma = E[e^(-mu (1 - sigma) A)], so
 * E[W] = sigma/(mu (1 - sigma)). Poisson arrivals give sigma = rho. By hand for regular ones, lambda = 1/2:
 * sigma = e^(-2 (1 - sigma)), 0.2032, E[W] = 0.2550.
 *
 * GI/G/1, Kingman. With U = S - A, W' = max(0, W + U) and the idle time I = max(0, -(W + U)), the squares of
 * W' - I = W + U give E[W] = E[U^2]/(-2 E[U]) - E[I^2]/(2 E[I]) <= lambda (var A + var S)/(2 (1 - rho)). By hand, M/M/1
 * with rho = 1/2: (1/2)(4 + 1)/(2 (1/2)) = 2.5, above the true 1.
 */
describe('arrivals that are not Poisson (GI/M/1, Kingman)', () => {
  const single = (load: unknown, duration: unknown) =>
    scenario({
      until: 10_000,
      after: 0,
      warmUp: 100,
      service: { ...fleet(1), load, requests: { duration } },
    });
  const regular = { arrivals: 'regular', startRate: '0.7/s' };
  // One gap in five is long: rates 1.7 and 0.25 give a mean of 0.8/1.7 + 0.2/0.25 = 1.2706 s.
  const bursts = {
    arrivals: {
      interarrival: {
        mixture: [
          { weight: 8, of: exponential(1 / 1.7) },
          { weight: 2, of: exponential(4) },
        ],
      },
    },
  };
  const regularWait = anyArrivals((s) => Math.exp(-s / 0.7), 1);
  const burstsWait = anyArrivals((s) => (0.8 * 1.7) / (1.7 + s) + (0.2 * 0.25) / (0.25 + s), 1);

  test('the formulas give what was worked out by hand', () => {
    expect(anyArrivals((s) => 0.6 / (0.6 + s), 1)).toBeCloseTo(1.5, 9);
    expect(anyArrivals((s) => Math.exp(-2 * s), 1)).toBeCloseTo(0.255, 3);
    expect(kingmanBound(moments(2, 1), moments(1, 1))).toBeCloseTo(2.5, 12);
  });

  test('behind regular arrivals requests wait less', () =>
    agree(
      single(regular, exponential(1)),
      R,
      { 'mean wait': { is: regularWait, of: pending('mean') } },
      0.025,
    ));

  test('behind bursts they wait longer', () =>
    agree(
      single(bursts, exponential(1)),
      R,
      { 'mean wait': { is: burstsWait, of: pending('mean') } },
      0.035,
    ));

  test('service that takes 4 % longer is noticed', () =>
    disagree(single(regular, exponential(1.04)), FEW, {
      'mean wait': { is: regularWait, of: pending('mean') },
    }));

  /**
   * MMPP/M/1. (state of the traffic, requests present) is a Markov chain, cut off where nobody gets in the long run; by
   * Little E[W] = E[(N - 1)+] over the mean rate. Here 0.2 a second for 20 s and 1.4 for 10 s on average: 0.6.
   */
  test('behind traffic that jumps between two rates they wait as the exact chain says', () => {
    const rates = [0.2, 1.4];
    const stays = [20, 10];
    const law = stationary([0, 0], ([phase, n]) => [
      { to: [1 - phase, n], rate: 1 / stays[phase] },
      ...(n < 150 ? [{ to: [phase, n + 1], rate: rates[phase] }] : []),
      ...(n > 0 ? [{ to: [phase, n - 1], rate: 1 }] : []),
    ]);
    const is = average(law, ([, n]) => Math.max(0, n - 1)) / 0.6;
    const jumps = (stay: string) => ({
      arrivals: { mmpp: { rates: rates.map((rate) => `${rate}/s`), stay: ['20s', stay] } },
    });
    const claims = { 'mean wait': { is, of: pending('mean') } };
    agree(single(jumps('10s'), exponential(1)), R, claims, 0.04);
    disagree(single(jumps('12s'), exponential(1)), R, claims);
  });

  test('nobody waits longer than Kingman allows, unless service varies more than stated', () => {
    const bound = kingmanBound(moments(1 / 0.8, 0.6), moments(1, 1.2));
    const gaps = { arrivals: { interarrival: gamma(1 / 0.8, 0.6) } };
    const claims = { 'mean wait': { is: bound, of: pending('mean') } };
    expect(readings(single(gaps, gamma(1, 1.2)), FEW, claims)['mean wait'].z).toBeLessThanOrEqual(-4);
    expect(readings(single(gaps, gamma(1, 1.8)), FEW, claims)['mean wait'].z).toBeGreaterThan(4);
  });
});
