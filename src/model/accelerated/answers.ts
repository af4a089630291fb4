/** How the requests of a crowd end: counted, and told to the probe. Each is told of once. */
import { httpOutcome, type HttpOutcomeId } from '../../rules/cloud-run-limits.ts';
import type { RevisionId, ServiceId } from '../../units/ids.ts';
import type { CrowdProbe } from '../probe.ts';

export class Answers {
  count = 0;
  private readonly service: ServiceId;
  private readonly revision: RevisionId;
  private readonly tell: CrowdProbe | undefined;

  constructor(service: ServiceId, revision: RevisionId, tell: CrowdProbe | undefined) {
    this.service = service;
    this.revision = revision;
    this.tell = tell;
  }

  /** So many were finished by `at`. */
  served(count: number, at: number): void {
    if (count === 0) return;
    this.count += count;
    this.tell?.crowdServed(this.service, this.revision, count, at);
  }

  /** So many that came, began and were finished at these instants. */
  finished(count: number, arrivedAt: number, startedAt: number, at: number): void {
    this.count += count;
    this.tell?.crowdFinished(this.service, this.revision, count, arrivedAt, startedAt, at);
  }

  /** So many that came at about `arrivedAt` got an error; `placed`: on an instance, not while they pended. */
  refused(count: number, outcome: HttpOutcomeId, arrivedAt: number, placed: boolean): void {
    this.count += count;
    const { code } = httpOutcome(outcome);
    this.tell?.crowdRefused(this.service, this.revision, outcome, code, count, arrivedAt, placed);
  }
}
