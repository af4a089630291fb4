/** What a Knative decision says of itself, and how a revision stands before the first one. */
import { describe, expect, test } from 'vitest';
import {
  decideKnative,
  deployedRevision,
  foundRevision,
  type KnativeMemory,
  type KnativeReadings,
} from '../../../src/model/run/deciders/knative.ts';
import { panicMemory, recommendKnative } from '../../../src/model/run/deciders/knative-recommendation.ts';
import { knativeRule, type KnativeRule } from '../../../src/model/run/deciders/knative-rule.ts';
import { MetricWindow } from '../../../src/model/run/deciders/knative-window.ts';
import { at, DEFAULTS, ruleWith, seconds } from './knative-fixture.ts';

/** The reason of one recommendation, outside panic. */
const reason = (stable: number, ready: number, changes: Partial<KnativeRule>): string =>
  recommendKnative(
    { stable, panic: stable, ready, reachable: true },
    ruleWith(changes),
    panicMemory(at(0), 0),
    at(2),
  ).because;

const look = (
  rule: KnativeRule,
  memory: KnativeMemory,
  second: number,
  readings: Partial<KnativeReadings> & { readonly load: KnativeReadings['load'] },
) =>
  decideKnative(
    { ready: 1, current: 1, reachable: true, activatorAnswers: true, ...readings },
    rule,
    memory,
    at(second),
  );

const both = (load: number) => ({ stable: load, panic: load });

describe('The reason of a recommendation', () => {
  test('names the activation scale where that lifts what load needs, and the rates where they hold it', () => {
    const calm = { panicThreshold: 100 };
    expect(reason(10, 3, { ...calm, activationScale: 3 })).toMatch(/needs 1, 3 by the activation scale$/);
    // 90 needs 9, and the rates let 3 ready pods become 6: no lift, whatever the activation scale.
    expect(reason(90, 3, { ...calm, activationScale: 6, maxScaleUpRate: 2 })).toMatch(/9, 6 by the rates$/);
    // Nothing is needed; of 9 pods 4 have to stay. The activation scale does not count without load.
    expect(reason(0, 9, { ...calm, activationScale: 4 })).toMatch(/needs 0, 4 by the rates$/);
    expect(reason(10, 9, { ...calm, activationScale: 3 })).toMatch(/needs 1, 4 by the rates$/);
    expect(reason(30, 3, { ...calm, activationScale: 3 })).toMatch(/needs 3$/);
  });

  test('names the delay where an earlier answer holds up a lower one, and only there', () => {
    const rule = ruleWith({ scaleDownDelay: seconds(10) });
    const ask = (load: number, memory: ReturnType<typeof panicMemory>, second: number) =>
      recommendKnative({ ...both(load), ready: 9, reachable: true }, rule, memory, at(second));
    const first = ask(90, panicMemory(at(0), 0), 0);
    expect(first.because).toBe('stable window: 90 at 10 each needs 9');
    expect(ask(50, first.memory, 2).because).toBe(
      'stable window: 50 at 10 each needs 5, kept at 9 by the delay',
    );
    expect(ask(90, first.memory, 2).because).toBe('stable window: 90 at 10 each needs 9');
  });

  test('leaves no trace of delays where there is none', () => {
    const readings = { ...both(50), ready: 5, reachable: true };
    expect(recommendKnative(readings, ruleWith(), panicMemory(at(0), 0), at(2)).memory.delayed).toEqual([]);
  });
});

describe('A scaler that begins', () => {
  test('is in panic with the pods it finds only where there are several', () => {
    expect(panicMemory(at(5), 2)).toEqual({ panicSince: at(5), panicMaximum: 2, delayed: [] });
    expect(panicMemory(at(5), 1)).toEqual({ panicSince: null, panicMaximum: 0, delayed: [] });
  });

  test('divides large counts without losing a pod to a binary digit', () => {
    // 3,300,000 / 1.1 is 2,999,999.9999999995 in binary.
    const rule = ruleWith({ maxScaleDownRate: 1.1 });
    const readings = { ...both(0), ready: 3_300_000, reachable: true };
    const { instances } = recommendKnative(readings, rule, panicMemory(at(0), 0), at(2));
    expect(instances).toBe(3_000_000);
  });

  test('refuses a concurrency below 0 and a window without length', () => {
    expect(() => knativeRule(DEFAULTS, { maxConcurrency: -1, minimum: 0, maximum: 0 })).toThrow(
      'not negative',
    );
    expect(() => new MetricWindow(seconds(0))).toThrow('a window has a length');
  });
});

