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
    const whose = { key, revision, instance: null, attempt: 0 };
    const encrypt = { ...whose, version: primary, use: 'check-encrypt' };
    callKms(town, encrypt, (answer, made) => {
      learn(town, encrypt, answer, made, then);
      const version = town.plan.assumptions.checkDecryptVersion === 'primary' ? primary : revision.keyVersion;
      // What one version cannot be used for is not asked of it a second time.
      if (answer !== 'ok' && version === primary) return;
      const decrypt = { ...whose, version, use: 'check-decrypt' };
      callKms(town, decrypt, (second, madeNext) => learn(town, decrypt, second, madeNext, then));
    });
  };
  town.agenda.plan(phase, DECIDING, check);
}
