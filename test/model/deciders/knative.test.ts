import { describe, expect, test } from 'vitest';
import {
  decideKnative,
  deployedRevision,
  foundRevision,
  wakesAtOnce,
  type KnativeMemory,
} from '../../../src/model/run/deciders/knative.ts';
import type { KnativeRule } from '../../../src/model/run/deciders/knative-rule.ts';
import type { Activity } from '../../../src/model/run/deciders/knative-scale.ts';
import { KnativeMetrics } from '../../../src/model/run/deciders/knative-window.ts';
import { at, ruleWith, seconds } from './knative-fixture.ts';

interface Row {
  readonly at: number;
  /** Both windows read this; null: no data. */
  readonly load: number | null;
  readonly ready: number;
  readonly current?: number;
  readonly reachable?: boolean;
  readonly answers?: boolean;
  readonly want: number;
  readonly instances?: number;
  readonly applied?: boolean;
  readonly activity?: Activity;
  readonly inPath?: boolean;
}
interface Table {
  readonly title: string;
  readonly rule?: Partial<KnativeRule>;
  readonly begin: (rule: KnativeRule) => KnativeMemory;
  readonly rows: readonly Row[];
}

const found = (ready: number) => (rule: KnativeRule) => foundRevision(rule, at(0), ready);
const deployed = (rule: KnativeRule): KnativeMemory => deployedRevision(rule, at(0));

function play({ rule: changes, begin, rows }: Table): void {
  const rule = ruleWith(changes);
  let memory = begin(rule);
  for (const row of rows) {
    const { load, ready, current = ready, reachable = true, answers = true } = row;
    const outcome = decideKnative(
      {
        load: load === null ? null : { stable: load, panic: load },
        ready,
        current,
        reachable,
        activatorAnswers: answers,
      },
      rule,
      memory,
      at(row.at),
    );
    memory = outcome.memory;
    const { decision } = outcome;
    const where = `at ${row.at} s: ${decision.because}`;
    expect(decision.want, `want ${where}`).toBe(row.want);
    if (row.instances !== undefined) expect(decision.instances, `instances ${where}`).toBe(row.instances);
    if (row.applied !== undefined) expect(decision.applied, `applied ${where}`).toBe(row.applied);
    if (row.activity !== undefined) expect(decision.activity, `activity ${where}`).toBe(row.activity);
    if (row.inPath !== undefined) expect(decision.activatorInPath, `activator ${where}`).toBe(row.inPath);
  }
}

