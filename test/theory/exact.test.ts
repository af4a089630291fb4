/**
 * What can be worked out to the nanosecond: constant times, intervals, identities.
 *
 * No gate here: a number is right or wrong.
 */
import { describe, expect, test } from 'vitest';
import type { RequestId } from '../../src/units/ids.ts';
import { World } from '../../src/model/world.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import { InvariantViolation } from '../../src/units/check.ts';
import { planOf } from '../support/plans.ts';
import { flowBalance } from '../../src/experiment/oracles/flow-balance.ts';
import { coldStart, disabledKey, handTraces, regular } from '../../src/experiment/oracles/hand-traces.ts';
import { keyLoss } from '../../src/experiment/oracles/key-loss.ts';
import { fleet, scenario } from '../../src/experiment/oracles/worlds.ts';
import { describeOracle } from './oracle.ts';

/** Notes each answer: when the request came, was placed and was answered, in ns, and the code. */
class Notes extends Watchers {
  readonly answers: [arrived: number, started: number, answered: number, code: number][] = [];
  world!: World;

  override answered(request: RequestId, code: number): void {
    const { requests } = this.world;
    this.answers.push([requests.arrivedAt(request), requests.startedAt(request), this.world.now, code]);
    super.answered(request, code);
  }
}

function notesOf(yaml: string, arrivals: readonly [at: string, ms: string][] = []): Notes['answers'] {
  const trace = ['time_s,duration_ms', ...arrivals.map((row) => row.join(','))].join('\n');
  const plan = planOf(yaml, { 'arrivals.csv': `${trace}\n` });
  const notes = new Notes(plan);
  const world = new World(plan, 1, notes);
  notes.world = world;
  notes.watch(world);
  world.run();
  return notes.answers.sort((a, b) => a[0] - b[0]);
}

describeOracle(handTraces);
describeOracle(flowBalance);
describeOracle(keyLoss);

/**
 * D/D/1 and D/D/2. Arrival k at k s, service 1.5 s. One server: W_(k+1) = max(0, W_k + 1.5 - 1) = k/2: 0, 0.5, 1 s.
 * Two servers: each takes every second request, 2 s apart, and nobody waits.
 */
describe('a hand trace', () => {
  const waits = (yaml: string) => notesOf(yaml).map(([arrived, started]) => started - arrived);

  test('of one server: requests a second apart that take 1.5 s wait 0, 0.5, 1 … s', () => {
    expect(notesOf(regular(1))).toEqual([
      [1e9, 1e9, 2.5e9, 200],
      [2e9, 2.5e9, 4e9, 200],
      [3e9, 4e9, 5.5e9, 200],
      [4e9, 5.5e9, 7e9, 200],
      [5e9, 7e9, 8.5e9, 200],
    ]);
    expect(waits(regular(1, '1500.000001ms'))[4]).toBe(2e9 + 4);
  });

  test('of two servers: nobody waits', () => expect(waits(regular(2))).toEqual([0, 0, 0, 0, 0]));

  /**
   * An instance that is needed: request 1 at 1 s, start 1 s, ready at 2 s. The idle timeout of 1 s from 3 s ends at 4 s: a
   * request that comes then is an arrival, and an arrival comes before control at the same instant, so it is served
   * warm; a nanosecond later it is cold.
   */
  test('of cold starts: a request at the end of the idle timeout is warm, a nanosecond later cold', () => {
    expect(
      notesOf(coldStart, [
        ['1', '1000'],
        ['4', '1000'],
        ['6.000000001', '1000'],
      ]),
    ).toEqual([
      [1e9, 2e9, 3e9, 200],
      [4e9, 4e9, 5e9, 200],
      [6e9 + 1, 7e9 + 1, 8e9 + 1, 200],
    ]);
  });

  /**
   * A change of a key holds in [at + propagation, until): a start whose only key call falls on the first nanosecond is
   * refused, one a nanosecond before is not, and one at the end is not.
   */
  test('of a disabled key: it is half-open, to the nanosecond', () => {
    // Two nanoseconds before the end: the shortest wait after a failed start, one, is then over too.
    const at = ['39.999999999', '40', '60', '79.999999998', '80'];
    const codes = notesOf(
      disabledKey('60s'),
      at.map((time) => [time, '0']),
    ).map(([, , , code]) => code);
    expect(codes).toEqual([200, 500, 500, 500, 200]);
  });
});

/**
 * Little's law on a finite path. Where the run begins and ends empty, int N(t) dt = sum of stays, whatever the model: each
 * request adds one to N for just as long as it stays. World holds every run to it in whole nanoseconds. The busy
 * instances of a fleet that takes one request each give the same for execution, from the published figures alone.
 */
describe("Little's law", () => {
  const yaml = scenario({
    rate: 3,
    until: 500,
    service: { ...fleet(4), requests: { duration: { lognormal: { mean: '1s', cv: 2 } } } },
  });

  test('is checked exactly: a single nanosecond too much, and the run is refused', () => {
    const plan = planOf(yaml);
    const run = (extra: number) => {
      const watchers = new Watchers(plan, false);
      const world = new World(plan, 1, watchers);
      watchers.watch(world);
      const books = world as unknown as { frontDoor: { sojourns: { add(ns: number): void } } };
      books.frontDoor.sojourns.add(extra);
      world.run();
    };
    expect(() => run(0)).not.toThrow();
    expect(() => run(1)).toThrow(InvariantViolation);
    expect(() => run(1)).toThrow(/Little/);
  });
});
