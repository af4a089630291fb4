/**
 * A region that is lost: whatever a service has there is gone, nothing starts, and requests are refused until it is back.
 */
import { describe, expect, test } from 'vitest';
import { tell } from '../support/story.ts';

const lost = (more = '', fields = '') => `
  services: [{idleTimeout: 15m, template: {scaling: {concurrencyTarget: disabled}}${more}}]
  ${fields}
  timeline: [{name: lost, at: 20s, for: 60s, regionLost: {location: europe-west3}}]
`;

describe('When a region is lost', () => {
  test('what is in flight is answered 503, and so is what waits for an instance, at once', () => {
    // One runs since 10 s, one has come at 19 s and waits for its start.
    const story = tell(lost(', initialInstanceCount: 1'), { arrivals: [[10, 30], 19] });
    expect(story.timeline('refusal')).toEqual([
      '20s 503 instance-gone after 10s',
      '20s 503 region-lost after 1s',
    ]);
    expect(story.counts(20)).toEqual({ starting: 0, awaiting_key: 0, active: 0, idle: 0, draining: 0 });
  });

  test('starts that are under way die, those that wait for their key too', () => {
    const story = tell(lost('', ''), { arrivals: [17.85, 19.5] });
    expect(story.counts(19.9)).toMatchObject({ starting: 2 });
    expect(story.times(/#\d crashed/)).toEqual([20, 20]);
    expect(story.rows('cold-starts.csv').map(({ outcome }) => outcome)).toEqual(['crashed', 'crashed']);
    expect(story.ready(200)).toBe(0);
  });

  test('an instance that was draining is gone as well', () => {
    const story = tell(
      `
      services: [{initialInstanceCount: 1, encryptionKeyRevocationAction: SHUTDOWN}]
      keys: [{check: {interval: 1s}}]
      timeline:
        - {at: 14s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
        - {at: 20s, regionLost: {location: europe-west3}}
      `,
      { arrivals: [[10, 60]] },
    );
    expect(story.counts(19)).toMatchObject({ draining: 1 });
    expect(story.timeline('refusal')).toEqual(['20s 503 instance-gone after 10s']);
    expect(story.counts(20)).toMatchObject({ draining: 0 });
  });

  test('requests that come are refused at once, and nothing starts until it is back', () => {
    const story = tell(lost(), { arrivals: [30, 40, 79, 80] });
    expect(story.timeline('refusal')).toEqual([
      '30s 503 region-lost after 0s',
      '40s 503 region-lost after 0s',
      '79s 503 region-lost after 0s',
    ]);
    expect(story.times(/ starts: /)).toEqual([80]);
    expect(story.requests()).toMatchObject({ served: 1, code_503: 3 });
  });

  test('the minimum comes back afterwards', () => {
    const story = tell(lost(', scaling: {minInstanceCount: 3}'), { arrivals: [] });
    expect(story.readyCurve(1)).toEqual([
      [20, 0],
      [82.2, 3],
    ]);
    expect(story.summary.faults[0]).toMatchObject({
      name: 'lost',
      kind: 'regionLost',
      at_s: 20,
      until_s: 80,
      detected_s: null,
      ready_before: 3,
      ready_min: 0,
      first_ready_after_s: 82.2,
      recovered_s: 82.2,
    });
  });

  test('its row counts the requests that it cost', () => {
    const story = tell(lost(', initialInstanceCount: 1'), { arrivals: [5, [10, 30], 19, 30, 79, 81] });
    expect(story.summary.faults[0]).toMatchObject({ requests_failed: 4 });
  });

  test('requests that wait for an instance of their own are refused as well', () => {
    const story = tell(lost(', autoscaler: per-request'), { arrivals: [19, 30] });
    expect(story.timeline('refusal')).toEqual([
      '20s 503 region-lost after 1s',
      '30s 503 region-lost after 0s',
    ]);
  });

  test('a manual count comes back too', () => {
    const story = tell(lost(', scaling: {scalingMode: MANUAL, manualInstanceCount: 2}'), { arrivals: [] });
    expect(story.ready(50)).toBe(0);
    expect(story.ready(83)).toBe(2);
  });

  test('a deployment in it fails, and the revision before it stays', () => {
    const story = tell(`
      services: [{scaling: {minInstanceCount: 1}}]
      timeline:
        - {at: 19s, deploy: {service: shop, revision: shop-00002-one}}
        - {at: 20s, for: 60s, regionLost: {location: europe-west3}}
        - {at: 30s, deploy: {service: shop, revision: shop-00003-two}}
    `);
    expect(story.summary.deployments.map(({ revision_name, outcome }) => [revision_name, outcome])).toEqual([
      ['shop-00002-one', 'failed'],
      ['shop-00003-two', 'failed'],
    ]);
    expect(story.summary.deployments[1].message).toBe('The region europe-west3 is not available.');
    expect(story.ready(100, 'shop-00001-sim')).toBe(1);
  });

  test('no key is checked there', () => {
    const story = tell(lost(', initialInstanceCount: 1', 'keys: [{check: {interval: 5s}}]'), {
      arrivals: [],
    });
    const checks = story.calls
      .filter(({ use }) => use === 'check-encrypt')
      .map(({ issuedAt }) => issuedAt / 1e9);
    expect(checks.some((at) => at < 20)).toBe(true);
    expect(checks.filter((at) => at > 20 && at < 80)).toEqual([]);
    expect(checks.some((at) => at > 80)).toBe(true);
  });

  test('another region goes on, and takes the traffic that is shifted to it', () => {
    const story = tell(
      `
      services:
        - {name: shop, initialInstanceCount: 1}
        - {name: spare, location: europe-west4, encryptionKey: null, initialInstanceCount: 1, idleTimeout: 15m, load: 0/s}
      timeline:
        - {name: lost, at: 20s, for: 60s, regionLost: {location: europe-west3}}
        - {at: 25s, for: 60s, trafficShift: {from: shop, to: spare}}
      `,
      { arrivals: [10, 22, 30, 40] },
    );
    expect(story.requests('shop')).toMatchObject({ arrived: 2, served: 1, code_503: 1 });
    expect(story.requests('spare')).toMatchObject({ arrived: 2, served: 2 });
  });

  test('it is back only when no entry holds it any more', () => {
    const story = tell(`
      services: [{scaling: {minInstanceCount: 1}}]
      timeline:
        - {at: 20s, for: 60s, regionLost: {location: europe-west3}}
        - {at: 50s, for: 60s, regionLost: {location: europe-west3}}
    `);
    expect(story.ready(109)).toBe(0);
    expect(story.times('starts: MANUAL_OR_CUSTOMER_MIN_INSTANCE')).toEqual([110]);
  });
});
