/**
 * How long versions of a key were active, which is what a key costs besides its calls.
 *
 * Active is a version that is ENABLED or DISABLED; one that is scheduled for destruction or destroyed is not. A
 * rotation adds a version, and those before it stay active. The time is the exact integral of their number
 * (versions x ns) since the warm-up. States follow the timeline, when it takes effect in Cloud KMS, as in the model:
 * a change that will be undone is laid over the lasting state, and from DESTROYED nothing leads back.
 */
import { ExactSum } from '../engine/exact-sum.ts';
import type { KeyVersionState, Plan } from '../model/plan.ts';
import type { KeyId, TimelineId } from '../units/ids.ts';
import { NEVER, SECOND, type Instant } from '../units/time.ts';

interface Version {
  lasting: KeyVersionState;
  readonly overlaid: Map<TimelineId, KeyVersionState>;
}

export class ActiveVersions {
  private readonly plan: Plan;
  private readonly versions: readonly Version[][];
  private readonly time: readonly ExactSum[];
  private readonly since: Float64Array;

  constructor(plan: Plan) {
    this.plan = plan;
    this.versions = plan.keys.map((key) => Array.from({ length: key.versions }, enabled));
    this.time = plan.keys.map(() => new ExactSum());
    this.since = new Float64Array(plan.keys.length).fill(plan.warmUp);
  }

  began(id: TimelineId, now: Instant): void {
    const { what, until, repeat } = this.plan.timeline[id];
    if (what.kind === 'keyRotation') {
      this.passTo(what.key, now);
      this.versions[what.key].push(enabled());
    } else if (what.kind === 'keyState' || what.kind === 'keyVersionState') {
      this.passTo(what.key, now);
      const forNow = until !== NEVER || repeat !== null;
      this.versions[what.key].forEach((version, index) => {
        if (what.kind === 'keyVersionState' && what.version !== index + 1) return;
        if (version.lasting === 'DESTROYED') return;
        if (forNow) version.overlaid.set(id, what.state);
        else version.lasting = what.state;
      });
    }
  }

  ended(id: TimelineId, now: Instant): void {
    const { what } = this.plan.timeline[id];
    if (what.kind !== 'keyState' && what.kind !== 'keyVersionState') return;
    this.passTo(what.key, now);
    for (const version of this.versions[what.key]) version.overlaid.delete(id);
  }

  finish(end: Instant): void {
    for (let key = 0; key < this.versions.length; key++) this.passTo(key as KeyId, end);
  }

  /** Of a key: versions x s. */
  seconds(key: number): number {
    return this.time[key].toNumber() / SECOND;
  }

  private passTo(key: KeyId, at: Instant): void {
    if (at <= this.since[key]) return;
    const active = this.versions[key].filter(isActive).length;
    this.time[key].addProduct(active, at - this.since[key]);
    this.since[key] = at;
  }
}

const enabled = (): Version => ({ lasting: 'ENABLED', overlaid: new Map() });

const isActive = ({ lasting, overlaid }: Version): boolean =>
  [lasting, ...overlaid.values()].every((state) => state === 'ENABLED' || state === 'DISABLED');
