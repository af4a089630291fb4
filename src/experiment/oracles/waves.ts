/**
 * O7. Traffic that comes in waves: M_t/M/inf (S. G. Eick, W. A. Massey and W. Whitt, Management Science 39, 1993).
 *
 * Under the rate l + A sin wt, m' = l + A sin wt - mu m, whose lasting solution is
 * l/mu + A (mu sin wt - w cos wt)/(mu^2 + w^2): the crowd follows the rate late, by arctan(w/mu)/w, and flattened.
 * By hand, l = 20, A = 12, mu = 1/2, period 16 (w = 0.3927): at t = 0, 40 - 12 x 0.3927/0.4042 = 28.342.
 */
import { inFlightSinusoid } from './many-instances.ts';
import type { Case, Oracle } from './oracle.ts';
import {
  exponential,
  fleet,
  mean,
  numbers,
  QUARTER_PERCENT,
  REPLICATIONS,
  scenario,
  times,
} from './worlds.ts';

const WAVE = { mean: 20, amplitude: 12, period: 16 };
/** Periods left out: the fleet begins empty. */
const FIRST = 2;

const waves = (
  lengths: number,
  service = 2,
  period = '16s',
  replications = REPLICATIONS,
  precision = 0.015,
): Case => {
  const last = FIRST + 13 * lengths;
  return {
    name: 'the crowd follows the rate, late and flattened, at eight phases',
    scenario: scenario({
      until: 16 * last,
      after: 0,
      every: 2,
      service: {
        ...fleet(120),
        load: { sinusoid: { mean: '20/s', amplitude: '12/s', period } },
        requests: { duration: exponential(service) },
      },
    }),
    tables: true,
    replications,
    precision,
    claims: Array.from({ length: 8 }, (_, phase) =>
      mean(`in flight at ${phase}/8 of the period`, inFlightSinusoid(2 * phase, WAVE, 0.5), (seen) => {
        const active = numbers(seen, 'scale-out.csv', 'active');
        let sum = 0;
        for (let at = FIRST; at < last; at++) sum += active[8 * at + phase];
        return sum / (last - FIRST);
      }),
    ),
  };
};

export const trafficWaves: Oracle = {
  id: 'O7',
  title: 'traffic that comes in waves (M_t/M/inf)',
  source: 'S. G. Eick, W. A. Massey, W. Whitt, Management Science 39 (1993)',
  byHand: [
    { what: 'in flight at phase 0', ours: inFlightSinusoid(0, WAVE, 0.5), known: 28.342, within: 1e-5 },
  ],
  cases: (size) => [
    waves(times(size, 22), 2, '16s', REPLICATIONS, size === 'small' ? 0.015 : QUARTER_PERCENT),
  ],
  defects: () => [
    {
      name: 'service that takes 8 % longer',
      wrong: waves(1, 2.15, '16s', 10, 1),
      noticedBy: ['in flight at 3/8 of the period'],
    },
    {
      name: 'a period 1 % longer',
      wrong: waves(1, 2, '16160ms', 10, 1),
      noticedBy: ['in flight at 2/8 of the period'],
    },
  ],
};
