import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { latenciesOf, statistic } from '../../src/probes/latencies.ts';
import { serviceSummary } from '../../src/probes/service-summary.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import { InvariantViolation } from '../../src/units/check.ts';
import {
  anEntry,
  anObjective,
  anOutage,
  aPlan,
  aService,
  entry,
  HandmadeWorld,
  lasting,
  service,
} from './fixture.ts';

const watched = (changes: Partial<Plan> = {}) => {
  const plan = aPlan(changes);
  const watchers = new Watchers(plan);
  return { watchers, world: new HandmadeWorld(plan, watchers), plan };
};

const summaryOf = ({ watchers, plan }: { watchers: Watchers; plan: Plan }) =>
  serviceSummary(plan.services[0], watchers.requests.totals[0], watchers.instances.services[0]);

/** Rows of requests.csv by column. */
const curve = (watchers: Watchers, column: string) => {
  const { columns, rows } = watchers.requests.table;
  return rows.map((row) => row[columns.indexOf(column)]);
};

describe('latencies', () => {
  test('a request placed at once has pended 0, and waits as long as it is worked on', () => {
    const play = watched();
    const request = play.world.at(1).arrive();
    play.world.place(request);
    play.world.at(1.25).answer(request);
    play.world.finish();
    const { e2e_latencies_ms, request_latencies_ms, pending_ms } = summaryOf(play);
    expect(e2e_latencies_ms.mean).toBe(250);
    expect(request_latencies_ms.mean).toBe(250);
    expect(pending_ms).toEqual({ mean: 0, p99: 0, max: 0 });
  });

  test('what a client waits is pending and execution; Cloud Run’s request latency is execution alone', () => {
    const play = watched();
    const request = play.world.at(1).arrive();
    play.world.at(3).place(request, true);
    play.world.at(3.5).answer(request);
    play.world.finish();
    const { e2e_latencies_ms, request_latencies_ms, pending_ms, requests } = summaryOf(play);
    expect(e2e_latencies_ms.max).toBe(2500);
    expect(request_latencies_ms.mean).toBe(500);
    expect(pending_ms.max).toBe(2000);
    expect(requests.cold).toBe(1);
  });

  test('all three are over the same requests, those answered 2xx', () => {
    const play = watched();
    const quick = play.world.at(0).arrive();
    play.world.place(quick);
    play.world.at(0.1).answer(quick);
    const slow = play.world.at(1).arrive();
    play.world.at(2).place(slow);
    play.world.at(2.3).answer(slow);
    const refused = play.world.at(3).arrive();
    play.world.at(13).answer(refused, 500);
    play.world.finish();
    const { e2e, execution, pending } = latenciesOf(play.watchers.requests.totals);
    expect([e2e.count, execution.count, pending.count]).toEqual([2, 2, 2]);
    expect(e2e.sum.toNumber()).toBe(execution.sum.toNumber() + pending.sum.toNumber());
    expect(statistic(pending, 'p50')).toBe(0);
  });

  test('quantiles of thousands of requests are within 0.1 % of the exact ones', () => {
    const play = watched();
    const exact: number[] = [];
    // A fixed sequence, every third request pends; durations over three decades.
    for (let i = 0; i < 5000; i++) {
      const at = i * 0.011;
      const request = play.world.at(at).arrive();
      const wait = i % 3 === 0 ? ((i * 7919) % 1000) / 1e6 : 0;
      const takes = (1 + ((i * 104_729) % 9973)) / 1e6;
      if (wait > 0) play.world.at(at + wait);
      play.world.place(request);
      play.world.at(at + wait + takes).answer(request);
      exact.push(Math.round((at + wait + takes) * 1e9) - Math.round(at * 1e9));
    }
    play.world.finish();
    exact.sort((a, b) => a - b);
    const { e2e_latencies_ms } = summaryOf(play);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p90', 0.9],
      ['p95', 0.95],
      ['p99', 0.99],
      ['p99_9', 0.999],
    ] as const) {
      const truth = exact[Math.ceil(share * exact.length) - 1] / 1e6;
      expect(Math.abs((e2e_latencies_ms[name] as number) / truth - 1)).toBeLessThan(0.001);
    }
    expect(e2e_latencies_ms.max).toBe(exact[exact.length - 1] / 1e6);
  });

  test('where nothing was answered 2xx there is no percentile, and not a 0 either', () => {
    const play = watched();
    play.world.at(1).answer(play.world.arrive(), 429);
    play.world.finish();
    const summary = summaryOf(play);
    expect(summary.e2e_latencies_ms.p99).toBeNull();
    expect(summary.error_ratio).toBe(1);
    expect(curve(play.watchers, 'e2e_p99_ms')[0]).toBeNull();
  });
});

