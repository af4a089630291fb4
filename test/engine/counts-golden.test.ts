/**
 * Random counts, number by number: the same on every machine and in every version, as results are compared across both.
 *
 * That they follow their distributions is tested elsewhere; here a last digit counts as much as a first one.
 */
import { expect, it } from 'vitest';
import { binomial } from '../../src/engine/binomial.ts';
import { poisson } from '../../src/engine/poisson.ts';
import { Streams, type Stream } from '../../src/engine/streams.ts';

/** The first six of 3,000 counts, and all of them as one number. */
function counts(draw: (stream: Stream) => number): number[] {
  const stream = new Streams('counts', 0).stream('arrivals', 'golden');
  const all = Array.from({ length: 3000 }, () => draw(stream));
  return [
    ...all.slice(0, 6),
    all.reduce((sum, count) => ((sum % 1_000_003) * 31 + count) % 1_000_000_007, 0),
  ];
}

it.each([
  [0.01, [0, 0, 0, 0, 0, 0, 18451603]],
  [3, [4, 4, 4, 5, 5, 0, 16551956]],
  [9.99, [11, 12, 11, 13, 13, 3, 6665071]],
  [10, [12, 11, 14, 6, 12, 16, 12358838]],
  [37.5, [41, 40, 45, 28, 31, 40, 15728297]],
  [1e4, [10048, 10044, 10119, 9848, 9894, 10133, 21200604]],
  [1e9, [1000015266, 1000013813, 1000037657, 999952106, 999966490, 1000041892, 26566609]],
  [
    4e15,
    [
      4000000030531195, 4000000027626195, 4000000075314120, 3999999904212979, 3999999932981124,
      4000000083784475, 956864260,
    ],
  ],
])('counts with mean %d are what they always were', (mean, expected) => {
  expect(counts((stream) => poisson(mean, stream))).toEqual(expected);
});

it.each([
  [5, 0.3, [2, 2, 2, 2, 3, 0, 2141233]],
  [100, 0.05, [6, 6, 6, 7, 7, 1, 1450618]],
  [20, 0.5, [11, 11, 13, 7, 7, 12, 27067876]],
  [21, 0.5, [12, 13, 8, 12, 15, 9, 15872849]],
  [1000, 0.013, [15, 17, 8, 9, 16, 20, 473970]],
  [1000, 0.4, [408, 407, 419, 377, 383, 421, 28383885]],
  [1000, 0.97, [967, 968, 963, 978, 976, 968, 30704425]],
  [1e9, 1e-9, [1, 1, 1, 2, 2, 0, 19786277]],
  [1e9, 0.25, [250006609, 250005980, 250016301, 249979270, 249985494, 250018134, 264890768]],
])('successes of %d trials at %d are what they always were', (n, p, expected) => {
  expect(counts((stream) => binomial(n, p, stream))).toEqual(expected);
});
