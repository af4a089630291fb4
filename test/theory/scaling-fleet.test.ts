/** Everything together, small: fleets that scale against the exact chain, chosen and drawn. */
import { expect, test } from 'vitest';
import { solve } from '../../src/experiment/oracles/scaling-fleet.ts';
import { drawn, drawnWorlds, smallWorlds } from '../../src/experiment/oracles/small-worlds.ts';
import { describeOracle } from './oracle.ts';

describeOracle(smallWorlds);
describeOracle(drawnWorlds);

test('the systems that a seed draws are always the same, and differ from one another and from those of other seeds', () => {
  expect(drawn('2026', 7)).toEqual(drawn('2026', 7));
  const many = Array.from({ length: 40 }, (_, n) => drawn('2026', n + 1));
  expect(new Set(many.map((fleet) => JSON.stringify(fleet))).size).toBe(40);
  expect(drawn('2027', 7)).not.toEqual(drawn('2026', 7));
  expect(new Set(many.map(({ rule, key }) => `${rule} ${key !== null}`)).size).toBe(4);
});

test('in the chain an outage costs what a start that fails costs: a key that is hardly ever down changes nothing', () => {
  const [fleet] = Array.from({ length: 40 }, (_, n) => drawn('2026', n + 1)).filter(
    ({ key }) => key !== null,
  );
  const rarely = solve({ ...fleet, key: { up: 1e9, down: 1 } });
  const never = solve({ ...fleet, key: null });
  expect(rarely.lost).toBeCloseTo(never.lost, 7);
  expect(rarely.meanStay).toBeCloseTo(never.meanStay, 6);
});
