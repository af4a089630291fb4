/**
 * Everybody in the reference world, as plain objects that know one another: services with revisions, revisions with
 * instances and waiting requests, keys with versions. What they do is told in the other files, one noun each.
 */
import type { KeyPlan, Plan, RevisionPlan, ServicePlan } from '../../../src/model/plan.ts';
import { Agenda, type Appointment } from './agenda.ts';
import { Dice } from './chance.ts';
import { Diary } from './diary.ts';

/** Rules that can be broken on purpose, one at a time, to see whether the comparison notices. */
export const DEFECTS = [
  'quota off by one',
  'a call one span ago still counts',
  'back-off not reset',
  'arrivals before what ends',
  'waits a nanosecond longer',
  'nobody is kept while a call is retried',
  'ten per cent is too much already',
  'a success stops no clock',
  'starts with their key are not broken off',
] as const;

export type Defect = (typeof DEFECTS)[number];

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROY_SCHEDULED' | 'DESTROYED';

export interface Request {
  readonly service: Service;
  readonly revision: Revision;
  readonly arrivedAt: number;
  readonly lasts: number;
  readonly attempt: number;
  startedAt: number | null;
  instance: Instance | null;
  /** The instance it has started for itself, where each request does. */
  own: Instance | null;
  answered: boolean;
  /** When nobody waits for its answer any more, and what it is then. */
  gone: { at: number; code: number; outcome: string };
}

export interface Instance {
  readonly revision: Revision;
  readonly number: number;
  readonly startedAt: number;
  readonly trial: boolean;
  /** Which wait of its revision it was begun after. */
  readonly afterWait: number;
  stage: 'starting' | 'awaiting_key' | 'ready' | 'draining' | 'gone';
  requests: Request[];
  everServed: boolean;
  /** Among the oldest that are wanted. */
  core: boolean;
  /** Its turn among those with as many requests. */
  loadedSince: number;
  idleSince: number;
  idleTimeout: number;
  /** Whether it will be looked at when its idle timeout is over. */
  timed: boolean;
  /** Time of its start without the wait for its key. */
  ownTime: number;
  hasItsKey: boolean;
  owner: Request | null;
}

/** A fraction of whole numbers, so that "within 10 %" and "rounded up" mean what they say. */
export interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

export interface BackOff {
  state: 'free' | 'waiting' | 'trying';
  delay: number;
  trial: Instance | null;
  /** Waits that have begun so far from a state without trouble. */
  waits: number;
}

export interface Revision {
  readonly id: number;
  readonly plan: RevisionPlan;
  readonly service: Service;
  readonly key: Key | null;
  keyVersion: number;
  /** From the oldest; those that are gone are taken out. */
  instances: Instance[];
  started: number;
  pending: Request[];
  lastPlaced: number;
  /** How many instances it would have taken at the last look, by averages. */
  needed: Fraction;
  /** How many are wanted: that, kept between minimum and maximum. */
  desired: number;
  /** Starts that have become ready: how many, and how long they took in all, the wait for keys left out. */
  startsDone: number;
  startTime: number;
  /** When the last start failed, if no other has been completed since. */
  lastStartFailed: number | null;
  readonly backOff: BackOff;
  /** Requests in flight and pending: since when how many, for averages. */
  readonly crowd: { at: number; count: number }[];
  /** What is known of its key: lost, and when that has consequences. */
  lost: { cause: string; made: number; end: Appointment | null; wasDue: boolean } | null;
}

export interface Service {
  readonly id: number;
  readonly plan: ServicePlan;
  readonly revisions: Revision[];
  /** Counts that the timeline has set instead of those of the plan, and those it has laid over for a while. */
  readonly scalingForGood: Service['scaling'];
  readonly scaling: { min: number | null; max: number | null; manual: number | null }[];
  /** By key. What an entry for good has set, and what those with an end have laid over it. */
  readonly access: Map<string, Access>;
}

/** When something is asked for: the time, and the place in the file. */
export type Turn = readonly [at: number, place: number];

export interface Order {
  readonly turn: Turn;
  /** Null: of all there are. */
  readonly version: number | null;
  readonly state: VersionState;
  hasArrived: boolean;
}

