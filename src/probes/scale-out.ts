/**
 * The scale-out curve: what instances of each revision were doing at each point of the grid.
 *
 * The one table that shows values at an instant, not over an interval. A revision has rows from its deployment on.
 */
import type { Plan } from '../model/plan.ts';
import type { WorldView } from '../model/probe.ts';
import { inSeconds, type Instant } from '../units/time.ts';
import type { Cell, Table } from './results.ts';

const COLUMNS = [
  'time_s',
  'service_name',
  'revision_name',
  'starting',
  'awaiting_key',
  'active',
  'idle',
  'draining',
  'recommended',
  'pending_requests',
];

export class ScaleOut {
  private readonly plan: Plan;
  private readonly rows: Cell[][] = [];
  private view: WorldView | null = null;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  sampled(index: number): void {
    const time = inSeconds((index * this.plan.sampleInterval) as Instant);
    for (const revision of this.view!.revisions) {
      if (!revision.exists) continue;
      this.rows.push([
        time,
        this.plan.services[revision.service].name,
        this.plan.revisions[revision.id].name,
        revision.starting,
        revision.awaitingKey,
        revision.active,
        revision.idle,
        revision.draining,
        revision.recommended,
        revision.pending,
      ]);
    }
  }

  get table(): Table {
    return { columns: COLUMNS, rows: this.rows };
  }
}
