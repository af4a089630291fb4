import { describe, expect, test } from 'vitest';
import { combine, replicationRows } from '../../src/experiment/replicate.ts';
import type { CostSummary } from '../../src/probes/results.ts';
import { Watchers } from '../../src/probes/watchers.ts';
import { messagesOf, problemsOf } from '../support/plans.ts';
import { KEY, tell, type Telling } from '../support/story.ts';
import { aCall, aKey, aPlan, aRevision, HandmadeWorld, lasting, s } from './fixture.ts';

// The bills below are worked out by hand from these list prices, USD.
const VCPU_SECOND = 24e-6;
const GIB_SECOND = 2.5e-6;
const IDLE_SECOND = 2.5e-6;
const REQUEST = 0.4e-6;
const OPERATION = 3e-6;
const MONTH = 2_629_800;

/** The bill of a story; every instance has 1 vCPU and half a GiB unless it says otherwise. */
const billOf = (yaml: string, telling: Telling = {}): CostSummary => tell(yaml, telling).summary.cost!;
const shop = (bill: CostSummary) =>
  bill.services[0] as unknown as Readonly<Record<string, number>> & { billing: string };
const near = (amount: number) => expect.closeTo(amount, 15);

const UNBOOSTED = 'startupCpuBoost: false';
/** Instances that are there and stay, and no key. */
const KEPT = (min: number, more = '') =>
  `duration: 100s\nservices: [{scaling: {minInstanceCount: ${min}}, encryptionKey: null${more}}]\nkeys: []\n`;

