/**
 * What all charts have in common: the time axis over the whole run, the timeline's windows shaded and named, a
 * margin of one size so that charts below one another line up, and colours that follow the page's.
 *
 * A specification is plain data in the Vega-Lite language (https://vega.github.io/vega-lite/docs/), made from
 * results alone: it holds no function, no address and no expression that anybody outside could have written.
 * Names from a scenario occur in it as data only.
 */
import type { FaultSummary, Summary } from '../probes/results.ts';
import type { Point } from './curves.ts';
import { INK } from './palette.ts';
import { textWidth } from './text-width.ts';

export type Spec = Readonly<Record<string, unknown>>;

/** One coordinate system: layers over a common time axis. */
export interface Panel {
  readonly title: string;
  readonly height: number;
  /** What the layers draw, if they bring no data of their own. */
  readonly curve: readonly Point[];
  /** Written across the panel where there is nothing to draw. */
  readonly nothing: string | null;
  /** True where a layer needs explaining. */
  readonly legend: boolean;
  /** The y channel all layers share. */
  readonly y: Spec;
  readonly layers: readonly Spec[];
}

export const WIDTH = 660;
const LEFT = 64;
const RIGHT = 28;
const LANE = 13;
const FONT = 'Arial, Helvetica, sans-serif';

/** The whole specification of a chart of one or more panels, one below the other. */
export function framed(summary: Summary, description: string, panels: readonly Panel[]): Spec {
  const lanes = laneCount(summary);
  const head = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', description };
  const dress = { background: 'transparent', config: config(lanes) };
  if (panels.length === 1) {
    const padding = {
      left: LEFT,
      right: RIGHT,
      top: (panels[0].legend && panels[0].nothing === null ? 54 : 30) + lanes * LANE,
      bottom: 44,
    };
    return { ...head, ...dress, autosize: { type: 'none' }, padding, ...panelSpec(summary, panels[0]) };
  }
  const padding = { left: 4, right: RIGHT, top: 6, bottom: 4 };
  const resolve = { scale: { color: 'shared', strokeDash: 'shared' } };
  return {
    ...head,
    ...dress,
    padding,
    spacing: 28,
    resolve,
    vconcat: panels.map((panel) => panelSpec(summary, panel)),
  };
}

function panelSpec(summary: Summary, { title, height, curve, nothing, y, layers }: Panel): Spec {
  const end = summary.scenario.duration_s;
  const message: Spec = {
    data: { values: [{ t: end / 2 }] },
    mark: { type: 'text', text: nothing ?? '', y: height / 2, fontSize: 13, fontStyle: 'italic', color: INK },
  };
  // An empty panel keeps its axes, so that it reads as "looked at, and nothing was there".
  const blank = {
    type: 'quantitative',
    scale: { domain: [0, 1] },
    axis: { title: titleOf(y), labels: false, grid: false },
  };
  const ground: Spec = {
    data: { values: [{ t: 0, y: 0 }] },
    mark: { type: 'point', opacity: 0 },
    encoding: { y: { ...blank, field: 'y' } },
  };
  return {
    title,
    width: WIDTH,
    height,
    ...(nothing === null ? { data: { values: curve } } : {}),
    encoding: { x: timeAxis(summary) },
    layer: [
      ...windowShades(summary, height),
      ...(nothing === null ? layers : [ground, message]),
      ...windowNames(summary, height),
    ],
  };
}

const titleOf = (y: Spec): unknown => (y.axis as Spec).title;

/** Steps that read well on a clock, s. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800,
];
const MOST_TICKS = 10;

function timeAxis({ scenario }: Summary): Spec {
  const { duration_s: end, starts_at } = scenario;
  const step =
    STEPS.find((size) => end / size <= MOST_TICKS) ?? Math.ceil(end / MOST_TICKS / 86_400) * 86_400;
  const start = starts_at === null ? NaN : Date.parse(starts_at);
  // With a time of day the ticks fall on its round times, else on those since the start.
  const past = Number.isFinite(start) ? (start / 1000) % step : 0;
  const values: number[] = [];
  for (let t = past === 0 ? 0 : step - past; t <= end; t += step) values.push(t);
  const [unit, size] =
    end <= 300 ? ['s', 1] : end <= 10_800 ? ['min', 60] : end <= 259_200 ? ['h', 3600] : ['days', 86_400];
  const clock = step < 60 ? '%H:%M:%S' : end > 86_400 ? '%d %b %H:%M' : '%H:%M';
  const labelled = Number.isFinite(start)
    ? {
        title: `time of day (UTC), the run starts at ${starts_at}`,
        labelExpr: `utcFormat(${start} + 1000 * datum.value, '${clock}')`,
      }
    : { title: `time since the start (${unit})`, labelExpr: `format(datum.value / ${size}, '~r')` };
  return {
    field: 't',
    type: 'quantitative',
    scale: { domain: [0, end], nice: false, zero: false },
    axis: { values, grid: false, labelFlush: false, ...labelled },
  };
}

/** Happenings of one moment, which a shaded window would misrepresent where they are never undone. */
const LASTING = new Set(['ekmUnreachable', 'kmsLatency']);
const MOST_NAMED = 12;
const MOST_LANES = 4;

