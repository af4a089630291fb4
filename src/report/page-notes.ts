/**
 * The end of the page: what went wrong in the words of the log, what was assumed, and how to run it again.
 */
import type { Results, Summary } from '../probes/results.ts';
import { type Fragment, markup, table } from './html.ts';
import { runCommand } from './invocation.ts';
import { messagesIn } from './messages-seen.ts';
import { instant, moment } from './moments.ts';
import type { Section } from './page-section.ts';
import { figure, many, NOTHING, number, seconds } from './words.ts';

const MOST_MESSAGES = 40;

export function errors({ summary, logs }: Results): Section {
  const { scenario } = summary;
  const messages = messagesIn(logs['service-log.jsonl']);
  const rows = messages
    .slice(0, MOST_MESSAGES)
    .map(({ text, severity, status, service, first, count }) => [
      text,
      severity,
      status,
      service,
      markup`<span class="t">${first === null ? NOTHING : moment(first, scenario)}</span>`,
      number(count),
    ]);
  const left = messages.length - rows.length;
  const seen =
    messages.length === 0
      ? markup`<p>The services logged nothing.</p> `
      : markup`${table(`Messages in the service log${scenario.replications > 1 ? ' of replication 1' : ''}, the gravest first, then the most frequent`, ['Message', 'Severity', 'Status', 'Service', 'First seen', 'Count'], rows)}${left > 0 ? markup`<p>${many(left, 'further message')} in service-log.jsonl.</p> ` : null}`;
  return {
    anchor: 'errors',
    title: 'Errors, messages and deployments',
    content: markup`${seen}${deployments(summary)}`,
  };
}

function deployments({ deployments: all, scenario }: Summary): Fragment | null {
  if (all.length === 0) return null;
  const rows = all.map(({ revision_name, service_name, at_s, outcome, message }) => [
    revision_name,
    service_name,
    instant(at_s, scenario),
    outcome,
    message || NOTHING,
  ]);
  return table(
    scenario.replications > 1 ? 'Deployments, replication 1' : 'Deployments',
    ['Revision', 'Service', 'At', 'Outcome', 'Message'],
    rows,
  );
}

export function assumptions({ assumptions, not_simulated }: Summary): Section {
  const rows = assumptions.map(({ name, value, why, overridden }) => [
    name,
    value,
    overridden ? 'set by the scenario' : 'default',
    why,
  ]);
  const left =
    not_simulated.length === 0
      ? markup`<p>Nothing in the scenario was left out of the simulation.</p> `
      : markup`<p>In the scenario, but not simulated:</p>
          <ul>
            ${not_simulated.map((item) => markup`<li>${item}</li>`)}
          </ul> `;
  return {
    anchor: 'assumptions',
    title: 'Assumptions',
    content: markup`${rows.length === 0 ? markup`<p>The run relied on no assumption beyond the documentation.</p> ` : table('Numbers that no documentation gives and this run relied on', ['Name', 'Value', 'From', 'Why'], rows)}${left}`,
  };
}

export function reproduce(summary: Summary): Section {
  const { tool, scenario, engine } = summary;
  const rows = [
    ['Version', `${tool.name} ${tool.version}`],
    ['Scenario', scenario.name],
    ['Scenario hash', scenario.hash],
    ['Seed', scenario.seed],
    ['Replications', number(scenario.replications)],
    ['Quota policy', scenario.quotaPolicy],
    ...(scenario.mode === undefined
      ? []
      : [['Mode', `${scenario.mode}: requests in numbers, not one by one`]]),
    [
      'Simulated',
      `${seconds(scenario.duration_s)}, of which the first ${seconds(scenario.warm_up_s)} are left out of the summary`,
    ],
    ['Events', figure(engine.events)],
    ['Fingerprint', engine.fingerprint],
  ];
  const unknown =
    scenario.file === undefined
      ? markup`<p>The file that it was run from is not known; the name in the line is that of the scenario.</p> `
      : null;
  return {
    anchor: 'reproduce',
    title: 'Run it again',
    content: markup`<pre><code>${runCommand(summary)}</code></pre>
      ${unknown}
      <p>
        Called like this, the same version gives the same bytes on every machine. The data behind this page lie
        beside it as CSV and JSON files.
      </p>
      ${table(
        'What this page was made from',
        ['What', 'Value'],
        rows.map(([what, value]) => [what, markup`<code>${value}</code>`]),
      )}`,
  };
}
