/**
 * The periodic key check: an encrypt and a decrypt of dummy data, which is how Cloud Run finds out about a key that
 * no start has asked for.
 *
 * Each revision that serves or has instances is checked every interval, beginning at a phase of its own; or, where the
 * scenario says `per: key`, each key once for all of them, with no more calls than find every loss that concerns one
 * of them: an encrypt for each service, as its own service agent, and a decrypt for each version that wraps a data
 * key of it. With one service on one version these are one encrypt and one decrypt. The encrypt uses the primary version, the decrypt the version that wraps the revision's data key (assumption
 * `checkDecryptVersion`). A check is not retried: the next one comes with the interval. Its calls are charged like
 * any other.
 */
import type { Streams } from '../../engine/streams.ts';
import type { ServiceId } from '../../units/ids.ts';
import { after, type Duration, type Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import { EVENT } from '../events.ts';
import type { KeyCall, KeyCaller, Kms } from '../kms/kms.ts';
import type { Plan } from '../plan.ts';
import type { KeyWatch } from './key-watch.ts';
import type { Revision } from './revision.ts';

interface Check {
  readonly key: number;
  /** The revisions it stands for, in order; the first in use of each service asks. */
  readonly revisions: readonly Revision[];
  readonly interval: Duration;
}

export class KeyChecks implements KeyCaller {
  private readonly plan: Plan;
  private readonly agenda: Agenda;
  private readonly revisions: readonly Revision[];
  private readonly kms: Kms;
  private readonly watch: KeyWatch;
  private readonly checks: readonly Check[];

  constructor(
    plan: Plan,
    agenda: Agenda,
    streams: Streams,
    revisions: readonly Revision[],
    kms: Kms,
    watch: KeyWatch,
  ) {
    this.plan = plan;
    this.agenda = agenda;
    this.revisions = revisions;
    this.kms = kms;
    this.watch = watch;
    const checks: Check[] = [];
    plan.keys.forEach(({ name, check: { interval, per } }, key) => {
      const users = revisions.filter((revision) => revision.plan.key === key);
      const groups = per === 'key' ? [users] : users.map((user) => [user]);
      for (const group of groups) {
        if (group.length === 0) continue;
        const entity = per === 'key' ? name : group[0].plan.name;
        const phase = Math.floor(interval * streams.stream('key-check-phase', entity).next53());
        agenda.plan((agenda.now + phase) as Instant, EVENT['key-check-due'], checks.length);
        checks.push({ key, revisions: group, interval });
      }
    });
    this.checks = checks;
  }

  due(index: number): void {
    const check = this.checks[index];
    this.agenda.plan(after(this.agenda.now, check.interval), EVENT['key-check-due'], index);
    const services = new Set<ServiceId>();
    for (const revision of check.revisions) {
      if (!isInUse(revision) || services.has(revision.service)) continue;
      services.add(revision.service);
      this.ask(revision, 'check-encrypt', this.kms.keys[check.key].primary);
    }
  }

  keyAnswered(call: KeyCall): void {
    this.watch.learn(call);
    if (call.use !== 'check-encrypt') return;
    const versions = new Set<number>();
    for (const revision of this.standsFor(this.revisions[call.revision])) {
      const version =
        this.plan.assumptions.checkDecryptVersion === 'primary' ? call.version : revision.keyVersion;
      if (versions.has(version)) continue;
      versions.add(version);
      // A version that has just failed need not be asked again; another one has to be.
      if (call.outcome === 'ok' || version !== call.version) this.ask(revision, 'check-decrypt', version);
    }
  }

  /** The revisions whose data keys a check is about that this revision asked for: its own, or all of its service. */
  private standsFor(asking: Revision): readonly Revision[] {
    const { key } = asking.plan;
    if (this.plan.keys[key!].check.per === 'revision') return [asking];
    const { service } = asking;
    return this.revisions.filter(
      (one) => one === asking || (one.service === service && one.plan.key === key && isInUse(one)),
    );
  }

  private ask(revision: Revision, use: 'check-encrypt' | 'check-decrypt', version: number): void {
    this.kms.ask({
      key: revision.plan.key!,
      version,
      use,
      service: revision.service,
      revision: revision.id,
      instance: null,
      index: use === 'check-encrypt' ? 0 : 1,
      attempt: 0,
      caller: this,
    });
  }
}

const isInUse = (revision: Revision): boolean =>
  revision.exists && !revision.barred && (revision.percent > 0 || revision.live.length > 0);
