import { describe, expect, it } from 'vitest';
import { allotted, Shares } from '../../src/probes/crowd-shares.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('A number shared out', () => {
  it('is shared out in whole parts, near what is due, and nothing is lost', () => {
    const weights = Array.from({ length: 300 }, (_, i) => 1 + ((i * 37) % 11));
    const total = sum(weights);
    const share = new Shares(1000, total);
    const parts = weights.map((weight) => share.next(weight));
    parts.forEach((part, i) => expect(Math.abs(part - (1000 * weights[i]) / total)).toBeLessThan(1));
    let rest = 0;
    share.rest((count) => (rest += count));
    expect(sum(parts) + rest).toBe(1000);
  });

  it('goes to the rest where nobody has a weight', () => {
    const share = new Shares(7, 0);
    expect([share.next(0), share.next(0)]).toEqual([0, 0]);
    share.rest((count) => expect(count).toBe(7));
    share.rest(() => expect.unreachable('given once'));
    expect.assertions(2);
  });
});

describe('Requests that were answered', () => {
  it('are of those that began, as many of each as are expected to have ended', () => {
    expect(allotted(500, [1000, 200], [0.4, 0.5])).toEqual([400, 100]);
  });

  it('more or fewer of them are put down to those of which it is least certain', () => {
    // Ten fewer than expected: those that end for sure did.
    expect(allotted(690, [500, 400], [1, 0.5])).toEqual([500, 190]);
    expect(allotted(710, [500, 400], [1, 0.5])).toEqual([500, 210]);
  });

  it('are never more than there were of a sort', () => {
    const left = [3, 0, 90, 7];
    for (let count = 0; count <= 100; count++) {
      const parts = allotted(count, left, [0.9, 0.5, 0.01, 1]);
      expect(sum(parts)).toBe(count);
      parts.forEach((part, i) => {
        expect(part).toBeGreaterThanOrEqual(0);
        expect(part).toBeLessThanOrEqual(left[i]);
      });
    }
    expect(() => allotted(101, left, [0.9, 0.5, 0.01, 1])).toThrow('answered 2xx');
  });
});
