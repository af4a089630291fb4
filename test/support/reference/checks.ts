/**
 * The periodic check: each revision that serves or has instances encrypts and decrypts dummy data with its key, again and
 * again, beginning at a moment of its own. The encrypt uses the primary version, the decrypt the revision's own. A
 * check is not retried.
 */
import { DECIDING } from './agenda.ts';
import { callKms } from './kms.ts';
import { learn, type Consequences } from './key-watch.ts';
import type { Revision, Town } from './town.ts';

export function checkPeriodically(town: Town, revision: Revision, then: Consequences): void {
  const { key } = revision;
  if (key === null || !revision.plan.initial) return;
  const { interval } = key.plan.check;
  const phase = Math.floor(town.dice('key-check-phase', revision.plan.name).next() * interval);
  const check = (): void => {
    town.agenda.plan(town.now + interval, DECIDING, check);
    const primary = key.versions.length;
    const call = { key, revision, instance: null, attempt: 0 };
    callKms(town, { ...call, version: primary, use: 'check-encrypt' }, (answer) => {
      learn(town, revision, key, primary, answer, then);
      const version = town.plan.assumptions.checkDecryptVersion === 'primary' ? primary : revision.keyVersion;
      // What one version cannot be used for is not asked of it a second time.
      if (answer !== 'ok' && version === primary) return;
      callKms(town, { ...call, version, use: 'check-decrypt' }, (second) =>
        learn(town, revision, key, version, second, then),
      );
    });
  };
  town.agenda.plan(phase, DECIDING, check);
}
