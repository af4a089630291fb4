/**
 * What happened when: the timeline's entries and what they did, the charts of each service, the totals.
 */
import type { Figure, Results, ServiceSummary, Summary } from '../probes/results.ts';
import { faultFinding } from './findings.ts';
import { type Fragment, markup, table } from './html.ts';
import { type DrawnChart, pictures, type Section } from './page-section.ts';
import { instant } from './moments.ts';
import { figure, middle, milliseconds, NOTHING, percent } from './words.ts';

export function timeline(results: Results, charts: readonly DrawnChart[]): Section {
  const { summary } = results;
  const drawn = mostAffected(summary.services);
  const left = summary.services.length - drawn.length;
  const services = drawn.map(
    ({ service_name }) =>
      markup`<h3>${service_name}</h3>
        ${pictures(
          results,
          charts.filter(({ service }) => service === service_name),
        )}`,
  );
  return {
    anchor: 'timeline',
    title: 'What happened when',
    content: markup`${faults(summary)}${services}${left > 0 ? leftOut(drawn.length, left) : null}${serviceTables(summary.services)}`,
  };
}

/** A page draws so many services at the most: those that failed the largest share of their requests, in their order. */
const MOST_DRAWN = 8;

function mostAffected(services: readonly ServiceSummary[]): readonly ServiceSummary[] {
  if (services.length <= MOST_DRAWN) return services;
  const failed = (service: ServiceSummary): number => middle(service.error_ratio) ?? 0;
  const worst = services
    .map((service, place) => ({ service, place }))
    .sort((a, b) => failed(b.service) - failed(a.service) || a.place - b.place)
    .slice(0, MOST_DRAWN);
  return worst.sort((a, b) => a.place - b.place).map(({ service }) => service);
}

const leftOut = (drawn: number, left: number): Fragment =>
  markup`<p>Drawn are the ${drawn} services that failed the largest share of their requests; the charts of the other
    ${left} stand in the folder charts.</p> `;

function faults(summary: Summary): Fragment {
  if (summary.faults.length === 0) return markup`<p>Nothing was made to happen to the world.</p> `;
  const { scenario } = summary;
  const faults = [...summary.faults].sort((a, b) => a.at_s - b.at_s);
  const at = (t: number): string => instant(t, scenario);
  const when = (t: Figure): string => figure(t, at);
  const columns = [
    'Entry',
    'Kind',
    'From',
    'Until',
    'Noticed at',
    'Starts held',
    'Starts refused',
    'Requests failed',
    'Ready before',
    'Ready at least',
    'First ready at',
    'Recovered at',
  ];
  const rows = faults.map((fault) => [
    fault.name,
    fault.kind,
    at(fault.at_s),
    fault.until_s === null ? NOTHING : at(fault.until_s),
    when(fault.detected_s),
    figure(fault.starts_held),
    figure(fault.starts_refused),
    figure(fault.requests_failed),
    figure(fault.ready_before),
    figure(fault.ready_min),
    when(fault.first_ready_after_s),
    when(fault.recovered_s),
  ]);
  return markup`<ul>
      ${faults.map((fault) => markup`<li>${faultFinding(fault, summary)}</li>`)}
    </ul>
    ${table('Timeline entries and their effect; points in time are since the start', columns, rows)}`;
}

function serviceTables(services: readonly ServiceSummary[]): Fragment {
  const ms = (value: Figure): string => figure(value, milliseconds);
  const requests = services.map(({ service_name, requests: r, error_ratio }) => [
    service_name,
    ...[
      r.arrived,
      r.served,
      r.code_429,
      r.code_499,
      r.code_500,
      r.code_503,
      r.code_504,
      r.in_flight,
      r.cold,
      r.retries,
    ].map((count) => figure(count)),
    figure(error_ratio, percent),
  ]);
  const latencies = services.map(
    ({ service_name, e2e_latencies_ms: e, request_latencies_ms: r, pending_ms: p, error_ratio }) => [
      service_name,
      ...[e.mean, e.p50, e.p95, e.p99, e.p99_9, e.max, r.p50, r.p99, p.mean, p.p99, p.max].map(ms),
      figure(error_ratio, percent),
    ],
  );
  const instances = services.map(({ service_name, autoscaler, routing, instances: i }) => [
    service_name,
    autoscaler,
    routing,
    ...[i.mean, i.mean_active, i.max, i.started, i.ready].map((count) => figure(count)),
    causes(i.refused),
    causes(i.evicted),
  ]);
  return markup`<h3>Totals</h3>
    ${table('Requests by answer', ['Service', 'Arrived', '2xx', '429', '499', '500', '503', '504', 'In flight', 'Cold', 'Retries', 'Error ratio'], requests)}${table(
      'Latency of requests answered 2xx: end to end as clients see it, of execution alone, and pending; the last column is the share these percentiles leave out',
      [
        'Service',
        'E2E mean',
        'p50',
        'p95',
        'p99',
        'p99.9',
        'Max',
        'Execution p50',
        'p99',
        'Pending mean',
        'p99',
        'Max',
        'Failed',
      ],
      latencies,
    )}${table('Instances', ['Service', 'Autoscaler', 'Routing', 'Mean', 'Mean active', 'Max', 'Started', 'Became ready', 'Refused', 'Shut down for their key'], instances)}`;
}

const causes = (counts: Readonly<Record<string, Figure>>): string =>
  Object.entries(counts)
    .map(([cause, count]) => `${figure(count)} ${cause}`)
    .join(', ') || NOTHING;