describe('request-based billing', () => {
  test('bills a start and the request after it as one stretch, at boosted CPU until 10 s after the start', () => {
    // Start 10 to 12.2 s, request to 13.2 s: 3.2 s of 2 vCPU. At 30 s the boost is over: 0.25 s are billed as 0.3 s.
    const bill = billOf('duration: 10m', { arrivals: [[10, 1], [30, 0.25]] }); // prettier-ignore
    expect(shop(bill)).toEqual({
      service_name: 'shop',
      billing: 'request-based',
      billed_instance_s: 3.5,
      cpu: near(6.7 * VCPU_SECOND),
      memory: near(1.75 * GIB_SECOND),
      requests: near(2 * REQUEST),
      idle_minimum: 0,
      awaiting_key: near(0.2 * (2 * VCPU_SECOND + GIB_SECOND / 2)),
      cloud_run: near(0.000165975),
      cloud_run_per_month: near((0.000165975 * MONTH) / 600),
    });
    expect(bill.cloud_run).toEqual(near(0.000165975));
  });

  test('ends the boost 10 s after the start, in the midst of a request', () => {
    // 2.2 s of start and 10 s of the request at 2 vCPU, 10 s more at 1.
    const bill = billOf('duration: 10m', { arrivals: [[10, 20]] });
    expect(shop(bill)).toMatchObject({ billed_instance_s: 22.2, cpu: near((2 * 12.2 + 10) * VCPU_SECOND) });
    const plain = billOf(`duration: 10m\nservices: [{${UNBOOSTED}}]`, { arrivals: [[10, 20]] });
    expect(shop(plain).cpu).toEqual(near(22.2 * VCPU_SECOND));
  });

  test('rounds each stretch up to 100 ms, and never bills an instance twice for the same time', () => {
    const arrivals = [[10, 0.01], [10.05, 0.01], [10.3, 0.01], [20, 1.001]] as const; // prettier-ignore
    // 10.00 to 10.10 s, with the second request in it; 10.30 to 10.40 s; 20.0 to 21.1 s.
    expect(shop(billOf(KEPT(1), { arrivals })).billed_instance_s).toBe(1.3);
  });

  test('rounds nothing where one request follows another at the same instant', () => {
    // Three at once on one instance that takes one at a time: 0.75 s without a gap.
    const arrivals = [[10, 0.25], [10, 0.25], [10, 0.25]] as const; // prettier-ignore
    const yaml = KEPT(1, ', template: {scaling: {maxInstanceCount: 1, concurrencyTarget: disabled}}');
    expect(shop(billOf(yaml, { arrivals }))).toMatchObject({
      billed_instance_s: 0.8,
      requests: near(3 * REQUEST),
    });
  });

  test('bills idle instances as far as the minimum keeps them, at the idle rate, apart and in the sum', () => {
    // Two kept for 100 s, one of them busy for 10 s.
    const bill = billOf(KEPT(2), { arrivals: [[10, 10]] });
    const idle = 190 * 1.5 * IDLE_SECOND;
    expect(shop(bill)).toMatchObject({ billed_instance_s: 10, idle_minimum: near(idle) });
    expect(bill.cloud_run_idle_minimum).toEqual(near(idle));
    expect(bill.cloud_run).toEqual(near(10 * (VCPU_SECOND + GIB_SECOND / 2) + REQUEST + idle));
  });

  test('leaves other idle instances free', () => {
    const bill = billOf(KEPT(1, ', initialInstanceCount: 4'), { arrivals: [[10, 10]] });
    // While one works, the minimum is met without any of the idle ones.
    expect(shop(bill).idle_minimum).toEqual(near(90 * 1.5 * IDLE_SECOND));
    expect(shop(billOf(KEPT(0, ', initialInstanceCount: 4'))).cloud_run).toBe(0);
  });

  test('takes a manual count for a minimum', () => {
    const bill = billOf(`duration: 100s
services: [{scaling: {scalingMode: MANUAL, manualInstanceCount: 3}, encryptionKey: null}]
keys: []`);
    expect(shop(bill).idle_minimum).toEqual(near(300 * 1.5 * IDLE_SECOND));
  });

  test('follows a minimum that is raised for a while', () => {
    const yaml = `${KEPT(1, `, ${UNBOOSTED}`)}timeline: [{at: 40s, for: 20s, scaling: {service: shop, minInstanceCount: 3}}]`;
    // Two starts of 2 s; then 3 are kept from 42 to 60 s, else 1.
    expect(shop(billOf(yaml))).toMatchObject({
      billed_instance_s: 4,
      idle_minimum: near((42 + 54 + 40) * 1.5 * IDLE_SECOND),
    });
  });

  test('follows the traffic: the minimum of a service goes to the revision that serves', () => {
    const yaml = `${KEPT(2, `, ${UNBOOSTED}`)}timeline: [{at: 40s, deploy: {service: shop}}]`;
    // The old two are kept until the first new one is ready, at 42 s; the second comes at 44 s.
    expect(shop(billOf(yaml))).toMatchObject({
      billed_instance_s: 4,
      idle_minimum: near((84 + 2 + 112) * 1.5 * IDLE_SECOND),
    });
  });

  test('takes the own minimum of a revision only while it has traffic', () => {
    const own = `, ${UNBOOSTED}, template: {scaling: {minInstanceCount: 2, concurrencyTarget: disabled}}`;
    const yaml = `${KEPT(0, own)}timeline: [{at: 40s, deploy: {service: shop}}]`;
    // The old two until 42 s, when the new two are ready.
    expect(shop(billOf(yaml)).idle_minimum).toEqual(near(200 * 1.5 * IDLE_SECOND));
  });

  test('shows apart what starts cost while they waited for a key', () => {
    // The key manager is away: the start holds to the end.
    const held = `duration: 100s
services: [{timeout: 100s, pendingTimeout: 100s}]
timeline: [{at: 0s, ekmUnreachable: {key: shop, retryable: true}}]`;
    const bill = billOf(held, { arrivals: [[10, 1]] });
    // Of 90 s of a start all but the first are for the key; at 2 vCPU.
    const waiting = 89 * (2 * VCPU_SECOND + GIB_SECOND / 2);
    expect(bill.cloud_run_awaiting_key).toEqual(near(waiting));
    expect(bill.cloud_run).toEqual(near((waiting * 90) / 89));
    const bothCalls = billOf(`duration: 100s\nservices: [{${UNBOOSTED}}]`, { arrivals: [[10, 1]] });
    expect(bothCalls.cloud_run_awaiting_key).toEqual(near(0.2 * (VCPU_SECOND + GIB_SECOND / 2)));
    const late = billOf(`warmUp: 50s\n${held}`, { arrivals: [[10, 1]] });
    expect(late.cloud_run_awaiting_key).toEqual(near(50 * (2 * VCPU_SECOND + GIB_SECOND / 2)));
    const always = billOf('duration: 100s\nservices: [{cpuIdle: false}]', { arrivals: [[10, 1]] });
    expect(always.cloud_run_awaiting_key).toEqual(near(0.2 * (2 * 18e-6 + 1e-6)));
  });

  test('leaves out what is before the warm-up', () => {
    const arrivals = [[1, 1], [20, 10]] as const; // prettier-ignore
    const bill = billOf(`warmUp: 25s\n${KEPT(1)}`, { arrivals });
    // Of the second request 5 s; both arrived too early for the fee; 70 s idle.
    expect(shop(bill)).toMatchObject({
      billed_instance_s: 5,
      requests: 0,
      idle_minimum: near(70 * 1.5 * IDLE_SECOND),
    });
    expect(bill.per_month.cloud_run).toEqual(expect.closeTo(((bill.cloud_run as number) * MONTH) / 75, 9));
  });

  test('charges no fee for a request that no instance ever got', () => {
    const yaml = KEPT(1, ', template: {scaling: {maxInstanceCount: 1, concurrencyTarget: disabled}}');
    expect(shop(billOf(yaml, { arrivals: [[10, 50], [11, 1]] })).requests).toEqual(near(REQUEST)); // prettier-ignore
  });

  test('bills a shutdown as long as there are requests, and a crash up to its instant', () => {
    const plan = aPlan({
      revisions: [{ ...aRevision('checkout-00001', 0, null), memoryBytes: 0 }],
      keys: [],
    });
    const watchers = new Watchers(plan);
    const world = new HandmadeWorld(plan, watchers);
    const [drained, crashed] = world.initial(2);
    world.at(10).activate(2);
    world.at(20).move(drained, 'active', 'draining');
    world.move(crashed, 'active', 'gone');
    world.at(23).move(drained, 'draining', 'gone');
    // A row is used again by the next instance.
    const next = world.at(30).start({ id: crashed.id });
    world.at(31).becomeReady(next);
    world.finish();
    expect(watchers.cost.summary.services[0].billed_instance_s).toBe(13 + 10 + 1);
  });

  test('bills what is under way at the horizon up to there', () => {
    const story = tell(KEPT(1), { arrivals: [[95, 60]] });
    expect(story.requests().in_flight).toBe(1);
    expect(shop(story.summary.cost!).billed_instance_s).toBe(5);
  });

  test('bills a start that is refused, from its decision until it is given up', () => {
    const yaml = `duration: 100s
services: [{${UNBOOSTED}}]
assumptions: {failedStartBackoff: {initial: 200s, factor: 1, max: 200s}}
timeline: [{at: 0s, propagation: 0s, keyState: {key: shop, state: DISABLED}}]`;
    const bill = billOf(yaml, { arrivals: [[10, 1]] });
    // 1 s of image import, 0.1 s for the key.
    expect(shop(bill).billed_instance_s).toBe(1.1);
  });
});

