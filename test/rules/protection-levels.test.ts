import { expect, test } from 'vitest';
import { defaultAssumptions } from '../../src/rules/assumptions.ts';
import {
  isExternal,
  isProtectionLevel,
  latencyOf,
  PROTECTION_LEVEL_IDS,
  PROTECTION_LEVELS,
  quotaOf,
} from '../../src/rules/protection-levels.ts';
import { MILLISECOND, type Duration } from '../../src/units/time.ts';

const ms = (count: number) => (count * MILLISECOND) as Duration;

test('software keys use no quota; both kinds of external key draw from one', () => {
  expect(PROTECTION_LEVEL_IDS.map((level) => [level, quotaOf(level)])).toEqual([
    ['SOFTWARE', null],
    ['HSM', 'HSM'],
    ['EXTERNAL', 'EXTERNAL'],
    ['EXTERNAL_VPC', 'EXTERNAL'],
  ]);
});

test('what is charged is charged to the project of the key', () => {
  for (const row of PROTECTION_LEVELS) expect(row.chargedTo).toBe(row.quota === null ? null : 'key-project');
});

test('only external keys depend on an external key manager', () => {
  expect(PROTECTION_LEVEL_IDS.filter(isExternal)).toEqual(['EXTERNAL', 'EXTERNAL_VPC']);
});

test('a key call takes longer the further away the key is, and as long as the assumptions say', () => {
  expect(latencyOf('SOFTWARE')).toEqual({ p50: ms(8), p99: ms(40) });
  expect(latencyOf('HSM')).toEqual({ p50: ms(20), p99: ms(100) });
  expect(latencyOf('EXTERNAL_VPC')).toEqual({ p50: ms(45), p99: ms(150) });
  expect(latencyOf('EXTERNAL')).toEqual({ p50: ms(80), p99: ms(300) });
  const mine = { ...defaultAssumptions(), kmsLatencyHsm: { p50: ms(1), p99: ms(2) } };
  expect(latencyOf('HSM', mine)).toEqual({ p50: ms(1), p99: ms(2) });
});

test('a level is known by its exact name', () => {
  expect(isProtectionLevel('EXTERNAL_VPC')).toBe(true);
  for (const other of ['hsm', 'HSM_SINGLE_TENANT', '', 'toString'])
    expect(isProtectionLevel(other)).toBe(false);
});
