/**
 * Cloud KMS: one cryptographic call, from the moment it is made until it is answered.
 *
 *   made -> quota (denied: answered at once, nothing spent) -> access -> state of the version -> external key manager
 *
 * Quota is asked first, so a call that fails for another reason has been charged. A call to an external key manager
 * succeeds only if it can be reached from beginning to end: when an outage begins, calls under way are cut off, so no success
 * comes out of an outage. What the outage's error is decides whether it is known after the usual latency or only
 * after the attempt timed out (`rules/ekm-errors.ts`).
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
import type { KeyUse } from '../../rules/key-uses.ts';
import { serviceAgent } from '../../rules/resource-names.ts';
import { statusNumber } from '../../rules/status-codes.ts';
import type { KeyId, PoolId, RevisionId, ServiceId, TimelineId } from '../../units/ids.ts';
import { after, type Duration, type Instant } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import { EVENT } from '../events.ts';
import type { Plan } from '../plan.ts';
import type { InstanceRecord, KeyCallRecord, KeyFailure, Probe } from '../probe.ts';
import type { EkmConnection } from './ekm-connection.ts';
import type { Key } from './key.ts';
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
  readonly issuedAt: Instant;
  answeredAt: Instant;
  outcome: 'ok' | 'exceeded' | 'failed' = 'ok';
  failure: KeyFailure | null = null;
  /** The call's luck against outages that hit only a share of the calls. */
  readonly luck: number;
  readonly caller: KeyCaller;

  constructor(asked: KeyQuestion, pool: PoolId | null, at: Instant, luck: number) {
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
    this.issuedAt = at;
    this.answeredAt = at;
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
    this.attemptTimeout = plan.assumptions.ekmAttemptTimeout;
  }

  /** Makes a call now. Its caller hears of the answer in an event of its own, at this instant at the earliest. */
  ask(question: KeyQuestion): void {
    const now = this.agenda.now;
    const key = this.keys[question.key];
    const call = new KeyCall(question, key.plan.pool, now, key.drawLuck());
    let latency = key.drawLatency();
    if (call.pool !== null && !this.pools[call.pool].take(now)) {
      call.outcome = 'exceeded';
      call.failure = this.failure(call, 'quota-exceeded', null, null);
      latency = 0 as Duration;
    } else {
      this.meet(call, key);
      if (call.outcome === 'ok' && key.plan.ekmConnection !== null) {
        const connection = this.connections[key.plan.ekmConnection];
        if (connection.carries(now)) latency = (latency + connection.drawLatency()) as Duration;
        else this.fail(call, 'OVERLOADED_EKM', true, null);
      }
      if (call.outcome === 'ok' && key.isExternal && latency > this.attemptTimeout) {
        this.fail(call, 'TIMEOUT', true, key.slowedBy);
      }
      const error = call.failure?.ekmError ?? null;
      if (error !== null && ekmError(error).answers === 'after-timeout') latency = this.attemptTimeout;
    }
    call.answeredAt = after(now, latency);
    const row = this.rows.take();
    this.calls[row] = call;
    this.agenda.plan(call.answeredAt, EVENT['key-call-answered'], row);
  }

  /** The answer to a call has come. */
  answer(row: number): void {
    const call = this.calls[row]!;
    const now = this.agenda.now;
    const key = this.keys[call.key];
    if (call.outcome === 'ok' && key.isExternal) {
      const outage = key.outageMetSince(call.issuedAt, call.luck);
      if (outage !== null) {
        // It began while the call was under way, or the call would have met it when it was made.
        this.fail(call, outage.error, outage.retryable, outage.fault);
        const timedOut = after(call.issuedAt, this.attemptTimeout);
        if (ekmError(outage.error).answers === 'after-timeout' && timedOut > now) {
          call.answeredAt = timedOut;
          this.agenda.plan(timedOut, EVENT['key-call-answered'], row);
          return;
        }
      }
    }
    this.calls[row] = null;
    this.rows.release(row);
    const error = call.failure?.ekmError ?? null;
    if (error !== null && ekmError(error).disablesKeyVersion) {
      // Re-granting is not enough afterwards: the version has to be enabled, or the key rotated.
      key.setState(call.version, 'DISABLED', call.failure!.fault, now, false);
    }
    this.probe.keyCalled(call);
    call.caller.keyAnswered(call);
  }

  /** What stands against a call at the moment it is made. */
  private meet(call: KeyCall, key: Key): void {
    const takenBy = key.accessTakenBy(call.service);
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
      return;
    }
    const outage = key.isExternal ? key.outageMetBy(call.luck) : null;
    if (outage !== null) this.fail(call, outage.error, outage.retryable, outage.fault);
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
