/**
 * Cloud KMS: one cryptographic call, from the moment it is made until it is answered.
 *
 *   made -> quota (denied: answered at once, nothing spent) -> access -> state of the version -> external key manager
 *
 * Quota is asked first, and once, so a call that fails for another reason has been charged. A call on an external key
 * is one or several attempts at its external key manager (assumption `ekmAttempts`), one right after the other while
 * the error can be retried and the whole call has not taken `ekmTotalTimeout`. An attempt that takes longer than
 * `ekmAttemptTimeout` fails with TIMEOUT. It succeeds only if the external key manager can be reached from beginning to
 * end: when an outage begins, attempts under way are cut off, so no success comes out of an outage. What the outage's
 * error is decides whether it is known after the usual latency or only after the attempt timed out
 * (`rules/ekm-errors.ts`).
 *
 * Calls are rare (a few per instance start), so they are objects.
 */
import { Slots } from '../../engine/slots.ts';
import { messageFor } from '../../rules/cmek-messages.ts';
import { ekmError, ekmMessage, type EkmErrorDomain } from '../../rules/ekm-errors.ts';
import {
  causeOfVersionState,
  statusOfCause,
  type UnavailabilityCause,
} from '../../rules/key-unavailability.ts';
import { isRepositoryUse, methodOf, type KeyUse } from '../../rules/key-uses.ts';
import { costOf } from '../../rules/quota-policies.ts';
import { serviceAgent } from '../../rules/resource-names.ts';
import { statusNumber } from '../../rules/status-codes.ts';
import type { EkmConnectionId, KeyId, PoolId, RevisionId, ServiceId, TimelineId } from '../../units/ids.ts';
import { after, between, type Duration, type Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import { EVENT } from '../events.ts';
import type { Plan } from '../plan.ts';
import type { InstanceRecord, KeyCallRecord, KeyFailure, Probe } from '../probe.ts';
import type { EkmConnection } from './ekm-connection.ts';
import type { EkmOutage, Key } from './key.ts';
import type { QuotaPool } from './quota-pool.ts';

/** Whoever makes a call is told how it ended. */
export interface KeyCaller {
  keyAnswered(call: KeyCall): void;
}

export class KeyCall implements KeyCallRecord {
  readonly key: KeyId;
  readonly version: number;
  readonly use: KeyUse;
  readonly service: ServiceId;
  readonly revision: RevisionId;
  readonly instance: InstanceRecord | null;
  /** Which of its caller's calls it is: 0, 1 … */
  readonly index: number;
  readonly attempt: number;
  readonly pool: PoolId | null;
  readonly cost: number;
  readonly issuedAt: Instant;
  answeredAt: Instant;
  outcome: 'ok' | 'exceeded' | 'failed' = 'ok';
  failure: KeyFailure | null = null;
  readonly caller: KeyCaller;
  /** Attempts at the external key manager so far; of the last one its beginning, and its luck against outages that hit a share. */
  ekmAttempts = 0;
  attemptedAt: Instant;
  luck: number;
  /** Whether its failure makes Cloud EKM disable the key version. */
  disablesKeyVersion = false;

  constructor(asked: KeyQuestion, pool: PoolId | null, cost: number, at: Instant, luck: number) {
    this.key = asked.key;
    this.version = asked.version;
    this.use = asked.use;
    this.service = asked.service;
    this.revision = asked.revision;
    this.instance = asked.instance;
    this.index = asked.index;
    this.attempt = asked.attempt;
    this.caller = asked.caller;
    this.pool = pool;
    this.cost = cost;
    this.issuedAt = at;
    this.answeredAt = at;
    this.attemptedAt = at;
    this.luck = luck;
  }
}

export interface KeyQuestion {
  readonly key: KeyId;
  readonly version: number;
  readonly use: KeyUse;
  readonly service: ServiceId;
  readonly revision: RevisionId;
  readonly instance: InstanceRecord | null;
  readonly index: number;
  readonly attempt: number;
  readonly caller: KeyCaller;
}

export class Kms {
  readonly keys: readonly Key[];
  readonly pools: readonly QuotaPool[];
  private readonly connections: readonly EkmConnection[];
  private readonly plan: Plan;
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly calls: (KeyCall | null)[] = [];
  private readonly rows = new Slots(() => {});
  private readonly attemptTimeout: Duration;
  private readonly totalTimeout: Duration;
  private readonly attempts: number;

  constructor(
    plan: Plan,
    keys: readonly Key[],
    pools: readonly QuotaPool[],
    connections: readonly EkmConnection[],
    agenda: Agenda,
    probe: Probe,
  ) {
    this.plan = plan;
    this.keys = keys;
    this.pools = pools;
    this.connections = connections;
    this.agenda = agenda;
    this.probe = probe;
    const { ekmAttemptTimeout, ekmTotalTimeout, ekmAttempts } = plan.assumptions;
    this.attemptTimeout = ekmAttemptTimeout;
    this.totalTimeout = ekmTotalTimeout;
    this.attempts = ekmAttempts;
  }

  /** Makes a call now. Its caller hears of the answer in an event of its own, at this instant at the earliest. */
  ask(question: KeyQuestion): void {
    const now = this.agenda.now;
    const key = this.keys[question.key];
    const { pool } = key.plan;
    const { quotas, assumptions } = this.plan;
    const cost = pool === null ? 0 : costOf(quotas.policy, methodOf(question.use), assumptions);
    const call = new KeyCall(question, pool, cost, now, key.drawLuck());
    const latency = key.drawLatency();
    const row = this.rows.take();
    this.calls[row] = call;
    if (pool !== null && !this.pools[pool].take(now, cost)) {
      call.outcome = 'exceeded';
      call.failure = this.failure(call, 'quota-exceeded', null, null);
      this.answerAfter(row, call, 0 as Duration);
      return;
    }
    this.meet(call, key);
    if (call.failure === null && key.isExternal) this.attempt(row, call, key, latency);
    else this.answerAfter(row, call, latency);
  }

  /** The answer to a call, or to its attempt at the external key manager, has come. */
  answer(row: number): void {
    const call = this.calls[row]!;
    const now = this.agenda.now;
    const key = this.keys[call.key];
    if (call.outcome === 'ok' && key.isExternal) {
      const outage = key.outageMetSince(call.attemptedAt, call.luck);
      if (outage !== null) {
        // It began while the attempt was under way, or the attempt would have met it when it was made.
        this.meetOutage(call, outage);
        const timedOut = after(call.attemptedAt, this.timeoutOf(call));
        if (ekmError(outage.error).answers === 'after-timeout' && timedOut > now) {
          call.answeredAt = timedOut;
          this.agenda.plan(timedOut, EVENT['key-call-answered'], row);
          return;
        }
      }
    }
    if (this.mayTryAgain(call)) {
      call.outcome = 'ok';
      call.failure = null;
      call.luck = key.drawFurtherLuck();
      this.attempt(row, call, key, key.drawFurtherLatency());
      return;
    }
    this.calls[row] = null;
    this.rows.release(row);
    if (call.disablesKeyVersion) {
      // Re-granting is not enough afterwards: the version has to be enabled, or the key rotated.
      key.disable(call.version, call.failure!.fault, now);
    }
    this.probe.keyCalled(call);
    call.caller.keyAnswered(call);
  }

  private answerAfter(row: number, call: KeyCall, latency: Duration): void {
    call.answeredAt = after(this.agenda.now, latency);
    this.agenda.plan(call.answeredAt, EVENT['key-call-answered'], row);
  }

  /** An attempt at the external key manager, now; `latency`: what the call takes of itself. */
  private attempt(row: number, call: KeyCall, key: Key, latency: Duration): void {
    const now = this.agenda.now;
    const isFirst = call.ekmAttempts === 0;
    call.ekmAttempts++;
    call.attemptedAt = now;
    call.disablesKeyVersion = false;
    const connection = key.plan.ekmConnection === null ? null : this.connections[key.plan.ekmConnection];
    let takes = connection === null ? latency : ((latency + connection.roundTripTime) as Duration);
    const outage = key.outageMetBy(call.luck);
    if (outage !== null) this.meetOutage(call, outage);
    else if (connection !== null) {
      if (connection.carries(now)) takes = (takes + connection.drawLatency(isFirst)) as Duration;
      else this.fail(call, 'OVERLOADED_EKM', true, this.overloadedBy(key.plan.ekmConnection));
    }
    const timeout = this.timeoutOf(call);
    const error = call.failure?.ekmError ?? null;
    if (error !== null && ekmError(error).answers === 'after-timeout') takes = timeout;
    else if (takes > timeout) {
      // Cloud KMS does not hear what the answer would have been.
      call.disablesKeyVersion = false;
      this.fail(call, 'TIMEOUT', true, outage?.fault ?? key.slowedBy);
      takes = timeout;
    }
    this.answerAfter(row, call, takes);
  }

  /** How long the attempt that is under way may take: its own time-out, or what is left of the whole call's. */
  private timeoutOf(call: KeyCall): Duration {
    const left = between(call.attemptedAt, after(call.issuedAt, this.totalTimeout));
    return Math.min(this.attemptTimeout, left) as Duration;
  }

  private mayTryAgain(call: KeyCall): boolean {
    return (
      call.failure !== null &&
      call.failure.ekmError !== null &&
      call.failure.retryable &&
      call.ekmAttempts < this.attempts &&
      this.agenda.now < after(call.issuedAt, this.totalTimeout)
    );
  }

  /** What stands against a call at the moment it is made, at Cloud KMS itself. */
  private meet(call: KeyCall, key: Key): void {
    // Access is taken from Cloud Run's service agent; Artifact Registry has one of its own.
    const takenBy = isRepositoryUse(call.use) ? null : key.accessTakenBy(call.service);
    if (takenBy !== null) {
      call.outcome = 'failed';
      call.failure = this.failure(call, 'key-access-revoked', null, takenBy);
      return;
    }
    const { state, fault } = key.stateOf(call.version);
    const cause = causeOfVersionState(state);
    if (cause !== null) {
      call.outcome = 'failed';
      call.failure = this.failure(call, cause, null, fault);
    }
  }

  private meetOutage(call: KeyCall, outage: EkmOutage): void {
    this.fail(call, outage.error, outage.retryable, outage.fault);
    call.disablesKeyVersion = outage.disablesKeyVersion;
  }

  /** The outage on a connection that ended last: what it held comes back all at once. Null where none has ended. */
  private overloadedBy(connection: EkmConnectionId | null): TimelineId | null {
    let last: Key['lastOutage'] = null;
    for (const { plan, lastOutage } of this.keys) {
      if (plan.ekmConnection !== connection || lastOutage === null) continue;
      if (last === null || lastOutage.until >= last.until) last = lastOutage;
    }
    return last?.fault ?? null;
  }

  /** Retryability is the outage's: a scenario may contradict the table of errors, and is warned. */
  private fail(call: KeyCall, error: EkmErrorDomain, retryable: boolean, fault: TimelineId | null): void {
    call.outcome = 'failed';
    const cause = retryable ? 'ekm-unreachable' : 'ekm-not-retryable';
    call.failure = this.failure(call, cause, error, fault);
  }

  private failure(
    call: KeyCall,
    cause: UnavailabilityCause,
    error: EkmErrorDomain | null,
    fault: TimelineId | null,
  ): KeyFailure {
    const argument =
      error !== null
        ? ekmMessage(error)
        : cause === 'key-access-revoked'
          ? serviceAgent(this.plan.services[call.service].projectNumber)
          : this.plan.keys[call.key].name;
    return {
      cause,
      retryable: cause === 'ekm-unreachable',
      code: statusNumber(error === null ? statusOfCause(cause) : ekmError(error).code),
      message: messageFor(cause, argument),
      ekmError: error,
      fault,
    };
  }
}
