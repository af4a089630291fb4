/**
 * O13. Calls that take tokens from a bucket: M/D/1 with room for B.
 *
 * A bucket of B tokens into which they drip at the rate mu: each grant pushes the instant at which it would be full again
 * by 1/mu, and is refused if that instant would then lie more than B/mu ahead. That instant is the work in front of a
 * server with constant service: M/D/1 with room for B. Its chain at departures has pi_0 P(no arrival) etc.; in a cycle of
 * mean pi_0/lambda + 1/mu one call is served, so the share granted is 1/(pi_0 + lambda/mu).
 * By hand, B = 1: pi_0 = 1, 1/(1 + a). B = 2: pi_0 = e^-a, 1/(e^-a + a); a = 1: 0.73106.
 */
import type { Oracle } from './oracle.ts';
import { limited } from './quota-windows.ts';
import { tokenBucketGrants } from './quotas.ts';
import { QUARTER_PERCENT, REPLICATIONS, times } from './worlds.ts';

const NAME = 'what finds the bucket empty is denied as often as M/D/1 with room for B refuses';
const at = (perMinute: number, others: number) => ({ window: 'token-bucket', perMinute, others });
const is = 9 * tokenBucketGrants(10, 0.9);

export const tokenBucket: Oracle = {
  id: 'O13',
  title: 'a quota by a token bucket (M/D/1/B)',
  source: 'D. Gross et al., Fundamentals of Queueing Theory, 5.1 (embedded chain)',
  byHand: [
    { what: 'B = 1, a = 1', ours: tokenBucketGrants(1, 1), known: 1 / 2, within: 1e-12 },
    { what: 'B = 2, a = 1', ours: tokenBucketGrants(2, 1), known: 0.73105857863, within: 1e-12 },
  ],
  cases: (size) => {
    const precision = size === 'small' ? 0.015 : QUARTER_PERCENT;
    return [
      limited(NAME, times(size, 4), at(600, 9), is, REPLICATIONS, precision),
      limited(
        'with a limit below one a second too',
        times(size, 8),
        at(90, 2),
        2 * tokenBucketGrants(2, 4 / 3),
        REPLICATIONS,
        precision,
      ),
    ];
  },
  defects: () => [{ name: '4 % more calls', wrong: limited(NAME, 1, at(600, 9.36), is, 20) }],
};
