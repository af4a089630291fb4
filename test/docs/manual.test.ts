/**
 * The manual against the program: whatever the program has a name for is in the manual, whatever the manual gives as
 * an example is right, and every link leads somewhere.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { METRICS } from '../../src/probes/metrics.ts';
import { play } from '../../src/probes/play.ts';
import { LOG_FILES, TABLE_FILES } from '../../src/probes/results.ts';
import { ASSUMPTIONS, assumptionText } from '../../src/rules/assumptions.ts';
import { CMEK_MESSAGES } from '../../src/rules/cmek-messages.ts';
import { EKM_ERROR_DOMAIN_IDS } from '../../src/rules/ekm-errors.ts';
import { KEY_UNAVAILABILITY, UNAVAILABILITY_CAUSE_IDS } from '../../src/rules/key-unavailability.ts';
import { KEY_USES } from '../../src/rules/key-uses.ts';
import { HAPPENING_KINDS, jsonSchema } from '../../src/scenario/schema.ts';
import { planOf, problemsOf } from '../support/plans.ts';
import { ROOT } from '../support/sources.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const page = (name: string): string => read(`docs/manual/${name}.md`);

/** What stands between a heading and the next one of its level or above. */
function sectionOf(text: string, heading: string): string {
  const start = text.indexOf(`${heading}\n`);
  if (start < 0) return '';
  const level = heading.slice(0, heading.indexOf(' '));
  const rest = text.slice(start + heading.length);
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** Names in code font, with what is written as `.name` after a longer one. */
const inCode = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => [code, code.replace(/^\./, '')]));

const missing = (names: readonly string[], text: string): string[] => {
  const known = inCode(text);
  return names.filter((name) => !known.has(name));
};

const yamlBlocks = (text: string): string[] =>
  [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml);

const KEY = 'projects/p-one/locations/europe-west3/keyRings/run/cryptoKeys/a';
const results = play(
  planOf(
    [
      'name: tiny',
      'duration: 1m',
      `services: [{name: a, location: europe-west3, load: 2/s, encryptionKey: ${KEY}}]`,
      `keys: [{name: ${KEY}, protectionLevel: EXTERNAL}]`,
      'timeline:',
      '  - {at: 10s, for: 5s, ekmUnreachable: {key: a, retryable: true}}',
      '  - {at: 30s, deploy: {service: a}}',
      'objectives: [{expect: "error_ratio < 1%"}]',
    ].join('\n'),
  ),
  1,
);

describe('the page of assumptions', () => {
  it('says of each what the table says, in its order', () => {
    const rows = page('06-assumptions')
      .split('\n')
      .filter((line) => /^\| `/.test(line));
    expect(rows).toEqual(
      ASSUMPTIONS.map(
        (row) => `| \`${row.name}\` | \`${assumptionText(row.name, row.value as never)}\` | ${row.why} |`,
      ),
    );
  });
});