describe('instance-based billing', () => {
  test('bills instances from start to end at its own rates, idle or not, and no requests', () => {
    const bill = billOf(KEPT(2, ', cpuIdle: false'), { arrivals: [[10, 10]] });
    expect(shop(bill)).toMatchObject({
      billing: 'instance-based',
      billed_instance_s: 200,
      cpu: near(200 * 18e-6),
      memory: near(100 * 2e-6),
      requests: 0,
      idle_minimum: 0,
    });
  });

  test('boosts a start and 10 s after it, whether or not there are requests', () => {
    const bill = billOf('duration: 100s\nservices: [{cpuIdle: false, cpu: 2}]', { arrivals: [[10, 1]] });
    // 90 s, 12.2 of them with 4 instead of 2 vCPU.
    expect(shop(bill).cpu).toEqual(near((90 * 2 + 12.2 * 2) * 18e-6));
  });

  test('is told apart by revision', () => {
    const yaml = `${KEPT(0, `, ${UNBOOSTED}, initialInstanceCount: 1`)}timeline: [{at: 40s, deploy: {service: shop, set: {cpuIdle: false}}}]`;
    const bill = billOf(yaml);
    expect(shop(bill).billing).toBe('both');
    expect(shop(bill)).toMatchObject({ billed_instance_s: 60, cpu: near(60 * 18e-6) });
  });
});

