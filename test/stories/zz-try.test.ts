import { test } from 'vitest';
import { tell } from '../support/story.ts';
test('x', () => {
  const s = tell(
    `
    duration: 3m
    timeline:
      - {name: down, at: 30s, for: 20s, ekmUnreachable: {key: shop, retryable: true}}
  `,
    { arrivals: [1, 29.5, 40] },
  );
  console.log(
    s
      .timeline('start', 'leave', 'evict', 'refusal', 'deploy', 'world', 'key', 'knows', 'decide', 'served')
      .join('\n'),
  );
  console.log(s.texts().join('\n'), s.requests(), s.counts(35), s.readyCurve());
  console.log(JSON.stringify(s.audit[0], null, 1), s.plan.revisions[0].name);
});