describe('the page of the scenario file', () => {
  const text = page('02-scenario-file');

  it('has every metric that an objective may name', () => {
    expect(
      missing(
        METRICS.map(({ name }) => name),
        text,
      ),
    ).toEqual([]);
  });

  it('has every kind of timeline entry and every error domain', () => {
    expect(missing([...HAPPENING_KINDS, ...EKM_ERROR_DOMAIN_IDS], text)).toEqual([]);
  });

  it('has every field, with the default that the schema gives it', () => {
    const rows = text.split('\n').filter((line) => /^(\| |## )`/.test(line));
    const absent = fieldsOf(JSON.parse(jsonSchema()) as Schema).filter(({ name, fallback }) => {
      const own = rows.filter((row) => mentions(row, name));
      return own.length === 0 || !own.some((row) => row.includes(fallback));
    });
    expect(absent).toEqual([]);
  });
});

describe('the page of results', () => {
  const text = page('03-results');

  it.each(TABLE_FILES.map((file) => [file, results.tables[file].columns] as const))(
    'has every column of %s',
    (file, columns) => {
      expect(missing(columns, sectionOf(text, `## ${file}`))).toEqual([]);
    },
  );

  it('has every file', () => {
    expect(missing([...TABLE_FILES, ...LOG_FILES, 'summary.json', 'replications.csv'], text)).toEqual([]);
  });

  it('has every field of the summary', () => {
    const names = new Set<string>();
    const walk = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(walk);
      else if (typeof value === 'object' && value !== null)
        for (const [name, inner] of Object.entries(value)) {
          // The last part of what is in code font: `tool.name`, `.seed`.
          names.add(name);
          if (!['refused', 'evicted'].includes(name)) walk(inner);
        }
    };
    walk(results.summary);
    const parts = new Set(
      [...inCode(sectionOf(text, '## summary.json'))].flatMap((code) => code.split(/[.[\]]+/)),
    );
    expect([...names].filter((name) => !parts.has(name))).toEqual([]);
  });

  it('has every field of a decision', () => {
    const decision = JSON.parse(results.logs['decisions.jsonl'][0]) as Record<string, unknown>;
    expect(missing(Object.keys(decision), sectionOf(text, '## decisions.jsonl'))).toEqual([]);
  });
});

describe('the page of what happens', () => {
  const text = page('04-what-happens');

  it('has every kind of timeline entry and every cause', () => {
    expect(missing([...HAPPENING_KINDS, ...UNAVAILABILITY_CAUSE_IDS], text)).toEqual([]);
  });

  it('has the rows of the autoscaling table in their order', () => {
    const places = KEY_UNAVAILABILITY.map(({ row }) => text.indexOf(`| ${row} |`));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});

describe('the page of commands', () => {
  const text = page('05-commands');
  const source = read('src/cli/main.ts');

  it('has a section for every command, and for no other', () => {
    const commands = [...source.matchAll(/\bcommand\(\s*'([a-z]+)'/g)].map(([, name]) => name);
    const sections = [...text.matchAll(/^## ([a-z]+)$/gm)].map(([, name]) => name);
    expect(commands.length).toBeGreaterThan(5);
    expect(sections.sort()).toEqual(commands.sort());
  });

  it('has every option', () => {
    const options = [
      ...`${source}${read('src/cli/options.ts')}`.matchAll(/(?:Option|option)\(\s*'(--[a-z-]+)/g),
    ];
    expect(options.length).toBeGreaterThan(10);
    expect(options.map(([, name]) => name).filter((name) => !text.includes(name))).toEqual([]);
  });

  it.each(['README.md', 'docs/manual/05-commands.md'])('every exit code is in %s', (path) => {
    const table = sectionOf(read(path), '## Exit codes');
    const codes = Object.values(EXIT).filter((code) => !new RegExp(`^\\| .*\\b${code}\\b`, 'm').test(table));
    expect(codes).toEqual([]);
  });
});

describe('the page for the auditor', () => {
  const text = page('08-messages-and-audit');

  it('has the five messages with their remedies and the five reasons, word for word', () => {
    for (const { cause, message, remedy } of CMEK_MESSAGES)
      expect(text).toContain(`| \`${cause}\` | \`${message}\` | ${remedy} |`);
    for (const { reason, method, written } of KEY_USES)
      expect(text).toContain(`| \`${reason}\` | ${method} | ${written} |`);
  });
});

describe('what a reader copies', () => {
  it('the smallest scenario of the README is right', () => {
    expect(problemsOf(yamlBlocks(read('README.md'))[0])).toEqual([]);
  });

  it('the scenario of the first run is right', () => {
    expect(problemsOf(yamlBlocks(page('01-first-run'))[0])).toEqual([]);
  });

  it('the assumptions of the manual can be overridden as they are written there', () => {
    const head = yamlBlocks(read('README.md'))[0];
    for (const name of ['02-scenario-file', '06-assumptions']) {
      const block = yamlBlocks(page(name)).find((yaml) => yaml.startsWith('assumptions:'));
      expect(problemsOf(`${head}${block}`)).toEqual([]);
    }
  });
});

describe('links', () => {
  const pages = [
    'README.md',
    'docs/README.md',
    'scenarios/README.md',
    ...readdirSync(join(ROOT, 'docs/manual')).map((name) => `docs/manual/${name}`),
  ];

  it.each(pages)('of %s lead somewhere', (path) => {
    const dead = [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [file, anchor] = target.split('#');
        const full = file === '' ? path : join(dirname(path), file);
        if (!existsSync(join(ROOT, full))) return true;
        return anchor !== undefined && !anchorsOf(read(full)).includes(anchor);
      });
    expect(dead).toEqual([]);
  });

  it('the page of scenarios has every scenario', () => {
    const text = read('scenarios/README.md');
    const files = readdirSync(join(ROOT, 'scenarios')).filter((name) => /^\d.*\.yaml$/.test(name));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((name) => !text.includes(`(${name})`))).toEqual([]);
  });
});

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Field {
  readonly name: string;
  /** The default as the schema words it; empty: none. */
  readonly fallback: string;
}

/** Every field below this, assumptions left out: they have a page of their own. */
function fieldsOf(schema: Schema): Field[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    if (name === 'assumptions') return [];
    const [, fallback = ''] = /Default:? ([^]*?)\.?(?: Example: |$)/.exec(inner.description ?? '') ?? [];
    // The file says more than the schema about this one.
    return [{ name, fallback: name === 'relativeHalfWidth' ? '' : fallback }, ...fieldsOf(inner)];
  });
  const inner = [schema.items, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])];
  return [...own, ...inner.flatMap((each) => (each === undefined ? [] : fieldsOf(each)))];
}

/** A row about a longer name that ends in this one, or a row of the timeline that lists it as a field of a kind. */
const mentions = (row: string, name: string): boolean =>
  [...inCode(row)].some((code) => code === name || code.endsWith(`.${name}`));
