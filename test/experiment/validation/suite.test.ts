import { describe, expect, test } from 'vitest';
import { ORACLES } from '../../../src/experiment/oracles/all.ts';
import { cubeRoot, goodnessOfFit, normalScore, reading } from '../../../src/experiment/oracles/gates.ts';
import { exactly, mean, scenario, fleet, pending } from '../../../src/experiment/oracles/worlds.ts';
import type { Case } from '../../../src/experiment/oracles/oracle.ts';
import { inline } from '../../../src/experiment/pool.ts';
import { carryOut, failure } from '../../../src/experiment/tasks.ts';
import { ensembleRows, scored } from '../../../src/experiment/validation/ensemble.ts';
import { table, validationFiles } from '../../../src/experiment/validation/files.ts';
import { planOf, playAll } from '../../../src/experiment/validation/plays.ts';
import { formulaRow, plantedRows, rowsOf, type Row } from '../../../src/experiment/validation/row.ts';
import { names, SEED, validate } from '../../../src/experiment/validation/suite.ts';
import { vectorRows } from '../../../src/experiment/validation/vectors.ts';
import { play } from '../../../src/probes/play.ts';
import { InvariantViolation } from '../../../src/units/check.ts';

const crafts = { play, render: () => Promise.reject(new Error('nothing is drawn here')) };
const serial = inline((task) => carryOut(task, crafts));
/** Several tasks at a time, of which later ones are done first. */
const shuffled = { ...serial, threads: 3 };

const queue = (over: Partial<Case> = {}): Case => ({
  name: 'a queue',
  scenario: scenario({
    rate: 0.5,
    until: 200,
    service: { ...fleet(1), requests: { duration: { exponential: { mean: '1s' } } } },
  }),
  replications: 6,
  precision: 1,
  claims: [mean('mean wait, s', 1, pending('mean'))],
  ...over,
});

describe('the validation', () => {
  test('has every oracle once, in order, each with a source, and each with something to compare', () => {
    const numbers = ORACLES.map(({ id }) => id).filter((id) => id !== 'O16d');
    expect(numbers).toEqual(Array.from({ length: 19 }, (_, i) => `O${i + 1}`));
    for (const { source, title, cases } of ORACLES) {
      expect(source.length * title.length).toBeGreaterThan(0);
      expect(cases('small', SEED).length).toBeGreaterThan(0);
    }
    expect(names()).toEqual(['vectors', ...numbers]);
  });

  test('claims the same of the full size as of the small one, of longer runs', () => {
    for (const { id, cases, ensemble } of ORACLES) {
      if (ensemble) continue;
      const [small, full] = [cases('small', SEED), cases('full', SEED)];
      expect(full.map(({ name }) => name)).toEqual(small.map(({ name }) => name));
      const claims = (list: readonly Case[]) => list.flatMap((one) => one.claims.map(({ name }) => name));
      expect(claims(full), id).toEqual(claims(small));
      for (const [i, one] of full.entries()) expect(one.precision).toBeLessThanOrEqual(small[i].precision);
    }
  });

  test('draws 200 systems in the full size', () => {
    const { cases } = ORACLES.find(({ ensemble }) => ensemble)!;
    expect(cases('full', SEED)).toHaveLength(200);
  });

  test('gives every scenario to the loader as text, and every one is right', () => {
    for (const { cases, defects, ensemble } of ORACLES) {
      if (ensemble) continue;
      for (const one of [...cases('full', SEED), ...defects().map(({ wrong }) => wrong)])
        expect(planOf({ ...one, luck: 'own' }, '7').seed).toBe('7/own');
    }
  });

  test('gives the same rows from one thread as from several, and others under another seed', async () => {
    const only = ['vectors', 'O1', 'O19'];
    const run = (pool: typeof serial, seed = SEED) => validate({ pool, seed, only, size: 'small' });
    const rows = (await run(serial))!;
    expect(rows.every(({ within }) => within)).toBe(true);
    expect(await run(shuffled)).toEqual(rows);
    expect(new Set(rows.map(({ oracle }) => oracle))).toContain('O19');
    expect(new Set(rows.map(({ oracle }) => oracle))).not.toContain('O3');
    const play = async (seed: string) => (await playAll([queue()], { pool: serial, seed }))![0].values;
    expect(await play('1')).toEqual(await play('1'));
    expect(await play('1')).not.toEqual(await play('2'));
  });

  test('ends without rows where it is interrupted', async () => {
    const controller = new AbortController();
    const stopping = { ...serial, run: (task: never) => (controller.abort(), serial.run(task)) };
    const options = { pool: stopping, seed: SEED, signal: controller.signal };
    expect(await playAll([queue()], options)).toBeNull();
  });

  test('passes a violated invariant on as one', async () => {
    const broken = { ...serial, run: async () => failure(new InvariantViolation('a request was lost')) };
    const error = await playAll([queue()], { pool: broken, seed: SEED }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvariantViolation);
    expect(String(error)).toContain('replication 1: a request was lost');
  });

  test('every reading in the table of decisions gets the answer that was worked out', () => {
    const rows = vectorRows();
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.filter(({ within }) => !within)).toEqual([]);
  });
});

