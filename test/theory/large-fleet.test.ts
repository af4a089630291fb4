/** A fleet so large that nobody waits: the number of busy instances is the number of requests in flight. */
import { expect, test } from 'vitest';
import { crowd, evenMean } from '../../src/experiment/oracles/crowd.ts';
import { trafficWaves } from '../../src/experiment/oracles/waves.ts';
import { rowsOf } from '../../src/experiment/validation/row.ts';
import { describeOracle, outside, played } from './oracle.ts';

describeOracle(crowd);

test('arrivals that are too even leave the mean of a crowd as it was: only its variance and law tell', () => {
  const even = evenMean();
  expect(outside(rowsOf(crowd.id, 'claim', even, played(even)))).toEqual([]);
});

describeOracle(trafficWaves);