export interface Access {
  granted: boolean;
  asked: Turn;
  readonly over: Map<object, boolean>;
}

export interface Outage {
  readonly retryable: boolean;
  readonly error: string;
  /** Its place in the file: of several, the first decides. */
  readonly place: number;
}

export interface Key {
  readonly id: number;
  readonly plan: KeyPlan;
  /** From version 1: when it was asked for. */
  readonly versions: Turn[];
  /** Everything that was asked of its versions for good, arrived or not. */
  readonly orders: Order[];
  /** What is laid over them for a while, and has arrived. */
  readonly laidOver: Map<object, Order>;
  readonly outages: Outage[];
  latencyFactors: number[];
  /** A key call failed in a way that can be retried, and none has succeeded since. */
  retrying: boolean;
  /** The waiting period: null, or running, or over. */
  waiting: { isOver: boolean; end: Appointment | null } | null;
}

export interface Pool {
  readonly id: number;
  perMinute: number;
  readonly limits: { perMinute: number }[];
  granted: number[];
}

export class Town {
  readonly plan: Plan;
  readonly replication: number;
  readonly agenda: Agenda;
  readonly diary = new Diary();
  readonly services: Service[];
  readonly revisions: Revision[];
  readonly keys: Key[];
  readonly pools: Pool[];
  /** A defect for the test of the test; none in earnest. */
  readonly defect: Defect | null;
  private turns = 0;
  private readonly given = new Map<string, Dice>();

  constructor(plan: Plan, replication: number, defect: Defect | null) {
    this.plan = plan;
    this.replication = replication;
    this.defect = defect;
    this.agenda = new Agenda(defect === 'arrivals before what ends');
    this.keys = plan.keys.map((key, id) => ({
      id,
      plan: key,
      versions: Array.from({ length: key.versions }, () => [-Infinity, 0] as const),
      orders: [],
      laidOver: new Map(),
      outages: [],
      latencyFactors: [],
      retrying: false,
      waiting: null,
    }));
    this.pools = plan.quotas.limits.map(({ perMinute }, id) => ({ id, perMinute, limits: [], granted: [] }));
    this.services = plan.services.map((service, id) => ({
      id,
      plan: service,
      revisions: [],
      scalingForGood: [],
      scaling: [],
      access: new Map(),
    }));
    this.revisions = plan.revisions.map((revision, id) => {
      const key = revision.key === null ? null : this.keys[revision.key];
      return {
        id,
        plan: revision,
        service: this.services[revision.service],
        key,
        keyVersion: key === null ? 0 : key.plan.versions,
        instances: [],
        started: 0,
        pending: [],
        lastPlaced: 0,
        needed: { over: 0n, under: 1n },
        desired: 0,
        startsDone: 0,
        startTime: 0,
        lastStartFailed: null,
        backOff: { state: 'free', delay: 0, trial: null, waits: 0 },
        crowd: [],
        lost: null,
      };
    });
    for (const revision of this.revisions) {
      if (revision.plan.initial) revision.service.revisions.push(revision);
    }
  }

  get now(): number {
    return this.agenda.now;
  }

  /** Tells apart what comes one after the other. */
  turn(): number {
    return this.turns++;
  }

  dice(purpose: string, entity: string): Dice {
    const name = `${purpose} of ${entity}`;
    const dice = this.given.get(name) ?? new Dice(this.plan.seed, this.replication, purpose, entity);
    this.given.set(name, dice);
    return dice;
  }

  tell(text: string): void {
    this.diary.write(this.now, text);
  }
}

export const nameOf = (instance: Instance): string => `${instance.revision.plan.name}#${instance.number}`;

/** Those that serve requests, from the oldest. */
export const readyOf = (revision: Revision): Instance[] =>
  revision.instances.filter(({ stage }) => stage === 'ready');

/** Those in a cold start, waiting for their key or not. */
export const startingOf = (revision: Revision): Instance[] =>
  revision.instances.filter(({ stage }) => stage === 'starting' || stage === 'awaiting_key');

/** Those that count towards the maximum. */
export const liveOf = (revision: Revision): number => readyOf(revision).length + startingOf(revision).length;

export const sumOver = (service: Service, count: (revision: Revision) => number): number =>
  service.revisions.reduce((sum, revision) => sum + count(revision), 0);
