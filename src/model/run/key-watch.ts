/**
 * What Cloud Run knows of each key, and what follows from it for running instances.
 *
 * Nobody tells Cloud Run that a key has changed: it learns it from a key call of a start, a deployment or a
 * periodic check, and from nothing else. What follows is read from the table of the CMEK page
 * (`rules/key-unavailability.ts`), by the cause of the failed call:
 *
 *   kept                     from the first failure that can be retried to the first success, no instance of any revision
 *                            on that key is shut down (crashes excepted, and revisions that have lost the key itself)
 *   shut-down-after-waiting  from the first failure that cannot be retried a clock runs; at its end every instance on that
 *                            key is shut down, and what starts afterwards at the next such failure; a success stops it
 *                            and sets it back
 *   by-revocation-action     SHUTDOWN: instances leave at once, or at detection + the shutdown duration; a success before
 *                            that calls it off; those that have started since without a key call (their node still
 *                            had the data key) leave at the next call that fails. PREVENT_NEW: they stay
 *   unaffected               quota: nothing
 *
 * A version that was lost concerns the revisions whose data key it wraps; access that was lost, the service it was
 * taken from; reachability, the whole key.
 */
import { rowFor, type UnavailabilityCause } from '../../rules/key-unavailability.ts';
import type { KeyId, RevisionId, TimelineId } from '../../units/ids.ts';
import { after, type Duration, type Instant } from '../../units/time.ts';
import { NO_TICKET, type Agenda, type Ticket } from '../agenda.ts';
import { EVENT } from '../events.ts';
import type { Plan } from '../plan.ts';
import type { KeyKnowledgeRecord, Probe } from '../probe.ts';
import type { KeyCall } from '../kms/kms.ts';
import type { Revision } from './revision.ts';

/** Who acts on it. */
export interface KeyConsequences {
  /** Shuts down the instances of a revision because of its key. */
  evict(revision: Revision, cause: UnavailabilityCause): void;
  /** Instances on a key may be shut down again. */
  released(key: KeyId): void;
}

interface KnownKey {
  /** Since when calls fail in a way that can be retried; null: they do not. */
  retryingSince: Instant | null;
  /** Since when the waiting clock runs. */
  waitingSince: Instant | null;
  waitingTicket: Ticket;
  /** The clock ended while nobody could be shut down. */
  waitingDue: boolean;
}

interface Loss {
  readonly cause: UnavailabilityCause;
  /** When the call was made that failed: the state it found is the state of then. */
  readonly since: Instant;
  readonly fault: TimelineId | null;
  ticket: Ticket;
  /** The shutdown has been due: whoever runs is shut down as soon as that is possible, and as it is noticed again. */
  due: boolean;
}

export class KeyWatch {
  private readonly plan: Plan;
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly revisions: readonly Revision[];
  private readonly known: readonly KnownKey[];
  private readonly losses: (Loss | null)[];
  private consequences!: KeyConsequences;

  constructor(plan: Plan, agenda: Agenda, probe: Probe, revisions: readonly Revision[]) {
    this.plan = plan;
    this.agenda = agenda;
    this.probe = probe;
    this.revisions = revisions;
    this.known = plan.keys.map(() => ({
      retryingSince: null,
      waitingSince: null,
      waitingTicket: NO_TICKET,
      waitingDue: false,
    }));
    this.losses = plan.revisions.map(() => null);
  }

  serve(consequences: KeyConsequences): void {
    this.consequences = consequences;
  }

  /** Whether no instance of this revision may be shut down now. */
  holds({ id, plan: { key } }: Revision): boolean {
    return key !== null && this.known[key].retryingSince !== null && this.losses[id] === null;
  }

  /** A call was answered; to be told before its caller acts on the answer. */
  learn(call: KeyCall): void {
    if (call.outcome === 'ok') {
      this.learnSuccess(call);
      return;
    }
    const { cause, fault } = call.failure!;
    switch (rowFor(cause).running) {
      case 'unaffected':
        return;
      case 'kept':
        this.learnRetryable(call.key, fault);
        return;
      case 'shut-down-after-waiting':
        this.learnNotRetryable(call.key, fault);
        return;
      case 'by-revocation-action':
        this.learnLoss(call, cause, fault);
        return;
    }
  }

  /** The waiting clock of a key has ended. */
  waitingOver(key: KeyId): void {
    const known = this.known[key];
    if (known.waitingTicket !== this.agenda.ticket) return;
    known.waitingTicket = NO_TICKET;
    known.waitingDue = true;
    this.act(key);
  }

  /** The shutdown of a revision is due. */
  shutdownDue(revision: RevisionId): void {
    const loss = this.losses[revision];
    if (loss === null || loss.ticket !== this.agenda.ticket) return;
    loss.ticket = NO_TICKET;
    loss.due = true;
    // This revision alone, and for this reason: what else is due on the key was held back, and still is.
    this.consequences.evict(this.revisions[revision], loss.cause);
  }