describe('counts', () => {
  test('what arrived is answered with one code, or in flight at the horizon', () => {
    const play = watched();
    for (const code of [200, 204, 429, 499, 500, 503, 504]) {
      const request = play.world.at(1).arrive();
      if (code < 300) play.world.place(request);
      play.world.answer(request, code);
    }
    play.world.arrive();
    play.world.finish();
    expect(summaryOf(play).requests).toEqual({
      arrived: 8,
      served: 2,
      code_429: 1,
      code_499: 1,
      code_500: 1,
      code_503: 1,
      code_504: 1,
      in_flight: 1,
      cold: 0,
      retries: 0,
      rejected_at_front_end: 5,
    });
    expect(summaryOf(play).error_ratio).toBe(5 / 7);
  });

  test('a client that tries again wanted one thing', () => {
    const retrying = aService('checkout', {
      clients: {
        timeout: null,
        budget: null,
        retries: 1,
        backoff: { initial: lasting(1), factor: 2, max: lasting(10), jitter: 'none' },
      },
    });
    const play = watched({ services: [retrying] });
    // One succeeds at the second attempt, one fails twice, one has its retry still to come.
    for (const ends of [200, 500, null]) {
      play.world.at(1 + (ends ?? 0) / 100);
      play.world.answer(play.world.arrive(), 500, true);
      if (ends === null) continue;
      const again = play.world.arrive({ attempt: 1 });
      play.world.place(again);
      play.world.answer(again, ends);
    }
    play.world.finish();
    const { requests, logical } = summaryOf(play);
    expect(requests.arrived).toBe(5);
    expect(requests.retries).toBe(2);
    expect(logical).toEqual({ offered: 3, succeeded: 1, failed: 1 });
  });

  test('an answer that cannot be is a defect, not a column', () => {
    const play = watched();
    const request = play.world.at(1).arrive();
    expect(() => play.world.answer(request, 418)).toThrow(InvariantViolation);
  });

  test('more answers than arrivals do not pass', () => {
    const play = watched();
    const request = play.world.at(1).arrive();
    play.watchers.answered(request, 500);
    play.watchers.answered(request, 500);
    expect(() => play.world.finish()).toThrow('answers no more requests than arrive');
  });
});

