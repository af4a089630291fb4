/**
 * How traffic is split over revisions and services while things happen: splits that overlap, deployments meanwhile,
 * revisions that are not ready yet, and traffic that is moved to another service and back.
 */
import { describe, expect, test } from 'vitest';
import { tell, type Story } from '../support/story.ts';

const [ONE, TWO, THREE] = ['shop-00001-one', 'shop-00002-two', 'shop-00003-three'];

/** A request every second for 100 s. */
const EVERY_SECOND = Array.from({ length: 100 }, (_, i) => [i + 0.5, 0.01] as const);

/** Who served between two instants, by revision. */
const shares = (story: Story, from: number, to: number) =>
  [ONE, TWO, THREE]
    .map((revision) => [revision, story.servedBy(revision, from, to)] as const)
    .filter(([, served]) => served > 0)
    .map(([revision, served]) => `${revision.slice(-3)} ${served}`)
    .join(', ');

/** Three revisions that are ready, all traffic on the first. */
const three = (timeline: string) =>
  tell(
    `
    duration: 100s
    services:
      - encryptionKey: null
        scaling: {minInstanceCount: 0}
        template: {scaling: {minInstanceCount: 1, concurrencyTarget: disabled}}
        traffic: [{revision: ${ONE}, percent: 100}, {revision: ${TWO}, tag: two}, {revision: ${THREE}, tag: three}]
    timeline: [${timeline}]
    `,
    { arrivals: EVERY_SECOND },
  );

const to = (revision: string) => `traffic: {service: shop, split: [{revision: ${revision}, percent: 100}]}`;

describe('Splits of traffic', () => {
  test('that overlap are laid over one another, and each is taken off by itself', () => {
    const story = three(`{at: 10s, for: 40s, ${to(TWO)}}, {at: 30s, for: 40s, ${to(THREE)}}`);
    expect(shares(story, 0, 10)).toBe('one 10');
    expect(shares(story, 10, 30)).toBe('two 20');
    expect(shares(story, 30, 70)).toBe('ree 40');
    expect(shares(story, 70, 100)).toBe('one 30');
  });

  test('for good hold once those for a while are over', () => {
    const story = three(`{at: 10s, for: 40s, ${to(TWO)}}, {at: 30s, ${to(THREE)}}`);
    expect(shares(story, 10, 50)).toBe('two 40');
    expect(shares(story, 50, 100)).toBe('ree 50');
  });
});

describe('A deployment', () => {
  const deployed = (more: string, timeline: string, service = '') =>
    tell(
      `
      duration: 100s
      services:
        - encryptionKey: null
          scaling: {minInstanceCount: 1}
          maxInstanceRequestConcurrency: 10
          traffic: [{revision: ${ONE}, percent: 100}]
          ${service}
      timeline: [{at: 20s, deploy: {service: shop, revision: ${TWO}, ${more}}}, ${timeline}]
      `,
      { arrivals: EVERY_SECOND },
    );

  test('during a split for a while gets its traffic at once, and keeps it', () => {
    const story = deployed('percent: 100', `{at: 10s, for: 40s, ${to(ONE)}}`);
    expect(shares(story, 0, 21)).toBe('one 21');
    // Ready after 2 s; the split is over at 50 s.
    expect(shares(story, 23, 100)).toBe('two 77');
  });

  test('gets no traffic before it is ready, and where it fails the revision before it keeps serving', () => {
    const story = deployed('percent: 0', `{at: 21s, ${to(TWO)}}`);
    expect(story.times(/deployment .* serving/)).toEqual([22]);
    expect(shares(story, 0, 100)).toBe('one 100');
    const failed = deployed(
      'percent: 100, set: {startup: {containerStart: 1h, probe: {period: 1s, failureThreshold: 10}}}',
      `{at: 25s, ${to(TWO)}}`,
    );
    expect(failed.times(/deployment .* failed/)).toHaveLength(1);
    expect(shares(failed, 0, 100)).toBe('one 100');
  });

  test('whose first instances crash before all are ready starts others', () => {
    const story = deployed(
      'percent: 100',
      '{at: 30s, instanceCrash: {service: shop, share: 100%}}',
      'template: {scaling: {minInstanceCount: 3}}\n          startup: {imageImport: {uniform: {min: 1s, max: 20s}}}',
    );
    expect(story.times(/two#\d crashed|two#\d is gone: it crashed/).length).toBeGreaterThan(0);
    const [serving] = story.times(/deployment .* serving/);
    expect(serving).toBeGreaterThan(30);
    expect(story.ready(90, TWO)).toBe(3);
  });
});

test('Under manual scaling the first instances of a deployment stay until all are ready', () => {
  // One is ready at 12 s, long before the last; the autoscaler looks every 5 s meanwhile.
  const story = tell(
    `
    duration: 100s
    services:
      - encryptionKey: null
        scaling: {scalingMode: MANUAL, manualInstanceCount: 4}
        startup: {imageImport: {uniform: {min: 1s, max: 20s}}}
        traffic: [{revision: ${ONE}, percent: 100}]
    timeline: [{at: 10s, deploy: {service: shop, revision: ${TWO}, percent: 100}}]
    `,
    { arrivals: EVERY_SECOND },
  );
  expect(story.times(/deployment .* serving/)).toHaveLength(1);
  expect(story.times(/two#\d is gone/)).toEqual([]);
  expect(story.ready(60, TWO)).toBe(4);
});

test('A crash takes its share of all ready instances of the service, whichever revision they are of', () => {
  const story = three('{at: 10s, instanceCrash: {service: shop, share: 34%}}');
  // 34 % of three, rounded up: two, not one of each revision.
  expect(story.times('it crashed')).toEqual([10, 10]);
});

describe('Traffic that is moved to another service by and by', () => {
  const moved = (entry: string) =>
    tell(
      `
      duration: 100s
      services:
        - {encryptionKey: null, scaling: {minInstanceCount: 1}, maxInstanceRequestConcurrency: 50}
        - {name: spare, load: 0/s, encryptionKey: null, scaling: {minInstanceCount: 1}, maxInstanceRequestConcurrency: 50}
      timeline: [{${entry}, over: 40s, trafficShift: {from: shop, to: spare}}]
      `,
      { arrivals: Array.from({ length: 10_000 }, (_, i) => [i / 100, 0.001] as const) },
    );

  test('goes back from where it has got to when it is called back', () => {
    // Each time it rises to a quarter in 10 s and is gone again 40 s later: 100/s x (10 s / 8 + 40 s / 8) = 625 requests.
    // It begins at 10, 30, 50, 70 and 90 s; the last two are cut off by the end: 3 x 625 + 500 + 125.
    const story = moved('at: 0s, repeat: {up: 10s, down: 10s}');
    expect(story.requests('spare').arrived).toBeGreaterThan(2350);
    expect(story.requests('spare').arrived).toBeLessThan(2650);
  });
});
