/**
 * Clients: how long they wait, and what they do when they are refused.
 *
 * A client asks again after a wait that grows, with jitter, until its retries are used up. A retry is a new request,
 * with its own luck from its own stream, so the luck of first attempts does not depend on how many fail. A budget bounds the
 * retries of all clients of a service together to a share of their first attempts, which is what breaks a retry storm.
 */
import { Distribution } from '../../engine/distributions.ts';
import { Slots } from '../../engine/slots.ts';
import type { Stream, Streams } from '../../engine/streams.ts';
import type { ServiceId } from '../../units/ids.ts';
import { after } from '../../units/time.ts';
import type { Agenda } from '../agenda.ts';
import { delayAfter } from '../back-off.ts';
import { EVENT } from '../events.ts';
import type { ClientsPlan, Plan } from '../plan.ts';

/** Retries that a budget lets through at once. */
const BURST = 10;

export class Clients {
  /** How long the clients of a service wait for an answer, ns; Infinity: for ever. */
  readonly patience: Float64Array;
  /** Retries the clients of a service may still make, where they have a budget; a few are there from the start. */
  private readonly budget: Float64Array;
  private readonly plans: readonly (ClientsPlan | null)[];
  private readonly luck: readonly Stream[];
  private readonly durations: readonly Distribution[];
  private readonly agenda: Agenda;
  private readonly retries: { service: ServiceId; attempt: number; duration: number }[] = [];
  private readonly rows = new Slots(() => {});

  constructor(plan: Plan, agenda: Agenda, streams: Streams) {
    this.agenda = agenda;
    this.plans = plan.services.map((service) => service.clients);
    this.patience = Float64Array.from(plan.services, (service) => service.clients?.timeout ?? Infinity);
    this.budget = new Float64Array(plan.services.length).fill(BURST);
    this.luck = plan.services.map((service) => streams.stream('client-retry', service.name));
    this.durations = plan.services.map((service) => new Distribution(service.requests.duration));
  }

  /** A first attempt came to a service: it earns its part of the retry budget. */
  earn(service: ServiceId): void {
    const budget = this.plans[service]?.budget ?? null;
    if (budget !== null) this.budget[service] = Math.min(BURST, this.budget[service] + budget);
  }

  /** A request of a service was refused, after `attempt` retries; tells whether its client will ask again. */
  refused(service: ServiceId, attempt: number): boolean {
    const clients = this.plans[service];
    if (clients === null || attempt >= clients.retries) return false;
    if (clients.budget !== null) {
      if (this.budget[service] < 1) return false;
      this.budget[service]--;
    }
    const luck = this.luck[service];
    const wait = delayAfter(attempt, clients.backoff, luck);
    const row = this.rows.take();
    this.retries[row] = {
      service,
      attempt: attempt + 1,
      duration: this.durations[service].at(luck.next53()),
    };
    this.agenda.plan(after(this.agenda.now, wait), EVENT['client-retries'], row);
    return true;
  }

  /** The retry in this row is due. */
  take(row: number): { readonly service: ServiceId; readonly attempt: number; readonly duration: number } {
    this.rows.release(row);
    return this.retries[row];
  }
}
