/**
 * What a page consists of: sections under fixed anchors, and figures with a caption that states a finding.
 */
import type { Results } from '../probes/results.ts';
import type { Chart } from './charts.ts';
import { finding } from './findings.ts';
import { type Fragment, markup, raw } from './html.ts';

/** A part of the page under its own heading. */
export interface Section {
  readonly anchor: string;
  readonly title: string;
  readonly content: Fragment;
}

/** A chart with its picture. */
export interface DrawnChart extends Chart {
  readonly svg: string;
}

/** The charts as figures. */
export const pictures = (results: Results, charts: readonly DrawnChart[]): Fragment =>
  markup`${charts.map(
    (chart) =>
      markup`<figure>
        ${raw(chart.svg)}
        <figcaption>${finding(results, chart)}</figcaption>
      </figure> `,
  )}`;