describe('Cloud KMS', () => {
  test('charges operations, and key versions in proportion to the time', () => {
    const bill = billOf('duration: 10m', { arrivals: [[10, 1], [30, 0.25]] }); // prettier-ignore
    expect(bill.cloud_kms_operations).toEqual(near(2 * OPERATION));
    expect(bill.cloud_kms_key_versions).toEqual(near((3 * 600) / MONTH));
    expect(bill.cloud_kms).toEqual(near(2 * OPERATION + (3 * 600) / MONTH));
    expect(bill.per_month.cloud_kms_key_versions).toEqual(expect.closeTo(3, 9));
  });

  test('charges calls that were answered with an error, none that were denied, and none of the warm-up', () => {
    const plan = aPlan({ warmUp: lasting(10) });
    const watchers = new Watchers(plan);
    const world = new HandmadeWorld(plan, watchers);
    world.at(20);
    for (const outcome of ['ok', 'failed', 'exceeded'] as const) {
      if (outcome !== 'exceeded') watchers.quotaTaken(0 as never, true, s(20), 1);
      watchers.keyCalled(aCall({ issuedAt: s(20), answeredAt: s(20), outcome }));
    }
    watchers.keyCalled(aCall({ issuedAt: s(9), answeredAt: s(11) }));
    world.finish();
    expect(watchers.cost.summary.cloud_kms_operations).toEqual(near(2 * OPERATION));
  });

  test.each([
    ['SOFTWARE', 0.06],
    ['HSM', 1],
    ['EXTERNAL', 3],
    ['EXTERNAL_VPC', 3],
  ] as const)('a %s key version costs %d a month', (level, month) => {
    const plan = aPlan({ keys: [aKey(level, null)], revisions: [aRevision('checkout-00001', 0, null)] });
    const watchers = new Watchers(plan);
    new HandmadeWorld(plan, watchers).finish();
    expect(watchers.cost.summary.per_month.cloud_kms_key_versions).toEqual(expect.closeTo(month, 12));
  });

  test('counts versions as they come with rotations and go when scheduled for destruction', () => {
    const versionSeconds = (timeline: string): number => {
      const bill = billOf(`duration: 100s\nservices: [{}]\ntimeline: [${timeline}]`);
      return Math.round(((bill.cloud_kms_key_versions as number) / 3) * MONTH * 1000) / 1000;
    };
    const rotation = '{at: 50s, keyRotation: {key: shop}}';
    const version = (at: number, state: string, more = '') =>
      `{at: ${at}s, propagation: 0s${more}, keyVersionState: {key: shop, version: 1, state: ${state}}}`;
    expect(versionSeconds('')).toBe(100);
    expect(versionSeconds(rotation)).toBe(150);
    expect(versionSeconds(`${rotation}, ${version(60, 'DISABLED')}`)).toBe(150);
    expect(versionSeconds(`${rotation}, ${version(60, 'DESTROYED')}`)).toBe(110);
    expect(versionSeconds(version(60, 'DESTROY_SCHEDULED', ', for: 10s'))).toBe(90);
    expect(versionSeconds(`${version(20, 'DESTROYED')}, ${version(60, 'ENABLED')}`)).toBe(20);
  });

  test('costs nothing without a key', () => {
    expect(billOf(KEPT(1)).cloud_kms).toBe(0);
  });
});

describe('a bill', () => {
  test('is in dollars, of tier 1 and without free tier', () => {
    expect(billOf(KEPT(1))).toMatchObject({ currency: 'USD', tier: 1, free_tier: false });
  });

  test('adds up over services', () => {
    const bill = billOf(
      `duration: 100s
services: [{name: shop, scaling: {minInstanceCount: 1}}, {name: depot, cpuIdle: false, initialInstanceCount: 1, encryptionKey: ${KEY}}]`,
    );
    expect(bill.services.map(({ service_name }) => service_name)).toEqual(['shop', 'depot']);
    expect(bill.cloud_run).toEqual(near(100 * 1.5 * IDLE_SECOND + 100 * (18e-6 + 1e-6)));
  });

  test('becomes intervals over replications, its tier and words staying what they are', () => {
    const yaml = 'duration: 60s\nservices: [{load: 1/s}]';
    const stories = [1, 2, 3].map((replication) => tell(yaml, { replication }));
    const summaries = stories.map(({ summary }) => summary);
    const { cost } = combine(stories[0].plan, summaries);
    const each = summaries.map((summary) => summary.cost!.cloud_run as number);
    expect(new Set(each).size).toBe(3);
    expect((cost!.cloud_run as { mean: number }).mean).toBeCloseTo((each[0] + each[1] + each[2]) / 3, 12);
    expect(cost).toMatchObject({ currency: 'USD', tier: 1, free_tier: false });
    expect(cost!.services[0]).toMatchObject({ service_name: 'shop', billing: 'request-based' });
    expect(cost!.per_month.cloud_kms).toHaveProperty('low');
    const metrics = replicationRows(summaries).map(({ metric }) => metric);
    expect(metrics).toContain('cost.per_month.cloud_run');
    expect(metrics).not.toContain('cost.tier');
  });

  test('may be asked for by tier 1 only, for want of other prices', () => {
    expect(billOf(`${KEPT(1)}pricing: {tier: 1, freeTier: false}`).tier).toBe(1);
    const base = 'name: a\nduration: 1h\nservices: [{name: shop, location: europe-west3, load: 1/s}]\n';
    expect(problemsOf(base)).toEqual([]);
    expect(messagesOf(problemsOf(`${base}pricing: {freeTier: true}\n`))).toContain('pricing.freeTier');
    expect(messagesOf(problemsOf(`${base}pricing: {tier: 2}\n`))).toMatch(
      /pricing\.tier: "2" is not one of the words allowed here.*Known: 1\./s,
    );
  });
});
