/**
 * O14. An external key manager that comes and goes: alternating renewal and inspection (S. M. Ross, Introduction to
 * Probability Models, 7.7).
 *
 * Under the per-request autoscaler, with no idle timeout and requests that take no time, every request starts an
 * instance of its own and leaves nothing behind, so starts are a Poisson stream that knows nothing of outages. Up and
 * down times alternate; a start meets an outage with probability d/(u + d), at a moment spread evenly over it, so that
 * what is left of it has mean E[D^2]/(2 d): E[wait] = E[D^2]/(2 (u + d)), for a start that hears of the end at once. One
 * that asks every h seconds hears of it late, and may meet the next outage by then.
 *
 * Exponential outages: up and down is a Markov chain, down after h given down with p = pi + (1 - pi) e^(-h/u - h/d),
 * pi = d/(u + d), so the calls that fail are geometric: E[wait] = pi h/(1 - p). Outages of constant length d, a multiple
 * of h: the call after the end comes O late, O even on [0, h], so that the wait so far is (d + h)/2 on average; each
 * outage that begins within O, h/(2 u) of them on average, costs another d, and O shrinks by as much as it came late:
 * E[wait] = pi ((d + h)/2 + d h/(2 u)). Both become E[D^2]/(2 (u + d)) as h becomes 0.
 * By hand, u = 20, d = 5, h = 1/2: 0.2 x 0.5/(0.8 (1 - e^(-1/8))) = 1.06380; 0.2 (2.75 + 0.0625) = 0.5625.
 */
import { heldByConstantOutages, heldByExponentialOutages } from './faults.ts';
import type { Case, Oracle } from './oracle.ts';
import {
  exponential,
  FEW,
  KEY,
  key,
  limit,
  mean,
  oneKeyCall,
  REPLICATIONS,
  scenario,
  startUp,
  stay,
  times,
} from './worlds.ts';

/** Starts at a rate, each one key call that takes no time; whatever else takes time is what a case is about. */
export const starts = (given: {
  rate: number;
  until: number;
  outage: unknown;
  assumptions: Record<string, unknown>;
  clients?: unknown;
  warmUp?: number;
}) =>
  scenario({
    rate: given.rate,
    until: given.until,
    warmUp: given.warmUp ?? 0,
    service: {
      autoscaler: 'per-request',
      maxInstanceRequestConcurrency: 1,
      idleTimeout: '0s',
      encryptionKey: KEY,
      startup: oneKeyCall,
      requests: { duration: '0s' },
      ...(given.clients === undefined ? {} : { clients: given.clients }),
    },
    world: {
      keys: [key('EXTERNAL')],
      quotas: { limits: [limit('EXTERNAL', { limit: '60000000/min' })] },
      // Nothing here is decided by averages.
      assumptions: { autoscalerInterval: '1h', ...given.assumptions },
      timeline: [given.outage],
    },
  });

const coming = (
  name: string,
  lengths: number,
  down: unknown,
  held: number,
  replications = REPLICATIONS,
  precision = 0.03,
): Case => ({
  name,
  scenario: starts({
    rate: 0.05,
    until: 20_000 * lengths,
    warmUp: 400,
    assumptions: { keyRetry: { initial: '500ms', factor: 1, max: '500ms', jitter: 'none' } },
    outage: {
      at: '0s',
      repeat: { up: exponential(20), down },
      ekmUnreachable: { key: 'shop', error: 'OVERLOADED_EKM' },
    },
  }),
  replications,
  precision,
  claims: [mean('mean start, s', held, startUp), mean('mean stay, s', held, stay('mean'))],
});

const EXPONENTIAL = 'starts lose what inspection theory says to outages of any length';
const CONSTANT = 'and to outages of one length';
const exponentialHeld = heldByExponentialOutages(20, 5, 0.5);
const constantHeld = heldByConstantOutages(20, 5, 0.5);

export const outages: Oracle = {
  id: 'O14',
  title: 'an external key manager that comes and goes (alternating renewal)',
  source: 'inspection paradox and PASTA: S. M. Ross, Introduction to Probability Models, 7.7',
  byHand: [
    { what: 'exponential outages', ours: exponentialHeld, known: 1.0638, within: 1e-5 },
    { what: 'constant outages', ours: constantHeld, known: 0.5625, within: 1e-12 },
    {
      what: 'asked for ever, exponential',
      ours: heldByExponentialOutages(20, 5, 1e-6),
      known: 1,
      within: 1e-5,
    },
    { what: 'asked for ever, constant', ours: heldByConstantOutages(20, 5, 1e-6), known: 0.5, within: 1e-5 },
  ],
  cases: (size) => {
    const full = size === 'full';
    // An outage is one observation, however many starts it holds, and only one in five seconds is one.
    return [
      coming(
        EXPONENTIAL,
        times(size, 12),
        exponential(5),
        exponentialHeld,
        REPLICATIONS,
        full ? 0.0065 : 0.03,
      ),
      coming(CONSTANT, times(size, 12), '5s', constantHeld, REPLICATIONS, full ? 0.0055 : 0.02),
    ];
  },
  defects: () => [
    {
      name: 'exponential outages that are 10 % longer',
      wrong: coming(EXPONENTIAL, 1, exponential(5.5), exponentialHeld, FEW),
    },
    {
      name: 'constant outages that are 10 % longer',
      wrong: coming(CONSTANT, 1, '5500ms', constantHeld, FEW),
    },
  ],
};