interface Window {
  readonly name: string;
  readonly t: number;
  readonly until: number;
}

function windows({ faults, scenario: { duration_s: end } }: Summary): Window[] {
  return faults.map((fault) => ({
    name: fault.name,
    t: Math.min(end, Math.max(0, fault.at_s)),
    until: Math.min(end, Math.max(0, fault.until_s ?? (lasts(fault) ? end : fault.at_s))),
  }));
}

const lasts = ({ kind }: FaultSummary): boolean => LASTING.has(kind);

interface Label {
  readonly name: string;
  readonly t: number;
  readonly align: 'left' | 'right';
  readonly lane: number;
}

/** Names above the plot, each in the lowest lane in which it does not touch another. */
function labels(summary: Summary): Label[] {
  const end = summary.scenario.duration_s;
  const taken: { from: number; to: number }[][] = [];
  const placed: Label[] = [];
  for (const { name, t } of windows(summary).slice(0, MOST_NAMED)) {
    const shown = name.length > 40 ? `${name.slice(0, 39)}…` : name;
    const width = textWidth(shown, 10) + 8;
    const at = (t / end) * WIDTH;
    const flush = at + width > WIDTH + RIGHT;
    const from = flush ? at - width : at;
    const free = taken.findIndex((lane) =>
      lane.every((other) => other.to <= from || other.from >= from + width),
    );
    const lane = free >= 0 ? free : taken.length;
    if (lane >= MOST_LANES) continue;
    (taken[lane] ??= []).push({ from, to: from + width });
    placed.push({ name: shown, t, align: flush ? 'right' : 'left', lane });
  }
  return placed;
}

const laneCount = (summary: Summary): number =>
  labels(summary).reduce((most, { lane }) => Math.max(most, lane + 1), 0);

/** Below the data: where something was the matter. */
function windowShades(summary: Summary, height: number): Spec[] {
  const values = windows(summary)
    .filter(({ t, until }) => until > t)
    .map(({ t, until }) => ({ t, until }));
  const mark = { type: 'rect', fill: INK, fillOpacity: 0.09, y: 0, y2: height };
  return values.length === 0 ? [] : [{ data: { values }, mark, encoding: { x2: { field: 'until' } } }];
}

/** Above the data: when it began, and its name. */
function windowNames(summary: Summary, height: number): Spec[] {
  const begins = [...new Set(windows(summary).map(({ t }) => t))].map((t) => ({ t }));
  if (begins.length === 0) return [];
  const rule = { type: 'rule', stroke: INK, strokeOpacity: 0.6, strokeDash: [2, 2], y: -2, y2: height };
  const names = labels(summary).map(({ name, t, align, lane }) => ({
    data: { values: [{ t }] },
    mark: {
      type: 'text',
      text: name,
      align,
      baseline: 'bottom',
      y: -3 - lane * LANE,
      color: INK,
      fontSize: 10,
    },
  }));
  return [{ data: { values: begins }, mark: rule }, ...names];
}

function config(lanes: number): Spec {
  const text = {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: 10.5,
    titleFontSize: 10.5,
    titleFontWeight: 'normal',
  };
  return {
    font: FONT,
    aria: false,
    view: { stroke: null },
    axis: {
      ...text,
      tickColor: INK,
      domainColor: INK,
      gridColor: INK,
      gridOpacity: 0.15,
      tickOpacity: 0.6,
      domainOpacity: 0.6,
    },
    axisY: { minExtent: 44, maxExtent: 44, tickCount: 5, domain: false, ticks: false },
    axisX: { labelOverlap: true },
    legend: {
      ...text,
      title: null,
      orient: 'top',
      direction: 'horizontal',
      columns: 0,
      columnPadding: 14,
      labelLimit: 340,
      symbolSize: 110,
      offset: 8 + lanes * LANE,
    },
    title: { color: INK, fontSize: 13, anchor: 'start', frame: 'group', offset: 8, limit: WIDTH + RIGHT },
  };
}
