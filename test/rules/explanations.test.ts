import { describe, expect, test } from 'vitest';
import { ASSUMPTION_NAMES } from '../../src/rules/assumptions.ts';
import { CMEK_MESSAGES } from '../../src/rules/cmek-messages.ts';
import { EKM_ERROR_DOMAIN_IDS } from '../../src/rules/ekm-errors.ts';
import { EXPLANATIONS, explanationsOf } from '../../src/rules/explanations.ts';
import { KEY_UNAVAILABILITY, UNAVAILABILITY_CAUSE_IDS } from '../../src/rules/key-unavailability.ts';
import { ALL_KEY_USE_IDS } from '../../src/rules/key-uses.ts';
import { PROTECTION_LEVEL_IDS } from '../../src/rules/protection-levels.ts';

const kindsOf = (name: string) => explanationsOf(name).map((each) => each.kind);

describe('asking for an explanation', () => {
  test('finds every row, cause, use, level, error and assumption by its name', () => {
    const names = [
      ...KEY_UNAVAILABILITY.map((row) => row.row),
      ...UNAVAILABILITY_CAUSE_IDS,
      ...ALL_KEY_USE_IDS,
      ...CMEK_MESSAGES.map((row) => row.message),
      ...PROTECTION_LEVEL_IDS,
      ...EKM_ERROR_DOMAIN_IDS,
      ...ASSUMPTION_NAMES,
    ];
    for (const name of names) expect(explanationsOf(name), name).not.toEqual([]);
  });

  test('of a cause tells the cause, the row, the message and what becomes of a deployment', () => {
    expect(kindsOf('key-disabled')).toEqual(['key unavailability', 'cause', 'message', 'deployment']);
  });

  test('does not mind capitals, and takes what is in a log', () => {
    expect(kindsOf('unreachable_network')).toEqual(['external key manager error']);
    expect(kindsOf("User's CMEK key has been disabled")).toEqual(['message']);
    expect(kindsOf('Decrypting CMEK-encrypted layer during container clone start.')).toEqual([
      'audit reason',
    ]);
    expect(kindsOf('shut-down')).toEqual(['revocation action']);
    expect(kindsOf('429')).toEqual(['HTTP outcome']);
  });

  test('tells of tokens, overload, the quota adjuster, attempts, distance and repositories', () => {
    for (const name of ['tokens', 'soft enforcement', 'quota adjuster'])
      expect(kindsOf(name), name).toEqual(['quota']);
    for (const name of ['roundTripTime', 'disablesKeyVersion', 'attempts at an external key manager'])
      expect(kindsOf(name), name).toEqual(['external key manager']);
    expect(kindsOf('imageRepository')).toEqual(['Artifact Registry key call', 'Artifact Registry key call']);
  });

  test('of what is not simulated says so, and why', () => {
    for (const name of ['Adaptive Concurrency Tuning', 'Autokey', 'worker pools', 'jobs'])
      expect(explanationsOf(name)[0]?.text, name).toMatch(/^Not simulated\. /);
  });

  test('of tags, restarts of minimum instances and lost regions tells what holds', () => {
    for (const name of ['revision tag', 'instanceRestart', 'regionLost'])
      expect(kindsOf(name), name).toContain('instances');
    expect(kindsOf('saturated')).toEqual(['HTTP outcome']);
    expect(kindsOf('saturatedAtCpu')).toEqual(['assumption']);
  });

  test('for part of a name finds the names that contain it', () => {
    expect(explanationsOf('waitingperiod').map((each) => each.name)).toEqual(['ekmWaitingPeriod']);
  });

  test('for something that is not there finds nothing', () => {
    expect(explanationsOf('no such thing')).toEqual([]);
    expect(explanationsOf('  ')).toEqual([]);
  });
});

test('every explanation is a text with a source', () => {
  for (const each of EXPLANATIONS) {
    expect(each.name, each.kind).not.toBe('');
    expect(each.text.length, each.name).toBeGreaterThan(10);
    expect(each.text, each.name).not.toMatch(/undefined|null|\[object|NaN/);
    expect(each.source, each.name).toMatch(/^(Cloud |assumed: )/);
  }
});

test('an assumption is explained with its value and its reason', () => {
  const [waiting] = explanationsOf('ekmWaitingPeriod');
  expect(waiting.text).toMatch(/^1h\. The Cloud Run page names a waiting period/);
  expect(waiting.source).toMatch(/^assumed/);
});