  /** Carries out what is due on a key, for those who may be shut down. */
  private act(key: KeyId): void {
    const known = this.known[key];
    for (const revision of this.revisions) {
      if (revision.plan.key !== key || this.holds(revision)) continue;
      const loss = this.losses[revision.id];
      if (known.waitingDue) this.consequences.evict(revision, 'ekm-not-retryable');
      else if (loss !== null && loss.due) this.consequences.evict(revision, loss.cause);
    }
  }

  private learnSuccess(call: KeyCall): void {
    const known = this.known[call.key];
    const wasRetrying = known.retryingSince !== null;
    const wasWaiting = known.waitingSince !== null;
    known.retryingSince = null;
    known.waitingSince = null;
    known.waitingTicket = NO_TICKET;
    known.waitingDue = false;
    let found = wasRetrying || wasWaiting;
    for (const revision of this.revisions) {
      const loss = this.losses[revision.id];
      if (loss === null || revision.plan.key !== call.key) continue;
      // A call made before the one that failed says nothing about what came after.
      if (call.issuedAt < loss.since) continue;
      const mended =
        loss.cause === 'key-access-revoked'
          ? revision.service === call.service
          : revision.keyVersion === call.version;
      if (!mended) continue;
      this.losses[revision.id] = null;
      found = true;
    }
    if (!found) return;
    this.tell(call.key, 'usable', null, null, null, null);
    if (wasRetrying) {
      this.act(call.key);
      this.consequences.released(call.key);
    }
  }

  private learnRetryable(key: KeyId, fault: TimelineId | null): void {
    const known = this.known[key];
    if (known.retryingSince !== null) return;
    known.retryingSince = this.agenda.now;
    this.tell(key, 'ekm-retrying', 'ekm-unreachable', null, null, fault);
  }

  private learnNotRetryable(key: KeyId, fault: TimelineId | null): void {
    const known = this.known[key];
    const { now } = this.agenda;
    if (known.waitingSince === null) {
      known.waitingSince = now;
      const end = after(now, this.plan.assumptions.ekmWaitingPeriod);
      known.waitingTicket = this.agenda.plan(end, EVENT['key-waiting-over'], key);
      this.tell(key, 'ekm-not-retryable', 'ekm-not-retryable', null, end, fault);
    } else if (known.waitingDue && known.retryingSince === null) {
      // All were shut down, and those that have started since have needed no key call.
      this.act(key);
    }
    this.noLongerRetrying(key);
  }

  private learnLoss(call: KeyCall, cause: UnavailabilityCause, fault: TimelineId | null): void {
    const { now } = this.agenda;
    let found = false;
    for (const revision of this.revisions) {
      if (revision.plan.key !== call.key || !revision.exists) continue;
      const concerned =
        cause === 'key-access-revoked'
          ? revision.service === call.service
          : revision.keyVersion === call.version;
      if (!concerned) continue;
      const known = this.losses[revision.id];
      if (known !== null) {
        this.noticeAgain(known, revision);
        continue;
      }
      const loss: Loss = { cause, since: call.issuedAt, fault, ticket: NO_TICKET, due: false };
      this.losses[revision.id] = loss;
      let end: Instant | null = null;
      if (revision.plan.revocationAction === 'SHUTDOWN') {
        end = after(now, revision.plan.shutdownDuration ?? (0 as Duration));
        loss.ticket = this.agenda.plan(end, EVENT['shutdown-due'], revision.id);
      }
      this.tell(call.key, 'lost', cause, revision.id, end, fault);
      found = true;
    }
    // Who has lost the key is not kept any more by calls that others repeat.
    if (found && this.known[call.key].retryingSince !== null) this.consequences.released(call.key);
  }

  /** A loss that has been acted on is met again: those that have started since have no key either. */
  private noticeAgain(loss: Loss, revision: Revision): void {
    if (!loss.due || loss.ticket !== NO_TICKET) return;
    loss.ticket = this.agenda.plan(this.agenda.now, EVENT['shutdown-due'], revision.id);
  }

  /** The last answer was not one that can be retried: whoever was kept for that reason is not any more. */
  private noLongerRetrying(key: KeyId): void {
    const known = this.known[key];
    if (known.retryingSince === null) return;
    known.retryingSince = null;
    this.act(key);
    this.consequences.released(key);
  }

  private tell(
    key: KeyId,
    condition: KeyKnowledgeRecord['condition'],
    cause: UnavailabilityCause | null,
    revision: RevisionId | null,
    evictionAt: Instant | null,
    fault: TimelineId | null,
  ): void {
    this.probe.keyLearned({ at: this.agenda.now, key, condition, cause, revision, evictionAt, fault });
  }
}