const BOUNDS: readonly Table[] = [
  {
    title: 'an answer is kept within minimum and maximum',
    rule: { minimum: 2, maximum: 6 },
    begin: found(1),
    // 10 / 10 = 1 -> 2; 90 / 10 = 9 -> 6; 40 / 10 = 4. (r = 5: no panic.)
    rows: [
      { at: 2, load: 10, ready: 2, want: 2 },
      { at: 4, load: 90, ready: 5, want: 6, instances: 6 },
      { at: 6, load: 40, ready: 6, want: 4 },
    ],
  },
  {
    title: 'a maximum of 0 is none',
    rule: { maximum: 0 },
    begin: found(1),
    rows: [{ at: 2, load: 9000, ready: 500, want: 900 }],
  },
  {
    title: 'the minimum of a revision that is not reachable is ignored',
    rule: { minimum: 3 },
    begin: found(1),
    // 10 / 10 = 1; and no load at all goes the way to zero: not active for 60 s yet, so 1
    rows: [
      { at: 2, load: 10, ready: 5, want: 3 },
      { at: 4, load: 10, ready: 5, reachable: false, want: 1 },
      { at: 6, load: 0, ready: 5, reachable: false, want: 1 },
    ],
  },
  {
    title: 'without data nothing is done',
    begin: found(4),
    rows: [
      { at: 2, load: null, ready: 4, current: 4, want: -1, instances: 4, applied: false, activity: 'active' },
    ],
  },
  {
    title: 'data that stop leave the last answer in force',
    begin: found(1),
    rows: [
      { at: 2, load: 30, ready: 2, want: 3 },
      { at: 4, load: null, ready: 3, want: 3, instances: 3, applied: true },
    ],
  },
  {
    title: 'the initial scale is a minimum until it is first reached',
    rule: { initialScale: 4 },
    begin: deployed,
    // no data: 4 all the same. 10 / 10 = 1 -> 4. Ready 4 at 6 s: reached, from then on 1 is 1 (down = 2).
    rows: [
      { at: 0, load: null, ready: 0, want: 4, activity: 'activating' },
      { at: 4, load: 10, ready: 3, want: 4, activity: 'activating' },
      { at: 6, load: 10, ready: 4, want: 4, activity: 'active' },
      { at: 8, load: 10, ready: 4, want: 2, activity: 'active' },
    ],
  },
  {
    title: 'an initial scale of 1 comes with the deploy',
    begin: deployed,
    // nothing is decided before there is data, but the deploy brings one pod
    rows: [
      { at: 0, load: null, ready: 0, current: 0, want: -1, instances: 1, applied: false },
      { at: 2, load: null, ready: 1, current: 1, want: -1, instances: 1, activity: 'active' },
    ],
  },
  {
    title: 'an initial scale of 0 begins inactive, behind the activator',
    rule: { initialScale: 0 },
    begin: deployed,
    rows: [
      { at: 0, load: null, ready: 0, want: -1, instances: 0, activity: 'inactive', inPath: true },
      { at: 2, load: 10, ready: 0, want: 1, instances: 1, applied: true, activity: 'activating' },
    ],
  },
  {
    title: 'a revision below its minimum is activating, and active once it has it',
    rule: { minimum: 3 },
    begin: found(0),
    rows: [
      { at: 0, load: null, ready: 0, want: 3, instances: 3, applied: true, activity: 'activating' },
      { at: 2, load: null, ready: 2, current: 3, want: 3, activity: 'activating' },
      { at: 4, load: null, ready: 3, current: 3, want: 3, activity: 'active' },
    ],
  },
];