describe('the curve', () => {
  test('a request counts where it arrived, its code and latency where it was answered', () => {
    const play = watched();
    const request = play.world.at(9).arrive();
    play.world.place(request);
    play.world.at(12).answer(request);
    play.world.finish();
    expect(curve(play.watchers, 'time_s')).toEqual([0, 10, 20, 30, 40, 50]);
    expect(curve(play.watchers, 'arrived')).toEqual([1, 0, 0, 0, 0, 0]);
    expect(curve(play.watchers, 'code_2xx')).toEqual([0, 1, 0, 0, 0, 0]);
    expect(curve(play.watchers, 'e2e_max_ms')).toEqual([null, 3000, null, null, null, null]);
  });

  test('what happens at the border belongs to the interval that begins there', () => {
    const play = watched();
    for (let second = 0; second < 60; second++) play.world.at(second).arrive();
    play.world.finish();
    expect(curve(play.watchers, 'arrived')).toEqual([10, 10, 10, 10, 10, 10]);
  });

  test('an interval that is longer than the run gives one row', () => {
    const play = watched({ sampleInterval: lasting(100) });
    play.world.at(30).arrive();
    play.world.finish();
    expect(curve(play.watchers, 'arrived')).toEqual([1]);
  });

  test('the last, shorter interval is written too, with what happens at the horizon', () => {
    const play = watched({ duration: lasting(25) });
    play.world.at(25).arrive();
    play.world.finish();
    expect(curve(play.watchers, 'time_s')).toEqual([0, 10, 20]);
    expect(curve(play.watchers, 'arrived')).toEqual([0, 0, 1]);
  });

  test('services have a row each, in the order of the file', () => {
    const play = watched({ services: [aService('b'), aService('a')] });
    play.world.at(1).arrive({ service: 1 });
    play.world.finish();
    expect(curve(play.watchers, 'service_name').slice(0, 4)).toEqual(['b', 'a', 'b', 'a']);
    expect(curve(play.watchers, 'arrived').slice(0, 2)).toEqual([0, 1]);
  });
});

describe('warm-up', () => {
  test('who arrives before it ends is in the curve and not in the summary, whenever answered', () => {
    const play = watched({ warmUp: lasting(15) });
    const early = play.world.at(14).arrive();
    play.world.place(early);
    const counted = play.world.at(15).arrive();
    play.world.place(counted);
    play.world.at(18).answer(early);
    play.world.answer(counted);
    play.world.finish();
    const summary = summaryOf(play);
    expect(summary.requests.arrived).toBe(1);
    expect(summary.requests.served).toBe(1);
    expect(summary.e2e_latencies_ms.max).toBe(3000);
    expect(curve(play.watchers, 'code_2xx')).toEqual([0, 2, 0, 0, 0, 0]);
    expect(curve(play.watchers, 'e2e_max_ms')[1]).toBe(4000);
  });
});

describe('windows that an objective names', () => {
  const named = { objectives: [anObjective('error_ratio', '<', 0.1, { during: entry(0) })] };

  test('a request is in the window in which it arrived, its end left out', () => {
    const play = watched({ timeline: [anOutage('down', 10, 20)], ...named });
    const requests = [9, 10, 15, 20].map((at) => play.world.at(at).arrive());
    play.world.at(30);
    for (const request of requests) play.world.answer(request, 503);
    play.world.finish();
    const [during] = play.watchers.requests.during(entry(0));
    expect([during.arrived, during.failed]).toEqual([2, 2]);
  });

  test('an entry that comes and goes at random is a window each time', () => {
    const atRandom = {
      ...anOutage('down', 0, null),
      repeat: {
        up: { kind: 'constant', value: 1 },
        down: { kind: 'constant', value: 1 },
      },
    } as const;
    const play = watched({ timeline: [atRandom], ...named });
    const arriveAt = (at: number) => play.world.at(at).arrive();
    const first = arriveAt(4);
    play.world.at(5);
    play.watchers.began(entry(0));
    arriveAt(6);
    play.world.at(7);
    play.watchers.ended(entry(0));
    arriveAt(8);
    play.world.at(30);
    play.watchers.began(entry(0));
    arriveAt(31);
    play.world.answer(first, 500);
    play.world.finish();
    const [during] = play.watchers.requests.during(entry(0));
    expect([during.arrived, during.failed]).toEqual([2, 0]);
  });

  test('each service has its own counts', () => {
    const play = watched({
      services: [aService('a'), aService('b')],
      timeline: [anEntry('crash', 10, null, { kind: 'instanceCrash', service: service(0), share: 1 })],
      ...named,
    });
    play.world.at(11).arrive({ service: 1 });
    play.world.finish();
    expect(play.watchers.requests.during(entry(0)).map((each) => each.arrived)).toEqual([0, 1]);
  });
});
