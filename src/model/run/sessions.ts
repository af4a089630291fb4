/**
 * Session affinity: which instance a client was last on.
 *
 * Cloud Run gives each client a cookie that names an instance, and sends its requests there as long as that instance is there and
 * has room; otherwise to any other, which is its instance from then on. Best effort: nothing waits for it. Clients are
 * taken to come back equally often, each request from one of a number of them that the scenario states.
 *
 * Hot where a service has it; otherwise not there at all.
 */
import type { Stream } from '../../engine/streams.ts';
import type { Instance, Instances } from './instances.ts';

export class Sessions {
  private readonly instances: Instances;
  private readonly luck: Stream;
  private readonly of: (Instance | null)[];

  /** @param clients how many there are, at least 1 */
  constructor(instances: Instances, clients: number, luck: Stream) {
    this.instances = instances;
    this.luck = luck;
    this.of = new Array<Instance | null>(clients).fill(null);
  }

  /** The client the request that arrives now is of. */
  draw(): number {
    return this.luck.below(this.of.length);
  }

  /** The instance of a client, if it is ready, of this revision, and has room; else -1. */
  instanceOf(client: number, revision: number, concurrency: number): number {
    const instance = this.of[client];
    if (instance === null || instance.stage !== 'ready' || instance.revision !== revision) return -1;
    return this.instances.load[instance.id] < concurrency ? instance.id : -1;
  }

  remember(client: number, row: number): void {
    this.of[client] = this.instances.at(row);
  }
}
