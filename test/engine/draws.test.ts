/**
 * Numbers drawn ahead are the numbers that would have been drawn one by one.
 */
import { expect, it } from 'vitest';
import { Distribution } from '../../src/engine/distributions.ts';
import { Draws, UnitExponentials } from '../../src/engine/draws.ts';
import { negLn } from '../../src/engine/portable-math.ts';
import { Streams } from '../../src/engine/streams.ts';

const stream = () => new Streams('7', 1).stream('service-time', 'checkout');

it('a block of uniform numbers is what as many questions would have given', () => {
  const [ahead, oneByOne] = [stream(), stream()];
  const block = new Float64Array(7);
  for (let round = 0; round < 3; round++) {
    ahead.fill53(block);
    for (const number of block) expect(number).toBe(oneByOne.next53());
  }
  expect(ahead.nextInt32()).toBe(oneByOne.nextInt32());
});

it('lengths of time drawn ahead are those of the distribution, in order, block after block', () => {
  const spec = { kind: 'lognormal', p50: 80e6, p99: 900e6 } as const;
  const draws = new Draws(new Distribution(spec), stream());
  const [distribution, luck] = [new Distribution(spec), stream()];
  for (let i = 0; i < 300; i++) expect(draws.next()).toBe(distribution.draw(luck));
});

it('gaps drawn ahead are the logarithms of the numbers of the stream, in order', () => {
  const gaps = new UnitExponentials(stream());
  const luck = stream();
  for (let i = 0; i < 300; i++) expect(gaps.next()).toBe(negLn(luck.next53()));
});
