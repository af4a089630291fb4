import { describe, expect, it } from 'vitest';
import { overrideOf } from '../../src/scenario/load.ts';
import { planOf, problemsOf } from '../support/plans.ts';

const SHOP = `
name: shop
duration: 2m
services: [{name: checkout, location: europe-west3, load: 1/s}]
`;
const set = (...texts: string[]) => ({ overrides: texts.map(overrideOf) });

describe('an assumption of several parts', () => {
  it('may be given in part, in the file: the rest is the default', () => {
    const { keyRetry, idleTimeout } = planOf(
      `${SHOP}\nassumptions: {keyRetry: {max: 5s}, idleTimeout: {min: 1m}}`,
    ).assumptions;
    expect(keyRetry).toEqual({ initial: 1e8, factor: 1.3, max: 5e9, jitter: 'full' });
    expect(idleTimeout).toEqual({ min: 60e9, max: 900e9 });
  });

  it('is reached into by --set, stated in the file or not', () => {
    const options = set('assumptions.keyRetry.max=5s', 'assumptions.startContainer.p99=2s');
    const { keyRetry, startContainer } = planOf(SHOP, {}, options).assumptions;
    expect(keyRetry).toEqual({ initial: 1e8, factor: 1.3, max: 5e9, jitter: 'full' });
    expect(startContainer).toEqual({ p50: 1e9, p99: 2e9 });
    const stated = `${SHOP}\nassumptions: {keyRetry: {initial: 1s, factor: 2, max: 30s, jitter: none}}`;
    expect(planOf(stated, {}, options).assumptions.keyRetry).toMatchObject({ initial: 1e9, max: 5e9 });
  });

  it('is checked with the default parts it is completed by', () => {
    const [found, ...others] = problemsOf(SHOP, {}, set('assumptions.startContainer.p50=9s'));
    expect(others).toEqual([]);
    expect(found).toMatchObject({ code: 'QUANTILES_FALL', path: 'assumptions.startContainer.p99' });
  });

  it('says which parts there are when one is misspelt', () => {
    const [found] = problemsOf(SHOP, {}, set('assumptions.keyRetry.maxx=5s'));
    expect(found).toMatchObject({ code: 'UNKNOWN_FIELD', remedy: 'Did you mean "max"?' });
  });
});
