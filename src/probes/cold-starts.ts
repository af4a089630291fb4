/**
 * Cold starts: a row for each, with the length of its steps and how it ended.
 *
 * In the order in which starts began. A step that was not completed has an empty cell: a start that was refused
 * never came to its container. A start that has not ended by the horizon is `in-progress`. Instances that are
 * simply there at time 0 did not start.
 */
import type { Plan } from '../model/plan.ts';
import type { InstanceRecord, LifeStage, WorldView } from '../model/probe.ts';
import { inMilliseconds, inSeconds } from '../units/time.ts';
import type { Cell, Table } from './results.ts';

const COLUMNS = [
  'start_s',
  'service_name',
  'revision_name',
  'instance',
  'reason',
  'scheduling_ms',
  'import_ms',
  'key_ms',
  'key_attempts',
  'container_ms',
  'outcome',
];

export class ColdStarts {
  private readonly plan: Plan;
  private readonly rows: (Cell[] | null)[] = [];
  /** Starts under way, with the row each will fill, by revision and number. */
  private readonly underWay = new Map<string, { readonly row: number; record: InstanceRecord }>();

  private view: WorldView | null = null;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  watch(view: WorldView): void {
    this.view = view;
  }

  moved(instance: InstanceRecord, from: LifeStage | 'none'): void {
    if (instance.reason === 'INITIAL') return;
    if (from === 'none') {
      this.underWay.set(nameOf(instance), { row: this.rows.length, record: instance });
      this.rows.push(null);
    } else {
      const start = this.underWay.get(nameOf(instance));
      if (start !== undefined) start.record = instance;
    }
  }

  startEnded(instance: InstanceRecord): void {
    const start = this.underWay.get(nameOf(instance));
    if (start === undefined) return;
    this.rows[start.row] = this.rowOf(instance);
    this.underWay.delete(nameOf(instance));
  }

  finish(): void {
    for (const { row, record } of this.underWay.values()) this.rows[row] = this.rowOf(record);
    this.underWay.clear();
  }

  /** Complete once `finish` was called. */
  get table(): Table {
    return { columns: COLUMNS, rows: this.rows.filter((row) => row !== null) };
  }

  private rowOf(instance: InstanceRecord): Cell[] {
    const { scheduling, imageImport } = instance;
    // How long a step will take may be known before it is over; what counts is whether there was time for it.
    const elapsed = this.view!.now - instance.startedAt;
    return [
      inSeconds(instance.startedAt),
      this.plan.services[instance.service].name,
      this.plan.revisions[instance.revision].name,
      instance.number,
      instance.reason,
      elapsed >= scheduling ? inMilliseconds(scheduling) : null,
      elapsed >= scheduling + imageImport ? inMilliseconds(imageImport) : null,
      inMilliseconds(instance.key),
      instance.keyAttempts,
      instance.outcome === 'ready' ? inMilliseconds(instance.container) : null,
      instance.outcome ?? 'in-progress',
    ];
  }
}

const nameOf = (instance: InstanceRecord): string => `${instance.revision} ${instance.number}`;
