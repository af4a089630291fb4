import { expect, test } from 'vitest';
import { cost, keyVersionPrice } from '../../src/rules/prices.ts';
import { PROTECTION_LEVEL_IDS } from '../../src/rules/protection-levels.ts';

test('a thousand hours of one vCPU with half a GiB cost 86.40 and 4.50 dollars', () => {
  expect(cost('request-based-vcpu', 3_600_000)).toBeCloseTo(86.4, 9);
  expect(cost('request-based-memory', 0.5 * 3_600_000)).toBeCloseTo(4.5, 9);
});

test('a million requests cost 40 cents, a million key operations 3 dollars', () => {
  expect(cost('requests', 1_000_000)).toBeCloseTo(0.4, 9);
  expect(cost('key-operations', 1_000_000)).toBeCloseTo(3, 9);
});

test('a key version costs more a month the further away it is kept', () => {
  expect(PROTECTION_LEVEL_IDS.map((level) => cost(keyVersionPrice(level), 1))).toEqual([0.06, 1, 3, 3]);
});
