/**
 * The charts of a run: for each service its instances, requests, latencies and pending requests, and one of
 * the calls to Cloud KMS against their quota.
 *
 * Each answers one question, says in its title and units what is drawn, begins its stacks and counts at zero
 * and marks the one logarithmic axis. An area stands for what holds at the sampled instant or the mean over
 * the interval; a run without data gives an empty chart that says so.
 */
import type { Results } from '../probes/results.ts';
import { framed, type Panel, type Spec, WIDTH } from './chart-frame.ts';
import {
  ANSWER_CODES,
  held,
  INSTANCE_COLUMNS,
  instanceCurve,
  latencyCurve,
  type Point,
  type Pool,
  pools,
  quotaOf,
  requestCurve,
  thinned,
} from './curves.ts';
import { ANSWERS, INK, INSTANCE_STATES, PERCENTILES, PROTECTION_LEVELS, VERMILION } from './palette.ts';

export type ChartKind = 'instances' | 'requests' | 'latencies' | 'pending' | 'kms';

export interface Chart {
  /** The file's name without its ending: `instances-checkout`. */
  readonly name: string;
  readonly kind: ChartKind;
  /** null for the chart of Cloud KMS. */
  readonly service: string | null;
  /** What a reader who does not see the picture is told. */
  readonly description: string;
  readonly spec: Spec;
}

/** All charts, by service in the summary's order, Cloud KMS last. */
export function chartsOf(results: Results): Chart[] {
  const { services, kms } = results.summary;
  return [
    ...services.flatMap(({ service_name: service }) => [
      instances(results, service),
      requests(results, service),
      latencies(results, service),
      pending(results, service),
    ]),
    ...(kms.length > 0 ? [kmsOperations(results)] : []),
  ];
}

const HEIGHT = 190;

function instances(results: Results, service: string): Chart {
  const curve = drawn(results, instanceCurve(results, service), waitingForKey);
  const y = whole('instances');
  const stack = area(y, INSTANCE_COLUMNS, INSTANCE_STATES);
  const recommended = line(y, 'recommended', [5, 3], 'recommended by the autoscaler');
  return chart(results, 'instances', service, `Instances of ${service} by state, stacked, over time`, {
    title: `Instances by state: ${service}`,
    height: HEIGHT,
    curve: without(curve, 'pending_requests'),
    nothing: curve.some(hasInstances) ? null : 'no instances',
    legend: true,
    y,
    layers: [stack, recommended],
  });
}

function requests(results: Results, service: string): Chart {
  const curve = drawn(results, requestCurve(results, service), failures);
  const codes = ANSWER_CODES.filter((code) => code === '2xx' || curve.some((point) => point[code]));
  const y = fromZero('requests per second');
  const stack = area(y, codes, ANSWERS);
  const arrived = line(y, 'arrived', [5, 3], 'arrived');
  return chart(
    results,
    'requests',
    service,
    `Requests to ${service} per second, stacked by answer, over time`,
    {
      title: `Requests per second by answer: ${service}`,
      height: HEIGHT,
      curve: without(curve, ...ANSWER_CODES.filter((code) => !codes.includes(code))),
      nothing: curve.some(({ arrived }) => arrived) ? null : 'no requests',
      legend: true,
      y,
      layers: [stack, arrived],
    },
  );
}

function latencies(results: Results, service: string): Chart {
  const curve = drawn(results, latencyCurve(results, service).map(positive), ({ p99 }) => p99 ?? 0);
  const bounds = limitsFor(results, service);
  const values = [
    ...curve.flatMap(({ p50, p95, p99 }) => [p50, p95, p99]),
    ...bounds.map(({ limit }) => limit),
  ];
  const [least, most] = decades(values.filter((value) => value !== null && value !== undefined));
  const ticks: number[] = [];
  for (let tick = least; tick <= most; tick *= 10) ticks.push(tick);
  const y = {
    type: 'quantitative',
    scale: { type: 'log', domain: [least, most], nice: false },
    axis: {
      title: 'latency (log scale)',
      values: ticks,
      labelExpr:
        "datum.value < 1000 ? format(datum.value, '~r') + ' ms' : format(datum.value / 1000, '~r') + ' s'",
    },
  };
  const percentiles = {
    transform: [{ fold: ['p50', 'p95', 'p99'], as: ['percentile', 'ms'] }],
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.6, strokeJoin: 'round' },
    encoding: {
      y: { ...y, field: 'ms' },
      color: colours('percentile', Object.keys(PERCENTILES), PERCENTILES, 'stroke'),
      strokeDash: {
        field: 'percentile',
        type: 'nominal',
        scale: {
          domain: ['p50', 'p95', 'p99'],
          range: [
            [2, 2],
            [6, 2],
            [1, 0],
          ],
        },
      },
    },
  };
  const place = (limit: number): number => HEIGHT * (1 - Math.log(limit / least) / Math.log(most / least));
  const rules = limitLines(y, bounds, place);
  return chart(
    results,
    'latencies',
    service,
    `End-to-end latency of requests to ${service} answered 2xx, median, 95th and 99th percentile, logarithmic axis, over time`,
    {
      title: `End-to-end latency of answers 2xx, log scale: ${service}`,
      height: HEIGHT,
      curve,
      nothing: curve.some(({ p99 }) => p99 !== null) ? null : 'no requests answered 2xx',
      legend: true,
      y,
      layers: [percentiles, ...rules],
    },
  );
}

