/**
 * How many instances of each revision have a request, and the exact integral of that since the warm-up, instances x ns.
 *
 * Who wants an average of it, or of what differs from it by a constant (idle instances are the ready ones less these),
 * asks here, so that what changes with every request where concurrency is 1 is added up once.
 *
 * Hot: `changed` comes about as often as requests do where concurrency is 1. Numbers in one array, no objects.
 */
import { ExactSum } from '../engine/exact-sum.ts';
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import type { RevisionId } from '../units/ids.ts';
import type { Instant } from '../units/time.ts';

// A row is four doubles: how many are active, the integral since it was last set aside, and up to when.
const ROW_BITS = 2;
const COUNT = 0;
const AREA = 1;
const UP_TO = 2;

const EXACT = 4_503_599_627_370_496; // 2^52

export class ActiveInstances {
  private clock!: WorldView['clock'];
  private readonly rows: Float64Array;
  /** By revision: what was set aside before a number would have held it no longer exactly. */
  private readonly aside: readonly ExactSum[];

  constructor({ revisions, warmUp }: Plan) {
    this.rows = new Float64Array(revisions.length << ROW_BITS);
    this.aside = revisions.map(() => new ExactSum());
    for (let revision = 0; revision < revisions.length; revision++)
      this.rows[(revision << ROW_BITS) | UP_TO] = warmUp;
  }

  /** How many of a revision are active. */
  count(revision: RevisionId): number {
    return this.rows[(revision << ROW_BITS) | COUNT];
  }

  watch(view: WorldView): void {
    this.clock = view.clock;
  }

  /** So many more are, from now on. */
  changed(revision: RevisionId, by: number): void {
    this.passTo(revision, this.clock.now);
    this.rows[(revision << ROW_BITS) | COUNT] += by;
  }

  /** The integral up to `now`, or 0 before the end of the warm-up. */
  area(revision: RevisionId, now: Instant): ExactSum {
    this.passTo(revision, now);
    const area = ExactSum.from(this.aside[revision].limbs());
    area.add(this.rows[(revision << ROW_BITS) | AREA]);
    return area;
  }

  private passTo(revision: RevisionId, now: Instant): void {
    const { rows } = this;
    const row = revision << ROW_BITS;
    const length = now - rows[row | UP_TO];
    if (length <= 0) return;
    const area = rows[row | AREA] + rows[row | COUNT] * length;
    rows[row | UP_TO] = now;
    if (area < EXACT) rows[row | AREA] = area;
    else this.setAside(revision, length);
  }

  private setAside(revision: RevisionId, length: number): void {
    const row = revision << ROW_BITS;
    this.aside[revision].add(this.rows[row | AREA]);
    this.aside[revision].addProduct(this.rows[row | COUNT], length);
    this.rows[row | AREA] = 0;
  }
}
