/**
 * After a failed start, the next one waits: 1 s, 2 s, 4 s … 60 s. A start of the shop is refused 1.1 s after it began.
 */
import { expect, test } from 'vitest';
import { tell } from '../support/story.ts';

const LOST = '{at: 0s, propagation: 0s, keyState: {key: shop, state: DISABLED}}';

test('Starts that fail come 1, 2, 4 … 32 and at last 60 s after the failure before', () => {
  // The first look of the autoscaler is at 5 s. 5 + 1.1 + 1 = 7.1, + 1.1 + 2 = 10.2, + 5.1 = 15.3, + 9.1 = 24.4, + 17.1 = 41.5,
  // + 33.1 = 74.6, and then 61.1 s apart.
  const story = tell(`
    duration: 6m
    services: [{scaling: {minInstanceCount: 1}, initialInstanceCount: 0}]
    timeline: [${LOST}]
  `);
  expect(story.times('starts: ')).toEqual([5, 7.1, 10.2, 15.3, 24.4, 41.5, 74.6, 135.7, 196.8, 257.9, 319]);
});

test('Starts that were under way when the wait began count once, and one is tried after it', () => {
  const story = tell(
    `
    duration: 17s
    timeline: [${LOST}]
    `,
    { arrivals: [10, 10, 10, 10.5] },
  );
  expect(story.timeline('start')).toEqual([
    '10s #1 starts: AUTOSCALING',
    '10s #2 starts: AUTOSCALING',
    '10s #3 starts: AUTOSCALING',
    '10.5s #4 starts: AUTOSCALING',
    '11.1s #1 refused:key-disabled',
    '11.1s #2 refused:key-disabled',
    '11.1s #3 refused:key-disabled',
    '11.6s #4 refused:key-disabled',
    '12.1s #5 starts: AUTOSCALING',
    '13.2s #5 refused:key-disabled',
    '15.2s #6 starts: AUTOSCALING',
    '16.3s #6 refused:key-disabled',
  ]);
});

test('The success of the one that is tried releases the rest', () => {
  const story = tell(
    `
    duration: 30s
    timeline:
      - ${LOST}
      - {at: 12s, keyState: {key: shop, state: ENABLED}}
    `,
    {
      arrivals: [
        [10, 5],
        [10, 5],
        [10, 5],
      ],
    },
  );
  expect(story.timeline('start', 'served').slice(6)).toEqual([
    '12.1s #4 starts: AUTOSCALING',
    '14.3s #4 ready',
    '14.3s #5 starts: AUTOSCALING',
    '14.3s #6 starts: AUTOSCALING',
    '16.5s #5 ready',
    '16.5s #6 ready',
    '19.3s 200 after 4.3s of waiting',
    '21.5s 200 after 6.5s of waiting',
    '21.5s 200 after 6.5s of waiting',
  ]);
});

test('After a success the waits begin at 1 s again', () => {
  // Lost until 20 s: starts at 5, 7.1, 10.2, 15.3 and 24.4 s, which succeeds at 26.6 s. Lost again, one crashes at 40 s.
  const story = tell(`
    duration: 45s
    services: [{scaling: {minInstanceCount: 1}, initialInstanceCount: 0}]
    timeline:
      - {at: 0s, for: 20s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
      - {at: 30s, propagation: 0s, keyState: {key: shop, state: DISABLED}}
      - {at: 40s, instanceCrash: {service: shop}}
  `);
  expect(story.times('ready')).toEqual([26.6]);
  expect(story.times('starts: ')).toEqual([5, 7.1, 10.2, 15.3, 24.4, 40, 42.1]);
});

test('A start that fails concerns its own revision only', () => {
  const story = tell(
    `
    duration: 30s
    services: [{name: shop}, {name: depot, encryptionKey: null}]
    timeline: [${LOST}]
    `,
    { arrivals: [10, 11.5] },
  );
  expect(story.requests('depot')).toMatchObject({ served: 2 });
  expect(story.requests('shop')).toMatchObject({ served: 0, code_500: 2 });
});

test('A start that was issued before the wait and succeeds after it began serves, and the wait goes on', () => {
  // #1 is refused at 11.1 s; #2 asked a moment before the key was lost and is ready at 12.12 s.
  const story = tell(
    `
    duration: 30s
    timeline: [{at: 11.06s, propagation: 0s, keyVersionState: {key: shop, version: 1, state: DISABLED}}]
    services: [{startup: {dataKeyDecrypts: 0}}]
    `,
    { arrivals: [10.05, 10.07] },
  );
  expect(story.timeline('start')).toEqual([
    '10.05s #1 starts: AUTOSCALING',
    '10.07s #2 starts: AUTOSCALING',
    '11.17s #2 refused:key-disabled',
    '12.15s #1 ready',
    // The second request still waits; #1 takes it at 13.15 s.
    '12.17s #3 starts: AUTOSCALING',
    '13.27s #3 refused:key-disabled',
  ]);
  expect(story.requests()).toMatchObject({ served: 2 });
});