function pending(results: Results, service: string): Chart {
  const curve = drawn(results, instanceCurve(results, service), (point) => point.pending_requests!);
  const y = whole('pending requests');
  const mark = {
    type: 'area',
    interpolate: 'step-after',
    color: INK,
    fillOpacity: 0.25,
    line: { color: INK, strokeWidth: 1.2 },
  };
  return chart(results, 'pending', service, `Requests to ${service} that wait for an instance, over time`, {
    title: `Pending requests: ${service}`,
    height: 110,
    curve: curve.map(({ t, pending_requests }) => ({ t, pending_requests })),
    nothing: curve.some(({ pending_requests }) => pending_requests) ? null : 'no request was seen pending',
    legend: false,
    y,
    layers: [{ mark, encoding: { y: { ...y, field: 'pending_requests' } } }],
  });
}

/** Panels are readable up to here; the busiest pools are drawn. */
const MOST_POOLS = 4;

function kmsOperations(results: Results): Chart {
  const all = pools(results);
  const busiest = [...all].sort((a, b) => busyness(b) - busyness(a)).slice(0, MOST_POOLS);
  const shown = all.filter((pool) => busiest.includes(pool));
  const explained = [...new Set(shown.flatMap(({ levels }) => levels)), 'denied'];
  const panels = shown.map((pool) => poolPanel(results, pool, explained, shown.length === 1 ? HEIGHT : 120));
  const y = fromZero('calls per second');
  const empty: Panel = {
    title: 'Calls to Cloud KMS per second',
    height: HEIGHT,
    curve: [],
    nothing: 'no calls to Cloud KMS',
    legend: false,
    y,
    layers: [],
  };
  const description =
    'Cryptographic calls to Cloud KMS per second by protection level, granted and denied, with the quota, over time';
  return {
    name: 'kms',
    kind: 'kms',
    service: null,
    description,
    spec: framed(results.summary, description, panels.length > 0 ? panels : [empty]),
  };
}

const busyness = ({ curve, levels }: Pool): number =>
  curve.reduce(
    (total, point) => levels.reduce((sum, level) => sum + (point[level] ?? 0), total + point.denied!),
    0,
  );

/** `explained`: the levels of all panels, which share one legend. */
function poolPanel(results: Results, pool: Pool, explained: readonly string[], height: number): Panel {
  const curve = drawn(results, pool.curve, denials);
  const y = fromZero('calls per second');
  const stack = area(y, [...pool.levels, 'denied'], PROTECTION_LEVELS, explained);
  const peak = line(y, 'peak', [2, 2], 'most granted in any second, other usage included');
  const most = curve.reduce((peak, point) => Math.max(peak, point.peak ?? 0), 0);
  const limits = curve.map(({ limit }) => limit).filter((limit) => limit !== null);
  const least = limits.reduce((low, limit) => Math.min(low, limit), Infinity);
  const { quotaPolicy } = results.summary.scenario;
  // A quota far above the calls would press them flat. It is named in the title, where it covers nothing.
  const near = limits.length > 0 && least <= 4 * most;
  const named =
    limits.length === 0
      ? ''
      : `, quota ${quotaOf(pool)}/s ${near ? `(dashed, ${quotaPolicy})` : 'above the picture'}`;
  const quota: Spec = {
    mark: { type: 'line', interpolate: 'step-after', color: VERMILION, strokeWidth: 1.5, strokeDash: [8, 3] },
    encoding: { y: { ...y, field: 'limit' } },
  };
  return {
    title: `Cloud KMS calls: ${pool.name} in ${pool.project}/${pool.location}${named}`,
    height,
    curve,
    nothing: busyness({ ...pool, curve }) + most > 0 ? null : 'no calls to Cloud KMS',
    legend: true,
    y,
    layers: [stack, peak, ...(near ? [quota] : [])],
  };
}

function chart(results: Results, kind: ChartKind, service: string, description: string, panel: Panel): Chart {
  return {
    name: `${kind}-${service}`,
    kind,
    service,
    description,
    spec: framed(results.summary, description, [panel]),
  };
}

/** What is drawn of a curve: its points, or where they are too many those that `weight` picks; held to the end. */
const drawn = ({ summary }: Results, points: readonly Point[], weight: (point: Point) => number): Point[] =>
  held(thinned(points, weight), summary.scenario.duration_s);

/** What decides first, before what decides among equals. */
const FIRST = 1e6;
/** Or ought to have some. */
const hasInstances = (point: Point): boolean =>
  [...INSTANCE_COLUMNS, 'recommended'].some((column) => (point[column] ?? 0) > 0);
