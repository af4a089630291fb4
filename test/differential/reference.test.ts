/**
 * The engine against a second one, written from the documents (test/support/reference): event by event, in
 * generated worlds full of ties (test/support/worlds.ts).
 *
 * CMEKSIM_WORLDS=200000 plays more of them. Each is a function of its number, which is told where the two differ.
 */
import { describe, expect, test } from 'vitest';
import { compare } from '../support/reference/compare.ts';
import { DEFECTS } from '../support/reference/town.ts';
import { worldOf, type Breadth } from '../support/worlds.ts';

const WORLDS = Number(process.env.CMEKSIM_WORLDS ?? 2000);
const BREADTHS: readonly Breadth[] = ['requests', 'keys', 'all', 'all', 'all'];
const breadthOf = (seed: number): Breadth => BREADTHS[seed % BREADTHS.length];

/** What has to happen again and again: a generator that never gets somewhere proves nothing about it. */
const KINDS: readonly (readonly [what: string, line: RegExp, atLeast: number])[] = [
  ['a request is served at once', /answers (\d+) begun \1: 200/, 5000],
  ['a request is served after a wait', /answers (\d+) begun (?!\1|never)\d+: 200/, 1000],
  ['429', /429 no-available-instance-at-maximum/, 500],
  ['500, no available instance', /500 no-available-instance/, 500],
  ['500, could not start', /500 could-not-start/, 200],
  ['503', /503 instance-gone/, 50],
  ['504 on an instance', /begun \d+: 504/, 500],
  ['504 without an instance', /begun never: 504/, 100],
  ['499', /499 client-gave-up/, 100],
  ['a client asks again', /gets a request, attempt [1-9]/, 300],
  ['a start for requests', /starts: AUTOSCALING/, 2000],
  ['a start for a minimum', /starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE/, 300],
  ['a start becomes ready', / ready$/, 2000],
  ['a start holds', / holds$/, 100],
  ['a start holds for long', /decrypt v\d attempt [3-9] .*: ekm-unreachable/, 50],
  ['a start is refused for its quota', /refused:quota-exceeded/, 300],
  ['a start is refused: disabled', /refused:key-disabled/, 50],
  ['a start is refused: scheduled', /refused:key-scheduled-for-deletion/, 10],
  ['a start is refused: destroyed', /refused:key-destroyed/, 10],
  ['a start is refused: access', /refused:key-access-revoked/, 10],
  ['a start is refused: not retryable', /refused:ekm-not-retryable/, 50],
  ['a start is broken off', /#\d+ evicted$/, 10],
  ['a check succeeds', /check-decrypt .*: ok/, 2000],
  ['a check is denied', /check-\w+ .*: quota-exceeded/, 300],
  ['a check finds a loss', /check-\w+ .*: key-/, 300],
  ['a check finds the manager gone', /check-\w+ .*: ekm-/, 200],
  ['a check after a rotation', /check-encrypt v3/, 20],
  ['instances are shut down with their key', /evicts \d+: key-/, 50],
  ['instances are shut down after waiting', /evicts \d+: ekm-not-retryable/, 20],
  ['an instance drains', /is draining$/, 20],
  ['an instance is gone', /is gone$/, 2000],
  ['the wanted count changes', / desired is /, 3000],
];

test(
  `The two engines tell the same of ${WORLDS} worlds, and everything happens in them`,
  { timeout: 0 },
  () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= WORLDS; seed++) {
      const { lines, difference } = compare(worldOf(seed, breadthOf(seed)));
      if (difference !== null) expect.fail(difference);
      for (const { text } of lines) {
        for (const [what, line] of KINDS) if (line.test(text)) seen.set(what, (seen.get(what) ?? 0) + 1);
      }
    }
    const rare = KINDS.filter(([what, , atLeast]) => (seen.get(what) ?? 0) < (atLeast * WORLDS) / 2000);
    expect(rare.map(([what]) => `${what}: ${seen.get(what) ?? 0}`)).toEqual([]);
  },
);

test('They tell the same of keys that are changed again while a change is on its way', { timeout: 0 }, () => {
  for (let seed = 1; seed <= WORLDS / 2; seed++) {
    const { difference } = compare(worldOf(seed, 'key-changes'));
    if (difference !== null) expect.fail(difference);
  }
});

test('A world is a function of its number', () => {
  for (const seed of [1, 17, 1999]) expect(worldOf(seed)).toEqual(worldOf(seed));
  expect(worldOf(1).services).not.toEqual(worldOf(2).services);
});

describe('A rule that is broken is noticed', () => {
  test.each(DEFECTS)('%s', (defect) => {
    let seed = 1;
    while (seed <= 2000 && compare(worldOf(seed, breadthOf(seed)), defect).difference === null) seed++;
    expect(seed).toBeLessThanOrEqual(2000);
  });
});
