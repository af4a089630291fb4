import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { METRICS } from '../../src/probes/metrics.ts';
import { judge, judgeObjectives } from '../../src/probes/objectives.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import {
  aCall,
  aFailure,
  anObjective,
  anOutage,
  aPlan,
  aRevision,
  aService,
  entry,
  HandmadeWorld,
  pool,
  s,
  service,
} from './fixture.ts';

const watched = (changes: Partial<Plan> = {}) => {
  const plan = aPlan(changes);
  const watchers = new Watchers(plan);
  const world = new HandmadeWorld(plan, watchers);
  const judged = () => {
    world.finish();
    return judgeObjectives({
      plan,
      requests: watchers.requests,
      instances: watchers.instances,
      kms: watchers.kms.summary,
      recoveries: watchers.faults.recoveries,
    });
  };
  return { watchers, world, judged };
};

describe('a verdict on the point', () => {
  test.each([
    [1, '<', 2, 'met'],
    [2, '<', 2, 'missed'],
    [2, '<=', 2, 'met'],
    [2, '>', 2, 'missed'],
    [2, '>=', 2, 'met'],
    [0, '==', 0, 'met'],
    [1, '==', 0, 'missed'],
    [1, '!=', 0, 'met'],
    [0, '!=', 0, 'missed'],
    [null, '<', 2, 'no data'],
    [null, '>=', 0, 'no data'],
    [NaN, '<', 2, 'no data'],
  ] as const)('%s %s %s is %s', (value, comparison, limit, verdict) => {
    expect(judge(value, comparison, limit)).toBe(verdict);
  });
});

describe('what is measured', () => {
  test('each metric that may be named has a value once something has happened', () => {
    const objectives = METRICS.map(({ name }) => anObjective(name, '>=', 0));
    const { watchers, world, judged } = watched({ timeline: [anOutage('down', 30, 40)], objectives });
    const start = world.at(1).start();
    const request = world.arrive();
    world.at(2).becomeReady(start);
    world.place(request, true);
    world.activate(1);
    watchers.quotaTaken(pool(0), true, s(2), 1);
    watchers.keyCalled(aCall({ issuedAt: s(2), answeredAt: s(2) }));
    world.at(3).answer(request);
    world.at(30);
    watchers.began(entry(0));
    world.at(40);
    watchers.ended(entry(0));
    for (const objective of judged()) {
      expect(objective.value, objective.expect).not.toBeNull();
      expect(objective.verdict, objective.expect).toBe('met');
    }
  });

  test('a percentile of nothing is no data, never met by default', () => {
    const { judged } = watched({ objectives: [anObjective('e2e_latencies.p99', '<', 2000)] });
    expect(judged()).toEqual([
      {
        expect: 'e2e_latencies.p99 < 2000',
        service: null,
        during: null,
        severity: 'error',
        value: null,
        low: null,
        high: null,
        unit: 'ms',
        limit: 2000,
        verdict: 'no data',
        one_run: true,
      },
    ]);
  });

  test('without a service it is all services together, with one that service alone', () => {
    const { world, judged } = watched({
      services: [aService('a'), aService('b')],
      revisions: [aRevision('a-1', 0, null), aRevision('b-1', 1, null)],
      objectives: [
        anObjective('error_ratio', '<', 0.5),
        anObjective('error_ratio', '<', 0.5, { service: service(0) }),
        anObjective('requests.code_500', '==', 2, { service: service(0) }),
        anObjective('e2e_latencies.max', '<', 100),
      ],
    });
    for (const of of [0, 0]) world.at(1).answer(world.arrive({ service: of }), 500);
    for (let n = 0; n < 6; n++) {
      const request = world.at(2 + n).arrive({ service: 1 });
      world.place(request);
      world.at(2 + n + 0.01 * n).answer(request);
    }
    expect(judged().map((each) => [each.value, each.service, each.verdict])).toEqual([
      [0.25, null, 'met'],
      [1, 'a', 'missed'],
      [2, 'a', 'met'],
      [50, null, 'met'],
    ]);
  });

  test('during a timeline entry it is the requests that arrived in it', () => {
    const { world, judged } = watched({
      timeline: [anOutage('down', 10, 20)],
      objectives: [
        anObjective('error_ratio', '<', 0.1, { during: entry(0) }),
        anObjective('error_ratio', '<', 0.1),
      ],
    });
    for (let at = 0; at < 30; at += 2) {
      const request = world.at(at).arrive();
      world.answer(world.place(request), at === 14 ? 503 : 200);
    }
    expect(judged().map((each) => [each.value, each.during, each.verdict])).toEqual([
      [1 / 5, 'down', 'missed'],
      [1 / 15, null, 'met'],
    ]);
  });

  test('the peak of pools that share a quota is not added up', () => {
    const { watchers, world, judged } = watched({
      objectives: [anObjective('kms.peak_per_second', '<=', 2)],
    });
    world.at(1);
    for (const at of [1, 1.5]) watchers.quotaTaken(pool(0), true, s(at), 1);
    watchers.keyCalled(aCall({ outcome: 'exceeded', failure: aFailure('quota-exceeded'), issuedAt: s(1) }));
    expect(judged()[0].value).toBe(2);
  });
});

describe('recovery', () => {
  const outage = (changes: Partial<Plan>, lost: boolean) => {
    const play = watched({ timeline: [anOutage('down', 10, 30)], ...changes });
    const [one] = play.world.initial(2);
    play.world.at(10);
    play.watchers.began(entry(0));
    play.world.at(20).move(one, 'idle', 'gone');
    play.world.at(30);
    play.watchers.ended(entry(0));
    if (!lost) play.world.at(34).becomeReady(play.world.start());
    return play;
  };

  test('is the time from the end of the entry', () => {
    const { judged } = outage({ objectives: [anObjective('faults.recovery', '<', 5)] }, false);
    expect(judged()[0]).toMatchObject({ value: 4, verdict: 'met', unit: 's' });
  });

  test('that has not come by the horizon has no value, and is missed where that is certain', () => {
    const { judged } = outage(
      {
        objectives: [
          anObjective('faults.recovery', '<', 5),
          anObjective('faults.recovery', '<', 500),
          anObjective('faults.recovery', '>', 5, { during: entry(0) }),
        ],
      },
      true,
    );
    expect(judged().map((each) => [each.value, each.verdict])).toEqual([
      [null, 'missed'],
      [null, 'no data'],
      [null, 'met'],
    ]);
  });
});
