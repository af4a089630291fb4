/**
 * The constants of Cloud Run's autoscaler.
 *
 * Two drivers, CPU and concurrency, each ask for a number of instances (average load / capacity of one instance /
 * target, rounded up), the larger wins, and it is kept between minimum and maximum. Besides, a request that finds
 * no free slot starts instances at once. What the rule does with these numbers is in the model; what a scenario
 * may override is in assumptions.ts.
 */
import { duration, SECOND, type Duration } from '../units/time.ts';
import type { AssumptionName } from './assumptions.ts';
import { assumed, AUTOSCALING_PAGE, MIN_INSTANCES_PAGE, SCALING_CONTROLS_PAGE } from './sources.ts';

const MINUTE_WINDOW = duration(60, SECOND);
const TEN_MINUTE_WINDOW = duration(600, SECOND);

/** Times in ns; where `assumption` is not null the value is that assumption's, and `value` its default. */
// prettier-ignore
export const CLOUD_RUN_AUTOSCALER = [
  { name: 'cpuWindow', value: MINUTE_WINDOW, assumption: null, text: 'The CPU driver averages over 1 minute.', source: AUTOSCALING_PAGE },
  { name: 'concurrencyShortWindow', value: MINUTE_WINDOW, assumption: null, text: 'The concurrency driver averages over 1 minute.', source: AUTOSCALING_PAGE },
  { name: 'concurrencyLongWindow', value: TEN_MINUTE_WINDOW, assumption: 'concurrencyWindow', text: 'The concurrency driver averages over 10 minutes too; the larger average counts.', source: assumed('the longer window is reported, the page names only the shorter') },
  { name: 'interval', value: duration(5, SECOND), assumption: 'autoscalerInterval', text: 'Instances are evaluated every 5 s.', source: `${AUTOSCALING_PAGE}, an older text of it` },
  { name: 'tolerance', value: 0.1, assumption: 'autoscalerTolerance', text: 'Within 10 % of the target the count does not change.', source: assumed('reported of custom scaling controls, not stated by the page') },
  { name: 'cpuTarget', value: 0.6, assumption: null, text: 'The CPU driver aims at 60 % of the CPU.', source: `${AUTOSCALING_PAGE}; ${SCALING_CONTROLS_PAGE}` },
  { name: 'concurrencyTarget', value: 0.6, assumption: null, text: 'The concurrency driver aims at 60 % of the maximum concurrency.', source: `${AUTOSCALING_PAGE}; ${SCALING_CONTROLS_PAGE}` },
] as const satisfies readonly {
  readonly name: string;
  readonly value: number;
  readonly assumption: AssumptionName | null;
  readonly text: string;
  readonly source: string;
}[];

/** What holds of instances that a minimum keeps, and of a region that is lost with them. */
// prettier-ignore
export const INSTANCE_RULES = [
  { rule: 'revision-minimum', aliases: ['tag', 'tags', 'revision tag'], text: 'The own minimum of a revision is kept while the revision is in the traffic split, or carries a tag. A tag belongs to one revision.', source: MIN_INSTANCES_PAGE },
  { rule: 'minimum-restarted', aliases: ['instanceRestart'], text: 'Minimum instances can be restarted at any time. Where a timeline entry says so (instanceRestart), the oldest of them gets SIGTERM and 10 s for its requests, and another starts in its place at once, for the minimum.', source: `${MIN_INSTANCES_PAGE}; ${assumed('which one it is, and that its replacement starts when it is told to go')}` },
  { rule: 'region-lost', aliases: ['regionLost'], text: 'All instances and starts in the region are gone at once; requests on them, requests that wait, and those that come are answered 503; nothing starts, is deployed or is checked there until it is back; then minimum and traffic ask for instances as ever.', source: assumed('no page says what a lost region looks like from outside') },
] as const satisfies readonly {
  readonly rule: string;
  readonly aliases: readonly string[];
  readonly text: string;
  readonly source: string;
}[];

export type AutoscalerConstant = (typeof CLOUD_RUN_AUTOSCALER)[number]['name'];

/** The CPU driver's averaging window. */
export const CPU_WINDOW: Duration = MINUTE_WINDOW;
/** The concurrency driver's averaging windows. */
export const CONCURRENCY_SHORT_WINDOW: Duration = MINUTE_WINDOW;
export const CONCURRENCY_LONG_WINDOW: Duration = TEN_MINUTE_WINDOW;
/** The share of CPU and of concurrency aimed at where none is set. */
export const DEFAULT_TARGET = 0.6;