describe('The reason of a decision', () => {
  const found = (rule: KnativeRule) => foundRevision(rule, at(0), 1);

  test('is that of the recommendation, and the bound that changed it', () => {
    const because = (rule: KnativeRule, load: number, ready = 5): string =>
      look(rule, found(rule), 2, { load: both(load), ready }).decision.because;
    expect(because(ruleWith({ maximum: 6 }), 90)).toBe('stable window: 90 at 10 each needs 9; the maximum');
    expect(because(ruleWith({ minimum: 4 }), 30)).toBe('stable window: 30 at 10 each needs 3; the minimum');
    expect(because(ruleWith({ minimum: 3 }), 30)).toBe('stable window: 30 at 10 each needs 3');
  });

  test('names the initial scale only where it is above the minimum', () => {
    const because = (changes: Partial<KnativeRule>): string => {
      const rule = ruleWith(changes);
      return look(rule, deployedRevision(rule, at(0)), 2, { load: null, ready: 0 }).decision.because;
    };
    expect(because({ initialScale: 4, minimum: 2 })).toBe('the initial scale');
    expect(because({ initialScale: 3, minimum: 3 })).toBe('the minimum');
  });

  test('without data is that there are none, or that the last answer holds', () => {
    const rule = ruleWith();
    const first = look(rule, found(rule), 2, { load: null });
    expect(first.decision.because).toBe('no data');
    const three = look(rule, found(rule), 2, { load: both(30), ready: 2 });
    expect(look(rule, three.memory, 4, { load: null, ready: 3 }).decision.because).toBe(
      'no data, 3 as before',
    );
    expect(look(rule, foundRevision(rule, at(0), 0), 2, { load: null, ready: 0 }).decision.because).toMatch(
      /^no data, 0 as before; /,
    );
  });

  test('comes with whether there is panic', () => {
    const rule = ruleWith();
    expect(look(rule, found(rule), 2, { load: both(50) }).decision.panicking).toBe(true);
    expect(look(rule, found(rule), 2, { load: both(10) }).decision.panicking).toBe(false);
  });
});

describe('A revision', () => {
  test('begins activating, or inactive where nothing has to be ready', () => {
    const begin = (initialScale: number, minimum: number) =>
      deployedRevision(ruleWith({ initialScale, minimum }), at(7));
    expect(begin(1, 0)).toMatchObject({ activity: 'activating', initialReached: false });
    expect(begin(0, 2)).toMatchObject({ activity: 'activating', initialReached: false });
    expect(begin(0, 0)).toMatchObject({ activity: 'inactive', initialReached: true });
  });

  test('that is found is active with its minimum, whatever its initial scale was', () => {
    const rule = ruleWith({ minimum: 3, initialScale: 4 });
    expect(foundRevision(rule, at(0), 0).activity).toBe('inactive');
    expect(foundRevision(rule, at(0), 2).activity).toBe('activating');
    expect(foundRevision(rule, at(0), 3).activity).toBe('active');
    const small = ruleWith({ initialScale: 4 });
    const memory = foundRevision(small, at(0), 1);
    expect(memory.activity).toBe('active');
    expect(look(small, memory, 2, { load: both(10) }).decision.want).toBe(1);
  });

  test('that is found has the activator in its path without pods, or without room for the burst', () => {
    const since = (targetBurstCapacity: number, ready: number) =>
      foundRevision(ruleWith({ targetBurstCapacity }), at(7), ready).activatorSince;
    // One pod of the initial scale has room for 10.
    expect(since(10, 1)).toBeNull();
    expect(since(11, 1)).toBe(at(7));
    expect(since(10, 0)).toBe(at(7));
  });

  test('without data keeps what it has, not its initial scale, and its activator where it is', () => {
    const rule = ruleWith({ initialScale: 4 });
    const { decision } = look(rule, foundRevision(rule, at(0), 2), 2, { load: null, ready: 2, current: 2 });
    expect(decision).toMatchObject({ want: -1, instances: 2, activatorInPath: false });
  });

  test('that was given up stays at 0 and does not get its initial pod again', () => {
    const rule = ruleWith();
    const given = look(rule, deployedRevision(rule, at(0)), 632, { load: both(0), ready: 0 });
    expect(given.decision).toMatchObject({ want: 0, instances: 0, applied: true });
    const later = look(rule, given.memory, 634, { load: both(0), ready: 0, current: 0 });
    expect(later.decision).toMatchObject({ want: 0, instances: 0, applied: false });
  });

  test('deployed at zero is at zero for good after the grace period, though nobody looked before', () => {
    const rule = ruleWith({ initialScale: 0 });
    const applied = (begun: number, second: number): boolean =>
      look(rule, deployedRevision(rule, at(begun)), second, { load: both(0), ready: 0, current: 0 }).decision
        .applied;
    expect(applied(0, 29)).toBe(false);
    expect(applied(0, 30)).toBe(true);
    expect(applied(100, 105)).toBe(false);
  });

  test('goes to zero once the activator has been in the path for exactly the grace period', () => {
    // A pod has room for 10, two for 20: with a burst of 15 the activator comes when the second pod leaves, at 40 s.
    const rule = ruleWith({ targetBurstCapacity: 15 });
    let memory = foundRevision(rule, at(0), 1);
    const applied = (second: number, ready: number): boolean => {
      const outcome = look(rule, memory, second, { load: both(0), ready });
      memory = outcome.memory;
      return outcome.decision.applied && outcome.decision.instances === 0;
    };
    expect([applied(2, 2), applied(40, 1), applied(60, 1), applied(69, 1), applied(70, 1)]).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test('nobody routes to, and that needs no pod to begin with, is inactive', () => {
    const rule = ruleWith({ initialScale: 0, minimum: 3 });
    const { decision } = look(rule, deployedRevision(rule, at(0)), 2, {
      load: null,
      ready: 0,
      reachable: false,
    });
    expect(decision.activity).toBe('inactive');
  });

  test('cannot have fewer than no pods', () => {
    const rule = ruleWith();
    expect(() => look(rule, foundRevision(rule, at(0), 1), 2, { load: null, ready: -1 })).toThrow(
      'ready pods are counted',
    );
  });
});
