/**
 * Readings for which the decision was worked out in the rules, line by line: what an autoscaler has to say to them.
 *
 * No chance and no tolerance. The rules are those of "About instance autoscaling in Cloud Run services" (Cloud Run) and
 * of the Knative pod autoscaler (knative/serving, pkg/autoscaler/scaling/autoscaler.go); beside each row is the
 * arithmetic. The deciders are the ones that every run asks.
 */
import { mathSelfTest } from '../../engine/portable-math.ts';
import { SlidingWindow } from '../../engine/sliding-window.ts';
import type { KnativeSettings } from '../../model/plan.ts';
import {
  decideCloudRun,
  onDemandStarts,
  type CloudRunReadings,
  type CloudRunSettings,
} from '../../model/run/deciders/cloud-run.ts';
import { panicMemory, recommendKnative } from '../../model/run/deciders/knative-recommendation.ts';
import { knativeRule } from '../../model/run/deciders/knative-rule.ts';
import { pendingTimeout } from '../../rules/cloud-run-limits.ts';
import { duration, SECOND, type Duration, type Instant } from '../../units/time.ts';
import { vectorRow, type Row } from './row.ts';

const seconds = (count: number): Duration => duration(count, SECOND);

/** All of them. */
export const vectorRows = (): readonly Row[] => [
  ...cloudRun(),
  ...knative(),
  ...quota(),
  ...pendingTimes(),
  vectorRow(
    'math',
    'functions of our own give the digits they gave before (0: all)',
    mathSelfTest() === null ? 0 : 1,
    0,
  ),
];

const CLOUD_RUN: CloudRunSettings = {
  maxConcurrency: 80,
  vCpu: 1,
  concurrencyTarget: 0.6,
  cpuTarget: null,
  window: 'larger',
  tolerance: 0.1,
  minimum: 0,
  maximum: 100,
};

/** Target 80 x 0.6 = 48 requests an instance. */
function cloudRun(): Row[] {
  const table: readonly (readonly [
    what: string,
    readings: Partial<CloudRunReadings>,
    settings: Partial<CloudRunSettings>,
    instances: number,
  ])[] = [
    ['480 in flight: 480/48 = 10', { concurrencyShort: 480 }, {}, 10],
    ['481 in flight: 10.02, rounded up', { concurrencyShort: 481 }, {}, 11],
    ['the larger window wins: 600/48 = 12.5', { concurrencyShort: 100, concurrencyLong: 600 }, {}, 13],
    [
      'the 60 s window alone: 100/48 = 2.08',
      { concurrencyShort: 100, concurrencyLong: 600 },
      { window: '60s' },
      3,
    ],
    ['11 % above 9: 480/48 = 10, 10/9 = 1.11', { concurrencyShort: 480, current: 9 }, {}, 10],
    ['within a tenth of 10: 9.02/10', { concurrencyShort: 433, current: 10 }, {}, 10],
    ['a tenth off exactly: 11/10 stays', { concurrencyShort: 528, current: 10 }, {}, 10],
    ['nothing in flight: 0', { current: 10 }, {}, 0],
    ['nothing in flight, minimum 2', { current: 10 }, { minimum: 2 }, 2],
    ['the maximum cuts: 1000/48 = 20.8', { concurrencyShort: 1000 }, { maximum: 20 }, 20],
    ['concurrency 1: 3/0.6 = 5', { concurrencyShort: 3 }, { maxConcurrency: 1 }, 5],
    ['CPU wins: 4.9/(1 x 0.6) = 8.17', { concurrencyShort: 48, cpu: 4.9 }, { cpuTarget: 0.6 }, 9],
    [
      'CPU on two vCPU: 4.9/(2 x 0.6) = 4.08',
      { concurrencyShort: 48, cpu: 4.9 },
      { cpuTarget: 0.6, vCpu: 2 },
      5,
    ],
    ['no driver: 0', { concurrencyShort: 480 }, { concurrencyTarget: null }, 0],
  ];
  const rows = table.map(([what, readings, settings, instances]) => {
    const { instances: ours } = decideCloudRun(
      { concurrencyShort: 0, concurrencyLong: 0, cpu: null, current: 0, ...readings },
      { ...CLOUD_RUN, ...settings },
    );
    return vectorRow('cloud-run', what, ours, instances);
  });
  const demand: readonly (readonly [
    what: string,
    pending: number,
    concurrency: number,
    starting: number,
    is: number,
  ])[] = [
    ['81 pend, 80 fit: 2 starts', 81, 80, 0, 2],
    ['81 pend, 1 starting: 1 start', 81, 80, 1, 1],
    ['3 pend, 5 starting: none', 3, 1, 5, 0],
  ];
  return [
    ...rows,
    ...demand.map(([what, pending, concurrency, starting, is]) =>
      vectorRow('cloud-run', what, onDemandStarts(pending, concurrency, starting), is),
    ),
  ];
}