const waitingForKey = (point: Point): number =>
  INSTANCE_COLUMNS.reduce((total, state) => total + point[state]!, FIRST * point.awaiting_key!);
const failures = (point: Point): number =>
  ANSWER_CODES.reduce((total, code) => total + (code === '2xx' ? 0 : FIRST * point[code]!), point.arrived!);
const denials = (point: Point): number => FIRST * point.denied! + point.peak!;

const without = (curve: readonly Point[], ...columns: readonly string[]): Point[] =>
  curve.map(
    (point) => Object.fromEntries(Object.entries(point).filter(([name]) => !columns.includes(name))) as Point,
  );

/** Columns of the curve as areas, stacked in the order given. */
function area(
  y: Spec,
  columns: readonly string[],
  palette: Readonly<Record<string, string>>,
  explained: readonly string[] = columns,
): Spec {
  return {
    transform: [
      { fold: columns, as: ['what', 'value'] },
      { calculate: `indexof(${JSON.stringify(columns)}, datum.what)`, as: 'place' },
    ],
    mark: { type: 'area', interpolate: 'step-after' },
    encoding: {
      y: { ...y, field: 'value', stack: 'zero' },
      order: { field: 'place', type: 'quantitative' },
      color: colours('what', explained, palette, 'square'),
    },
  };
}

function colours(
  field: string,
  domain: readonly string[],
  palette: Readonly<Record<string, string>>,
  symbolType: string,
): Spec {
  return {
    field,
    type: 'nominal',
    scale: { domain, range: domain.map((name) => palette[name]) },
    legend: {
      symbolType,
      symbolStrokeWidth: symbolType === 'stroke' ? 2 : 0,
      labelExpr: "replace(datum.label, '_', ' ')",
    },
  };
}

/** One column as a dashed line that explains itself in the legend. */
function line(y: Spec, column: string, dash: readonly number[], label: string): Spec {
  return {
    mark: { type: 'line', interpolate: 'step-after', color: INK, strokeWidth: 1.2 },
    encoding: {
      y: { ...y, field: column },
      strokeDash: {
        datum: label,
        type: 'nominal',
        scale: { domain: [label], range: [dash] },
        legend: { symbolType: 'stroke', symbolStrokeColor: INK, symbolStrokeWidth: 1.5 },
      },
    },
  };
}

/** Between the baselines of two names, px. */
const NAME_HEIGHT = 12;

/** Levels across the chart of latencies with their names at its right end, one below the other where they are close. */
function limitLines(
  y: Spec,
  bounds: readonly { readonly text: string; readonly limit: number }[],
  place: (limit: number) => number,
): Spec[] {
  let lowest = 0;
  return [...bounds]
    .sort((a, b) => b.limit - a.limit)
    .flatMap(({ text, limit }) => {
      // Never above the panel, where the timeline's names are.
      const baseline = Math.max(place(limit) - 4, lowest + NAME_HEIGHT);
      lowest = baseline;
      return [
        {
          data: { values: [{}] },
          mark: { type: 'rule', x: 0, x2: 'width', color: VERMILION, strokeDash: [8, 3], strokeWidth: 1.5 },
          encoding: { x: null, y: { ...y, datum: limit } },
        },
        {
          data: { values: [{}] },
          mark: {
            type: 'text',
            text,
            x: WIDTH - 4,
            y: Math.round(baseline * 10) / 10,
            align: 'right',
            baseline: 'alphabetic',
            color: INK,
            fontSize: 10,
          },
          encoding: { x: null, y: null },
        },
      ];
    });
}

/** The limits that objectives set to this service's end-to-end latency. */
function limitsFor({ summary }: Results, service: string): { text: string; limit: number }[] {
  return summary.objectives
    .filter((objective) => objective.expect.startsWith('e2e_latencies.') && objective.during === null)
    .filter(
      (objective) => objective.limit > 0 && (objective.service === null || objective.service === service),
    )
    .map(({ expect, limit }) => ({ text: expect.slice('e2e_latencies.'.length), limit }))
    .slice(0, 3);
}

/** A logarithmic axis has no place for zero. */
const positive = (point: Point): Point =>
  Object.fromEntries(
    Object.entries(point).map(([name, value]) => [
      name,
      name !== 't' && value !== null ? Math.max(value, 0.01) : value,
    ]),
  ) as Point;

/** Powers of ten that enclose the values: whole decades, so that the axis does not exaggerate. */
function decades(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  if (high === 0) return [1, 1000];
  let least = 1;
  while (least > low) least /= 10;
  while (least * 10 <= low) least *= 10;
  let most = least * 10;
  while (most < high) most *= 10;
  return [least, most];
}

/** Digits are not grouped, as in the text. */
const fromZero = (title: string): Spec => ({
  type: 'quantitative',
  scale: { zero: true, nice: true },
  axis: { title, format: '~r' },
});

/** For counts: no half instances on the axis. */
const whole = (title: string): Spec => ({
  type: 'quantitative',
  scale: { zero: true, nice: true },
  axis: { title, tickMinStep: 1, format: '~r' },
});
