/** Cloud Run's periodic decision by itself: two drivers, two windows, a tolerance and bounds, worked out by hand. */
import { describe, expect, test } from 'vitest';
import {
  decideCloudRun,
  onDemandStarts,
  type CloudRunReadings,
  type CloudRunSettings,
} from '../../../src/model/run/deciders/cloud-run.ts';

/** 80 x 0.6 = 48 requests an instance, 2 x 0.5 = 1 vCPU an instance. */
const SETTINGS: CloudRunSettings = {
  maxConcurrency: 80,
  vCpu: 2,
  concurrencyTarget: 0.6,
  cpuTarget: 0.5,
  window: 'larger',
  tolerance: 0.1,
  minimum: 0,
  maximum: 100,
};

const decide = (
  readings: Partial<CloudRunReadings>,
  settings: Partial<CloudRunSettings> = {},
): ReturnType<typeof decideCloudRun> =>
  decideCloudRun(
    { concurrencyShort: 0, concurrencyLong: 0, cpu: null, current: 0, ...readings },
    { ...SETTINGS, ...settings },
  );

describe('The count that Cloud Run decides on', () => {
  test('is what the driver needs that needs more, and says which one it was', () => {
    // 480 / 48 = 10 instances by concurrency; 5, 15 and 10 by CPU.
    expect(decide({ concurrencyShort: 480, cpu: 5 })).toEqual({
      instances: 10,
      because: 'concurrency needs 10',
    });
    expect(decide({ concurrencyShort: 480, cpu: 15 })).toEqual({ instances: 15, because: 'CPU needs 15' });
    expect(decide({ concurrencyShort: 480, cpu: 10 }).because).toBe('concurrency needs 10');
  });

  test('is rounded up, but not by a last binary digit', () => {
    expect(decide({ concurrencyShort: 481 })).toEqual({ instances: 11, because: 'concurrency needs 10.021' });
    // 21 / (3 x 0.7) is 10.000000000000002 in binary.
    expect(decide({ concurrencyShort: 21 }, { maxConcurrency: 3, concurrencyTarget: 0.7 }).instances).toBe(
      10,
    );
    expect(decide({}).instances).toBe(0);
  });

  test.each([
    ['60s', 96, 480, 2],
    ['600s', 96, 480, 10],
    ['larger', 96, 480, 10],
    ['60s', 480, 96, 10],
    ['600s', 480, 96, 2],
    ['larger', 480, 96, 10],
  ] as const)(
    'with the window %s reads %d in the short and %d in the long one as %d instances',
    (window, concurrencyShort, concurrencyLong, instances) => {
      expect(decide({ concurrencyShort, concurrencyLong }, { window }).instances).toBe(instances);
    },
  );

  test('leaves out a driver that is disabled, and CPU where it is not simulated', () => {
    const readings = { concurrencyShort: 480, cpu: 15 };
    expect(decide(readings, { cpuTarget: null }).instances).toBe(10);
    expect(decide(readings, { concurrencyTarget: null, cpuTarget: 1 }).instances).toBe(8);
    expect(decide({ ...readings, cpu: null }).instances).toBe(10);
    expect(decide(readings, { concurrencyTarget: null, cpuTarget: null }).instances).toBe(0);
  });

  test('stays while what is needed is within the tolerance, its border included', () => {
    // 11 and 9 are 10 % off 10; 11.25 and 8.75 are more.
    expect(decide({ concurrencyShort: 528, current: 10 })).toEqual({
      instances: 10,
      because: 'concurrency needs 11, within the tolerance of 10',
    });
    expect(decide({ concurrencyShort: 432, current: 10 }).instances).toBe(10);
    expect(decide({ concurrencyShort: 540, current: 10 }).instances).toBe(12);
    expect(decide({ concurrencyShort: 420, current: 10 }).instances).toBe(9);
    expect(decide({ concurrencyShort: 528, current: 0 }).instances).toBe(11);
  });

  test('obeys new bounds even where it would have stayed', () => {
    expect(decide({ concurrencyShort: 480, current: 10 }, { maximum: 8 }).instances).toBe(8);
    expect(decide({ concurrencyShort: 480, current: 10 }, { minimum: 12 }).instances).toBe(12);
  });

  test('is kept within the bounds, and says which one it met', () => {
    expect(decide({ concurrencyShort: 48 }, { minimum: 3 })).toEqual({
      instances: 3,
      because: 'concurrency needs 1, the minimum',
    });
    expect(decide({ concurrencyShort: 480 }, { maximum: 4 })).toEqual({
      instances: 4,
      because: 'concurrency needs 10, the maximum',
    });
    expect(decide({ concurrencyShort: 144 }, { minimum: 3, maximum: 3 }).because).toBe('concurrency needs 3');
  });
});

describe('Starts for requests that pend', () => {
  test('are as many as they fill, less what is starting already, and never fewer than none', () => {
    expect(onDemandStarts(80, 80, 0)).toBe(1);
    expect(onDemandStarts(81, 80, 0)).toBe(2);
    expect(onDemandStarts(400, 80, 2)).toBe(3);
    expect(onDemandStarts(10, 80, 3)).toBe(0);
    expect(onDemandStarts(0, 80, 0)).toBe(0);
  });
});
