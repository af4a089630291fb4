import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { seedText, stateFrom, Stream, Streams, STREAM_PURPOSES } from '../../src/engine/streams.ts';
import type { StreamPurpose } from '../../src/engine/streams.ts';

const purposes = Object.keys(STREAM_PURPOSES) as StreamPurpose[];
const draws = (stream: Stream, n: number): number[] => Array.from({ length: n }, () => stream.nextInt32());

/** The first eight words of each purpose, for seed '42', replication 3, entity 'checkout'. Never to change. */
const FIRST_WORDS: Record<StreamPurpose, number[]> = {
  arrivals: [
    -2007333733, 1049293453, -1847868248, -1582161636, 665354023, -814180995, -1843111444, 160821324,
  ],
  'service-time': [
    -599320337, -1723775544, 611803147, 1915032739, -620144666, 731073953, -579804504, -216752790,
  ],
  'first-request': [
    -1524361447, 1429282078, 870966884, -1393671566, -77166498, -312344150, -179373221, -1246593379,
  ],
  'cpu-time': [
    -2035597757, -1842004769, 291572001, 1453876212, -1772227410, 1004756416, 1815528622, 1742902950,
  ],
  routing: [-256164791, 519632453, 1612580225, 1065959399, -89151078, 2134748804, -1016542835, 90206491],
  'revision-choice': [
    -1774611074, -1689273070, -1829706020, -1596272525, -309639052, 903384679, -1369274822, 452362563,
  ],
  'traffic-shift': [
    -195781326, 192126177, 1758577257, 920748876, -8394137, 1907944973, -1781034132, -826399089,
  ],
  scheduling: [494862499, 1277541103, 147775463, -687388461, 499882181, 628510418, -20987977, -2002057913],
  'image-import': [
    -1033733377, 1302979604, -1977058633, 658479345, -246031467, 149910783, -516686977, -960456517,
  ],
  'container-start': [
    -112003207, -1060107081, 1257312153, 1229799556, 868415199, -1758135754, -1868753942, 1575152464,
  ],
  'kms-latency': [
    10762199, -1109607469, -1729298224, -494905521, 1657865868, -1342849448, -257861281, 1991083679,
  ],
  'ekm-latency': [
    369645261, 69550832, -119146299, -816822844, -1240291802, -1197043012, 1106662931, 1571989575,
  ],
  'ekm-failure': [
    -955081626, -743048154, -1626580358, -1924169192, -368789282, -1806761638, -271582652, -1381301915,
  ],
  'retry-jitter': [
    -578225632, 1171323430, -1278562545, 1570001585, 1878460163, 558645304, -1090868955, -127107179,
  ],
  'other-usage': [
    -841604357, -1380182226, -9093176, -1520460056, -1409626095, 1990138724, -87980505, -1714449930,
  ],
  'key-check-phase': [
    -452068893, -1678681759, 934238687, 1786042276, -706183344, -1280089520, -1983960413, 2061340171,
  ],
  'idle-timeout': [
    586810984, -1084824988, -462031880, -2102271826, 838693975, -1821445991, 1320409370, 2123597606,
  ],
  'random-faults': [
    1222967597, 2021594487, 279110101, 2128310347, -419968167, -778543460, -1452432831, -645183691,
  ],
  'crash-choice': [
    -1066495010, -141257378, 1872934982, -855797013, -2037385516, -1034531651, 1838436188, -280898944,
  ],
  'client-retry': [
    -814154118, -536904461, 1079395891, 2128720184, 1052772464, 1389805305, -2008067875, -1006395728,
  ],
  session: [29352596, -468064831, 1563493122, 1511105140, -917616021, -1884711104, 1293050550, 1645476293],
  'quota-overload': [
    -1603182995, 44231015, 1237718052, 1343642238, -761781165, 2017314795, -1763659898, -1091424700,
  ],
  'ekm-attempt': [
    365633235, -1037754117, 1657882668, 779305003, -296945027, -1622980073, 1235624004, -494252136,
  ],
  'crowd-arrivals': [
    -1945437369, 1113339549, -2009168439, 737956198, -1434334866, 1278855192, 206821295, -2086970294,
  ],
  'crowd-work': [
    251373097, -1493013228, -1780374631, -526921653, 1915490542, 199659601, 2073595633, -106596826,
  ],
  'sampled-duration': [
    -1635540492, 635258964, 1282060849, -1764845645, 522132520, 1580856014, 793618105, -1018694100,
  ],
  'sampled-cpu': [3933591, 417177917, -116590599, 883732321, 2016665206, -1966653829, -543748588, 1113917455],
  mmpp: [1080672087, 1439376821, -1420765110, -337958531, 1895565504, 1142680169, 493939757, -1676316038],
};

