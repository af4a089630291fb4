/**
 * What Cloud Run and its neighbours have and this simulator does not, where people look for it: each with the reason,
 * so that `cmeksim explain` can say so instead of knowing nothing. The whole list is in docs/behaviours.md.
 */
import { AUTOSCALING_PAGE, CMEK_PAGE, assumed } from './sources.ts';

// prettier-ignore
export const LEFT_OUT = [
  { name: 'Adaptive Concurrency Tuning', aliases: ['ACT', 'adaptive-concurrency-tuning'], why: 'It lowers the concurrency that applies while the CPU of instances is saturated; by how much and how fast is not published. The concurrency that applies here is the one that is configured; try a lower maxInstanceRequestConcurrency beside it.', source: assumed('reported of custom scaling controls, not stated by the page') },
  { name: 'Autokey', aliases: ['Cloud KMS Autokey'], why: 'It makes keys, service agents and grants on demand, once; what a start or a check needs of the key afterwards is the same. Declare the key that it makes under `keys`.', source: CMEK_PAGE },
  { name: 'worker pools', aliases: ['worker pool', 'workerpools'], why: 'They pull their work, so there are no requests that scale them or wait for them. A service with manual scaling shows what a key does to a fixed number of instances.', source: assumed('nothing scales them by requests, which is what is simulated') },
  { name: 'jobs', aliases: ['job', 'Cloud Run jobs'], why: 'A task runs to its end and serves no requests; its start needs the key as that of an instance does. A service with the per-request autoscaler and one request a task comes near it, without retries of tasks.', source: assumed('nothing scales them by requests, which is what is simulated') },
  { name: 'requests to a tag', aliases: ['tag URL'], why: 'A tag keeps the own minimum of a revision here; the address it gives the revision gets no requests of its own. Give the revision a share of the traffic for that.', source: AUTOSCALING_PAGE },
] as const satisfies readonly {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly why: string;
  readonly source: string;
}[];