const KNATIVE: KnativeSettings = {
  metric: 'concurrency',
  target: null,
  targetUtilization: 1,
  stableWindow: seconds(60),
  panicWindowPercentage: 10,
  panicThresholdPercentage: 200,
  maxScaleUpRate: 1000,
  maxScaleDownRate: 2,
  scaleDownDelay: seconds(0),
  scaleToZeroGracePeriod: seconds(30),
  targetBurstCapacity: 0,
  activationScale: 1,
  initialScale: 1,
  tick: seconds(2),
};

interface Reading {
  readonly at: number;
  readonly stable: number;
  /** Left out: as `stable`. */
  readonly panic?: number;
  readonly ready: number;
  readonly instances: number;
}

/** Ten requests a pod are wanted; what each row's readings give, and one after the other where memory matters. */
function knative(): Row[] {
  const tables: readonly (readonly [
    what: string,
    settings: Partial<KnativeSettings>,
    readings: readonly Reading[],
  ])[] = [
    ['load over target, rounded up: 35/10', {}, [{ at: 0, stable: 35, ready: 4, instances: 4 }]],
    [
      'a pod may take 10 and should have 7: 35/7',
      { targetUtilization: 0.7 },
      [{ at: 0, stable: 35, ready: 4, instances: 5 }],
    ],
    ['nothing: floor(1/2) = 0', {}, [{ at: 0, stable: 0, ready: 1, instances: 0 }]],
    ['one decision halves at most: floor(9/2)', {}, [{ at: 0, stable: 0, ready: 9, instances: 4 }]],
    [
      'growth is limited: ceil(3 x 2) = 6 of 100',
      { maxScaleUpRate: 3 },
      [{ at: 0, stable: 1000, panic: 2000, ready: 2, instances: 6 }],
    ],
    [
      'panic at twice what is ready: 8 = 2 x 4',
      {},
      [{ at: 0, stable: 50, panic: 80, ready: 4, instances: 8 }],
    ],
    ['no panic just below: 7 < 2 x 4', {}, [{ at: 0, stable: 50, panic: 70, ready: 4, instances: 5 }]],
    [
      'in panic nothing shrinks; after a stable window it may',
      {},
      [
        { at: 0, stable: 20, panic: 90, ready: 3, instances: 9 },
        { at: 4, stable: 0, panic: 0, ready: 9, instances: 9 },
        { at: 60, stable: 20, panic: 10, ready: 9, instances: 9 },
        { at: 62, stable: 20, panic: 10, ready: 9, instances: 4 },
      ],
    ],
    [
      'the activation scale lifts any want: 1/10 to 5',
      { activationScale: 5 },
      [{ at: 0, stable: 1, ready: 1, instances: 5 }],
    ],
    [
      'by rate: 20/s at 0.7 x 2 a pod, 14.3',
      { metric: 'rps', target: 2, targetUtilization: 0.7 },
      [{ at: 0, stable: 20, ready: 15, instances: 15 }],
    ],
  ];
  return tables.flatMap(([what, settings, readings]) => {
    const rule = knativeRule({ ...KNATIVE, ...settings }, { maxConcurrency: 10, minimum: 0, maximum: 0 });
    let memory = panicMemory(0 as Instant, 0);
    return readings.map(({ at, stable, panic = stable, ready, instances }) => {
      const now = (at * SECOND) as Instant;
      const answer = recommendKnative({ stable, panic, ready, reachable: true }, rule, memory, now);
      memory = answer.memory;
      return vectorRow(
        'knative',
        readings.length > 1 ? `${what}, at ${at} s` : what,
        answer.instances,
        instances,
      );
    });
  });
}

/** Two grants in any second: a third call within it is denied, and one a nanosecond after it is not. */
function quota(): Row[] {
  const window = new SlidingWindow(2, SECOND);
  const calls: readonly (readonly [at: number, granted: number])[] = [
    [0, 1],
    [400_000_000, 1],
    [999_999_999, 0],
    [1_000_000_000, 1],
    [1_399_999_999, 0],
    [1_400_000_000, 1],
  ];
  return calls.map(([at, granted]) =>
    vectorRow('quota', `2 in any second: a call at ${at} ns`, Number(window.tryTake(at as Instant)), granted),
  );
}

/** max(10 s, 3.5 x the mean start-up time), in seconds. */
const pendingTimes = (): Row[] =>
  (
    [
      ['no start yet: 10 s', null, 10],
      ['starts of 2 s: 10 s', 2, 10],
      ['starts of 4 s: 3.5 x 4 = 14 s', 4, 14],
    ] as const
  ).map(([what, start, is]) =>
    vectorRow('pending', what, pendingTimeout(start === null ? null : seconds(start)) / SECOND, is),
  );
