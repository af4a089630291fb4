import { describe, expect, test } from 'vitest';
import {
  keyNameOf,
  locationProblem,
  parseKeyName,
  permissionFor,
  revisionNameProblems,
  serviceAgent,
  serviceNameProblems,
} from '../../src/rules/resource-names.ts';

const GOOD = 'projects/kms-prod/locations/europe-west3/keyRings/run/cryptoKeys/checkout';

const whyNot = (text: string): string => {
  const parsed = parseKeyName(text);
  return parsed.ok ? 'it was accepted' : `${parsed.reason} | ${parsed.hint}`;
};

describe('a key name', () => {
  test('in full is taken apart, and put together again', () => {
    const parsed = parseKeyName(GOOD);
    expect(parsed).toEqual({
      ok: true,
      name: { project: 'kms-prod', location: 'europe-west3', keyRing: 'run', key: 'checkout' },
    });
    if (parsed.ok) expect(keyNameOf(parsed.name)).toBe(GOOD);
  });

  test.each([
    'projects/123456789012/locations/us-central1/keyRings/R_1/cryptoKeys/K-2',
    'projects/example.com:kms-prod/locations/us-central1/keyRings/r/cryptoKeys/k',
    `projects/p/locations/us-east1/keyRings/${'r'.repeat(63)}/cryptoKeys/${'k'.repeat(63)}`,
    'projects/p/locations/global/keyRings/r/cryptoKeys/k',
  ])('may be %s', (name) => {
    expect(whyNot(name)).toBe('it was accepted');
  });

  test.each([
    ['', /empty/],
    ['checkout', /short id of a key.*Write the full name/],
    [`${GOOD}/`, /ends with a slash/],
    [`/${GOOD}`, /begins with a slash/],
    [`${GOOD} `, /spaces/],
    [`${GOOD}/cryptoKeyVersions/3`, /key version.*Leave out \/cryptoKeyVersions/],
    [`//cloudkms.googleapis.com/${GOOD}`, /host in front/],
    [`https://cloudkms.googleapis.com/v1/${GOOD}`, /host in front/],
    [GOOD.replace('keyRings', 'keyrings'), /'keyrings' is written 'keyRings'/],
    [GOOD.replace('cryptoKeys', 'CryptoKeys'), /'CryptoKeys' is written 'cryptoKeys'/],
    [GOOD.replace('keyRings/run/', ''), /'keyRings\/…' is missing/],
    ['projects/p/locations/l/keyRings/r', /'cryptoKeys\/…' is missing/],
    [`${GOOD}/more`, /goes on after/],
    [GOOD.replace('kms-prod', 'PROJECT_NAME'), /'PROJECT_NAME' is not a project id/],
    [GOOD.replace('kms-prod', 'kms-'), /'kms-' is not a project id/],
    [GOOD.replace('kms-prod', ''), /'' is not a project id/],
    [GOOD.replace('europe-west3', 'Frankfurt'), /'Frankfurt' is not a location/],
    [GOOD.replace('europe-west3', 'europe-'), /'europe-' is not a location/],
    [GOOD.replace('/run/', '/my ring/'), /'my ring' is not a key ring id/],
    [GOOD.replace('checkout', 'k'.repeat(64)), /is not a key id/],
    [GOOD.replace('checkout', 'a.b'), /'a.b' is not a key id/],
  ])('may not be %j', (name, why) => {
    expect(whyNot(name)).toMatch(why);
  });

  test('of 400 characters is read, of one more is not', () => {
    const named = (length: number): string => {
      const start = 'projects/p/locations/l/keyRings/r/cryptoKeys/';
      return start + 'k'.repeat(length - start.length);
    };
    expect(whyNot(named(400))).toMatch(/is not a key id/);
    expect(whyNot(named(401))).toMatch(/at most 400 characters/);
  });

  test('that is endless is refused for its length, unread', () => {
    expect(whyNot(`projects/${'a-'.repeat(100_000)}`)).toMatch(/at most 400 characters/);
  });
});

describe('the place of a key', () => {
  test('is that of the service', () => {
    expect(locationProblem('europe-west3', 'europe-west3')).toBeNull();
    expect(locationProblem('europe-west4', 'europe-west3')).toMatch(
      /'europe-west4' is not that of the service/,
    );
  });

  test.each(['global', 'europe', 'us', 'eur4', 'nam-eur-asia1'])('is never %s', (location) => {
    expect(locationProblem(location, 'europe-west3')).toMatch(/has to be in the region of its service/);
    expect(locationProblem(location, location)).not.toBeNull();
  });

  test('is said to be global, or a multi-region', () => {
    expect(locationProblem('global', 'europe-west3')).toMatch(/^the key's location 'global' is global, /);
    expect(locationProblem('eur4', 'europe-west3')).toMatch(/^the key's location 'eur4' is a multi-region, /);
  });
});

describe('a revision name', () => {
  test('that keeps the rules is good', () => {
    expect(revisionNameProblems('checkout-00007-kal', 'checkout')).toEqual([]);
    expect(revisionNameProblems(`checkout-${'x'.repeat(54)}`, 'checkout')).toEqual([]);
  });

  test.each([
    ['00007-kal', ["a revision name starts with 'checkout-'"]],
    ['checkout', ["a revision name starts with 'checkout-'"]],
    ['checkout-V2', ['a revision name has only lowercase letters, digits and -']],
    ['checkout-v_2', ['a revision name has only lowercase letters, digits and -']],
    ['checkout-', ['a revision name does not end with -']],
    [`checkout-${'x'.repeat(55)}`, ['a revision name has at most 63 characters']],
  ])('%s breaks one rule and is told which', (name, problems) => {
    expect(revisionNameProblems(name, 'checkout')).toEqual(problems);
  });

  test('that breaks all of them hears of all', () => {
    expect(revisionNameProblems(`X${'y'.repeat(70)}-`, 'checkout')).toHaveLength(4);
  });
});

test('a service name has at most 49 lowercase letters, digits and hyphens, a letter first, no hyphen last', () => {
  expect(serviceNameProblems('checkout-b2')).toEqual([]);
  expect(serviceNameProblems('c'.repeat(49))).toEqual([]);
  expect(serviceNameProblems('c'.repeat(50))).toHaveLength(1);
  expect(serviceNameProblems('2fast')).toEqual(['a service name begins with a lowercase letter']);
  expect(serviceNameProblems('check-')).toEqual(['a service name does not end with -']);
  expect(serviceNameProblems('check_out')).toEqual([
    'a service name has only lowercase letters, digits and -',
  ]);
  expect(serviceNameProblems('')).not.toEqual([]);
});

test('the service agent of the project calls the key, and needs a permission for each method', () => {
  expect(serviceAgent('123456789012')).toBe('123456789012@serverless-robot-prod.iam.gserviceaccount.com');
  expect(permissionFor('Decrypt')).toBe('cloudkms.cryptoKeyVersions.useToDecrypt');
  expect(permissionFor('Encrypt')).toBe('cloudkms.cryptoKeyVersions.useToEncrypt');
});
