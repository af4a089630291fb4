/**
 * Metamorphic relations: what must stay the same, or change in a known way, when a scenario is changed. No closed form
 * is needed for these, and they hold for worlds that nobody has worked out.
 *
 * Each is a function that compares two results; beside each property a planted break shows that it can fail.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { play } from '../../src/probes/play.ts';
import type { Results } from '../../src/probes/results.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import {
  documents,
  KEY_NAMES,
  textOf,
  type Document,
  type TimelineDocument,
} from '../support/scenario-texts.ts';

const WORLDS = Number(process.env['WORLDS'] ?? 25);
const SETTINGS = { numRuns: WORLDS, seed: Number(process.env['SEED'] ?? 97) };

const planOf = (document: Document): Plan | null =>
  loadScenario(textOf(document), 'drawn.yaml', { read: () => null }).plan;

/** The results of a document; a wrong one is drawn again. */
function played(document: Document): Results {
  const plan = planOf(document);
  fc.pre(plan !== null);
  return play(plan!, 1);
}

/** All that a run says, without the hash of its text and what the timeline lists. */
const bytesOf = ({ summary, tables, logs }: Results): string =>
  JSON.stringify([
    { ...summary, faults: [], scenario: { ...summary.scenario, hash: '' }, engine: null },
    tables,
    logs,
  ]);

/** What a run says about one service. */
const ofService = ({ summary, tables, logs }: Results, name: string): string =>
  JSON.stringify([
    summary.services.find(({ service_name }) => service_name === name),
    ...(['scale-out.csv', 'requests.csv', 'cold-starts.csv'] as const).map((file) => {
      const at = tables[file].columns.indexOf('service_name');
      return tables[file].rows.filter((row) => row[at] === name);
    }),
    logs['service-log.jsonl'].filter((line) => line.includes(`"service_name":"${name}"`)),
  ]);

const holds = (relation: (document: Document) => void): void =>
  fc.assert(fc.property(documents, relation), SETTINGS);

const entries = (document: Document): readonly TimelineDocument[] => document.timeline ?? [];

/** A document with an outage of a minute half, cut at a second into two that touch. */
const outage = (from: number, until: number, retryable: boolean): TimelineDocument => ({
  at: `${from}s`,
  for: `${until - from}s`,
  ekmUnreachable: { key: KEY_NAMES[0], retryable },
});
const external = (document: Document): Document => ({
  ...document,
  services: document.services.map((service) => ({ ...service, encryptionKey: KEY_NAMES[0] })),
  keys: document.keys!.map((key) => ({ ...key, protectionLevel: 'EXTERNAL' })),
  quotas: {},
  timeline: entries(document).filter((entry) => !('ekmUnreachable' in entry) && !('quotaLimit' in entry)),
});

describe('a fault that is split in two adjacent halves', () => {
  const split = (gap: number) => (document: Document, cut: number, retryable: boolean) => {
    const base = external(document);
    const whole = played({ ...base, timeline: [...entries(base), outage(10, 40, retryable)] });
    const halves = [outage(10, cut, retryable), outage(cut + gap, 40, retryable)];
    return [bytesOf(whole), bytesOf(played({ ...base, timeline: [...entries(base), ...halves] }))];
  };

  it('is the same fault, byte for byte', () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 11, max: 38 }), fc.boolean(), (document, cut, retryable) => {
        const [whole, halves] = split(0)(document, cut, retryable);
        expect(halves).toBe(whole);
      }),
      SETTINGS,
    );
  });

  it('is another one with a second between', () => {
    const drawn = fc
      .sample(documents, { numRuns: 12, seed: 3 })
      .filter((each) => planOf(external(each)) !== null);
    const differ = drawn.filter((document) => {
      const [whole, halves] = split(1)(document, 20, false);
      return whole !== halves;
    });
    expect(differ.length).toBeGreaterThan(0);
  });
});

describe('the order in the file', () => {
  const turned = (document: Document): Document => ({
    ...document,
    services: [...document.services].reverse(),
    keys: [...document.keys!].reverse(),
    // Entries of one instant act in the order of the file, so only those of different instants may change places.
    timeline: [...entries(document)].reverse(),
  });
  const atDifferentTimes = (document: Document): boolean => {
    const times = entries(document).flatMap(({ at, for: length }) => {
      const begins = parseInt(at, 10);
      return typeof length === 'string' ? [begins, begins + parseInt(length, 10)] : [begins];
    });
    return new Set(times).size === times.length;
  };
  /** Entries without a name are called after their place. */
  const named = (document: Document): Document => ({
    ...document,
    timeline: entries(document).map((entry, at) => ({ name: `entry-${at}`, ...entry })),
  });

  /**
   * Whoever shares a key or a quota is served in the order of the file where calls come at one instant, as when both
   * autoscalers look at the same time; and deployments without a name are numbered as they stand in the file.
   */
  const apart = (document: Document): Document => ({
    ...document,
    services: document.services.map((service, at) =>
      'encryptionKey' in service ? { ...service, encryptionKey: KEY_NAMES[at] } : service,
    ),
    keys: document.keys!.map((key, at) => ({ ...key, protectionLevel: ['HSM', 'EXTERNAL'][at] })),
    timeline: entries(document).filter((entry) => !('deploy' in entry) && !('ekmUnreachable' in entry)),
  });

  it('of services, keys and timeline entries changes nothing for any service', () => {
    holds((drawn) => {
      const document = apart(drawn);
      fc.pre(atDifferentTimes(document));
      const [one, other] = [played(named(document)), played(turned(named(document)))];
      for (const { name } of document.services) expect(ofService(other, name)).toBe(ofService(one, name));
    });
  });

  it('of what happens in the world is another matter', () => {
    const [document] = fc.sample(documents, { numRuns: 1, seed: 8 });
    const crash = { at: '20s', instanceCrash: { service: 'web', share: '100%' } };
    const later = { ...crash, at: '21s' };
    const base = { ...document, services: document.services.slice(0, 1), quotas: {} };
    const run = (timeline: TimelineDocument[]) => ofService(played({ ...base, timeline }), 'web');
    expect(run([crash])).not.toBe(run([later]));
  });
});

