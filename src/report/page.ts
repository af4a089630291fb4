/**
 * The page of one run: a single file without script, to be opened from a disk, printed or sent to somebody.
 *
 * Its order is the order of questions: did it hold, what happened when, what did a start wait for, what did
 * Cloud KMS see, what failed and with which words, what does it cost, what was assumed, how can it be run again.
 * Anchors are fixed, so that links into a page keep working.
 */
import type { ObjectiveSummary, Results, Summary } from '../probes/results.ts';
import { type Fragment, markup, page, table } from './html.ts';
import { cost } from './page-cost.ts';
import { assumptions, errors, reproduce } from './page-notes.ts';
import type { DrawnChart, Section } from './page-section.ts';
import { cloudKms, coldStarts } from './page-starts.ts';
import { timeline } from './page-timeline.ts';
import { STYLE } from './style.ts';
import { keyFigures } from './summary-table.ts';
import {
  inUnit,
  many,
  NOTHING,
  number,
  objectiveHeading,
  objectiveLimit,
  objectiveMargin,
  objectiveValue,
  type OverallVerdict,
  overallVerdict,
  seconds,
  sum,
  verdictSentence,
  verdictWords,
} from './words.ts';

/** The whole page's text. */
export function runPage(results: Results, charts: readonly DrawnChart[]): string {
  const { summary } = results;
  const sections = [
    objectives(summary),
    timeline(results, charts),
    coldStarts(results),
    cloudKms(results, charts),
    errors(results),
    cost(summary),
    assumptions(summary),
    reproduce(summary),
  ].filter((section) => section !== null);
  const links = sections.map(({ anchor, title }) => markup`<li><a href="#${anchor}">${title}</a></li>`);
  const body = markup`<header id="verdict">
      <h1>${summary.scenario.name}</h1>
      <p>${summary.scenario.description}</p>
      ${verdict(summary)}
      <nav aria-label="Sections">
        <ul>
          ${links}
        </ul>
      </nav>
    </header>
    <main>
      ${sections.map(
        ({ anchor, title, content }) =>
          markup`<section id="${anchor}">
            <h2>${title}</h2>
            ${content}
          </section> `,
      )}
    </main>
    <footer>
      <p>
        Made by ${summary.tool.name} ${summary.tool.version}. The simulator is verified against queueing
        theory and the published autoscaler rules where its documentation says so. It is not calibrated
        against your service: compare a run with your own measurements before you rely on its numbers.
      </p>
    </footer> `;
  return page(`${summary.scenario.name}: ${overallVerdict(summary.objectives)}`, STYLE, body);
}

/** The class that colours a verdict; its word and sign say the same. */
export function verdictClass(verdict: OverallVerdict): string {
  return verdict === 'met' || verdict === 'missed' ? verdict : 'open';
}

function verdict(summary: Summary): Fragment {
  const { scenario, objectives, services, kms } = summary;
  const overall = overallVerdict(objectives);
  const runs =
    scenario.replications === 1
      ? 'One run: numbers stand without intervals, and verdicts are on the point.'
      : `${many(scenario.replications, 'replication')}: numbers are means with their interval; charts show the first replication.`;
  const warmUp =
    scenario.warm_up_s > 0
      ? `, of which the first ${seconds(scenario.warm_up_s)} (warm-up) are not counted`
      : '';
  const arrived = sum(services.map(({ requests }) => requests.arrived)) ?? 0;
  const served = sum(services.map(({ requests }) => requests.served)) ?? 0;
  const denied = sum(kms.map(({ exceeded }) => exceeded)) ?? 0;
  return markup`<div class="verdict ${verdictClass(overall)}">
    <p class="word">${verdictWords(overall)}</p>
    <p>
      ${sentenceCase(verdictSentence(summary))}. ${many(arrived, 'request')} arrived, ${number(served)} were
      answered 2xx; ${many(denied, 'KMS call')} denied for quota.
    </p>
    ${reasons(summary)}
    <p class="soft">
      ${runs} ${seconds(scenario.duration_s)} simulated${warmUp}, quota policy ${scenario.quotaPolicy}${scenario.mode === undefined ? '' : ', accelerated mode: requests in numbers, not one by one'}.
    </p>
  </div> `;
}

/** The box names so many objectives; the table has all. */
const MOST_NAMED = 6;

