import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/engine/streams.ts';
import { SampleSize } from '../../../src/model/accelerated/sample-size.ts';
import { SampledInstances } from '../../../src/model/accelerated/sampled-instances.ts';
import { SECOND } from '../../../src/units/time.ts';

const nobody = { finished: () => {}, late: () => {}, emptied: () => {}, filled: () => {} };

function sample(count: number): SampledInstances {
  const luck = new Streams('1', 0).stream('crowd-work', 'a');
  const sampled = new SampledInstances(80, 1, 60 * SECOND, 0, luck, nobody);
  for (let row = 0; row < count; row++) sampled.add(row, 'core');
  return sampled;
}

/** After the CPU has been in use to this share for a long time. */
function sizeAfter(used: number): SampleSize {
  const size = new SampleSize();
  for (let n = 0; n < 200; n++) size.noteUse(used, SECOND);
  return size;
}

/** Until nothing changes any more. */
function settle(size: SampleSize, sampled: SampledInstances, at = 1000 * SECOND): number {
  for (let n = 0; n < 20; n++) size.keep(sampled, at);
  return sampled.count;
}

describe('The size of a sample', () => {
  it('is the larger, the more of the CPU is in use', () => {
    const [quiet, busy, full] = [0.5, 0.85, 0.99].map((used) => settle(sizeAfter(used), sample(8000)));
    expect(quiet).toBeGreaterThanOrEqual(64);
    expect(quiet).toBeLessThanOrEqual(96);
    expect(busy).toBeGreaterThan(2 * quiet);
    expect(full).toBeGreaterThan(busy);
    expect(full).toBeLessThanOrEqual(3000);
  });

  it('is all there are where they are few', () => {
    expect(settle(sizeAfter(0.7), sample(50))).toBe(50);
  });

  it('is larger as long as instances differ, and does not fall by half at once', () => {
    const size = sizeAfter(0.7);
    const sampled = sample(1100);
    size.disturb(1000 * SECOND);
    size.keep(sampled, 1001 * SECOND);
    expect(sampled.count).toBeGreaterThan(900);
    expect(settle(size, sampled, 1061 * SECOND)).toBeLessThan(120);
  });

  it('grows again from few groups of many', () => {
    const sampled = sample(1000);
    const few = settle(sizeAfter(0.5), sampled);
    expect(settle(sizeAfter(0.95), sampled)).toBeGreaterThan(3 * few);
    expect(sampled.coreSize).toBe(1000);
  });
});
