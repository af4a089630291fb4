/**
 * Who sends requests to a revision, and how many: its part of its own service's load, and of what other services hand
 * over.
 *
 * Poisson arrivals that are shared out by chance are Poisson arrivals again, independent of each other. So each
 * revision may draw its own, from the rate that falls to it, and no revision has to wait for another.
 */
import { SECOND, type Instant } from '../../units/time.ts';
import type { Revision } from '../run/revision.ts';
import type { Service } from '../run/service.ts';
import type { LoadRate } from './load-rate.ts';
import { expectedOver } from './load-rate.ts';

export class Inflow {
  private readonly services: readonly Service[];
  private readonly rates: readonly LoadRate[];
  private readonly revision: Revision;
  private readonly own: number;

  constructor(services: readonly Service[], rates: readonly LoadRate[], revision: Revision) {
    this.services = services;
    this.rates = rates;
    this.revision = revision;
    this.own = revision.service;
  }

  /** Whether requests of this service may come here now. */
  comesFrom(source: number): boolean {
    if (this.revision.percent === 0) return false;
    if (source === this.own) return true;
    for (const { to } of this.services[source].shifts) if (to.id === this.own) return true;
    return false;
  }

  /** How many of a service's requests are expected here between two instants, with no break in between. */
  expected(source: number, from: number, to: number): number {
    const middle = Math.floor(0.5 * (from + to));
    const rate = this.rates[source];
    return expectedOver(
      to - from,
      rate.after(from) * this.shareAt(source, from),
      rate.after(middle) * this.shareAt(source, middle),
      rate.before(to) * this.shareAt(source, to),
    );
  }

  /** The highest rate to be expected between two instants, per second. */
  peak(from: number, to: number): number {
    let peak = 0;
    for (let source = 0; source < this.services.length; source++) {
      if (!this.comesFrom(source)) continue;
      const rate = this.rates[source];
      let most = Math.max(rate.after(from), rate.after(to));
      for (const at of rate.breaks) {
        if (at > from && at <= to) most = Math.max(most, rate.before(at), rate.after(at));
      }
      peak += most * Math.max(this.shareAt(source, from), this.shareAt(source, to));
    }
    return peak;
  }

  /** The share of a service's requests that comes here. */
  private shareAt(source: number, at: number): number {
    const part = this.revision.percent / 100;
    const { shifts } = this.services[source];
    if (shifts.length === 0) return source === this.own ? part : 0;
    // As a single request is shared out: the shifts have their turn one after the other, what is left stays.
    let upTo = 0;
    let here = 0;
    for (const shift of shifts) {
      const end = Math.min(1, upTo + Math.max(0, shift.at(at as Instant)));
      if (shift.to.id === this.own) here += end - upTo;
      upTo = end;
    }
    if (source === this.own) here += 1 - upTo;
    return here * part;
  }
}

/** Requests at work at a rate per second if each takes `mean` ns. */
export const atWork = (perSecond: number, mean: number): number => (perSecond * mean) / SECOND;
