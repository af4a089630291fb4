/** The checker of files is worth something if it finds what is wrong: here one thing at a time is made wrong. */
import { describe, expect, it } from 'vitest';
import { play } from '../../src/probes/play.ts';
import { renderRun } from '../../src/report/render.ts';
import { planOf } from '../support/plans.ts';
import { contradictions } from '../support/results-checker.ts';

const KEY = 'projects/kms/locations/europe-west3/keyRings/r/cryptoKeys/k';
const files = await renderRun(
  play(
    planOf(`
name: eventful
duration: 3m
seed: 4
services:
  - name: web
    location: europe-west3
    scaling: {minInstanceCount: 1, maxInstanceCount: 12}
    maxInstanceRequestConcurrency: 2
    idleTimeout: 5s
    encryptionKey: ${KEY}
    encryptionKeyRevocationAction: SHUTDOWN
    requests: {duration: {exponential: {mean: 300ms}}}
    load: {startRate: 2/s, stages: [{duration: 60s, target: 25/s}, {duration: 30s, target: 2/s}, {duration: 30s, target: 25/s}]}
keys: [{name: ${KEY}, protectionLevel: HSM, check: {interval: 10s}}]
quotas: {limits: [{name: hsm, project: kms, location: europe-west3, protectionLevel: HSM, limit: 120/min}]}
timeline: [{name: lost, at: 130s, keyState: {key: k, state: DISABLED}}]
objectives: [{expect: "error_ratio < 99%"}]
`),
    1,
  ),
  { charts: false },
);

/** The files with a part of one replaced, each time it occurs or the first time only. */
const changed = (name: string, from: string | RegExp, to: string | ((text: string) => string)) => {
  const text = files.get(name)!;
  const other = text.replace(from, to as never);
  expect(other, 'something is changed').not.toBe(text);
  return new Map(files).set(name, other);
};
const more = (text: string): string => text.replace(/\d+(?!.*\d)/s, (digits) => String(Number(digits) + 1));

describe('the checker of a results folder', () => {
  it('finds nothing in what a run writes', () => {
    expect(contradictions(files)).toEqual([]);
    const { services } = JSON.parse(files.get('summary.json')!);
    // The run is eventful enough for the checks below.
    expect(services[0].instances.refused['quota-exceeded']).toBeGreaterThan(0);
    expect(services[0].instances.evicted['key-disabled']).toBeGreaterThan(0);
  });

  const AUDIT = 'audit-log.jsonl';
  const LOG = 'service-log.jsonl';
  const dropLine = (marked: RegExp) => (text: string) => {
    const lines = text.split('\n');
    const at = lines.findIndex((line) => marked.test(line));
    return lines.filter((_, index) => index !== at).join('\n');
  };
  it.each([
    ['a request that vanished', 'summary.json', /"arrived": \d+/, more, 'arrived'],
    ['a request that was served twice', 'summary.json', /"served": \d+/, more, 'answered'],
    ['a percentile above the next', 'summary.json', /"p95": [\d.]+/, '"p95": 999999999', 'percentiles'],
    ['a negative figure', 'summary.json', /"mean_active": [\d.]+/, '"mean_active": -1', 'not negative'],
    [
      'more active instances than there are',
      'summary.json',
      /"mean_active": [\d.]+/,
      '"mean_active": 99',
      'active',
    ],
    ['a start that nobody sees', 'summary.json', /"started": \d+/, more, 'starts of web'],
    [
      'a verdict that does not follow',
      'summary.json',
      '"verdict": "met"',
      '"verdict": "missed"',
      'is not missed',
    ],
    ['a bill that does not add up', 'summary.json', /"cpu": [\d.]+/, '"cpu": 5', 'the parts of web'],
    ['an arrival that no curve shows', 'requests.csv', /^(\d+,web,)\d+/m, '$10', 'requests.csv: arrivals'],
    ['a point off the grid', 'requests.csv', /^5,/m, '5.1,', 'on the grid'],
    ['a call that one table lacks', 'kms-operations.csv', /,Decrypt,\d+/, ',Decrypt,77', 'both tables'],
    ['a call without an audit entry', AUDIT, /^[^]*$/, dropLine(/"code":0/), 'an audit entry a call'],
    ['a denial without an audit entry', AUDIT, /^[^]*$/, dropLine(/"code":8/), 'an audit entry a'],
    [
      'a denial that is logged at another time',
      LOG,
      /("simulated_s":)([\d.]+)(?=[^\n]*RESOURCE_EXHAUSTED)/,
      '$11',
      'time',
    ],
    ['a start that is not told of', LOG, /^[^]*$/, dropLine(/Starting new instance/), 'begins'],
    ['an instance that is ready by the log alone', 'cold-starts.csv', /,ready$/m, ',crashed', 'ready'],
    [
      'steps that are longer than the start',
      'cold-starts.csv',
      /,(\d+\.?\d*),ready$/m,
      ',99999,ready',
      'its steps take',
    ],
    ['an eviction that is not logged', LOG, /^[^]*$/, dropLine(/Shutting down/), 'eviction'],
    ['a log out of order', LOG, /"simulated_s":[\d.]+/, '"simulated_s":170', 'order of time'],
    [
      'more starts decided than begun',
      'decisions.jsonl',
      /"starts":\d+/,
      '"starts":999',
      'starts are decided',
    ],
  ] as const)('finds %s', (_, name, from, to, told) => {
    expect(contradictions(changed(name, from, to)).join('\n')).toContain(told);
  });

  it('finds a quota that was not kept, from the times of the calls alone', () => {
    const stricter = changed('kms-quota.csv', /,120$/gm, ',60');
    expect(contradictions(stricter).join('\n')).toContain('kms/europe-west3/HSM: more than 1 calls granted');
    expect(contradictions(stricter, { slidingQuotas: false })).toEqual([]);
  });

  it('finds evictions before anything was known', () => {
    const later = changed('summary.json', /"next_eviction_s": [\d.]+/, '"next_eviction_s": 179');
    expect(contradictions(later).join('\n')).toContain('no fault says so');
    const silent = new Map(files).set(AUDIT, files.get(AUDIT)!.replaceAll(/"code":[1-9]\d*/g, '"code":0'));
    expect(contradictions(silent).join('\n')).toContain('before a call has failed');
  });
});
