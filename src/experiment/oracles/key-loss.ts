/**
 * O19. The loss of a key, which is not a matter of chance.
 *
 * From at + propagation (20 s) until it is undone no start succeeds, and outside of that every start does. With SHUTDOWN
 * instances leave at the detection, which a check every 5 min makes, plus the duration asked for, and not before;
 * a key that is back by then calls it off.
 *
 * By hand: disabled at 100 s for 90 s: starts fail in [120, 190). Disabled at 600 s with 1 h: known to KMS at 620 s,
 * detected by 920 s, all three instances gone an hour after the detection, on the second of the next sample.
 */
import type { Case, Oracle, Seen } from './oracle.ts';
import {
  column,
  exactly,
  fleet,
  key,
  KEY,
  NO_BACK_OFF,
  numbers,
  oneKeyCall,
  plain,
  scenario,
  startup,
} from './worlds.ts';

/** How many starts ended otherwise than they should: refused within [120, 190) s, ready elsewhere. */
function strays(seen: Seen): number {
  const outcomes = column(seen, 'cold-starts.csv', 'outcome');
  return numbers(seen, 'cold-starts.csv', 'start_s').filter(
    (at, i) => outcomes[i] !== (at >= 120 && at < 190 ? 'refused:key-disabled' : 'ready'),
  ).length;
}

const starting = (at: string): Case => ({
  name: 'no start succeeds while the key is lost, and every start otherwise',
  scenario: scenario({
    rate: 2,
    until: 300,
    after: 10,
    service: {
      autoscaler: 'per-request',
      idleTimeout: '0s',
      encryptionKey: KEY,
      startup: oneKeyCall,
      requests: { duration: '0s' },
    },
    world: {
      keys: [key('HSM')],
      assumptions: NO_BACK_OFF,
      timeline: [{ at, for: '90s', keyState: { key: 'shop', state: 'DISABLED' } }],
    },
  }),
  tables: true,
  replications: 10,
  precision: 0,
  claims: [
    exactly('starts that end otherwise than they should', 0, strays),
    exactly('400 starts or more', 1, (seen) =>
      Number(column(seen, 'cold-starts.csv', 'outcome').length >= 400),
    ),
  ],
});

/** Ready instances by the second: three until the shutdown, none until the key is back, then three. */
function wrongSeconds(seen: Seen, hours: number, back: number | null): number {
  const ready = numbers(seen, 'scale-out.csv', 'idle');
  const detected = plain(seen.summary.faults[0].detected_s);
  const leave = Math.ceil(detected + hours * 3600);
  const undone = back === null ? ready.length : 600 + back;
  const due = (second: number): number | null => {
    if (undone < leave || second < leave) return 3;
    // Back: at the next check, and after a start. Only the end is certain.
    return second < undone ? 0 : second === ready.length - 1 ? 3 : null;
  };
  return ready.filter((count, second) => due(second) !== null && count !== due(second)).length;
}

const shutDown = (hours: number, back: number | null, told = hours): Case => ({
  name: `with SHUTDOWN after ${told} h, ${back === null ? 'not undone' : `undone after ${back / 60} min`}, instances leave on time or not at all`,
  scenario: scenario({
    until: 4 * 3600,
    after: 0,
    every: 1,
    service: {
      ...fleet(3),
      load: '0/s',
      encryptionKey: KEY,
      encryptionKeyRevocationAction: 'SHUTDOWN',
      encryptionKeyShutdownDuration: `${hours}h`,
      startup: startup(),
    },
    world: {
      keys: [{ ...key('HSM'), check: { interval: '5m' } }],
      timeline: [
        {
          name: 'lost',
          at: '600s',
          ...(back === null ? {} : { for: `${back}s` }),
          keyState: { key: 'shop', state: 'DISABLED' },
        },
      ],
    },
  }),
  tables: true,
  replications: 2,
  precision: 0,
  claims: [
    exactly(
      `seconds with a wrong count, ${told} h, ${back === null ? 'not undone' : `back after ${back} s`}`,
      0,
      (seen) => wrongSeconds(seen, told, back),
    ),
    exactly('detected within one check', 1, ({ summary }) => {
      const at = plain(summary.faults[0].detected_s);
      return Number(at >= 620 && at < 620 + 300);
    }),
  ],
});

export const keyLoss: Oracle = {
  id: 'O19',
  title: 'the loss of a key, with PREVENT_NEW and SHUTDOWN',
  source: 'Cloud Run, Using customer managed encryption keys; worked by hand',
  byHand: [],
  cases: () => [starting('100s'), shutDown(1, null), shutDown(2, null), shutDown(1, 5400), shutDown(1, 2400)],
  defects: () => [
    {
      name: 'a loss that comes ten seconds later',
      wrong: starting('110s'),
      noticedBy: ['starts that end otherwise than they should'],
    },
    {
      name: 'a shutdown after two hours instead of one',
      wrong: shutDown(2, null, 1),
      noticedBy: ['seconds with a wrong count, 1 h, not undone'],
    },
  ],
};
