/**
 * Instances, from the decision to start one until it is gone.
 *
 *            key calls succeed,            shut down                 requests finished,
 *            container answers             (SIGTERM)                 or 10 s have passed
 *   starting ─────────────────────▶ ready ─────────────▶ draining ───────────────────────▶ gone
 *      │                              │                                                      ▲
 *      └── refused, shut down ────────┴── crashed ────────────────────────────────────────────┘
 *
 * As counted, a starting instance is `starting` or, with a key call or its retry outstanding, `awaiting_key`; a
 * ready one is `active` (at least one request) or `idle`. `move` is the only way from stage to stage: it checks
 * the table below, keeps the counts of the revision, and tells the probe. Between active and idle an instance goes
 * with its requests, which is the one transition that is busy and is counted on its own (`front-door.ts`).
 *
 * An instance is an object with a story. What every request touches of it stands in columns.
 */
import { longerFloat64, longerInt32, longerUint8 } from '../../engine/columns.ts';
import { Slots } from '../../engine/slots.ts';
import type { StartReasonId } from '../../rules/cloud-run-limits.ts';
import { check } from '../../units/check.ts';
import type { InstanceId, RevisionId, ServiceId } from '../../units/ids.ts';
import type { Duration, Instant } from '../../units/time.ts';
import { NO_TICKET, type Agenda, type Ticket } from '../agenda.ts';
import type { InstanceRecord, LifeStage, Probe } from '../probe.ts';

/** Those an instance is counted among: a revision. */
export interface Population {
  readonly id: RevisionId;
  readonly service: ServiceId;
  /** All that are not gone, in order of start. */
  readonly live: Instance[];
  startedCount: number;
  starting: number;
  awaitingKey: number;
  active: number;
  idle: number;
  draining: number;
}

export type Stage = 'starting' | 'ready' | 'draining' | 'gone';

const MOVES: Readonly<Record<Stage, readonly Stage[]>> = {
  starting: ['ready', 'gone'],
  ready: ['draining', 'gone'],
  draining: ['gone'],
  gone: [],
};

const NOTHING = 0 as Duration;

export class Instance implements InstanceRecord {
  readonly id: InstanceId;
  readonly number: number;
  readonly service: ServiceId;
  readonly revision: RevisionId;
  readonly reason: InstanceRecord['reason'];
  readonly startedAt: Instant;
  readyAt: Instant | null = null;
  scheduling = NOTHING;
  imageImport = NOTHING;
  key = NOTHING;
  container = NOTHING;
  keyAttempts = 0;
  outcome: InstanceRecord['outcome'] = null;

  stage: Stage = 'starting';
  awaitingKey = false;
  /** Of the event that ends the present step of the start, or the grace after SIGTERM. */
  ticket: Ticket = NO_TICKET;
  /** What it is at while it starts. */
  step: 'preparing' | 'key' | 'container' = 'preparing';
  /** Key calls that have succeeded, and when the first was made. */
  decrypts = 0;
  keyBegan: Instant | null = null;
  /** Key calls this start has to make. */
  keyCalls = 0;
  /** Whether any of them had to be made again. */
  held = false;
  /** The startup probe will give up on it. */
  probeFailed = false;
  /** How many waits after failed starts its revision had begun when this one was issued. */
  waitsBefore = 0;
  /** Under the per-request autoscaler: the request that waits for this instance; -1: none. */
  waiting = -1;

  constructor(
    id: InstanceId,
    number: number,
    service: ServiceId,
    revision: RevisionId,
    reason: InstanceRecord['reason'],
    startedAt: Instant,
  ) {
    this.id = id;
    this.number = number;
    this.service = service;
    this.revision = revision;
    this.reason = reason;
    this.startedAt = startedAt;
  }
}

/** Held by an instance whose idle timeout has not been drawn for the present spell of idleness. */
export const UNDRAWN = -1;

export class Instances {
  /** Requests on it. */
  load = new Int32Array(0);
  revision = new Int32Array(0);
  /** 1: has taken its first request. */
  served = new Uint8Array(0);
  /** 1: the first request it takes waited for it, or caused it (started on demand). */
  onDemand = new Uint8Array(0);
  /** 1: ready. */
  ready = new Uint8Array(0);
  /** When its last request left, or it became ready. */
  idleSince = new Float64Array(0);
  idleFor = new Float64Array(0);
  idleTicket = new Float64Array(0);
  idleTimer = new Float64Array(0);