describe('A random stream', () => {
  it('draws what xoshiro128** draws', () => {
    // The state 1, 2, 3, 4; the first output is rotl(2 x 5, 7) x 9 = 11520.
    const words = draws(new Stream(Int32Array.of(1, 2, 3, 4)), 10).map((word) => word >>> 0);
    expect(words).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('never gives 0 or 1, and gives 1 - u exactly', () => {
    // States whose first two words are all zeros, and all ones.
    expect(new Stream(Int32Array.of(1, 0, 1, 0)).next53()).toBe(2 ** -53);
    const ones = Math.imul((Math.imul(-1, 954437177) >>> 7) | (Math.imul(-1, 954437177) << 25), 3435973837);
    expect(new Stream(Int32Array.of(0, ones, 0, 0)).next53()).toBe(1 - 2 ** -53);
    const stream = new Streams('u', 0).stream('arrivals', 'a');
    for (let i = 0; i < 10_000; i++) {
      const u = stream.next53();
      if (!(u > 0 && u < 1 && 1 - (1 - u) === u)) expect.fail(`${u}`);
    }
  });

  it('spreads its numbers evenly, and a number says nothing about the next', () => {
    const stream = new Streams('u', 0).stream('arrivals', 'a');
    const n = 200_000;
    const cells = new Array<number>(100).fill(0);
    let product = 0;
    let last = stream.next53();
    for (let i = 0; i < n; i++) {
      const u = stream.next53();
      cells[Math.floor(u * 100)]++;
      product += (u - 0.5) * (last - 0.5);
      last = u;
    }
    const chiSquare = cells.reduce((sum, count) => sum + (count - n / 100) ** 2 / (n / 100), 0);
    // 99 degrees of freedom: mean 99, standard deviation 14.
    expect(chiSquare).toBeGreaterThan(99 - 4 * 14);
    expect(chiSquare).toBeLessThan(99 + 4 * 14);
    expect(Math.abs((12 * product) / Math.sqrt(n))).toBeLessThan(4);
  });

  it('chooses one of n with equal chance, and never n itself', () => {
    const stream = new Streams('n', 0).stream('routing', 'a');
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[stream.below(3)]++;
    // Standard deviation of each: 82.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(330);
    expect(stream.below(1)).toBe(0);
    expect(() => stream.below(0)).toThrow();
    expect(() => stream.below(1.5)).toThrow();
    expect(() => stream.below(NaN)).toThrow();
    expect(() => stream.below(2 ** 31 + 1)).toThrow('at most 2^31');
    expect(stream.below(2 ** 31)).toBeLessThan(2 ** 31);
  });

  it('has a state of four words that are not all zero', () => {
    expect(() => new Stream(Int32Array.of(1, 2, 3))).toThrow('four words');
    expect(() => new Stream(Int32Array.of(1, 2, 3, 4, 5))).toThrow('four words');
    expect(() => new Stream(new Int32Array(4))).toThrow('not zero');
    for (const place of [0, 1, 2, 3]) {
      const state = new Int32Array(4);
      state[place] = 8;
      expect(() => new Stream(state)).not.toThrow();
    }
  });

  it('fills a block with what as many questions would give, and goes on from there', () => {
    const [ahead, single] = [0, 1].map(() => new Stream(Int32Array.of(5, 6, 7, 8)));
    const block = new Float64Array(9);
    for (let round = 0; round < 4; round++) {
      ahead.fill53(block);
      expect([...block]).toEqual(Array.from({ length: 9 }, () => single.next53()));
    }
    expect(draws(ahead, 4)).toEqual(draws(single, 4));
  });

  it('takes two words for every uniform number, however it is used', () => {
    const [a, b] = [0, 1].map(() => new Stream(Int32Array.of(5, 6, 7, 8)));
    a.next53();
    a.below(7);
    draws(b, 4);
    expect(a.nextInt32()).toBe(b.nextInt32());
  });
});

describe('The streams of a replication', () => {
  it.each(purposes)('draws the same for %s as it always did', (purpose) => {
    expect(draws(new Streams('42', 3).stream(purpose, 'checkout'), 8)).toEqual(FIRST_WORDS[purpose]);
  });

  it('does not move one stream when another is asked for', () => {
    const streams = new Streams('42', 3);
    for (const purpose of purposes.toReversed()) draws(streams.stream(purpose, 'other'), 5);
    expect(draws(streams.stream('arrivals', 'checkout'), 8)).toEqual(FIRST_WORDS.arrivals);
  });

  it('depends on every part of the name, and on where one part ends', () => {
    const first = (seed: string, replication: number, purpose: StreamPurpose, entity: string): string =>
      draws(new Streams(seed, replication).stream(purpose, entity), 4).join();
    const names = [
      first('1', 1, 'arrivals', 'a'),
      first('11', 1, 'arrivals', 'a'),
      first('111', 1, 'arrivals', 'a'),
      first('1', 11, 'arrivals', 'a'),
      first('1', 1, 'routing', 'a'),
      first('1', 1, 'arrivals', 'aa'),
      first('1', 1, 'arrivals', ''),
      first('', 1, 'arrivals', 'a'),
      first('1', 1, 'arrivals', 'a,'),
      first('1', 1, 'arrivals', 'a.'),
      first('1', 1, 'arrivals', 'a%2e;'),
      first('1', 1, 'arrivals', '\u0101'),
      first('1', 1, 'arrivals', '\u0001'),
      first('1', 1, 'arrivals', '\u{1F511}'),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('hears every character of a name of any length', () => {
    const long = 'x'.repeat(1000);
    const first = (entity: string): string =>
      draws(new Streams('42', 0).stream('arrivals', entity), 4).join();
    const variants = [0, 150, 151, 256, 400, 999].map((at) => `${long.slice(0, at)}y${long.slice(at + 1)}`);
    expect(new Set([long, `${long}x`, ...variants].map(first)).size).toBe(variants.length + 2);
  });

  it('refuses a second owner, an unknown purpose, and a replication that is no count', () => {
    const streams = new Streams('42', 0);
    streams.stream('arrivals', 'checkout');
    expect(() => streams.stream('arrivals', 'checkout')).toThrow('one owner');
    expect(() => streams.stream('weather' as StreamPurpose, 'checkout')).toThrow('weather');
    expect(() => new Streams('42', 0.5)).toThrow();
    expect(() => new Streams('42', -1)).toThrow();
    expect(() => new Streams(42 as unknown as string, 0)).toThrow('text');
  });

  it('takes its state from seedrandom as it is where the name fits into one key', () => {
    for (const length of [1, 199, 200]) {
      const key = `${'x'.repeat(length)}.`;
      const arc4 = seedrandom(key);
      expect([...stateFrom(key)]).toEqual([arc4.int32(), arc4.int32(), arc4.int32(), arc4.int32()]);
    }
  });

  it('never hands seedrandom a key that repeats itself', () => {
    // What must not happen: to ARC4 these three are one key.
    expect(seedrandom('1').int32()).toBe(seedrandom('11').int32());
    expect(seedrandom('1').int32()).toBe(seedrandom('111').int32());
    expect(() => stateFrom('1')).toThrow('full stop');
    expect(() => stateFrom('1.1.')).toThrow('full stop');
    // An entity that continues the text so that, but for its end, it is the same thing twice.
    const once = seedText(['cmeksim-rng/1', '42', '0', 'arrivals', 'x']);
    const text = seedText(['cmeksim-rng/1', '42', '0', 'arrivals', `x${once}`]);
    for (const made of [once, text]) {
      expect(made.indexOf('.')).toBe(made.length - 1);
      for (let period = 1; period < made.length; period++) {
        expect(
          made
            .slice(0, period)
            .repeat(Math.ceil(made.length / period))
            .startsWith(made),
        ).toBe(false);
      }
    }
  });

  it('gives a thousand services numbers that have nothing to do with each other', () => {
    const streams = new Streams('42', 0);
    const n = 64;
    const all = Array.from({ length: 1000 }, (_, i) => {
      const stream = streams.stream('arrivals', `service-${i}`);
      const numbers = Float64Array.from({ length: n }, () => stream.next53() - 0.5);
      const length = Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));
      return numbers.map((x) => x / length);
    });
    let largest = 0;
    let sumOfSquares = 0;
    for (let i = 0; i < all.length; i++) {
      for (let j = 0; j < i; j++) {
        let r = 0;
        for (let k = 0; k < n; k++) r += all[i][k] * all[j][k];
        r *= Math.sqrt(n);
        largest = Math.max(largest, Math.abs(r));
        sumOfSquares += r * r;
      }
    }
    // 499,500 pairs, each about standard normal: 5.9 is expected to be passed once in 550 such tests.
    expect(largest).toBeLessThan(5.9);
    expect(Math.abs(sumOfSquares / 499_500 - 1)).toBeLessThan(0.01);
  });

  it('gives different replications and services different beginnings', () => {
    const firsts = new Set<number>();
    for (let replication = 0; replication < 100; replication++) {
      const streams = new Streams('42', replication);
      for (let i = 0; i < 100; i++) firsts.add(streams.stream('arrivals', `s${i}`).next53());
    }
    expect(firsts.size).toBe(10_000);
  });
});