/** Why the verdict is what it is: each objective that is not met; without objectives the figures one asks for first. */
function reasons(summary: Summary): Fragment | null {
  const { objectives } = summary;
  if (objectives.length === 0) {
    const { errors, p99 } = keyFigures(summary);
    if (errors === NOTHING) return markup`<p>No request was answered.</p> `;
    return markup`<p>${errors} of the answers were errors; p99 of the answers 2xx: ${p99}.</p> `;
  }
  const open = objectives
    .filter(({ verdict }) => verdict !== 'met')
    .sort((a, b) => Number(a.severity === 'warn') - Number(b.severity === 'warn'));
  if (open.length === 0) return null;
  const left = open.length - MOST_NAMED;
  return markup`<ul>
      ${open
        .slice(0, MOST_NAMED)
        .map(
          (objective) =>
            markup`<li>${verdictWords(objective.verdict)}: ${objectiveHeading(objective)}: ${objectiveValue(objective)}, wanted ${objectiveLimit(objective)}${objective.severity === 'warn' ? ' (warning only)' : ''}</li>`,
        )}${left > 0 ? markup`<li>and ${many(left, 'objective')} more</li>` : null}
    </ul> `;
}

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Which quota regime is in force is not settled: where the verdict hangs on it, the reader has to know. */
function otherPolicy({ scenario, other_policy: other }: Summary): Fragment | null {
  if (other === null) return null;
  const verdicts = other.objectives.map(
    ({ expect, service, verdict }) =>
      `${expect}${service === null ? '' : ` (${service})`}: ${verdictWords(verdict)}`,
  );
  return markup`<p>This is under the quota policy ${scenario.quotaPolicy}. Under ${other.policy} it would be${inFirst(scenario)}: ${verdicts.join('; ')}.</p>
  `;
}

/** What was played again was the first replication alone. */
const inFirst = ({ replications }: Summary['scenario']): string =>
  replications > 1 ? ', in replication 1' : '';

/** How many decrypts a start makes is not published: what the verdicts would be with fewer, and with more. */
function decryptsBracket(summary: Summary): Fragment | null {
  const bracket = summary.decrypts_bracket ?? null;
  if (bracket === null) return null;
  const ends = [bracket.low, bracket.high].map((end) => {
    const verdicts = end.objectives.map(({ expect, service, value, verdict }, at) => {
      const text = value === null ? '' : ` (${inUnit(value, summary.objectives[at].unit)})`;
      return `${expect}${service === null ? '' : ` (${service})`}: ${verdictWords(verdict)}${text}`;
    });
    return `With ${end.decrypts_per_start}: ${verdicts.join('; ')}; ${many(end.kms_exceeded, 'KMS call')} denied.`;
  });
  return markup`<p>This is with ${number(bracket.decrypts_per_start)} decrypts a start, a number that no documentation gives${inFirst(summary.scenario)}. ${ends.join(' ')}</p>
  `;
}

/** What to know before relying on the verdicts. */
function cautions({ cautions: all = [] }: Summary): Fragment | null {
  if (all.length === 0) return null;
  return markup`<p>Before relying on these numbers:</p>
    <ul>
      ${all.map((caution) => markup`<li>${caution}</li>`)}
    </ul> `;
}

function objectives(summary: Summary): Section {
  const { objectives } = summary;
  const row = (objective: ObjectiveSummary): (string | Fragment)[] => [
    objective.expect,
    objective.service ?? 'all',
    objective.during ?? 'whole run',
    objectiveValue(objective),
    objectiveLimit(objective),
    objectiveMargin(objective),
    markup`<span class="${verdictClass(objective.verdict)}">${verdictWords(objective.verdict)}</span
      >${objective.one_run ? ' (one run)' : ''}${objective.severity === 'warn' ? ', warning only' : ''}`,
  ];
  const columns = ['Objective', 'Service', 'During', 'Value', 'Limit', 'Margin', 'Verdict'];
  return {
    anchor: 'objectives',
    title: 'Objectives',
    content:
      objectives.length === 0
        ? markup`<p>The scenario sets no objectives.</p> `
        : markup`${table('Objectives; a positive margin is room left', columns, objectives.map(row))}${otherPolicy(summary)}${decryptsBracket(summary)}${cautions(summary)}`,
  };
}