  private readonly records: (Instance | null)[] = [];
  private readonly agenda: Agenda;
  private readonly probe: Probe;
  private readonly slots = new Slots((capacity) => {
    this.load = longerInt32(this.load, capacity);
    this.revision = longerInt32(this.revision, capacity);
    this.served = longerUint8(this.served, capacity);
    this.onDemand = longerUint8(this.onDemand, capacity);
    this.ready = longerUint8(this.ready, capacity);
    this.idleSince = longerFloat64(this.idleSince, capacity);
    this.idleFor = longerFloat64(this.idleFor, capacity);
    this.idleTicket = longerFloat64(this.idleTicket, capacity);
    this.idleTimer = longerFloat64(this.idleTimer, capacity);
  });

  constructor(agenda: Agenda, probe: Probe) {
    this.agenda = agenda;
    this.probe = probe;
  }

  /** The instance in a row; null where the row is free. */
  at(row: number): Instance | null {
    return this.records[row] ?? null;
  }

  /** A new instance, in its first stage. */
  begin(revision: Population, reason: StartReasonId | 'INITIAL'): Instance {
    const row = this.slots.take() as InstanceId;
    const instance = new Instance(
      row,
      ++revision.startedCount,
      revision.service,
      revision.id,
      reason,
      this.agenda.now,
    );
    this.records[row] = instance;
    this.load[row] = 0;
    this.revision[row] = revision.id;
    this.served[row] = 0;
    this.onDemand[row] = reason === 'AUTOSCALING' ? 1 : 0;
    this.ready[row] = 0;
    this.idleTicket[row] = NO_TICKET;
    this.idleTimer[row] = Infinity;
    revision.live.push(instance);
    revision.starting++;
    this.probe.moved(instance, 'none', 'starting', reason);
    return instance;
  }

  /** A starting instance begins or ends to wait for a key. */
  awaitKey(revision: Population, instance: Instance, awaiting: boolean, because: string): void {
    if (instance.awaitingKey === awaiting) return;
    instance.awaitingKey = awaiting;
    const by = awaiting ? 1 : -1;
    revision.awaitingKey += by;
    revision.starting -= by;
    const [from, to]: [LifeStage, LifeStage] = awaiting
      ? ['starting', 'awaiting_key']
      : ['awaiting_key', 'starting'];
    this.probe.moved(instance, from, to, because);
  }

  move(revision: Population, instance: Instance, to: Stage, because: string): void {
    const from = instance.stage;
    check(MOVES[from].includes(to), () => `an instance does not go from ${from} to ${to}`);
    const row = instance.id;
    const before = this.countedAs(instance);
    this.count(revision, before, -1);
    instance.stage = to;
    instance.awaitingKey = false;
    this.ready[row] = to === 'ready' ? 1 : 0;
    if (to === 'ready') {
      // Before time 0 there is no traffic to be idle for.
      this.idleSince[row] = Math.max(0, this.agenda.now);
      this.idleFor[row] = UNDRAWN;
    } else {
      this.idleTicket[row] = NO_TICKET;
      this.idleTimer[row] = Infinity;
    }
    const now = this.countedAs(instance);
    this.count(revision, now, 1);
    if (to === 'gone') {
      revision.live.splice(revision.live.indexOf(instance), 1);
      this.records[row] = null;
      this.slots.release(row);
    }
    this.probe.moved(instance, before, now, because);
  }

  private countedAs(instance: Instance): LifeStage {
    switch (instance.stage) {
      case 'starting':
        return instance.awaitingKey ? 'awaiting_key' : 'starting';
      case 'ready':
        return this.load[instance.id] > 0 ? 'active' : 'idle';
      default:
        return instance.stage;
    }
  }

  private count(revision: Population, stage: LifeStage, by: number): void {
    switch (stage) {
      case 'starting':
        revision.starting += by;
        break;
      case 'awaiting_key':
        revision.awaitingKey += by;
        break;
      case 'active':
        revision.active += by;
        break;
      case 'idle':
        revision.idle += by;
        break;
      case 'draining':
        revision.draining += by;
        break;
      case 'gone':
        break;
    }
  }
}