const TO_ZERO: readonly Table[] = [
  {
    title: 'a revision is active for a stable window, then inactive for the grace period, then gone',
    begin: found(1),
    // active since 0: at 59 one pod is kept, at 60 it becomes inactive, pods stay; 60 + 30 = 90: zero
    rows: [
      { at: 2, load: 0, ready: 1, want: 1, instances: 1, applied: true, activity: 'active', inPath: false },
      { at: 59, load: 0, ready: 1, want: 1, applied: true, activity: 'active' },
      {
        at: 60,
        load: 0,
        ready: 1,
        want: 0,
        instances: 1,
        applied: false,
        activity: 'inactive',
        inPath: true,
      },
      { at: 89, load: 0, ready: 1, want: 0, instances: 1, applied: false },
      { at: 90, load: 0, ready: 1, want: 0, instances: 0, applied: true },
    ],
  },
  {
    title: 'load in the grace period makes it active again, and the way begins anew',
    begin: found(1),
    // active again at 70: 60 s to 130, 30 s to 160
    rows: [
      { at: 60, load: 0, ready: 1, want: 0, applied: false, activity: 'inactive', inPath: true },
      { at: 70, load: 5, ready: 1, want: 1, applied: true, activity: 'active', inPath: false },
      { at: 128, load: 0, ready: 1, want: 1, applied: true, activity: 'active' },
      { at: 130, load: 0, ready: 1, want: 0, applied: false, activity: 'inactive' },
      { at: 158, load: 0, ready: 1, want: 0, applied: false },
      { at: 160, load: 0, ready: 1, want: 0, instances: 0, applied: true },
    ],
  },
  {
    title: 'with the activator in the path for the grace period already there is no grace',
    rule: { targetBurstCapacity: 211 },
    begin: found(1),
    // excess 1 x 10 - 211 < 0: in the path since 0. Inactive at 60, and at the next look 62 - 0 >= 30: zero
    rows: [
      { at: 2, load: 0, ready: 1, want: 1, inPath: true },
      { at: 60, load: 0, ready: 1, want: 0, instances: 1, applied: false, inPath: true },
      { at: 62, load: 0, ready: 1, want: 0, instances: 0, applied: true, inPath: true },
    ],
  },
  {
    title: 'the retention period is waited for even then',
    rule: { targetBurstCapacity: 211, podRetention: seconds(20) },
    begin: found(1),
    // inactive at 60: not before 80
    rows: [
      { at: 60, load: 0, ready: 1, want: 0, applied: false },
      { at: 79, load: 0, ready: 1, want: 0, instances: 1, applied: false },
      { at: 80, load: 0, ready: 1, want: 0, instances: 0, applied: true },
    ],
  },
  {
    title: 'a retention period longer than the grace period is what counts',
    rule: { podRetention: seconds(45) },
    begin: found(1),
    // inactive at 60; the activator for 30 s at 90, but max(30, 45) = 45: 105
    rows: [
      { at: 60, load: 0, ready: 1, want: 0, applied: false },
      { at: 90, load: 0, ready: 1, want: 0, applied: false },
      { at: 104, load: 0, ready: 1, want: 0, applied: false },
      { at: 105, load: 0, ready: 1, want: 0, instances: 0, applied: true },
    ],
  },
  {
    title: 'the last pod stays until the activator answers',
    begin: found(1),
    rows: [
      { at: 60, load: 0, ready: 1, want: 0, applied: false },
      { at: 100, load: 0, ready: 1, answers: false, want: 0, instances: 1, applied: false },
      { at: 102, load: 0, ready: 1, answers: true, want: 0, instances: 0, applied: true },
    ],
  },
  {
    title: 'an activator that is always in the path is not asked',
    rule: { targetBurstCapacity: -1 },
    begin: found(1),
    rows: [
      { at: 60, load: 0, ready: 1, answers: false, want: 0, applied: false },
      { at: 62, load: 0, ready: 1, answers: false, want: 0, instances: 0, applied: true },
    ],
  },
  {
    title: 'several pods leave by the rates, the last by these rules',
    begin: found(1),
    // floor(4 / 2) = 2, floor(2 / 2) = 1, floor(1 / 2) = 0: active for 66 s by then
    rows: [
      { at: 62, load: 0, ready: 4, want: 2, applied: true },
      { at: 64, load: 0, ready: 2, want: 1, applied: true },
      { at: 66, load: 0, ready: 1, want: 0, instances: 1, applied: false, activity: 'inactive' },
    ],
  },
  {
    title: 'a revision that is not reachable goes from many to none, but through inactive, too',
    begin: found(1),
    rows: [
      { at: 62, load: 0, ready: 8, reachable: false, want: 0, instances: 8, applied: false },
      { at: 92, load: 0, ready: 8, reachable: false, want: 0, instances: 0, applied: true },
    ],
  },
  {
    title: 'where scaling to zero is off, one pod stays',
    rule: { scaleToZero: false },
    begin: found(1),
    rows: [{ at: 600, load: 0, ready: 1, want: 1, applied: true, activity: 'active' }],
  },
  {
    title: 'a start that takes long is waited for, up to the progress deadline and 30 s',
    begin: deployed,
    // 600 + 30 = 630: at 630 not yet longer than that
    rows: [
      { at: 2, load: 0, ready: 0, current: 1, want: -1, instances: 1, applied: false },
      { at: 630, load: 0, ready: 0, current: 1, want: -1, instances: 1, applied: false },
      { at: 632, load: 0, ready: 0, current: 1, want: 0, instances: 0, applied: true, activity: 'inactive' },
    ],
  },
  {
    title: 'requests that wait for a start keep it wanted',
    begin: found(0),
    rows: [
      { at: 2, load: 5, ready: 0, current: 0, want: 1, instances: 1, applied: true, activity: 'activating' },
      { at: 4, load: 5, ready: 0, current: 1, want: 1, applied: true, activity: 'activating' },
      { at: 6, load: 5, ready: 1, current: 1, want: 1, applied: true, activity: 'active' },
    ],
  },
];

describe('the bounds of a Knative revision', () => {
  test.each(BOUNDS)('$title', play);
});
describe('the way of a Knative revision to zero', () => {
  test.each(TO_ZERO)('$title', play);
});