describe('what cannot matter', () => {
  const withLimit = (document: Document, limit: string): Document => ({
    ...document,
    quotas: {
      limits: ['HSM', 'EXTERNAL'].map((protectionLevel) => ({
        name: `limit-${protectionLevel.toLowerCase()}`,
        project: 'kms',
        location: 'europe-west3',
        protectionLevel,
        limit,
      })),
    },
    timeline: entries(document).filter((entry) => !('quotaLimit' in entry)),
  });
  /** The tables of Cloud KMS show the limit itself. */
  const services = (document: Document): string => {
    const results = played(document);
    return document.services.map(({ name }) => ofService(results, name)).join('\n');
  };

  it('is a quota above all attempts: twice as much is the same', () => {
    holds((document) => {
      expect(services(withLimit(document, '600000/min'))).toBe(services(withLimit(document, '1200000/min')));
    });
  });

  it('unlike one below them', () => {
    const drawn = fc.sample(documents, { numRuns: 30, seed: 5 });
    const differ = drawn.filter((document) => {
      const [tight, wide] = [withLimit(document, '30/min'), withLimit(document, '600000/min')];
      return planOf(tight) !== null && services(tight) !== services(wide);
    });
    expect(differ.length).toBeGreaterThan(0);
  });

  const SPARE = 'projects/other/locations/europe-west3/keyRings/r/cryptoKeys/spare';
  const spare = { name: SPARE, protectionLevel: 'EXTERNAL' };

  it('is a key that nobody uses, and whatever happens to it', () => {
    holds((document) => {
      const more = { ...document, keys: [...document.keys!, spare] };
      const happening = [
        { at: '5s', for: '30s', ekmUnreachable: { key: SPARE, retryable: false } },
        { at: '7s', keyState: { key: SPARE, state: 'DISABLED' } },
      ];
      const one = services(document);
      expect(services(more)).toBe(one);
      expect(services({ ...more, timeline: [...entries(document), ...happening] })).toBe(one);
    });
  });

  it('is what happens to any key, for a service without one', () => {
    const unencrypted = ({
      encryptionKey: _,
      encryptionKeyRevocationAction: __,
      ...service
    }: Readonly<Record<string, unknown>>) => service;
    const faults: TimelineDocument[] = KEY_NAMES.flatMap((key) => [
      { at: '8s', for: '9s', keyState: { key, state: 'DISABLED' } },
      { at: '20s', kmsLatency: { key, factor: 9 } },
      { at: '30s', keyRotation: { key } },
    ]);
    holds((document) => {
      fc.pre(document.services.length === 2);
      const [web, api] = document.services;
      const base = {
        ...document,
        services: [
          { ...unencrypted(web), name: 'web' },
          { ...api, encryptionKey: KEY_NAMES[1] },
        ],
        timeline: entries(document).filter((entry) => !('trafficShift' in entry) && !('keyAccess' in entry)),
      };
      const hit = { ...base, timeline: [...base.timeline, ...faults] };
      expect(ofService(played(hit), 'web')).toBe(ofService(played(base), 'web'));
    });
  });

  it('while one with a key feels it', () => {
    const drawn = fc.sample(documents, { numRuns: 30, seed: 5 });
    const differ = drawn.filter((document) => {
      const hit = {
        ...document,
        services: document.services.map((service) => ({ ...service, encryptionKey: KEY_NAMES[0] })),
      };
      const faulty = {
        ...hit,
        timeline: [
          ...entries(hit),
          { at: '8s', for: '30s', keyState: { key: KEY_NAMES[0], state: 'DISABLED' } },
        ],
      };
      return planOf(hit) !== null && planOf(faulty) !== null && services(hit) !== services(faulty);
    });
    expect(differ.length).toBeGreaterThan(0);
  });

  it('is whether the seed is a number or its digits', () => {
    holds((document) => {
      const text = { ...document, seed: String(document.seed) } as unknown as Document;
      expect(bytesOf(played(text))).toBe(bytesOf(played(document)));
    });
    const [document] = fc.sample(documents, { numRuns: 1, seed: 8 });
    expect(bytesOf(played({ ...document, seed: document.seed + 1 }))).not.toBe(bytesOf(played(document)));
  });
});