describe('a gate', () => {
  const played = (values: readonly number[]) => ({ values: [values], requests: 1 });
  const verdict = (one: Case, values: readonly number[]) =>
    rowsOf('O0', 'claim', one, played(values))[0].within;

  test('closes beyond four standard errors, and where the figure is not known well enough', () => {
    // Mean 1.5, standard deviation 1, standard error 0.25 for 16 values.
    const values = Array.from({ length: 16 }, (_, i) => 1.5 + (i % 2 === 0 ? 1 : -1) * Math.sqrt(15 / 16));
    const claim = (is: number, precision = 1) => queue({ claims: [mean('x', is, () => 0)], precision });
    expect(reading(values, 0.51)).toMatchObject({ mean: 1.5, z: expect.closeTo(3.96, 9) });
    expect(verdict(claim(0.51), values)).toBe(true);
    expect(verdict(claim(0.49), values)).toBe(false);
    expect(verdict(claim(1.5, 0.17), values)).toBe(true);
    expect(verdict(claim(1.5, 0.16), values)).toBe(false);
  });

  test('leaves to a histogram what its cells explain', () => {
    expect(reading([1.0005, 1.0005], 1).z).toBe(Infinity);
    expect(reading([1.0005, 1.0005], 1, 0.001).z).toBe(0);
    expect(reading([1.002, 1.002], 1, 0.001).z).toBe(Infinity);
    expect(reading([0.998, 0.998], 1, 0.001).z).toBe(-Infinity);
  });

  test('of what is exact asks for the number itself, in every replication', () => {
    const one = queue({ claims: [exactly('x', 2, () => 0)] });
    expect(verdict(one, [2, 2, 2])).toBe(true);
    expect(verdict(one, [2, 2 + 1e-12, 2])).toBe(false);
    expect(verdict(one, [2, NaN])).toBe(false);
    const loose = queue({ claims: [exactly('x', 2, () => 0, 1e-9)] });
    expect(verdict(loose, [2, 2 + 1e-12])).toBe(true);
    expect(verdict(loose, [2, 2.1])).toBe(false);
  });

  test('of a planted defect asks that it is noticed', () => {
    const defect = {
      name: 'a defect',
      wrong: queue({ claims: [mean('x', 1, () => 0), mean('y', 1, () => 0)] }),
    };
    const both = {
      values: [
        [5, 5.1, 4.9],
        [1, 1.1, 0.9],
      ],
      requests: 1,
    };
    expect(plantedRows('O0', defect, both).map(({ within }) => within)).toEqual([true, false]);
    expect(plantedRows('O0', { ...defect, noticedBy: ['x'] }, both)).toHaveLength(1);
  });

  test('of a formula asks for the digits that it promises', () => {
    const row = (ours: number, within: number) =>
      formulaRow('O0', { what: 'x', ours, known: 2, within }).within;
    expect([row(2, 0), row(2.0001, 1e-4), row(2.0003, 1e-4), row(NaN, 1)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('z on the normal scale', () => {
  test('is less than z, the less so the more replications there are', () => {
    // P(|T| > 4), 19 degrees of freedom, is 7.7e-4: the normal law has that beyond 3.37.
    expect(normalScore(4, 20)).toBeCloseTo(3.37, 1);
    expect(normalScore(-4, 20)).toBe(-normalScore(4, 20));
    expect(normalScore(4, 100_000)).toBeCloseTo(4, 3);
    expect(normalScore(0, 20)).toBe(0);
  });

  test('a cube root is one', () => {
    for (const x of [1e-9, 0.3, 1, 2, 27, 1e12]) expect(cubeRoot(x) ** 3 / x).toBeCloseTo(1, 12);
    expect(cubeRoot(0)).toBe(0);
  });

  test('counts that follow a law are told from counts that do not', () => {
    expect(Math.abs(goodnessOfFit([98, 205, 297, 400], [100, 200, 300, 400]))).toBeLessThan(2);
    expect(goodnessOfFit([145, 155, 300, 400], [100, 200, 300, 400])).toBeGreaterThan(4);
  });
});

describe('an ensemble', () => {
  const rows = (zs: readonly number[]): readonly Row[] =>
    zs.map((z, i) => ({
      kind: 'sample',
      oracle: 'O16d',
      what: `system ${i + 1}: x`,
      ours: 1,
      theory: 1,
      z,
      relativeError: 0.01,
      tolerance: '',
      replications: 1_000_000,
      requests: 10,
      within: true,
    }));
  const wrong = (zs: readonly number[]) =>
    ensembleRows('O16d', scored(rows(zs)))
      .filter(({ within }) => !within)
      .map(({ what }) => what);
  // Spread as the normal law spreads 200 values.
  const normal = Array.from({ length: 200 }, (_, i) => Math.sqrt(2) * erfInverse((2 * i + 1) / 200 - 1));

  test('that is spread as chance spreads it agrees', () => expect(wrong(normal)).toEqual([]));

  test('that is shifted everywhere by half a standard error does not, though each sample passes', () => {
    const shifted = normal.map((z) => z + 0.5);
    expect(Math.max(...shifted)).toBeLessThan(4);
    expect(wrong(shifted)).toEqual(['x: mean z over 200 systems']);
  });

  test('that is too wide does not', () => {
    expect(wrong(normal.map((z) => 1.4 * z))).toEqual([
      'share of |z| beyond 2 (30 of 200)',
      'share of |z| beyond 3 (6 of 200)',
    ]);
  });

  test('with one sample far off does not', () => {
    expect(wrong([...normal.slice(1), 4.5])[0]).toBe('largest |z| of 200');
  });
});

describe('the files', () => {
  const row: Row = {
    kind: 'claim',
    oracle: 'O3',
    what: 'mean wait, s',
    ours: 1.25,
    theory: 1.24,
    z: 0.5,
    relativeError: 0.002,
    tolerance: '|z| <= 4',
    replications: 40,
    requests: 1000,
    within: true,
  };

  test('have a line for each row, and a table that shows figures and counts the rest', () => {
    const rows: Row[] = [
      row,
      { ...row, kind: 'formula', z: null, within: true },
      { ...row, kind: 'planted', within: false },
    ];
    const files = validationFiles(rows, '7');
    expect([...files.keys()]).toEqual(['validation.csv', 'validation.json', 'validation.md']);
    expect(files.get('validation.csv')!.split('\n')[1]).toBe(
      'claim,O3,"mean wait, s",1.25,1.24,0.5,0.002,|z| <= 4,40,1000,within',
    );
    expect(JSON.parse(files.get('validation.json')!)).toMatchObject({ seed: '7', outside: 1 });
    expect(files.get('validation.md')).toContain(
      '| O3 | mean wait, s | 1.25 | 1.24 | 0.50 | 0.20 % | \\|z\\| <= 4 | within |',
    );
    expect(table(rows).map((cells) => cells.at(-1))).toEqual(['within', 'OUTSIDE', 'within', 'OUTSIDE']);
  });
});

/** The inverse error function, by halving: for quantiles of the normal law. */
function erfInverse(y: number): number {
  let [low, high] = [-6, 6];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (erf(middle) < y) low = middle;
    else high = middle;
  }
  return low;
}

/** By its series; fine up to 6. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
