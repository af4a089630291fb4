/** Session affinity: requests of one client go to the instance it was on, best effort. */
import { describe, expect, test } from 'vitest';
import { tell } from '../support/story.ts';

// Two instances with room for ten, and requests that overlap.
const together = (affinity: string) =>
  tell(
    `
    services: [{initialInstanceCount: 2, maxInstanceRequestConcurrency: 10, ${affinity}}]
    `,
    {
      arrivals: [
        [1, 100],
        [2, 100],
        [3, 100],
        [4, 100],
      ],
    },
  );

describe('Requests of one client', () => {
  test('go to the instance it was on, though another one is idle', () => {
    const story = together('sessionAffinity: true, sessions: 1');
    expect(story.counts(50)).toMatchObject({ active: 1, idle: 1 });
  });

  test('are spread without session affinity', () => {
    expect(together('sessions: 1').counts(50)).toMatchObject({ active: 2, idle: 0 });
  });

  test('go elsewhere when its instance is full, and stay there', () => {
    const story = tell(
      `
      services: [{initialInstanceCount: 2, maxInstanceRequestConcurrency: 2, sessionAffinity: true, sessions: 1}]
      `,
      {
        arrivals: [
          [1, 100],
          [2, 100],
          [3, 100],
          [4, 100],
        ],
      },
    );
    expect(story.counts(2.5)).toMatchObject({ active: 1, idle: 1 });
    expect(story.counts(50)).toMatchObject({ active: 2, idle: 0 });
  });

  test('go elsewhere when its instance has crashed', () => {
    const story = tell(
      `
      services: [{initialInstanceCount: 1, sessionAffinity: true, sessions: 1}]
      timeline: [{at: 10s, instanceCrash: {service: shop, share: 100%}}]
      `,
      { arrivals: [1, 20] },
    );
    expect(story.summary.services[0].requests.served).toBe(2);
  });
});