describe('the activator', () => {
  test('has a revision looked at at once only while the answer is 0', () => {
    const rule = ruleWith();
    expect(wakesAtOnce(foundRevision(rule, at(0), 0))).toBe(true);
    expect(wakesAtOnce(foundRevision(rule, at(0), 1))).toBe(false);
    expect(wakesAtOnce(deployedRevision(rule, at(0)))).toBe(false);
  });

  test('is in the path of a new revision whose initial scale has no room for the burst', () => {
    // 1 x 10 - 211 = -201; 3 x 100 - 211 = 89
    expect(deployedRevision(ruleWith({ targetBurstCapacity: 211 }), at(0)).excessBurstCapacity).toBe(-201);
    const wide = ruleWith({ targetBurstCapacity: 211, total: 100, initialScale: 3 });
    expect(deployedRevision(wide, at(0)).excessBurstCapacity).toBe(89);
    expect(foundRevision(wide, at(0), 1).activatorSince).toBeNull();
  });
});

describe('the memory of the Knative autoscaler', () => {
  const readings = {
    load: { stable: 50, panic: 90 },
    ready: 3,
    current: 3,
    reachable: true,
    activatorAnswers: true,
  };

  test('is a plain value: the same one gives the same answer, before and after a copy', () => {
    const rule = ruleWith({ scaleDownDelay: seconds(10) });
    const memory = foundRevision(rule, at(0), 3);
    const first = decideKnative(readings, rule, memory, at(2));
    const copied = decideKnative(readings, rule, structuredClone(memory), at(2));
    expect(copied).toEqual(first);
    expect(decideKnative(readings, rule, memory, at(2))).toEqual(first);
    expect(structuredClone(first.memory)).toEqual(first.memory);
  });

  test('is not touched where there are no data', () => {
    const rule = ruleWith();
    const { memory } = decideKnative(readings, rule, foundRevision(rule, at(0), 3), at(2));
    const later = decideKnative({ ...readings, load: null }, rule, memory, at(200)).memory;
    expect(later).toEqual(memory);
    expect(later.panicSince).toBe(at(2));
  });

  test('refuses a count of pods that is none', () => {
    const rule = ruleWith();
    expect(() =>
      decideKnative({ ...readings, ready: 1.5 }, rule, foundRevision(rule, at(0), 1), at(2)),
    ).toThrow('ready pods are counted');
  });
});

test('a burst on a revision scaled to zero, from the first request to the last pod', () => {
  // 25 requests in flight from 10 s to 40 s, starts take 4 s, a pod should have 10 (burst 211: activator in the path).
  const rule = ruleWith({ targetBurstCapacity: 211 });
  const metrics = new KnativeMetrics(rule.stableWindow, rule.panicWindow);
  let memory = foundRevision(rule, at(0), 0);
  let current = 0;
  let starts: number[] = [];
  const counts = new Map<number, number>();
  for (let second = 1; second <= 200; second++) {
    const inSystem = second >= 10 && second < 40 ? 25 : 0;
    const ready = Math.min(current, starts.filter((begun) => second - begun >= 4).length);
    if (ready > 0 || inSystem > 0) metrics.record(at(second), inSystem);
    if (second % 2 !== 0 && !(wakesAtOnce(memory) && inSystem > 0)) continue;
    const load = metrics.averages(at(second));
    const outcome = decideKnative(
      { load, ready, current, reachable: true, activatorAnswers: memory.activatorSince !== null },
      rule,
      memory,
      at(second),
    );
    memory = outcome.memory;
    const { instances } = outcome.decision;
    while (starts.length < instances) starts.push(second);
    starts = starts.slice(0, instances);
    current = instances;
    counts.set(second, current);
  }
  // At 10: 25 / 10 = 2.5 -> 3, 3 / 1 is panic. Ready at 14, when 3 / 3 < 2: the last extension was at 12, so the panic
  // holds to 72 and ends at 74. Then the stable window 15..74 reads 25 x 25 / 60 = 10.416667 -> 2.
  expect(counts.get(8)).toBe(0);
  expect(counts.get(10)).toBe(3);
  expect(counts.get(72)).toBe(3);
  expect(counts.get(74)).toBe(2);
  // At 76: 23 x 25 / 60 = 9.58 -> 1, down = 1. At 98 the window 39..98 still holds one second: 1. At 100 it holds
  // none: 0; active since 14, in the path since 0: inactive at 100, and gone at 102.
  expect(counts.get(76)).toBe(1);
  expect(counts.get(98)).toBe(1);
  expect(counts.get(100)).toBe(1);
  expect(counts.get(102)).toBe(0);
  expect(counts.get(200)).toBe(0);
});
